package federation_test

import (
	"errors"
	"fmt"
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

// newsCopy is the copy of a piece of news; the zero value if there is none.
func (s *peer) newsCopy(iri string) (n engagement.Announcement) {
	s.t.Helper()
	s.view(func(tx *store.Tx) (err error) {
		n, err = tx.AnnouncementByIRI(iri)
		if errors.Is(err, engagement.ErrNotFound) {
			return nil
		}
		return err
	})
	return n
}

// shownNews are the texts of what an instance shows, newest first.
func (s *peer) shownNews() (texts []string) {
	s.t.Helper()
	s.view(func(tx *store.Tx) error {
		list, err := tx.Announcements(time.Time{}, "", 100)
		for _, n := range list {
			texts = append(texts, n.Text)
		}
		return err
	})
	return texts
}

func (s *peer) newsID(n engagement.Announcement) string {
	return s.base.ID(federation.KindAnnouncement, string(n.ID))
}

func TestNewsOfPartnersAreShownHere(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org := a.organization("beispielverein")
		long := func(title, text string) (n engagement.Announcement) {
			a.update(func(tx *store.Tx) (err error) {
				n, err = engagement.Announce(tx, engagement.System, org.ID, engagement.News{Title: title, Teaser: "Wie es **war**.", Text: text})
				return err
			})
			return n
		}
		last := engagement.DateOf(a.clock.Now()).Add(3)
		var urgent engagement.Announcement
		a.update(func(tx *store.Tx) (err error) {
			urgent, err = engagement.Announce(tx, engagement.System, org.ID, engagement.News{Text: "Wir suchen **heute** Hände.", UrgentUntil: last})
			return err
		})
		article := long("Drei Generationen", "Wir haben gelesen.\n\nUnd gelacht.")
		settle(t, a, b)

		t.Run("as their owners describe them", func(t *testing.T) {
			n := b.newsCopy(a.newsID(urgent))
			if n.Text != "Wir suchen heute Hände." || n.UrgentUntil != last || n.Origin != "a.test" || n.State != engagement.AnnouncementPublished || n.Long {
				t.Errorf("got %+v", n)
			}
			n = b.newsCopy(a.newsID(article))
			if n.Title != "Drei Generationen" || n.Teaser != "Wie es **war**." || n.Text != "Wir haben gelesen.\n\nUnd gelacht." || !n.Long || n.UrgentUntil != "" ||
				!strings.HasPrefix(n.URL, "https://a.test/") {
				t.Errorf("got %+v", n)
			}
			b.view(func(tx *store.Tx) error {
				o, err := tx.Organization(n.Organization)
				if o.IRI != a.base.OrganizationID(org) {
					t.Errorf("of %s", o.IRI)
				}
				return err
			})
			if got := b.shownNews(); len(got) != 2 {
				t.Errorf("shown are %v", got)
			}
		})
		t.Run("under no address of ours", func(t *testing.T) {
			if got := b.get(b.newsID(b.newsCopy(a.newsID(article)))); got.Status != http.StatusNotFound {
				t.Errorf("got %d", got.Status)
			}
			if got := b.get("/nodeinfo/2.1").JSON()["usage"].(map[string]any)["localPosts"]; got != 0.0 {
				t.Errorf("they count as ours: %v", got)
			}
		})
		t.Run("in their newest version", func(t *testing.T) {
			a.clock.Forward(time.Minute)
			a.update(func(tx *store.Tx) error {
				_, err := engagement.EditAnnouncement(tx, engagement.System, article.ID, engagement.News{Title: "Vier Generationen", Teaser: "Wie es war.", Text: "Neu."})
				return err
			})
			settle(t, a, b)
			if n := b.newsCopy(a.newsID(article)); n.Title != "Vier Generationen" || n.Text != "Neu." || n.Updated.IsZero() {
				t.Errorf("got %+v", n)
			}
		})
		t.Run("until they are withdrawn", func(t *testing.T) {
			a.update(func(tx *store.Tx) error { return engagement.WithdrawAnnouncement(tx, engagement.System, urgent.ID) })
			settle(t, a, b)
			if n := b.newsCopy(a.newsID(urgent)); n.ID != "" {
				t.Errorf("got %+v", n)
			}
		})
		t.Run("but not changed or removed by others, or here", func(t *testing.T) {
			n := b.newsCopy(a.newsID(article))
			for what, do := range map[string]func(*store.Tx) error{
				"edited": func(tx *store.Tx) error {
					_, err := engagement.EditAnnouncement(tx, engagement.System, n.ID, engagement.News{Text: "x"})
					return err
				},
				"withdrawn": func(tx *store.Tx) error { return engagement.WithdrawAnnouncement(tx, engagement.System, n.ID) },
				"suspended": func(tx *store.Tx) error {
					return engagement.DecideAnnouncement(tx, engagement.System, n.ID, engagement.DecideSuspend)
				},
			} {
				if err := b.store.Update(t.Context(), do); !errors.Is(err, engagement.ErrConflict) {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
		t.Run("and not those a moderator has hidden", func(t *testing.T) {
			n := b.newsCopy(a.newsID(article))
			sent := len(a.server.Requests())
			b.update(func(tx *store.Tx) error {
				return engagement.DecideAnnouncement(tx, engagement.System, n.ID, engagement.DecideHide)
			})
			a.clock.Forward(time.Minute)
			a.update(func(tx *store.Tx) error {
				_, err := engagement.EditAnnouncement(tx, engagement.System, article.ID, engagement.News{Title: "Fünf Generationen", Teaser: "Wie es war.", Text: "Neuer."})
				return err
			})
			settle(t, a, b)
			if n := b.newsCopy(a.newsID(article)); n.State != engagement.AnnouncementHidden || n.Text != "Neuer." || len(b.shownNews()) != 0 {
				t.Errorf("got %+v and %v", n, b.shownNews())
			}
			if n := len(a.server.Requests()) - sent; n != 0 {
				t.Errorf("the owner is told: %d requests", n)
			}
			b.update(func(tx *store.Tx) error {
				return engagement.DecideAnnouncement(tx, engagement.System, n.ID, engagement.DecideRestore)
			})
		})
		t.Run("and not while the partnership pauses", func(t *testing.T) {
			pause := func(on bool) {
				b.update(func(tx *store.Tx) error {
					_, err := engagement.SetPartner(tx, engagement.System, "a.test", "vertraut", on, "")
					return err
				})
			}
			pause(true)
			if got := b.shownNews(); len(got) != 0 {
				t.Errorf("shown are %v", got)
			}
			pause(false)
			if got := b.shownNews(); len(got) != 1 {
				t.Errorf("shown are %v", got)
			}
		})
		t.Run("and with the partnership they end", func(t *testing.T) {
			a.occasion(org)
			settle(t, a, b)
			b.update(func(tx *store.Tx) error {
				_, err := engagement.EndPartner(tx, engagement.System, "a.test")
				return err
			})
			settle(t, a, b)
			a.announce(org, "Nach dem Ende.")
			settle(t, a, b)
			b.view(func(tx *store.Tx) error {
				copies, err := tx.CopiesOf("a.test")
				if len(copies) != 0 || b.newsCopy(a.newsID(article)).ID != "" {
					t.Errorf("left are %v", copies)
				}
				return err
			})
		})
	})
}

func TestNewsOfACheckedPartnerWait(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		b.update(func(tx *store.Tx) error {
			_, err := engagement.SetPartner(tx, engagement.System, "a.test", "geprueft", false, "")
			return err
		})
		org := a.organization("beispielverein")
		first, second := a.announce(org, "Sprechstunde: mittwochs."), a.announce(org, "Basar: samstags.")
		settle(t, a, b)
		var waiting []engagement.Announcement
		b.view(func(tx *store.Tx) (err error) {
			waiting, err = tx.QueuedAnnouncements(10)
			return err
		})
		if len(waiting) != 2 || len(b.shownNews()) != 0 {
			t.Fatalf("%d wait, shown are %v", len(waiting), b.shownNews())
		}
		for iri, d := range map[string]engagement.Decision{a.newsID(first): engagement.DecideApprove, a.newsID(second): engagement.DecideHide} {
			n := b.newsCopy(iri)
			b.update(func(tx *store.Tx) error { return engagement.DecideAnnouncement(tx, engagement.System, n.ID, d) })
		}
		if got := b.shownNews(); !slices.Equal(got, []string{"Sprechstunde: mittwochs."}) {
			t.Errorf("shown are %v", got)
		}
	})
}

func TestPartnersCopyEventsAndNewsThatCameBefore(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		org := a.organization("beispielverein")
		old := a.announce(org, "Vor hundert Tagen.")
		a.clock.Forward(100 * 24 * time.Hour)
		for n := range 60 {
			a.announce(org, fmt.Sprintf("Sprechstunde %d", n))
			a.clock.Forward(time.Second)
		}
		event := a.occasion(org)
		news := a.announce(org, "Basar: samstags.")
		partners(t, a, b)
		settle(t, a, b)

		t.Run("when the partnership begins", func(t *testing.T) {
			if b.newsCopy(a.newsID(news)).ID == "" || b.occasionCopy(a.eventID(event)).ID == "" || len(b.shownNews()) != 61 {
				t.Errorf("%d news were copied, the event %+v", len(b.shownNews()), b.occasionCopy(a.eventID(event)))
			}
			if b.newsCopy(a.newsID(old)).ID != "" {
				t.Error("what is old comes as well")
			}
			if got := a.get(a.base.Opportunities()).JSON()["totalItems"]; got != 62.0 {
				t.Errorf("the list counts %v", got)
			}
		})
		t.Run("and every night", func(t *testing.T) {
			a.update(func(tx *store.Tx) error { // a Delete that never arrives
				return errors.Join(engagement.WithdrawAnnouncement(tx, engagement.System, news.ID), engagement.RemoveOccasion(tx, engagement.System, event.ID))
			})
			b.update(func(tx *store.Tx) error { // and a Create that did not
				return engagement.UnmirrorAnnouncement(tx, b.iriOfNews(tx, "Sprechstunde 7"))
			})
			b.server.Close()
			settle(t, a)
			b.server.Reopen()
			a.update(func(tx *store.Tx) error { _, err := tx.DropDeliveries("b.test", "a test"); return err })
			pass(t, 24*time.Hour, time.Hour, b, a)
			if b.newsCopy(a.newsID(news)).ID != "" || b.occasionCopy(a.eventID(event)).ID != "" || !slices.Contains(b.shownNews(), "Sprechstunde 7") || len(b.shownNews()) != 60 {
				t.Errorf("shown are %d news, left the event %+v", len(b.shownNews()), b.occasionCopy(a.eventID(event)))
			}
		})
		t.Run("page by page, however long they are", func(t *testing.T) {
			for range 60 {
				a.update(func(tx *store.Tx) error {
					_, err := engagement.Announce(tx, engagement.System, org.ID, engagement.News{Title: "Bericht", Teaser: "Lang.", Text: strings.Repeat("So war das damals. ", 1000)})
					return err
				})
				a.clock.Forward(time.Second)
			}
			seen := map[any]bool{}
			for page := a.get(a.base.Opportunities()).JSON()["first"]; page != nil; {
				got := a.get(page.(string))
				if got.Status != http.StatusOK || len(got.Body) > 3<<19 {
					t.Fatalf("%s is answered %d with %d bytes", page, got.Status, len(got.Body))
				}
				for _, item := range got.JSON()["orderedItems"].([]any) {
					seen[item.(map[string]any)["id"]] = true
				}
				page = got.JSON()["next"]
			}
			if len(seen) != 120 {
				t.Errorf("got %d", len(seen))
			}
		})
	})
}

func (s *peer) iriOfNews(tx *store.Tx, text string) string {
	list, err := tx.Announcements(time.Time{}, "", 100)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, n := range list {
		if n.Text == text {
			return n.IRI
		}
	}
	s.t.Fatalf("no %q", text)
	return ""
}

func TestWhatIsNoNewsOfAPartnerIsANote(t *testing.T) {
	h := newHouse(t)
	indexable := func(d map[string]any) { d["indexable"] = true }
	partner, stranger := h.actor("good.test", "verein", indexable), h.actor("other.test", "verein", indexable)
	volunteer := h.actor("good.test", "mensch", person)
	serial := 0
	note := func(text string, change map[string]any) map[string]any {
		serial++
		n := map[string]any{
			"id": partner.Host.URL(fmt.Sprintf("/n/%d", serial)), "type": "Note", "attributedTo": partner.ID, "content": "<p>" + text + "</p>",
			"published": h.clock.Now().Format(time.RFC3339), "to": []string{federation.Public},
		}
		return merged(n, change)
	}
	public := map[string]any{"to": []string{federation.Public}}
	copied := func(n map[string]any) bool { return h.newsCopy(n["id"].(string)).ID != "" }

	mine := note("Basar: samstags.", nil)
	h.want(partner, partner.Activity("Create", mine, public), http.StatusAccepted)
	settle(t, h.peer)
	if !copied(mine) {
		t.Fatal("news are not copied")
	}
	t.Run("an answer, a mention, a word to few", func(t *testing.T) {
		for what, n := range map[string]map[string]any{
			"answer": note("Ja!", map[string]any{"inReplyTo": h.oppIRI()}), "mention": note("Hallo", map[string]any{"tag": []any{map[string]any{"type": "Mention", "href": h.orgIRI()}}}),
			"unlisted": note("Hallo", map[string]any{"to": []string{partner.ID + "/followers"}, "cc": []string{federation.Public}}), "too long": note(strings.Repeat("a", 3000), nil),
			"from the future": note("Bald", map[string]any{"published": h.clock.Now().Add(time.Hour).Format(time.RFC3339)}),
		} {
			h.want(partner, partner.Activity("Create", n, map[string]any{"to": n["to"], "cc": n["cc"]}), http.StatusAccepted)
			settle(t, h.peer)
			if copied(n) {
				t.Errorf("%s is news", what)
			}
		}
	})
	t.Run("of somebody who is no organization of a partner", func(t *testing.T) {
		for sender, n := range map[*fedtest.Actor]map[string]any{
			stranger:  note("x", map[string]any{"id": stranger.Host.URL("/n/x"), "attributedTo": stranger.ID}),
			volunteer: note("x", map[string]any{"attributedTo": volunteer.ID}),
		} {
			h.want(sender, sender.Activity("Create", n, public), http.StatusAccepted)
			settle(t, h.peer)
			if copied(n) {
				t.Errorf("%s writes news", sender.ID)
			}
		}
	})
	t.Run("of a partner that pauses, or does not know our documents", func(t *testing.T) {
		for host, change := range map[string]func(*engagement.Partner){
			"paused.test": func(p *engagement.Partner) { p.State = engagement.PartnerPaused }, "simple.test": func(p *engagement.Partner) { p.Capability = "" },
		} {
			h.befriend(host, change)
			sender := h.actor(host, "verein", indexable)
			n := note("x", map[string]any{"id": sender.Host.URL("/n/x"), "attributedTo": sender.ID})
			h.want(sender, sender.Activity("Create", n, public), http.StatusAccepted)
			settle(t, h.peer)
			if copied(n) {
				t.Errorf("%s writes news", sender.ID)
			}
		}
	})
	t.Run("is not changed, deleted or brought back by others", func(t *testing.T) {
		colleague := h.actor("good.test", "nachbarn", indexable)
		later := merged(mine, map[string]any{"updated": h.clock.Now().Add(time.Second).Format(time.RFC3339), "content": "Gekapert"})
		h.want(colleague, colleague.Activity("Update", merged(later, map[string]any{"attributedTo": colleague.ID}), public), http.StatusAccepted)
		h.want(colleague, colleague.Activity("Delete", mine["id"], public), http.StatusAccepted)
		settle(t, h.peer)
		if got := h.newsCopy(mine["id"].(string)); got.Text != "Basar: samstags." {
			t.Errorf("got %+v", got)
		}
		h.want(partner, partner.Activity("Delete", mine["id"], public), http.StatusAccepted)
		h.want(partner, partner.Activity("Update", later, public), http.StatusAccepted)
		settle(t, h.peer)
		if copied(mine) {
			t.Error("it came back")
		}
	})
	t.Run("and goes with its author", func(t *testing.T) {
		n := note("Noch ein Basar.", nil)
		h.want(partner, partner.Activity("Create", n, public), http.StatusAccepted)
		settle(t, h.peer)
		h.want(partner, partner.Activity("Delete", partner.ID), http.StatusAccepted)
		settle(t, h.peer)
		if copied(n) {
			t.Error("it is still there")
		}
	})
}
