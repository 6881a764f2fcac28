package federation_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seestern/engagement"
	"seestern/federation"
	"seestern/geo"
)

// rule is the number of the rule that a document was refused by.
func rule(err error) string {
	var v *federation.Violation
	if !errors.As(err, &v) {
		return ""
	}
	return v.Rule
}

// edit is one change of a golden document. A path leads through objects and the first elements of lists: "publishes.id".
type edit struct {
	path  string
	value any // nil: the member is removed
}

func (e edit) apply(t testing.TB, d obj) {
	t.Helper()
	steps := strings.Split(e.path, ".")
	for _, s := range steps[:len(steps)-1] {
		next, ok := d[s].(obj)
		if list, isList := d[s].([]any); isList {
			next, ok = list[0].(obj)
		}
		if !ok {
			t.Fatalf("%s leads nowhere", e.path)
		}
		d = next
	}
	if last := steps[len(steps)-1]; e.value == nil {
		delete(d, last)
	} else {
		d[last] = e.value
	}
}

func edited(t testing.TB, name string, edits ...edit) []byte {
	t.Helper()
	d := load(t, name)
	for _, e := range edits {
		e.apply(t, d)
	}
	return mustJSON(t, d)
}

func list(n int, value any) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = value
	}
	return out
}

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
		"O2 a Proposal is read":                             {[]edit{{"type", []any{"vf:X", "Proposal"}}}, func(p federation.Proposal) any { return p.Title }, "Vorlesen in der Grundschule"},
		"O3 an unknown action is kept, not matched":         {[]edit{{"publishes.action", "teach"}}, func(p federation.Proposal) any { return p.Matchable }, false},
		"O3 work is matched":                                {[]edit{{"publishes.action", "work"}}, func(p federation.Proposal) any { return p.Matchable }, true},
		"O4 a JSON number":                                  {[]edit{{"publishes.availableQuantity.hasNumericalValue", 7}}, func(p federation.Proposal) any { return p.Capacity }, 7},
		"O4 no number: unlimited":                           {[]edit{{"publishes.availableQuantity", nil}}, func(p federation.Proposal) any { return p.Capacity }, 0},
		"O4 zero: full":                                     {[]edit{{"publishes.availableQuantity.hasNumericalValue", "0"}}, func(p federation.Proposal) any { n, limited := p.Free(); return []any{n, limited} }, []any{0, true}},
		"O5 something in return":                            {[]edit{{"reciprocal", obj{"type": "Intent"}}}, func(p federation.Proposal) any { return p.Paid }, true},
		"O6 no title: the first line":                       {[]edit{{"name", nil}}, func(p federation.Proposal) any { return p.Title }, "Vorlesen in der Grundschule"},
		"O7 no end: 90 days":                                {[]edit{{"endTime", nil}}, func(p federation.Proposal) any { return p.Expires }, at("2027-01-31T08:00:00Z")},
		"O7 an opportunity of years ago that was confirmed": {[]edit{{"published", "2023-01-01T00:00:00Z"}}, func(p federation.Proposal) any { return p.Expires }, at("2027-01-31T08:00:00Z")},
		"O8 coordinates off the earth are dropped":          {[]edit{{"location.latitude", 91.0}}, func(p federation.Proposal) any { return p.Places[0].Known() }, false},
		"O8 a text is no coordinate":                        {[]edit{{"location.latitude", "52.5"}}, func(p federation.Proposal) any { return p.Places[0].Known() }, false},
		"O11 an unknown code is kept":                       {[]edit{{"seestern:details.seestern:areas", []any{"raumfahrt"}}}, func(p federation.Proposal) any { return p.Areas }, []engagement.Code{"raumfahrt"}},
		"O11 41 codes are none":                             {[]edit{{"seestern:details.seestern:proofs", list(41, "x")}}, func(p federation.Proposal) any { return p.Proofs == nil }, true},
		"an unknown status is closed":                       {[]edit{{"seestern:details.seestern:status", "vielleicht"}}, func(p federation.Proposal) any { return p.State }, engagement.Expired},
		"a filled one":                                      {[]edit{{"seestern:details.seestern:status", "filled"}}, func(p federation.Proposal) any { return p.State }, engagement.Filled},
		"an age that we do not offer keeps gating":          {[]edit{{"seestern:details.seestern:minAge", 13}}, func(p federation.Proposal) any { return p.MinAge }, 13},
		"the narrower audience counts":                      {[]edit{{"to", []any{"https://a.example/ap/actor/followers"}}}, func(p federation.Proposal) any { return p.Visibility }, engagement.Code("verbund")},
		"the narrower word counts":                          {[]edit{{"seestern:details.seestern:visibility", "verbund"}}, func(p federation.Proposal) any { return p.Visibility }, engagement.Code("verbund")},
		"urgency is over":                                   {[]edit{{"seestern:details.seestern:urgentUntil", "2026-11-01"}}, func(p federation.Proposal) any { return p.UrgentUntil }, engagement.Date("")},
		"urgency for ever is none":                          {[]edit{{"seestern:details.seestern:urgentUntil", "2036-11-01"}}, func(p federation.Proposal) any { return p.UrgentUntil }, engagement.Date("")},
		"a day that does not exist":                         {[]edit{{"seestern:details.seestern:notBefore", "2026-02-30"}}, func(p federation.Proposal) any { return p.StartsOn }, engagement.Date("")},
		"hours out of range":                                {[]edit{{"seestern:details.seestern:hoursMax", 25}}, func(p federation.Proposal) any { return p.HoursMax }, 0.0},
		"a page on another server is not linked":            {[]edit{{"url", "https://evil.example/"}}, func(p federation.Proposal) any { return p.URL }, opportunityIRI},
		"a page given as Link, with a trap for the library": {
			[]edit{{"url", []any{obj{"type": "Link", "href": "https://a.example/angebote/1", "preview": obj{"type": "Note", "duration": ""}}}}},
			func(p federation.Proposal) any { return p.URL }, "https://a.example/angebote/1",
		},
		"a page that is a script is not linked":        {[]edit{{"url", "javascript:alert(1)"}}, func(p federation.Proposal) any { return p.URL }, opportunityIRI},
		"signs that turn the text around are removed":  {[]edit{{"name", "Vor\u202elesen\u0007"}}, func(p federation.Proposal) any { return p.Title }, "Vorlesen"},
		"an address with a colon is not a title's end": {[]edit{{"name", "Achtung:neu"}}, func(p federation.Proposal) any { return p.Title }, "Achtung:neu"},
		"all slots are needed": {[]edit{{"seestern:details.seestern:availability", obj{"seestern:all": []any{"mo-abend", "di-abend"}}}},
			func(p federation.Proposal) any { return []any{p.AllSlots, p.Grid} }, []any{true, engagement.Slot("mo", "abend") | engagement.Slot("di", "abend")}},
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

func TestRulesForMatchRequests(t *testing.T) {
	const evil = "https://evil.example/1"
	for name, c := range map[string]struct {
		document string
		edit
		rule string // empty: it is read
	}{
		"M1 an id of another server":              {"match-offer", edit{"id", evil}, "M1"},
		"M2 two recipients":                       {"match-offer", edit{"to", []any{orgIRI, memberIRI}}, "M2"},
		"M2 a stranger":                           {"match-offer", edit{"to", []any{memberIRI}}, "M2"},
		"M2 a copy for others":                    {"match-offer", edit{"cc", []any{federation.Public}}, "M2"},
		"M3 no agreement":                         {"match-offer", edit{"object.type", "Note"}, "M3"},
		"M3 no commitment":                        {"match-offer", edit{"object.stipulates.type", "Intent"}, "M3"},
		"M3 an agreement of another server":       {"match-offer", edit{"object.id", evil}, "M3"},
		"M3 something in return":                  {"match-offer", edit{"object.stipulatesReciprocal", obj{"type": "Commitment"}}, "M3"},
		"M4 an opportunity of another server":     {"match-offer", edit{"object.stipulates.satisfies", evil}, "M4"},
		"M4 an organization":                      {"match-offer", edit{"object.stipulates.satisfies", orgIRI + "#primary"}, "M4"},
		"M4 an opportunity without intent":        {"match-offer", edit{"object.stipulates.satisfies", opportunityIRI}, "M4"},
		"M5 another unit":                         {"match-offer", edit{"object.stipulates.resourceQuantity.hasUnit", "hour"}, "M5"},
		"M5 half a person":                        {"match-offer", edit{"object.stipulates.resourceQuantity.hasNumericalValue", "0.5"}, "M5"},
		"M5 nobody":                               {"match-offer", edit{"object.stipulates.resourceQuantity.hasNumericalValue", "0"}, "M5"},
		"M5 a pair is read":                       {"match-offer", edit{"object.stipulates.resourceQuantity.hasNumericalValue", "2"}, ""},
		"M6 it is over":                           {"match-offer", edit{"endTime", "2026-11-03T17:20:00Z"}, "M6"},
		"M6 longer than 60 days":                  {"match-offer", edit{"endTime", "2027-01-02T17:20:02Z"}, "M6"},
		"M6 60 days are read":                     {"match-offer", edit{"endTime", "2027-01-02T17:20:00Z"}, ""},
		"M7 a text of 1,001 characters":           {"match-offer", edit{"content", strings.Repeat("ü", 1001)}, "M7"},
		"M7 1,000 characters are read":            {"match-offer", edit{"content", strings.Repeat("ü", 1000)}, ""},
		"M7 more than 16 KiB":                     {"match-offer", edit{"x", strings.Repeat("x", 16<<10)}, "M7"},
		"N1 two Offers at once":                   {"match-tentative-accept", edit{"seestern:match.seestern:offer", evil}, "N1"},
		"N1 the Offer is embedded":                {"match-reject", edit{"object", obj{"type": "Offer", "id": offerIRI}}, ""},
		"N3 no agreement":                         {"match-accept", edit{"result", nil}, "N3"},
		"N3 the agreement of somebody else":       {"match-accept", edit{"result.attributedTo", memberIRI}, "N3"},
		"N3 an agreement elsewhere":               {"match-accept", edit{"result.id", evil}, "N3"},
		"N3 an agreement without id":              {"match-accept", edit{"result.id", nil}, "N3"},
		"N3 a commitment elsewhere":               {"match-accept", edit{"result.stipulates.id", evil}, "N3"},
		"N3 something in return":                  {"match-accept", edit{"result.stipulatesReciprocal", obj{"type": "Commitment"}}, "N3"},
		"N4 a confirmation of somebody else's":    {"match-confirmation", edit{"object.attributedTo", memberIRI}, "N4"},
		"N4 a confirmation elsewhere":             {"match-confirmation", edit{"object.id", evil}, "N4"},
		"N4 more hours than a year has":           {"match-confirmation", edit{"object.effortQuantity.hasNumericalValue", "9000"}, "N4"},
		"N5 an end in 401 days":                   {"match-tentative-accept", edit{"endTime", "2027-12-10T09:00:02Z"}, "N5"},
		"U2 a card about somebody else":           {"match-card", edit{"object.describes", memberIRI}, "U2"},
		"U2 a card by somebody else":              {"match-card", edit{"object.attributedTo", memberIRI}, "U2"},
		"U2 a card elsewhere":                     {"match-card", edit{"object.id", evil}, "U2"},
		"U2 a card of unknown fields":             {"match-card", edit{"object.attachment", []any{obj{"type": "PropertyValue", "name": "iban", "value": "DE"}}}, "U2"},
		"U2 a name of 201 characters":             {"match-card", edit{"object.attachment.value", strings.Repeat("x", 201)}, "U2"},
		"U3 the Offer that is undone is embedded": {"match-undo-offer", edit{"object", obj{"type": "Offer", "id": offerIRI, "actor": personIRI}}, ""},
		"an Accept without our details is read":   {"match-accept", edit{"seestern:match", nil}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			raw := edited(t, c.document, c.edit)
			reader := testCodec(t, "https://a.example")
			if strings.HasPrefix(load(t, c.document)["actor"].(string), "https://a.example") {
				reader = testCodec(t, "https://b.example")
			}
			_, err := reader.ReadMatch(parse(t, raw), arrival(t, c.document))
			if rule(err) != c.rule || err == nil != (c.rule == "") {
				t.Errorf("got %v, want a violation of %q", err, c.rule)
			}
		})
	}
}

// arrival is a second after a document was published.
func arrival(t testing.TB, document string) time.Time {
	return at(str(load(t, document), "published")).Add(time.Second)
}

func TestReadingOfMatchRequestsIsLenientWhereItMayBe(t *testing.T) {
	a, b := testCodec(t, "https://a.example"), testCodec(t, "https://b.example")
	read := func(t *testing.T, c federation.Codec, document string, edits ...edit) federation.Move {
		t.Helper()
		m, err := c.ReadMatch(parse(t, edited(t, document, edits...)), arrival(t, document))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	t.Run("an Offer without end holds 14 days", func(t *testing.T) {
		if got, want := read(t, a, "match-offer", edit{"endTime", nil}).Request.ExpiresAt, at("2026-11-17T17:20:01Z"); !got.Equal(want) {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	t.Run("a card is never kept longer than 90 days and an hour", func(t *testing.T) {
		for _, end := range []any{"2036-01-01T00:00:00Z", nil} {
			if got, want := read(t, a, "match-card", edit{"object.endTime", end}).Step.Until, at("2027-02-02T13:00:01Z"); !got.Equal(want) {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	})
	t.Run("only gates and fields that may travel are read", func(t *testing.T) {
		m := read(t, a, "match-offer", edit{"seestern:match.seestern:gates", []any{"time-ok", "blind"}})
		if diff := cmp.Diff([]string{"time-ok"}, m.Request.Gates); diff != "" {
			t.Error(diff)
		}
		m = read(t, b, "match-tentative-accept", edit{"seestern:match.seestern:ask", []any{"iban", "name"}})
		if diff := cmp.Diff([]string{"name"}, m.Step.Ask); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("HTML of words becomes plain", func(t *testing.T) {
		if got := read(t, b, "match-reject", edit{"content", "<p>Leider<br>nicht.</p><script>x</script>"}).Step.Text; got != "Leider\nnicht." {
			t.Errorf("got %q", got)
		}
	})
	t.Run("an Undo of an id without our details is one of the Offer until the store knows better", func(t *testing.T) {
		if got := read(t, b, "match-undo-accept", edit{"seestern:match", nil}); got.Step.Event != engagement.EventWithdraw || got.Undoes != acceptIRI {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("a peer that does not count has no step", func(t *testing.T) {
		if got := read(t, b, "match-reject", edit{"seestern:match", nil}).Step.Number; got != 0 {
			t.Errorf("got %d", got)
		}
	})
}

func TestWhichActivitiesBelongToAMatchRequest(t *testing.T) {
	for name, want := range map[string]engagement.RequestEvent{
		"match-offer": engagement.EventSend, "match-tentative-accept": engagement.EventAsk, "match-tentative-reject": engagement.EventWait,
		"match-card": engagement.EventRelease, "match-card-update": engagement.EventRelease, "match-card-delete": engagement.EventUnshare,
		"match-accept": engagement.EventAgree, "match-reject": engagement.EventDecline, "match-undo-offer": engagement.EventWithdraw,
		"match-undo-accept": engagement.EventCancel, "match-confirmation": engagement.EventFinish,
		"peer-follow": "", "peer-accept": "", "peer-reject": "", "peer-undo": "", "follow-accept": "", "opportunity-create": "", "delete": "", "delete-actor": "",
		"direct-note": "", "announce-iri": "",
	} {
		if got := federation.MatchEvent(parse(t, golden{name: name}.file(t))); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestNobodySaysWhatIsForTheOtherSideToSay(t *testing.T) {
	a, b := testCodec(t, "https://a.example"), testCodec(t, "https://b.example")
	o, org := copies()
	for _, e := range engagement.RequestEvents {
		event := engagement.Event{ID: offerKey, At: at("2026-11-04T12:00:00Z"), Step: &engagement.Step{Event: e, Number: 2}}
		_, fromHome := b.Match(event, homeRequest(), o, org)
		_, fromOrigin := a.Match(event, originRequest(), testOpportunity(), testOrganization())
		wantHome := e == engagement.EventSend || e == engagement.EventRelease || e == engagement.EventUnshare || e == engagement.EventWithdraw || e == engagement.EventExpire
		wantOrigin := e == engagement.EventAsk || e == engagement.EventWait || e == engagement.EventAgree || e == engagement.EventDecline ||
			e == engagement.EventCancel || e == engagement.EventFinish || e == engagement.EventExpire
		if (fromHome == nil) != wantHome || (fromOrigin == nil) != wantOrigin {
			t.Errorf("%s: from home %v, from the origin %v", e, fromHome, fromOrigin)
		}
	}
	t.Run("nor anything about a request within one instance", func(t *testing.T) {
		m := homeRequest()
		m.Origin = ""
		if _, err := b.Match(engagement.Event{ID: offerKey, Step: &engagement.Step{Event: engagement.EventSend}}, m, o, org); err == nil {
			t.Error("got a document")
		}
	})
	t.Run("nor a card that was taken back", func(t *testing.T) {
		m := homeRequest()
		m.Card = nil
		_, err := b.Match(engagement.Event{ID: offerKey, Step: &engagement.Step{Event: engagement.EventRelease}}, m, o, org)
		if !errors.Is(err, engagement.ErrGone) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("each side ends an unanswered request in its own words", func(t *testing.T) {
		event := engagement.Event{ID: offerKey, At: at("2026-11-04T12:00:00Z"), Step: &engagement.Step{Event: engagement.EventExpire, Number: 2}}
		home, _ := b.Match(event, homeRequest(), o, org)
		origin, _ := a.Match(event, originRequest(), testOpportunity(), testOrganization())
		if home["type"] != "Undo" || origin["type"] != "Reject" {
			t.Errorf("got %v and %v", home["type"], origin["type"])
		}
	})
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
		"genau": {Name: secret, Street: secret + " 7", Postcode: "12555", Locality: "Berlin-Köpenick", Point: geo.Point{Lat: 52.4499, Lon: 13.5799},
			Centroid: geo.Point{Lat: 52.4499, Lon: 13.5799}, Exact: true, Precision: "genau"},
		"strasse": {Name: secret, Street: secret, Postcode: "12555", Locality: "Berlin-Köpenick", Point: geo.Point{Lat: 52.4455, Lon: 13.5745},
			Centroid: geo.Point{Lat: 52.4455, Lon: 13.5745}, Precision: "genau"},
		"ortsteil": {Postcode: "12555", Locality: "Berlin-Köpenick", Point: geo.Point{Lat: 52.4455, Lon: 13.5745},
			Centroid: geo.Point{Lat: 52.4455, Lon: 13.5745}, Precision: "genau"},
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

func TestDocumentsThatMustNotBeSent(t *testing.T) {
	for name, d := range map[string]federation.Doc{
		"no type":                    {"id": orgIRI},
		"a name at the wrong type":   {"id": orgIRI, "type": "Note", "latitude": 5.0},
		"a misspelled name":          {"id": orgIRI, "type": "Create", "object": federation.Doc{"type": "Note", "pubished": "2026-11-02T08:00:00Z"}},
		"larger than others accept":  {"id": orgIRI, "type": "Note", "content": strings.Repeat("x", 64<<10)},
		"a match larger than 16 KiB": {"id": orgIRI, "type": "Reject", "content": strings.Repeat("x", 16<<10), "seestern:match": federation.Doc{"seestern:version": 1}},
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

func TestNotesOfOthers(t *testing.T) {
	read := func(t *testing.T, document string) federation.Note {
		t.Helper()
		n, err := federation.ReadNote(decode(t, []byte(document)))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	const head = `{"type":"Note","id":"https://m.example/1","attributedTo":"https://m.example/users/member_a",`
	t.Run("a reply as Mastodon writes it", func(t *testing.T) {
		n := read(t, head+`"to":["as:Public"],"cc":["https://m.example/users/member_a/followers"],"inReplyTo":"`+opportunityIRI+`","contentMap":{"de":"x"},
			"content":"<p><span class=\"h-card\"><a href=\"`+orgIRI+`\" class=\"u-url mention\">@<span>verein</span></a></span> Ich bin dabei! <a href=\"https://a.example/angebote/k3v9qd2x\"><span class=\"invisible\">https://</span><span>a.example/angebote/k3v9qd2x</span></a></p>",
			"tag":[{"type":"Mention","href":"`+orgIRI+`","name":"@verein@a.example"}]}`)
		want := federation.Note{
			ID: "https://m.example/1", Author: memberIRI, InReplyTo: opportunityIRI, Text: "@verein Ich bin dabei! https://a.example/angebote/k3v9qd2x", Lang: "de",
			Links: []string{orgIRI, "https://a.example/angebote/k3v9qd2x"}, Mentions: []string{orgIRI}, To: []string{federation.Public},
			Cc: []string{"https://m.example/users/member_a/followers"},
		}
		if diff := cmp.Diff(want, n); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if !n.Public() || n.ForFollowers() {
			t.Error("it is not public")
		}
	})
	t.Run("followers can read some messages too", func(t *testing.T) {
		n := read(t, head+`"to":["https://m.example/users/member_a/followers"],"content":"x"}`)
		if n.Public() || !n.ForFollowers() {
			t.Errorf("public %v, for followers %v", n.Public(), n.ForFollowers())
		}
	})
	t.Run("a link in plain words is found", func(t *testing.T) {
		if n := read(t, head+`"content":"Zu https://a.example/angebote/k3v9qd2x?"}`); len(n.Links) != 1 || n.Links[0] != "https://a.example/angebote/k3v9qd2x" {
			t.Errorf("got %v", n.Links)
		}
	})
	for name, document := range map[string]string{
		"O1 a note of somebody else": `{"type":"Note","id":"https://evil.example/1","attributedTo":"https://m.example/users/member_a","content":"x"}`,
		"O6 a vote":                  head + `"name":"Ja"}`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := federation.ReadNote(decode(t, []byte(document))); rule(err) != name[:2] {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestPlainTextOfOthers(t *testing.T) {
	for source, want := range map[string]string{
		"<p>Eins</p><p>Zwei<br/>Drei</p>":               "Eins\n\nZwei\nDrei",
		"<ul><li>a</li><li>b</li></ul>danach":           "- a\n- b\n\ndanach",
		"a<script>alert(1)</script>b<style>x</style>":   "ab",
		"<iframe src=x>y</iframe>z":                     "z",
		`<a href="javascript:x">klick</a>`:              "klick",
		`<a href="https://x.example/y">klick</a>`:       "klick (https://x.example/y)",
		`<a href="https://x.example/y">x.example/y</a>`: "x.example/y",
		"a &lt;b&gt; &amp;amp; c":                       "a <b> &amp; c",
		"e\u0301":                                       "é",
		"a\u202eb\u2066c\u200bd\u0000e":                 "abcde",
		"  a \n\n\n\n b  ":                              "a b",
		"<h1>Titel</h1>Text":                            "Titel\n\nText",
		"<b><i>fett</i></b>":                            "fett",
		`<p onclick="x" style="y" class="z">a</p>`:      "a",
		"👩\u200d👧 und کتاب\u200cها":                     "👩\u200d👧 und کتاب\u200cها",
	} {
		raw := mustJSON(t, obj{"type": "Note", "id": "https://m.example/1", "attributedTo": "https://m.example/2", "content": "|" + source})
		if strings.Contains(source, "\u0000") {
			raw = mustJSON(t, obj{"type": "Note", "id": "https://m.example/1", "attributedTo": "https://m.example/2", "content": "|" + strings.ReplaceAll(source, "\u0000", "")})
		}
		n, err := federation.ReadNote(decode(t, raw))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(strings.TrimPrefix(n.Text, "|")); got != want {
			t.Errorf("%q:\n got %q\nwant %q", source, got, want)
		}
	}
}
