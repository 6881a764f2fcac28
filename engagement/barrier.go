package engagement

import (
	"strings"
	"time"
)

// Barrier is what somebody could not do on the pages of this instance (UI: Barriere). Anybody reports one, with or without an account. The
// law gives a month to answer.
type Barrier struct {
	ID       ID        `class:"tec"` // secret; the address of the page with the answer is derived from it
	Number   string    `class:"per"` // for people: "B-K3V9QD2X"
	Page     string    `class:"per"` // where it was, as somebody wrote it, ≤ 300
	Text     string    `class:"per"` // ≤ BarrierTextLimit; may say something about a disability
	Email    string    `class:"per"` // of who wants to hear of it; lower case
	Phone    string    `class:"per"`
	Lang     Lang      `class:"per"`
	Received time.Time `class:"tec"`
	Answer   string    `class:"per"` // ≤ BarrierTextLimit
	By       ID        `class:"per"` // who answered
	Answered time.Time `class:"tec"`
	Version  int       `class:"tec"`
}

// Limits of barriers.
const (
	BarrierTextLimit = 2000
	mostBarriers     = 1000 // that wait; whoever reports one more is told to call
)

// Due is when the answer must be there.
func (b Barrier) Due() time.Time { return b.Received.AddDate(0, 1, 0) }

// Late says whether it should have been answered.
func (b Barrier) Late(now time.Time) bool { return b.Answered.IsZero() && now.After(b.Due()) }

// Thing describes the barrier to [Can].
func (b Barrier) Thing() Thing { return Thing{Noun: ABarrier} }

// ReportBarrier records a barrier: of w it takes page, text, addresses and language. It returns ErrTooMany if too many wait already.
func ReportBarrier(tx Tx, by Actor, w Barrier) (Barrier, error) {
	b := Barrier{Page: strings.TrimSpace(w.Page), Text: strings.TrimSpace(w.Text), Email: w.Email, Phone: strings.TrimSpace(w.Phone), Lang: w.Lang, Received: tx.Now()}
	if err := must(by, Create, b.Thing()); err != nil {
		return b, err
	}
	var bad Invalids
	bad.Text("page", b.Page, 0, 300)
	bad.Text("text", b.Text, 5, BarrierTextLimit)
	bad.Text("phone", b.Phone, 0, 40)
	if b.Email != "" {
		mail, err := NormalizeEmail(b.Email)
		if err != nil {
			bad.Rename("email", err)
		}
		b.Email = mail
	}
	if err := bad.Err(); err != nil {
		return b, err
	}
	waiting, err := tx.OpenBarriers(mostBarriers)
	if err != nil {
		return b, err
	}
	if len(waiting) >= mostBarriers {
		return b, ErrTooMany
	}
	code, err := tx.NewCode()
	if err != nil {
		return b, err
	}
	b.ID, b.Number = tx.NewSecretID(), "B-"+strings.ToUpper(code)
	if err := tx.PutBarrier(&b); err != nil {
		return b, err
	}
	if err := mail(tx, MailBarrierNew, b.ID, Recipient{Role: Admin}, nil); err != nil {
		return b, err
	}
	if b.Email == "" {
		return b, nil
	}
	if ok, err := mayMail(tx, b.Email); err != nil || !ok {
		return b, err
	}
	return b, mail(tx, MailBarrierReceived, b.ID, Recipient{Address: b.Email, Lang: b.Lang}, nil)
}

// AnswerBarrier says what was done about it. Who left an address is told by mail where the answer stands.
func AnswerBarrier(tx Tx, by Actor, id ID, answer string) error {
	b, err := tx.Barrier(id)
	if err != nil {
		return err
	}
	if err := must(by, Decide, b.Thing()); err != nil {
		return err
	}
	if !b.Answered.IsZero() {
		return ErrConflict
	}
	var bad Invalids
	bad.Text("answer", answer, 5, BarrierTextLimit)
	if err := bad.Err(); err != nil {
		return err
	}
	b.Answer, b.By, b.Answered = strings.TrimSpace(answer), by.Account, tx.Now()
	if err := tx.PutBarrier(&b); err != nil {
		return err
	}
	if err := audit(tx, by, Admin, AuditEntry{Action: "barrier.answer", Object: b.ID}); err != nil {
		return err
	}
	if b.Email == "" {
		return nil
	}
	return mail(tx, MailBarrierAnswered, b.ID, Recipient{Address: b.Email, Lang: b.Lang}, nil)
}
