package federation_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seestern/engagement"
	"seestern/federation"
	"seestern/geo"
)

var update = flag.Bool("update", false, "write the golden files and the blocks of FEDERATION.md anew")

// golden is a document that this package writes, and what it is understood to mean when it is read again.
type golden struct {
	name   string
	render func(t testing.TB) ([]byte, error)
	read   func(t testing.TB, raw []byte) any // nil: others do not read it from us
	want   func(t testing.TB) any
}

// document makes a golden of something rendered from a Doc.
func document(name string, render func(t testing.TB, a, b federation.Codec) (federation.Doc, error)) golden {
	return golden{name: name, render: func(t testing.TB) ([]byte, error) {
		d, err := render(t, testCodec(t, "https://a.example"), testCodec(t, "https://b.example"))
		if err != nil {
			return nil, err
		}
		return d.Bytes()
	}}
}

func (g golden) means(read func(t testing.TB, raw []byte) any, want func(t testing.TB) any) golden {
	g.read, g.want = read, want
	return g
}

// plain makes a golden of something that is no ActivityPub document.
func plain(name string, render func(a federation.Codec) ([]byte, error)) golden {
	return golden{name: name, render: func(t testing.TB) ([]byte, error) { return render(testCodec(t, "https://a.example")) }}
}

// step makes a golden of a step of the match conversation, said by the side that says it, and read by the other.
func step(name, key, when string, s engagement.Step, want func(*federation.Move)) golden {
	asker := slices.Contains([]engagement.RequestEvent{engagement.EventSend, engagement.EventRelease, engagement.EventUnshare, engagement.EventWithdraw}, s.Event)
	g := document(name, func(_ testing.TB, a, b federation.Codec) (federation.Doc, error) {
		e := engagement.Event{ID: engagement.ID(key), At: at(when), Step: &s}
		if asker {
			o, org := copies()
			m := homeRequest()
			if name == "match-card-update" {
				m.Card, m.CardUntil = engagement.Card{"name": "Vorname N."}, at("2027-02-05T08:00:00Z")
			}
			return b.Match(e, m, o, org)
		}
		return a.Match(e, originRequest(), testOpportunity(), testOrganization())
	})
	return g.means(func(t testing.TB, raw []byte) any {
		reader := testCodec(t, "https://b.example")
		if asker {
			reader = testCodec(t, "https://a.example")
		}
		move, err := reader.ReadMatch(parse(t, raw), at(when).Add(time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return move
	}, func(testing.TB) any {
		move := federation.Move{
			Step:  engagement.Step{Event: s.Event, Number: s.Number, Reason: s.Reason, Text: s.Text, Ask: s.Ask, Until: s.Until},
			Actor: orgIRI, To: personIRI, Published: at(when), Offer: offerIRI,
		}
		if asker {
			move.Actor, move.To = personIRI, orgIRI
		}
		want(&move)
		return move
	})
}

const answerIRI = "https://a.example/ap/activity/c81f5a52-6f0e-4b5e-8d6b-6d5c2f2b1111"

// answer makes a golden of a step about a help offer, where the organization of a.example asks and the center of b.example decides.
func answer(name, key, when string, s engagement.Step, want func(*federation.Move)) golden {
	asks := s.Event == engagement.EventSend
	return document(name, func(_ testing.TB, a, b federation.Codec) (federation.Doc, error) {
		e := engagement.Event{ID: engagement.ID(key), At: at(when), Step: &s}
		m := engagement.MatchRequest{Direction: "invitation", HelpOffer: helpOfferKey, Organization: orgKey, Center: centerKey, Via: "direkt", Quantity: 1, SeenVersion: at("2026-11-02T09:00:00Z"), Offer: answerIRI}
		h, center, org := testHelpOffer(), testCenter(), testOrganization()
		if asks {
			h.IRI, center.IRI, m.Home = helpOfferIRI, centerIRI, "b.example"
			return a.MatchHelpOffer(e, m, h, center, org)
		}
		org.IRI, m.Origin, m.Person, m.Account = orgIRI, "a.example", personToken, secret
		return b.MatchHelpOffer(e, m, h, center, org)
	}).means(func(t testing.TB, raw []byte) any {
		reader := testCodec(t, "https://a.example")
		if asks {
			reader = testCodec(t, "https://b.example")
		}
		move, err := reader.ReadMatch(parse(t, raw), at(when).Add(time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return move
	}, func(testing.TB) any {
		move := federation.Move{Step: s, Published: at(when), Offer: answerIRI}
		want(&move)
		return move
	})
}

func parse(t testing.TB, raw []byte) federation.Envelope {
	t.Helper()
	e, err := federation.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func decode(t testing.TB, raw []byte) federation.Map {
	t.Helper()
	m, err := federation.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// readOpportunity reads an opportunity, alone or in its Create, as it arrives a moment later.
func readOpportunity(t testing.TB, raw []byte) any {
	m := decode(t, raw)
	if object := m.Map("object"); object != nil {
		m = object
	}
	p, err := federation.ReadOpportunity(m, at("2026-11-02T08:00:01Z"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// wantOpportunity is what remains of an opportunity when it has been over the wire.
func wantOpportunity(testing.TB) any {
	o := testOpportunity()
	place := o.Places[0].Public()
	place.Region, place.Precision = "", "genau"
	want := engagement.Opportunity{
		IRI: opportunityIRI, URL: "https://a.example/angebote/k3v9qd2x-vorlesen-in-der-grundschule", Capacity: 2,
		Kind: o.Kind, Title: o.Title, Summary: o.Summary, Description: o.Description, Lang: o.Lang, Areas: o.Areas, Topics: o.Topics,
		Activities: o.Activities, Skills: o.Skills, TargetGroups: o.TargetGroups, Commitment: o.Commitment, Rhythm: o.Rhythm, HoursMin: o.HoursMin,
		HoursMax: o.HoursMax, MinMonths: o.MinMonths, Grid: o.Grid, StartsOn: o.StartsOn, Mode: o.Mode, Places: []engagement.Place{place},
		Access: map[engagement.Code]engagement.Code{"stufenlos-eingang": "ja"}, MinAge: o.MinAge, MinorPolicy: o.MinorPolicy, Proofs: o.Proofs,
		Taster: o.Taster, Languages: o.Languages, TeamSize: o.TeamSize, Guidance: o.Guidance, Induction: o.Induction, Expenses: o.Expenses,
		Allowance: o.Allowance, Insurance: o.Insurance, Waitlist: o.Waitlist, UrgentUntil: o.UrgentUntil, Visibility: o.Visibility, License: o.License,
		State: o.State, Published: o.Published, Confirmed: o.Confirmed, Expires: at("2027-01-31T08:00:00Z"),
	}
	return federation.Proposal{
		Opportunity: want, Author: orgIRI, To: []string{federation.Public},
		Cc: []string{orgIRI + "/followers", "https://a.example/ap/actor/followers"}, Matchable: true,
	}
}

func readFollow(t testing.TB, raw []byte) any {
	f, partner, err := federation.ReadFollow(parse(t, raw))
	if err != nil || !partner {
		t.Fatal(partner, err)
	}
	return f
}

func readOccasion(t testing.TB, raw []byte) any {
	f, err := federation.ReadOccasion(decode(t, raw), at("2026-11-04T08:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func readReply(t testing.TB, raw []byte) any { return federation.ReadReply(parse(t, raw)) }

func readCollection(t testing.TB, raw []byte) any {
	c, err := federation.ReadCollection(decode(t, raw))
	if err != nil {
		t.Fatal(err)
	}
	c.Items = nil
	return c
}

var (
	peerFollow = federation.Follow{
		ID: "https://b.example/ap/activity/f0110000-0000-4000-8000-000000000001", Actor: "https://b.example/ap/actor", Object: "https://a.example/ap/actor",
	}
	memberJoin   = federation.Join{ID: joinIRI, Actor: memberIRI, Object: eventIRI}
	memberFollow = federation.Follow{ID: "https://m.example/users/member_a#follows/1", Actor: memberIRI, Object: orgIRI}
)

func reply(f federation.Follow) func(testing.TB) any {
	return func(testing.TB) any {
		return federation.Reply{ID: f.ID, Type: "Follow", Actor: f.Actor, Object: f.Object}
	}
}

var goldens = []golden{
	document("instance", func(t testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		return a.Instance(testInstance(), testKey(t, "https://a.example/ap/actor"), vouchingPublic())
	}).means(func(t testing.TB, raw []byte) any {
		i := mustActor(t, raw)
		return []any{i.Type, i.Name, i.Handle(), i.Inbox, i.SharedInbox, i.Capability(), i.Regions, i.Streams, i.Place.Point, i.RadiusKM, i.ManuallyApproves, i.Indexable}
	}, func(testing.TB) any {
		i := testInstance()
		return []any{
			"Application", i.Name, "@a.example@a.example", "https://a.example/ap/inbox", "https://a.example/ap/inbox", "profile-1", i.Regions,
			[]string{"https://a.example/ap/collections/opportunities"},
			i.Center, i.RadiusKM, true, false,
		}
	}),
	document("organization", func(t testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		return a.Organization(testOrganization(), testKey(t, orgIRI), false, attestationIRI)
	}).means(func(t testing.TB, raw []byte) any { return mustActor(t, raw).Organization() }, func(testing.TB) any {
		o := testOrganization()
		place := o.Place.Public()
		place.Region, place.Precision = "", "genau"
		return engagement.Organization{
			Handle: o.Handle, Origin: "a.example", IRI: orgIRI, URL: "https://a.example/organisationen/n7w2k8rt-beispielverein-vorlesen", Kind: o.Kind,
			LegalForm: o.LegalForm, Name: o.Name, Summary: o.Summary, Description: o.Description, Web: o.Web, Register: o.Register, Charitable: o.Charitable,
			Place: place, Areas: o.Areas, Languages: o.Languages, ContactRole: o.ContactRole, ContactMail: o.ContactMail, Created: o.Created,
		}
	}),
	document("person-pseudonymous", func(t testing.TB, _, b federation.Codec) (federation.Doc, error) {
		return b.Person(homeRequest(), testKey(t, personIRI))
	}).means(func(t testing.TB, raw []byte) any {
		p := mustActor(t, raw)
		return []any{p.Type, p.Name, p.Inbox, p.URL, p.Published.IsZero()}
	}, func(testing.TB) any {
		return []any{"Person", "Freiwillige:r", personIRI + "/inbox", "", true}
	}),
	document("person-public", func(t testing.TB, _, b federation.Codec) (federation.Doc, error) {
		p := testPresence()
		return b.Presence(p, testKey(t, b.Base.PresenceID(p)))
	}).means(func(t testing.TB, raw []byte) any {
		p := mustActor(t, raw)
		return []any{p.Type, p.Name, p.Handle(), p.URL, p.ManuallyApproves, p.Indexable}
	}, func(testing.TB) any {
		return []any{"Person", "Lesefreundin", "@lesefreundin@b.example", "https://b.example/personen/lesefreundin", true, false}
	}),

	document("opportunity", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		return a.Opportunity(testOpportunity(), testOrganization())
	}).means(readOpportunity, wantOpportunity),
	document("opportunity-create", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		o, err := a.Opportunity(testOpportunity(), testOrganization())
		return a.Create("01890a5d-b001-7000-8000-000000000001", at("2026-11-02T08:00:00Z"), o), err
	}).means(readOpportunity, wantOpportunity),
	document("directed-create", func(t testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		d := a.DirectedRequest(testDirected(), testOrganization(), []string{"https://b.example/ap/actor"})
		return a.Create("e4667788-bbbb-4ccc-8ddd-eeeeffff0000", at("2026-11-04T10:00:00Z"), d), nil
	}).means(func(t testing.TB, raw []byte) any {
		p, err := federation.ReadOpportunity(decode(t, raw).Map("object"), at("2026-11-04T10:00:01Z"))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}, func(testing.TB) any {
		o := testDirected()
		place := o.Places[0].Public()
		place.Region, place.Precision, place.Postcode = "", "genau", "12555"
		o.ID, o.Code, o.Hosts, o.IRI, o.URL, o.Organization, o.Places = "", "", nil, directedIRI, directedIRI, "", []engagement.Place{place}
		return federation.Proposal{Opportunity: o, Author: orgIRI, To: []string{"https://b.example/ap/actor"}, Matchable: true}
	}),
	document("help-offer", func(_ testing.TB, _, b federation.Codec) (federation.Doc, error) {
		return b.HelpOffer(testHelpOffer(), testCenter())
	}).means(func(t testing.TB, raw []byte) any {
		h, err := federation.ReadHelpOffer(decode(t, raw), at("2026-11-02T09:00:01Z"))
		if err != nil {
			t.Fatal(err)
		}
		return h
	}, func(testing.TB) any {
		h := testHelpOffer()
		place := h.Place.Public()
		place.Region, place.Precision, place.Postcode = "", "genau", ""
		return federation.OfferedHelp{
			HelpOffer: engagement.HelpOffer{
				IRI: helpOfferIRI, URL: "https://b.example/ich-biete/m4t7xa2k-tuerkisch-uebersetzen", Kind: h.Kind, Title: h.Title, Text: h.Text, Lang: h.Lang,
				Areas: h.Areas, Activities: h.Activities, Skills: h.Skills, Languages: h.Languages, Grid: h.Grid, Mode: h.Mode, Place: place, RadiusKM: 3,
				Quantity: 1, Visibility: h.Visibility, State: h.State, Published: h.Published, Expires: h.Expires,
			},
			Author: centerIRI, To: []string{federation.Public}, Cc: []string{centerIRI + "/followers", "https://b.example/ap/actor/followers"}, Matchable: true,
		}
	}),
	document("help-offer-delete", func(_ testing.TB, _, b federation.Codec) (federation.Doc, error) {
		return b.DeleteHelpOffer("a0223344-7777-4888-8999-aaaabbbbcccd", at("2026-12-01T08:00:00Z"), testHelpOffer(), testCenter())
	}).means(readReply, func(testing.TB) any { return federation.Reply{ID: helpOfferIRI, Type: "Tombstone"} }),
	document("announcement", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		return a.Announcement(testAnnouncement(), testOrganization())
	}).means(func(t testing.TB, raw []byte) any {
		n, err := federation.ReadNote(decode(t, raw))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}, func(testing.TB) any {
		return federation.Note{
			ID: "https://a.example/ap/announcement/01890b00-1111-7aaa-8bbb-ccccddddeeee", Author: orgIRI, Text: "Sprechstunde Ehrenamt: mittwochs 15–18 Uhr.",
			Lang: "de", To: []string{federation.Public}, Cc: []string{orgIRI + "/followers", "https://a.example/ap/actor/followers"},
			Published: at("2026-11-02T08:00:00Z"),
		}
	}),
	document("announcement-long", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		return a.Announcement(longAnnouncement(), testOrganization())
	}).means(func(t testing.TB, raw []byte) any {
		n, err := federation.ReadNote(decode(t, raw))
		if err != nil {
			t.Fatal(err)
		}
		return n.Text
	}, func(testing.TB) any {
		return "Einmal im Monat lesen drei Generationen zusammen vor.\n\n- zwanzig Minuten in jeder Ecke\n- danach wechseln die Kinder"
	}),
	document("announcement-urgent", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		n := testAnnouncement()
		n.ID, n.Code, n.Text, n.UrgentUntil = "01890b00-3333-7aaa-8bbb-ccccddddeeee", "r4t6bnxq", "Für das Lesefest fehlen noch drei Menschen beim Aufbau.", "2026-11-08"
		return a.Announcement(n, testOrganization())
	}),
	document("event", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		return a.Occasion(testOccasion(), testOrganization(), testBoard())
	}).means(readOccasion, func(testing.TB) any {
		return federation.FoundOccasion{
			Occasion: engagement.Occasion{
				Origin: "a.example", IRI: eventIRI, URL: "https://a.example/termine/r5n2tk7w-uferputz", Author: orgIRI, Title: "Uferputz am Beispielufer",
				Text: "Wir sammeln Müll am Ufer.", Lang: "de", Starts: at("2026-12-05T09:00:00Z"), Ends: at("2026-12-05T12:00:00Z"), Zone: "Europe/Berlin",
				Place: engagement.Place{
					Name: "Bootshaus am Beispielufer", Street: "Beispielufer 1", Postcode: "12527", Locality: "Berlin-Grünau", Point: geo.Point{Lat: 52.4125, Lon: 13.5805},
					Centroid: geo.Point{Lat: 52.4125, Lon: 13.5805}, Exact: true, Precision: "genau",
				},
				Capacity: 30, State: engagement.OccasionScheduled, Published: at("2026-11-02T08:00:00Z"),
			},
			To: []string{federation.Public}, Cc: []string{orgIRI + "/followers", boardIRI, "https://a.example/ap/actor/followers"},
		}
	}),
	document("event-canceled", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		o := testOccasion()
		o.Online, o.Place, o.Kind, o.SignUp, o.Capacity, o.State, o.Updated = true, engagement.Place{}, "fortbildung", "mit-zusage", 0, engagement.OccasionCanceled, at("2026-11-03T08:00:00Z")
		return a.Occasion(o, testOrganization())
	}).means(readOccasion, func(testing.TB) any {
		return federation.FoundOccasion{
			Occasion: engagement.Occasion{
				Origin: "a.example", IRI: eventIRI, URL: "https://a.example/termine/r5n2tk7w-uferputz", Author: orgIRI, Title: "Uferputz am Beispielufer", Kind: "fortbildung",
				Text: "Wir sammeln Müll am Ufer.", Lang: "de", Starts: at("2026-12-05T09:00:00Z"), Ends: at("2026-12-05T12:00:00Z"), Zone: "Europe/Berlin", Online: true,
				State: engagement.OccasionCanceled, Published: at("2026-11-02T08:00:00Z"), Updated: at("2026-11-03T08:00:00Z"),
			},
			To: []string{federation.Public}, Cc: []string{orgIRI + "/followers", "https://a.example/ap/actor/followers"},
		}
	}),
	document("event-companion", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		o := testOccasion()
		o.Note = true
		return a.Companion(o, testOrganization()), nil
	}).means(func(t testing.TB, raw []byte) any { return federation.IsAnnouncement(decode(t, raw)) }, func(testing.TB) any { return false }),
	document("event-delete", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		return a.DeleteOccasion("a0223344-7777-4888-8999-aaaabbbbdddd", at("2026-12-01T08:00:00Z"), testOccasion(), testOrganization(), testBoard())
	}).means(func(t testing.TB, raw []byte) any { return decode(t, raw).Map("object").String("formerType") }, func(testing.TB) any { return "Event" }),
	document("join-accept", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		return a.AnswerJoin("6d7e8f90-3333-4444-8555-666677778888", true, memberJoin, testOrganization()), nil
	}).means(readReply, func(testing.TB) any {
		return federation.Reply{ID: joinIRI, Type: "Join", Actor: memberIRI, Object: eventIRI}
	}),
	document("join-ignore", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		return a.IgnoreJoin("7e8f9001-4444-4555-8666-777788889999", memberJoin, testOrganization()), nil
	}).means(readReply, func(testing.TB) any { return federation.Reply{ID: joinIRI} }),
	document("event-follow", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		return a.FollowActor("f0110000-0000-4000-8000-000000000007", "https://m.example/@group"), nil
	}).means(func(t testing.TB, raw []byte) any {
		f, partner, err := federation.ReadFollow(parse(t, raw))
		if err != nil || partner {
			t.Fatal(partner, err)
		}
		return f
	}, func(testing.TB) any {
		return federation.Follow{ID: "https://a.example/ap/activity/f0110000-0000-4000-8000-000000000007", Actor: "https://a.example/ap/actor", Object: "https://m.example/@group"}
	}),
	document("delete", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		return a.DeleteOpportunity("a0223344-7777-4888-8999-aaaabbbbcccc", at("2026-12-01T08:00:00Z"), testOpportunity(), testOrganization())
	}).means(readReply, func(testing.TB) any { return federation.Reply{ID: opportunityIRI, Type: "Tombstone"} }),
	document("delete-actor", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		return a.DeleteOrganization("b1334455-8888-4999-8aaa-bbbbccccdddd", at("2026-12-01T08:00:00Z"), testOrganization()), nil
	}).means(readReply, func(testing.TB) any { return federation.Reply{ID: orgIRI} }),
	document("move", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		org := testOrganization()
		org.MovedTo = "https://c.example/ap/org/11112222-3333-7444-8555-666677778888"
		return a.Move("90112233-6666-4777-8888-9999aaaabbbb", org), nil
	}).means(func(t testing.TB, raw []byte) any {
		e := parse(t, raw)
		return []string{e.Actor, e.ObjectID, e.Raw.IRI("target")}
	}, func(testing.TB) any {
		return []string{orgIRI, orgIRI, "https://c.example/ap/org/11112222-3333-7444-8555-666677778888"}
	}),
	document("flag", func(_ testing.TB, _, b federation.Codec) (federation.Doc, error) {
		return b.Flag("aaaa1111-2222-4333-8444-555566667777", orgIRI, []string{opportunityIRI}, "arbeitsplatz-ersatz", "Angebot ersetzt offenbar eine bezahlte Stelle."), nil
	}).means(func(t testing.TB, raw []byte) any {
		f, err := federation.ReadFlag(parse(t, raw))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}, func(testing.TB) any {
		return federation.Flagged{Things: []string{orgIRI, opportunityIRI}, Reason: "arbeitsplatz-ersatz", Text: "Angebot ersetzt offenbar eine bezahlte Stelle."}
	}),
	document("announce-iri", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		return a.Announce("f0110000-0000-4000-8000-000000000002", at("2026-11-02T08:00:05Z"), opportunityIRI), nil
	}).means(readReply, func(testing.TB) any { return federation.Reply{ID: opportunityIRI} }),

	document("board", func(t testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		return a.Board(testBoard(), testKey(t, boardIRI), false)
	}).means(func(t testing.TB, raw []byte) any {
		b := mustActor(t, raw)
		return []any{b.Type, b.Name, b.Handle(), b.Inbox, b.SharedInbox, b.URL, b.Place.Point, b.RadiusKM, b.ManuallyApproves}
	}, func(testing.TB) any {
		return []any{
			"Group", "Mitmachen in Köpenick", "@koepenick@a.example", boardIRI + "/inbox", "https://a.example/ap/inbox", "https://a.example/orte/koepenick",
			koepenick().Centroid, 5.0, false,
		}
	}),
	document("announce-activity", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		o, err := a.Opportunity(testOpportunity(), testOrganization(), testBoard())
		create := a.Create("01890a5d-b001-7000-8000-000000000001", at("2026-11-02T08:00:00Z"), o)
		return a.BoardAnnounce("f0110000-0000-4000-8000-000000000006", at("2026-11-02T08:00:05Z"), testBoard(), create), err
	}).means(func(t testing.TB, raw []byte) any {
		m := decode(t, raw).Map("object").Map("object")
		return []any{m.IRI("audience"), m.IRIs("cc")}
	}, func(testing.TB) any {
		return []any{boardIRI, []string{orgIRI + "/followers", boardIRI, "https://a.example/ap/actor/followers"}}
	}),

	document("follow-accept", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		return a.Accept("5e6f7081-2222-4333-8444-555566667777", memberFollow), nil
	}).means(readReply, reply(memberFollow)),
	document("peer-follow", func(_ testing.TB, _, b federation.Codec) (federation.Doc, error) {
		return b.AskPartner("f0110000-0000-4000-8000-000000000001", "https://a.example/ap/actor"), nil
	}).means(readFollow, func(testing.TB) any { return peerFollow }),
	document("peer-accept", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		return a.Accept("f0110000-0000-4000-8000-000000000003", peerFollow), nil
	}).means(readReply, reply(peerFollow)),
	document("peer-reject", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		return a.Reject("f0110000-0000-4000-8000-000000000004", peerFollow), nil
	}).means(readReply, reply(peerFollow)),
	document("peer-undo", func(_ testing.TB, _, b federation.Codec) (federation.Doc, error) {
		return b.UndoFollow("f0110000-0000-4000-8000-000000000005", peerFollow), nil
	}).means(readReply, reply(peerFollow)),

	step("match-offer", offerKey, "2026-11-03T17:20:00Z",
		engagement.Step{Event: engagement.EventSend, Number: 1, Text: "Dienstags passt mir gut.", Until: at("2026-11-17T17:20:00Z")}, func(m *federation.Move) {
			m.Satisfies, m.Quantity = opportunityIRI+"#primary", 1
			m.Request = engagement.MatchRequest{
				Home: "b.example", Person: personIRI, Offer: offerIRI, Opportunity: opportunityKey, Direction: "interest", Quantity: 1, Via: "direkt",
				Text: "Dienstags passt mir gut.", SendText: true, Gates: []string{"min-age-ok", "time-ok"}, ExpiresAt: at("2026-11-17T17:20:00Z"),
				SeenVersion: at("2026-11-02T08:00:00Z"), StepSeen: 1,
			}
		}),
	answer("help-offer-answer", "c81f5a52-6f0e-4b5e-8d6b-6d5c2f2b1111", "2026-11-03T17:20:00Z",
		engagement.Step{Event: engagement.EventSend, Number: 1, Text: "Wir suchen jemanden für ein Elterngespräch am Dienstagabend.", Until: at("2026-11-17T17:20:00Z")},
		func(m *federation.Move) {
			m.Actor, m.To, m.Satisfies, m.Quantity = orgIRI, centerIRI, helpOfferIRI+"#primary", 1
			m.Request = engagement.MatchRequest{
				Origin: "a.example", Offer: answerIRI, HelpOffer: helpOfferKey, Direction: "invitation", Quantity: 1, Via: "direkt",
				Text: m.Step.Text, SendText: true, ExpiresAt: at("2026-11-17T17:20:00Z"), SeenVersion: at("2026-11-02T09:00:00Z"), StepSeen: 1,
			}
		}),
	answer("help-offer-yes", "d92f6b63-7a1f-4c6f-9e7c-7e6d3a3c2222", "2026-11-04T09:00:00Z",
		engagement.Step{Event: engagement.EventAsk, Number: 1, Until: at("2026-11-18T09:00:00Z")}, func(m *federation.Move) {
			m.Actor, m.To, m.Person = centerIRI, orgIRI, personIRI
		}),

	step("match-tentative-accept", "3a2f1f3d-0a45-4b58-a3b7-0d8b5a0b2222", "2026-11-04T09:00:00Z",
		engagement.Step{Event: engagement.EventAsk, Number: 1, Text: "Gern! Wie können wir Kontakt aufnehmen?", Ask: []string{"name", "email"}, Until: at("2026-11-18T09:00:00Z")},
		func(*federation.Move) {}),
	step("match-tentative-reject", "4b3a2c1d-1b56-4c69-b4c8-1e9c6b1c3333", "2026-11-04T09:05:00Z",
		engagement.Step{Event: engagement.EventWait, Number: 2, Reason: "besetzt"}, func(*federation.Move) {}),
	step("match-card", "77c6e5a0-1d0d-4a4f-8f13-2f5d7b1c3333", "2026-11-04T12:00:00Z",
		engagement.Step{Event: engagement.EventRelease, Number: 2, Until: at("2027-02-02T12:00:00Z")}, func(m *federation.Move) {
			m.Card = engagement.Card{"name": "Vorname N.", "email": "name@mail.example"}
		}),
	step("match-card-update", "4c3d1d1d-1e30-4c64-86f3-6a201d4eaaaa", "2026-11-07T08:00:00Z",
		engagement.Step{Event: engagement.EventRelease, Number: 3, Until: at("2027-02-05T08:00:00Z")}, func(m *federation.Move) {
			m.Card = engagement.Card{"name": "Vorname N."}
		}),
	step("match-card-delete", "3b2c0c0c-0d2f-4b53-95e2-5f1f0c3d9999", "2026-11-08T08:00:00Z",
		engagement.Step{Event: engagement.EventUnshare, Number: 3}, func(*federation.Move) {}),
	step("match-accept", acceptKey, "2026-11-10T10:00:00Z", engagement.Step{Event: engagement.EventAgree, Number: 3}, func(m *federation.Move) {
		m.Satisfies, m.Quantity, m.Agreement = opportunityIRI+"#primary", 1, agreementIRI
	}),
	step("match-reject", "5b0c4d0e-2b5a-4a44-9c55-4f4bb0a06666", "2026-11-05T10:00:00Z",
		engagement.Step{Event: engagement.EventDecline, Number: 3, Reason: "besetzt", Text: "Leider schon besetzt."}, func(*federation.Move) {}),
	step("match-undo-offer", "1f0a9a9a-8b0d-4f31-b3c0-3d9d8a1b7777", "2026-11-06T08:00:00Z",
		engagement.Step{Event: engagement.EventWithdraw, Number: 3, Reason: "keine-zeit"}, func(m *federation.Move) { m.Undoes = offerIRI }),
	step("match-undo-accept", "2a1b9b9b-9c1e-4a42-84d1-4e0e9b2c8888", "2026-11-20T08:00:00Z",
		engagement.Step{Event: engagement.EventCancel, Number: 4, Reason: "angebot-beendet", Undoes: acceptKey}, func(m *federation.Move) { m.Undoes = acceptIRI }),
	step("match-confirmation", "9c9d1e1f-31d0-4b1e-8b0e-5f6a7b8c8888", "2027-02-01T10:00:00Z",
		engagement.Step{Event: engagement.EventFinish, Number: 4}, func(m *federation.Move) {
			m.Agreement, m.Worked = agreementIRI, engagement.Worked{From: "2026-11-17", Until: "2027-01-26", Hours: 9}
		}),

	document("direct-note", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		m := originRequest()
		m.Via, m.Remote = "fediverse", engagement.RemotePerson{Actor: memberIRI, Handle: "@member_a@m.example", Note: "https://m.example/users/member_a/statuses/1"}
		e := engagement.Event{ID: "c2445566-9999-4aaa-8bbb-ccccddddeeee", At: at("2026-11-03T18:00:00Z"), Args: map[string]string{"token": "0a1b2c3d4e5f60718293a4b5c6d7e8f9"}}
		return a.Answer(e, m, testOpportunity(), testOrganization()), nil
	}).means(func(t testing.TB, raw []byte) any {
		n, err := federation.ReadNote(parse(t, raw).Object)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}, func(testing.TB) any {
		form := "https://a.example/angebote/k3v9qd2x-vorlesen-in-der-grundschule/interesse?t=0a1b2c3d4e5f60718293a4b5c6d7e8f9"
		return federation.Note{
			ID: "https://a.example/ap/note/c2445566-9999-4aaa-8bbb-ccccddddeeee", Author: orgIRI, InReplyTo: "https://m.example/users/member_a/statuses/1",
			Text: "@member_a@m.example Danke für das Interesse! Hier geht es weiter: a.example/angebote/k3v9qd2x-vorlesen-in-der-grundschule/interesse (" + form + ")\n\n" +
				"Direktnachrichten sind nicht Ende-zu-Ende-verschlüsselt.",
			Lang: "de", Links: []string{memberIRI, form}, Mentions: []string{memberIRI}, To: []string{memberIRI}, Published: at("2026-11-03T18:00:00Z"),
		}
	}),

	document("outbox", func(testing.TB, federation.Codec, federation.Codec) (federation.Doc, error) {
		return federation.Collection(orgIRI+"/outbox", 12, federation.PageID(orgIRI+"/outbox", "0")), nil
	}).means(readCollection, func(testing.TB) any {
		return federation.RemoteCollection{ID: orgIRI + "/outbox", Total: 12, First: orgIRI + "/outbox?cursor=0"}
	}),
	document("followers", func(testing.TB, federation.Codec, federation.Codec) (federation.Doc, error) {
		return federation.Collection(orgIRI+"/followers", 7, ""), nil
	}).means(readCollection, func(testing.TB) any { return federation.RemoteCollection{ID: orgIRI + "/followers", Total: 7} }),
	document("following", func(testing.TB, federation.Codec, federation.Codec) (federation.Doc, error) {
		return federation.CollectionOf("https://a.example/ap/actor/following", []string{"https://b.example/ap/actor"}), nil
	}).means(readCollection, func(testing.TB) any {
		return federation.RemoteCollection{ID: "https://a.example/ap/actor/following", Total: 1} // the partners are on other servers
	}),
	document("opportunities", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		id := a.Base.Opportunities()
		return federation.Collection(id, 120, federation.PageID(id, "0")), nil
	}).means(readCollection, func(testing.TB) any {
		id := "https://a.example/ap/collections/opportunities"
		return federation.RemoteCollection{ID: id, Total: 120, First: id + "?cursor=0"}
	}),
	document("opportunities-page", func(_ testing.TB, a, _ federation.Codec) (federation.Doc, error) {
		o, err := a.Opportunity(testOpportunity(), testOrganization())
		return federation.Page(a.Base.Opportunities(), "eyJ1Ijox", "eyJ1Ijoy", []federation.Doc{o}), err
	}).means(func(t testing.TB, raw []byte) any {
		c, err := federation.ReadCollection(decode(t, raw))
		if err != nil || c.Next != "https://a.example/ap/collections/opportunities?cursor=eyJ1Ijoy" || len(c.Items) != 1 {
			t.Fatal(c, err)
		}
		p, err := federation.ReadOpportunity(c.Items[0], at("2026-11-02T08:00:01Z"))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}, wantOpportunity),

	plain("attestation", func(a federation.Codec) ([]byte, error) {
		return a.Attestation(testAttestation(), testOrganization(), vouchingKey())
	}).means(func(t testing.TB, raw []byte) any {
		c, err := federation.ReadAttestation(asRead(t, raw), at("2026-11-01T00:00:00Z"))
		if err == nil {
			err = c.Verify(maker(t))
		}
		if err != nil {
			t.Fatal(err)
		}
		return c.Attestation
	}, func(testing.TB) any {
		a := testAttestation()
		a.ID, a.Organization, a.Issuer, a.IRI = "", "", "a.example", attestationIRI
		return a
	}),
	plain("webfinger-board", func(a federation.Codec) ([]byte, error) { return a.BoardFinger(testBoard()).Bytes() }),
	plain("webfinger", func(a federation.Codec) ([]byte, error) { return a.OrganizationFinger(testOrganization()).Bytes() }).
		means(readFinger, func(testing.TB) any { return []string{"beispielverein_vorlesen@a.example", orgIRI} }),
	plain("webfinger-instance", func(a federation.Codec) ([]byte, error) { return a.InstanceFinger().Bytes() }).
		means(readFinger, func(testing.TB) any { return []string{"a.example@a.example", "https://a.example/ap/actor"} }),
	plain("nodeinfo-index", func(a federation.Codec) ([]byte, error) { return a.NodeInfoIndex().Bytes() }).
		means(func(t testing.TB, raw []byte) any {
			actor, err := federation.ReadNodeInfoIndex(raw)
			if err != nil {
				t.Fatal(err)
			}
			return actor
		}, func(testing.TB) any { return "https://a.example/ap/actor" }),
	plain("nodeinfo-2.1", func(a federation.Codec) ([]byte, error) {
		return a.NodeInfo("2.1", testInstance(), federation.Usage{
			Version: "1.0", Repository: "https://code.example/seestern", Homepage: "https://seestern.example", Registration: true, ActiveUsers: 49, Posts: 120,
		})
	}),
}

func testAnnouncement() engagement.Announcement {
	return withSecrets(engagement.Announcement{
		ID: "01890b00-1111-7aaa-8bbb-ccccddddeeee", Code: "p2c8wz4m", Organization: orgKey, Text: "Sprechstunde Ehrenamt: mittwochs 15–18 Uhr.",
		State: engagement.AnnouncementPublished, Published: at("2026-11-02T08:00:00Z"),
	})
}

func longAnnouncement() engagement.Announcement {
	n := testAnnouncement()
	n.ID, n.Code, n.Long = "01890b00-2222-7aaa-8bbb-ccccddddeeee", "q7d1hk5z", true
	n.Title, n.Teaser = "Gute Praxis: Vorlesen mit drei Generationen", "Wie drei Generationen zusammen vorlesen."
	n.Text = "Einmal im Monat lesen **drei Generationen** zusammen vor.\n\n- zwanzig Minuten in jeder Ecke\n- danach wechseln die Kinder"
	return n
}

func mustActor(t testing.TB, raw []byte) federation.Actor {
	a, err := federation.ReadActor(decode(t, raw))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func readFinger(t testing.TB, raw []byte) any {
	subject, actor, err := federation.ReadFinger(raw)
	if err != nil {
		t.Fatal(err)
	}
	return []string{subject, actor}
}

func goldenFile(name string) string { return filepath.Join("testdata", "golden", name+".json") }

func (g golden) file(t testing.TB) []byte {
	t.Helper()
	raw, err := os.ReadFile(goldenFile(g.name))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(raw, []byte("\n"))
}

func TestGoldenDocuments(t *testing.T) {
	regenerate(t)
	for _, g := range goldens {
		t.Run(g.name+" is written byte by byte", func(t *testing.T) {
			got, err := g.render(t)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(g.file(t)), string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
		if g.read == nil {
			continue
		}
		t.Run(g.name+" is understood", func(t *testing.T) {
			if diff := cmp.Diff(g.want(t), g.read(t, g.file(t)), cmp.AllowUnexported(federation.Actor{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	t.Run("there is no golden file that nobody writes", func(t *testing.T) {
		files, err := filepath.Glob(goldenFile("*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			name := strings.TrimSuffix(filepath.Base(f), ".json")
			if name != "context" && !slices.ContainsFunc(goldens, func(g golden) bool { return g.name == name }) {
				t.Errorf("%s has no emitter", f)
			}
		}
	})
}

// constantContext is the @context of a rendered document.
func constantContext(t testing.TB) json.RawMessage {
	t.Helper()
	raw, err := federation.Collection(orgIRI+"/followers", 0, "").Bytes()
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Context json.RawMessage `json:"@context"`
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	return d.Context
}

func TestListsAreArrays(t *testing.T) {
	for _, g := range goldens {
		var d any
		if err := json.Unmarshal(g.file(t), &d); err != nil {
			t.Fatal(err)
		}
		walk(d, func(name string, v any) {
			switch name {
			case "to", "cc", "tag", "attachment", "orderedItems", "items", "alsoKnownAs", "implements", "streams", "assertionMethod":
				if _, ok := v.([]any); !ok {
					t.Errorf("%s: %s is %T", g.name, name, v)
				}
			case "latitude", "longitude", "radius":
				if !bytes.Contains(g.file(t), []byte(`"`+name+`":`)) || !fraction.Match(g.file(t)) {
					t.Errorf("%s: %s has no fraction", g.name, name)
				}
			}
			if (v == nil && name != "organizers") || v == "" { // FEP-8a8e: null says that nobody beside the author organizes
				t.Errorf("%s: %s is empty", g.name, name)
			}
		})
	}
}

var fraction = regexp.MustCompile(`"(latitude|longitude|radius)":-?[0-9]+\.[0-9]+[,}]`)

// walk visits every member of every object, but not the context.
func walk(v any, visit func(name string, value any)) {
	switch v := v.(type) {
	case map[string]any:
		for name, e := range v {
			if name != "@context" {
				visit(name, e)
				walk(e, visit)
			}
		}
	case []any:
		for _, e := range v {
			walk(e, visit)
		}
	}
}

// Everything that must stay at home stands in the nouns these documents are made of, see withSecrets.
func TestNothingPrivateIsOnTheWire(t *testing.T) {
	private := []string{
		secret, "13.5799", "52.4499", // the exact address
		"ohne-konto", // how the person came
		"access-ok",  // a gate that would tell about the person
		"sgb8-72a",
	}
	for _, g := range goldens {
		got, err := g.render(t)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range private {
			if bytes.Contains(got, []byte(p)) {
				t.Errorf("%s contains %q", g.name, p)
			}
		}
		if strings.HasPrefix(g.name, "match-card") {
			continue
		}
		for _, p := range []string{"Vorname", "mail.example"} {
			if bytes.Contains(got, []byte(p)) {
				t.Errorf("%s contains %q, which only a card may", g.name, p)
			}
		}
	}
}

func testPresence() engagement.Presence {
	return engagement.Presence{
		ID: "c1d2e3f405162738495a6b7c8d9e0f11", Account: "0199aaaa-0000-7000-8000-00000000000a", Handle: "lesefreundin", Name: "Lesefreundin", Summary: "Lese gern vor.",
		Created: at("2026-10-01T00:00:00Z"),
	}
}
