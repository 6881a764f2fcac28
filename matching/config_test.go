package matching_test

import (
	"slices"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/matching"
)

func TestConfigBounds(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*matching.Config)
		names  string // what the error speaks of; empty: valid
	}{
		{"v1", func(*matching.Config) {}, ""},
		{"a weight one and a half times v1", func(c *matching.Config) { c.Weights[matching.Topic] = .39 }, ""},
		{"a weight half of v1", func(c *matching.Config) { c.Weights[matching.Effort] = .015 }, ""},
		{"a weight above", func(c *matching.Config) { c.Weights[matching.Topic] = .3901 }, "weight topic is 0.3901, allowed is 0.13 to 0.39"},
		{"a weight below", func(c *matching.Config) { c.Weights[matching.Time] = .0799 }, "weight time"},
		{"no weight", func(c *matching.Config) { c.Weights = matching.Weights{} }, "weight topic"},
		{"lambda of a half", func(c *matching.Config) { c.Lambda = .5 }, ""},
		{"no lambda", func(c *matching.Config) { c.Lambda = 0 }, ""},
		{"lambda above", func(c *matching.Config) { c.Lambda = .51 }, "lambda"},
		{"lambda below", func(c *matching.Config) { c.Lambda = -.01 }, "lambda"},
		{"words out of order", func(c *matching.Config) { c.Good = .9 }, "must rise"},
		{"data are always thin", func(c *matching.Config) { c.Thin = 1.1 }, "thin"},
		{"minors from 13", func(c *matching.Config) { c.MinorsFrom = 13 }, "minors from 13"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := matching.Default()
			tc.change(&c)
			err := c.Validate()
			if tc.names == "" && err != nil || tc.names != "" && (err == nil || !strings.Contains(err.Error(), tc.names)) {
				t.Errorf("got %v, want %q", err, tc.names)
			}
		})
	}
}

func TestChangedWeightsAreNormalized(t *testing.T) {
	c := matching.Default()
	c.Weights[matching.Topic] = .39
	c = c.Normalize()
	sum := 0.0
	for _, w := range c.Weights {
		sum += w
	}
	near(t, "sum", sum, 1, 1e-9)
	near(t, "weight of the topic", c.Weights[matching.Topic], .39/1.13, 1e-9)
	near(t, "weight of the time", c.Weights[matching.Time], .16/1.13, 1e-9)

	c = matching.Default()
	c.Weights[matching.Topic] = .39
	r := matching.New(c, volunteer(), now).Assess(candidate(reading()))
	near(t, "coverage under other weights", r.Coverage, .93/1.13, 1e-9)
}

func TestWhatCountsTwice(t *testing.T) {
	c := matching.Default().Double(matching.Topic, matching.Distance).Normalize()
	near(t, "weight of the topic", c.Weights[matching.Topic], .52/1.40, 1e-9)
	near(t, "weight of the distance", c.Weights[matching.Distance], .28/1.40, 1e-9)
	near(t, "weight of the time", c.Weights[matching.Time], .16/1.40, 1e-9)
	near(t, "of everybody else", matching.Default().Weights[matching.Topic], .26, 0)
}

func TestAnInstanceDecidesAboutWeights(t *testing.T) {
	var parts []engagement.Code
	for d := range matching.Default().Weights {
		parts = append(parts, engagement.Code(matching.Dimension(d).String()))
	}
	if got := engagement.SortingParts.Codes(); !slices.Equal(got, append(parts, "attention")) {
		t.Errorf("parts: got %v", got)
	}
	for _, part := range engagement.SortingParts.Codes() {
		least, most := engagement.SortingBounds(part)
		for _, percent := range []int{least, most} {
			c := matching.Default().For(engagement.Instance{Sorting: map[engagement.Code]int{part: percent}})
			if err := c.Validate(); err != nil {
				t.Errorf("%s at %d percent: %v", part, percent, err)
			}
			if c.Version == matching.Default().Version {
				t.Errorf("%s at %d percent is the same version", part, percent)
			}
		}
	}
	c := matching.Default().For(engagement.Instance{Sorting: map[engagement.Code]int{"topic": 150, "attention": 0}})
	near(t, "weight of the topic", c.Weights[matching.Topic], .39, 1e-9)
	near(t, "attention", c.Lambda, 0, 0)
	if usual := matching.Default().For(engagement.Instance{Sorting: map[engagement.Code]int{"topic": 100}}); usual != matching.Default() {
		t.Errorf("what is usual makes %+v", usual)
	}
}

func TestAnInstanceDecidesAboutRadiusAndAge(t *testing.T) {
	c := matching.Default().For(engagement.Instance{Rural: true, MinorsFrom: 14})
	if !c.Rural || c.MinorsFrom != 14 {
		t.Errorf("got rural %v and minors from %d", c.Rural, c.MinorsFrom)
	}
	if c = matching.Default().For(engagement.Instance{}); c != matching.Default() {
		t.Errorf("before the set-up: got %+v", c)
	}

	p := volunteer()
	p.RadiusKM = 0 // by bike: 6 km, in the country 8
	town := matching.New(matching.Default(), p, now).Assess(candidate(reading()))
	country := matching.New(matching.Default().For(engagement.Instance{Rural: true}), p, now).Assess(candidate(reading()))
	near(t, "score in town", town.Terms[matching.Distance].Score, 1-.8*(town.KM-1.5)/4.5, 1e-9)
	near(t, "score in the country", country.Terms[matching.Distance].Score, 1-.8*(town.KM-2)/6, 1e-9)
}
