package web_test

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
	"seestern/web"
	"seestern/web/webtest"
)

// fillCity writes n opportunities, half of them within 20 km of Berlin's middle, the others all over Germany.
func (s *real) fillCity(n int) {
	s.t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	subjects := strings.Fields("Vorlesen Hausaufgabenhilfe Besuchsdienst Nachbarschaftshilfe Sprachcafé Gartenpflege Tafel Fahrdienst Chor Lauftreff Lernpaten Museum Tierheim Bibliothek Baumpflege Mentoring")
	words := strings.Fields("wir suchen Menschen mit Freude an einer Aufgabe und etwas Zeit in der Woche gemeinsam Kinder Senioren Gruppe Verein Hilfe Einarbeitung Team Termine nach Absprache Garten lesen kochen helfen reden zuhören offen")
	text := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteString(words[random.IntN(len(words))] + " ")
		}
		return b.String()
	}
	areas, activities, targets := engagement.Areas.Codes(), engagement.Activities.Codes(), engagement.TargetGroups.Codes()
	for first := 0; first < n; first += 1000 {
		s.update(func(tx *store.Tx) error {
			var org engagement.Organization
			for i := first; i < min(first+1000, n); i++ {
				if i%20 == 0 {
					org = engagement.Organization{ID: tx.NewID(), Code: fmt.Sprintf("g%07d", i), Handle: fmt.Sprintf("verein_%d", i), Name: fmt.Sprintf("Verein %d", i), State: engagement.OrganizationActive, Created: tx.Now()}
					if err := tx.PutOrganization(&org); err != nil {
						return err
					}
				}
				point := geo.Point{Lat: 47.5 + random.Float64()*7, Lon: 6 + random.Float64()*9}
				if random.IntN(2) == 0 {
					point = geo.Point{Lat: 52.52 + (random.Float64()-.5)*.36, Lon: 13.405 + (random.Float64()-.5)*.59}
				}
				at := tx.Now().Add(-time.Duration(random.IntN(80*24)) * time.Hour)
				o := engagement.Opportunity{
					ID: tx.NewID(), Code: strings.NewReplacer("0", "x", "1", "y").Replace(fmt.Sprintf("c%07d", i)), Organization: org.ID, Kind: "engagement", Title: subjects[random.IntN(len(subjects))] + " " + text(3), Summary: text(15),
					Description: text(80), Lang: "de", Areas: []engagement.Code{areas[random.IntN(len(areas))]}, Activities: []engagement.Code{activities[random.IntN(len(activities))]},
					TargetGroups: []engagement.Code{targets[random.IntN(len(targets))]}, Commitment: engagement.Commitments.Codes()[random.IntN(6)], Mode: "vor-ort", Grid: engagement.Grid(random.Uint32()) & engagement.AllSlots,
					Access: map[engagement.Code]engagement.Code{"stufenlos-eingang": "ja"}, Capacity: 4, Visibility: "offen", State: engagement.Published, Published: at, Confirmed: at,
					Places: []engagement.Place{{Postcode: "10115", Locality: "Berlin-Mitte", Point: point, Centroid: point, Precision: "ortsteil"}},
				}
				if err := tx.PutOpportunity(&o); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// BenchmarkSearchPage is every public page with a search behind it, over 100,000 opportunities, from the request to the last byte, without
// network; BenchmarkPlainPage is every other public page of the same site. Every view has an address of its own, so that none was made before.
func BenchmarkSearchPage(b *testing.B) {
	s := realSite(b)
	s.fillCity(100_000)
	s.board(koepenickBoard())
	s.timePages(b, []page{
		{"a place", "/orte/koepenick"},
		{"everything", "/angebote"},
		{"5 km in the city", "/angebote?ort=10115&umkreis=5"},
		{"25 km in the city with a word", "/angebote?ort=10115&umkreis=25&q=helfen"},
		{"a rare word, 25 km in the city", "/angebote?ort=10115&umkreis=25&q=Baumpflege"},
		{"filters, 10 km in the city", "/angebote?ort=10115&umkreis=10&thema=soziales&zeit=abend&zugang=stufenlos-eingang"},
	})
	s.timePages(b, s.publicPages(true))
}

func BenchmarkPlainPage(b *testing.B) {
	s := realSite(b)
	s.fillCity(100_000)
	s.timePages(b, []page{
		{"an opportunity", s.answer(s.answer("/a/cxxxxxxx").Header().Get("Location")).Header().Get("Location")},
		{"its poster", "/angebote/cxxxxxxx/aushang"},
		{"its form", "/angebote/cxxxxxxx/helfen/ohne-konto"},
	})
	s.timePages(b, s.publicPages(false))
}

// page is what is measured under a name.
type page struct{ name, path string }

// publicPages are those that everybody may read, with or without a search behind them.
func (s *real) publicPages(searching bool) (pages []page) {
	s.t.Helper()
	for path, searches := range web.ReadByAll() {
		if searches != searching || path == "/angebote" {
			continue
		}
		out := s.answer(path)
		if out.Code == http.StatusOK && strings.HasPrefix(out.Header().Get("Content-Type"), "text/html") {
			pages = append(pages, page{strings.TrimPrefix(path+map[bool]string{true: "start"}[path == "/"], "/"), path})
		}
	}
	slices.SortFunc(pages, func(a, b page) int { return strings.Compare(a.name, b.name) })
	return pages
}

func (s *real) timePages(b *testing.B, pages []page) {
	for _, page := range pages {
		b.Run(page.name, func(b *testing.B) {
			took := make([]time.Duration, 0, b.N)
			for b.Loop() {
				address := page.path + "?" + strconv.Itoa(len(took))
				if strings.Contains(page.path, "?") {
					address = page.path + "&x=" + strconv.Itoa(len(took))
				}
				began := time.Now()
				if s.visit(b, address).Header().Get("Age") != "" {
					b.Fatal("it was made before")
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
		})
	}
}

// BenchmarkManyReaders is 1,000 views of the search page in a second, over real connections, each by a visitor of their own. A view counts
// from the moment it was due: whoever waits for a connection waits, too. What share was kept and not made anew is one of the figures. In
// "distinct" everybody searches something else; in "mixed" some searches are asked for much more often than others, after others have
// asked for a while; in "written" somebody also stores something every second, and nothing made before it is shown after it.
func BenchmarkManyReaders(b *testing.B) {
	s := realSite(b, withProxy)
	s.fillCity(100_000)
	for _, path := range busyPaths[:20] {
		s.visit(b, path)
	}
	s.many(b)
}

func (s *real) many(b *testing.B) {
	asked := 20
	b.Run("distinct", func(b *testing.B) {
		s.readers(b, func(int) string {
			asked++
			return busyPaths[asked%len(busyPaths)]
		})
	})
	often := func(seed uint64) func(int) string {
		zipf := rand.NewZipf(rand.New(rand.NewPCG(seed, 0)), 1.1, 1, uint64(len(busyPaths)-1))
		return func(int) string { return busyPaths[zipf.Uint64()] }
	}
	b.Run("mixed", func(b *testing.B) {
		for i, before := 0, often(1); i < 1000; i++ {
			s.visit(b, before(i))
		}
		s.readers(b, often(2))
	})
	b.Run("written", func(b *testing.B) {
		stop := make(chan struct{})
		var writer sync.WaitGroup
		writer.Go(func() {
			for every := time.NewTicker(time.Second); ; {
				select {
				case <-stop:
					return
				case <-every.C:
					s.update(func(tx *store.Tx) error { return tx.PutOnce(store.Once{Key: string(tx.NewID())}) })
				}
			}
		})
		s.readers(b, often(3))
		close(stop)
		writer.Wait()
	})
}

// readers asks for the paths in order.
func (s *real) readers(b *testing.B, path func(n int) string) {
	const perSecond, connections = 1000, 64
	host := strings.TrimPrefix(s.Base, "http://")
	took, paths := make([]time.Duration, b.N), make([]string, b.N)
	for n := range paths {
		paths[n] = path(n)
	}
	var next, kept atomic.Int64
	var all sync.WaitGroup
	first := s.visitors
	s.visitors += b.N
	b.ResetTimer()
	start, used := time.Now(), cpuTime()
	for range connections {
		all.Go(func() {
			conn, err := net.Dial("tcp", host)
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			in := bufio.NewReader(conn)
			for n := int(next.Add(1)) - 1; n < b.N; n = int(next.Add(1)) - 1 {
				due := start.Add(time.Duration(n) * time.Second / perSecond)
				time.Sleep(time.Until(due))
				visitor := first + n
				fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept-Encoding: gzip\r\nX-Forwarded-For: 2001:db8:%x:%x::1\r\n\r\n", paths[n], host, visitor>>16, visitor&0xffff)
				answer, err := http.ReadResponse(in, nil)
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				if answer.Header.Get("Age") != "" {
					kept.Add(1)
				}
				if took[n] = time.Since(due); answer.StatusCode != http.StatusOK {
					b.Errorf("%s: status %d", paths[n], answer.StatusCode)
					return
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "views/s")
	b.ReportMetric(100*float64(kept.Load())/float64(b.N), "%kept")
	b.ReportMetric(float64((cpuTime()-used).Microseconds())/1000/float64(b.N), "cpu-ms") // with the part of who asks
	b.ReportMetric(float64(took[b.N/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[b.N*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(0, "ns/op")
}

// cpuTime is what this process has used of the processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// busyPaths are what visitors of a city ask for at the same time, the most frequent first.
var busyPaths = func() (paths []string) {
	for place := range strings.FieldsSeq("10115 12555 13353 10997 14163 10178 10243 10365 10405 10551 10585 10623 10777 10823 10961 12043 12203 12435 12524 12587") {
		for _, radius := range []string{"3", "5", "10", "25"} {
			for _, word := range []string{"", "Garten", "lesen", "kochen", "helfen", "Senioren"} {
				for _, rest := range []string{"", "&thema=soziales", "&zeit=wochenende", "&sortierung=neu", "&zugang=stufenlos-eingang"} {
					paths = append(paths, "/angebote?ort="+place+"&umkreis="+radius+"&q="+word+rest)
				}
			}
		}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
	return paths
}()

// visit answers a visitor who was never here before: each has an address of their own, and so the limit of one.
func (s *real) visit(t testing.TB, path string) *httptest.ResponseRecorder {
	t.Helper()
	out := s.answer(path)
	if out.Code != http.StatusOK {
		t.Fatalf("%s: status %d", path, out.Code)
	}
	return out
}

func (s *real) answer(path string) *httptest.ResponseRecorder {
	s.visitors++
	req := httptest.NewRequest(http.MethodGet, s.Base+path, nil)
	req.RemoteAddr = fmt.Sprintf("[2001:db8:%x:%x::1]:1000", s.visitors>>16, s.visitors&0xffff)
	req.Header.Set("Accept-Encoding", "gzip")
	out := httptest.NewRecorder()
	s.handler.ServeHTTP(out, req)
	return out
}

// BenchmarkPageWeight is what a browser loads that comes for the first time: the page and everything it names, compressed.
func BenchmarkPageWeight(b *testing.B) {
	s := realSite(b).furnish()
	for i := range 30 {
		s.opportunity(fmt.Sprintf("Vorlesen in der Kita Nummer %d", i), s.orgs["Leseinsel Dahmeufer e. V. (Demo)"])
	}
	for name, path := range map[string]string{"start": "/", "search": "/angebote?ort=12555&umkreis=10", "opportunity": s.path(reading) + "-kindern-vorlesen-in-der-kita"} {
		b.Run(name, func(b *testing.B) {
			var w weight
			for b.Loop() {
				w = s.weigh(b, path)
			}
			b.ReportMetric(float64(w.html)/1000, "html-KB")
			b.ReportMetric(float64(w.all)/1000, "KB")
			b.ReportMetric(float64(w.requests), "requests")
		})
	}
}

// weight of a page in bytes on the wire, without headers.
type weight struct {
	html, all, requests int
}

func (s *real) weigh(t testing.TB, path string) weight {
	t.Helper()
	body, wire := s.load(t, path)
	w := weight{html: wire, all: wire, requests: 1}
	files := []string{}
	for _, n := range webtest.Parse(t, body).Find("link[rel=stylesheet], link[rel=preload], link[rel=icon], script, img") {
		files = append(files, webtest.Attr(n, "href")+webtest.Attr(n, "src"))
	}
	for i := 0; i < len(files); i++ {
		if slices.Contains(files[:i], files[i]) {
			continue
		}
		body, wire := s.load(t, files[i])
		w.all, w.requests = w.all+wire, w.requests+1
		if strings.HasSuffix(files[i], ".css") {
			for _, part := range strings.Split(body, "url(")[1:] {
				name, _, _ := strings.Cut(part, ")")
				files = append(files, "/stil/"+strings.Trim(name, `"'`))
			}
		}
	}
	return w
}

// load returns what a browser reads, and how many bytes of it came over the wire.
func (s *real) load(t testing.TB, path string) (body string, wire int) {
	t.Helper()
	out := s.visit(t, path)
	wire = out.Body.Len()
	if out.Header().Get("Content-Encoding") != "gzip" {
		return out.Body.String(), wire
	}
	unzip, err := gzip.NewReader(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unzip)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), wire
}

func TestThePagesAreLight(t *testing.T) {
	s := realSite(t).furnish()
	for i := range 30 {
		s.opportunity(fmt.Sprintf("Vorlesen in der Kita Nummer %d", i), s.orgs["Leseinsel Dahmeufer e. V. (Demo)"])
	}
	for path, html := range map[string]int{"/": 15_000, "/angebote?ort=12555&umkreis=10&thema=schule-kita": 15_000, "/ls/angebote": 15_000, s.path(reading) + "-kindern-vorlesen-in-der-kita": 15_000} {
		t.Run(path, func(t *testing.T) {
			w := s.weigh(t, path)
			if w.html > html || w.all > 100_000 || w.requests > 8 {
				t.Errorf("%d bytes of HTML, %d in all, %d requests; at most %d, 100000, 8", w.html, w.all, w.requests, html)
			}
		})
	}
}
