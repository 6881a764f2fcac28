package web_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/web"
)

// reported is a report with reasons for whose content it is.
func (h *house) reported() engagement.ID {
	var r engagement.Report
	h.update(func(tx *store.Tx) error {
		r = engagement.Report{ID: tx.NewSecretID(), Number: string(tx.NewSecretID()), Object: h.opportunity.ID, State: engagement.ReportDecided, Ruling: engagement.Ruling{At: tx.Now()}, Statement: tx.NewSecretID()}
		return tx.PutReport(&r)
	})
	return r.ID
}

// subject is what an event of a kind is about.
func (h *house) subject(kind string, request engagement.ID) engagement.ID {
	switch {
	case strings.HasPrefix(kind, "request-"), kind == engagement.MailHelpOfferAnswer:
		return request
	case strings.HasPrefix(kind, "report-"), kind == engagement.MailContentDecision:
		return h.reported()
	case strings.HasPrefix(kind, "help-offer-"):
		return h.offer.ID
	case strings.HasPrefix(kind, "opportunity-"):
		return h.opportunity.ID
	case strings.HasPrefix(kind, "certificate-"):
		return h.certified("manager1", engagement.CertificateIssued).ID
	case kind == engagement.MailCallRelease:
		return h.called(h.opportunity, engagement.ByOrganizations).ID
	case kind == engagement.MailInvitation:
		return h.asking
	case strings.HasPrefix(kind, "subscription-"), kind == engagement.MailSearchNews, kind == engagement.MailMatches:
		return h.told
	case strings.HasPrefix(kind, "barrier-"):
		b := engagement.Barrier{}
		h.update(func(tx *store.Tx) error {
			b = engagement.Barrier{ID: tx.NewSecretID(), Number: "B-1", Text: "Der Knopf wird nicht vorgelesen.", Received: tx.Now()}
			return tx.PutBarrier(&b)
		})
		return b.ID
	case kind == engagement.MailShiftGivenBack:
		return h.coming.Shift
	case strings.HasPrefix(kind, "shift-"):
		return h.coming.ID
	case kind == engagement.MailSignUpNew, kind == engagement.MailOccasionDecision:
		return h.meeting.ID
	case strings.HasPrefix(kind, "sign-up-"), kind == engagement.MailOccasionChanged:
		return h.guest.ID
	}
	return h.org.ID
}

// called is what people of this instance are asked.
func (h *house) called(o engagement.Opportunity, way engagement.Code) (c engagement.Call) {
	h.t.Helper()
	h.update(func(tx *store.Tx) error {
		c = engagement.Call{
			ID: tx.NewSecretID(), Opportunity: o.ID, Organization: o.Organization, Way: way, Ask: []string{"name", "email"}, Text: "Wir freuen uns auf Sie.",
			State: engagement.CallSent, Created: tx.Now(), Until: tx.Now().Add(10 * 24 * time.Hour),
		}
		return tx.PutCall(&c)
	})
	return c
}

func TestEveryMailIsWrittenAndLeadsSomewhere(t *testing.T) {
	h := newHouse(t)
	h.ask(h.visitor(), h.opportunity, "reader1")
	h.offer = h.helpOffer("Ein Teamtag im Garten", h.org)
	h.waking()
	h.update(func(tx *store.Tx) error { // the reader of every mail
		a, err := tx.AccountByLogin("manager1@mail.example")
		if err != nil {
			return err
		}
		return withProfile()(tx, a)
	})
	h.asking = h.invited(h.asked(h.ally("pankow.example", "Mitmachen in Pankow"), "Moderation für eine Werkstatt"), "manager1")
	h.update(func(tx *store.Tx) error {
		told := engagement.Subscription{ID: tx.NewSecretID(), Email: "leser@mail.example", Query: "q=lesen", Confirmed: true, Every: "taeglich"}
		h.told = told.ID
		return tx.PutSubscription(&told)
	})
	h.post()
	h.meet("reader1")
	h.coming = h.comes(h.agreement("manager1", h.real.opportunity("Café am Ufer", h.org)), 72*time.Hour)
	var request engagement.MatchRequest
	h.update(func(tx *store.Tx) error {
		list, err := tx.RequestsOfOrganization(h.org.ID, 1)
		if err == nil {
			request = list[0]
		}
		return err
	})
	stoppable := map[string]bool{engagement.MailInvitation: true, engagement.MailSubscriptionEnds: true, engagement.MailSearchNews: true, engagement.MailMatches: true, engagement.MailShiftRemind: true, engagement.MailShiftNews: true}
	h.place(h.person("grace", memberOf(h.org, engagement.Manager), withRole(engagement.Admin), withRole(engagement.Moderator), withRole(engagement.Adviser)))
	for _, kind := range mailKinds(t) {
		for _, lang := range []engagement.Lang{"de", "en", "ls"} {
			t.Run(kind+" in "+string(lang), func(t *testing.T) {
				subject := h.subject(kind, request.ID)
				h.update(func(tx *store.Tx) error {
					return tx.Emit(engagement.Event{
						ID: tx.NewID(), For: engagement.Mail, Kind: kind, Subject: subject, At: tx.Now(),
						To: engagement.Recipient{Address: "reader@mail.example", Lang: lang}, Args: map[string]string{"token": strings.Repeat("0", 32), "n": "2", "host": "pankow.example", "address": "http://else.example/posts/1"},
					})
				})
				m := h.mail("reader@mail.example")
				for _, secret := range []string{h.opportunity.Title, h.org.Name, "reader1", "pankow.example"} {
					if strings.Contains(m.Subject, secret) {
						t.Errorf("the subject %q names %q", m.Subject, secret)
					}
				}
				if m.Subject == "" || strings.Contains(m.Subject+m.Text, "mail."+kind) || strings.Contains(m.Text, "{") || !strings.Contains(m.HTML, m.Subject) {
					t.Errorf("got %q: %s", m.Subject, m.Text)
				}
				if got := strings.Contains(m.Text, "else.example/posts/1"); got != (kind == engagement.MailMention) {
					t.Errorf("names the address of a post: %v", got)
				}
				if got := m.Off != ""; got != stoppable[kind] {
					t.Errorf("it can be stopped: %v", got)
				}
				page := h.manager.Get(h.link(m)) // a page that there is; tokens of this test are unknown, and some pages need another role
				if page.Status == 404 && !strings.Contains(h.link(m), "/verwaltung") && !strings.Contains(h.link(m), "/moderation") && !strings.Contains(h.link(m), "/vermittlung") || page.Status >= 500 {
					t.Errorf("%s answers %d", h.link(m), page.Status)
				}
			})
		}
	}
}

// refusing is a mail server that repeats the address in its refusal.
type refusing struct{ tries int }

func (b *refusing) Send(_ context.Context, m web.Message) error {
	b.tries++
	return errors.New("550 <" + m.To + "> no such mailbox")
}

func TestThePostman(t *testing.T) {
	h := newHouse(t)
	h.visitor().Get("/registrieren").Form(mainForm).Set("email", "ada@mail.example").Submit().Want(200)
	b := &refusing{}
	postman := web.Postman{Server: h.handler.(*web.Server), Store: h.store, Post: b}
	err := postman.Deliver(t.Context())
	t.Run("tells of a failure without the address", func(t *testing.T) {
		if err == nil || strings.Contains(err.Error(), "ada@mail.example") || !strings.Contains(err.Error(), "no such mailbox") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("tries again later, not at once", func(t *testing.T) {
		if err := postman.Deliver(t.Context()); err != nil || b.tries != 1 {
			t.Errorf("%d tries, %v", b.tries, err)
		}
		h.clock.Forward(2 * time.Minute)
		if got := h.mail("ada@mail.example"); got.Subject == "" {
			t.Error("no subject")
		}
	})
	t.Run("sends nothing twice", func(t *testing.T) {
		h.clock.Forward(48 * time.Hour)
		if got := h.post(); len(got) != 0 {
			t.Errorf("got %+v", got)
		}
	})
}

// choosy is a mail server that knows all mailboxes but one.
type choosy struct {
	unknown string
	took    map[string]int // mails by address
}

func (c choosy) Send(_ context.Context, m web.Message) error {
	if m.To == c.unknown {
		return errors.New("550 no such mailbox")
	}
	c.took[m.To]++
	return nil
}

// FLT-29: what a mail server does not take is tried for three days, and nobody else waits for it or gets anything twice.
func TestAMailboxThatRefusesKeepsNobodyWaiting(t *testing.T) {
	h := newHouse(t)
	h.post()
	for _, name := range []string{"anna", "bela", "cora"} {
		h.person(name, withRole(engagement.Moderator))
	}
	report := h.reported()
	h.update(func(tx *store.Tx) error {
		return tx.Emit(engagement.Event{ID: tx.NewID(), For: engagement.Mail, Kind: engagement.MailReportUrgent, Subject: report, To: engagement.Recipient{Role: engagement.Moderator}, At: tx.Now()})
	})
	post := choosy{"bela@mail.example", map[string]int{}}
	postman := web.Postman{Server: h.handler.(*web.Server), Store: h.store, Post: post}
	var tries int
	for range 200 {
		if err := postman.Deliver(t.Context()); err != nil {
			tries++
		}
		h.clock.Forward(time.Hour)
	}
	if tries != 10 {
		t.Errorf("%d tries, want 10 in three days", tries)
	}
	if len(post.took) < 3 {
		t.Errorf("only %v got the mail", post.took)
	}
	for to, n := range post.took {
		if n != 1 {
			t.Errorf("%s got it %d times", to, n)
		}
	}
}
