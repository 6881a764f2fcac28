package federation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation/fedtest"
	"seestern/geo"
	"seestern/store"
)

// placeBoard makes the board of Köpenick.
func (s *peer) placeBoard(change ...func(*engagement.Board)) engagement.Board {
	s.t.Helper()
	b := testBoard()
	b.Organization = ""
	return s.addBoard(b, change...)
}

func (s *peer) topicBoard(topics ...engagement.Code) engagement.Board {
	s.t.Helper()
	return s.addBoard(engagement.Board{Kind: engagement.TopicBoard, Name: "Thema " + string(topics[0]), Topics: topics})
}

func (s *peer) addBoard(b engagement.Board, change ...func(*engagement.Board)) engagement.Board {
	s.t.Helper()
	for _, c := range change {
		c(&b)
	}
	s.update(func(tx *store.Tx) (err error) {
		b, err = engagement.AddBoard(tx, engagement.System, b)
		return err
	})
	return b
}

// join makes actors of other servers followers of a board.
func (s *peer) join(b engagement.Board, followers ...*fedtest.Actor) {
	s.t.Helper()
	for _, f := range followers {
		if _, got := f.Follow(s.base.BoardID(b)); got.Status != 202 {
			s.t.Fatalf("Follow of %s answered %d: %s", f.ID, got.Status, got.Body)
		}
		s.clock.Forward(time.Second)
	}
	settle(s.t, s)
}

func (s *peer) change(o engagement.Opportunity, change func(*engagement.Opportunity)) engagement.Opportunity {
	s.t.Helper()
	s.clock.Forward(time.Minute)
	s.update(func(tx *store.Tx) (err error) {
		now, err := tx.Opportunity(o.ID)
		if err != nil {
			return err
		}
		change(&now)
		o, err = engagement.SaveOpportunity(tx, engagement.System, now)
		return err
	})
	settle(s.t, s)
	return o
}

func (s *peer) withdraw(o engagement.Opportunity) {
	s.t.Helper()
	s.update(func(tx *store.Tx) error {
		_, err := engagement.WithdrawOpportunity(tx, engagement.System, o.ID)
		return err
	})
	settle(s.t, s)
}

// announced are the Announces with a whole activity of that type inside, or with the empty type those with an id.
func announced(kind string, list []fedtest.Activity) (objects []string) {
	for _, a := range of("Announce", list) {
		switch object := a.JSON["object"].(type) {
		case string:
			if kind == "" {
				objects = append(objects, object)
			}
		case map[string]any:
			if object["type"] == kind {
				objects = append(objects, object["object"].(map[string]any)["id"].(string))
			}
		}
	}
	return objects
}

func TestABoardAnnouncesWhatFits(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		here, topic, far := s.placeBoard(), s.topicBoard("lesepate"), s.placeBoard(func(b *engagement.Board) {
			b.Handle, b.Place.Centroid = "aachen", geo.Point{Lat: 50.77, Lon: 6.08}
		})
		org := s.organization("beispielverein")
		reader, other := s.world.Host("lemmy.test").Actor("reader"), s.world.Host("far.test").Actor("other")
		s.join(here, reader)
		s.join(far, other)
		if got := of("Accept", reader.Inbox()); len(got) != 1 || got[0].JSON["actor"] != s.base.BoardID(here) {
			t.Fatalf("the Follow was answered by %v", reader.Inbox())
		}
		o := s.opportunity(org, "Vorlesen in der Grundschule")
		settle(t, s)
		id, create := s.base.OpportunityID(o), map[string]any{}
		t.Run("as the activity and as a pointer", func(t *testing.T) {
			if got := announced("Create", reader.Inbox()); !slices.Equal(got, []string{id}) {
				t.Errorf("whole activities: %v", got)
			}
			if got := announced("", reader.Inbox()); !slices.Equal(got, []string{id}) {
				t.Errorf("pointers: %v", got)
			}
			a := of("Announce", reader.Inbox())[0].JSON
			if create = a["object"].(map[string]any); a["actor"] != s.base.BoardID(here) || a["cc"].([]any)[0] != s.base.BoardID(here)+"/followers" || create["@context"] != nil {
				t.Errorf("got %v", a)
			}
			if len(of("Create", reader.Inbox())) != 0 {
				t.Error("who follows only the board got the activity of the organization beside it")
			}
		})
		t.Run("and all of them can be read", func(t *testing.T) {
			for _, a := range of("Announce", reader.Inbox()) {
				if got := s.get(a.JSON["id"].(string)); got.Status != 200 {
					t.Errorf("%s is answered %d", a.JSON["id"], got.Status)
				}
			}
			if got := s.get(create["id"].(string)); got.Status != 200 {
				t.Errorf("the Create is answered %d", got.Status)
			}
		})
		t.Run("named in audience and cc", func(t *testing.T) {
			d := s.get(id).JSON()
			cc := d["cc"].([]any)
			if d["audience"] != s.base.BoardID(here) || !slices.Contains(cc, any(s.base.BoardID(topic))) || slices.Contains(cc, any(s.base.BoardID(far))) {
				t.Errorf("audience %v, cc %v", d["audience"], cc)
			}
		})
		t.Run("not on a board elsewhere", func(t *testing.T) {
			if got := of("Announce", other.Inbox()); len(got) != 0 {
				t.Errorf("got %v", got)
			}
		})
		t.Run("again when it matters, and every change comes from its author", func(t *testing.T) {
			o = s.change(o, func(o *engagement.Opportunity) { o.Summary = "Neue Zusammenfassung." })
			if got := announced("Update", reader.Inbox()); len(got) != 0 {
				t.Errorf("announced after a small change: %v", got)
			}
			o = s.change(o, func(o *engagement.Opportunity) { o.MinAge = 18 })
			if got := announced("Update", reader.Inbox()); !slices.Equal(got, []string{id}) {
				t.Errorf("announced after a material change: %v", got)
			}
			if got := len(of("Update", reader.Inbox())); got != 2 {
				t.Errorf("got %d Updates, want 2", got)
			}
			if got := announced("", reader.Inbox()); len(got) != 1 {
				t.Errorf("pointed to %d times", len(got))
			}
		})
		t.Run("on another board after it has moved", func(t *testing.T) {
			o = s.change(o, func(o *engagement.Opportunity) { o.Places[0].Centroid = geo.Point{Lat: 50.771, Lon: 6.081} })
			if got := announced("", other.Inbox()); !slices.Equal(got, []string{id}) {
				t.Errorf("got %v", got)
			}
		})
		t.Run("and takes it back from everybody who got it", func(t *testing.T) {
			s.withdraw(o)
			for _, a := range []*fedtest.Actor{reader, other} {
				if got := of("Delete", a.Inbox()); len(got) != 1 || got[0].JSON["actor"] != s.base.OrganizationID(org) {
					t.Errorf("%s got %v", a.ID, got)
				}
			}
		})
		t.Run("which its outbox knows", func(t *testing.T) {
			stays := s.opportunity(org, "Garten pflegen am Nachmittag")
			settle(t, s)
			outbox := s.get(s.base.BoardID(here) + "/outbox").JSON()
			items := s.get(outbox["first"].(string)).JSON()["orderedItems"].([]any)
			if len(items) != 1 || items[0].(map[string]any)["object"] != s.base.OpportunityID(stays) || outbox["totalItems"] != 1.0 {
				t.Errorf("got %v", items)
			}
		})
	})
}

func TestABoardAnnouncesNewsOfItsPlace(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		here, topic := s.placeBoard(), s.topicBoard("lesepate")
		org := s.organization("beispielverein")
		reader, other := s.world.Host("good.test").Actor("reader"), s.world.Host("far.test").Actor("other")
		s.join(here, reader)
		s.join(topic, other)
		a := s.announce(org, "Sprechstunde: mittwochs.")
		settle(t, s)
		id := testCodec(t, s.base.String()).AnnouncementID(a)
		if got := announced("", reader.Inbox()); !slices.Equal(got, []string{id}) {
			t.Errorf("got %v", got)
		}
		if got := of("Announce", other.Inbox()); len(got) != 0 {
			t.Errorf("news on a topic: %v", got)
		}
		t.Run("until its organization is gone", func(t *testing.T) {
			s.update(func(tx *store.Tx) error { return engagement.DissolveOrganization(tx, engagement.System, org.ID) })
			settle(t, s)
			got := of("Delete", reader.Inbox())
			if len(got) != 2 || got[0].JSON["object"].(map[string]any)["id"] != id || got[1].JSON["object"] != s.base.OrganizationID(org) {
				t.Errorf("got %d: %v", len(got), got)
			}
		})
	})
}

func TestWhatIsNotPublicIsOnNoBoard(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		b, org := s.placeBoard(), s.organization("beispielverein")
		reader := s.world.Host("good.test").Actor("reader")
		s.join(b, reader)
		for _, visibility := range []engagement.Code{"verbund", "instanz", "intern"} {
			s.opportunity(org, "Vorlesen "+string(visibility), func(o *engagement.Opportunity) { o.Visibility = visibility })
		}
		settle(t, s)
		if got := of("Announce", reader.Inbox()); len(got) != 0 {
			t.Errorf("announced: %s", got[0].Body)
		}
		t.Run("and leaves it when it is not any more", func(t *testing.T) {
			o := s.opportunity(org, "Vorlesen in der Grundschule")
			settle(t, s)
			s.change(o, func(o *engagement.Opportunity) { o.Visibility = "verbund" })
			if got := of("Delete", reader.Inbox()); len(got) != 1 {
				t.Errorf("got %d Deletes", len(got))
			}
			if got := s.get(s.base.BoardID(b) + "/outbox").JSON()["totalItems"]; got != 0.0 {
				t.Errorf("its outbox has %v", got)
			}
		})
	})
}

func TestADeleteOvertakesWhatABoardHasNotSaidYet(t *testing.T) {
	s, org := newInstance(t)
	b := s.placeBoard()
	reader := s.world.Host("good.test").Actor("reader")
	s.join(b, reader)
	reader.Host.Close()
	o := s.opportunity(org, "Vorlesen in der Grundschule")
	settle(t, s)
	s.withdraw(o)
	reader.Host.Reopen()
	pass(t, 2*time.Hour, 10*time.Minute, s)
	if got := append(announced("Create", reader.Inbox()), announced("", reader.Inbox())...); len(got) != 0 {
		t.Errorf("announced after it was withdrawn: %v", got)
	}
	if got := of("Delete", reader.Inbox()); len(got) != 1 {
		t.Errorf("got %d Deletes", len(got))
	}
}

func TestABoardAsOthersSeeIt(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		b := h.placeBoard(func(b *engagement.Board) { b.Organization = h.org.ID })
		id := h.base.BoardID(b)
		t.Run("has a name and a page", func(t *testing.T) {
			for _, resource := range []string{"acct:koepenick@me.test", "Koepenick@me.test", id, "https://me.test/orte/koepenick"} {
				got := h.get(h.base.String() + "/.well-known/webfinger?resource=" + resource)
				if got.Status != 200 || got.JSON()["subject"] != "acct:koepenick@me.test" {
					t.Errorf("%s is answered %d %s", resource, got.Status, got.Body)
				}
			}
			if got := h.get(h.base.String() + "/.well-known/webfinger?resource=https://me.test/themen/koepenick"); got.Status != 404 {
				t.Errorf("another page is answered %d", got.Status)
			}
		})
		t.Run("names who looks after it", func(t *testing.T) {
			d := h.get(h.get(id).JSON()["attributedTo"].(string)).JSON()
			if got := d["orderedItems"].([]any); len(got) != 1 || got[0] != h.orgIRI() {
				t.Errorf("got %v", got)
			}
		})
		t.Run("has no moderators of organizations", func(t *testing.T) {
			if got := h.get(h.orgIRI() + "/moderators"); got.Status != 404 {
				t.Errorf("got %d", got.Status)
			}
		})
		good := h.actor("good.test", "remote_good")
		t.Run("counts its followers and names nobody", func(t *testing.T) {
			h.join(b, good)
			h.join(b, good)
			if d := h.get(id + "/followers").JSON(); d["totalItems"] != 1.0 || d["orderedItems"] != nil {
				t.Errorf("got %v", d)
			}
		})
		t.Run("answers a direct message once", func(t *testing.T) {
			ada := h.actor("good.test", "ada", person)
			for range 2 {
				h.wantAt(ada, id+"/inbox", noteOf(ada, "Was kann ich tun?", map[string]any{"to": []string{id}}), 202)
			}
			settle(t, h.peer)
			got := of("Create", ada.Inbox())
			if len(got) != 1 || got[0].JSON["actor"] != id || !strings.Contains(string(got[0].Body), "/orte/koepenick") {
				t.Errorf("got %v", got)
			}
		})
		t.Run("tells its followers when it changes", func(t *testing.T) {
			b.Name = "Köpenick hilft"
			h.update(func(tx *store.Tx) (err error) {
				b, err = engagement.EditBoard(tx, engagement.System, b)
				return err
			})
			settle(t, h.peer)
			got := of("Update", good.Inbox())
			if len(got) != 1 || got[0].JSON["object"].(map[string]any)["name"] != "Köpenick hilft" {
				t.Errorf("got %v", got)
			}
		})
		t.Run("gets a new key like everybody", func(t *testing.T) {
			key, err := h.service.RotateKey(t.Context(), id, false)
			if err != nil || key != id+"#key-2" {
				t.Errorf("got %s, %v", key, err)
			}
		})
		t.Run("can be left, and followed no more once it has ended", func(t *testing.T) {
			h.update(func(tx *store.Tx) error {
				_, err := engagement.ArchiveBoard(tx, engagement.System, b.ID, true)
				return err
			})
			before := len(good.Inbox())
			h.opportunity(h.org, "Vorlesen im Seniorenheim")
			late := h.actor("late.test", "late")
			h.wantAt(late, id+"/inbox", late.Activity("Follow", id), 202)
			settle(t, h.peer)
			for _, a := range good.Inbox()[before:] {
				if a.Type() == "Announce" {
					t.Errorf("announced: %s", a.Body)
				}
			}
			if got := late.Inbox(); len(got) != 0 {
				t.Errorf("answered: %v", got)
			}
			if d := h.get(id).JSON(); d["discoverable"] != false {
				t.Errorf("got %v", d)
			}
			h.wantAt(good, id+"/inbox", good.Activity("Undo", map[string]any{"type": "Follow", "actor": good.ID, "object": id}), 202)
			if d := h.get(id + "/followers").JSON(); d["totalItems"] != 0.0 {
				t.Errorf("still followed by %v", d["totalItems"])
			}
		})
	})
}

// The Follow of a board by mode (protocol.md §1.4), and what becomes of it when the mode is narrowed.
func TestWhoMayFollowABoard(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		b := h.placeBoard()
		id := h.base.BoardID(b)
		stranger, partner := h.actor("far.test", "stranger"), h.actor("good.test", "friend")
		h.join(b, stranger, partner)
		h.setStanding("dim.test", store.Limited)
		dim := h.actor("dim.test", "dim")
		h.want(dim, dim.Activity("Follow", id), 202)
		settle(t, h.peer)
		if got := of("Accept", dim.Inbox()); len(got) != 0 {
			t.Error("a limited host was accepted at once")
		}
		h.setMode("partners")
		h.want(stranger, stranger.Activity("Follow", id), 403)
		h.want(partner, partner.Activity("Follow", id), 202)
		h.opportunity(h.org, "Vorlesen im Seniorenheim")
		settle(t, h.peer)
		if got := len(of("Announce", partner.Inbox())); got != 2 {
			t.Errorf("the partner got %d Announces", got)
		}
		if got := len(of("Announce", stranger.Inbox())); got != 0 {
			t.Errorf("the stranger got %d Announces", got)
		}
		if d := h.get(id).JSON(); d["summary"] != nil || d["location"] != nil || d["publicKey"] == nil {
			t.Errorf("unsigned readers get %v", d)
		}
		h.setMode("off")
		h.want(partner, partner.Activity("Follow", id), 404)
		if got := h.get(id).Status; got != 404 {
			t.Errorf("off: got %d", got)
		}
	})
}

func TestCollectionsNameTheBoards(t *testing.T) {
	s, org := newInstance(t)
	b := s.placeBoard()
	s.opportunity(org, "Vorlesen in der Grundschule")
	s.announce(org, "Sprechstunde: mittwochs.")
	for _, page := range []string{s.base.OrganizationID(org) + "/outbox?cursor=0", s.base.Opportunities() + "?cursor=0"} {
		for _, item := range s.get(page).JSON()["orderedItems"].([]any) {
			d := item.(map[string]any)
			if d["audience"] != s.base.BoardID(b) || !slices.Contains(d["cc"].([]any), any(s.base.BoardID(b))) {
				t.Errorf("%s: %v", page, d)
			}
		}
	}
}
