package store

import (
	"strings"

	"seestern/engagement"
	"seestern/geo"
)

// Viewer is what of the person who searches matters to the store: whose unpublished opportunities may be found too.
type Viewer struct {
	Organizations []engagement.ID // a member also finds what is only for the team
}

// Hits are one page of a search with what the page says about all of it.
type Hits struct {
	List    []Hit
	Total   int
	Facets  Facets
	Next    string  // cursor of the next page, empty on the last
	Meant   string  // the text without typing errors, if that finds more; else empty
	Mended  bool    // the hits are those of Meant, because nothing has the text
	WiderKM float64 // the next larger radius; 0 without a place or when there is none
	Wider   int     // how many there would be within it
}

// Hit is an opportunity that was found. Other searches get the same slices and maps, so nobody changes them.
type Hit struct {
	engagement.Opportunity
	Organizer Organizer
	Known     bool    // the distance is known
	Km        float64 // from the place searched to the nearest public place of the opportunity
	Nearest   int     // index of that place in Places, 0 if the distance is not known
}

// Organizer is what a list says about the organization of an opportunity.
type Organizer struct {
	ID    engagement.ID
	Code  string
	Name  string
	Level engagement.Code // highest attestation
}

// Facets count the hits by code. For a dimension in which the search filters they count what there would be without that filter.
type Facets struct {
	Areas, Topics, Activities, TargetGroups, Commitments, Access, Modes map[engagement.Code]int
	OnlyHere                                                            int
}

// Search finds what is public here now and fits, and beyond that what the viewer's organizations keep to themselves. Public is: published or
// filled, of an active organization, for this instance or a wider circle, not over, confirmed within 90 days; copies only of partners
// whose content is shown. With a place, opportunities without one are found only if the search asks for their mode.
//
// A search looks through the index in memory (see searchindex.go) for everything but text, reads from the database which rows have the words,
// and at the end the documents of one page. If that finds little, words with one typing error are mended (see spelling.go). It belongs into a
// View: what an Update has not committed must not get into the index.
func (tx *Tx) Search(q engagement.Search, viewer Viewer) (Hits, error) {
	if q.Limit <= 0 {
		q.Limit = 20
	}
	shown, err := texts(tx.conn, `SELECT host FROM partner WHERE shown = 1`)
	if err != nil {
		return Hits{}, tx.translate(err)
	}
	scan := newScan(q, viewer, tx.now)
	if len(split(q.Text)) == 0 && strings.TrimSpace(q.Text) != "" {
		return Hits{}, nil // nothing in it is a word
	}
	horizon, err := tx.store.index.refresh(tx)
	if err != nil {
		return Hits{}, err
	}
	hits, err := tx.search(scan, shown, horizon)
	if err != nil || q.Exact || hits.Total >= fewHits {
		return hits, err
	}
	return tx.mend(scan, shown, horizon, hits)
}

func (tx *Tx) search(scan *scan, shown []string, horizon int64) (Hits, error) {
	found, hits, err := tx.store.index.find(tx, scan, shown, horizon)
	if err != nil {
		return Hits{}, err
	}
	hits.List, err = tx.hits(scan, found)
	return hits, err
}

// mend looks whether another spelling finds more. Words that nobody may see are not given away, because what is proposed has hits.
func (tx *Tx) mend(typed *scan, shown []string, horizon int64, hits Hits) (Hits, error) {
	words, spellings, err := tx.store.index.mended(tx, typed.words, horizon)
	if err != nil || words == nil {
		return hits, err
	}
	meant := *typed
	meant.words = words
	more, err := tx.search(&meant, shown, horizon)
	if err != nil || more.Total <= hits.Total {
		return hits, err
	}
	text := spelled(typed.q.Text, spellings, more.List)
	if hits.Total == 0 {
		hits, hits.Mended = more, true
	}
	hits.Meant = text
	return hits, nil
}

// hits reads the documents of what was found, in its order. The index may be newer or, for a moment, older than the snapshot: what is not
// public in the snapshot is left out.
func (tx *Tx) hits(s *scan, found []hit) ([]Hit, error) {
	shown, err := tx.shown(found)
	if err != nil {
		return nil, err
	}
	all := make([]Hit, 0, len(found))
	for _, c := range found {
		r, ok := shown[c.id]
		if !ok || !s.public(r.Opportunity) {
			continue
		}
		one := Hit{Opportunity: r.Opportunity, Organizer: r.Organizer, Known: c.known, Nearest: int(c.place)}
		if one.Known && one.Nearest < len(r.Places) {
			one.Km = geo.Distance(s.q.Center, r.Places[one.Nearest].Public().Point)
		}
		all = append(all, one)
	}
	return all, nil
}

// shownKey names what a list shows of an opportunity as it was once.
type shownKey struct {
	id                        string
	version, organizerVersion int
}

// shown is what a list shows of opportunities, by id. Reading a document and decoding it takes a twentieth of a millisecond, and lists of one
// city show the same ones: so the last are kept as they were decoded. Nobody may change what is in them.
func (tx *Tx) shown(found []hit) (map[string]Hit, error) {
	all, missing := make(map[string]Hit, len(found)), map[string]shownKey{}
	var unread []string
	for in, ids := range portions(found, func(h hit) any { return h.id }) {
		keys, err := list(tx, func(row func(...any) error) (k shownKey, err error) {
			return k, row(&k.id, &k.version, &k.organizerVersion)
		}, `SELECT o.id, o.version, org.version FROM opportunity o JOIN organization org ON org.id = o.organization WHERE o.id IN `+in, ids...)
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			if one, ok := tx.store.shown.Get(k); ok {
				all[k.id] = one
			} else {
				missing[k.id], unread = k, append(unread, k.id)
			}
		}
	}
	for in, ids := range portions(unread, text) {
		read, err := list(tx, func(row func(...any) error) (h Hit, err error) {
			var text, org []byte
			if err := row(&text, &org); err != nil {
				return h, err
			}
			if err := decode(text, &h.Opportunity); err != nil {
				return h, err
			}
			return h, decode(org, &h.Organizer)
		}, `SELECT o.doc, org.doc FROM opportunity o JOIN organization org ON org.id = o.organization WHERE o.id IN `+in, ids...)
		if err != nil {
			return nil, err
		}
		for _, one := range read {
			id := string(one.Opportunity.ID)
			if all[id] = one; tx.committed {
				tx.store.shown.Add(missing[id], one)
			}
		}
	}
	return all, nil
}
