package web_test

import (
	"net/http"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/web"
)

// A page of a public thing names the address by which other servers know it, and sends those there that ask for it. Nothing else does: who
// asks does not learn that something is there.
func TestOtherServersFindTheIdsOfPublicThings(t *testing.T) {
	s := realSite(t, func(o *web.Options) {
		o.Network.ID = func(noun string, id engagement.ID) string { return "https://me.test/ap/" + noun + "/" + string(id) }
		o.Network.Wanted = func(r *http.Request) bool { return r.Header.Get("Accept") == "application/activity+json" }
	}).furnish()
	reading := s.orgs["Leseinsel Dahmeufer e. V. (Demo)"]
	public := s.opps["Kindern vorlesen in der Kita"]
	hidden := s.opportunity("Nur für das Team", reading, func(o *engagement.Opportunity) { o.Visibility = "intern" })
	copied := s.opps["Sprachcafé begleiten"]
	news := s.news(reading, "Wir suchen weitere Vorlesende.")
	waiting := s.organization("Neu und ungeprüft (Demo)", func(o *engagement.Organization) { o.State = engagement.OrganizationSubmitted })
	for path, want := range map[string]string{
		"/":                               "https://me.test/ap//",
		"/angebote/" + public.Code:        "https://me.test/ap/opportunity/" + string(public.ID),
		"/en/angebote/" + public.Code:     "https://me.test/ap/opportunity/" + string(public.ID),
		"/organisationen/" + reading.Code: "https://me.test/ap/organization/" + string(reading.ID),
		"/neuigkeiten/" + news.Code:       "https://me.test/ap/announcement/" + string(news.ID),
		"/angebote/" + hidden.Code:        "",
		"/angebote/" + copied.Code:        "",
		"/organisationen/" + waiting.Code: "",
		"/angebote":                       "",
	} {
		t.Run(path, func(t *testing.T) {
			page := s.Get(path) // follows to the address with the slug
			if link := `link[type="application/activity+json"][href="` + want + `"]`; page.Has(link) != (want != "") {
				t.Errorf("the page has %s: %v", link, page.Has(link))
			}
			if got := page.Header.Get("Link"); (want == "") != (got == "") || !strings.HasPrefix(got, "<"+want+">") && want != "" {
				t.Errorf("got Link %q", got)
			}
			r, err := http.NewRequest(http.MethodGet, s.Base+page.Path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept", "application/activity+json")
			answer, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if got := answer.Header.Get("Location"); got != want || want != "" && (answer.StatusCode != http.StatusSeeOther || !strings.HasPrefix(answer.Header.Get("Vary"), "Accept, Signature")) {
				t.Errorf("a server got %d to %q, Vary %q", answer.StatusCode, got, answer.Header.Get("Vary"))
			}
		})
	}
	s.update(func(tx *store.Tx) error {
		i, err := tx.Instance()
		if err != nil {
			return err
		}
		i.Mode = "off"
		return tx.PutInstance(&i)
	})
	if got := s.Get("/angebote/" + public.Code).Header.Get("Link"); got != "" {
		t.Errorf("without federation the page names %s", got)
	}
}
