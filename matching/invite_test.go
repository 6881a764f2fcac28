package matching_test

import (
	"slices"
	"testing"

	"seestern/engagement"
	"seestern/geo"
	. "seestern/matching"
)

func TestWhomADirectedRequestFits(t *testing.T) {
	o := engagement.Opportunity{
		ID: "werkstatt", State: engagement.Published, Published: now, Confirmed: now, Origin: "b.example", Capacity: 2, Visibility: "anfrage",
		Areas: []engagement.Code{"lokales"}, Activities: []engagement.Code{"moderieren"}, Mode: "vor-ort",
		Places: []engagement.Place{{Locality: "Köpenick", Point: geo.Point{Lat: 52.45, Lon: 13.57}, Centroid: geo.Point{Lat: 52.45, Lon: 13.57}, Precision: "ortsteil"}},
	}
	near := geo.Point{Lat: 52.46, Lon: 13.57}
	person := func(account engagement.ID, change func(*engagement.Profile)) engagement.Profile {
		p := engagement.Profile{Account: account, AgeBand: "27-59", Home: near, RadiusKM: 10, Activities: []engagement.Code{"moderieren"}}
		change(&p)
		return p
	}
	people := []engagement.Profile{
		person("does it and likes the area", func(p *engagement.Profile) { p.Areas = []engagement.Code{"lokales"} }),
		person("does it, but seeks another area", func(p *engagement.Profile) { p.Areas = []engagement.Code{"sport"} }),
		person("says nothing", func(p *engagement.Profile) { p.Activities = nil }),
		person("lives near and does other things", func(p *engagement.Profile) { p.Activities = []engagement.Code{"handwerk-reparieren"} }),
		person("lives too far away", func(p *engagement.Profile) { p.Home = geo.Point{Lat: 53.5, Lon: 10} }),
		person("does not want to moderate", func(p *engagement.Profile) { p.Excluded.Activities = []engagement.Code{"moderieren"} }),
	}
	got := Whom(Default(), candidate(o), people, now)
	if want := []engagement.ID{"does it and likes the area", "does it, but seeks another area"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	o.State = engagement.Filled
	if got := Whom(Default(), candidate(o), people, now); len(got) != 0 {
		t.Errorf("full: got %q", got)
	}
}

func TestPeopleAreNarrowedByWhatTheySay(t *testing.T) {
	home := geo.Point{Lat: 52.45, Lon: 13.57}
	full := engagement.Profile{
		Account: "full", Home: home, Skills: []engagement.Skill{{Code: "holz"}}, Languages: []engagement.LanguageSkill{{Code: "tr"}}, Grid: engagement.Slot("sa", "abend"),
	}
	people := []engagement.Profile{full, {Account: "silent"}}
	for _, test := range []struct {
		criteria engagement.Criteria
		want     int
	}{
		{engagement.Criteria{}, 2},
		{engagement.Criteria{Skill: "holz"}, 1},
		{engagement.Criteria{Skill: "metall"}, 0},
		{engagement.Criteria{Language: "tr"}, 1},
		{engagement.Criteria{Language: "de"}, 0},
		{engagement.Criteria{Time: "wochenende"}, 1},
		{engagement.Criteria{Time: "abend"}, 1},
		{engagement.Criteria{Time: "werktags"}, 0},
		{engagement.Criteria{Near: geo.Point{Lat: 52.48, Lon: 13.57}, RadiusKM: 5}, 1},
		{engagement.Criteria{Near: geo.Point{Lat: 52.55, Lon: 13.57}, RadiusKM: 5}, 0},
		{engagement.Criteria{Skill: "holz", Language: "tr", Time: "wochenende", Near: home, RadiusKM: 5}, 1},
	} {
		if got := Narrow(test.criteria, people); len(got) != test.want || test.want == 1 && got[0].Account != "full" {
			t.Errorf("%+v: got %d people", test.criteria, len(got))
		}
	}
}
