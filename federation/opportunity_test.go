package federation_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seestern/engagement"
	"seestern/federation"
	"seestern/geo"
)

func TestRulesForOpportunities(t *testing.T) {
	now := at("2026-11-02T08:00:01Z")
	read := func(t *testing.T, edits ...edit) (federation.Proposal, error) {
		return federation.ReadOpportunity(decode(t, edited(t, "opportunity", edits...)), now)
	}
	for name, c := range map[string]struct {
		edit
		rule string
	}{
		"O1 an author of another server":            {edit{"attributedTo", "https://b.example/ap/org/1"}, "O1"},
		"O1 no author":                              {edit{"attributedTo", nil}, "O1"},
		"O1 a port is another server":               {edit{"attributedTo", "https://a.example:8443/ap/org/1"}, "O1"},
		"O2 an Event":                               {edit{"type", "Event"}, "O2"},
		"O2 no purpose":                             {edit{"purpose", nil}, "O2"},
		"O2 somebody offers help":                   {edit{"purpose", "offer"}, "O2"},
		"O2 no Intent":                              {edit{"publishes.type", "Note"}, "O2"},
		"O2 the Intent of another proposal":         {edit{"publishes.id", "https://a.example/ap/opportunity/2#primary"}, "O2"},
		"O4 a unit that is a novel":                 {edit{"publishes.availableQuantity.hasUnit", strings.Repeat("u", 21)}, "O4"},
		"O4 too many places":                        {edit{"publishes.availableQuantity.hasNumericalValue", "10001"}, "O4"},
		"O4 a negative number of places":            {edit{"publishes.availableQuantity.hasNumericalValue", "-1"}, "O4"},
		"O4 an exponent":                            {edit{"publishes.availableQuantity.hasNumericalValue", "1e3"}, "O4"},
		"O4 a word":                                 {edit{"publishes.effortQuantity.hasNumericalValue", "eine"}, "O4"},
		"O6 a title of 201 characters":              {edit{"name", strings.Repeat("ü", 201)}, "O6"},
		"O6 a text of 20,001 characters":            {edit{"content", strings.Repeat("ü", 20_001)}, "O6"},
		"O6 21 tags":                                {edit{"tag", list(21, "#x")}, "O6"},
		"O6 five attachments":                       {edit{"attachment", list(5, obj{"type": "Image"})}, "O6"},
		"O7 published eleven minutes in the future": {edit{"published", "2026-11-02T08:11:02Z"}, "O7"},
		"O7 published before there was a network":   {edit{"published", "1950-01-01T00:00:00Z"}, "O7"},
		"O7 published some time":                    {edit{"published", "recently"}, "O7"},
		"O7 updated before it was published":        {edit{"updated", "2026-11-02T07:59:59Z"}, "O7"},
		"O7 an end in 401 days":                     {edit{"endTime", "2027-12-08T08:00:02Z"}, "O7"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := read(t, c.edit); rule(err) != c.rule || !errors.Is(err, federation.ErrIgnored) {
				t.Errorf("got %v, want a violation of %s that is acknowledged", err, c.rule)
			}
		})
	}
	for name, c := range map[string]struct {
		edits []edit
		got   func(federation.Proposal) any
		want  any
	}{
		"O2 a Proposal is read": {
			[]edit{{"type", []any{"vf:X", "Proposal"}}},
			func(p federation.Proposal) any { return p.Title }, "Vorlesen in der Grundschule",
		},
		"O3 an unknown action is kept, not matched": {
			[]edit{{"publishes.action", "teach"}},
			func(p federation.Proposal) any { return p.Matchable }, false,
		},
		"O3 work is matched": {
			[]edit{{"publishes.action", "work"}},
			func(p federation.Proposal) any { return p.Matchable }, true,
		},
		"O4 a JSON number": {
			[]edit{{"publishes.availableQuantity.hasNumericalValue", 7}},
			func(p federation.Proposal) any { return p.Capacity }, 7,
		},
		"O4 no number: unlimited": {
			[]edit{{"publishes.availableQuantity", nil}},
			func(p federation.Proposal) any { return p.Capacity }, 0,
		},
		"O4 zero: full": {
			[]edit{{"publishes.availableQuantity.hasNumericalValue", "0"}},
			func(p federation.Proposal) any { n, limited := p.Free(); return []any{n, limited} },
			[]any{0, true},
		},
		"O5 something in return": {
			[]edit{{"reciprocal", obj{"type": "Intent"}}},
			func(p federation.Proposal) any { return p.Paid }, true,
		},
		"O6 no title: the first line": {
			[]edit{{"name", nil}},
			func(p federation.Proposal) any { return p.Title }, "Vorlesen in der Grundschule",
		},
		"O7 no end: 90 days": {
			[]edit{{"endTime", nil}},
			func(p federation.Proposal) any { return p.Expires }, at("2027-01-31T08:00:00Z"),
		},
		"O7 an opportunity of years ago that was confirmed": {
			[]edit{{"published", "2023-01-01T00:00:00Z"}},
			func(p federation.Proposal) any { return p.Expires }, at("2027-01-31T08:00:00Z"),
		},
		"O8 coordinates off the earth are dropped": {
			[]edit{{"location.latitude", 91.0}},
			func(p federation.Proposal) any { return p.Places[0].Known() }, false,
		},
		"O8 a text is no coordinate": {
			[]edit{{"location.latitude", "52.5"}},
			func(p federation.Proposal) any { return p.Places[0].Known() }, false,
		},
		"O11 an unknown code is kept": {
			[]edit{{"seestern:details.seestern:areas", []any{"raumfahrt"}}},
			func(p federation.Proposal) any { return p.Areas },
			[]engagement.Code{"raumfahrt"},
		},
		"O11 41 codes are none": {
			[]edit{{"seestern:details.seestern:proofs", list(41, "x")}},
			func(p federation.Proposal) any { return p.Proofs == nil }, true,
		},
		"an unknown status is closed": {
			[]edit{{"seestern:details.seestern:status", "vielleicht"}},
			func(p federation.Proposal) any { return p.State }, engagement.Expired,
		},
		"a filled one": {
			[]edit{{"seestern:details.seestern:status", "filled"}},
			func(p federation.Proposal) any { return p.State }, engagement.Filled,
		},
		"an age that we do not offer keeps gating": {
			[]edit{{"seestern:details.seestern:minAge", 13}},
			func(p federation.Proposal) any { return p.MinAge }, 13,
		},
		"the narrower audience counts": {
			[]edit{{"to", []any{"https://a.example/ap/actor/followers"}}},
			func(p federation.Proposal) any { return p.Visibility }, engagement.Code("verbund"),
		},
		"the narrower word counts": {
			[]edit{{"seestern:details.seestern:visibility", "verbund"}},
			func(p federation.Proposal) any { return p.Visibility }, engagement.Code("verbund"),
		},
		"urgency is over": {
			[]edit{{"seestern:details.seestern:urgentUntil", "2026-11-01"}},
			func(p federation.Proposal) any { return p.UrgentUntil }, engagement.Date(""),
		},
		"urgency for ever is none": {
			[]edit{{"seestern:details.seestern:urgentUntil", "2036-11-01"}},
			func(p federation.Proposal) any { return p.UrgentUntil }, engagement.Date(""),
		},
		"a day that does not exist": {
			[]edit{{"seestern:details.seestern:notBefore", "2026-02-30"}},
			func(p federation.Proposal) any { return p.StartsOn }, engagement.Date(""),
		},
		"hours out of range": {
			[]edit{{"seestern:details.seestern:hoursMax", 25}},
			func(p federation.Proposal) any { return p.HoursMax }, 0.0,
		},
		"a page on another server is not linked": {
			[]edit{{"url", "https://evil.example/"}},
			func(p federation.Proposal) any { return p.URL }, opportunityIRI,
		},
		"a page given as Link, with a trap for the library": {
			[]edit{{"url", []any{obj{"type": "Link", "href": "https://a.example/angebote/1", "preview": obj{"type": "Note", "duration": ""}}}}},
			func(p federation.Proposal) any { return p.URL }, "https://a.example/angebote/1",
		},
		"a page that is a script is not linked": {
			[]edit{{"url", "javascript:alert(1)"}},
			func(p federation.Proposal) any { return p.URL }, opportunityIRI,
		},
		"signs that turn the text around are removed": {
			[]edit{{"name", "Vor\u202elesen\u0007"}},
			func(p federation.Proposal) any { return p.Title }, "Vorlesen",
		},
		"an address with a colon is not a title's end": {
			[]edit{{"name", "Achtung:neu"}},
			func(p federation.Proposal) any { return p.Title }, "Achtung:neu",
		},
		"all slots are needed": {
			[]edit{{"seestern:details.seestern:availability", obj{"seestern:all": []any{"mo-abend", "di-abend"}}}},
			func(p federation.Proposal) any { return []any{p.AllSlots, p.Grid} },
			[]any{true, engagement.Slot("mo", "abend") | engagement.Slot("di", "abend")},
		},
		"a peer of FEP-0837 alone": {[]edit{{"seestern:details", nil}}, func(p federation.Proposal) any {
			return []any{p.Plain, p.State, p.Visibility, p.Kind, strings.Contains(p.Description, "- Bücher sind da"), p.HoursMin}
		}, []any{true, engagement.Published, engagement.Code("offen"), engagement.Code("engagement"), true, 1.5}},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := read(t, c.edits...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, c.got(p)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestVisibilityDecidesWhoADocumentIsFor(t *testing.T) {
	a := testCodec(t, "https://a.example")
	for visibility, want := range map[engagement.Code][2][]string{
		"offen":   {{federation.Public}, {orgIRI + "/followers", "https://a.example/ap/actor/followers"}},
		"verbund": {{"https://a.example/ap/actor/followers"}, {}},
		"intern":  {}, "instanz": {}, "anfrage": {}, "": {},
	} {
		o := testOpportunity()
		o.Visibility = visibility
		d, err := a.Opportunity(o, testOrganization())
		if (err == nil) != (want[0] != nil) {
			t.Errorf("%q: %v", visibility, err)
		}
		if err != nil {
			if _, err := a.DeleteOpportunity(offerKey, at("2026-11-04T12:00:00Z"), o, testOrganization()); err == nil {
				t.Errorf("%q: a Delete tells of it", visibility)
			}
			continue
		}
		for _, d := range []federation.Doc{d, a.Update(offerKey, at("2026-11-04T12:00:00Z"), d)} {
			if diff := cmp.Diff([]any{want[0], want[1]}, []any{d["to"], d["cc"]}); diff != "" {
				t.Errorf("%q: -want +got:\n%s", visibility, diff)
			}
		}
	}
}

func TestAHiddenOpportunityHasANeutralText(t *testing.T) {
	o := testOpportunity()
	o.State = engagement.Hidden
	d, err := testCodec(t, "https://a.example").Opportunity(o, testOrganization())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"Vorlesen", "dienstags", "Köpenick", "lesepate"} {
		if strings.Contains(string(raw), word) {
			t.Errorf("it says %q: %s", word, raw)
		}
	}
	p, err := federation.ReadOpportunity(decode(t, raw), at("2026-11-02T08:00:01Z"))
	if err != nil || p.State != engagement.Expired || p.Title != "Dieses Angebot ist zurzeit nicht verfügbar." {
		t.Errorf("read as %+v, %v", p, err)
	}
}

func TestWhenAnOpportunityEndsForOthers(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*engagement.Opportunity)
		want   string
	}{
		"90 days after the last confirmation":  {func(*engagement.Opportunity) {}, "2027-01-31T08:00:00Z"},
		"after its last day in Berlin":         {func(o *engagement.Opportunity) { o.EndsOn = "2026-12-05" }, "2026-12-05T23:00:00Z"},
		"after the only day":                   {func(o *engagement.Opportunity) { o.Commitment, o.StartsOn = "einmalig", "2026-12-05" }, "2026-12-05T23:00:00Z"},
		"a later last day does not prolong it": {func(o *engagement.Opportunity) { o.EndsOn = "2028-01-01" }, "2027-01-31T08:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			o := testOpportunity()
			c.change(&o)
			d, err := testCodec(t, "https://a.example").Opportunity(o, testOrganization())
			if err != nil {
				t.Fatal(err)
			}
			if d["endTime"] != c.want {
				t.Errorf("got %v, want %s", d["endTime"], c.want)
			}
		})
	}
}

func TestSentencesAboutAnOpportunity(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*engagement.Opportunity)
		want   string
	}{
		"days in a row": {func(o *engagement.Opportunity) {
			o.Grid, _ = engagement.ParseGrid([]engagement.Code{"mo-abend", "di-abend", "mi-abend", "so-mittag"})
		}, "Montag bis Mittwoch abends; Sonntag mittags (eine dieser Zeiten reicht)"},
		"all slots are needed": {func(o *engagement.Opportunity) {
			o.Grid, _ = engagement.ParseGrid([]engagement.Code{"mo-abend", "di-abend"})
			o.AllSlots = true
		}, "Montag bis Dienstag abends, ab"},
		"one hour":                 {func(o *engagement.Opportunity) { o.HoursMin, o.HoursMax = 1, 0 }, "1 Stunde,"},
		"one place":                {func(o *engagement.Opportunity) { o.Taken = 2 }, "Noch 1 Platz frei"},
		"full":                     {func(o *engagement.Opportunity) { o.State, o.Waitlist = engagement.Filled, false }, "Alle Plätze sind besetzt.<"},
		"full with a waiting list": {func(o *engagement.Opportunity) { o.State = engagement.Filled }, "Es gibt eine Warteliste."},
		"paused":                   {func(o *engagement.Opportunity) { o.State = engagement.Paused }, "Zurzeit pausiert"},
		"over":                     {func(o *engagement.Opportunity) { o.State = engagement.Expired }, "Dieses Angebot ist beendet."},
		"one day":                  {func(o *engagement.Opportunity) { o.EndsOn = o.StartsOn }, ", 17.11.2026<"},
		"two days":                 {func(o *engagement.Opportunity) { o.EndsOn = "2026-11-18" }, "vom 17.11.2026 bis 18.11.2026"},
		"online":                   {func(o *engagement.Opportunity) { o.Mode, o.Places = "online", nil }, "Wo: online<"},
		"an exact address": {func(o *engagement.Opportunity) {
			o.Places[0].Name, o.Places[0].Street, o.Places[0].Precision = "Schule am Beispielufer", "Beispielufer", "genau"
		}, "Wo: Schule am Beispielufer, Beispielufer 7, 12555 Berlin-Köpenick"},
		"heavy work":                            {func(o *engagement.Opportunity) { o.Load = "Kisten <tragen>" }, "Gut zu wissen: Kisten &lt;tragen&gt;"},
		"English words for English texts":       {func(o *engagement.Opportunity) { o.Lang = "en" }, "2 places left"},
		"German for simple German":              {func(o *engagement.Opportunity) { o.Lang = "ls" }, "Noch 2 Plätze frei"},
		"marks of Markdown that we do not know": {func(o *engagement.Opportunity) { o.Description = "# <b>Titel</b> ![x](https://x.example/y.png)" }, "<p># &lt;b&gt;Titel&lt;/b&gt; </p>"},
		"links lead to https only": {func(o *engagement.Opportunity) {
			o.Description = "[a](javascript:alert(1)) [b](http://x.example) [c](https://x.example)"
		}, `<p>a b <a href="https://x.example" rel="nofollow noopener">c</a></p>`},
	} {
		t.Run(name, func(t *testing.T) {
			o := testOpportunity()
			c.change(&o)
			d, err := testCodec(t, "https://a.example").Opportunity(o, testOrganization())
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := d["content"].(string); !strings.Contains(got, c.want) {
				t.Errorf("%q is missing in %s", c.want, got)
			}
		})
	}
}

func TestPlacesAreSentAtTheirPublicPrecision(t *testing.T) {
	for precision, want := range map[engagement.Code]engagement.Place{
		"genau": {
			Name: secret, Street: secret + " 7", Postcode: "12555", Locality: "Berlin-Köpenick", Point: geo.Point{Lat: 52.4499, Lon: 13.5799},
			Centroid: geo.Point{Lat: 52.4499, Lon: 13.5799}, Exact: true, Precision: "genau",
		},
		"strasse": {
			Name: secret, Street: secret, Postcode: "12555", Locality: "Berlin-Köpenick", Point: geo.Point{Lat: 52.4455, Lon: 13.5745},
			Centroid: geo.Point{Lat: 52.4455, Lon: 13.5745}, Precision: "genau",
		},
		"ortsteil": {
			Postcode: "12555", Locality: "Berlin-Köpenick", Point: geo.Point{Lat: 52.4455, Lon: 13.5745},
			Centroid: geo.Point{Lat: 52.4455, Lon: 13.5745}, Precision: "genau",
		},
	} {
		t.Run(string(precision), func(t *testing.T) {
			o := testOpportunity()
			o.Places[0].Precision = precision
			o.Places = append(o.Places, o.Places[0])
			d, err := testCodec(t, "https://a.example").Opportunity(o, testOrganization())
			if err != nil {
				t.Fatal(err)
			}
			raw, err := d.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			p, err := federation.ReadOpportunity(decode(t, raw), at("2026-11-02T08:00:01Z"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]engagement.Place{want, want}, p.Places); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(p.Places, p.PublicPlaces()); diff != "" {
				t.Errorf("the copy shows less than was sent: %s", diff)
			}
		})
	}
}
