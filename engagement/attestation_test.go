package engagement_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/store"
)

func TestWhoVouchesForAnOrganization(t *testing.T) {
	eachHouse(t, func(h *house) {
		var office, club Organization
		h.update(func(tx *store.Tx) (err error) {
			for _, o := range []struct {
				kind Code
				to   *Organization
			}{{"office", &office}, {"association", &club}} {
				*o.to, err = RegisterOrganization(tx, System, Organization{
					Kind: o.kind, LegalForm: "oeffentliche-stelle", Name: "Stelle " + string(o.kind), Areas: []Code{"lokales"}, Place: Place{Locality: "Berlin"}, ContactRole: "Amt", ContactMail: "amt@amt.example",
				})
				if err == nil {
					err = ApproveOrganization(tx, System, o.to.ID, "")
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		officer := Actor{Account: "officer", Roles: []Role{Officer}, Members: map[ID]Role{office.ID: Member, club.ID: Member}}
		adviser := Actor{Account: "adviser", Roles: []Role{Adviser}}
		today := DateOf(h.clock.Now())
		right := Statement{Level: "register-geprueft", Basis: "Vereinsregister eingesehen", Until: today.Add(365), By: office.ID}
		say := func(by Actor, about ID, change func(*Statement)) (a Attestation, err error) {
			s := right
			if change != nil {
				change(&s)
			}
			return a, h.s.Update(ctx, func(tx *store.Tx) error { a, err = Attest(tx, by, about, s); return err })
		}
		t.Run("not everybody", func(t *testing.T) {
			for name, by := range map[string]Actor{
				"a manager of it": h.manager, "an officer of its team": {Account: "x", Roles: []Role{Officer}, Members: map[ID]Role{h.org.ID: Member}}, "an admin": {Account: "a", Roles: []Role{Admin}},
			} {
				if _, err := say(by, h.org.ID, nil); !errors.Is(err, ErrForbidden) {
					t.Errorf("%s: %v", name, err)
				}
			}
			if _, err := say(officer, office.ID, nil); !errors.Is(err, ErrForbidden) {
				t.Errorf("an office for itself: %v", err)
			}
		})
		t.Run("and not everything", func(t *testing.T) {
			for want, change := range map[string]func(*Statement){
				"level error.choice.unknown":      func(s *Statement) { s.Level = "bekannt" },
				"basis error.text.empty":          func(s *Statement) { s.Basis = " " },
				"basis error.text.long":           func(s *Statement) { s.Basis = strings.Repeat("ä", 301) },
				"until error.date.past":           func(s *Statement) { s.Until = today },
				"until error.date.unknown":        func(s *Statement) { s.Until = "2026-02-30" },
				"until error.attestation.long":    func(s *Statement) { s.Until = DateOf(h.clock.Now().AddDate(0, 24, 2)) },
				"by error.choice.empty":           func(s *Statement) { s.By = "" },
				"by error.attestation.by":         func(s *Statement) { s.By = club.ID },
				"by error.attestation.by (other)": func(s *Statement) { s.By = h.org.ID },
			} {
				_, err := say(officer, h.org.ID, change)
				var bad Invalids
				if !errors.As(err, &bad) || len(bad) != 1 || !strings.HasPrefix(want, bad[0].Field+" "+bad[0].Key) {
					t.Errorf("got %v, want %s", err, want)
				}
			}
			if _, err := say(adviser, h.org.ID, nil); err == nil {
				t.Error("an adviser speaks for an office elsewhere")
			}
		})
		t.Run("about persons only when they agree", func(t *testing.T) {
			h.update(func(tx *store.Tx) error {
				o, err := tx.Organization(club.ID)
				o.LegalForm = "privatinitiative"
				return errors.Join(err, tx.PutOrganization(&o))
			})
			byInstance := func(s *Statement) { s.By = "" }
			if _, err := say(adviser, club.ID, byInstance); err == nil {
				t.Error("without consent")
			}
			a, err := say(adviser, club.ID, func(s *Statement) { s.By, s.Consent = "", true })
			if err != nil {
				t.Errorf("with consent: %v", err)
			}
			if last := right.Until.Time(); !a.InForce(last.Add(23*time.Hour)) || a.InForce(last.Add(25*time.Hour)) || DateOf(a.Until) != right.Until {
				t.Errorf("it holds until %s, want until the end of %s", a.Until, right.Until)
			}
		})
		list := func() (inForce []string) {
			h.update(func(tx *store.Tx) error {
				inForce = nil
				all, err := tx.Attestations(h.org.ID)
				for _, a := range all {
					if a.Counts(Partner{}, tx.Now()) {
						inForce = append(inForce, a.By+": "+a.Basis)
					}
				}
				return err
			})
			return inForce
		}
		first, err := say(officer, h.org.ID, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Run("once for every office", func(t *testing.T) {
			if _, err := say(adviser, h.org.ID, func(s *Statement) { s.By = "" }); err != nil {
				t.Fatal(err)
			}
			h.clock.Forward(time.Minute)
			if _, err := say(officer, h.org.ID, func(s *Statement) { s.Basis = "Noch einmal eingesehen" }); err != nil {
				t.Fatal(err)
			}
			if got, want := list(), []string{": Vereinsregister eingesehen", "Stelle office: Noch einmal eingesehen"}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
		t.Run("until it is taken back", func(t *testing.T) {
			revoke := func(id ID) error {
				return h.s.Update(ctx, func(tx *store.Tx) error { return RevokeAttestation(tx, Actor{Account: "a", Roles: []Role{Admin}}, id) })
			}
			if err := revoke(first.ID); !errors.Is(err, ErrConflict) {
				t.Errorf("a replaced one: %v", err)
			}
			last, err := say(officer, h.org.ID, nil)
			if err := errors.Join(err, revoke(last.ID)); err != nil {
				t.Fatal(err)
			}
			if got := list(); len(got) != 1 {
				t.Errorf("got %q", got)
			}
		})
		t.Run("or ends, of which people are reminded a month before", func(t *testing.T) {
			ends := map[string]int{}
			for _, line := range h.days(340) {
				if n := 0; strings.HasSuffix(line, "attestation-ends") {
					_, _ = fmt.Sscan(line, &n)
					ends[line] = n
				}
			}
			if want := map[string]int{"336 attestation-ends": 336}; !maps.Equal(ends, want) {
				t.Errorf("reminded on %v", ends)
			}
			h.clock.Forward(30 * day)
			if got := list(); len(got) != 0 {
				t.Errorf("got %q", got)
			}
		})
	})
}

func TestWhatAPartnerSaysCountsAsFarAsItIsAccepted(t *testing.T) {
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	right := Attestation{Level: "register-geprueft", Issuer: "b.test", IRI: "https://b.test/1", Until: now.Add(day), Read: now.Add(-13 * day)}
	partner := Partner{Host: "b.test", State: PartnerActive, Level: "geprueft", Attests: []Code{"register-geprueft"}}
	if !right.Counts(partner, now) {
		t.Fatal("what is right does not count")
	}
	gold := right
	gold.Level = "gold"
	if !gold.Shows(partner, now) || gold.Counts(partner, now) {
		t.Error("a level that nobody here knows is shown, and has no weight")
	}
	nothing := partner
	nothing.Attests = nil
	if gold.Shows(nothing, now) {
		t.Error("of a partner of whom nothing is accepted it is not shown")
	}
	for name, change := range map[string]func(*Attestation, *Partner){
		"ended":               func(a *Attestation, _ *Partner) { a.Until = now },
		"not read for long":   func(a *Attestation, _ *Partner) { a.Read = now.Add(-14 * day) },
		"another level":       func(a *Attestation, _ *Partner) { a.Level = "vereinbarung-72a" },
		"an unknown level":    func(a *Attestation, p *Partner) { a.Level, p.Attests = "gold", []Code{"gold"} },
		"of somebody else":    func(a *Attestation, _ *Partner) { a.Issuer = "c.test" },
		"of no partner":       func(_ *Attestation, p *Partner) { *p = Partner{} },
		"of a paused one":     func(_ *Attestation, p *Partner) { p.State = PartnerPaused },
		"of a blocked one":    func(_ *Attestation, p *Partner) { p.Level = "gesperrt" },
		"of a suspicious one": func(_ *Attestation, p *Partner) { p.Suspects = []string{"https://b.test/ap/actor"} },
	} {
		a, p := right, partner
		change(&a, &p)
		if a.Counts(p, now) {
			t.Errorf("%s: it counts", name)
		}
	}
}
