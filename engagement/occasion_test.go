package engagement_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	. "seestern/engagement"
	"seestern/store"
)

// occasion is one of the day after tomorrow that lasts two hours, as a form has it.
func (h *house) occasion(change ...func(*Occasion)) Occasion {
	starts := h.clock.Now().Add(2 * day)
	o := Occasion{Organization: h.org.ID, Kind: "treffen", Title: "Vorlesetreff", SignUp: "hier", Starts: starts, Ends: starts.Add(2 * time.Hour), Place: here()}
	for _, f := range change {
		f(&o)
	}
	return o
}

func (h *house) addOccasion(by Actor, o Occasion) (made Occasion, err error) {
	err = h.s.Update(ctx, func(tx *store.Tx) error {
		made, err = AddOccasion(tx, by, o)
		return err
	})
	return made, err
}

func (h *house) hosts(change ...func(*Occasion)) Occasion {
	h.t.Helper()
	o, err := h.addOccasion(h.manager, h.occasion(change...))
	h.must(err)
	return o
}

// wiresOf are the kinds of the wire events of a subject since the last call.
func (h *house) wiresOf(subject ID) (kinds []string) {
	h.t.Helper()
	events, err := h.s.LeaseEvents(ctx, Wire, "test", 100, time.Minute)
	h.must(err)
	h.update(func(tx *store.Tx) error {
		for _, e := range events {
			if e.Subject == subject {
				kinds = append(kinds, e.Kind)
			}
			if err := tx.EventDone(e); err != nil {
				return err
			}
		}
		return nil
	})
	return kinds
}

func (h *house) comes(by Actor, o Occasion, g Guest) (s SignUp, err error) {
	if g.People == 0 {
		g.People = 1
	}
	err = h.s.Update(ctx, func(tx *store.Tx) error {
		s, err = SignUpFor(tx, by, o.ID, g)
		return err
	})
	h.clock.Forward(time.Minute)
	return s, err
}

func (h *house) guest(by Actor, o Occasion, people int) SignUp {
	h.t.Helper()
	s, err := h.comes(by, o, Guest{People: people})
	h.must(err)
	return s
}

func (h *house) guestStates(list ...SignUp) string {
	h.t.Helper()
	var all []string
	for _, s := range list {
		h.must(h.s.View(ctx, func(tx *store.Tx) (err error) {
			s, err = tx.SignUp(s.ID)
			return err
		}))
		all = append(all, string(s.State))
	}
	return strings.Join(all, " ")
}

func TestWhatAnOccasionNeeds(t *testing.T) {
	eachHouse(t, func(h *house) {
		for name, c := range map[string]struct {
			change     func(*Occasion)
			field, key string
		}{
			"no title":                {func(o *Occasion) { o.Title = " a " }, "title", "error.text.short"},
			"a long title":            {func(o *Occasion) { o.Title = strings.Repeat("ä", OccasionTitleLimit+1) }, "title", "error.text.long"},
			"a long teaser":           {func(o *Occasion) { o.Teaser = strings.Repeat("ä", OccasionTeaserLimit+1) }, "teaser", "error.text.long"},
			"a long text":             {func(o *Occasion) { o.Text = strings.Repeat("ä", OccasionTextLimit+1) }, "text", "error.text.long"},
			"no kind":                 {func(o *Occasion) { o.Kind = "" }, "kind", "error.choice.empty"},
			"an unknown kind":         {func(o *Occasion) { o.Kind = "party" }, "kind", "error.choice.unknown"},
			"no word about sign-up":   {func(o *Occasion) { o.SignUp = "" }, "sign_up", "error.choice.empty"},
			"no beginning":            {func(o *Occasion) { o.Starts = time.Time{} }, "starts", "error.date.empty"},
			"no end":                  {func(o *Occasion) { o.Ends = time.Time{} }, "ends", "error.date.empty"},
			"a beginning in the past": {func(o *Occasion) { o.Starts = h.clock.Now().Add(-time.Second) }, "starts", "error.date.past"},
			"a beginning in three years": {func(o *Occasion) {
				o.Starts = h.clock.Now().AddDate(2, 0, 1)
				o.Ends = o.Starts.Add(time.Hour)
			}, "starts", "error.event.far"},
			"an end at the beginning": {func(o *Occasion) { o.Ends = o.Starts }, "ends", "error.event.order"},
			"more than 31 days":       {func(o *Occasion) { o.Ends = o.Starts.Add(OccasionLength + time.Second) }, "ends", "error.event.long"},
			"no place":                {func(o *Occasion) { o.Place = Place{} }, "place", "error.place.empty"},
			"a link without https":    {func(o *Occasion) { o.Link = "javascript:alert(1)" }, "link", "error.link.shape"},
			"a link with a password":  {func(o *Occasion) { o.Link = "https://a:b@meet.example/" }, "link", "error.link.shape"},
			"places below none":       {func(o *Occasion) { o.Capacity = -1 }, "capacity", "error.capacity.range"},
			"too many places":         {func(o *Occasion) { o.Capacity = OccasionPlaces + 1 }, "capacity", "error.capacity.range"},
		} {
			_, err := h.addOccasion(h.manager, h.occasion(c.change))
			h.refuses(name, err, c.field, c.key)
		}
		online := h.hosts(func(o *Occasion) { o.Online, o.Link = true, "https://meet.example/a" })
		if online.Place != (Place{}) || online.Zone != "Europe/Berlin" {
			h.t.Errorf("got %+v", online)
		}
		if _, err := h.addOccasion(h.person(), h.occasion()); !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrForbidden) {
			h.t.Errorf("a stranger: %v", err)
		}
		h.update(func(tx *store.Tx) error { return SuspendOrganization(tx, System, h.org.ID, true, "") })
		if _, err := h.addOccasion(h.manager, h.occasion()); !errors.Is(err, ErrForbidden) {
			h.t.Errorf("a suspended organization: %v", err)
		}
	})
}

func TestTheLifeOfAnOccasion(t *testing.T) {
	eachHouse(t, func(h *house) {
		o := h.hosts()
		person := h.person()
		h.guest(person, o, 1)
		h.mails()
		edit := func(change func(*Occasion)) error {
			return h.s.Update(ctx, func(tx *store.Tx) error {
				now, err := tx.Occasion(o.ID)
				if err != nil {
					return err
				}
				change(&now)
				o, err = EditOccasion(tx, h.manager, now)
				return err
			})
		}
		move := func(to OccasionState) error {
			return h.s.Update(ctx, func(tx *store.Tx) (err error) {
				o, err = MoveOccasion(tx, h.manager, o.ID, to)
				return err
			})
		}
		for _, step := range []struct {
			name  string
			do    func() error
			state OccasionState
			mails string
			err   error
		}{
			{"another text", func() error { return edit(func(o *Occasion) { o.Text = "Neu." }) }, OccasionScheduled, "", nil},
			{"what no form may change", func() error {
				return edit(func(o *Occasion) { o.Code, o.State, o.Origin = "x", OccasionHidden, "b.example" })
			}, OccasionScheduled, "", nil},
			{"another place", func() error { return edit(func(o *Occasion) { o.Place.Street = "Uferweg" }) }, OccasionScheduled, "event-changed", nil},
			{"online too", func() error {
				return edit(func(o *Occasion) { o.Online, o.Link = true, "https://meet.example/alt" })
			}, OccasionScheduled, "event-changed", nil},
			{"another address of the meeting", func() error { return edit(func(o *Occasion) { o.Link = "https://meet.example/neu" }) }, OccasionScheduled, "event-changed", nil},
			{"postponed", func() error { return move(OccasionPostponed) }, OccasionPostponed, "event-changed", nil},
			{"postponed again", func() error { return move(OccasionPostponed) }, OccasionPostponed, "", ErrConflict},
			{"another time", func() error { return edit(func(o *Occasion) { o.Starts, o.Ends = o.Starts.Add(day), o.Ends.Add(day) }) }, OccasionScheduled, "event-changed", nil},
			{"canceled", func() error { return move(OccasionCanceled) }, OccasionCanceled, "event-changed", nil},
			{"changed when canceled", func() error { return edit(func(o *Occasion) { o.Text = "Doch." }) }, OccasionCanceled, "", ErrConflict},
			{"after all", func() error { return move(OccasionScheduled) }, OccasionScheduled, "event-changed", nil},
		} {
			if err := step.do(); !errors.Is(err, step.err) {
				h.t.Errorf("%s: %v", step.name, err)
			}
			h.must(h.s.View(ctx, func(tx *store.Tx) (err error) { o, err = tx.Occasion(o.ID); return err }))
			if o.State != step.state || !o.Local() {
				h.t.Errorf("%s: is %s", step.name, o.State)
			}
			if got := strings.Join(h.mails(), " "); got != step.mails {
				h.t.Errorf("%s: mails %q, want %q", step.name, got, step.mails)
			}
		}
		if got := h.wiresOf(o.ID); got[0] != WireCreate || !slices.Contains(got, WireUpdate) || o.Updated.Before(o.Published.Add(time.Second)) {
			h.t.Errorf("wire: %v, updated %s, published %s", got, o.Updated, o.Published)
		}
		o.Version--
		if err := h.s.Update(ctx, func(tx *store.Tx) error { _, err := EditOccasion(tx, h.manager, o); return err }); !errors.Is(err, ErrStale) {
			h.t.Errorf("an old version: %v", err)
		}
		member := Actor{Account: "m", Members: map[ID]Role{h.org.ID: Member}}
		remove := func(by Actor) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { return RemoveOccasion(tx, by, o.ID) })
		}
		if err := remove(member); !errors.Is(err, ErrForbidden) {
			h.t.Errorf("a member removes it: %v", err)
		}
		h.must(remove(h.manager))
		h.must(h.s.View(ctx, func(tx *store.Tx) (err error) { o, err = tx.Occasion(o.ID); return err }))
		if o.Title+o.Text+o.Place.Street != "" || o.State != OccasionWithdrawn || !slices.Equal(h.wiresOf(o.ID), []string{WireDelete}) {
			h.t.Errorf("removed: %+v", o)
		}
		if got := strings.Join(h.mails(), " "); got != "event-changed" {
			h.t.Errorf("removed: mails %q", got)
		}
		if err := remove(h.manager); !errors.Is(err, ErrConflict) {
			h.t.Errorf("removed again: %v", err)
		}
		past := h.hosts()
		h.guest(person, past, 1)
		h.mails()
		h.clock.Forward(3 * day)
		o = past
		h.must(edit(func(o *Occasion) { o.Text = "Danke!" }))
		h.refuses("the past moved", edit(func(o *Occasion) { o.Starts = o.Starts.Add(time.Hour) }), "starts", "error.date.past")
		if err := move(OccasionCanceled); !errors.Is(err, ErrConflict) {
			h.t.Errorf("the past canceled: %v", err)
		}
		h.must(remove(h.manager))
		if got := h.mails(); len(got) > 0 {
			h.t.Errorf("the past removed: mails %v", got)
		}
		next, news := h.hosts(), Announcement{}
		h.update(func(tx *store.Tx) (err error) {
			news, err = Announce(tx, h.manager, h.org.ID, News{Text: "Unser Lesefest war ein Erfolg!"})
			return err
		})
		h.wiresOf(next.ID)
		h.update(func(tx *store.Tx) error { return DissolveOrganization(tx, h.manager, h.org.ID) })
		if got := h.wiresOf(next.ID); !slices.Equal(got, []string{WireDelete}) {
			h.t.Errorf("dissolved: %v", got)
		}
		h.update(func(tx *store.Tx) error {
			got, err := tx.Announcement(news.ID)
			if got.State != AnnouncementWithdrawn || got.Text != "" {
				h.t.Errorf("its news is %s: %q", got.State, got.Text)
			}
			return err
		})
	})
}

func TestPlacesOfAnOccasion(t *testing.T) {
	eachHouse(t, func(h *house) {
		o := h.hosts(func(o *Occasion) { o.Capacity = 3 })
		a, b, c := h.person(), h.person(), h.person()
		first, second, third := h.guest(a, o, 2), h.guest(b, o, 2), h.guest(c, o, 1)
		h.want("one that fits waits behind one that does not", h.guestStates(first, second, third), "accepted waiting waiting")
		if _, err := h.comes(a, o, Guest{}); !errors.Is(err, ErrConflict) {
			h.t.Errorf("twice: %v", err)
		}
		_, err := h.comes(h.person(), o, Guest{People: 4})
		h.refuses("more than there are places", err, "people", "error.people.range")
		h.mails()
		cancel := func(by Actor, s SignUp) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { _, err := CancelSignUp(tx, by, s.ID); return err })
		}
		if err := cancel(b, first); !errors.Is(err, ErrNotFound) {
			h.t.Errorf("somebody else cancels: %v", err)
		}
		h.must(cancel(a, first))
		h.want("places that became free", h.guestStates(first, second, third), "canceled accepted accepted")
		if got := strings.Join(h.mails(), " "); got != "sign-up-news sign-up-news" {
			h.t.Errorf("mails %q", got)
		}
		if err := cancel(a, first); !errors.Is(err, ErrConflict) {
			h.t.Errorf("canceled twice: %v", err)
		}
		h.must(h.s.View(ctx, func(tx *store.Tx) (err error) { first, err = tx.SignUp(first.ID); return err }))
		if first.Name+first.Email+first.Text != "" {
			h.t.Errorf("kept of who canceled: %+v", first)
		}
		late := h.guest(a, o, 1)
		h.want("full", h.guestStates(late), "waiting")
		h.update(func(tx *store.Tx) error {
			now, err := tx.Occasion(o.ID)
			if err != nil {
				return err
			}
			now.Capacity = 2
			if _, err := EditOccasion(tx, h.manager, now); err == nil {
				h.t.Error("fewer places than are taken")
			}
			now.Capacity = 4
			_, err = EditOccasion(tx, h.manager, now)
			return err
		})
		h.want("more places", h.guestStates(late), "accepted")
		h.update(func(tx *store.Tx) error { _, err := AnswerSignUp(tx, h.manager, second.ID, false); return err })
		h.want("the organization says no later", h.guestStates(second), "declined")
		for name, change := range map[string]func(*Occasion){
			"no sign-up": func(o *Occasion) { o.SignUp = "ohne" },
		} {
			closed := h.hosts(change)
			if _, err := h.comes(h.person(), closed, Guest{}); !errors.Is(err, ErrGone) {
				h.t.Errorf("%s: %v", name, err)
			}
		}
		h.update(func(tx *store.Tx) error { _, err := MoveOccasion(tx, h.manager, o.ID, OccasionCanceled); return err })
		if _, err := h.comes(h.person(), o, Guest{}); !errors.Is(err, ErrGone) {
			h.t.Errorf("canceled: %v", err)
		}
		over := h.hosts()
		h.clock.Forward(2*day + 2*time.Hour)
		if _, err := h.comes(h.person(), over, Guest{}); !errors.Is(err, ErrGone) {
			h.t.Errorf("over: %v", err)
		}
	})
}

func TestTheOrganizationDecidesWhoComes(t *testing.T) {
	eachHouse(t, func(h *house) {
		o := h.hosts(func(o *Occasion) { o.SignUp, o.Capacity = "mit-zusage", 1 })
		h.mails()
		a, b := h.person(), h.person()
		first, second := h.guest(a, o, 1), h.guest(b, o, 1)
		h.want("asked", h.guestStates(first, second), "asked asked")
		if got := strings.Join(h.mails(), " "); got != "sign-up-new sign-up-news sign-up-new sign-up-news" {
			h.t.Errorf("mails %q", got)
		}
		answer := func(by Actor, s SignUp, yes bool) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { _, err := AnswerSignUp(tx, by, s.ID, yes); return err })
		}
		if err := answer(a, first, true); !errors.Is(err, ErrForbidden) {
			h.t.Errorf("the person decides: %v", err)
		}
		h.must(answer(h.manager, first, true))
		h.refuses("no place left", answer(h.manager, second, true), "people", "error.event.full")
		h.must(answer(h.manager, second, false))
		h.want("decided", h.guestStates(first, second), "accepted declined")
		if got := strings.Join(h.mails(), " "); got != "sign-up-news sign-up-news" {
			h.t.Errorf("mails %q", got)
		}
		if err := answer(h.manager, second, true); !errors.Is(err, ErrConflict) {
			h.t.Errorf("decided twice: %v", err)
		}
	})
}

func TestSignUpWithoutAnAccount(t *testing.T) {
	eachHouse(t, func(h *house) {
		o := h.hosts()
		h.mails()
		guest := Guest{Name: "Gast", Email: "Gast@Mail.example", Text: "Wir kommen gern."}
		_, err := h.comes(Actor{}, o, Guest{Email: "gast@mail.example"})
		h.refuses("no name", err, "name", "error.text.empty")
		_, err = h.comes(Actor{}, o, Guest{Name: "Gast", Email: "gast"})
		h.refuses("no address", err, "email", "error.email.at")
		_, err = h.comes(Actor{}, o, Guest{Name: "Gast", Email: "gast@mail.example", People: 11})
		h.refuses("too many", err, "people", "error.people.range")
		confirm := func() (s SignUp, err error) {
			events, err := h.s.LeaseEvents(ctx, Mail, "test", 100, time.Minute)
			h.must(err)
			token := ""
			h.update(func(tx *store.Tx) error {
				for _, e := range events {
					if e.Kind == MailSignUpConfirm {
						token = e.Args["token"]
					}
					if err := tx.EventDone(e); err != nil {
						return err
					}
				}
				return nil
			})
			err = h.s.Update(ctx, func(tx *store.Tx) error {
				s, err = ConfirmSignUp(tx, token)
				return err
			})
			return s, err
		}
		s, err := h.comes(Actor{}, o, guest)
		h.must(err)
		h.want("unconfirmed", h.guestStates(s), "unconfirmed")
		s, err = confirm()
		h.must(err)
		h.want("confirmed", h.guestStates(s), "accepted")
		if got := strings.Join(h.mails(), " "); got != "sign-up-news" {
			h.t.Errorf("mails %q", got)
		}
		again, err := h.comes(Actor{}, o, guest)
		if err != nil || again.ID != "" || len(h.mails()) != 0 {
			h.t.Errorf("an address that comes already gets %+v, %v", again, err)
		}
		h.update(func(tx *store.Tx) error { _, err := CancelSignUp(tx, Actor{Request: s.ID}, s.ID); return err })
		one, err := h.comes(Actor{}, o, guest)
		h.must(err)
		h.must(second(confirm()))
		if _, err := h.comes(Actor{}, o, guest); err != nil {
			h.t.Error(err)
		}
		h.want("after canceling", h.guestStates(one), "accepted")
		late, err := h.comes(Actor{}, o, Guest{Name: "Spät", Email: "spaet@mail.example"})
		h.must(err)
		h.update(func(tx *store.Tx) error { _, err := MoveOccasion(tx, h.manager, o.ID, OccasionCanceled); return err })
		if _, err := confirm(); !errors.Is(err, ErrGone) {
			h.t.Errorf("confirmed for what does not take place: %v", err)
		}
		h.want("late", h.guestStates(late), "unconfirmed")
		other := h.hosts()
		h.mails()
		for range 9 { // whoever asks may be anybody: nothing is told of the limit, which people with an account use up otherwise, too
			h.must(second(h.comes(Actor{}, other, Guest{Name: "Flut", Email: "flut@mail.example"})))
		}
		if got := len(h.mails()); got != 3 {
			h.t.Errorf("%d mails to one address in an hour, want 3", got)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestCopiesOfOccasions(t *testing.T) {
	eachHouse(t, func(h *house) {
		mirror := func(o Occasion, trusted bool) (made Occasion, err error) {
			err = h.s.Update(ctx, func(tx *store.Tx) error {
				made, err = MirrorOccasion(tx, o, trusted)
				return err
			})
			return made, err
		}
		decide := func(by Actor, o Occasion, d Decision) (made Occasion, err error) {
			err = h.s.Update(ctx, func(tx *store.Tx) error {
				made, err = DecideOccasion(tx, by, o.ID, d, "sonstiges")
				return err
			})
			return made, err
		}
		moderator := Actor{Account: "m", Roles: []Role{Moderator}}
		n := 0
		sent := func(state OccasionState, version time.Duration) Occasion {
			return h.occasion(func(o *Occasion) {
				o.Organization, o.Origin, o.IRI, o.Author = "", "m.example", fmt.Sprint("https://m.example/e/", n), "https://m.example/@group"
				o.State, o.Published = state, h.clock.Now().Add(version)
			})
		}
		show := func(o Occasion, err error) string {
			h.t.Helper()
			h.must(err)
			return fmt.Sprint(o.State, "/", o.Said)
		}
		h.want("trusted", show(mirror(sent(OccasionScheduled, 0), true)), "scheduled/")
		h.want("canceled by its owner", show(mirror(sent(OccasionCanceled, time.Second), true)), "canceled/")
		h.want("an older version", show(mirror(sent(OccasionScheduled, 0), true)), "canceled/")
		n++
		o, err := mirror(sent(OccasionScheduled, 0), false)
		h.want("not trusted", show(o, err), "queued/scheduled")
		h.want("changed while it waits", show(mirror(sent(OccasionPostponed, time.Second), false)), "queued/postponed")
		h.want("released", show(decide(moderator, o, DecideApprove)), "postponed/")
		h.want("changed afterwards", show(mirror(sent(OccasionScheduled, 2*time.Second), false)), "scheduled/")
		h.want("hidden", show(decide(moderator, o, DecideHide)), "hidden/scheduled")
		h.want("changed while hidden", show(mirror(sent(OccasionCanceled, 3*time.Second), false)), "hidden/canceled")
		h.want("restored", show(decide(moderator, o, DecideRestore)), "canceled/")
		if _, err := decide(moderator, o, DecideSuspend); !errors.Is(err, ErrConflict) {
			h.t.Errorf("a copy is removed: %v", err)
		}
		if _, err := decide(h.manager, o, DecideHide); !errors.Is(err, ErrForbidden) {
			h.t.Errorf("a manager hides it: %v", err)
		}
		n++
		of := func(series string) Occasion {
			n++
			o := sent(OccasionScheduled, 0)
			o.Series = series
			return o
		}
		one, err := mirror(of("https://m.example/s/1"), false)
		h.want("one of a series", show(one, err), "queued/scheduled")
		two, err := mirror(of("https://m.example/s/1"), false)
		h.want("another", show(two, err), "queued/scheduled")
		h.want("of another series", show(mirror(of("https://m.example/s/2"), false)), "queued/scheduled")
		foreign := of("https://m.example/s/1")
		foreign.Author = "https://m.example/@other"
		h.want("somebody else's", show(mirror(foreign, false)), "queued/scheduled")
		h.want("one is released", show(decide(moderator, one, DecideApprove)), "scheduled/")
		h.must(h.s.View(ctx, func(tx *store.Tx) error {
			list, err := tx.OccasionsInSeries("https://m.example/s/1")
			for _, o := range list {
				if want := map[bool]OccasionState{true: OccasionScheduled, false: OccasionQueued}[o.Author == one.Author]; o.State != want {
					h.t.Errorf("with it, one of %s is %s", o.Author, o.State)
				}
			}
			return err
		}))
		h.want("and what comes of it later", show(mirror(of("https://m.example/s/1"), false)), "scheduled/")
		late := of("https://m.example/s/1")
		late.Author = "https://m.example/@other"
		h.want("but not of somebody else", show(mirror(late, false)), "queued/scheduled")
		own := h.hosts()
		h.wiresOf(own.ID)
		h.mails()
		h.want("an own one is hidden", show(decide(moderator, own, DecideHide)), "hidden/scheduled")
		if err := h.s.Update(ctx, func(tx *store.Tx) error { _, err := EditOccasion(tx, h.manager, own); return err }); !errors.Is(err, ErrConflict) {
			h.t.Errorf("a hidden one is edited: %v", err)
		}
		if Can(Actor{}, Read, Occasion{State: OccasionHidden}.Thing()) || !Can(h.manager, Read, Occasion{State: OccasionHidden, Organization: h.org.ID}.Thing()) {
			h.t.Error("a hidden one is for its team alone")
		}
		shown, err := decide(moderator, own, DecideRestore)
		h.want("and restored", show(shown, err), "scheduled/")
		if shown.Updated.Sub(shown.Published) < 2*time.Second {
			h.t.Errorf("two changes at once are told as one: %v, %v", shown.Published, shown.Updated)
		}
		h.want("on the wire", strings.Join(h.wiresOf(own.ID), " "), "update update")
		h.want("with mails", strings.Join(h.mails(), " "), "event-decision event-decision")
		h.must(second(decide(moderator, own, DecideHide)))
		h.mails()
		h.want("an own one is removed", show(decide(moderator, own, DecideSuspend)), "withdrawn/")
		if got := strings.Join(h.mails(), " "); got != "event-decision" {
			h.t.Errorf("mails %q", got)
		}
		biased := Actor{Account: h.manager.Account, Members: h.manager.Members, Roles: []Role{Moderator}}
		if _, err := decide(biased, h.hosts(), DecideSuspend); !errors.Is(err, ErrForbidden) {
			h.t.Errorf("a moderator decides about the own organization: %v", err)
		}
		if err := h.s.Update(ctx, func(tx *store.Tx) error { _, err := EditOccasion(tx, System, o); return err }); !errors.Is(err, ErrForbidden) {
			h.t.Errorf("a copy is edited: %v", err)
		}
	})
}

func TestFreePlacesOfAnOccasionGoToThoseWhoWait(t *testing.T) {
	eachHouse(t, func(h *house) {
		answer := func(s SignUp, yes bool) {
			h.t.Helper()
			h.update(func(tx *store.Tx) error { _, err := AnswerSignUp(tx, h.manager, s.ID, yes); return err })
		}
		cancel := func(s SignUp) {
			h.t.Helper()
			h.update(func(tx *store.Tx) error { _, err := CancelSignUp(tx, Actor{Request: s.ID}, s.ID); return err })
		}
		o := h.hosts(func(o *Occasion) { o.Capacity = 2 })
		one, two := h.guest(h.person(), o, 1), h.guest(h.person(), o, 1)
		pair, single := h.guest(h.person(), o, 2), h.guest(h.person(), o, 1)
		h.want("at first", h.guestStates(one, two, pair, single), "accepted accepted waiting waiting")
		cancel(one)
		h.want("one place is too few for the first who waits, and nobody is passed over", h.guestStates(pair, single), "waiting waiting")
		answer(two, false)
		h.want("places the organization freed", h.guestStates(pair, single), "accepted waiting")
		cancel(single)

		for what, end := range map[string]func(o Occasion){
			"canceled": func(o Occasion) {
				h.update(func(tx *store.Tx) error { _, err := MoveOccasion(tx, h.manager, o.ID, OccasionCanceled); return err })
			},
			"over": func(Occasion) { h.clock.Forward(3 * day) },
		} {
			o := h.hosts(func(o *Occasion) { o.Capacity = 1 })
			comes, waits := h.guest(h.person(), o, 1), h.guest(h.person(), o, 1)
			end(o)
			cancel(comes)
			h.want("of one that is "+what+" nobody gets a place any more", h.guestStates(waits), "waiting")
		}
	})
}

func TestGuestsAreToldOfChangesWhileTheyCount(t *testing.T) {
	eachHouse(t, func(h *house) {
		o := h.hosts()
		h.guest(h.person(), o, 1)
		gone := h.guest(h.person(), o, 1)
		h.update(func(tx *store.Tx) error { _, err := CancelSignUp(tx, Actor{Request: gone.ID}, gone.ID); return err })
		if _, err := h.comes(Actor{}, o, Guest{Name: "Gast", Email: "gast@mail.example"}); err != nil {
			t.Fatal(err)
		}
		h.mails()
		h.update(func(tx *store.Tx) error { _, err := MoveOccasion(tx, h.manager, o.ID, OccasionCanceled); return err })
		h.want("told", strings.Join(h.mails(), " "), MailOccasionChanged)
	})
}

func TestAnAddressComesOnce(t *testing.T) {
	eachHouse(t, func(h *house) {
		o := h.hosts()
		h.mails()
		guest := Guest{Name: "Gast", Email: "gast@mail.example"}
		var tokens []string
		for range 2 { // before either is confirmed
			if _, err := h.comes(Actor{}, o, guest); err != nil {
				t.Fatal(err)
			}
			tokens = append(tokens, h.linkToken(MailSignUpConfirm))
		}
		var confirmed []SignUp
		for _, token := range tokens {
			h.update(func(tx *store.Tx) error {
				s, err := ConfirmSignUp(tx, token)
				confirmed = append(confirmed, s)
				return err
			})
		}
		if confirmed[0].ID != confirmed[1].ID {
			t.Errorf("confirmed twice as %s and %s", confirmed[0].ID, confirmed[1].ID)
		}
		h.must(h.s.View(ctx, func(tx *store.Tx) error {
			all, err := tx.SignUpsFor(o.ID)
			if len(all) != 1 {
				t.Errorf("%d sign-ups of one address, want 1", len(all))
			}
			return err
		}))
	})
}
