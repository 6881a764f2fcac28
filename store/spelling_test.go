package store_test

import (
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

func TestTypingErrorsOfOneLetterAreMended(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		org := putOrganization(t, s, "verein")
		for range 6 {
			putOpportunity(t, s, org.ID, "Gärtnern mit Kindern", nil)
		}
		putOpportunity(t, s, org.ID, "Vorlesepatin gesucht", nil)
		secret := putOpportunity(t, s, org.ID, "Zwiebelfischchen", func(o *engagement.Opportunity) { o.Visibility = "intern" })
		for _, c := range []struct {
			name, text, meant string
			total             int
			mended            bool
		}{
			{"one letter missing", "Gätnern", "Gärtnern", 6, true},
			{"one letter too much", "Gärtnnern", "Gärtnern", 6, true},
			{"one letter wrong", "Gärtnarn", "Gärtnern", 6, true},
			{"two letters exchanged", "Grätnern", "Gärtnern", 6, true},
			{"the first letter wrong", "Kärtnern", "Gärtnern", 6, true},
			{"with other words as they were typed", "gätnern, Kinder!", "Gärtnern, Kinder!", 6, true},
			{"a compound that nobody wrote, of known parts", "Vorlesepahte", "vorlesepate", 1, true},
			{"short words are left alone", "Kindr", "", 0, false},
			{"two errors are too many", "Gtärnrn", "", 0, false},
			{"what is written right", "Gärtnern", "", 6, false},
			{"a word that few have is shown, and the other one proposed", "vorlesepatin", "", 1, false},
			{"what only a team may see is not given away", "Zwiebelfischhen", "", 0, false},
			{"other words narrow further", "Gätnern Zirkus", "", 0, false},
			{"very long ones", strings.Repeat("gärtnern", 50), "", 0, false},
			{"letters of other alphabets", "садовник", "", 0, false},
		} {
			t.Run(c.name, func(t *testing.T) {
				q := engagement.Search{Text: c.text}
				find := func() store.Hits {
					return get(t, s, func(tx *store.Tx) (store.Hits, error) { return tx.Search(q, store.Viewer{}) })
				}
				got := find()
				if got.Total != c.total || got.Meant != c.meant || got.Mended != c.mended {
					t.Errorf("got %d hits, meant %q, mended %v; want %d, %q, %v", got.Total, got.Meant, got.Mended, c.total, c.meant, c.mended)
				}
				if q.Exact = true; c.mended && find().Total != 0 {
					t.Error("an exact search is mended")
				}
			})
		}
		team := get(t, s, func(tx *store.Tx) (store.Hits, error) {
			return tx.Search(engagement.Search{Text: "Zwiebelfischhen"}, store.Viewer{Organizations: []engagement.ID{secret.Organization}})
		})
		if team.Total != 1 || team.Meant != "Zwiebelfischchen" {
			t.Errorf("the team: got %d hits, meant %q", team.Total, team.Meant)
		}
	})
}

func TestAWordThatFewHaveIsFoundAndTheOneThatMoreHaveIsProposed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		org := putOrganization(t, s, "verein")
		for range 3 {
			putOpportunity(t, s, org.ID, "Handball", nil)
		}
		putOpportunity(t, s, org.ID, "Bandball", nil)
		got := get(t, s, func(tx *store.Tx) (store.Hits, error) {
			return tx.Search(engagement.Search{Text: "bandball"}, store.Viewer{})
		})
		if got.Total != 1 || got.Meant != "Handball" || got.Mended {
			t.Errorf("got %d hits, meant %q, mended %v; want the one, and a proposal", got.Total, got.Meant, got.Mended)
		}
	})
}

func TestSpellingsOfWhatIsNewAreKnown(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		org := putOrganization(t, s, "verein")
		putOpportunity(t, s, org.ID, "Gärtnern mit Kindern", nil)
		find := func(text string) store.Hits {
			return get(t, s, func(tx *store.Tx) (store.Hits, error) {
				return tx.Search(engagement.Search{Text: text}, store.Viewer{})
			})
		}
		if got := find("Grätnern"); got.Meant != "Gärtnern" { // from now on the spellings are in memory
			t.Fatalf("meant %q", got.Meant)
		}
		if got := find("Hopsizbesuch"); got.Total != 0 {
			t.Fatalf("got %d hits", got.Total)
		}
		putOpportunity(t, s, org.ID, "Hospizbesuch", nil)
		if got := find("Hopsizbesuch"); got.Total != 1 || got.Meant != "Hospizbesuch" {
			t.Errorf("got %d hits, meant %q", got.Total, got.Meant)
		}
		update(t, s, func(tx *store.Tx) error { return tx.Reindex() })
		if got := find("Hopsizbesuch"); got.Total != 1 {
			t.Errorf("written anew: got %d hits", got.Total)
		}
	})
}
