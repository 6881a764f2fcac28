package federation_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/federation/fedtest"
	"seestern/store"
)

// guest is an actor whose id may be any address of its host.
type guest struct {
	*fedtest.Actor
	id string
}

// guest serves an actor at an address and makes the instance know it.
func (h *house) guest(id string, change ...func(map[string]any)) guest {
	h.t.Helper()
	host, path, _ := strings.Cut(strings.TrimPrefix(id, "https://"), "/")
	g := guest{h.world.Host(host).Actor("key"), id}
	document := g.Document()
	document["id"], document["inbox"] = id, id+"/inbox"
	key := document["publicKey"].(map[string]any)
	key["id"], key["owner"] = id+"#main-key", id
	for _, c := range change {
		c(document)
	}
	g.Host.Document("/"+path, document)
	if got := g.post(h, g.Activity("View", h.oppIRI(), map[string]any{"actor": id})); got != 202 {
		h.t.Fatalf("%s: got status %d", id, got)
	}
	return g
}

func (g guest) post(h *house, activity any) int {
	return g.PostSigned(h.base.Inbox(), activity, fedtest.Signing{KeyID: g.id + "#main-key"}).Status
}

func TestC4DeliveriesOfOtherServersHaveTheirEffect(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		local := strings.NewReplacer("https://a.example", h.base.String(), orgKey, string(h.org.ID), opportunityKey, string(h.opp.ID))
		h.befriend("market.example", func(p *engagement.Partner) { p.Capability = "fep-0837" })
		for _, tt := range []struct {
			file string
			of   string
			want func() bool
		}{
			{"Follow from GoToSocial", "https://gts.example/users/member_a", func() bool { return len(h.followers()) == 1 }},
			{"Undo of a Follow from GoToSocial", "https://gts.example/users/member_a", func() bool { return len(h.followers()) == 0 }},
			{"Like from Misskey", "https://misskey.example/users/9abc", func() bool { return len(h.reactions(engagement.Like)) == 1 }},
			{"Announce from Mastodon", "https://m.example/users/member_a", func() bool { return len(h.reactions(engagement.Share)) == 1 }},
			{"Reply from Misskey", "https://misskey.example/users/9abc", func() bool {
				got := h.reactions(engagement.Reply)
				return len(got) == 1 && got[0].Text == "Geht das auch mittwochs?" && !got[0].Shown
			}},
			{"Direct message from Mastodon", "https://m.example/users/member_a", func() bool {
				got := h.requests()
				return len(got) == 1 && got[0].Via == "fediverse" && strings.Contains(got[0].Text, "Ich möchte gern vorlesen.")
			}},
			{"Delete from Mastodon", "https://m.example/users/member_a", func() bool { return len(h.requests()) == 1 }},
			{"Delete from tootik", "https://tootik.example/user/member_a", func() bool { return len(h.reactions(engagement.Reply)) == 1 }},
			{"Accept of a Follow from tootik", "https://tootik.example/user/member_a", func() bool { return h.partner("good.test").State == engagement.PartnerActive }},
			{"Undo by id from Pleroma", "https://pleroma.example/users/member_a", func() bool { return len(h.reactions(engagement.Like)) == 1 }},
			{"Flag from Mastodon", "https://m.example/actor", func() bool {
				got := h.reports()
				return len(got) == 1 && got[0].Object == h.opp.ID && got[0].Text == "Das ist Werbung."
			}},
			{"Flag from GoToSocial", "https://gts.example/users/gts.example", func() bool { return len(h.reports()) == 2 }},
			{"Flag from Lemmy", "https://lemmy.example/u/member_a", func() bool {
				got := h.reports()
				return len(got) == 3 && slices.ContainsFunc(got, func(r engagement.Report) bool { return r.Text == "spam" })
			}},
			{"Unknown activity", "https://x.example/a", func() bool { return true }},
			{"Offer from a peer of FEP-0837 alone", "https://market.example/users/member_a", func() bool {
				got := h.requests()
				return len(got) == 2 && (got[0].Home == "market.example" || got[1].Home == "market.example")
			}},
		} {
			t.Run(tt.file, func(t *testing.T) {
				raw, err := os.ReadFile(filepath.Join("testdata", "others", tt.file+".json"))
				h.check(err)
				g := h.guest(tt.of, person)
				if got := g.post(h, []byte(local.Replace(string(raw)))); got != 202 {
					t.Errorf("got status %d", got)
				}
				if !tt.want() {
					t.Error("it has not the effect it should have")
				}
				settle(t, h.peer)
			})
		}
	})
}

// TestCorpusNeverFails takes every recorded document through the inbox: as it is, with another actor, and as the object of something
// published. Whatever it says, it is not our fault.
func TestCorpusNeverFails(t *testing.T) {
	var h *house
	var g guest
	posted := 0
	eachRecorded(t, func(r recorded) {
		if h == nil {
			h = newHouse(t)
			h.befriend("zoo.example")
			g = h.guest("https://zoo.example/keeper", indexable)
		}
		object, _ := r.document["object"].(map[string]any)
		own := func(m map[string]any) map[string]any {
			if m == nil {
				return nil
			}
			m = with(map[string]any{}, m)
			m["id"], m["attributedTo"] = g.Activity("", nil)["id"], g.id
			return m
		}
		for _, activity := range []map[string]any{
			with(with(map[string]any{}, r.document), map[string]any{"actor": g.id, "id": g.Activity("", nil)["id"]}),
			with(with(map[string]any{}, r.document), map[string]any{"actor": g.id, "id": g.Activity("", nil)["id"], "object": own(object)}),
			g.Activity("Create", own(r.document), map[string]any{"actor": g.id}),
			g.Activity("Update", own(object), map[string]any{"actor": g.id}),
			g.Activity("Undo", r.document, map[string]any{"actor": g.id}),
		} {
			posted++
			if got := g.post(h, activity); got >= 500 {
				t.Errorf("%s as %v: got status %d", r.name, activity["type"], got)
			}
		}
	})
	h.view(func(tx *store.Tx) error {
		parked, err := tx.Jobs("arrival", store.Parked, 10)
		if len(parked) > 0 || posted < 100 {
			t.Errorf("%d activities, put aside: %v", posted, parked)
		}
		return err
	})
	t.Logf("%d activities", posted)
}
