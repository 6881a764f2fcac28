package federation_test

import (
	"net/http"
	"testing"

	"seestern/federation"
)

func TestOnlyActivityStreamsIsTakenForActivityStreams(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines []string
		want  bool
	}{
		{"ORG-08 activity+json", []string{"application/activity+json"}, true},
		{"ORG-08 in upper case with charset", []string{`Application/Activity+JSON; Charset="UTF-8"`}, true},
		{"ORG-08 ld+json with the profile", []string{`application/ld+json; profile="https://www.w3.org/ns/activitystreams"`}, true},
		{"ORG-08 with charset first", []string{`application/ld+json;charset=utf-8;profile="https://www.w3.org/ns/activitystreams"`}, true},
		{"ORG-08 with charset last", []string{`application/ld+json; profile="https://www.w3.org/ns/activitystreams"; charset=utf-8`}, true},
		{"ORG-08 with several profiles", []string{`application/ld+json; profile="https://www.w3.org/ns/activitystreams https://example.com/x"`}, true},
		{"ORG-08 ld+json without profile", []string{"application/ld+json"}, false},
		{"ORG-08 ld+json with another profile", []string{`application/ld+json; profile="https://www.w3.org/ns/activitystreamsx"`}, false},
		{"ORG-08 JSON", []string{"application/json"}, false},
		{"ORG-08 text", []string{"text/plain"}, false},
		{"ORG-08 bytes", []string{"application/octet-stream"}, false},
		{"ORG-08 HTML", []string{"text/html"}, false},
		{"ORG-08 the name inside another type", []string{`text/html; x="application/activity+json"`}, false},
		{"ORG-08 a longer name", []string{"application/activity+jsonx"}, false},
		{"another charset", []string{"application/activity+json; charset=utf-16"}, false},
		{"two lines", []string{"application/activity+json", "text/html"}, false},
		{"two types in one line", []string{"application/activity+json, text/html"}, false},
		{"a repeated parameter", []string{`application/ld+json; profile="x"; profile="https://www.w3.org/ns/activitystreams"`}, false},
		{"none", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := federation.IsActivityJSON(http.Header{"Content-Type": tt.lines}); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestContentNegotiation(t *testing.T) {
	const profile = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`
	for _, tt := range []struct {
		name           string
		accept         []string
		page, document bool // what an id redirects to a page, what a page redirects to a document
	}{
		{"a browser", []string{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, true, false},
		{"another server", []string{"application/activity+json, application/ld+json"}, false, true},
		{"a server that asks for the profile", []string{profile}, false, true},
		{"a server that would also take HTML", []string{profile + ", text/html;q=0.1"}, false, true},
		{"a server that lists HTML first with less weight", []string{"text/html;q=0.5, application/activity+json"}, false, true},
		{"both alike", []string{"text/html, application/activity+json"}, false, false},
		{"two lines", []string{"text/html;q=0.2", "application/activity+json;q=0.3"}, false, true},
		{"anything", []string{"*/*"}, false, false},
		{"nothing said", nil, false, false},
		{"any application", []string{"application/*"}, false, true},
		{"any text", []string{"text/*"}, true, false},
		{"the most specific range decides", []string{"*/*, application/activity+json;q=0, application/ld+json;q=0"}, true, false},
		{"JSON", []string{"application/json"}, false, false},
		{"nonsense beside a type", []string{"/;;, text/html;q=2, application/activity+json"}, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{"Accept": tt.accept}
			if got := federation.WantsPage(h); got != tt.page {
				t.Errorf("WantsPage: got %v, want %v", got, tt.page)
			}
			if got := federation.WantsDocument(h); got != tt.document {
				t.Errorf("WantsDocument: got %v, want %v", got, tt.document)
			}
		})
	}
}
