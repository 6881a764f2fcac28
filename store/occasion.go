package store

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/geo"
)

// Occasion is one of this instance or a copy.
func (tx *Tx) Occasion(id engagement.ID) (engagement.Occasion, error) {
	return doc[engagement.Occasion](tx, `SELECT doc FROM occasion WHERE id = $1`, string(id))
}

// OccasionByCode finds one by its short public id.
func (tx *Tx) OccasionByCode(code string) (engagement.Occasion, error) {
	return doc[engagement.Occasion](tx, `SELECT doc FROM occasion WHERE code = $1`, code)
}

// OccasionByIRI finds a copy.
func (tx *Tx) OccasionByIRI(iri string) (engagement.Occasion, error) {
	return doc[engagement.Occasion](tx, `SELECT doc FROM occasion WHERE iri = $1`, iri)
}

// OccasionsOf are all of an organization that were not withdrawn, the last to begin first.
func (tx *Tx) OccasionsOf(organization engagement.ID) ([]engagement.Occasion, error) {
	return docs[engagement.Occasion](tx, `SELECT doc FROM occasion WHERE organization = $1 AND state <> 'withdrawn' ORDER BY starts DESC, id DESC`, string(organization))
}

// OccasionsChanged are own ones before the public that are not over at a time, as [Tx.OpportunitiesChanged] lists opportunities.
func (tx *Tx) OccasionsChanged(from, before time.Time, id engagement.ID, limit int) ([]engagement.Occasion, error) {
	return docs[engagement.Occasion](tx, `SELECT doc FROM occasion WHERE origin = '' AND state IN ('scheduled', 'postponed', 'canceled') AND ends > $1 AND (changed, id) < ($2, $3)
		ORDER BY changed DESC, id DESC LIMIT $4`, ms(from), beforeMS(before), string(id), limit)
}

// CountComingOccasions counts what [Tx.OccasionsChanged] lists.
func (tx *Tx) CountComingOccasions(from time.Time) (int, error) {
	return tx.count(`SELECT count(*) FROM occasion WHERE origin = '' AND state IN ('scheduled', 'postponed', 'canceled') AND ends > $1`, ms(from))
}

// QueuedOccasions are the copies that wait for a moderator, oldest first.
func (tx *Tx) QueuedOccasions(limit int) ([]engagement.Occasion, error) {
	return docs[engagement.Occasion](tx, `SELECT doc FROM occasion WHERE state = 'queued' ORDER BY published, id LIMIT $1`, limit)
}

// OccasionsInSeries are those of a series that were not withdrawn, the first to begin first: of an own one by its ID, copies by its IRI.
func (tx *Tx) OccasionsInSeries(series string) ([]engagement.Occasion, error) {
	return docs[engagement.Occasion](tx, `SELECT doc FROM occasion WHERE series = $1 AND state <> 'withdrawn' ORDER BY starts, id`, series)
}

// OccasionSearch is which occasions somebody looks for. Zero fields do not filter, but for From: what is over by then is left out.
type OccasionSearch struct {
	From, Until  time.Time // it ends after From and begins before Until
	Kind         engagement.Code
	Center       geo.Point // with a place, those near it; online ones have none
	RadiusKM     float64
	Organization engagement.ID
	OnlyHere     bool
	After        string // cursor of the page before
	Limit        int
}

// occasionBatch is how many rows are read at once for those that are near enough.
const occasionBatch = 200

// Occasions finds what is before the public, the next first, and the cursor of the rest. Copies of hosts that are limited or have fallen
// silent are left out.
func (tx *Tx) Occasions(q OccasionSearch) (found []engagement.Occasion, next string, err error) {
	box := geo.Box{South: -91, West: -181, North: 91, East: 181}
	if q.Center != (geo.Point{}) {
		box = geo.Around(q.Center, q.RadiusKM)
	}
	until := int64(math.MaxInt64)
	if !q.Until.IsZero() {
		until = ms(q.Until)
	}
	// Nothing lasts longer, so what began before is over.
	begun, id := ms(q.From.Add(-engagement.OccasionLength)), ""
	if at, after, ok := strings.Cut(q.After, "-"); ok {
		if n, err := strconv.ParseInt(at, 10, 64); err == nil && n >= begun {
			begun, id = n, after
		}
	}
	for {
		batch, err := docs[engagement.Occasion](tx, `SELECT o.doc FROM occasion o LEFT JOIN organization g ON g.id = o.organization
			WHERE o.state IN ('scheduled', 'postponed', 'canceled') AND (o.starts, o.id) > ($1, $2) AND o.starts < $3 AND o.ends > $4
			AND (o.kind = $5 OR $5 = '') AND (o.organization = $6 OR $6 = '') AND (o.origin = '' OR $7 = 0)
			AND ($8 = 0 OR o.lat BETWEEN $9 AND $10 AND o.lon BETWEEN $11 AND $12) AND (g.state = 'active' OR o.origin <> '')
			AND NOT EXISTS (SELECT 1 FROM partner p WHERE p.host = o.origin AND p.shown = 0)
			AND NOT EXISTS (SELECT 1 FROM peer p WHERE p.host = o.origin AND p.standing <> '')
			ORDER BY o.starts, o.id LIMIT $13`,
			begun, id, until, ms(q.From), string(q.Kind), string(q.Organization), bit(q.OnlyHere), bit(q.Center != (geo.Point{})),
			degrees(box.South), degrees(box.North)+1, degrees(box.West), degrees(box.East)+1, occasionBatch)
		if err != nil {
			return nil, "", err
		}
		for _, o := range batch {
			begun, id = ms(o.Starts), string(o.ID)
			if q.Center != (geo.Point{}) && geo.Distance(q.Center, o.Place.Public().Point) > q.RadiusKM {
				continue
			}
			if len(found) == q.Limit {
				last := found[len(found)-1]
				return found, fmt.Sprintf("%d-%s", ms(last.Starts), last.ID), nil
			}
			found = append(found, o)
		}
		if len(batch) < occasionBatch {
			return found, "", nil
		}
	}
}

// degrees are stored as millionths.
func degrees(d float64) int64 { return int64(math.Floor(d * 1e6)) }

// PutOccasion writes it. What others replied goes with one that was withdrawn.
func (tx *Tx) PutOccasion(o *engagement.Occasion) error {
	var lat, lon any
	if place := o.Place.Public(); place.Known() {
		lat, lon = degrees(place.Point.Lat), degrees(place.Point.Lon)
	}
	err := tx.put("occasion", "id", string(o.ID), &o.Version, o,
		column{"code", o.Code},
		column{"organization", null(o.Organization)},
		column{"origin", o.Origin},
		column{"iri", null(o.IRI)},
		column{"author", o.Author},
		column{"state", string(o.State)},
		column{"kind", string(o.Kind)},
		column{"starts", ms(o.Starts)},
		column{"ends", ms(o.Ends)},
		column{"lat", lat},
		column{"lon", lon},
		column{"published", ms(o.Published)},
		column{"changed", ms(o.VersionTime())},
		column{"series", null(o.Series)})
	if err != nil {
		return err
	}
	if o.State == engagement.OccasionWithdrawn {
		if err := tx.run(`DELETE FROM reaction WHERE subject = $1`, string(o.ID)); err != nil {
			return err
		}
	}
	return tx.putCode(o.Code, NounOccasion, o.ID)
}

// DeleteOccasion erases a copy.
func (tx *Tx) DeleteOccasion(id engagement.ID) error {
	return tx.run(`DELETE FROM occasion WHERE id = $1 AND origin <> ''`, string(id))
}

// DeleteOccasionsBy erases the copies of an author.
func (tx *Tx) DeleteOccasionsBy(author string) error {
	return tx.run(`DELETE FROM occasion WHERE author = $1 AND author <> ''`, author)
}
