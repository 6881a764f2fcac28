package web_test

import (
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
	"seestern/web/webtest"
)

// PRV-18: what each of the pages behind a sign-in answers to others than those it is for. The table is read by people; to write it anew
// after a look at every line, set SEESTERN_UPDATE=1.
func TestPagesOfOthers(t *testing.T) {
	h := newHouse(t)
	looks := h.looks()
	elsewhere := h.organization("Nachbarn nebenan (Demo)")
	readers := []struct {
		name string
		who  *webtest.Client
	}{
		{"visitor", nil},
		{"volunteer", h.place(h.person("volunteer99"))},
		{"manager of another", h.place(h.person("manager99", memberOf(elsewhere, engagement.Manager)))},
		{"member", h.place(h.person("member99", memberOf(h.org, engagement.Member)))},
		{"adviser", h.adviser},
		{"moderator", h.moderator},
		{"admin", h.admin},
		{"who acts for another person", h.helper("Kai")},
	}
	var table strings.Builder
	for _, l := range looks {
		if l.who == nil {
			continue
		}
		fmt.Fprintf(&table, "%s:", l.name)
		for _, r := range readers {
			if r.who == nil {
				r.who = h.visitor() // each with its own limit
			}
			page := r.who.Get(l.path)
			answer := fmt.Sprint(page.Status)
			if strings.Contains(page.Path, "/anmelden") && page.Path != l.path {
				answer = "sign-in"
			}
			if r.name == "visitor" && answer != "sign-in" {
				t.Errorf("%s is open for a visitor: %s", l.name, answer)
			}
			fmt.Fprintf(&table, " %s %s,", r.name, answer)
		}
		table.WriteString("\n")
	}
	const file = "testdata/access.txt"
	if os.Getenv("SEESTERN_UPDATE") != "" {
		if err := os.WriteFile(file, []byte(table.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wanted := strings.Split(string(want), "\n")
	for line := range strings.SplitSeq(table.String(), "\n") {
		if !slices.Contains(wanted, line) {
			name, _, _ := strings.Cut(line, ":")
			i := slices.IndexFunc(wanted, func(w string) bool { return strings.HasPrefix(w, name+":") })
			if i < 0 {
				t.Errorf("%s is not in %s:\n%s", name, file, line)
				continue
			}
			t.Errorf("got  %s\nwant %s", line, wanted[i])
		}
	}
}

// spellings are the ways in which a text may stand in an answer.
func spellings(text string) []string {
	utf16 := ""
	for _, r := range text {
		if r < 128 {
			utf16 += string(r)
		} else {
			utf16 += fmt.Sprintf(`\u%04x`, r)
		}
	}
	return []string{text, strings.ToLower(text), url.QueryEscape(text), url.PathEscape(text), html.EscapeString(text), utf16, base64.StdEncoding.EncodeToString([]byte(text))}
}

// PRV-01: whoever follows every link without an account meets nobody.
func TestWhoReadsEveryPublicPageMeetsNobody(t *testing.T) {
	h := newHouse(t)
	looks := h.looks()
	canaries := []string{"Zwiebelfisch", "Bülbül", "volunteer1.canary@mail.example", "0000001", "Kanarienweg", "Ein Geheimnis"}
	who := h.place(h.person("canary", func(tx *store.Tx, a engagement.Account) error {
		a.Name, a.Email, a.Phone, a.Username = "Zwiebelfisch Bülbül", "volunteer1.canary@mail.example", "+49 171 0000001", "zwiebelfisch"
		p := engagement.Profile{Account: a.ID, AgeBand: "27-59", HomeName: "Kanarienweg", Home: geo.Point{Lat: 52.4455, Lon: 13.5745}}
		if err := tx.PutAccount(&a); err != nil {
			return err
		}
		return tx.PutProfile(&p)
	}))
	chestnuts := h.real.opportunity("Kastanien sammeln", h.org)
	check := who.Get("/angebote/"+chestnuts.Code+"/helfen").Want(200).Form(mainForm).Set("age", "ab-18").Set("text", "Ein Geheimnis").Submit().Want(200)
	status := check.Form("main form[action*=/pruefen]").Submit().Want(200)
	h.answerAt(h.teamPathOf("Kastanien"), "kontakt", func(f *webtest.Form) { f.Set("ask", "name", "phone") })
	h.release(who, who.Get(status.Path))
	who.Get("/termine/"+h.meeting.Code+"/anmelden").Want(200).Form(mainForm).Set("people", "1").Set("text", "Ein Geheimnis").Submit().Want(200)
	if !strings.Contains(h.manager.Get(h.teamPathOf("Kastanien")).Body, "Zwiebelfisch") {
		t.Fatal("the organization does not see the name that was released to it")
	}

	queue, seen := []string{"/", "/en", "/ls", "/sitemap.xml", "/robots.txt", "/.well-known/security.txt", "/nirgendwo"}, map[string]bool{}
	for _, l := range looks {
		if l.who == nil && !strings.HasPrefix(l.path, "/anfrage/") && !strings.HasPrefix(l.path, "/anmeldung/") && !strings.HasPrefix(l.path, "/entscheidungen/") {
			queue = append(queue, l.path)
		}
	}
	reader := h.visitor()
	for n := 0; len(queue) > 0 && n < 600; n++ {
		path := queue[0]
		queue = queue[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		if n%50 == 49 { // within the limit of one visitor
			reader = h.visitor()
		}
		page := reader.Get(path)
		if page.Status == http.StatusTooManyRequests {
			reader = h.visitor()
			page = reader.Get(path)
		}
		for _, canary := range canaries {
			for _, s := range spellings(canary) {
				if strings.Contains(page.Body, s) {
					t.Errorf("%s has %q", path, s)
				}
			}
		}
		if !strings.Contains(page.Body, "<html") {
			continue
		}
		for _, a := range page.Find("a[href], link[href]") {
			href, err := url.Parse(webtest.Attr(a, "href"))
			if err == nil && href.Host == "" && strings.HasPrefix(href.Path, "/") {
				href.Fragment = ""
				queue = append(queue, href.String())
			}
		}
	}
	if len(seen) < 100 {
		t.Errorf("only %d pages were read", len(seen))
	}
}
