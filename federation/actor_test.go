package federation_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seestern/federation"
)

func TestRulesForActors(t *testing.T) {
	for name, c := range map[string]struct {
		edit
		rule string
	}{
		"A1 no id":                      {edit{"id", nil}, "A1"},
		"A2 a Note":                     {edit{"type", "Note"}, "A2"},
		"A5 a name of 101 characters":   {edit{"name", strings.Repeat("x", 101)}, "A5"},
		"A5 a handle of 101 characters": {edit{"preferredUsername", strings.Repeat("x", 101)}, "A5"},
		"A5 a summary of 20,001 bytes":  {edit{"summary", strings.Repeat("x", 20_001)}, "A5"},
		"A5 51 lines":                   {edit{"attachment", list(51, obj{"type": "PropertyValue"})}, "A5"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := federation.ReadActor(decode(t, edited(t, "organization", c.edit))); rule(err) != c.rule {
				t.Errorf("got %v, want a violation of %s", err, c.rule)
			}
		})
	}
	for name, c := range map[string]struct {
		edit
		got  func(federation.Actor) any
		want any
	}{
		"A2 of several types ours first": {edit{"type", []any{"Person", "x:Club", "Organization"}}, func(a federation.Actor) any { return a.Type }, "Organization"},
		"A3 an inbox on another server":  {edit{"inbox", "https://evil.example/inbox"}, func(a federation.Actor) any { return a.Inbox }, ""},
		"A3 a shared inbox elsewhere":    {edit{"endpoints.sharedInbox", "https://evil.example/inbox"}, func(a federation.Actor) any { return a.SharedInbox }, ""},
		"A3 followers elsewhere":         {edit{"followers", "https://evil.example/f"}, func(a federation.Actor) any { return a.Followers }, ""},
		"A5 a summary becomes plain":     {edit{"summary", "<script>x</script><p onclick=x>Hallo <b>Welt</b></p>"}, func(a federation.Actor) any { return a.Summary }, "Hallo Welt"},
		"A8 silence is no consent":       {edit{"indexable", nil}, func(a federation.Actor) any { return a.Indexable }, false},
		"A10 20 capabilities are enough": {edit{"generator.implements", append(list(20, "https://x.example/"), "https://w3id.org/seestern/ns#profile-1")}, func(a federation.Actor) any { return a.Capability() }, ""},
		"a base peer of FEP-0837":        {edit{"generator.implements", []any{obj{"href": "https://w3id.org/fep/0837"}}}, func(a federation.Actor) any { return a.Capability() }, "fep-0837"},
		"an ordinary server":             {edit{"generator", nil}, func(a federation.Actor) any { return a.Capability() }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := federation.ReadActor(decode(t, edited(t, "organization", c.edit)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, c.got(a)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestStrangersGetTheShortFormOfAnOrganization(t *testing.T) {
	d, err := testCodec(t, "https://a.example").Organization(testOrganization(), testKey(t, orgIRI), true)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"summary", "attachment", "location", "icon", "seestern:org"} {
		if d[name] != nil {
			t.Errorf("it tells %s", name)
		}
	}
	raw, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if a := mustActor(t, raw); a.Inbox != orgIRI+"/inbox" || a.Name != "Beispielverein Vorlesen e. V." {
		t.Errorf("got %+v", a)
	}
}
