package web

import (
	"slices"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/geo"
	"seestern/matching"
	"seestern/store"
)

// Card is an opportunity in a list. It holds only what everybody may read.
type Card struct {
	Number       int // in the list and on its map; 0: there is no map
	Path         string
	Title        string
	Line         string // one sentence
	Lang         string // of title and line, if it is not that of the page
	Organization string
	Place        string // nearest place; empty without one
	Places       int    // how many more there are
	Distance     string // empty: not known
	When         string
	Access       []engagement.Code // answered "ja"
	Online       engagement.Code   // mode, if it needs no way
	Free         Words             // places; empty key: not said
	Full         bool
	Urgent       bool
	Fresh        Fresh
	Origin       string // host; empty: this instance
	Fit          *Fit   // nil: no profile
}

// card makes the card of a hit.
func (r *Request) card(h store.Hit) Card {
	f, o := r.format(), h.Opportunity
	c := Card{
		Path: opportunityPath(o), Title: o.Title, Line: o.Summary, Lang: r.foreign(o.Lang), Organization: h.Organizer.Name, When: strings.Join(f.when(o), " · "),
		Access: accessWith(o, "ja"), Fresh: r.fresh(o), Origin: o.Origin, Urgent: urgent(o, r.Now),
	}
	c.Free, c.Full = places(o)
	if o.Mode == "online" || o.Mode == "zuhause" || o.Mode == "hybrid" {
		c.Online = o.Mode
	}
	if public := o.PublicPlaces(); h.Nearest < len(public) {
		c.Place, c.Places = public[h.Nearest].Locality, len(public)-1
	}
	if h.Known {
		c.Distance = f.km(h.Km, false)
	}
	return c
}

// cards are the cards of hits, numbered for a map, with fit if there is a profile.
func (r *Request) cards(hits []store.Hit, m *matching.Matcher, results map[engagement.ID]*matching.Result) []Card {
	f := r.format()
	cards := make([]Card, len(hits))
	for i, h := range hits {
		cards[i] = r.card(h)
		cards[i].Number = i + 1
		if result := results[h.ID]; result != nil {
			cards[i].Fit = f.fit(m, result)
		}
	}
	return cards
}

// foreign is the language of a text if the page is in another one.
func (r *Request) foreign(lang engagement.Lang) string {
	if lang == "" || string(lang) == r.Language.HTML {
		return ""
	}
	return string(lang)
}

// Fresh is when somebody last said that an opportunity still holds.
type Fresh struct {
	At  time.Time
	Ago string // empty: never
}

func (r *Request) fresh(o engagement.Opportunity) Fresh {
	at := o.Confirmed
	if at.IsZero() {
		at = o.Published
	}
	if at.IsZero() {
		return Fresh{}
	}
	return Fresh{At: at, Ago: r.format().ago(at, r.Now)}
}

func urgent(o engagement.Opportunity, now time.Time) bool {
	return o.UrgentUntil != "" && o.UrgentUntil >= engagement.DateOf(now)
}

// accessWith are the access features with that answer, in the order of the vocabulary.
func accessWith(o engagement.Opportunity, answer engagement.Code) []engagement.Code {
	return slices.DeleteFunc(engagement.AccessFeatures.Codes(), func(c engagement.Code) bool { return o.Access[c] != answer })
}

// places says how many places are free.
func places(o engagement.Opportunity) (words Words, full bool) {
	free, stated := o.Free()
	switch {
	case (o.State == engagement.Filled || stated && free == 0) && o.Waitlist:
		return say("opp.full.waitlist"), true
	case o.State == engagement.Filled || stated && free == 0:
		return say("opp.full"), true
	case stated && !o.Local(): // the other page tells how many are free, not how many there are
		return say("opp.free.copy", "n", free), false
	case stated:
		return say("opp.free", "n", free, "m", o.Capacity), false
	}
	return Words{}, false
}

// mapOf draws hits in the order of the list: with a place around it, else around all of them.
func (s *Server) mapOf(hits []store.Hit, total int, center geo.Point, radiusKM float64) MapView {
	var known []geo.Point
	points := make([]geo.Point, len(hits))
	for i, h := range hits {
		if h.Nearest < len(h.Places) {
			if p := h.Places[h.Nearest].Public(); p.Known() {
				points[i] = p.Point
				known = append(known, p.Point)
			}
		}
	}
	view := MapView{Total: total, points: points, center: center, tiles: s.instance.Load().Tiles}
	projection := &view.projection
	switch {
	case center != geo.Point{}:
		*projection = geo.CircleView(center, radiusKM)
		x, y := projection.XY(center)
		view.RadiusKM, view.Circle = int(radiusKM), &MapCircle{X: x, Y: y, R: projection.Units(radiusKM)}
	case len(known) == 1:
		*projection = geo.CircleView(known[0], aroundOneKM)
	case len(known) > 0:
		*projection = geo.BoxView(geo.BoxOf(known...))
	default:
		return view
	}
	drawn := make([][2]float64, len(points))
	for i, p := range points {
		drawn[i] = [2]float64{-1, -1} // not drawn
		if p != (geo.Point{}) {
			drawn[i][0], drawn[i][1] = projection.XY(p)
		}
	}
	view.Markers = mergeMarkers(drawn)
	view.Scale.KM, view.Scale.Width = projection.ScaleBar()
	if s.places != nil {
		var labels []MapLabel
		for _, p := range s.places.Labels(projection.Box(), mapLabels) {
			x, y := projection.XY(p.Point)
			labels = append(labels, MapLabel{X: x, Y: y, Name: p.Name})
		}
		view.Labels = placeLabels(labels, view.Markers, view.Scale)
	}
	return view
}

const (
	mapLabels   = 40 // place names that are tried; 12 at most find room
	aroundOneKM = 4  // what is shown around a single place, so that it has a neighborhood
)
