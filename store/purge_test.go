package store_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"seestern/store"
	"seestern/store/storetest"
)

// kept is how many days everything stays, with what else has to be true of a row so that it is meant (domain.md §5.4, security.md §5.4).
var kept = map[string]struct {
	days float64
	with map[string]any
}{
	"sessions unused":                         {days: 8. / 24},
	"sessions over":                           {days: 30},
	"staff sessions unused":                   {days: 0.5 / 24, with: map[string]any{"staff": 1}},
	"staff sessions over":                     {days: 0.5, with: map[string]any{"staff": 1}},
	"tokens":                                  {},
	"form results":                            {days: 1},
	"events handled (R-26)":                   {days: 7, with: map[string]any{"state": "done"}},
	"events parked":                           {days: 30, with: map[string]any{"state": "parked"}},
	"jobs parked":                             {days: 30},
	"deliveries ended":                        {days: 7, with: map[string]any{"lane": "normal"}},
	"deliveries of the priority lane ended":   {days: 30, with: map[string]any{"lane": "priority"}},
	"payloads without delivery":               {days: 7},
	"inboxes that got what is gone":           {days: 30},
	"activity ids":                            {days: 90},
	"early deletes":                           {days: 30},
	"tombstones (R-10)":                       {days: 365, with: map[string]any{"own": 0}},
	"audit (R-25)":                            {days: 365},
	"messages (R-02)":                         {days: 90},
	"reports decided (R-20)":                  {days: 365},
	"barriers answered":                       {days: 365},
	"cases of the volunteer center (R-18)":    {days: 90},
	"aliases":                                 {days: 400},
	"keys retired":                            {days: 30},
	"actors without relation":                 {days: 30},
	"hosts without contact":                   {days: 30, with: map[string]any{"standing": ""}},
	"hosts beyond ten thousand":               {}, // by number: see below
	"copies of organizations without content": {days: 90},
	"sign-ups not confirmed (R-01)":           {days: 3, with: map[string]any{"state": "unconfirmed"}},
	"subscriptions not confirmed (R-01)":      {days: 3, with: map[string]any{"next": 0}},
	"sign-ups for what is over":               {days: 30, with: map[string]any{"origin": ""}},
	"shifts that are over (R-05)":             {days: 90},
	"copies of events that are over":          {days: 90},
	"helpers who did not answer":              {days: 14, with: map[string]any{"accepted": 0}},
	"invitations answered or lapsed (R-08)":   {days: 90},
	"calls closed (R-08)":                     {days: 90},
	"questions about people (R-25)":           {days: 365},
	"pictures that nothing uses":              {days: 1, with: map[string]any{"kept": 0}},
	"proofs of consents (R-14)":               {days: 3 * 366},
	"search rows":                             {days: 30},
}

var ruleParts = regexp.MustCompile(`^DELETE FROM (\w+) WHERE .*?(\w+) <=? \$1`)

// DEL-09: whatever has a date on which it goes is there an hour before, and gone an hour after.
func TestEachThingGoesOnItsDay(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		clock := &storetest.Clock{}
		c.Clock = clock.Now
		s := storetest.Open(t, c)
		store.WithoutParents(t, s)
		type row struct {
			what, table, mark string
			stays             bool
		}
		var rows []row
		for n, rule := range store.Retention() {
			want, known := kept[rule.What]
			if !known {
				t.Errorf("nothing is said of %s", rule.What)
				continue
			}
			if rule.What == "hosts beyond ten thousand" {
				continue
			}
			parts := ruleParts.FindStringSubmatch(rule.SQL)
			if parts == nil {
				t.Fatalf("%s: %s", rule.What, rule.SQL)
			}
			table, column := parts[1], parts[2]
			for age, stays := range map[time.Duration]bool{-time.Hour: true, time.Hour: false} {
				if want.days < 1 {
					age /= 12
				}
				mark := fmt.Sprintf("rule %d, %v", n, stays)
				at := clock.Now().Add(-time.Duration(want.days*24*float64(time.Hour)) - age).UnixMilli()
				with := map[string]any{column: at}
				for name, value := range want.with {
					with[name] = value
				}
				if rule.What == "sign-ups for what is over" {
					store.PutRow(t, s, "occasion", mark, clock.Now(), with)
					with = map[string]any{"occasion": mark}
				}
				store.PutRow(t, s, table, mark, clock.Now(), with)
				rows = append(rows, row{rule.What, table, mark, stays})
			}
		}
		if _, err := s.Purge(ctx); err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if n := store.Marked(t, s, r.table, r.mark); (n == 1) != r.stays {
				t.Errorf("%s: %d rows where one stays: %v", r.what, n, r.stays)
			}
		}
	})
}
