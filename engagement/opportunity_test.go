package engagement_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	. "seestern/engagement"
	"seestern/geo"
	"seestern/store"
)

const today = Date("2026-11-24")

// complete is an opportunity that passes the quality gate.
func complete() Opportunity {
	return Opportunity{
		Kind: "engagement", Title: "Vorlesen in der Grundschule", Summary: "Eine Stunde in der Woche.", Description: strings.Repeat("Wir lesen vor. ", 20),
		Areas: []Code{"schule-kita"}, Activities: []Code{"vorlesen"}, Commitment: "regelmaessig", Grid: Slot("di", "vormittag"), Mode: "vor-ort",
		Places:    []Place{{Locality: "Köpenick", Postcode: "12555", Point: geo.Point{Lat: 52.45, Lon: 13.57}, Precision: "ortsteil"}},
		Insurance: []Code{"offen"}, Capacity: 2, ContactRole: "Koordination", ContactMail: "lesen@verein.example", ContactVia: "formular", Visibility: "offen",
	}
}

func TestTheQualityGateNamesTheField(t *testing.T) {
	if o := complete(); o.Check(today) != nil {
		t.Fatalf("a complete opportunity is refused: %v", o.Check(today))
	}
	for name, c := range map[string]struct {
		change     func(*Opportunity)
		field, key string
	}{
		"no title":                           {func(o *Opportunity) { o.Title = " " }, "title", "error.text.empty"},
		"a title of four letters":            {func(o *Opportunity) { o.Title = "Hilf" }, "title", "error.text.short"},
		"a title of 81 letters":              {func(o *Opportunity) { o.Title = strings.Repeat("ä", 81) }, "title", "error.text.long"},
		"too little text in all":             {func(o *Opportunity) { o.Description = "Kurz." }, "description", "error.description.short"},
		"no area":                            {func(o *Opportunity) { o.Areas = nil }, "areas", "error.choice.few"},
		"four areas":                         {func(o *Opportunity) { o.Areas = []Code{"sport", "kultur", "freizeit", "soziales"} }, "areas", "error.choice.many"},
		"an area that does not exist":        {func(o *Opportunity) { o.Areas = []Code{"weltraum"} }, "areas", "error.choice.unknown"},
		"no activity":                        {func(o *Opportunity) { o.Activities = nil }, "activities", "error.choice.few"},
		"no time":                            {func(o *Opportunity) { o.Grid = 0 }, "grid", "error.time.empty"},
		"no commitment":                      {func(o *Opportunity) { o.Commitment = "" }, "commitment", "error.choice.empty"},
		"no place":                           {func(o *Opportunity) { o.Places = nil }, "places", "error.place.empty"},
		"a place nobody knows":               {func(o *Opportunity) { o.Places[0].Point = geo.Point{} }, "places", "error.place.unknown"},
		"a place off the earth":              {func(o *Opportunity) { o.Places[0].Point.Lat = 91 }, "places", "error.place.unknown"},
		"no insurance":                       {func(o *Opportunity) { o.Insurance = nil }, "insurance", "error.choice.few"},
		"no contact":                         {func(o *Opportunity) { o.ContactRole = "" }, "contact_role", "error.text.empty"},
		"an end in the past":                 {func(o *Opportunity) { o.EndsOn = "2026-11-23" }, "ends_on", "error.date.past"},
		"an end before the start":            {func(o *Opportunity) { o.StartsOn, o.EndsOn = "2026-12-05", "2026-12-04" }, "ends_on", "error.date.order"},
		"a day that does not exist":          {func(o *Opportunity) { o.StartsOn = "2026-02-30" }, "starts_on", "error.date.unknown"},
		"urgent for a month":                 {func(o *Opportunity) { o.UrgentUntil = "2026-12-24" }, "urgent_until", "error.urgent.far"},
		"quarter hours":                      {func(o *Opportunity) { o.HoursMin = 0.75 }, "hours", "error.hours.range"},
		"501 places":                         {func(o *Opportunity) { o.Capacity = 501 }, "capacity", "error.capacity.range"},
		"a Führungszeugnis without basis":    {func(o *Opportunity) { o.Proofs = []Code{"fuehrungszeugnis-erweitert"} }, "proof_basis", "error.choice.empty"},
		"an age nobody asks for":             {func(o *Opportunity) { o.MinAge = 15 }, "min_age", "error.choice.unknown"},
		"somebody's address in the text":     {func(o *Opportunity) { o.Description += " Mail an uta@post.example bitte." }, "description", "error.text.mail"},
		"somebody's number in the summary":   {func(o *Opportunity) { o.Summary = "Ruf an: 0171 / 123 45 67" }, "summary", "error.text.phone"},
		"a contact that is no address":       {func(o *Opportunity) { o.ContactMail = "koordination" }, "contact_mail", "error.email.at"},
		"a skill that does not exist":        {func(o *Opportunity) { o.Skills = []SkillNeed{{Code: "zaubern"}} }, "skills", "error.choice.unknown"},
		"a level that does not exist":        {func(o *Opportunity) { o.Skills = []SkillNeed{{Code: "holz", Level: "meister"}} }, "skills", "error.choice.unknown"},
		"a language that does not exist":     {func(o *Opportunity) { o.Languages = []LanguageNeed{{Code: "xx"}} }, "languages", "error.choice.unknown"},
		"a level of a language that is none": {func(o *Opportunity) { o.Languages = []LanguageNeed{{Code: "tr", Level: "gut"}} }, "languages", "error.choice.unknown"},
		"an international number":            {func(o *Opportunity) { o.Description += " +49 (0)30 1234567" }, "description", "error.text.phone"},
	} {
		t.Run(name, func(t *testing.T) {
			o := complete()
			c.change(&o)
			err := o.Check(today)
			var all Invalids
			if !errors.As(err, &all) {
				t.Fatalf("got %v, want a failure of %s", err, c.field)
			}
			if len(all) != 1 || all[0].Field != c.field || all[0].Key != c.key {
				t.Errorf("got %v, want only %s: %s", err, c.field, c.key)
			}
		})
	}
}

func TestAProfileHasOnlyKnownCodes(t *testing.T) {
	eachHouse(t, func(h *house) {
		by := h.person()
		save := func(p Profile) error {
			p.Account = by.Account
			return h.s.Update(ctx, func(tx *store.Tx) error { return SaveProfile(tx, by, &p) })
		}
		for field, p := range map[string]Profile{
			"age":               {AgeBand: "ab-18"},
			"travel":            {Travel: "teppich"},
			"areas":             {Areas: []Code{"x"}},
			"topics":            {Topics: []Code{"x"}},
			"activities":        {Activities: []Code{"x"}},
			"target_groups":     {TargetGroups: []Code{"x"}},
			"skills":            {Skills: []Skill{{Code: "holz", Level: "x"}}},
			"learn":             {Learn: []Code{"x"}},
			"licenses":          {Licenses: []License{{Code: "x"}}},
			"languages":         {Languages: []LanguageSkill{{Code: "x"}}},
			"motivations":       {Motivations: []Code{"x"}},
			"expertise":         {Expertise: strings.Repeat("ä", ExpertiseMax+1)},
			"commitments":       {Commitments: []Code{"x"}},
			"team":              {TeamSizes: []Code{"x"}},
			"guidance":          {Guidance: []Code{"x"}},
			"access":            {AccessNeeds: []AccessNeed{{Code: "x"}}},
			"not_areas":         {Excluded: Exclusions{Areas: []Code{"x"}}},
			"not_topics":        {Excluded: Exclusions{Topics: []Code{"x"}}},
			"not_activities":    {Excluded: Exclusions{Activities: []Code{"x"}}},
			"not_target_groups": {Excluded: Exclusions{TargetGroups: []Code{"x"}}},
			"not_proofs":        {Excluded: Exclusions{Proofs: []Code{"x"}}},
			"radius":            {RadiusKM: 101},
			"hours":             {HoursPerWeek: 81},
		} {
			var all Invalids
			if err := save(p); !errors.As(err, &all) || len(all) != 1 || all[0].Field != field {
				h.t.Errorf("got %v, want a failure of %s", err, field)
			}
		}
		h.must(save(Profile{AgeBand: "27-59", Travel: "rad", Skills: []Skill{{Code: "holz"}}, Languages: []LanguageSkill{{Code: "tr", Level: "B1"}}}))
	})
}

func TestWhatTheQualityGateLetsPass(t *testing.T) {
	for name, change := range map[string]func(*Opportunity){
		"online without a place":               func(o *Opportunity) { o.Mode, o.Places = "online", nil },
		"flexible without a time":              func(o *Opportunity) { o.Commitment, o.Grid = "flexibel", 0 },
		"the mailbox of the contact":           func(o *Opportunity) { o.Description += " Schreiben Sie an lesen@verein.example." },
		"the phone of the contact":             func(o *Opportunity) { o.ContactPhone = "030 5550 0111"; o.Summary = "Telefon 030/55500111" },
		"a date and a time":                    func(o *Opportunity) { o.Description += " Am 05.12.2026 von 10:00 bis 12:30 Uhr." },
		"a postcode and a year":                func(o *Opportunity) { o.Description += " In 12555 Berlin seit 1998." },
		"any number of places":                 func(o *Opportunity) { o.Capacity = 0 },
		"a title of 80 letters with an umlaut": func(o *Opportunity) { o.Title = strings.Repeat("ü", 80) },
	} {
		t.Run(name, func(t *testing.T) {
			o := complete()
			change(&o)
			if err := o.Check(today); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOnlyThePublicPrecisionOfAPlaceIsShown(t *testing.T) {
	exact, centroid := geo.Point{Lat: 52.4501, Lon: 13.5701}, geo.Point{Lat: 52.44, Lon: 13.58}
	private := Place{Name: "Haus am See", Street: "Uferweg", House: "7", Postcode: "12555", Locality: "Köpenick", Point: exact, Exact: true, Centroid: centroid, Note: "Hintereingang"}
	for precision, want := range map[Code]Place{
		"genau":    {Name: "Haus am See", Street: "Uferweg", House: "7", Postcode: "12555", Locality: "Köpenick", Point: exact, Exact: true, Centroid: centroid, Note: "Hintereingang", Precision: "genau"},
		"strasse":  {Name: "Haus am See", Street: "Uferweg", Postcode: "12555", Locality: "Köpenick", Point: centroid, Centroid: centroid, Note: "Hintereingang", Precision: "strasse"},
		"ortsteil": {Postcode: "12555", Locality: "Köpenick", Point: centroid, Centroid: centroid, Precision: "ortsteil"},
		"":         {Postcode: "12555", Locality: "Köpenick", Point: centroid, Centroid: centroid},
	} {
		t.Run("precision "+string(precision), func(t *testing.T) {
			p := private
			p.Precision = precision
			if got := p.Public(); got != want {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestTheFingerprintIgnoresSpelling(t *testing.T) {
	a, b := complete(), complete()
	b.Title, b.Activities = "VORLESEN   in der Grundschule!", slices.Clone(a.Activities)
	if Fingerprint(a, "Leseinsel e. V.") != Fingerprint(b, "leseinsel e.V.") {
		t.Error("two spellings of the same opportunity have different fingerprints")
	}
	b.Places = []Place{{Postcode: "10318"}}
	if Fingerprint(a, "Leseinsel e. V.") == Fingerprint(b, "Leseinsel e. V.") {
		t.Error("the same title at another place has the same fingerprint")
	}
}

func TestHandlesAreMadeFromNames(t *testing.T) {
	for name, want := range map[string]string{
		"Leseinsel Dahmeufer e. V. (Demo)":        "leseinsel_dahmeufer_e_v_demo",
		"Löschzug Talgrund":                       "loeschzug_talgrund",
		"  Straße & Söhne ":                       "strasse_soehne",
		"Elterninitiative Bunter Zebrastreifen 2": "elterninitiative_bunter_zebras",
	} {
		if got := Handle(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

// INP-06
func TestAddressesHaveOneSpelling(t *testing.T) {
	for in, want := range map[string]string{" Uta.Beispiel+x@Mail.Example ": "uta.beispiel+x@mail.example", "a@b.co": "a@b.co", "me@localhost": "me@localhost"} {
		if got, err := NormalizeEmail(in); err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", "uta", "@x.example", "uta@", "uta@x", "a b@x.example", "a@b@c.example", "uta@x.example\r\nBcc: b@y.example", `"a"@x.example`,
		"a@x.example,b@x.example", "<a@x.example>", "a@[192.0.2.1]", "ü@x.example", "a@x..example", "a(c)@x.example",
		"a%0a@x.example\nb@y.example", strings.Repeat("a", 1<<20) + "@x.example", strings.Repeat("(", 100_000) + "a@x.example",
	} {
		if got, err := NormalizeEmail(in); err == nil {
			t.Errorf("%q is accepted as %q", in, got)
		}
	}
}
