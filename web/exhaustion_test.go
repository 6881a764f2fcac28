package web_test

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
	"seestern/web"
	"seestern/web/webtest"
)

// databaseWords are the words of an error of the database. Whole words only: ids and hashes of addresses are random letters.
var databaseWords = regexp.MustCompile(`\b(SQL|SQLSTATE|fts5|tsquery|syntax|sqlite|SQLite|pgx)\b`)

// tells says what an answer gives away of the database.
func tells(page *webtest.Page) string {
	return databaseWords.FindString(page.Body)
}

// RES-13: whatever is searched for, there is an answer that says nothing about the database.
func TestWhateverIsSearchedForThereIsAnAnswer(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, config store.Config) {
		s := realSiteOn(t, config, withProxy).furnish()
		for i, q := range []string{
			strings.Repeat("a", 10_000), strings.Repeat("vorlesen ", 1000), `"*"`, `"*" "NEAR"`, "NEAR(a b)", "( AND OR NOT ^ : { }", "AND", "a AND", "NOT", "^vorlesen", "words:vorlesen", "vorlesen*", "*", "a:* | b",
			strings.Repeat("a* b* c* ", 70), strings.Repeat("%", 500), "_", `"`, `"vorlesen`, `'`, `'; DROP TABLE account; --`, "\x00vorlesen", "vorlesen\\", "&|!<->", "\xff\xfe", strings.Repeat("\u200d", 1000), "🦑",
		} {
			c := s.Another().Header("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i))
			for _, path := range []string{"/angebote?q=", "/angebote.atom?q=", "/organisationen?q=", "/angebote?ort=", "/ortssuche/vorschlag?q=", "/api/v1/opportunities?q=", "/api/v1/organizations?q=", "/api/v1/events?ab=", "/api/v1/announcements?ab="} {
				page := c.Get(path + url.QueryEscape(q))
				if page.Status != 200 && page.Status != 400 && page.Status != 422 || tells(page) != "" {
					t.Errorf("%s%.30q: got %d, says %q", path, q, page.Status, tells(page))
				}
			}
		}
	})
}

// RES-14: no page shows more than a page, whatever stands in the address.
func TestNoPageIsLongerThanAPage(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, config store.Config) {
		s := realSiteOn(t, config, withProxy)
		org := s.organization("Verein (Demo)")
		for i := range 25 {
			s.opportunity(fmt.Sprintf("Angebot %02d", i), org)
		}
		reader := s.person("reader", withProfile())
		for i, query := range []string{
			"ab=-1", "ab=999999999", "ab=9223372036854775808", "ab=1e9", "ab=garbage", "ab=%00", "ab=" + strings.Repeat("A", 5000), "ab=LCwsLA", "ab=01234567-89ab-7def-8123-456789abcdef", "limit=1000000", "page=-1", "page=999999999", "seite=99",
			"sortierung=password_hash", "sortierung=password_hash&ab=1", "sortierung=passend&ab=-1", "sortierung=passend&ab=999999999", "sortierung=id;--", "umkreis=1000000&ort=12555", "umkreis=-5&ort=12555", "alter=-1", "ab=1&ab=2&ab=3",
		} {
			c := s.Another().Header("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i))
			pages := []*webtest.Page{reader.Get("/angebote?" + query)}
			for _, path := range []string{"/angebote", "/organisationen", "/termine", "/ich-biete", "/neuigkeiten"} {
				pages = append(pages, c.Get(path+"?"+query))
			}
			for _, page := range pages {
				if page.Status != 200 && page.Status != 400 && page.Status != 422 || len(page.Find(".s-hit")) > 20 || tells(page) != "" {
					t.Errorf("%.60s: got %d with %d entries, says %q", page.Path, page.Status, len(page.Find(".s-hit")), tells(page))
				}
			}
		}
	})
}

// RES-17: whoever is not signed in has a budget for everything that can be read; what is expensive has a smaller one.
func TestEverythingThatIsReadHasABudget(t *testing.T) {
	s := realSite(t, withProxy).furnish()
	c := s.Another().Header("X-Forwarded-For", "198.51.100.1")
	spend := func(path string) (n int) {
		for c.Get(path).Status == 200 {
			n++
		}
		return n
	}
	if got := spend("/sitemap.xml"); got != 60 {
		t.Errorf("%d sitemaps, want 60", got)
	}
	for _, path := range []string{"/angebote", "/angebote.ics", "/angebote.atom", "/organisationen", "/termine", "/termine.ics", "/termine.atom", "/ich-biete", "/sitemap.xml", "/api/v1/opportunities", "/api/v1/events"} {
		if got := c.Get(path).Status; got != 429 {
			t.Errorf("%s is not among what is expensive: got %d", path, got)
		}
	}
	if got := spend("/neuigkeiten.atom"); got != 120 {
		t.Errorf("%d feeds, want 120", got)
	}
	paths := append(web.Readable(), "/nix", "/Angebote", "/.env")
	if len(paths) < 100 {
		t.Fatalf("only %d paths", len(paths))
	}
	for _, path := range paths {
		n := 0
		for c.Get(path).Status != 429 && n <= 60 {
			n++
		}
		if n != 0 && n != 30 && n != 60 { // has a budget of its own: look-ups, and forms with their answers
			t.Errorf("%s could be read %d times more", path, n)
		}
	}
	s.Another().Header("X-Forwarded-For", "198.51.100.2").Get("/angebote").Want(200)
}

// RES-18: who tries passwords keeps nobody else waiting, and what is too long to be one costs nothing.
func TestSignInsKeepNobodyWaiting(t *testing.T) {
	h := newHouse(t)
	var forms []*webtest.Form
	for range 8 {
		forms = append(forms, h.visitor().Get("/anmelden").Form(mainForm).Set("login", "manager1@mail.example").Set("passwort", "falsch geraten"))
	}
	release := web.OccupyHashing() // two are being compared
	var answered atomic.Int64
	statuses := make([]int, len(forms))
	var wg sync.WaitGroup
	for i, f := range forms {
		wg.Go(func() {
			statuses[i] = f.Submit().Status
			answered.Add(1)
		})
	}
	huge := h.visitor().Get("/anmelden").Form(mainForm).Set("login", "manager1@mail.example").Set("passwort", strings.Repeat("a", 1<<20))
	huge.Submit().Want(413)
	for range 10 {
		h.visitor().Get("/angebote").Want(200)
		h.manager.Get("/meine").Want(200)
	}
	if got := answered.Load(); got != 0 {
		t.Errorf("%d sign-ins were answered while others took all the time for hashing", got)
	}
	release()
	wg.Wait()
	if want := slices.Repeat([]int{422}, len(forms)); !slices.Equal(statuses, want) {
		t.Errorf("got %v, want %v", statuses, want)
	}
}

// RES-16: a form that is sent without a pause, by many at once, fails nobody else's.
func TestWritersWaitTheirTurn(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, config store.Config) {
		h := newHouseOn(t, config)
		var busy []*webtest.Client
		for range 4 {
			busy = append(busy, h.place(h.person(fmt.Sprintf("busy%d", len(busy)), withProfile())))
		}
		other := h.place(h.person("other", withProfile()))
		var stop atomic.Bool
		var wg sync.WaitGroup
		var written atomic.Int64
		for _, c := range busy {
			wg.Go(func() {
				for !stop.Load() {
					c.Get("/meine/angaben/alter").Want(200).Form(mainForm).Set("age", "27-59").Submit().Want(200)
					written.Add(1)
				}
			})
		}
		exported := make(chan error, 1)
		go func() { // a long reader meanwhile
			exported <- h.store.View(t.Context(), func(tx *store.Tx) error {
				for written.Load() < 8 {
					if _, err := tx.Search(engagement.Search{Text: "vorlesen"}, store.Viewer{}); err != nil {
						return err
					}
				}
				return nil
			})
		}()
		for range 5 {
			other.Get("/meine/angaben/alter").Want(200).Form(mainForm).Set("age", "18-26").Submit().Want(200)
		}
		if err := <-exported; err != nil {
			t.Error(err)
		}
		stop.Store(true)
		wg.Wait()
	})
}

// withProxy lets every browser have an address, and a budget, of its own.
func withProxy(o *web.Options) { o.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }
