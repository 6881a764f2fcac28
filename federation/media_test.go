package federation_test

import (
	"strings"
	"testing"

	"seestern/engagement"
)

// D9: images of others are neither loaded nor kept, whatever they are attached to: an actor, an opportunity, an event, an answer or a message.
// Pages have no place for them either: TestTemplatesShowNoForeignMedia.
func TestMediaOfOthersAreNotLoaded(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		media := h.world.Host("media.test")
		picture := func(name string) map[string]any {
			return map[string]any{"type": "Image", "mediaType": "image/png", "url": media.URL("/" + name + ".png"), "name": "Ein Bild"}
		}
		document := func(name string) []any {
			return []any{map[string]any{"type": "Document", "mediaType": "image/jpeg", "url": media.URL("/" + name + ".jpg")}}
		}
		shows := func(kind string) func(map[string]any) {
			return func(d map[string]any) {
				d["type"], d["indexable"], d["icon"], d["image"] = kind, true, picture("icon"), picture("header")
			}
		}
		h.befriend("pictures.test")
		org := h.actor("pictures.test", "org", shows("Organization"))
		one := h.actor("social.test", "one", shows("Person"))

		h.want(one, one.Activity("Follow", h.orgIRI()), 202)
		h.want(org, carry(org, "Create", h.proposal(org, "/opp/a", map[string]any{"attachment": document("opportunity"), "icon": picture("opportunity")})), 202)
		if _, there := h.copied("https://pictures.test/opp/a"); !there {
			t.Fatal("the opportunity was not copied")
		}
		images := `<p>Schön! <img src="` + media.URL("/inline.png") + `" alt="Bild"></p>`
		h.want(one, noteOf(one, images, map[string]any{
			"inReplyTo": h.oppIRI(), "to": []string{public}, "cc": []string{h.orgIRI()}, "attachment": document("answer"),
			"tag": []any{map[string]any{"type": "Emoji", "name": ":stern:", "icon": picture("emoji")}},
		}), 202)
		h.want(one, noteOf(one, images, map[string]any{"to": []string{h.orgIRI()}, "attachment": document("message")}), 202)
		settle(t, h.peer)

		if replies, messages := h.reactions(engagement.Reply), h.messages(h.org.ID); len(replies) != 1 || len(messages) != 1 {
			t.Errorf("got %d answers and %d messages, want one of each", len(replies), len(messages))
		}
		for table, rows := range h.dump() {
			if text := strings.Join(rows, "\n"); strings.Contains(text, "media.test") && table != "raw_document" { // as it came, for a look at what was said
				t.Errorf("%s keeps %s", table, text)
			}
		}
		if got := media.Requests(); len(got) != 0 {
			t.Errorf("%d requests for media, the first for %s", len(got), got[0].Target)
		}
	})
}
