package engagement_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	. "seestern/engagement"
	"seestern/store"
)

const ownIRI = "https://me.test/ap/org/1"

func TestAnOrganizationMoves(t *testing.T) {
	eachHouse(t, func(h *house) {
		there := Elsewhere{IRI: "https://new.test/org", Name: "Leseinsel am neuen Ort", Page: "https://new.test/@org", KnownAs: []string{"https://old.test/org", ownIRI}}
		member := Actor{Account: "member", Members: map[ID]Role{h.org.ID: Member}}
		org := func() (o Organization) {
			h.update(func(tx *store.Tx) (err error) { o, err = tx.Organization(h.org.ID); return err })
			return o
		}
		move := func(by Actor, to Elsewhere) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { return MoveOrganization(tx, by, h.org.ID, ownIRI, to) })
		}
		t.Run("not for everybody, and not to everybody", func(t *testing.T) {
			stranger := there
			stranger.KnownAs = []string{"https://old.test/org"}
			itself := there
			itself.IRI = ownIRI
			for want, err := range map[string]error{
				"error.move.unknown": move(h.manager, stranger), "error.move.self": move(h.manager, itself),
			} {
				var bad *Invalid
				if !errors.As(err, &bad) || bad.Key != want || bad.Field != "address" {
					t.Errorf("got %v, want %s", err, want)
				}
			}
			if err := move(member, there); !errors.Is(err, ErrForbidden) {
				t.Errorf("a member: %v", err)
			}
		})
		t.Run("or takes along what it has published, on the word of those who may move it", func(t *testing.T) {
			export := func(by Actor) error {
				return h.s.Update(ctx, func(tx *store.Tx) error { _, err := ExportOrganization(tx, by, h.org.ID); return err })
			}
			if err := errors.Join(export(h.manager), export(System)); err != nil {
				t.Error(err)
			}
			for _, by := range []Actor{member, {}, {Account: "stranger"}} {
				if err := export(by); !errors.Is(err, ErrForbidden) {
					t.Errorf("%q: %v", by.Account, err)
				}
			}
		})
		draft := complete()
		draft.Organization = h.org.ID
		h.update(func(tx *store.Tx) (err error) { draft, err = SaveOpportunity(tx, h.manager, draft); return err })
		asked := h.asks(h.person(), nil)
		if err := move(h.manager, there); err != nil {
			t.Fatal(err)
		}
		t.Run("and takes what it seeks back", func(t *testing.T) {
			h.update(func(tx *store.Tx) error {
				o, err := tx.Opportunity(h.o.ID)
				m, err2 := tx.MatchRequest(asked.ID)
				if o.State != Withdrawn || !m.State.Final() {
					t.Errorf("the opportunity is %s, the request %s", o.State, m.State)
				}
				return errors.Join(err, err2)
			})
			if o := org(); o.MovedTo != there.IRI || o.MovedName != there.Name || o.MovedPage != there.Page || o.State != OrganizationActive {
				t.Errorf("got %+v", o)
			}
		})
		t.Run("and publishes nothing any more", func(t *testing.T) {
			for name, do := range map[string]func(*store.Tx) error{
				"news":             func(tx *store.Tx) error { _, err := Announce(tx, h.manager, h.org.ID, News{Text: "Neu"}); return err },
				"an opportunity":   func(tx *store.Tx) error { _, err := h.publish(tx, func(*Opportunity) {}); return err },
				"an earlier draft": func(tx *store.Tx) error { _, err := SubmitOpportunity(tx, h.manager, draft.ID); return err },
			} {
				if err := h.s.Update(ctx, do); !errors.Is(err, ErrForbidden) {
					t.Errorf("%s: %v", name, err)
				}
			}
			if err := move(h.manager, there); !errors.Is(err, ErrConflict) {
				t.Errorf("it moves again: %v", err)
			}
		})
		t.Run("and keeps that when its details change", func(t *testing.T) {
			o := org()
			o.Summary, o.MovedTo, o.AlsoKnownAs = "Neu.", "https://evil.test/org", []string{"https://evil.test/org"}
			h.update(func(tx *store.Tx) error { _, err := EditOrganization(tx, h.manager, o); return err })
			if o := org(); o.MovedTo != there.IRI || len(o.AlsoKnownAs) != 0 || o.Summary != "Neu." {
				t.Errorf("got %+v", o)
			}
		})
		t.Run("and comes back", func(t *testing.T) {
			h.update(func(tx *store.Tx) error { return ReturnOrganization(tx, h.manager, h.org.ID) })
			if o := org(); o.Moved() || o.MovedName != "" || o.MovedPage != "" {
				t.Errorf("got %+v", o)
			}
			h.update(func(tx *store.Tx) error {
				_, err := Announce(tx, h.manager, h.org.ID, News{Text: "Wieder da"})
				return err
			})
			err := h.s.Update(ctx, func(tx *store.Tx) error { return ReturnOrganization(tx, h.manager, h.org.ID) })
			if !errors.Is(err, ErrConflict) {
				t.Errorf("twice: %v", err)
			}
		})
	})
}

func TestAnOrganizationNamesItsFormerAccounts(t *testing.T) {
	eachHouse(t, func(h *house) {
		add := func(iri string) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { return AddAlias(tx, h.manager, h.org.ID, Elsewhere{IRI: iri}) })
		}
		want := []string{}
		for n := range 10 {
			iri := fmt.Sprintf("https://old.test/%d", n)
			if err := errors.Join(add(iri), add(iri)); err != nil {
				t.Fatal(err)
			}
			want = append(want, iri)
		}
		var bad *Invalid
		if err := add("https://old.test/more"); !errors.As(err, &bad) || bad.Key != "error.alias.many" {
			t.Errorf("one too many: %v", err)
		}
		remove := func(by Actor) error {
			return h.s.Update(ctx, func(tx *store.Tx) error { return RemoveAlias(tx, by, h.org.ID, want[3]) })
		}
		if err := remove(Actor{Account: "x", Members: map[ID]Role{h.org.ID: Member}}); !errors.Is(err, ErrForbidden) {
			t.Errorf("a member: %v", err)
		}
		if err := remove(h.manager); err != nil {
			t.Fatal(err)
		}
		if err := remove(h.manager); !errors.Is(err, ErrNotFound) {
			t.Errorf("again: %v", err)
		}
		h.update(func(tx *store.Tx) error {
			o, err := tx.Organization(h.org.ID)
			if want = slices.Delete(want, 3, 4); !slices.Equal(o.AlsoKnownAs, want) {
				t.Errorf("got %v, want %v", o.AlsoKnownAs, want)
			}
			return err
		})
	})
}
