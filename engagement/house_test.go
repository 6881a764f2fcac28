package engagement_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

func TestMain(m *testing.M) {
	slog.SetLogLoggerLevel(slog.LevelWarn)
	os.Exit(m.Run())
}

var ctx = context.Background()

const day = 24 * time.Hour

// house is an instance in Berlin with an organization, its manager and one published opportunity.
type house struct {
	t       *testing.T
	s       *store.Store
	config  store.Config // of s
	clock   *storetest.Clock
	org     Organization
	o       Opportunity
	manager Actor
	people  int
}

// eachHouse runs a test on every engine.
func eachHouse(t *testing.T, test func(h *house)) {
	t.Helper()
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		h := &house{t: t, clock: &storetest.Clock{}}
		c.Clock = h.clock.Now
		h.s, h.config = storetest.Open(t, c), c
		h.update(func(tx *store.Tx) (err error) {
			i := NewInstance()
			i.Name, i.Land = "Probe", "BE"
			if err := tx.PutInstance(&i); err != nil {
				return err
			}
			a := Account{ID: tx.NewID(), Name: "manager", Email: "manager@verein.example", Created: tx.Now()}
			if err := tx.PutAccount(&a); err != nil {
				return err
			}
			h.org, err = RegisterOrganization(tx, Actor{Account: a.ID}, Organization{
				Kind: "association", LegalForm: "ev", Name: "Leseinsel", Areas: []Code{"schule-kita"}, Place: Place{Locality: "Berlin-Köpenick"},
				ContactRole: "Koordination", ContactMail: "kontakt@verein.example",
			})
			if err != nil {
				return err
			}
			if err := ApproveOrganization(tx, System, h.org.ID, "register-geprueft"); err != nil {
				return err
			}
			h.manager = Actor{Account: a.ID, Members: map[ID]Role{h.org.ID: Manager}}
			h.o, err = h.publish(tx, func(*Opportunity) {})
			return err
		})
		h.mails()
		test(h)
	})
}

// publish makes one more opportunity.
func (h *house) publish(tx *store.Tx, change func(*Opportunity)) (Opportunity, error) {
	o := complete()
	o.Organization = h.org.ID
	change(&o)
	o, err := SaveOpportunity(tx, h.manager, o)
	if err != nil {
		return o, err
	}
	return SubmitOpportunity(tx, System, o.ID)
}

func (h *house) update(f func(tx *store.Tx) error) {
	h.t.Helper()
	if err := h.s.Update(ctx, f); err != nil {
		h.t.Fatal(err)
	}
}

// person is a new account.
func (h *house) person() Actor {
	h.t.Helper()
	h.people++
	name := fmt.Sprintf("volunteer%d", h.people)
	var a Account
	h.update(func(tx *store.Tx) error {
		a = Account{ID: tx.NewID(), Name: name, Email: name + "@mail.example", Lang: "de", Created: tx.Now()}
		return tx.PutAccount(&a)
	})
	return Actor{Account: a.ID}
}

// asks sends a request of a person with an account.
func (h *house) asks(by Actor, change func(*Wish)) MatchRequest {
	h.t.Helper()
	m, err := h.tries(by, change)
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

func (h *house) tries(by Actor, change func(*Wish)) (m MatchRequest, err error) {
	w := Wish{AgeBand: "ab-18"}
	if change != nil {
		change(&w)
	}
	err = h.s.Update(ctx, func(tx *store.Tx) error {
		m, err = Request(tx, by, h.o.ID, w)
		return err
	})
	h.clock.Forward(time.Minute) // so that the next one comes later
	return m, err
}

// answers is what the organization does with a request.
func (h *house) answers(m MatchRequest, e RequestEvent) error {
	return h.s.Update(ctx, func(tx *store.Tx) error {
		a := Answer{Event: e}
		if e == EventAsk && m.State == Interested {
			a.Ask = []string{"name"}
		}
		_, err := AnswerRequest(tx, h.manager, m.ID, a)
		return err
	})
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// agreed is a request that came as far as an agreement.
func (h *house) agreed(by Actor, change func(*Wish)) MatchRequest {
	h.t.Helper()
	m := h.asks(by, change)
	h.must(h.answers(m, EventAsk))
	h.releases(by, m)
	h.must(h.answers(m, EventAgree))
	return h.request(m)
}

func (h *house) releases(by Actor, m MatchRequest) {
	h.t.Helper()
	h.update(func(tx *store.Tx) error {
		_, err := ReleaseContact(tx, by, m.ID, Card{"name": "Vorname N."})
		return err
	})
}

func (h *house) withdraws(by Actor, m MatchRequest) {
	h.t.Helper()
	h.update(func(tx *store.Tx) error {
		_, err := WithdrawRequest(tx, by, m.ID, "keine-zeit")
		return err
	})
}

// request is a request as it is now.
func (h *house) request(m MatchRequest) (now MatchRequest) {
	h.t.Helper()
	h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
		now, err = tx.MatchRequest(m.ID)
		return err
	}))
	return now
}

func (h *house) gone(m MatchRequest) bool {
	h.t.Helper()
	err := h.s.View(ctx, func(tx *store.Tx) error {
		_, err := tx.MatchRequest(m.ID)
		return err
	})
	if err != nil && !errors.Is(err, ErrNotFound) {
		h.t.Fatal(err)
	}
	return err != nil
}

func (h *house) opportunity() (o Opportunity) {
	h.t.Helper()
	h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
		o, err = tx.Opportunity(h.o.ID)
		return err
	}))
	return o
}

// edit changes the opportunity as its organization does.
func (h *house) edit(change func(*Opportunity)) {
	h.t.Helper()
	h.update(func(tx *store.Tx) error {
		o, err := tx.Opportunity(h.o.ID)
		if err != nil {
			return err
		}
		change(&o)
		_, err = SaveOpportunity(tx, h.manager, o)
		return err
	})
}

// passes moves the clock on and lets the timers do what is due.
func (h *house) passes(d time.Duration) {
	h.t.Helper()
	h.clock.Forward(d)
	for more := true; more; {
		h.update(func(tx *store.Tx) (err error) {
			more, err = Tick(tx, 10)
			return err
		})
	}
}

// days passes so many days one by one and returns what was mailed on which, "3 request-remind".
func (h *house) days(n int) (log []string) {
	h.t.Helper()
	for d := 1; d <= n; d++ {
		h.passes(day)
		for _, kind := range h.mails() {
			log = append(log, fmt.Sprint(d, " ", kind))
		}
	}
	return log
}

// mails are the kinds of the mails written since the last call.
func (h *house) mails() (kinds []string) {
	h.t.Helper()
	for {
		events, err := h.s.LeaseEvents(ctx, Mail, "test", 100, 365*day)
		h.must(err)
		if len(events) == 0 {
			return kinds
		}
		h.update(func(tx *store.Tx) error {
			for _, e := range events {
				kinds = append(kinds, e.Kind)
				if err := tx.EventDone(e); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// states are the states of requests in a row.
func (h *house) states(list ...MatchRequest) string {
	h.t.Helper()
	var all []string
	for _, m := range list {
		all = append(all, string(h.request(m).State))
	}
	return strings.Join(all, " ")
}

func (h *house) want(what, got, want string) {
	h.t.Helper()
	if got != want {
		h.t.Errorf("%s: got %q, want %q", what, got, want)
	}
}
