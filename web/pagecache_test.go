package web_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
	"seestern/web/webtest"
)

// kept says whether a page was made for somebody before.
func kept(p *webtest.Page) bool { return p.Header.Get("Age") != "" }

func TestAPageIsMadeOnceUntilSomethingChanges(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, config store.Config) {
		s := realSiteOn(t, config).furnish()
		alone := !strings.HasPrefix(config.DSN, "postgres") // on a server the transactions of other databases change the state, too
		const search = "/angebote?ort=12555&umkreis=5"
		first := s.Get(search).Want(200)
		again := s.Another().Get(search).Want(200)
		if kept(first) || alone && !kept(again) || again.Body != first.Body {
			t.Fatalf("kept %v, then %v; the same: %v", kept(first), kept(again), again.Body == first.Body)
		}
		for name, other := range map[string]*webtest.Page{
			"another search":   s.Get(search + "&q=lesen"),
			"another language": s.Get("/en" + search),
			"a part":           s.Another().Header("Seestern-Part", "treffer").Get(search),
			"without gzip":     s.Another().Header("Accept-Encoding", "identity").Get(search),
		} {
			if kept(other.Want(200)) {
				t.Errorf("%s: an answer for something else", name)
			}
		}

		t.Run("a change is seen at once", func(t *testing.T) {
			const title = "Kindern vorlesen am Montag"
			s.update(func(tx *store.Tx) error { return rename(tx, s.opps[reading].ID, title) })
			if page := s.Get(search).Want(200); kept(page) || !strings.Contains(page.Body, title) {
				t.Errorf("kept: %v", kept(page))
			}
			if alone && !kept(s.Get(search)) {
				t.Error("the changed page is not kept")
			}
		})
		t.Run("a change of another process, too", func(t *testing.T) {
			other := storetest.Open(t, config)
			if err := other.Update(context.Background(), func(tx *store.Tx) error {
				i, err := tx.Instance()
				if err != nil {
					return err
				}
				i.Name = "Mitmachen am Müggelsee"
				return tx.PutInstance(&i)
			}); err != nil {
				t.Fatal(err)
			}
			if page := s.Get(search).Want(200); kept(page) || !strings.Contains(page.Text("title"), "Müggelsee") {
				t.Errorf("kept: %v, title %q", kept(page), page.Text("title"))
			}
		})
		t.Run("what was taken back changes nothing", func(t *testing.T) {
			before := s.Get(search).Want(200)
			_ = s.store.Update(context.Background(), func(tx *store.Tx) error {
				if err := rename(tx, s.opps[reading].ID, "Nie gesagt"); err != nil {
					t.Error(err)
				}
				if page := s.Another().Get(search).Want(200); page.Body != before.Body {
					t.Error("a page shows what is not committed")
				}
				return engagement.ErrConflict
			})
			if page := s.Get(search).Want(200); page.Body != before.Body {
				t.Error("a page shows what was taken back")
			}
		})
		t.Run("after a minute it is made anew", func(t *testing.T) {
			s.Get(search)
			s.clock.Forward(time.Minute)
			if kept(s.Get(search)) {
				t.Error("kept for longer")
			}
		})
	})
}

func rename(tx *store.Tx, id engagement.ID, title string) error {
	o, err := tx.Opportunity(id)
	if err != nil {
		return err
	}
	o.Title = title
	return tx.PutOpportunity(&o)
}

func TestOnlyWhatEverybodyGetsIsKept(t *testing.T) {
	s := realSite(t).furnish()
	ada := s.person("ada", withProfile())
	const search = "/angebote?ort=12555&umkreis=5"
	for name, ask := range map[string]func() *webtest.Page{
		"a signed-in person":   func() *webtest.Page { return ada.Get(search) },
		"a page with a token":  func() *webtest.Page { return s.Get("/melden") },
		"a page of one person": func() *webtest.Page { return ada.Get("/meine") },
	} {
		ask().Want(200)
		if kept(ask().Want(200)) {
			t.Errorf("%s: kept", name)
		}
	}
	s.Get(search)
	if kept(ada.Get(search)) || !kept(s.Get(search)) {
		t.Error("a signed-in person gets the page of visitors, or visitors get none")
	}
	long := "/hilfe?x=" + strings.Repeat("x", 40_000)
	if s.Get(long).Want(200); kept(s.Get(long).Want(200)) {
		t.Error("an answer larger than the limit is kept")
	}
	page := s.Get(search)
	if got := s.Another().Header("If-None-Match", page.Header.Get("ETag")).Get(search); got.Status != 304 || got.Body != "" {
		t.Errorf("who has the page already gets status %d", got.Status)
	}
}
