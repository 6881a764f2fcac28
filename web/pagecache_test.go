package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
	"seestern/web"
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
	receipt := s.Another().Get("/melden?id="+s.opps[reading].Code).Want(200).Form(mainForm).Set("reason", "spam").Submit().Want(200).Path
	for name, ask := range map[string]func() *webtest.Page{
		"a signed-in person":   func() *webtest.Page { return ada.Get(search) },
		"a page with a token":  func() *webtest.Page { return s.Get("/melden") },
		"a page of one person": func() *webtest.Page { return ada.Get("/meine") },
		"a secret address":     func() *webtest.Page { return s.Another().Get(receipt) },
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

// waiting is a context that tells when somebody begins to wait for its end, as a transaction does, too.
type waiting struct {
	context.Context
	begun chan struct{}
}

func (c waiting) Done() <-chan struct{} {
	select {
	case c.begun <- struct{}{}:
	default:
	}
	return c.Context.Done()
}

// storedSite is a test site that keeps pages.
func storedSite(t *testing.T) *site {
	t.Helper()
	stored := storetest.Open(t, storetest.SQLite(t))
	if err := stored.Update(context.Background(), func(tx *store.Tx) error {
		i := engagement.NewInstance()
		return tx.PutInstance(&i)
	}); err != nil {
		t.Fatal(err)
	}
	s := start(t, func(o *web.Options) { o.Store = stored })
	s.Get("/angebote").Want(200) // the store watches itself from now on
	return s
}

// ask is a request past the network.
func (s *site) ask(ctx context.Context, path string) *http.Request {
	return httptest.NewRequestWithContext(ctx, http.MethodGet, s.Base+path, nil)
}

func TestTwoWhoAskTheSameAtOnceGetOneAnswer(t *testing.T) {
	for _, c := range []struct {
		name  string
		first func(context.Context) error // what becomes of the first one
		made  int32
	}{
		{"made once", func(context.Context) error { return nil }, 1},
		{"the first fails", func(context.Context) error { return engagement.ErrNotFound }, 2},
		{"the first goes away", func(ctx context.Context) error { return ctx.Err() }, 2},
		{"the first panics", func(context.Context) error { panic("by a mistake") }, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := storedSite(t)
			ctx, leave := context.WithCancel(context.Background())
			begun, goOn, left := make(chan struct{}), make(chan struct{}), make(chan struct{})
			var made atomic.Int32
			s.do = func(*web.Form) (string, error) {
				if made.Add(1) > 1 {
					return "", nil
				}
				close(begun)
				<-goOn
				return "", c.first(ctx)
			}
			go func() {
				defer close(left)
				s.server.ServeHTTP(httptest.NewRecorder(), s.ask(ctx, "/muster/langsam"))
			}()
			<-begun
			second := waiting{context.Background(), make(chan struct{}, 1)}
			go func() {
				<-second.begun
				leave()
				close(goOn)
			}()
			out := httptest.NewRecorder()
			s.server.ServeHTTP(out, s.ask(second, "/muster/langsam"))
			<-left
			if shared := out.Header().Get("Age") != ""; out.Code != 200 || shared != (c.made == 1) || made.Load() != c.made {
				t.Errorf("status %d, shared %v, made %d times; want 200, %v, %d", out.Code, shared, made.Load(), c.made == 1, c.made)
			}
		})
	}
}

// reader is a visitor who begins to read.
type reader struct {
	*httptest.ResponseRecorder
	begins func()
}

func (r reader) Write(b []byte) (int, error) {
	r.begins()
	return r.ResponseRecorder.Write(b)
}

func TestNobodyWaitsForASlowReader(t *testing.T) {
	s := storedSite(t)
	making, reading := -1, -1
	s.do = func(*web.Form) (string, error) {
		making = s.server.Making()
		return "", nil
	}
	s.server.ServeHTTP(reader{httptest.NewRecorder(), func() { reading = s.server.Making() }}, s.ask(context.Background(), "/muster/langsam"))
	if making != 1 || reading != 0 {
		t.Errorf("others wait for %d answers while one is made, and for %d while it is read; want 1 and 0", making, reading)
	}
}
