package engagement_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	. "seestern/engagement"
	"seestern/store"
)

// wish is a complete certificate for the last month.
func (h *house) wish() Certificate {
	return Certificate{
		Type: "engagementnachweis", Name: "Ada Beispiel", Role: "Vorlesepatin", From: h.today().Add(-30), Until: h.today(), Tasks: "Hat regelmäßig vorgelesen.",
		Skills: []Code{"texten"}, Hours: true, Lang: "de",
	}
}

func (h *house) wants(by Actor, tie ID, w Certificate) (c Certificate, err error) {
	err = h.s.Update(ctx, func(tx *store.Tx) (err error) {
		c, err = AskCertificate(tx, by, tie, w)
		return err
	})
	return c, err
}

// certificate is one as it is now.
func (h *house) certificate(id ID) (c Certificate) {
	h.t.Helper()
	h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
		c, err = tx.Certificate(id)
		return err
	}))
	return c
}

func (h *house) issues(by Actor, c Certificate) (issued Certificate, err error) {
	err = h.s.Update(ctx, func(tx *store.Tx) (err error) {
		issued, err = IssueCertificate(tx, by, c.ID, c.Version)
		return err
	})
	return issued, err
}

// helper is somebody who gave confirmed time, and the request.
func (h *house) helper(minutes int) (Actor, MatchRequest) {
	h.t.Helper()
	a := h.person()
	m := h.agreed(a, nil)
	e, err := h.helped(a, m.ID, minutes)
	h.must(err)
	_, err = h.confirms(h.manager, e)
	h.must(err)
	h.mails()
	return a, m
}

func TestACertificateFromTheWishToItsEnd(t *testing.T) {
	eachHouse(t, func(h *house) {
		a, m := h.helper(90)
		c, err := h.wants(a, m.ID, h.wish())
		h.must(err)
		h.want("the organization hears of it", strings.Join(h.mails(), " "), MailCertificateAsked)
		if len(c.Code) != 16 || c.State != CertificateRequested || c.Organization != h.org.ID {
			t.Errorf("asked for %+v", c)
		}
		h.wires()
		if _, err := h.issues(a, c); !errors.Is(err, ErrForbidden) {
			t.Errorf("issued by the person: %v", err)
		}
		if _, err := h.issues(h.person(), c); !errors.Is(err, ErrNotFound) {
			t.Errorf("issued by a stranger: %v", err)
		}
		old := c
		old.Version++
		if _, err := h.issues(h.manager, old); !errors.Is(err, ErrStale) {
			t.Errorf("another version: %v", err)
		}
		issued, err := h.issues(h.manager, c)
		h.must(err)
		if issued.State != CertificateIssued || issued.Minutes != 90 || issued.Status != 1 || issued.Issuer != "Leseinsel" || issued.Level != "register-geprueft" {
			t.Errorf("issued %+v", issued)
		}
		if sent := h.wires(); len(sent) != 0 {
			t.Errorf("others hear of it: %+v", sent)
		}
		h.want("the person hears of it", strings.Join(h.mails(), " "), MailCertificateNews)
		if _, err := h.issues(h.manager, issued); !errors.Is(err, ErrConflict) {
			t.Errorf("issued twice: %v", err)
		}
		revoke := func(by Actor, reason string) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { return RevokeCertificate(tx, by, c.ID, reason) })
		}
		if err := revoke(Actor{Account: "member", Members: map[ID]Role{h.org.ID: Member}}, "Ein Irrtum."); !errors.Is(err, ErrForbidden) {
			t.Errorf("revoked by a member: %v", err)
		}
		if err := revoke(a, "Ein Irrtum."); !errors.Is(err, ErrForbidden) {
			t.Errorf("revoked by the person: %v", err)
		}
		h.refusedAt("revoked without a reason", revoke(h.manager, ""), "reason")
		h.must(revoke(h.manager, "Ein Irrtum."))
		if got := h.certificate(c.ID); got.State != CertificateRevoked || got.Reason != "Ein Irrtum." || got.Ended.IsZero() {
			t.Errorf("revoked %+v", got)
		}
		if err := revoke(h.manager, "Noch einmal."); !errors.Is(err, ErrConflict) {
			t.Errorf("revoked twice: %v", err)
		}
		h.must(h.s.View(ctx, func(tx *store.Tx) error {
			if list, err := tx.RevokedStatuses(1, 10); err != nil || !slices.Equal(list, []int{1}) {
				t.Errorf("the status list has %v, %v", list, err)
			}
			return nil
		}))
	})
}

func TestWhatACertificateCanSay(t *testing.T) {
	eachHouse(t, func(h *house) {
		a, m := h.helper(60)
		for name, x := range map[string]struct {
			field  string
			change func(*Certificate)
		}{
			"a type for which one cannot ask": {"type", func(c *Certificate) { c.Type = "dankeskarte" }},
			"no name":                         {"name", func(c *Certificate) { c.Name = " " }},
			"no role":                         {"role", func(c *Certificate) { c.Role = "" }},
			"a future end":                    {"until", func(c *Certificate) { c.Until = h.today().Add(1) }},
			"an end before its beginning":     {"until", func(c *Certificate) { c.Until = c.From.Add(-1) }},
			"unknown skills":                  {"skills", func(c *Certificate) { c.Skills = []Code{"zaubern"} }},
			"a long text":                     {"tasks", func(c *Certificate) { c.Tasks = strings.Repeat("x", CertificateTaskLimit+1) }},
			"hours that nobody confirmed":     {"parts", func(c *Certificate) { c.Until = c.From }},
		} {
			w := h.wish()
			x.change(&w)
			_, err := h.wants(a, m.ID, w)
			h.refusedAt(name, err, x.field)
		}
		_, err := h.wants(h.person(), m.ID, h.wish())
		h.refusedAt("what somebody else did", err, "tie")
		decline := func(c Certificate, reason string) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { return DeclineCertificate(tx, h.manager, c.ID, reason) })
		}
		c, err := h.wants(a, m.ID, h.wish())
		h.must(err)
		h.refusedAt("no reason", decline(c, " "), "reason")
		h.must(decline(c, "Der Zeitraum stimmt nicht."))
		if got := h.certificate(c.ID); got.State != CertificateDeclined || got.Reason == "" || got.Status != 0 {
			t.Errorf("declined %+v", got)
		}
		if got := OfferedCertificates("NW"); slices.Contains(got, "schueler-freiwilligenpass") || !slices.Contains(got, "eak-nachweis") {
			t.Errorf("offered elsewhere: %v", got)
		}
	})
}

func TestTheCheckPageShowsWhatWasReleased(t *testing.T) {
	eachHouse(t, func(h *house) {
		a, m := h.helper(60)
		c, err := h.wants(a, m.ID, h.wish())
		h.must(err)
		c, err = h.issues(h.manager, c)
		h.must(err)
		if p := c.Public(); p.Name != "" || p.Role != "" || p.Tasks != "" || p.Skills != nil || p.Minutes != 0 || p.Code != "" || p.Account != "" {
			t.Errorf("nothing was released, but %+v", p)
		}
		release := func(by Actor, parts ...Code) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { return ReleaseCertificate(tx, by, c.ID, parts) })
		}
		if err := release(h.manager, "name"); !errors.Is(err, ErrForbidden) {
			t.Errorf("released by the organization: %v", err)
		}
		h.refusedAt("an unknown part", release(a, "alter"), "released")
		consents := func() (open, ended int) {
			h.must(h.s.View(ctx, func(tx *store.Tx) error {
				p, err := tx.Profile(a.Account)
				for _, c := range p.Consents {
					if c.Purpose == ConsentCheckPage && c.Active(tx.Now()) {
						open++
					} else {
						ended++
					}
				}
				return err
			}))
			return open, ended
		}
		h.must(release(a, "name", "stunden"))
		if p := h.certificate(c.ID).Public(); p.Name != "Ada Beispiel" || p.Minutes != 60 || p.Role != "" || p.Tasks != "" {
			t.Errorf("released name and hours: %+v", p)
		}
		if open, _ := consents(); open != 1 {
			t.Errorf("%d consents", open)
		}
		h.update(func(tx *store.Tx) error { return Withdraw(tx, a, ConsentCheckPage) })
		if p := h.certificate(c.ID).Public(); p.Name != "" || p.Minutes != 0 {
			t.Errorf("taken back: %+v", p)
		}
		if open, ended := consents(); open != 0 || ended != 1 {
			t.Errorf("%d consents, %d ended", open, ended)
		}
	})
}

// R-07, DEL-04
func TestADeletedCertificateLeavesItsPlaceInTheStatusListOnly(t *testing.T) {
	eachHouse(t, func(h *house) {
		a, m := h.helper(60)
		var list []Certificate
		for range 3 {
			c, err := h.wants(a, m.ID, h.wish())
			h.must(err)
			list = append(list, c)
		}
		for i := range 2 {
			c, err := h.issues(h.manager, list[i])
			h.must(err)
			list[i] = c
		}
		h.update(func(tx *store.Tx) error { return RevokeCertificate(tx, h.manager, list[1].ID, "Ein Irrtum.") })
		if err := h.s.Update(ctx, func(tx *store.Tx) error { return RemoveCertificate(tx, h.manager, list[0].ID) }); !errors.Is(err, ErrForbidden) {
			t.Errorf("deleted by the organization: %v", err)
		}
		h.update(func(tx *store.Tx) error { return RemoveCertificate(tx, a, list[0].ID) })
		h.update(func(tx *store.Tx) error {
			done, err := EraseAccount(tx, a.Account)
			if done.Certificates != 2 {
				t.Errorf("erased %+v", done)
			}
			return err
		})
		h.must(h.s.View(ctx, func(tx *store.Tx) error {
			for i, c := range list[:2] {
				if _, err := tx.CertificateByCode(c.Code); !errors.Is(err, ErrNotFound) {
					t.Errorf("its code still finds it: %v", err)
				}
				got, err := tx.Certificate(c.ID)
				got.Version = 0
				want := Certificate{ID: c.ID, State: map[int]CertificateState{0: CertificateIssued, 1: CertificateRevoked}[i], Status: i + 1}
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("left %+v, %v", got, err)
				}
			}
			if _, err := tx.Certificate(list[2].ID); !errors.Is(err, ErrNotFound) {
				t.Errorf("what was not issued: %v", err)
			}
			if n, err := tx.NextStatus(); err != nil || n != 3 {
				t.Errorf("the next number is %d, %v", n, err)
			}
			if all, err := tx.CertificatesFor(h.org.ID, 10); err != nil || len(all) != 0 {
				t.Errorf("the organization still sees %+v, %v", all, err)
			}
			revoked, err := tx.RevokedStatuses(1, 10)
			if !slices.Equal(revoked, []int{2}) {
				t.Errorf("revoked %v", revoked)
			}
			return err
		}))
	})
}

func TestAnOrganizationThanks(t *testing.T) {
	eachHouse(t, func(h *house) {
		a, m := h.helper(60)
		thanks := func(by Actor, text string) (c Certificate, err error) {
			err = h.s.Update(ctx, func(tx *store.Tx) (err error) {
				c, err = Thank(tx, by, m.ID, text)
				return err
			})
			return c, err
		}
		released := func(card Card) {
			h.update(func(tx *store.Tx) error {
				m, err := tx.MatchRequest(m.ID)
				if err != nil {
					return err
				}
				m.Card = card
				return tx.PutMatchRequest(&m)
			})
		}
		released(nil)
		if _, err := thanks(h.manager, "Danke!"); !errors.Is(err, ErrConflict) {
			t.Errorf("somebody whose name nobody knows: %v", err)
		}
		released(Card{"name": "Ada Beispiel"})
		if _, err := thanks(a, "Danke mir!"); err == nil {
			t.Error("the person thanks themselves")
		}
		if _, err := thanks(h.manager, " "); !errors.As(err, new(*Invalid)) {
			t.Errorf("without words: %v", err)
		}
		mod := h.moderator()
		for _, suspended := range []bool{true, false} {
			h.update(func(tx *store.Tx) error { return SuspendOrganization(tx, mod, h.org.ID, suspended, "irrefuehrend") })
			if suspended {
				if _, err := thanks(h.manager, "Danke!"); !errors.Is(err, ErrConflict) {
					t.Errorf("an organization that is suspended thanks: %v", err)
				}
			}
		}
		h.mails()
		c, err := thanks(h.manager, "Danke für ein Jahr Vorlesen!")
		h.must(err)
		h.want("the person hears of it", strings.Join(h.mails(), " "), MailCertificateNews)
		if c.State != CertificateIssued || c.Name != "Ada Beispiel" || c.Account != a.Account || c.Status == 0 || len(c.Code) != 16 {
			t.Errorf("got %+v", c)
		}
		if p := c.Public(); p.Name+p.Tasks+p.Role != "" {
			t.Errorf("it shows %+v before the person wants it", p)
		}
	})
}
