package engagement_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	. "seestern/engagement"
	"seestern/store"
)

// shows opens the public presence of somebody of an age.
func (h *house) shows(by Actor, age Code, p Presence, consent bool) (opened Presence, err error) {
	h.t.Helper()
	err = h.s.Update(ctx, func(tx *store.Tx) error {
		profile, err := tx.Profile(by.Account)
		if err != nil {
			return err
		}
		if profile.AgeBand = age; age != "" {
			if err := tx.PutProfile(&profile); err != nil {
				return err
			}
		}
		opened, err = OpenPresence(tx, by, p, consent)
		return err
	})
	return opened, err
}

func TestWhoMayBePublic(t *testing.T) {
	eachHouse(t, func(h *house) {
		fine := Presence{Handle: "Ada_Liest", Name: " Ada ", Summary: "Lese gern vor."}
		for what, c := range map[string]struct {
			age     Code
			change  func(*Presence)
			consent bool
			field   string
		}{
			"nobody knows the age":        {"", func(*Presence) {}, true, ""},
			"too young":                   {"14-15", func(*Presence) {}, true, ""},
			"no consent":                  {"16-17", func(*Presence) {}, false, "consent"},
			"no name":                     {"16-17", func(p *Presence) { p.Name = " " }, true, "name"},
			"a telephone number":          {"16-17", func(p *Presence) { p.Summary = "Rufen Sie an: 030 1234567" }, true, "summary"},
			"a mail address":              {"16-17", func(p *Presence) { p.Name = "ada@mail.example" }, true, "name"},
			"too many words":              {"16-17", func(p *Presence) { p.Summary = strings.Repeat("x", 501) }, true, "summary"},
			"an impossible handle":        {"16-17", func(p *Presence) { p.Handle = "ä" }, true, "handle"},
			"the handle of another actor": {"16-17", func(p *Presence) { p.Handle = h.org.Handle }, true, "handle"},
		} {
			p := fine
			c.change(&p)
			_, err := h.shows(h.person(), c.age, p, c.consent)
			h.refusedAt(what, err, c.field)
		}
		ada := h.person()
		p, err := h.shows(ada, "16-17", fine, true)
		h.must(err)
		if p.Handle != "ada_liest" || p.Name != "Ada" || len(p.ID) != 32 || !p.Open() {
			h.t.Errorf("got %+v", p)
		}
		if _, err := h.shows(ada, "16-17", Presence{Handle: "ada2", Name: "Ada"}, true); !errors.Is(err, ErrConflict) {
			h.t.Errorf("a second one: %v", err)
		}
		_, err = h.shows(h.person(), "16-17", fine, true)
		h.refusedAt("the handle of another person", err, "handle")
		err = h.s.Update(ctx, func(tx *store.Tx) error {
			_, err := AddBoard(tx, System, Board{Kind: TopicBoard, Handle: "ada_liest", Name: "Lesen", Areas: []Code{"kultur"}})
			return err
		})
		h.refusedAt("a board that takes the handle", err, "handle")
	})
}

func TestTheLifeOfAPublicPresence(t *testing.T) {
	eachHouse(t, func(h *house) {
		ada, other := h.person(), h.person()
		p, err := h.shows(ada, "18-26", Presence{Handle: "ada_liest", Name: "Ada"}, true)
		h.must(err)
		h.mails()
		owner := "person/" + string(p.ID)
		follows := func(who string) {
			h.update(func(tx *store.Tx) error {
				f := store.Follower{Owner: owner, Actor: "https://m.example/" + who, Host: "m.example", Inbox: "https://m.example/inbox", Follow: "https://m.example/f/" + who, State: store.FollowPending}
				if err := tx.PutFollower(f); err != nil {
					return err
				}
				return FollowAsked(tx, p)
			})
		}
		follows("kim")
		follows("lou")
		h.want("mails for two who ask", strings.Join(h.mails(), " "), "follow-asked")
		states := func() (all []string) {
			h.update(func(tx *store.Tx) error {
				wishes, err := tx.FollowWishes(p.ID)
				for _, w := range wishes {
					all = append(all, map[bool]string{true: "in ", false: "waits "}[w.Accepted]+w.Actor[len("https://m.example/"):])
				}
				return err
			})
			return all
		}
		answer := func(by Actor, who string, yes bool) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { return AnswerFollow(tx, by, "https://m.example/"+who, yes) })
		}
		if err := answer(other, "kim", true); !errors.Is(err, ErrNotFound) {
			h.t.Errorf("somebody else answers: %v", err)
		}
		h.must(answer(ada, "kim", true))
		h.must(answer(ada, "lou", false))
		h.want("who follows", strings.Join(states(), ", "), "in kim")
		h.want("told", strings.Join(h.wiresOf(p.ID), " "), "let-follow refuse-follow")
		if err := answer(ada, "kim", true); !errors.Is(err, ErrConflict) {
			h.t.Errorf("allowed twice: %v", err)
		}
		if err := answer(ada, "lou", true); !errors.Is(err, ErrNotFound) {
			h.t.Errorf("allowed after all: %v", err)
		}
		h.must(answer(ada, "kim", false))
		h.want("who follows in the end", strings.Join(states(), ", "), "")
		h.wiresOf(p.ID)

		h.update(func(tx *store.Tx) error { _, err := EditPresence(tx, ada, "Ada L.", "Lese vor."); return err })
		h.want("changed", strings.Join(h.wiresOf(p.ID), " "), "update")
		err = h.s.Update(ctx, func(tx *store.Tx) error { _, err := EditPresence(tx, ada, "", "Lese vor."); return err })
		h.refusedAt("a name that is none", err, "name")

		end := func(by Actor) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { return EndPresence(tx, by, p.ID) })
		}
		if err := end(other); !errors.Is(err, ErrForbidden) {
			h.t.Errorf("somebody else ends it: %v", err)
		}
		h.must(end(ada))
		h.want("ended", strings.Join(h.wiresOf(p.ID), " "), "delete")
		h.update(func(tx *store.Tx) error {
			got, err := tx.PresenceByHandle("ada_liest")
			if got.Open() || got.Account+ID(got.Handle+got.Name+got.Summary) != "" {
				h.t.Errorf("it keeps %+v", got)
			}
			return err
		})
		if err := end(ada); !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrConflict) && !errors.Is(err, ErrForbidden) {
			h.t.Errorf("ended twice: %v", err)
		}
		_, err = h.shows(other, "18-26", Presence{Handle: "ada_liest", Name: "Ada"}, true)
		h.refusedAt("the handle of one that has ended", err, "handle")

		q, err := h.shows(ada, "18-26", Presence{Handle: "ada_liest_wieder", Name: "Ada"}, true)
		h.must(err)
		h.mails()
		moderator := Actor{Account: "moderator", Roles: []Role{Moderator}}
		h.update(func(tx *store.Tx) error {
			r, err := SendReport(tx, Actor{}, Complaint{Object: q.ID, Reason: "spam"})
			if err != nil {
				return err
			}
			for _, by := range []Actor{moderator, {Account: "another", Roles: []Role{Moderator}}} {
				if _, _, err := DecideReport(tx, by, r.ID, Ruling{Outcome: MakeRemoved, Reason: "rechtswidrig", Text: "Das ist Werbung."}, false); err != nil {
					return err
				}
			}
			return nil
		})
		if got := h.mails(); !slices.Contains(got, MailPresenceEnded) {
			h.t.Errorf("a moderator ended it: mails %v", got)
		}
	})
}
