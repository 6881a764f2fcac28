package main

import (
	"math"

	"seestern/engagement"
	"seestern/matching"
)

// fortnight is what comes out of fourteen days in which everybody looks twice.
type fortnight struct {
	exposed  int   // opportunities that stood among somebody's first ten
	contacts []int // by opportunity
}

func (f fortnight) total() (n int) {
	for _, c := range f.contacts {
		n += c
	}
	return n
}

func (f fortnight) reached() (n int) {
	for _, c := range f.contacts {
		if c > 0 {
			n++
		}
	}
	return n
}

// placed are the contacts that do not go beyond the free places.
func (f fortnight) placed(w *world) (n int) {
	for i, c := range f.contacts {
		if free, stated := w.offers[i].told.Free(); stated {
			c = min(c, free)
		}
		n += c
	}
	return n
}

// visits is how often everybody looks, asks how many requests one sends at most on a visit.
const visits, asks = 2, 2

// simulate lets everybody look at their first ten in turn. They look less at what stands further down, and write to what is worth
// something to them; what others asked before moves an opportunity if attention counts. As in the program, that is known to the instance
// of who asks and to that of the opportunity alone. The same chance decides about a person and an opportunity whatever the order, so that
// differences come from the order alone. Nothing fills up: a contact is no agreement yet.
func (w *world) simulate(attention bool) fortnight {
	f := fortnight{contacts: make([]int, len(w.offers))}
	at := map[engagement.ID]int{}
	views := make([][]matching.Candidate, len(communities))
	for i, o := range w.offers {
		at[o.told.ID] = i
	}
	for c := range communities {
		views[c] = w.candidates(c, false)
	}
	exposed := make([]bool, len(w.offers))
	known := make([][]bool, len(communities)) // by community and opportunity: that somebody asked for it
	for c := range known {
		known[c] = make([]bool, len(w.offers))
	}
	asked := map[[2]int]bool{}
	for visit := range visits {
		for n, p := range w.people {
			config := w.config(p.community)
			if !attention {
				config.Lambda = 0
			}
			for i := range views[p.community] {
				views[p.community][i].Facts.Asked = known[p.community][i]
			}
			list := flat(matching.New(config, p.told, now).Rank(views[p.community]))
			sent := 0
			for position, r := range list[:min(depth, len(list))] {
				i := at[r.Opportunity.ID]
				exposed[i] = true
				if sent < asks && !asked[[2]int{n, i}] && w.writes(p, n, i, position, visit) {
					asked[[2]int{n, i}] = true
					f.contacts[i]++
					for c := range known {
						known[c][i] = known[c][i] || c == p.community || w.offers[i].host == communities[c].home.host
					}
					sent++
				}
			}
		}
	}
	for _, e := range exposed {
		if e {
			f.exposed++
		}
	}
	return f
}

// writes says whether a person who is shown an opportunity at a position writes to it.
func (w *world) writes(p *person, n, i, position, visit int) bool {
	looks := 1 / math.Log2(float64(position+2))
	chance := looks * min(1, w.utility(p, w.offers[i])/perfect)
	h := hash(string(p.told.Account)+string(w.offers[i].told.ID)) ^ uint64(visit+1)*0x9e3779b97f4a7c15 ^ w.seed
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	return float64(h>>11)/(1<<53) < chance
}
