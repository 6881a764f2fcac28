package web

import (
	"seestern/engagement"
	"seestern/store"
)

// transparencyArea are the numbers of moderation by year, for everybody.
var transparencyArea = area{
	name:   "transparency",
	simple: true,
	pages:  map[string]any{"transparency": transparencyPage{}},
	routes: []route{{path: "/transparenz", get: whenPublic((*Server).transparency), limit: searches}},
}

// fewest is the smallest number that is told: fewer could say something about somebody.
const fewest = 5

type transparencyPage struct {
	Page
	Years []transparentYear
}

type transparentYear struct {
	Year  int
	Parts []transparentPart
}

// transparentPart is a question with its numbers.
type transparentPart struct {
	Key   string
	Total int // 0: fewer than are told
	Rows  []transparentRow
}

type transparentRow struct {
	Reason engagement.Code // of reports; empty: see Key
	Key    string          // of a sentence
	N      int
}

// transparentParts are the questions, each about one thing that is counted. Only what happened often enough is told by kind.
var transparentParts = []struct{ what, key string }{
	{engagement.TallyReport, "transparency.reports"},
	{engagement.TallyRuling, "transparency.rulings"},
	{engagement.TallyOwn, "transparency.own"},
	{engagement.TallyObjection, "transparency.objections"},
}

// outcomeKeys name outcomes and ends of objections.
var outcomeKeys = map[engagement.Code]string{
	"no_action": "report.outcome.no_action", "hidden": "report.outcome.hidden", "removed": "report.outcome.removed", "host_limited": "report.outcome.host_limited", "account_suspended": "report.outcome.account_suspended",
	"upheld": "report.state.upheld", "reversed": "report.state.reversed",
}

func (s *Server) transparency(w *Response, r *Request) error {
	p := &transparencyPage{Page: r.Page("transparency.title")}
	var all []engagement.Tally
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		all, err = tx.Tallies()
		return err
	})
	if err != nil {
		return err
	}
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].Year == all[0].Year {
			n++
		}
		p.Years = append(p.Years, yearOf(all[:n]))
		all = all[n:]
	}
	return w.Page(p)
}

// yearOf are the numbers of one year.
func yearOf(all []engagement.Tally) transparentYear {
	year := transparentYear{Year: all[0].Year}
	for _, part := range transparentParts {
		told, total := transparentPart{Key: part.key}, 0
		for _, t := range all {
			if t.What != part.what {
				continue
			}
			if t.What != engagement.TallyObjection || t.Code == "" { // an objection is counted when it comes, and by its end
				total += t.N
			}
			if t.N < fewest || t.Code == "" {
				continue
			}
			row := transparentRow{Key: outcomeKeys[t.Code], N: t.N}
			if part.what == engagement.TallyReport {
				row.Reason = t.Code
			}
			told.Rows = append(told.Rows, row)
		}
		if total >= fewest {
			told.Total = total
		}
		year.Parts = append(year.Parts, told)
	}
	return year
}
