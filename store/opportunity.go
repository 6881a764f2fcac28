package store

import (
	"fmt"
	"slices"
	"time"

	"seestern/engagement"
)

// Opportunity is one of this instance or a copy.
func (tx *Tx) Opportunity(id engagement.ID) (engagement.Opportunity, error) {
	return doc[engagement.Opportunity](tx, `SELECT doc FROM opportunity WHERE id = $1`, string(id))
}

// OpportunityByCode finds one by its short public id.
func (tx *Tx) OpportunityByCode(code string) (engagement.Opportunity, error) {
	return doc[engagement.Opportunity](tx, `SELECT doc FROM opportunity WHERE code = $1`, code)
}

// OpportunityByIRI finds a copy.
func (tx *Tx) OpportunityByIRI(iri string) (engagement.Opportunity, error) {
	return doc[engagement.Opportunity](tx, `SELECT doc FROM opportunity WHERE iri = $1`, iri)
}

// OpportunitiesOf are all of an organization, newest first.
func (tx *Tx) OpportunitiesOf(organization engagement.ID) ([]engagement.Opportunity, error) {
	return docs[engagement.Opportunity](tx, `SELECT doc FROM opportunity WHERE organization = $1 ORDER BY id DESC`, string(organization))
}

// OpportunitiesByState are those in a state, the longest submitted first; copies are among them.
func (tx *Tx) OpportunitiesByState(state engagement.OpportunityState, limit int) ([]engagement.Opportunity, error) {
	return docs[engagement.Opportunity](tx, `SELECT doc FROM opportunity WHERE state = $1 ORDER BY submitted, id LIMIT $2`, string(state), limit)
}

// HiddenDuplicates are copies that are hidden because they came on another way, too, the newest first.
func (tx *Tx) HiddenDuplicates(limit int) ([]engagement.Opportunity, error) {
	all, err := docs[engagement.Opportunity](tx, `SELECT doc FROM opportunity WHERE state = 'hidden' AND origin <> '' ORDER BY changed DESC, id LIMIT $1`, 10*limit)
	all = slices.DeleteFunc(all, func(o engagement.Opportunity) bool { return !o.Duplicates() })
	return all[:min(len(all), limit)], err
}

// OpportunitiesByFingerprint are those that look like the same one.
func (tx *Tx) OpportunitiesByFingerprint(fingerprint string) ([]engagement.Opportunity, error) {
	return docs[engagement.Opportunity](tx, `SELECT doc FROM opportunity WHERE fingerprint = $1 ORDER BY id`, fingerprint)
}

// CountOpportunities counts those of an organization by state; of all own ones for the empty ID.
func (tx *Tx) CountOpportunities(organization engagement.ID) (map[engagement.OpportunityState]int, error) {
	if organization == "" {
		return counts[engagement.OpportunityState](tx, `SELECT state, count(*) FROM opportunity WHERE origin = '' GROUP BY state`)
	}
	return counts[engagement.OpportunityState](tx, `SELECT state, count(*) FROM opportunity WHERE organization = $1 GROUP BY state`, string(organization))
}

// CountPublished counts those of an organization that were ever published; requests directed to partners are not.
func (tx *Tx) CountPublished(organization engagement.ID) (int, error) {
	return tx.count(`SELECT count(*) FROM opportunity WHERE organization = $1 AND published > 0 AND visibility <> 'anfrage'`, string(organization))
}

// DirectedRequests are own ones and copies that were sent or came since then, newest first.
func (tx *Tx) DirectedRequests(since time.Time) ([]engagement.Opportunity, error) {
	return docs[engagement.Opportunity](tx, `SELECT doc FROM opportunity WHERE visibility = 'anfrage' AND submitted >= $1 ORDER BY submitted DESC, id DESC`, ms(since))
}

// ChangedOpportunity is one entry of the collection that partners copy from.
type ChangedOpportunity struct {
	engagement.Opportunity
	Changed time.Time // of this version
}

// OpportunitiesChanged are own ones that partners may have (visibility offen, and verbund unless publicOnly), live, newest version first,
// before the given version and id. Begin with a zero time.
func (tx *Tx) OpportunitiesChanged(publicOnly bool, before time.Time, id engagement.ID, limit int) ([]ChangedOpportunity, error) {
	if before.IsZero() {
		before = time.UnixMilli(1 << 52)
	}
	return list(tx, func(row func(...any) error) (c ChangedOpportunity, err error) {
		var text []byte
		var changed int64
		if err := row(&text, &changed); err != nil {
			return c, err
		}
		c.Changed = at(changed)
		return c, decode(text, &c.Opportunity)
	}, `SELECT doc, changed FROM opportunity WHERE origin = '' AND state IN ('published', 'paused', 'filled', 'expired')
		AND (visibility = 'offen' OR visibility = 'verbund' AND $1 = 0) AND (changed, id) < ($2, $3)
		ORDER BY changed DESC, id DESC LIMIT $4`, bit(publicOnly), ms(before), string(id), limit)
}

// CountShared counts what [Tx.OpportunitiesChanged] lists.
func (tx *Tx) CountShared(publicOnly bool) (int, error) {
	return tx.count(`SELECT count(*) FROM opportunity WHERE origin = '' AND state IN ('published', 'paused', 'filled', 'expired')
		AND (visibility = 'offen' OR visibility = 'verbund' AND $1 = 0)`, bit(publicOnly))
}

// CopiesOf are the ids of the copies of a host with the versions held, for the comparison with its own list: opportunities, help offers, events
// that are not over, and news as long as they are on such lists.
func (tx *Tx) CopiesOf(host string) (map[string]time.Time, error) {
	type copied struct {
		iri     string
		changed int64
	}
	rows, err := list(tx, func(row func(...any) error) (c copied, err error) { return c, row(&c.iri, &c.changed) },
		`SELECT iri, changed FROM opportunity WHERE origin = $1 AND origin <> ''
		UNION ALL SELECT iri, changed FROM help_offer WHERE origin = $1 AND origin <> ''
		UNION ALL SELECT iri, changed FROM occasion WHERE origin = $1 AND origin <> '' AND ends > $2
		UNION ALL SELECT iri, changed FROM announcement WHERE origin = $1 AND origin <> '' AND published > $3`,
		host, ms(tx.now), ms(tx.now.Add(-engagement.NewsShared)))
	all := make(map[string]time.Time, len(rows))
	for _, c := range rows {
		all[c.iri] = at(c.changed)
	}
	return all, err
}

// exactPoint is where a copy is, to about a metre; empty for own ones, and for those of which only the district is known.
func exactPoint(o engagement.Opportunity) string {
	if o.Local() || len(o.Places) == 0 || !o.Places[0].Exact {
		return ""
	}
	return fmt.Sprintf("%.5f,%.5f", o.Places[0].Point.Lat, o.Places[0].Point.Lon)
}

// CountAtPoint is how many other copies of the same host there are at exactly the place of a copy that do not look the same, at most most.
// It is 0 if only the district is known.
func (tx *Tx) CountAtPoint(o engagement.Opportunity, most int) (int, error) {
	point := exactPoint(o)
	if point == "" {
		return 0, nil
	}
	others, err := texts(tx.conn, `SELECT DISTINCT fingerprint FROM opportunity
		WHERE origin = $1 AND point = $2 AND point <> '' AND fingerprint <> $3 AND id <> $4 LIMIT $5`,
		o.Origin, point, o.Fingerprint, string(o.ID), most)
	return len(others), tx.translate(err)
}

// PutOpportunity writes an opportunity and what search knows of it.
func (tx *Tx) PutOpportunity(o *engagement.Opportunity) error {
	err := tx.put("opportunity", "id", string(o.ID), &o.Version, o,
		column{"code", o.Code},
		column{"organization", string(o.Organization)},
		column{"origin", o.Origin},
		column{"iri", null(o.IRI)},
		column{"state", string(o.State)},
		column{"visibility", string(o.Visibility)},
		column{"fingerprint", o.Fingerprint},
		column{"point", exactPoint(*o)},
		column{"submitted", ms(o.Submitted)},
		column{"published", ms(o.Published)},
		column{"changed", ms(o.VersionTime())},
		column{"due", ms(o.Due())})
	if err != nil {
		return err
	}
	if err := tx.putCode(o.Code, NounOpportunity, o.ID); err != nil {
		return err
	}
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return err
	}
	return tx.index(*o, org)
}

// nounDirected stands on tombstones of own opportunities that were not for everybody: others answer for them as for what never was.
const nounDirected = "directed request"

// DeleteOpportunity erases an opportunity. If it was ever published, the hash of its id stays.
func (tx *Tx) DeleteOpportunity(id engagement.ID) error {
	o, err := tx.Opportunity(id)
	if err != nil {
		return err
	}
	for _, s := range []statement{
		{`DELETE FROM opportunity WHERE id = $1`, []any{string(id)}},
		{`DELETE FROM reaction WHERE subject = $1`, []any{string(id)}},
		{`DELETE FROM raw_document WHERE subject = $1`, []any{string(id)}},
	} {
		if err := tx.run(s.sql, s.args...); err != nil {
			return err
		}
	}
	if err := tx.unindex(id); err != nil {
		return err
	}
	switch {
	case !o.Local():
		return tx.bury(NounOpportunity, o.IRI, false)
	case o.Directed(), !o.Published.IsZero() && o.Visibility != "offen": // that it was there is nobody's business
		return tx.bury(nounDirected, string(o.ID), true)
	case !o.Published.IsZero():
		return tx.bury(NounOpportunity, string(o.ID), true)
	}
	return nil
}

// DeleteCopiesOf erases the copies of a host: those for partners only, and the public ones too, with news and with events that nobody follows, if publicToo.
func (tx *Tx) DeleteCopiesOf(host string, publicToo bool) error {
	ids, err := list(tx, func(row func(...any) error) (id engagement.ID, err error) { return id, row(&id) },
		`SELECT id FROM opportunity WHERE origin = $1 AND origin <> '' AND (visibility <> 'offen' OR $2 = 1)`, host, bit(publicToo))
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := tx.DeleteOpportunity(id); err != nil {
			return err
		}
	}
	ids, err = list(tx, func(row func(...any) error) (id engagement.ID, err error) { return id, row(&id) },
		`SELECT id FROM help_offer WHERE origin = $1 AND origin <> '' AND (visibility <> 'offen' OR $2 = 1)`, host, bit(publicToo))
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := tx.DeleteHelpOffer(id); err != nil {
			return err
		}
	}
	if !publicToo {
		return nil
	}
	if err := tx.run(`DELETE FROM announcement WHERE origin = $1 AND origin <> ''`, host); err != nil {
		return err
	}
	return tx.run(`DELETE FROM occasion WHERE origin = $1 AND origin <> '' AND NOT EXISTS (SELECT 1 FROM followed f WHERE f.actor = occasion.author)`, host)
}

// DueOpportunities are those a timer has to look at: see [engagement.Opportunity.Due].
func (tx *Tx) DueOpportunities(before time.Time, limit int) ([]engagement.Opportunity, error) {
	return docs[engagement.Opportunity](tx, `SELECT doc FROM opportunity WHERE due > 0 AND due <= $1 ORDER BY due, id LIMIT $2`, ms(before), limit)
}
