package federation_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
	"seestern/store/storetest"
)

// occasion publishes one of the day after tomorrow.
func (s *peer) occasion(org engagement.Organization, change ...func(*engagement.Occasion)) engagement.Occasion {
	s.t.Helper()
	o := testOccasion()
	o.Organization, o.Link, o.Starts = org.ID, "https://meet.example/geheim", s.clock.Now().Add(48*time.Hour)
	o.Ends = o.Starts.Add(2 * time.Hour)
	o.Place.Centroid = koepenick().Centroid
	o.Place.Point = koepenick().Centroid
	for _, c := range change {
		c(&o)
	}
	s.update(func(tx *store.Tx) (err error) {
		o, err = engagement.AddOccasion(tx, engagement.System, o)
		return err
	})
	return o
}

func (s *peer) moveOccasion(o engagement.Occasion, to engagement.OccasionState) {
	s.t.Helper()
	s.clock.Forward(time.Minute)
	s.update(func(tx *store.Tx) error {
		_, err := engagement.MoveOccasion(tx, engagement.System, o.ID, to)
		return err
	})
}

func (s *peer) eventID(o engagement.Occasion) string {
	return s.base.ID(federation.KindEvent, string(o.ID))
}

// occasionCopy is the copy of an event; the zero Occasion if there is none.
func (s *peer) occasionCopy(iri string) (o engagement.Occasion) {
	s.t.Helper()
	s.view(func(tx *store.Tx) (err error) {
		o, err = tx.OccasionByIRI(iri)
		if errors.Is(err, engagement.ErrNotFound) {
			err = nil
		}
		return err
	})
	return o
}

func TestAnOccasionReachesFollowersBoardsAndPartners(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org, board := a.organization("beispielverein"), a.placeBoard()
		follower, reader := a.world.Host("mastodon.test").Actor("follower"), a.world.Host("lemmy.test").Actor("reader")
		a.follow(org, follower)
		a.join(board, reader)
		o := a.occasion(org)
		settle(t, a, b)
		id := a.eventID(o)
		t.Run("as an Event", func(t *testing.T) {
			got := of("Create", follower.Inbox())
			if len(got) != 1 || got[0].JSON["object"].(map[string]any)["id"] != id || got[0].JSON["object"].(map[string]any)["type"] != "Event" {
				t.Fatalf("the follower got %v", got)
			}
			if strings.Contains(string(got[0].Body), "geheim") {
				t.Error("the address of the meeting is on the wire")
			}
			if got := announced("Create", reader.Inbox()); !slices.Equal(got, []string{id}) {
				t.Errorf("the board announced %v", got)
			}
			if got := announced("", reader.Inbox()); !slices.Equal(got, []string{id}) {
				t.Errorf("the board pointed to %v", got)
			}
			d := a.get(id).JSON()
			if d["audience"] != a.base.BoardID(board) || d["type"] != "Event" {
				t.Errorf("got %v", d)
			}
			copied := b.occasionCopy(id)
			if copied.Title != o.Title || copied.State != engagement.OccasionScheduled || !copied.Starts.Equal(o.Starts) || copied.Organizer != org.Name || copied.Zone != "Europe/Berlin" || copied.Link != "" {
				t.Errorf("the partner has %+v", copied)
			}
		})
		t.Run("in the outboxes", func(t *testing.T) {
			for _, actor := range []string{a.base.OrganizationID(org), a.base.BoardID(board)} {
				outbox := a.get(actor + "/outbox").JSON()
				page := a.get(outbox["first"].(string))
				if items := page.JSON()["orderedItems"].([]any); len(items) != 1 || !strings.Contains(string(page.Body), id) {
					t.Errorf("%s has %v", actor, items)
				}
			}
		})
		t.Run("every change", func(t *testing.T) {
			a.moveOccasion(o, engagement.OccasionCanceled)
			settle(t, a, b)
			for who, inbox := range map[string][]fedtest.Activity{"follower": follower.Inbox(), "reader": reader.Inbox()} {
				if got := of("Update", inbox); len(got) != 1 || got[0].JSON["object"].(map[string]any)["eventStatus"] != "EventCancelled" {
					t.Errorf("the %s got %v", who, got)
				}
			}
			if got := b.occasionCopy(id); got.State != engagement.OccasionCanceled {
				t.Errorf("the partner has it as %s", got.State)
			}
		})
		t.Run("also that a moderator hid it, and shows it again", func(t *testing.T) {
			decide := func(d engagement.Decision) {
				a.clock.Forward(time.Minute)
				a.update(func(tx *store.Tx) error {
					_, err := engagement.DecideOccasion(tx, engagement.System, o.ID, d, "sonstiges")
					return err
				})
				settle(t, a, b)
			}
			decide(engagement.DecideHide)
			d := a.get(id)
			for _, secret := range []string{o.Title, o.Text, o.Teaser, o.Place.Name, o.Place.Street} {
				if secret != "" && strings.Contains(string(d.Body), secret) {
					t.Errorf("%q is still told: %s", secret, d.Body)
				}
			}
			if got := d.JSON(); got["eventStatus"] != "EventPostponed" || got["location"] != nil || got["name"] != "Dieser Termin wird zurzeit nicht gezeigt." {
				t.Errorf("hidden, it is %s", d.Body)
			}
			if got := b.occasionCopy(id); got.Title == o.Title || got.Place.Known() || got.State != engagement.OccasionPostponed {
				t.Errorf("the partner shows %+v", got)
			}
			for _, list := range []string{a.base.OrganizationID(org) + "/outbox", a.base.Opportunities()} {
				if got := a.get(a.get(list).JSON()["first"].(string)); strings.Contains(string(got.Body), id) {
					t.Errorf("a hidden one is listed: %s", got.Body)
				}
			}
			if got := announced("", reader.Inbox()); len(got) != 1 {
				t.Errorf("the board pointed to it again: %v", got)
			}
			decide(engagement.DecideRestore)
			if got := b.occasionCopy(id); got.Title != o.Title || got.State != engagement.OccasionCanceled || !got.Place.Known() {
				t.Errorf("shown again, the partner has %+v", got)
			}
		})
		t.Run("and its end, with the type that Gancio looks at", func(t *testing.T) {
			a.update(func(tx *store.Tx) error { return engagement.RemoveOccasion(tx, engagement.System, o.ID) })
			settle(t, a, b)
			for who, inbox := range map[string][]fedtest.Activity{"follower": follower.Inbox(), "reader": reader.Inbox()} {
				got := of("Delete", inbox)
				if len(got) != 1 || got[0].JSON["object"].(map[string]any)["formerType"] != "Event" {
					t.Errorf("the %s got %v", who, got)
				}
			}
			if got := announced("Delete", reader.Inbox()); !slices.Equal(got, []string{id}) {
				t.Errorf("the board passed on the end of %v", got)
			}
			if got := b.occasionCopy(id); got.ID != "" {
				t.Errorf("the partner still has %+v", got)
			}
			if got := a.get(id); got.Status != http.StatusGone || got.JSON()["formerType"] != "Event" {
				t.Errorf("answered %d: %s", got.Status, got.Body)
			}
		})
		t.Run("not of an organization that is suspended or gone", func(t *testing.T) {
			next := a.occasion(org)
			settle(t, a, b)
			a.update(func(tx *store.Tx) error {
				return engagement.SuspendOrganization(tx, engagement.System, org.ID, true, "")
			})
			if got := a.get(a.eventID(next)); got.Status != http.StatusNotFound {
				t.Errorf("suspended: %d", got.Status)
			}
			a.update(func(tx *store.Tx) error { return engagement.DissolveOrganization(tx, engagement.System, org.ID) })
			settle(t, a, b)
			if got := a.get(a.eventID(next)); got.Status != http.StatusGone || b.occasionCopy(a.eventID(next)).ID != "" {
				t.Errorf("dissolved: %d", got.Status)
			}
		})
	})
}

func TestEventsOfPartnersWaitUnlessTrusted(t *testing.T) {
	w, clock := newWorld(t)
	a, b := newPeer(t, w, clock, "a.test", storetest.SQLite(t)), newPeer(t, w, clock, "b.test", storetest.SQLite(t))
	partners(t, a, b)
	org := a.organization("beispielverein")
	for level, want := range map[engagement.Code]engagement.OccasionState{
		"vertraut": engagement.OccasionScheduled, "geprueft": engagement.OccasionQueued, "nur-lesen": engagement.OccasionQueued,
	} {
		b.update(func(tx *store.Tx) error {
			_, err := engagement.SetPartner(tx, engagement.System, "a.test", level, false, "")
			return err
		})
		o := a.occasion(org)
		settle(t, a, b)
		if got := b.occasionCopy(a.eventID(o)); got.State != want {
			t.Errorf("of a partner at level %s: %q, want %s", level, got.State, want)
		}
	}
	b.update(func(tx *store.Tx) error {
		_, err := engagement.EndPartner(tx, engagement.System, "a.test")
		return err
	})
	b.view(func(tx *store.Tx) error {
		list, err := tx.QueuedOccasions(9)
		if len(list) > 0 {
			t.Errorf("after the end of the partnership: %d", len(list))
		}
		return err
	})
}

// join has an actor want to come, and returns what came back.
func (s *peer) wantsToCome(actor *fedtest.Actor, o engagement.Occasion, members ...map[string]any) (join map[string]any) {
	s.t.Helper()
	join = actor.Activity("Join", s.eventID(o), append(members, map[string]any{"to": []string{s.base.ID(federation.KindOrganization, string(o.Organization))}})...)
	if got := actor.Post(s.base.Inbox(), join); got.Status != http.StatusAccepted {
		s.t.Fatalf("Join is answered %d: %s", got.Status, got.Body)
	}
	s.clock.Forward(time.Second)
	settle(s.t, s)
	return join
}

func TestAJoinIsIgnoredWhereOneSignsUpOnThePage(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		org := s.organization("beispielverein")
		o := s.occasion(org)
		member := s.world.Host("m.test").Actor("member")
		join := s.wantsToCome(member, o)
		ignored, notes := of("Ignore", member.Inbox()), of("Create", member.Inbox())
		if len(ignored) != 1 || ignored[0].JSON["object"] != join["id"] || ignored[0].JSON["actor"] != s.base.OrganizationID(org) || !slices.Equal(strs(ignored[0].JSON["to"]), []string{member.ID}) {
			t.Errorf("got %v", member.Inbox())
		}
		if len(notes) != 1 || !strings.Contains(string(notes[0].Body), "/termine/"+o.Code+"/anmelden") || !slices.Equal(strs(notes[0].JSON["to"]), []string{member.ID}) {
			t.Errorf("got notes %v", notes)
		}
		s.view(func(tx *store.Tx) error {
			guests, err := tx.SignUpsFor(o.ID)
			if len(guests) > 0 {
				t.Errorf("signed up: %+v", guests)
			}
			return err
		})
		t.Run("with one note only", func(t *testing.T) {
			s.wantsToCome(member, o)
			if got := of("Create", member.Inbox()); len(got) != 1 || len(of("Ignore", member.Inbox())) != 2 {
				t.Errorf("got %d notes", len(got))
			}
		})
		t.Run("with the page where there is no sign-up", func(t *testing.T) {
			other := s.world.Host("m.test").Actor("other")
			free := s.occasion(org, func(o *engagement.Occasion) { o.SignUp = "ohne" })
			s.wantsToCome(other, free)
			if got := of("Create", other.Inbox()); len(got) != 1 || strings.Contains(string(got[0].Body), "anmelden") || !strings.Contains(string(got[0].Body), "/termine/"+free.Code) {
				t.Errorf("got %v", got)
			}
		})
		t.Run("and one that is of nothing, or of somebody limited, gets no answer", func(t *testing.T) {
			third, limited := s.world.Host("m.test").Actor("third"), s.world.Host("limited.test").Actor("limited")
			third.Post(s.base.Inbox(), third.Activity("Join", s.base.ID(federation.KindEvent, "01890a5d-ac96-774b-bcce-b302099a8057")))
			third.Post(s.base.Inbox(), third.Activity("Join", s.base.OrganizationID(org)))
			s.update(func(tx *store.Tx) error { return tx.PutPeer(store.Peer{Host: "limited.test", Standing: store.Limited}) })
			s.wantsToCome(limited, o)
			settle(t, s)
			if len(third.Inbox())+len(limited.Inbox()) > 0 {
				t.Errorf("got %v and %v", third.Inbox(), limited.Inbox())
			}
		})
		t.Run("a public reply is a question, and gets the page", func(t *testing.T) {
			asker := s.world.Host("mastodon.test").Actor("asker")
			asker.Change(func(d map[string]any) { d["type"] = "Person" })
			note := map[string]any{
				"id": asker.Host.URL("/n/1"), "type": "Note", "attributedTo": asker.ID, "inReplyTo": s.eventID(o), "content": "<p>Gibt es Kaffee?</p>",
				"to": []string{federation.Public}, "published": s.clock.Now().Format(time.RFC3339),
			}
			asker.Post(s.base.Inbox(), asker.Activity("Create", note, map[string]any{"to": []string{federation.Public}}))
			s.clock.Forward(time.Second)
			settle(t, s)
			if got := of("Create", asker.Inbox()); len(got) != 1 || !strings.Contains(string(got[0].Body), "/termine/"+o.Code) {
				t.Errorf("got %v", got)
			}
			s.view(func(tx *store.Tx) error {
				replies, err := tx.Reactions(o.ID, engagement.Reply, false)
				if len(replies) != 1 || replies[0].Text != "Gibt es Kaffee?" || replies[0].Shown {
					t.Errorf("got %+v", replies)
				}
				return err
			})
			s.update(func(tx *store.Tx) error {
				replies, err := tx.Reactions(o.ID, engagement.Reply, false)
				if err != nil {
					return err
				}
				return engagement.DecideReply(tx, engagement.System, replies[0].ID, true)
			})
		})
	})
}

func TestAJoinIsAnsweredByTheOrganization(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		org := s.organization("beispielverein")
		o := s.occasion(org, func(o *engagement.Occasion) { o.SignUp, o.Capacity = "mit-zusage", 1 })
		host := s.world.Host("m.test")
		member, second, third := host.Actor("member"), host.Actor("second"), host.Actor("third")
		join := s.wantsToCome(member, o, map[string]any{"participationMessage": "<p>Wir <b>kommen</b> gern.</p>" + strings.Repeat("a", 900)})
		guests := func() (list []engagement.SignUp) {
			s.view(func(tx *store.Tx) (err error) {
				list, err = tx.SignUpsFor(o.ID)
				return err
			})
			return list
		}
		answer := func(actor *fedtest.Actor, yes bool) {
			t.Helper()
			s.update(func(tx *store.Tx) error {
				for _, g := range guests() {
					if g.Actor == actor.ID {
						_, err := engagement.AnswerSignUp(tx, engagement.System, g.ID, yes)
						return err
					}
				}
				return engagement.ErrNotFound
			})
			settle(t, s)
		}
		if got := guests(); len(got) != 1 || got[0].State != engagement.SignUpAsked || !strings.HasPrefix(got[0].Text, "Wir kommen gern.") || len(got[0].Text) > 502 || len(member.Inbox()) != 0 {
			t.Fatalf("got %+v, answered %v", got, member.Inbox())
		}
		answer(member, true)
		got := of("Accept", member.Inbox())
		if len(got) != 1 {
			t.Fatalf("got %v", member.Inbox())
		}
		inner := got[0].JSON["object"].(map[string]any)
		if inner["id"] != join["id"] || inner["type"] != "Join" || inner["actor"] != member.ID || inner["object"] != s.eventID(o) || !slices.Equal(strs(got[0].JSON["to"]), []string{member.ID}) {
			t.Errorf("got %s", got[0].Body)
		}
		if status := s.get(got[0].JSON["id"].(string)).Status; status != http.StatusNotFound {
			t.Errorf("the answer is shown to everybody: %d", status)
		}
		s.wantsToCome(member, o)
		if len(guests()) != 1 || len(member.Inbox()) != 1 {
			t.Errorf("joined twice: %d", len(guests()))
		}
		s.wantsToCome(second, o)
		answer(second, false)
		if got := of("Reject", second.Inbox()); len(got) != 1 {
			t.Errorf("got %v", second.Inbox())
		}
		t.Run("until it is taken back, by its own actor", func(t *testing.T) {
			third.Post(s.base.Inbox(), third.Activity("Leave", s.eventID(o)))
			third.Post(s.base.Inbox(), third.Activity("Undo", map[string]any{"id": join["id"], "type": "Join", "actor": member.ID, "object": s.eventID(o)}))
			settle(t, s)
			if len(guests()) != 2 {
				t.Fatal("somebody else took it back")
			}
			member.Post(s.base.Inbox(), member.Activity("Leave", s.eventID(o)))
			settle(t, s)
			if got := guests(); len(got) != 1 || got[0].Actor != second.ID {
				t.Errorf("got %+v", got)
			}
			again := s.wantsToCome(third, o)
			third.Post(s.base.Inbox(), third.Activity("Undo", again["id"]))
			settle(t, s)
			if got := guests(); len(got) != 1 {
				t.Errorf("got %+v", got)
			}
		})
		t.Run("and of an actor that is gone nothing is left", func(t *testing.T) {
			second.SetGone()
			second.Post(s.base.Inbox(), second.Activity("Delete", second.ID))
			settle(t, s)
			if got := guests(); len(got) != 0 {
				t.Errorf("got %+v", got)
			}
		})
		t.Run("and one that comes too late is ignored", func(t *testing.T) {
			s.moveOccasion(o, engagement.OccasionCanceled)
			late := host.Actor("late")
			s.wantsToCome(late, o)
			if len(of("Ignore", late.Inbox())) != 1 || len(guests()) != 0 {
				t.Errorf("got %v", late.Inbox())
			}
		})
	})
}

// mobilizon is a group with somebody who writes for it, and an event as Mobilizon sends it.
func mobilizonGroup(w *fedtest.World, clock *storetest.Clock) (group, person *fedtest.Actor, event map[string]any) {
	host := w.Host("mobilizon.test")
	group, person = host.Actor("group"), host.Actor("person")
	group.Change(func(d map[string]any) { d["type"], d["name"] = "Group", "Kiezgruppe" })
	starts := clock.Now().Add(48 * time.Hour)
	return group, person, map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "id": host.URL("/events/1"), "type": "Event", "actor": person.ID, "attributedTo": group.ID,
		"name": "Kiezfest", "content": "<p>Musik <script>alert(1)</script>und <b>Kuchen</b></p>", "url": host.URL("/events/fest"), "category": "COMMUNITY",
		"startTime": starts.Format(time.RFC3339), "endTime": starts.Add(3 * time.Hour).Format(time.RFC3339), "timezone": "Europe/Berlin", "joinMode": "free",
		"status": "CONFIRMED", "ical:status": "CONFIRMED", "published": clock.Now().Format(time.RFC3339), "duration": "P",
		"to": []any{federation.Public}, "cc": []any{group.ID + "/followers"},
		"location": map[string]any{
			"type": "Place", "id": host.URL("/place/1"), "name": "Marktplatz", "latitude": 52.45, "longitude": 13.57,
			"address": map[string]any{"type": "PostalAddress", "streetAddress": "Markt 1", "postalCode": "12555", "addressLocality": "Berlin"},
		},
	}
}

// followActor has the instance follow an actor, which accepts.
func (s *peer) followActor(actor *fedtest.Actor) {
	s.t.Helper()
	found, err := s.service.Elsewhere(s.t.Context(), actor.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	s.update(func(tx *store.Tx) error {
		_, err := engagement.FollowActor(tx, engagement.System, found)
		return err
	})
	settle(s.t, s)
	follow := of("Follow", actor.Inbox())
	if len(follow) != 1 || follow[0].JSON["actor"] != s.base.Actor() || follow[0].JSON["seestern:purpose"] != nil {
		s.t.Fatalf("got %v", actor.Inbox())
	}
	stranger := s.world.Host("stranger.test").Actor("stranger")
	stranger.Post(s.base.Inbox(), stranger.Activity("Accept", follow[0].JSON["id"]))
	settle(s.t, s)
	s.wantFollowed(actor, engagement.FollowedAsked)
	actor.Post(s.base.Inbox(), actor.Activity("Accept", follow[0].JSON))
	settle(s.t, s)
	s.wantFollowed(actor, engagement.FollowedAccepted)
}

func (s *peer) wantFollowed(actor *fedtest.Actor, want engagement.FollowedState) {
	s.t.Helper()
	s.view(func(tx *store.Tx) error {
		f, err := tx.Followed(actor.ID)
		if f.State != want {
			s.t.Errorf("the follow is %s, want %s", f.State, want)
		}
		return err
	})
}

func merged(m map[string]any, more map[string]any) map[string]any {
	m = maps.Clone(m)
	maps.Copy(m, more)
	return m
}

func TestEventsOfWhoIsFollowed(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		group, person, event := mobilizonGroup(s.world, s.clock)
		id := event["id"].(string)
		public := map[string]any{"to": []string{federation.Public}}
		send := func(by *fedtest.Actor, kind string, object any) {
			t.Helper()
			if got := by.Post(s.base.Inbox(), by.Activity(kind, object, public)); got.Status != http.StatusAccepted {
				t.Fatalf("%s is answered %d: %s", kind, got.Status, got.Body)
			}
			s.clock.Forward(time.Second)
			settle(t, s)
		}
		later := func(more map[string]any) map[string]any {
			return merged(merged(event, map[string]any{"updated": s.clock.Now().Format(time.RFC3339)}), more)
		}
		send(person, "Create", event)
		if got := s.occasionCopy(id); got.ID != "" {
			t.Fatalf("an event of somebody whom nobody follows: %+v", got)
		}
		s.followActor(group)
		event["id"] = group.Host.URL("/events/2")
		id = event["id"].(string)
		group.Host.Document("/events/2", event)

		t.Run("wait for a moderator, as plain text", func(t *testing.T) {
			send(person, "Create", event)
			o := s.occasionCopy(id)
			if o.State != engagement.OccasionQueued || o.Said != engagement.OccasionScheduled || o.Author != group.ID || o.Poster != person.ID || o.Organizer != "Kiezgruppe" ||
				o.Text != "Musik und Kuchen" || o.Place.Name != "Marktplatz" || o.Place.Locality != "Berlin" || !o.Place.Exact || o.URL != event["url"] {
				t.Errorf("got %+v", o)
			}
		})
		t.Run("change by their authors alone", func(t *testing.T) {
			other := group.Host.Actor("other") // of the same server
			send(person, "Update", later(map[string]any{"name": "Kiezfest 2"}))
			send(group, "Update", later(map[string]any{"name": "Kiezfest 3", "status": "CANCELLED", "ical:status": "CANCELLED"}))
			if got := s.occasionCopy(id); got.Title != "Kiezfest 3" || got.Said != engagement.OccasionCanceled {
				t.Errorf("got %+v", got)
			}
			send(other, "Update", later(map[string]any{"name": "Gekapert", "attributedTo": other.ID, "actor": other.ID}))
			send(other, "Delete", map[string]any{"id": id, "type": "Tombstone"})
			send(group, "Update", merged(event, map[string]any{"name": "Alt"}))
			if got := s.occasionCopy(id); got.Title != "Kiezfest 3" {
				t.Errorf("got %+v", got)
			}
			got := other.Post(s.base.Inbox(), other.Activity("Update", later(map[string]any{"name": "Gekapert"}), public))
			if got.Status != http.StatusBadRequest {
				t.Errorf("somebody speaks for others: %d", got.Status)
			}
		})
		t.Run("go when their author says so, and do not come back", func(t *testing.T) {
			send(person, "Delete", map[string]any{"id": id, "type": "Tombstone", "formerType": "Event"})
			send(group, "Update", later(nil))
			if got := s.occasionCopy(id); got.ID != "" {
				t.Errorf("got %+v", got)
			}
		})
		t.Run("are read at their origin when the group points to them", func(t *testing.T) {
			event["id"] = group.Host.URL("/events/3")
			group.Host.Document("/events/3", event)
			group.Host.Document("/events/4", merged(event, map[string]any{"id": group.Host.URL("/events/4"), "to": []any{group.ID + "/followers"}}))
			elsewhere := s.world.Host("elsewhere.test")
			elsewhere.Document("/events/5", merged(event, map[string]any{"id": elsewhere.URL("/events/5"), "actor": elsewhere.Actor("a").ID, "attributedTo": elsewhere.Actor("a").ID}))
			for _, object := range []any{group.Host.URL("/events/3"), group.Host.URL("/events/4"), elsewhere.URL("/events/5")} {
				send(group, "Announce", object)
			}
			if got := s.occasionCopy(group.Host.URL("/events/3")); got.Title != "Kiezfest" || got.State != engagement.OccasionQueued {
				t.Errorf("got %+v", got)
			}
			for _, iri := range []string{group.Host.URL("/events/4"), elsewhere.URL("/events/5")} {
				if got := s.occasionCopy(iri); got.ID != "" {
					t.Errorf("%s: %+v", iri, got)
				}
			}
		})
		t.Run("are not for everybody if they do not say so", func(t *testing.T) {
			private := merged(event, map[string]any{"id": group.Host.URL("/events/6"), "to": []any{group.ID + "/followers"}, "cc": []any{federation.Public}})
			group.Post(s.base.Inbox(), group.Activity("Create", private, map[string]any{"to": []string{group.ID + "/followers"}, "cc": []string{federation.Public}}))
			settle(t, s)
			if got := s.occasionCopy(group.Host.URL("/events/6")); got.ID != "" {
				t.Errorf("got %+v", got)
			}
		})
		t.Run("go when nobody follows any more", func(t *testing.T) {
			s.update(func(tx *store.Tx) error { return engagement.UnfollowActor(tx, engagement.System, group.ID) })
			settle(t, s)
			undo := of("Undo", group.Inbox())
			if len(undo) != 1 || undo[0].JSON["object"].(map[string]any)["id"] != of("Follow", group.Inbox())[0].JSON["id"] {
				t.Errorf("got %v", undo)
			}
			if got := s.occasionCopy(group.Host.URL("/events/3")); got.ID != "" {
				t.Errorf("got %+v", got)
			}
		})
	})
}

func TestWhoIsFollowedMoves(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		group, person, event := mobilizonGroup(s.world, s.clock)
		s.followActor(group)
		public := map[string]any{"to": []string{federation.Public}}
		person.Post(s.base.Inbox(), person.Activity("Create", event, public))
		settle(t, s)
		next := s.world.Host("next.test").Actor("kiez")
		move := func() {
			t.Helper()
			got := group.Post(s.base.Inbox(), group.Activity("Move", group.ID, map[string]any{"target": next.ID, "to": []string{group.ID + "/followers"}}))
			if got.Status != http.StatusAccepted {
				t.Fatalf("answered %d: %s", got.Status, got.Body)
			}
			settle(t, s)
		}
		followed := func() (actors []string) {
			s.view(func(tx *store.Tx) error {
				all, err := tx.AllFollowed()
				for _, f := range all {
					actors = append(actors, f.Actor)
				}
				return err
			})
			return actors
		}
		move()
		if got := followed(); !slices.Equal(got, []string{group.ID}) || len(next.Inbox()) != 0 {
			t.Fatalf("the new account does not name the old one, and %v are followed", got)
		}
		next.Change(func(d map[string]any) { d["alsoKnownAs"] = []string{group.ID} })
		move()
		if got := followed(); !slices.Equal(got, []string{next.ID}) || len(of("Follow", next.Inbox())) != 1 {
			t.Errorf("followed are %v, the new account got %v", got, next.Inbox())
		}
		if len(of("Undo", group.Inbox())) != 1 || s.occasionCopy(event["id"].(string)).ID != "" {
			t.Errorf("the old account got %v", group.Inbox())
		}
		move()
		if got := followed(); !slices.Equal(got, []string{next.ID}) || len(of("Follow", next.Inbox())) != 1 {
			t.Errorf("after another Move %v are followed", got)
		}
	})
}

// P-7: what an actor published before it was followed is read from its outbox: five pages of it, and of what stands there only events of
// its own that are for everybody.
func TestTheOutboxOfWhoIsFollowed(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		group, person, event := mobilizonGroup(s.world, s.clock)
		host := group.Host
		other := s.world.Host("other.test").Actor("calendar")
		s.followActor(other)
		foreign := other.Host.URL("/events/1")
		create := func(n string, more map[string]any) map[string]any {
			return map[string]any{"id": host.URL("/activities/" + n), "type": "Create", "actor": person.ID, "object": merged(merged(event, map[string]any{"id": host.URL("/events/" + n)}), more)}
		}
		pages := [][]any{
			{create("1", nil), create("private", map[string]any{"to": []any{group.ID + "/followers"}}), create("others", map[string]any{"attributedTo": person.ID})},
			{
				map[string]any{"id": host.URL("/activities/like"), "type": "Like", "actor": person.ID, "object": merged(event, map[string]any{"id": host.URL("/events/liked")})},
				create("foreign", map[string]any{"id": foreign, "attributedTo": other.ID, "actor": other.ID}), other.Host.URL("/activities/1"), create("2", nil),
			},
			{create("3", nil)},
			{create("4", nil)},
			{create("5", nil)},
			{create("6", nil)},
		}
		outbox := group.ID + "/outbox"
		host.Document("/u/group/outbox", map[string]any{"id": outbox, "type": "OrderedCollection", "totalItems": 99, "first": outbox + "/0"})
		for n, items := range pages {
			host.Document(fmt.Sprintf("/u/group/outbox/%d", n), map[string]any{
				"id": fmt.Sprintf("%s/%d", outbox, n), "type": "OrderedCollectionPage", "partOf": outbox, "next": fmt.Sprintf("%s/%d", outbox, n+1), "orderedItems": items,
			})
		}
		s.followActor(group)
		for name, want := range map[string]bool{"1": true, "2": true, "3": true, "4": true, "5": true, "6": false, "private": false, "others": false, "liked": false} {
			if got := s.occasionCopy(host.URL("/events/" + name)); (got.ID != "") != want {
				t.Errorf("event %s: copied is %t, want %t", name, got.ID != "", want)
			}
		}
		if got := s.occasionCopy(foreign); got.ID != "" {
			t.Errorf("what a server says of an event of another one was believed: %+v", got)
		}
	})
}

func TestWhatIsReadOfAnEvent(t *testing.T) {
	w, clock := newWorld(t)
	_, person, event := mobilizonGroup(w, clock)
	now := clock.Now()
	read := func(more map[string]any) (federation.FoundOccasion, error) {
		t.Helper()
		m := merged(event, more)
		for name, v := range m {
			if v == nil {
				delete(m, name)
			}
		}
		raw, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := federation.Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		return federation.ReadOccasion(decoded, now)
	}
	in := func(d time.Duration) string { return now.Add(d).Format(time.RFC3339) }
	for name, c := range map[string]struct {
		more map[string]any
		rule string
	}{
		"an author of another server":         {map[string]any{"attributedTo": "https://evil.test/u/a"}, "E1"},
		"a writer of another server":          {map[string]any{"actor": "https://evil.test/u/a"}, "E1"},
		"nobody's":                            {map[string]any{"actor": nil, "attributedTo": nil}, "E1"},
		"no name":                             {map[string]any{"name": nil}, "E2"},
		"no beginning":                        {map[string]any{"startTime": nil}, "E2"},
		"a beginning that is none":            {map[string]any{"startTime": "morgen"}, "E2"},
		"an end that is none":                 {map[string]any{"endTime": "später"}, "E2"},
		"an end before the beginning":         {map[string]any{"endTime": in(47 * time.Hour)}, "E2"},
		"an end at the beginning":             {map[string]any{"endTime": event["startTime"]}, "E2"},
		"more than 31 days":                   {map[string]any{"endTime": in(48*time.Hour + engagement.OccasionLength + time.Second)}, "E2"},
		"three years ahead":                   {map[string]any{"startTime": in(3 * 365 * 24 * time.Hour), "endTime": nil}, "E2"},
		"a long name":                         {map[string]any{"name": strings.Repeat("ä", 201)}, "E6"},
		"a long text":                         {map[string]any{"content": strings.Repeat("ä", 20_001)}, "E6"},
		"many tags":                           {map[string]any{"tag": make([]any, 21)}, "E6"},
		"published tomorrow":                  {map[string]any{"published": in(24 * time.Hour)}, "O7"},
		"changed before it was published":     {map[string]any{"updated": in(-time.Hour)}, "O7"},
		"an empty duration, which is ignored": {map[string]any{"duration": ""}, ""},
		"another duration that is none":       {map[string]any{"duration": "PXYZ"}, ""},
		"by the actor alone":                  {map[string]any{"attributedTo": nil}, ""},
	} {
		_, err := read(c.more)
		var v *federation.Violation
		if errors.As(err, &v); err == nil && c.rule != "" || err != nil && (v == nil || v.Rule != c.rule) {
			t.Errorf("%s: %v, want %s", name, err, c.rule)
		}
	}
	place := func(p any) engagement.Place {
		t.Helper()
		f, err := read(map[string]any{"location": p})
		if err != nil {
			t.Errorf("%v: %v", p, err)
		}
		return f.Place
	}
	t.Run("places in every form (E3)", func(t *testing.T) {
		for _, c := range []struct {
			location               any
			name, street, locality string
			lat                    float64
		}{
			{map[string]any{"type": "Place", "name": "Haus", "address": "Markt 1, Berlin", "latitude": "52.5", "longitude": "13.4"}, "Haus", "", "Markt 1, Berlin", 52.5},
			{map[string]any{"type": "Place", "name": "Haus", "address": map[string]any{"streetAddress": "Markt 1", "addressLocality": "Berlin"}, "latitude": 52, "longitude": 13}, "Haus", "Markt 1", "Berlin", 52},
			{[]any{map[string]any{"type": "VirtualLocation", "url": "https://meet.test/"}, map[string]any{"type": "Place", "name": "Haus"}}, "", "", "Haus", 0},
			{"Am alten Markt", "", "", "Am alten Markt", 0},
			{map[string]any{"type": "Place", "name": "Haus", "latitude": "nördlich", "longitude": 13.4}, "", "", "Haus", 0},
			{nil, "", "", "", 0},
		} {
			if got := place(c.location); got.Name != c.name || got.Street != c.street || got.Locality != c.locality || got.Point.Lat != c.lat {
				t.Errorf("%v: got %+v", c.location, got)
			}
		}
		for location, online := range map[string]bool{`{"type":"VirtualLocation","url":"https://meet.test/"}`: true, `"Markt"`: false, `{"type":"Place","name":"Haus"}`: false} {
			f, err := read(map[string]any{"location": json.RawMessage(location), "isOnline": false})
			if err != nil || f.Online != online {
				t.Errorf("%s: online %v, %v", location, f.Online, err)
			}
		}
	})
	t.Run("zones, and offsets in their place (E4)", func(t *testing.T) {
		for zone, want := range map[string]string{"Europe/Berlin": "Europe/Berlin", "Mond/Nord": "-03:30", "": "-03:30", "Local": "-03:30", "../etc/passwd": "-03:30"} {
			f, err := read(map[string]any{"timezone": zone, "startTime": "2026-12-05T10:00:00-03:30", "endTime": nil})
			if err != nil || f.Zone != want || !f.Starts.Equal(at("2026-12-05T13:30:00Z")) || f.Ends.Sub(f.Starts) != time.Hour || f.Located() == nil {
				t.Errorf("%q: got %q, %s to %s, %v", zone, f.Zone, f.Starts, f.Ends, err)
			}
		}
	})
	t.Run("states by both names (E5)", func(t *testing.T) {
		for _, c := range []struct {
			eventStatus, ical, status any
			want                      engagement.OccasionState
		}{
			{"EventCancelled", "CONFIRMED", "CONFIRMED", engagement.OccasionCanceled},
			{"https://schema.org/EventPostponed", nil, nil, engagement.OccasionPostponed},
			{"EventScheduled", "CANCELLED", "CANCELLED", engagement.OccasionScheduled},
			{"EventRescheduled", "CANCELLED", nil, engagement.OccasionScheduled},
			{nil, "CANCELLED", "CONFIRMED", engagement.OccasionCanceled},
			{nil, nil, "CANCELLED", engagement.OccasionCanceled},
			{nil, "TENTATIVE", nil, engagement.OccasionScheduled},
			{nil, nil, nil, engagement.OccasionScheduled},
		} {
			f, err := read(map[string]any{"eventStatus": c.eventStatus, "ical:status": c.ical, "status": c.status})
			if err != nil || f.State != c.want {
				t.Errorf("%+v: got %s, %v", c, f.State, err)
			}
		}
	})
	t.Run("and nothing else that could hurt", func(t *testing.T) {
		f, err := read(map[string]any{"url": "https://evil.test/", "maximumAttendeeCapacity": 1e12, "content": nil, "summary": "<p>Kurz</p>"})
		if err != nil || f.URL != event["id"] || f.Capacity != 0 || f.Text != "Kurz" || f.Poster != person.ID {
			t.Errorf("got %+v, %v", f, err)
		}
	})
}

func TestASeriesReachesFollowersOneByOneAndPartnersAtOnce(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		b.update(func(tx *store.Tx) error {
			_, err := engagement.SetPartner(tx, engagement.System, "a.test", "geprueft", false, "")
			return err
		})
		org, board := a.organization("beispielverein"), a.placeBoard()
		follower, reader := a.world.Host("mastodon.test").Actor("follower"), a.world.Host("lemmy.test").Actor("reader")
		a.follow(org, follower)
		a.join(board, reader)
		o := testOccasion()
		o.Organization, o.Starts = org.ID, a.clock.Now().Add(48*time.Hour)
		o.Ends, o.Place, o.Link = o.Starts.Add(2*time.Hour), koepenick(), ""
		var all []engagement.Occasion
		a.update(func(tx *store.Tx) (err error) {
			if o, err = engagement.AddSeries(tx, engagement.System, o, engagement.Recurrence{Repeat: "woechentlich", Every: 1}, 10); err != nil {
				return err
			}
			all, err = tx.OccasionsInSeries(o.Series)
			return err
		})
		settle(t, a, b)
		creates := func(who *fedtest.Actor) (ids []string) {
			for _, got := range of("Create", who.Inbox()) {
				ids = append(ids, got.JSON["object"].(map[string]any)["id"].(string))
			}
			return ids
		}
		if got := creates(follower); len(got) != 4 || len(announced("", reader.Inbox())) != 4 {
			t.Errorf("followers get %d at once, of the board %d", len(got), len(announced("", reader.Inbox())))
		}
		var series []string
		for _, each := range all {
			d := a.get(a.eventID(each))
			if d.Status != http.StatusOK {
				t.Errorf("%s is answered %d", each.Day, d.Status)
			}
			series = append(series, d.JSON()["seestern:series"].(string))
		}
		if series = slices.Compact(series); len(series) != 1 || a.get(series[0]).Status != http.StatusNotFound {
			t.Errorf("they are of %v", series)
		}
		pass(t, 24*time.Hour, time.Hour, b, a)
		for _, each := range all {
			if got := b.occasionCopy(a.eventID(each)); got.State != engagement.OccasionQueued || got.Series != series[0] || !got.Starts.Equal(each.Starts) {
				t.Errorf("a day later the partner has of %s %+v", each.Day, got)
			}
		}
		b.update(func(tx *store.Tx) error {
			_, err := engagement.DecideOccasion(tx, engagement.System, b.occasionCopy(a.eventID(o)).ID, engagement.DecideApprove, "")
			return err
		})
		for _, each := range all {
			if got := b.occasionCopy(a.eventID(each)); got.State != engagement.OccasionScheduled {
				t.Errorf("released with the first, that of %s is %s", each.Day, got.State)
			}
		}
		a.update(func(tx *store.Tx) error { return engagement.EndSeries(tx, engagement.System, all[2].ID, false) })
		settle(t, a, b)
		if got := of("Update", follower.Inbox()); len(got) != 2 {
			t.Errorf("that it ends, followers hear %d times", len(got))
		}
		if got := creates(follower); len(got) != 4 {
			t.Errorf("a change tells followers of what is far: %d", len(got))
		}
		pass(t, 24*time.Hour, time.Hour, b, a)
		if got := b.occasionCopy(a.eventID(all[9])); got.State != engagement.OccasionCanceled {
			t.Errorf("the partner has the last one as %s", got.State)
		}
	})
}
