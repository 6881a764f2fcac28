package federation_test

import (
	"slices"
	"strings"
	"testing"

	"seestern/federation"
)

func TestDocumentsThatMustNotBeSent(t *testing.T) {
	for name, d := range map[string]federation.Doc{
		"no type":                      {"id": orgIRI},
		"a name at the wrong type":     {"id": orgIRI, "type": "Note", "latitude": 5.0},
		"a misspelled name":            {"id": orgIRI, "type": "Create", "object": federation.Doc{"type": "Note", "pubished": "2026-11-02T08:00:00Z"}},
		"what the library cannot read": {"id": orgIRI, "type": "Event", "duration": "-"},
		"larger than others accept":    {"id": orgIRI, "type": "Note", "content": strings.Repeat("x", 64<<10)},
		"a match larger than 16 KiB":   {"id": orgIRI, "type": "Reject", "content": strings.Repeat("x", 16<<10), "seestern:match": federation.Doc{"seestern:version": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			if raw, err := d.Bytes(); err == nil {
				t.Errorf("got %s", raw)
			}
		})
	}
	t.Run("a page of the collection may be larger", func(t *testing.T) {
		note, err := testCodec(t, "https://a.example").Opportunity(testOpportunity(), testOrganization())
		if err != nil {
			t.Fatal(err)
		}
		raw, err := federation.Page(orgIRI+"/outbox", "1", "", slices.Repeat([]federation.Doc{note}, 50)).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := federation.DecodePage(raw); err != nil {
			t.Errorf("others could not read it: %v", err)
		}
	})
}
