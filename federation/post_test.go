package federation_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
)

// What a followed actor publishes besides events is kept as a link with a title (protocol.md §6.3); what others publish is not.
func TestPostsOfWhoIsFollowed(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		group, _, _ := mobilizonGroup(s.world, s.clock)
		public := map[string]any{"to": []string{federation.Public}}
		post := func(name string, more map[string]any) map[string]any {
			return merged(map[string]any{
				"id": group.Host.URL("/p/" + name), "type": "Article", "attributedTo": group.ID, "name": "Bericht " + name, "content": "<p>Viel Text</p>",
				"url": group.Host.URL("/seite/" + name), "published": s.clock.Now().Format(time.RFC3339), "to": []string{federation.Public},
			}, more)
		}
		send := func(by *fedtest.Actor, kind string, object any) {
			t.Helper()
			if got := by.Post(s.base.Inbox(), by.Activity(kind, object, public)); got.Status != http.StatusAccepted {
				t.Fatalf("%s is answered %d: %s", kind, got.Status, got.Body)
			}
			s.clock.Forward(time.Second)
			settle(t, s)
		}
		titles := func() (list []string) {
			s.view(func(tx *store.Tx) error {
				f, err := tx.Followed(group.ID)
				for _, p := range f.Posts {
					list = append(list, p.Title+" "+p.URL[len(group.Host.URL("")):])
				}
				return err
			})
			return list
		}
		want := func(want ...string) {
			t.Helper()
			if got := titles(); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		s.followActor(group)

		send(group, "Create", post("0", map[string]any{"to": []string{group.ID + "/followers"}}))
		send(group, "Create", post("0", map[string]any{"inReplyTo": "https://elsewhere.test/1"}))
		send(group, "Create", post("0", map[string]any{"name": "", "content": "<p> </p>"}))
		send(group, "Create", post("0", map[string]any{"published": s.clock.Now().Add(time.Hour).Format(time.RFC3339)}))
		want()
		send(group, "Create", post("1", nil))
		send(group, "Create", post("2", map[string]any{"type": "Question", "name": nil, "content": "<p>Wann passt es?</p>", "url": nil}))
		send(group, "Create", post("3", map[string]any{"type": "Video", "url": []any{map[string]any{"type": "Link", "mediaType": "text/html", "href": group.Host.URL("/film")}}}))
		want("Bericht 3 /film", "Wann passt es? /p/2", "Bericht 1 /seite/1")

		// Only its author changes or deletes one, and what was deleted does not come back.
		other := group.Host.Actor("other")
		update := post("1", map[string]any{"name": "Neuer Bericht", "updated": s.clock.Now().Format(time.RFC3339)})
		send(other, "Update", merged(update, map[string]any{"attributedTo": []string{group.ID, other.ID}, "name": "Gekapert"}))
		send(other, "Delete", group.Host.URL("/p/1"))
		send(group, "Update", update)
		send(group, "Update", post("1", map[string]any{"name": "Alt"}))
		want("Bericht 3 /film", "Wann passt es? /p/2", "Neuer Bericht /seite/1")
		send(group, "Delete", group.Host.URL("/p/2"))
		send(group, "Create", post("2", map[string]any{"type": "Question"}))
		want("Bericht 3 /film", "Neuer Bericht /seite/1")

		// What an admin hid stays hidden when it changes.
		s.update(func(tx *store.Tx) error {
			return engagement.HideFollowedPost(tx, engagement.System, group.ID, group.Host.URL("/p/1"), true)
		})
		send(group, "Update", merged(update, map[string]any{"updated": s.clock.Now().Format(time.RFC3339)}))
		s.view(func(tx *store.Tx) error {
			f, err := tx.Followed(group.ID)
			if err == nil && !f.Posts[1].Hidden {
				t.Error("it is shown again")
			}
			return err
		})

		// Ten are enough.
		for n := range 12 {
			send(group, "Create", post(string(rune('a'+n)), nil))
		}
		if got := titles(); len(got) != 10 || got[0] != "Bericht l /seite/l" {
			t.Errorf("got %q", got)
		}
		send(group, "Delete", group.ID)
		s.view(func(tx *store.Tx) error {
			if f, err := tx.Followed(group.ID); err == nil {
				t.Errorf("the actor is gone, and its posts are there: %+v", f)
			}
			return nil
		})
	})
}
