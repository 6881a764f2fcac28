package federation_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seestern/engagement"
	"seestern/federation"
)

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

func TestAnAdviserIsNamedAsTheWay(t *testing.T) {
	b := testCodec(t, "https://b.example")
	o, org := copies()
	event := engagement.Event{ID: offerKey, At: at("2026-11-04T12:00:00Z"), Step: &engagement.Step{Event: engagement.EventSend, Number: 1}}
	for via, want := range map[engagement.Code]string{"beratung": "beratung", "telefon": "beratung", "direkt": "direkt"} {
		m := homeRequest()
		m.Via, m.Handle = via, m.Person
		handle := map[string]string{"beratung": m.Person}[want]
		d, err := b.Match(event, m, o, org)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := d.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		move, err := testCodec(t, "https://a.example").ReadMatch(parse(t, raw), event.At)
		if err != nil || string(move.Request.Via) != want || move.Request.Handle != handle {
			t.Errorf("%s arrives as %q with the handle %q, %v", via, move.Request.Via, move.Request.Handle, err)
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
