package matching

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"

	"seestern/engagement"
)

// Config is how an instance matches. [Default] is version v4: v1 with another attention.
type Config struct {
	Version string  // shown on the help page and stored with measured results
	Weights Weights // of the dimensions; only their proportions matter
	Lambda  float64 // how far an opportunity moves forward at most that nobody asks for, 0–0.5 of its fit

	VeryGood float64 // from this fit on: "passt sehr gut"
	Good     float64 // "passt gut"
	Partial  float64 // "passt teilweise"; below it hidden behind "Weniger passende zeigen"
	Thin     float64 // coverage below which there are too few answers for a word

	Rural      bool // default radiuses are larger
	MinorsFrom int  // youngest age that may take part here: 12, 14 or 16
}

// mostLambda keeps what nobody asks for from standing before what fits much better.
const mostLambda = .5

// Weights are the weights of the dimensions in their order.
type Weights [dimensionCount]float64

// Default is version v4 for an instance in a town that admits people from 16 on.
func Default() Config {
	return Config{
		Version: "v4",
		Weights: Weights{Topic: .26, Activity: .18, Skill: .12, Time: .16, Distance: .14, Target: .06, Frame: .05, Effort: .03},
		Lambda:  .25, VeryGood: .80, Good: .60, Partial: .45, Thin: .35,
		MinorsFrom: 16,
	}
}

// For is the configuration with what the instance decided. Other weights than those of v1 make another version of it.
func (c Config) For(i engagement.Instance) Config {
	c.Rural = i.Rural
	usual := c
	for part, percent := range i.Sorting {
		share := float64(percent) / 100
		if part == "attention" {
			c.Lambda = min(c.Lambda*share, mostLambda)
		}
		for d := range c.Weights {
			if string(part) == Dimension(d).String() {
				c.Weights[d] *= share
			}
		}
	}
	if c != usual {
		sum := sha256.Sum256(fmt.Appendf(nil, "%.6f %.6f", c.Weights, c.Lambda))
		c.Version += "-" + hex.EncodeToString(sum[:3])
	}
	if i.MinorsFrom != 0 {
		c.MinorsFrom = i.MinorsFrom
	}
	return c
}

// Double is the configuration with twice the weight for some dimensions, as somebody may wish for a search of theirs.
func (c Config) Double(ds ...Dimension) Config {
	for _, d := range ds {
		c.Weights[d] *= 2
	}
	return c
}

// Rules are what holds on every instance, for who explains the order.
type Rules struct {
	StaleDays       int     // how long a confirmation holds; freshness falls to 0 until then
	StalePercent    int     // of the fit, at most, that is lost by freshness
	First           int     // positions with rules
	PerOrganization int     // at most, among the first
	Reach           float64 // radiuses beyond which something is left out
}

// TheRules are the numbers by which suggestions are really ordered.
func TheRules() Rules {
	return Rules{staleDays, int(100 * staleShare), first, perOrganization, reachFactor}
}

// Validate names the first value that is out of bounds. A weight may differ from v1 by half.
func (c Config) Validate() error {
	for d, v1 := range Default().Weights {
		if w := c.Weights[d]; !(w >= v1*.5-tolerance && w <= v1*1.5+tolerance) {
			return fmt.Errorf("matching: weight %s is %g, allowed is %.3g to %.3g", Dimension(d), w, v1*.5, v1*1.5)
		}
	}
	switch {
	case !(c.Lambda >= 0 && c.Lambda <= mostLambda):
		return fmt.Errorf("matching: lambda is %g, allowed is 0 to %g", c.Lambda, mostLambda)
	case !(0 < c.Partial && c.Partial < c.Good && c.Good < c.VeryGood && c.VeryGood <= 1):
		return fmt.Errorf("matching: the limits for partial (%g), good (%g) and very good (%g) must rise from 0 to 1", c.Partial, c.Good, c.VeryGood)
	case !(c.Thin > 0 && c.Thin <= 1):
		return fmt.Errorf("matching: the limit for thin data is %g, allowed is above 0 to 1", c.Thin)
	case c.MinorsFrom != 12 && c.MinorsFrom != 14 && c.MinorsFrom != 16:
		return fmt.Errorf("matching: minors from %d, allowed is 12, 14 or 16", c.MinorsFrom)
	}
	return nil
}

// Normalize is the configuration with weights that sum to 1. It must be valid.
func (c Config) Normalize() Config {
	sum := 0.0
	for _, w := range c.Weights {
		sum += w
	}
	if math.Abs(sum-1) < tolerance { // v1 as written stays v1 to the last bit
		return c
	}
	for d := range c.Weights {
		c.Weights[d] /= sum
	}
	return c
}

// tolerance is what rounding may do to a sum of weights.
const tolerance = 1e-9
