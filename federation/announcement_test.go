package federation_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
)

func TestALongAnnouncementTravelsAsArticle(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		org := s.organization("beispielverein")
		reader := s.world.Host("good.test").Actor("reader")
		s.follow(org, reader)
		var a engagement.Announcement
		s.update(func(tx *store.Tx) (err error) {
			a, err = engagement.Announce(tx, engagement.System, org.ID, engagement.News{Title: "Vorlesen zu dritt", Teaser: "Klappt das?", Text: "Ja, **sehr gut**."})
			return err
		})
		settle(t, s)
		s.clock.Forward(time.Minute)
		s.update(func(tx *store.Tx) error {
			_, err := engagement.EditAnnouncement(tx, engagement.System, a.ID, engagement.News{Title: "Vorlesen zu viert", Teaser: "Klappt das?", Text: strings.Repeat("Sehr gut. ", 2000)})
			return err
		})
		settle(t, s)
		s.clock.Forward(time.Minute)
		s.update(func(tx *store.Tx) error { return engagement.WithdrawAnnouncement(tx, engagement.System, a.ID) })
		settle(t, s)
		object := func(kind string) map[string]any {
			t.Helper()
			for _, r := range reader.Inbox() {
				if r.JSON["type"] == kind {
					return r.JSON["object"].(map[string]any)
				}
			}
			t.Fatalf("no %s came", kind)
			return nil
		}
		create, update, gone := object("Create"), object("Update"), object("Delete")
		if create["type"] != "Article" || create["name"] != "Vorlesen zu dritt" || create["summary"] != "Klappt das?" || create["content"] != "<p>Ja, <strong>sehr gut</strong>.</p>" {
			t.Errorf("Create: got %v", create)
		}
		if got, _ := json.Marshal(create["preview"]); !strings.Contains(string(got), "Klappt das? ") || strings.Contains(string(got), "Klappt das?:") {
			t.Errorf("preview: got %s", got)
		}
		if update["name"] != "Vorlesen zu viert" || !strings.Contains(update["content"].(string), "Sehr gut. Sehr gut.") || update["updated"] == nil {
			t.Errorf("Update: got %v", update)
		}
		if gone["type"] != "Tombstone" || gone["formerType"] != "Article" {
			t.Errorf("Delete: got %v", gone)
		}
	})
}

func TestADocumentHoldsTheLongestText(t *testing.T) {
	c := testCodec(t, "https://a.example")
	for name, text := range map[string]string{
		"in Latin letters":        strings.Repeat("ä", engagement.LongAnnouncementLimit/2) + strings.Repeat("a", engagement.LongAnnouncementLimit/2),
		"of characters of 4 byte": strings.Repeat("🌊", engagement.LongAnnouncementLimit),
		"that HTML makes longer":  strings.Repeat("<", engagement.LongAnnouncementLimit),
		"of links":                strings.Repeat("[a](https://a.b) ", engagement.LongAnnouncementLimit/17),
	} {
		n := longAnnouncement()
		n.Text = text
		d, err := c.Announcement(n, testOrganization())
		if err == nil {
			_, err = c.Create("c2445566-9999-4aaa-8bbb-ccccddddeeee", n.Published, d).Bytes()
		}
		if err != nil {
			t.Errorf("a text %s: %v", name, err)
		}
	}
}
