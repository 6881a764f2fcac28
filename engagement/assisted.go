package engagement

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// An assisted account (UI: Begleitkonto) is one that the volunteer center keeps for somebody without an e-mail address, who has agreed to it
// on paper. Nobody can sign in with it: advisers act for the person, until the person takes it over.

// ConsentAssisted is the purpose of the consent to an assisted account.
const ConsentAssisted Code = "begleitung"

// Paper is a consent that somebody has signed. The paper itself stays with the volunteer center.
type Paper struct {
	Signed   Date   // the day on it
	Form     string // the number on it, by which it is found again, ≤ 40
	Purposes []Code // what is ticked on it, vocabulary paper_purpose
}

// Assisting is what an adviser writes down to open an assisted account.
type Assisting struct {
	Name    string // what to be called, 1–100
	Phone   string // ≤ 40; empty: none
	AgeBand Code   // vocabulary age_band, from 16 on
	Lang    Lang
	Paper   Paper
}

const (
	paperFormLimit = 40
	paperLife      = 365 * 24 * time.Hour // an older one has to be signed again
	youngestHelped = 16                   // younger people need a guardian, whom a paper for the adviser does not replace
)

// AssistedThing describes an assisted account to [Can]; the rights of advisers end with the assistance.
func (a Account) AssistedThing() Thing {
	return Thing{Noun: AnAssisted, Person: a.ID, Assigned: a.Assisted}
}

// OpenAssisted makes an account for somebody on the ground of a paper.
func OpenAssisted(tx Tx, by Actor, w Assisting) (Account, error) {
	if err := must(by, Create, Account{Assisted: true}.AssistedThing()); err != nil {
		return Account{}, err
	}
	var bad Invalids
	bad.Text("name", w.Name, 1, 100)
	bad.Text("phone", w.Phone, 0, 40)
	bad.Code("age", AgeBands, w.AgeBand, true)
	if _, oldest, known := Ages(w.AgeBand); known && oldest < youngestHelped {
		bad.Add("age", "error.assisted.age")
	}
	p := Profile{AgeBand: w.AgeBand, AgeSaid: tx.Now()}
	bad.paper(w.Paper, p, tx.Now())
	if err := bad.Err(); err != nil {
		return Account{}, err
	}
	a, err := NewAccount(tx, w.Name, "", "", "", w.Lang)
	if err != nil {
		return a, err
	}
	a.Phone, a.Assisted = strings.TrimSpace(w.Phone), true
	if err := tx.PutAccount(&a); err != nil {
		return a, err
	}
	p.Account = a.ID
	w.Paper.Purposes = append([]Code{ConsentAssisted}, w.Paper.Purposes...)
	p.agreeOnPaper(w.Paper, by.Account, tx.Now())
	if err := tx.PutProfile(&p); err != nil {
		return a, err
	}
	return a, audit(tx, by, Adviser, AuditEntry{Action: "assistance.open", Object: a.ID, Person: a.ID})
}

// paper finds what is wrong with a paper of the person with that profile.
func (es *Invalids) paper(w Paper, p Profile, now time.Time) {
	switch {
	case w.Signed == "" || !w.Signed.Valid():
		es.Add("signed", "error.date.unknown")
	case w.Signed > DateOf(now):
		es.Add("signed", "error.assisted.signed.future")
	case now.Sub(w.Signed.Time()) > paperLife:
		es.Add("signed", "error.assisted.signed.old")
	}
	es.Text("form", w.Form, 1, paperFormLimit)
	es.Codes("purposes", PaperPurposes, w.Purposes, 0, len(PaperPurposes.Terms))
	if slices.ContainsFunc(w.Purposes, Switches.Has) && !p.Adult() {
		es.Add("purposes", "error.invite.adult")
	}
}

// agreeOnPaper notes the consents of a paper that somebody has taken.
func (p *Profile) agreeOnPaper(w Paper, takenBy ID, now time.Time) {
	for _, purpose := range w.Purposes {
		until := time.Time{}
		if Switches.Has(purpose) {
			until = w.Signed.Time().AddDate(0, switchLife, 0)
		}
		p.agree(purpose, false, now, now) // the new paper is the proof
		p.agree(purpose, true, now, until)
		last := &p.Consents[len(p.Consents)-1]
		last.Given, last.Paper, last.TakenBy = w.Signed.Time(), strings.TrimSpace(w.Form), takenBy
		p.Sensitive = p.Sensitive || purpose == ConsentSensitive
	}
}

// RecordPaper notes further consents that somebody with an assisted account has signed.
func RecordPaper(tx Tx, by Actor, account ID, w Paper) error {
	a, err := assisted(tx, by, account, Change)
	if err != nil {
		return err
	}
	p, err := tx.Profile(a.ID)
	if err != nil {
		return err
	}
	var bad Invalids
	bad.paper(w, p, tx.Now())
	if len(w.Purposes) == 0 {
		bad.Add("purposes", "error.choice.few", "n", 1)
	}
	if err := bad.Err(); err != nil {
		return err
	}
	p.agreeOnPaper(w, by.Account, tx.Now())
	if err := tx.PutProfile(&p); err != nil {
		return err
	}
	return audit(tx, by, Adviser, AuditEntry{Action: "assistance.paper", Object: a.ID, Person: a.ID})
}

// WithdrawPaper takes back what somebody with an assisted account agreed to on paper, because they say so. Who takes back the account itself
// wants it deleted: see [EndAssisted].
func WithdrawPaper(tx Tx, by Actor, account ID, purpose Code) error {
	a, err := assisted(tx, by, account, Change)
	if err != nil {
		return err
	}
	p, err := tx.Profile(a.ID)
	if err != nil {
		return err
	}
	if _, holds := p.Consent(purpose, tx.Now()); !holds || !PaperPurposes.Has(purpose) {
		return ErrConflict
	}
	p.agree(purpose, false, tx.Now(), tx.Now())
	p.Sensitive = p.Sensitive && purpose != ConsentSensitive
	if err := tx.PutProfile(&p); err != nil {
		return err
	}
	if err := p.endInvitations(tx); err != nil {
		return err
	}
	return audit(tx, by, Adviser, AuditEntry{Action: "assistance.withdraw", Object: a.ID, Person: a.ID})
}

// ChangeAssisted corrects what the person is called and how they are reached.
func ChangeAssisted(tx Tx, by Actor, account ID, name, phone string) error {
	a, err := assisted(tx, by, account, Change)
	if err != nil {
		return err
	}
	var bad Invalids
	bad.Text("phone", phone, 0, 40)
	if err := bad.Err(); err != nil {
		return err
	}
	if _, err := a.rename(tx, name); err != nil {
		return err
	}
	a.Phone = strings.TrimSpace(phone)
	if err := tx.PutAccount(&a); err != nil {
		return err
	}
	return audit(tx, by, Adviser, AuditEntry{Action: "assistance.change", Object: a.ID, Person: a.ID})
}

// ReadAssisted notes that an adviser has opened the page of an assisted account, which the person may know, and returns the account.
func ReadAssisted(tx Tx, by Actor, account ID) (Account, error) {
	a, err := assisted(tx, by, account, Read)
	if err != nil {
		return a, err
	}
	return a, audit(tx, by, Adviser, AuditEntry{Action: "assistance.read", Object: a.ID, Person: a.ID})
}

// EndAssisted plans the deletion of an assisted account because the person wishes it. From now on nobody acts for them; until the end of the
// time of grace [KeepAssisted] takes it back.
func EndAssisted(tx Tx, by Actor, account ID) error {
	a, err := assisted(tx, by, account, Remove)
	if err != nil {
		return err
	}
	if a.Deletion == DeletionAsked {
		return ErrConflict
	}
	a.Deletion, a.DeleteAfter, a.Offered = DeletionAsked, tx.Now().Add(DeletionGrace), ""
	if err := tx.PutAccount(&a); err != nil {
		return err
	}
	if err := endAccess(tx, a.ID, ""); err != nil {
		return err
	}
	return audit(tx, by, Adviser, AuditEntry{Action: "account.delete", Object: a.ID, Person: a.ID})
}

// KeepAssisted takes a planned deletion back.
func KeepAssisted(tx Tx, by Actor, account ID) error {
	a, err := assisted(tx, by, account, Remove)
	if err != nil {
		return err
	}
	if a.stays() {
		return ErrConflict
	}
	a.keep(tx.Now())
	if err := tx.PutAccount(&a); err != nil {
		return err
	}
	return audit(tx, by, Adviser, AuditEntry{Action: "account.keep", Object: a.ID, Person: a.ID})
}

// OfferTakeOver mails somebody with an assisted account, to the address that they gave, a link by which the account becomes theirs alone. It
// replaces an earlier offer; the empty address takes that back.
func OfferTakeOver(tx Tx, by Actor, account ID, email string) error {
	a, err := assisted(tx, by, account, Change)
	if err != nil {
		return err
	}
	if a.Deletion == DeletionAsked || email == "" && a.Offered == "" {
		return ErrConflict
	}
	if email != "" {
		if email, err = NormalizeEmail(email); err != nil {
			return err
		}
		if _, err := tx.AccountByLogin(email); err == nil {
			return &Invalid{Field: "email", Key: "error.email.taken"}
		} else if !errors.Is(err, ErrNotFound) {
			return err
		}
		if ok, err := mayMail(tx, email); err != nil || !ok {
			return errors.Join(err, ErrTooMany)
		}
	}
	a.Offered = email
	if err := tx.PutAccount(&a); err != nil {
		return err
	}
	entry := AuditEntry{Action: "assistance.offer", Object: a.ID, Person: a.ID}
	if email == "" {
		entry.Action = "assistance.offer-back"
		return audit(tx, by, Adviser, entry)
	}
	token, err := issue(tx, Token{Purpose: TokenTakeOver, Subject: a.ID, Email: email, Lang: a.Lang})
	if err != nil {
		return err
	}
	if err := mail(tx, MailTakeOver, a.ID, Recipient{Address: email, Lang: a.Lang}, map[string]string{"token": token}); err != nil {
		return err
	}
	return audit(tx, by, Adviser, entry)
}

// OfferedTakeOver is the account that a link offers, or ErrNotFound if the link is not the last one or the account is nobody's to take.
func OfferedTakeOver(tx Tx, t Token) (Account, error) {
	a, err := tx.Account(t.Subject)
	if err != nil {
		return a, err
	}
	if !a.Assisted || a.Offered == "" || a.Offered != t.Email || a.Deletion == DeletionAsked {
		return a, ErrNotFound
	}
	return a, nil
}

// TakeOver makes an assisted account an ordinary one, of the person who holds the link. passwordHash is empty for sign-in by mail link only.
// Nobody acts for the person any more, and the consent on paper has ended.
func TakeOver(tx Tx, token, passwordHash string) (Account, error) {
	t, err := tx.TakeToken(Hash(token), TokenTakeOver)
	if err != nil {
		return Account{}, err
	}
	a, err := OfferedTakeOver(tx, t)
	if err != nil {
		return a, err
	}
	if _, err := tx.AccountByLogin(t.Email); err == nil {
		return a, ErrConflict
	} else if !errors.Is(err, ErrNotFound) {
		return a, err
	}
	a.Email, a.EmailConfirmed, a.Password, a.Assisted, a.Offered = t.Email, tx.Now(), passwordHash, false, ""
	a.keep(tx.Now())
	if err := tx.PutAccount(&a); err != nil {
		return a, err
	}
	if err := endAccess(tx, a.ID, ""); err != nil {
		return a, err
	}
	p, err := tx.Profile(a.ID)
	if err != nil {
		return a, err
	}
	p.agree(ConsentAssisted, false, tx.Now(), tx.Now())
	if err := errors.Join(tx.PutProfile(&p), a.reachable(tx)); err != nil {
		return a, err
	}
	return a, audit(tx, Actor{Account: a.ID}, Volunteer, AuditEntry{Action: "assistance.take-over", Object: a.ID, Person: a.ID})
}

// reachable adds the address that somebody has now to what they asked before and what is still open.
func (a Account) reachable(tx Tx) error {
	requests, err := tx.RequestsOfAccount(a.ID)
	if err != nil {
		return err
	}
	for _, m := range requests {
		if m.State.Final() {
			continue
		}
		m.Contact.Email = a.Email
		if err := tx.PutMatchRequest(&m); err != nil {
			return err
		}
	}
	return nil
}

// assisted is an assisted account with which the actor may do that.
func assisted(tx Tx, by Actor, account ID, do Action) (Account, error) {
	a, err := tx.Account(account)
	if err != nil {
		return a, err
	}
	return a, must(by, do, a.AssistedThing())
}

// ---- acting for somebody ----

// HelpFor is who an adviser acts as for somebody with an assisted account: only as the person, with no right of their own. It returns
// ErrForbidden when nobody may act for the person, or this one not.
func (a Actor) HelpFor(person Account) (Actor, error) {
	if a.Helper != "" || !Can(a, Change, person.AssistedThing()) || person.Deletion == DeletionAsked {
		return Actor{}, ErrForbidden
	}
	return Actor{Account: person.ID, Helper: a.Account, Scopes: append(HelperScopes.Codes(), ConsentAssisted)}, nil
}

// StartHelping notes that somebody begins to act for a person, which is a use of the account, and returns it with who acts.
func StartHelping(tx Tx, by Actor, account ID) (Account, Actor, error) {
	a, err := tx.Account(account)
	if err != nil {
		return a, Actor{}, err
	}
	as, err := ActFor(tx, by, a)
	if err != nil {
		if errors.Is(err, ErrForbidden) {
			err = ErrNotFound
			if Can(by, Read, a.AssistedThing()) {
				err = ErrConflict
			}
		}
		return a, as, err
	}
	a.keep(tx.Now())
	if err := tx.PutAccount(&a); err != nil {
		return a, as, err
	}
	return a, as, audit(tx, as, HelperFor, AuditEntry{Action: "helper.start", Object: a.ID})
}

// StopHelping notes that somebody does not act for another person any more.
func StopHelping(tx Tx, by Actor) error {
	if by.Helper == "" {
		return ErrConflict
	}
	return helped(tx, by, "stop", by.Account)
}

// helped records what somebody did for another person, who may see it. What people do for themselves is not recorded.
func helped(tx Tx, by Actor, action string, object ID) error {
	if by.Helper == "" {
		return nil
	}
	return audit(tx, by, HelperFor, AuditEntry{Action: "helper." + action, Object: object})
}

// help checks what somebody asks for another person, who has agreed to it; with an adviser, on the spot or on the phone. How old the person is was said before.
// For people under 18 nobody asks another instance: that must be their own act.
func (w *Wish) help(tx Tx, by Actor, o Opportunity) error {
	if by.Helper == "" {
		return nil
	}
	p, err := tx.Profile(by.Account)
	if err != nil {
		return err
	}
	var bad Invalids
	if by.May(ConsentAssisted) != w.Placed() {
		bad.Add("via", "error.assisted.agreed")
	}
	switch youngest, oldest, known := Ages(p.AgeBand); {
	case !known:
		bad.Add("", "error.assisted.age.unknown")
	case oldest < youngestHelped:
		bad.Add("", "error.age.under16")
	case youngest < 18 && o.Origin != "":
		bad.Add("", "error.assisted.minor")
	case youngest < 18:
		w.AgeBand = "16-17"
	default:
		w.AgeBand = "ab-18"
	}
	if w.ShareNow {
		return ErrForbidden // the person releases contact data when somebody wants it
	}
	return bad.Err()
}

// RequestFor asks for somebody who has an e-mail address and was advised on the spot or on the phone. Nothing is sent before they have said yes
// with the link in a mail; from then on the request is theirs.
func RequestFor(tx Tx, by Actor, opportunity ID, w Wish) (MatchRequest, error) {
	if err := must(by, Decide, Thing{Noun: AnAdvice}); err != nil {
		return MatchRequest{}, err
	}
	if !w.Placed() {
		return MatchRequest{}, &Invalid{Field: "via", Key: "error.choice.empty"}
	}
	m, err := Request(tx, Actor{}, opportunity, w)
	if err != nil {
		return m, err
	}
	return m, audit(tx, by, Adviser, AuditEntry{Action: "request.place", Object: m.ID})
}

// Placed says whether an adviser stands between the person and the organization.
func (w Wish) Placed() bool { return placed(w.Via) }

// Placed says whether an adviser of this or another instance stands between the person and the organization.
func (m MatchRequest) Placed() bool { return placed(m.Via) }

func placed(via Code) bool { return via == "beratung" || via == "telefon" }

// callBack leaves the volunteer center a case in the place of a mail to somebody who has no address: to tell them.
func (a Account) callBack(tx Tx, kind string, subject ID) error {
	about := ID("")
	if slices.Contains(requestMails, kind) {
		about = subject
	}
	waiting, err := tx.AdviceToDo(allCases)
	if err != nil {
		return err
	}
	for _, c := range waiting {
		if c.Kind == "nachricht" && c.Account == a.ID && c.Request == about && (about != "" || c.News == kind) {
			c.News = kind
			return tx.PutAdvice(&c)
		}
	}
	c := AdviceRequest{Kind: "nachricht", Account: a.ID, Name: a.Name, Phone: a.Phone, Request: about, News: kind, Lang: a.Lang}
	if err := c.open(tx); err != nil {
		return err
	}
	return mail(tx, MailNewCase, c.ID, c.desk(), nil)
}

// requestMails are the mails to the volunteer that are about a match request.
var requestMails = []string{MailRequestSent, MailRequestNews, MailRequestReminder, MailRequestUnanswered, MailUndelivered, MailHelpOfferAnswer, MailShiftNews, MailShiftCanceled}
