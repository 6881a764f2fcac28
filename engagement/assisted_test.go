package engagement_test

import (
	"errors"
	"slices"
	"testing"

	. "seestern/engagement"
	"seestern/store"
)

// adviser is somebody of the volunteer center.
func (h *house) adviser() Actor {
	h.t.Helper()
	who := h.person()
	h.update(func(tx *store.Tx) error {
		a, err := tx.Account(who.Account)
		if err != nil {
			return err
		}
		a.Roles = []Role{Adviser}
		return tx.PutAccount(&a)
	})
	who.Roles = []Role{Adviser}
	return who
}

// signed is what an adviser writes down from a paper of today.
func (h *house) signed(change func(*Assisting)) Assisting {
	w := Assisting{Name: "Karl", Phone: "030 1234", AgeBand: "60-plus", Lang: "de", Paper: Paper{Signed: DateOf(h.clock.Now()), Form: "B-17"}}
	if change != nil {
		change(&w)
	}
	return w
}

// assists opens an assisted account, and returns who acts for the person.
func (h *house) assists(by Actor, change func(*Assisting)) (a Account, as Actor) {
	h.t.Helper()
	h.update(func(tx *store.Tx) (err error) {
		a, err = OpenAssisted(tx, by, h.signed(change))
		return err
	})
	as, err := by.HelpFor(a)
	h.must(err)
	return a, as
}

func (h *house) tryUpdate(f func(tx *store.Tx) error) error { return h.s.Update(ctx, f) }

// cases are the open cases of the volunteer center.
func (h *house) cases() (list []AdviceRequest) {
	h.t.Helper()
	h.update(func(tx *store.Tx) (err error) {
		list, err = tx.AdviceToDo(100)
		return err
	})
	return list
}

// acts are what is written down about a person, oldest first.
func (h *house) acts(about ID) (acts []string) {
	h.t.Helper()
	h.update(func(tx *store.Tx) error {
		entries, err := tx.AuditAbout(about, 100)
		acts = nil
		for _, e := range slices.Backward(entries) {
			acts = append(acts, string(e.Role)+" "+e.Action)
		}
		return err
	})
	return acts
}

func onTheSpot(w *Wish) { w.Via, w.AgeBand = "beratung", "" }

func TestAnAssistedAccountNeedsAPaper(t *testing.T) {
	eachHouse(t, func(h *house) {
		adviser, today := h.adviser(), DateOf(h.clock.Now())
		for _, wrong := range []struct {
			says, field string
			change      func(*Assisting)
		}{
			{"nobody is named", "name", func(w *Assisting) { w.Name = " " }},
			{"a child", "age", func(w *Assisting) { w.AgeBand = "14-15" }},
			{"no age", "age", func(w *Assisting) { w.AgeBand = "" }},
			{"no number", "form", func(w *Assisting) { w.Paper.Form = "" }},
			{"no day", "signed", func(w *Assisting) { w.Paper.Signed = "" }},
			{"signed tomorrow", "signed", func(w *Assisting) { w.Paper.Signed = today.Add(1) }},
			{"signed long ago", "signed", func(w *Assisting) { w.Paper.Signed = today.Add(-400) }},
			{"a purpose that no paper has", "purposes", func(w *Assisting) { w.Paper.Purposes = []Code{ByAdministration} }},
			{"who is under 18 is not invited", "purposes", func(w *Assisting) { w.AgeBand, w.Paper.Purposes = "16-17", []Code{ByVolunteerCenter} }},
		} {
			err := h.tryUpdate(func(tx *store.Tx) error { _, err := OpenAssisted(tx, adviser, h.signed(wrong.change)); return err })
			var bad *Invalid
			if !errors.As(err, &bad) || bad.Field != wrong.field {
				t.Errorf("%s: got %v, want something wrong with %s", wrong.says, err, wrong.field)
			}
		}
		for _, who := range []Actor{{}, h.person(), h.manager} {
			if err := h.tryUpdate(func(tx *store.Tx) error { _, err := OpenAssisted(tx, who, h.signed(nil)); return err }); !errors.Is(err, ErrNotFound) {
				t.Errorf("%+v: got %v, want ErrNotFound", who, err)
			}
		}
		a, _ := h.assists(adviser, func(w *Assisting) { w.Paper.Purposes = []Code{ConsentSensitive, ByVolunteerCenter} })
		h.update(func(tx *store.Tx) error {
			p, err := tx.Profile(a.ID)
			for _, purpose := range []Code{ConsentAssisted, ConsentSensitive, ByVolunteerCenter} {
				c, holds := p.Consent(purpose, tx.Now())
				if !holds || c.Paper != "B-17" || c.TakenBy != adviser.Account || !c.Given.Equal(today.Time()) {
					t.Errorf("%s: got %+v, %v", purpose, c, holds)
				}
			}
			if !p.Sensitive || !p.Reachable(ByVolunteerCenter, tx.Now()) {
				t.Errorf("what is ticked does not hold: %+v", p)
			}
			return err
		})
		h.must(h.tryUpdate(func(tx *store.Tx) error { return WithdrawPaper(tx, adviser, a.ID, ConsentSensitive) }))
		h.must(h.tryUpdate(func(tx *store.Tx) error { return WithdrawPaper(tx, adviser, a.ID, ByVolunteerCenter) }))
		h.update(func(tx *store.Tx) error {
			p, err := tx.Profile(a.ID)
			if p.Sensitive || p.Reachable(ByVolunteerCenter, tx.Now()) {
				t.Errorf("what was taken back holds: %+v", p)
			}
			return err
		})
		h.must(h.tryUpdate(func(tx *store.Tx) error {
			return RecordPaper(tx, adviser, a.ID, Paper{Signed: today, Form: "B-18", Purposes: []Code{ByVolunteerCenter}})
		}))
		h.update(func(tx *store.Tx) error {
			p, err := tx.Profile(a.ID)
			if c, _ := p.Consent(ByVolunteerCenter, tx.Now()); c.Paper != "B-18" {
				t.Errorf("the second paper: got %+v", c)
			}
			return err
		})
		if list, err := h.assistedAccounts(); err != nil || len(list) != 1 || list[0].ID != a.ID {
			t.Errorf("got %+v, %v", list, err)
		}
	})
}

func (h *house) assistedAccounts() (list []Account, err error) {
	err = h.s.View(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.AssistedAccounts("", 10)
		return err
	})
	return list, err
}

func TestActingForSomebody(t *testing.T) {
	eachHouse(t, func(h *house) {
		adviser := h.adviser()
		a, as := h.assists(adviser, nil)
		h.must(h.tryUpdate(func(tx *store.Tx) error { _, _, err := StartHelping(tx, adviser, a.ID); return err }))
		var bad *Invalid
		if _, err := h.tries(as, func(w *Wish) { w.AgeBand = "ab-18" }); !errors.As(err, &bad) || bad.Field != "via" {
			t.Errorf("without saying how the person agreed: got %v", err)
		}
		m := h.asks(as, onTheSpot)
		if m.Account != a.ID || m.Via != "beratung" || m.AgeBand != "ab-18" || m.State != Interested || m.Contact.Name != "Karl" {
			t.Errorf("got %+v", m)
		}
		h.must(h.answers(m, EventAsk))
		h.releases(as, m)
		h.withdraws(as, m)
		h.must(h.tryUpdate(func(tx *store.Tx) error {
			p, err := tx.Profile(a.ID)
			if err != nil {
				return err
			}
			p.Topics = []Code{"lesepate"}
			return SaveProfile(tx, as, &p)
		}))
		h.must(h.tryUpdate(func(tx *store.Tx) error { return StopHelping(tx, as) }))
		got := h.acts(a.ID)
		want := []string{
			"adviser assistance.open", "helper-for helper.start", "helper-for helper.request", "member request.ask", "helper-for helper.release", "helper-for helper.no",
			"helper-for helper.profile", "helper-for helper.stop",
		}
		if !slices.Equal(got, want) {
			t.Errorf("written down:\n%q, want\n%q", got, want)
		}
		h.update(func(tx *store.Tx) error {
			entries, err := tx.AuditOf(m.ID)
			if len(entries) == 0 || entries[0].Account != adviser.Account || entries[0].Person != a.ID {
				t.Errorf("who did it: %+v", entries)
			}
			return err
		})

		other := h.asks(h.person(), nil)
		for _, no := range []struct {
			says string
			do   func(tx *store.Tx) error
			want error
		}{
			{"delete the account", func(tx *store.Tx) error { _, err := AskDeletion(tx, as, a.ID); return err }, ErrNotFound},
			{"let others invite the person", func(tx *store.Tx) error { return AllowReach(tx, as, ByVolunteerCenter, true) }, ErrForbidden},
			{"found an organization", func(tx *store.Tx) error { _, err := RegisterOrganization(tx, as, Organization{}); return err }, ErrNotFound},
			{"act for one more", func(tx *store.Tx) error { _, _, err := StartHelping(tx, as, a.ID); return err }, ErrNotFound},
			{"open accounts", func(tx *store.Tx) error { _, err := OpenAssisted(tx, as, h.signed(nil)); return err }, ErrNotFound},
			{"take back what others asked", func(tx *store.Tx) error { _, err := WithdrawRequest(tx, as, other.ID, ""); return err }, ErrNotFound},
			{"report", func(tx *store.Tx) error {
				if !Can(as, Create, Thing{Noun: AReport}) {
					return ErrNotFound
				}
				return nil
			}, ErrNotFound},
		} {
			if err := h.tryUpdate(no.do); !errors.Is(err, no.want) {
				t.Errorf("who acts for another person may %s: got %v, want %v", no.says, err, no.want)
			}
		}
		err := h.tryUpdate(func(tx *store.Tx) error {
			p, err := tx.Profile(a.ID)
			if err != nil {
				return err
			}
			p.Sensitive = true
			return SaveProfile(tx, as, &p)
		})
		if !errors.As(err, &bad) || bad.Field != "sensitive" {
			t.Errorf("agreeing for the person: got %v", err)
		}
		for _, who := range []Actor{h.person(), h.manager, as} {
			if _, err := who.HelpFor(a); !errors.Is(err, ErrForbidden) {
				t.Errorf("%+v: got %v, want ErrForbidden", who, err)
			}
		}
		own, _ := h.account(h.person())
		if _, err := adviser.HelpFor(own); !errors.Is(err, ErrForbidden) {
			t.Errorf("for somebody with an account of their own: got %v, want ErrForbidden", err)
		}
	})
}

func TestNobodyTooYoungIsPlaced(t *testing.T) {
	eachHouse(t, func(h *house) {
		adviser := h.adviser()
		a, as := h.assists(adviser, func(w *Assisting) { w.AgeBand = "16-17" })
		sent := h.asks(as, func(w *Wish) { w.Via, w.AgeBand = "telefon", "ab-18" })
		h.want("the age is the one on paper", string(sent.AgeBand), "16-17")
		h.withdraws(as, sent)
		refused := func(says, key string) {
			t.Helper()
			var bad *Invalid
			if _, err := h.tries(as, onTheSpot); !errors.As(err, &bad) || bad.Key != key {
				t.Errorf("%s: got %v, want %s", says, err, key)
			}
		}
		local := h.o
		h.update(func(tx *store.Tx) (err error) {
			h.o, err = h.publish(tx, func(o *Opportunity) { o.Title, o.MinAge, o.MinorPolicy = "Nur für Erwachsene", 18, "keine" })
			return err
		})
		refused("for adults only", "error.age.young")
		h.update(func(tx *store.Tx) error {
			org := Organization{ID: tx.NewID(), Name: "Nachbarn", Origin: "pankow.example", IRI: "https://pankow.example/o", State: OrganizationActive}
			if err := tx.PutOrganization(&org); err != nil {
				return err
			}
			away := local
			away.ID, away.Organization, away.Origin, away.IRI, away.Version = tx.NewID(), org.ID, "pankow.example", "https://pankow.example/p", 0
			if code, err := tx.NewCode(); err != nil {
				return err
			} else {
				away.Code = code
			}
			h.o = away
			return tx.PutOpportunity(&away)
		})
		refused("another instance", "error.assisted.minor")
		h.o = local
		for age, key := range map[Code]string{"14-15": "error.age.under16", "": "error.assisted.age.unknown"} {
			h.update(func(tx *store.Tx) error {
				p, err := tx.Profile(a.ID)
				p.AgeBand = age
				return errors.Join(err, tx.PutProfile(&p))
			})
			refused("age "+string(age), key)
		}
	})
}

func TestWhoHasAnAddressSaysYesThemselves(t *testing.T) {
	eachHouse(t, func(h *house) {
		wish := Wish{Contact: Contact{Name: "Karla", Email: "karla@mail.example"}, AgeBand: "ab-18", Via: "telefon", Lang: "de"}
		places := func(by Actor, change func(*Wish)) (m MatchRequest, err error) {
			w := wish
			change(&w)
			err = h.tryUpdate(func(tx *store.Tx) error { m, err = RequestFor(tx, by, h.o.ID, w); return err })
			return m, err
		}
		adviser := h.adviser()
		for says, wrong := range map[string]func(*Wish){
			"who does not say how they were advised": func(w *Wish) { w.Via = "" },
			"a child":                                func(w *Wish) { w.AgeBand = "unter-16" },
			"nobody to write to":                     func(w *Wish) { w.Contact.Email = "" },
		} {
			var bad *Invalid
			if _, err := places(adviser, wrong); !errors.As(err, &bad) {
				t.Errorf("%s: got %v", says, err)
			}
		}
		if _, err := places(h.manager, func(*Wish) {}); !errors.Is(err, ErrNotFound) {
			t.Errorf("who is no adviser: got %v, want ErrNotFound", err)
		}
		m, err := places(adviser, func(*Wish) {})
		h.must(err)
		if m.State != Unconfirmed || m.Account != "" {
			t.Errorf("before the person says yes: %+v", m)
		}
		token := h.linkToken(MailConfirm)
		h.must(h.tryUpdate(func(tx *store.Tx) error { _, err := ConfirmRequest(tx, token); return err }))
		if m = h.request(m); m.State != Interested || m.Via != "telefon" || !m.Placed() {
			t.Errorf("after it: %+v", m)
		}
	})
}

func TestWhatSomebodyWithoutAnAddressMustLearnIsACase(t *testing.T) {
	eachHouse(t, func(h *house) {
		a, as := h.assists(h.adviser(), nil)
		m := h.asks(as, onTheSpot)
		adviser := h.adviser()
		h.must(h.tryUpdate(func(tx *store.Tx) error { return ChangeAssisted(tx, adviser, a.ID, "Karl K.", "030 1234") }))
		h.want("the name in the request", h.request(m).Contact.Name, "Karl K.")
		h.mails()
		h.must(h.answers(m, EventAsk))
		cases := h.cases()
		if len(cases) != 1 || cases[0].Kind != "nachricht" || cases[0].Request != m.ID || cases[0].Account != a.ID || cases[0].Phone != "030 1234" || cases[0].News != MailRequestNews {
			t.Fatalf("got %+v", cases)
		}
		if got := h.mails(); !slices.Equal(got, []string{MailNewCase}) {
			t.Errorf("got the mails %v", got)
		}
		h.must(h.answers(h.request(m), EventDecline))
		if again := h.cases(); len(again) != 1 || again[0].ID != cases[0].ID {
			t.Errorf("a second case about the same: %+v", again)
		}
	})
}

func TestWhoHasNoAddressHearsOfTheirShifts(t *testing.T) {
	eachHouse(t, func(h *house) {
		_, as := h.assists(h.adviser(), nil)
		m := h.asks(as, onTheSpot)
		h.must(h.answers(m, EventAsk))
		h.releases(as, m)
		h.must(h.answers(m, EventAgree))
		adviser := h.adviser()
		known := h.cases()[0].ID
		h.update(func(tx *store.Tx) error { return CloseAdvice(tx, adviser, known, "") })
		s := h.plans()
		h.takes(as, m, s)
		h.passes(2*day + day/2)
		if got := h.cases(); len(got) != 0 {
			t.Errorf("of what they know: %+v", got)
		}
		h.update(func(tx *store.Tx) error {
			_, err := CancelShift(tx, h.manager, s.ID, false)
			return err
		})
		if got := h.cases(); len(got) != 1 || got[0].Kind != "nachricht" || got[0].Request != m.ID || got[0].News != MailShiftCanceled {
			t.Errorf("got %+v", got)
		}
	})
}

func TestAnAssistedAccountIsTakenOver(t *testing.T) {
	eachHouse(t, func(h *house) {
		adviser := h.adviser()
		a, as := h.assists(adviser, nil)
		m := h.asks(as, onTheSpot)
		offer := func(email string) (token string, err error) {
			h.mails()
			if err := h.tryUpdate(func(tx *store.Tx) error { return OfferTakeOver(tx, adviser, a.ID, email) }); err != nil {
				return "", err
			}
			return h.linkToken(MailTakeOver), nil
		}
		takes := func(token string) error {
			return h.tryUpdate(func(tx *store.Tx) error { _, err := TakeOver(tx, token, "hash"); return err })
		}
		var bad *Invalid
		for _, wrong := range []string{"karl", "manager@verein.example"} {
			if _, err := offer(wrong); !errors.As(err, &bad) || bad.Field != "email" {
				t.Errorf("%s: got %v", wrong, err)
			}
		}
		mistyped, err := offer("carl@mail.example")
		h.must(err)
		right, err := offer("Karl@mail.example")
		h.must(err)
		if err := takes(mistyped); !errors.Is(err, ErrNotFound) {
			t.Errorf("with the link to the first address: got %v, want ErrNotFound", err)
		}
		h.update(func(tx *store.Tx) error {
			return tx.PutSession(Session{Hash: "session", Account: adviser.Account, Helps: a.ID, Created: tx.Now(), LastUsed: tx.Now(), Staff: true})
		})
		h.must(takes(right))
		if got := h.request(m).Contact; got.Email != "karl@mail.example" {
			t.Errorf("what is open: %+v", got)
		}
		now, _ := h.account(Actor{Account: a.ID})
		if now.Assisted || now.Email != "karl@mail.example" || now.Password != "hash" || now.EmailConfirmed.IsZero() {
			t.Errorf("got %+v", now)
		}
		if _, err := adviser.HelpFor(now); !errors.Is(err, ErrForbidden) {
			t.Errorf("the adviser still acts for the person: %v", err)
		}
		for says, do := range map[string]func(tx *store.Tx) error{
			"reads it":      func(tx *store.Tx) error { _, err := ReadAssisted(tx, adviser, a.ID); return err },
			"ends it":       func(tx *store.Tx) error { return EndAssisted(tx, adviser, a.ID) },
			"has a session": func(tx *store.Tx) error { _, err := tx.Session("session"); return err },
		} {
			if err := h.tryUpdate(do); !errors.Is(err, ErrNotFound) {
				t.Errorf("the adviser still %s: %v", says, err)
			}
		}
		if err := takes(right); !errors.Is(err, ErrNotFound) {
			t.Errorf("twice: got %v, want ErrNotFound", err)
		}
		h.mails()
		h.must(h.answers(m, EventAsk))
		if got := h.mails(); !slices.Equal(got, []string{MailRequestNews}) || len(h.cases()) != 0 {
			t.Errorf("an answer: got the mails %v and the cases %v", got, h.cases())
		}
		h.update(func(tx *store.Tx) error {
			p, err := tx.Profile(a.ID)
			if _, holds := p.Consent(ConsentAssisted, tx.Now()); holds {
				t.Error("the paper still holds")
			}
			return err
		})
	})
}

func TestAnAssistedAccountEnds(t *testing.T) {
	eachHouse(t, func(h *house) {
		adviser := h.adviser()
		a, as := h.assists(adviser, nil)
		m := h.asks(as, onTheSpot)
		ends := func() error { return h.tryUpdate(func(tx *store.Tx) error { return EndAssisted(tx, adviser, a.ID) }) }
		h.must(ends())
		if err := ends(); !errors.Is(err, ErrConflict) {
			t.Errorf("twice: got %v, want ErrConflict", err)
		}
		now, _ := h.account(Actor{Account: a.ID})
		if _, err := adviser.HelpFor(now); !errors.Is(err, ErrForbidden) {
			t.Errorf("somebody still acts for the person: %v", err)
		}
		h.must(h.tryUpdate(func(tx *store.Tx) error { return KeepAssisted(tx, adviser, a.ID) }))
		h.passes(20 * day)
		if _, there := h.account(Actor{Account: a.ID}); !there {
			t.Fatal("a kept account was erased")
		}
		h.must(ends())
		h.passes(DeletionGrace + day)
		if _, there := h.account(Actor{Account: a.ID}); there {
			t.Error("it is still there")
		}
		if got := h.request(m); !got.State.Final() || got.Contact.Name != "" {
			t.Errorf("the request: %+v", got)
		}

		unused, _ := h.assists(adviser, nil)
		h.lives(adviser, 345*day)
		if cases := h.cases(); len(cases) != 1 || cases[0].Account != unused.ID || cases[0].News != MailAccountUnused {
			t.Errorf("of an account that nobody uses: %+v", cases)
		}
		h.lives(adviser, 31*day)
		if _, there := h.account(Actor{Account: unused.ID}); there {
			t.Error("an unused account is still there")
		}
	})
}

func TestACaseEndsWithTheAnswer(t *testing.T) {
	eachHouse(t, func(h *house) {
		answered, withdrawn, open := h.asks(h.person(), nil), h.person(), h.asks(h.person(), nil)
		m := h.asks(withdrawn, nil)
		h.days(10)
		if got := len(h.cases()); got != 3 {
			t.Fatalf("%d cases", got)
		}
		h.must(h.answers(answered, EventAsk))
		h.withdraws(withdrawn, m)
		if left := h.cases(); len(left) != 1 || left[0].Request != open.ID {
			t.Errorf("left: %+v", left)
		}
		h.update(func(tx *store.Tx) error {
			done, err := tx.AdviceDone(10)
			for _, c := range done {
				if want := map[ID]Code{answered.ID: "beantwortet", m.ID: "beendet"}[c.Request]; c.Closed != want || c.Ended.IsZero() {
					t.Errorf("got %+v, want %s", c, want)
				}
			}
			if len(done) != 2 {
				t.Errorf("%d have ended", len(done))
			}
			return err
		})
	})
}
