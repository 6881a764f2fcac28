package federation_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seestern/engagement"
	"seestern/federation"
)

func TestWhoWebFingerIsAskedAbout(t *testing.T) {
	c := testCodec(t, "https://a.example")
	for resource, want := range map[string]federation.Finger{
		"acct:Verein@A.Example":                {Handle: "verein"},
		"verein@a.example":                     {Handle: "verein"},
		"@verein@a.example":                    {Handle: "verein"},
		"https://a.example/":                   {IRI: "https://a.example/"},
		orgIRI:                                 {IRI: orgIRI},
		"https://a.example/organisationen/Abc": {IRI: "https://a.example/organisationen/Abc"},
	} {
		if got, ok := c.ReadResource(resource); !ok || got != want {
			t.Errorf("%s: got %+v, %v", resource, got, ok)
		}
	}
	for _, resource := range []string{"", "acct:", "acct:@a.example", "verein", "acct:verein@b.example", "acct:verein@a.example:8443", "https://b.example/", "http://a.example/", "https://a.example.evil.example/"} {
		if got, ok := c.ReadResource(resource); ok {
			t.Errorf("%s: got %+v", resource, got)
		}
	}
}

func TestWebFingerAnswersOfOthers(t *testing.T) {
	read := func(links string) string {
		_, actor, err := federation.ReadFinger([]byte(`{"subject":"acct:member_a@m.example","links":[` + links + `]}`))
		if err != nil {
			return ""
		}
		return actor
	}
	for name, c := range map[string]struct{ links, want string }{
		"the page is not the actor":            {`{"rel":"http://webfinger.net/rel/profile-page","type":"text/html","href":"https://m.example/@member_a"},{"rel":"self","type":"application/activity+json","href":"` + memberIRI + `"}`, memberIRI},
		"the type of JSON-LD, as Mitra has it": {`{"rel":"self","type":"application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"","href":"` + memberIRI + `"}`, memberIRI},
		"JSON-LD of something else":            {`{"rel":"self","type":"application/ld+json","href":"` + memberIRI + `"}`, ""},
		"an actor that is no address":          {`{"rel":"self","type":"application/activity+json","href":"acct:member_a@m.example"}`, ""},
		"somebody else's feed":                 {`{"rel":"self","type":"application/atom+xml","href":"` + memberIRI + `"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := read(c.links); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestHostMetaLeadsToWebFinger(t *testing.T) {
	got := string(testCodec(t, "https://a.example").HostMeta())
	if !strings.Contains(got, `rel="lrdd" template="https://a.example/.well-known/webfinger?resource={uri}"`) {
		t.Errorf("got %s", got)
	}
}

func TestNodeInfo(t *testing.T) {
	c := testCodec(t, "https://a.example")
	read := func(version string, users int) obj {
		raw, err := c.NodeInfo(version, testInstance(), federation.Usage{Version: "1.0", Repository: "https://code.example/", Homepage: "https://x.example/", ActiveUsers: users})
		if err != nil {
			t.Fatal(err)
		}
		var d obj
		if err := json.Unmarshal(raw, &d); err != nil {
			t.Fatal(err)
		}
		return d
	}
	t.Run("2.0 knows neither repository nor homepage", func(t *testing.T) {
		if diff := cmp.Diff(obj{"name": "seestern", "version": "1.0"}, read("2.0", 0)["software"]); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("few people are not counted, many in tens", func(t *testing.T) {
		for users, want := range map[int]obj{49: {}, 50: {"activeHalfyear": 50.0}, 129: {"activeHalfyear": 120.0}} {
			if diff := cmp.Diff(want, read("2.1", users)["usage"].(obj)["users"]); diff != "" {
				t.Errorf("%d: %s", users, diff)
			}
		}
	})
	t.Run("other versions do not exist", func(t *testing.T) {
		if _, err := c.NodeInfo("1.0", testInstance(), federation.Usage{}); !errors.Is(err, engagement.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
}

func TestTheInstanceIsNamedAfterItsHost(t *testing.T) {
	if got := testCodec(t, "http://localhost:8081").InstanceFinger().Subject; got != "acct:localhost@localhost:8081" {
		t.Errorf("got %s", got)
	}
}

func TestAChangedActorIsToldToItsFollowers(t *testing.T) {
	a := testCodec(t, "https://a.example")
	for _, c := range []struct {
		actor func() (federation.Doc, error)
		cc    []string
	}{
		{func() (federation.Doc, error) { return a.Organization(testOrganization(), testKey(t, orgIRI), false) }, []string{orgIRI + "/followers", "https://a.example/ap/actor/followers"}},
		{func() (federation.Doc, error) { return a.Instance(testInstance(), testKey(t, a.Base.Actor())) }, []string{"https://a.example/ap/actor/followers"}},
	} {
		actor, err := c.actor()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := a.UpdateActor(offerKey, at("2026-11-04T12:00:00Z"), actor).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		e := parse(t, raw)
		if e.Actor != actor["id"] || e.ObjectID != actor["id"] {
			t.Errorf("%s changes %s", e.Actor, e.ObjectID)
		}
		if diff := cmp.Diff([][]string{{federation.Public}, c.cc}, [][]string{e.To, e.Cc}); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}
