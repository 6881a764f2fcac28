package federation_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
)

func TestFollowersGetANoteInsteadOfTheEvent(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org, board := a.organization("beispielverein"), a.placeBoard()
		follower, reader := a.world.Host("mastodon.test").Actor("follower"), a.world.Host("lemmy.test").Actor("reader")
		a.follow(org, follower)
		a.join(board, reader)
		org.EventNotes = true
		a.update(func(tx *store.Tx) error {
			now, err := tx.Organization(org.ID)
			if err != nil {
				return err
			}
			now.EventNotes = true
			_, err = engagement.EditOrganization(tx, engagement.System, now)
			return err
		})
		o := a.occasion(org)
		settle(t, a, b)
		id, note := a.eventID(o), a.base.ID(federation.KindNote, string(o.ID))
		object := func(kind string, who *fedtest.Actor) (objects []map[string]any) {
			for _, got := range of(kind, who.Inbox()) {
				if o, ok := got.JSON["object"].(map[string]any); ok && (o["id"] == id || o["id"] == note) {
					objects = append(objects, o)
				}
			}
			return objects
		}
		t.Run("which says the same", func(t *testing.T) {
			got := object("Create", follower)
			if len(got) != 1 || got[0]["id"] != note || got[0]["type"] != "Note" || got[0]["name"] != nil || !strings.Contains(got[0]["content"].(string), o.Title) || !strings.Contains(got[0]["content"].(string), "/termine/"+o.Code) {
				t.Fatalf("the follower got %v", got)
			}
			d := a.get(note)
			if d.Status != http.StatusOK || d.JSON()["seestern:event"] != id || d.JSON()["content"] != got[0]["content"] {
				t.Errorf("read, it is %s", d.Body)
			}
		})
		t.Run("while boards and partners have the event", func(t *testing.T) {
			if got := announced("", reader.Inbox()); !slices.Equal(got, []string{id}) {
				t.Errorf("the board pointed to %v", got)
			}
			if got := strs(a.get(id).JSON()["cc"]); slices.Contains(got, a.base.OrganizationID(org)+"/followers") {
				t.Errorf("the event is for %v", got)
			}
			if got := b.occasionCopy(id); got.Title != o.Title {
				t.Errorf("the partner has %+v", got)
			}
			if got := b.newsCopy(note); got.ID != "" {
				t.Errorf("the partner took the note for news: %+v", got)
			}
		})
		t.Run("and can answer", func(t *testing.T) {
			follower.Post(a.base.Inbox(), noteOf(follower, "Ist der Weg stufenlos?", map[string]any{"inReplyTo": note, "to": []string{federation.Public}, "cc": []string{a.base.OrganizationID(org)}}))
			follower.Post(a.base.Inbox(), follower.Activity("Like", note))
			settle(t, a)
			a.view(func(tx *store.Tx) error {
				replies, err := tx.RepliesToRelease(9)
				if len(replies) != 1 || replies[0].Subject != o.ID {
					t.Errorf("got %+v", replies)
				}
				return err
			})
		})
		t.Run("and hears of every change", func(t *testing.T) {
			a.moveOccasion(o, engagement.OccasionCanceled)
			settle(t, a, b)
			if got := object("Update", follower); len(got) != 1 || got[0]["id"] != note || !strings.Contains(got[0]["content"].(string), "Fällt aus") {
				t.Errorf("the follower got %v", got)
			}
			if got := object("Update", reader); len(got) != 1 || got[0]["id"] != id {
				t.Errorf("the reader got %v", got)
			}
			a.clock.Forward(time.Minute)
			a.update(func(tx *store.Tx) error {
				_, err := engagement.DecideOccasion(tx, engagement.System, o.ID, engagement.DecideHide, "sonstiges")
				return err
			})
			if got := a.get(note); strings.Contains(string(got.Body), o.Title) {
				t.Errorf("hidden, it is %s", got.Body)
			}
			a.update(func(tx *store.Tx) error { return engagement.RemoveOccasion(tx, engagement.System, o.ID) })
			settle(t, a, b)
			if got := object("Delete", follower); len(got) != 1 || got[0]["id"] != note || got[0]["formerType"] != "Note" {
				t.Errorf("the follower got %v", got)
			}
			if got := object("Delete", reader); len(got) != 1 || got[0]["id"] != id {
				t.Errorf("the reader got %v", got)
			}
			if got := a.get(note); got.Status != http.StatusGone {
				t.Errorf("answered %d", got.Status)
			}
		})
		t.Run("but not what was published without", func(t *testing.T) {
			if got := a.get(a.base.ID(federation.KindNote, string(a.announce(org, "Neues").ID))); got.Status != http.StatusNotFound {
				t.Errorf("answered %d", got.Status)
			}
		})
	})
}
