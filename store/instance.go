package store

import (
	"errors"
	"maps"
	"slices"

	"seestern/engagement"
)

// Instance is the configured instance, before the set-up a new one. Every page and every activity asks for it, and the legal texts are in
// it, so its last committed version is kept decoded.
func (tx *Tx) Instance() (engagement.Instance, error) {
	var version int
	err := tx.scan(`SELECT version FROM instance WHERE id = 1`, nil, &version)
	if errors.Is(err, engagement.ErrNotFound) {
		return engagement.NewInstance(), nil
	}
	if err != nil {
		return engagement.Instance{}, err
	}
	kept := tx.store.instance.Load()
	if kept == nil || kept.Version != version {
		i, err := doc[engagement.Instance](tx, `SELECT doc FROM instance WHERE id = 1`)
		if err != nil {
			return i, err
		}
		if kept = &i; tx.committed {
			tx.store.instance.Store(kept)
		}
	}
	i := *kept
	i.Regions, i.Embedders, i.Texts = slices.Clone(i.Regions), slices.Clone(i.Embedders), maps.Clone(i.Texts)
	return i, nil
}

// PutInstance writes it.
func (tx *Tx) PutInstance(i *engagement.Instance) error {
	return tx.put("instance", "id", 1, &i.Version, i)
}

// Statistics are public numbers of an instance: for its start page and NodeInfo.
type Statistics struct {
	Opportunities        int // own ones that can be found now
	PartnerOpportunities int // copies that can be found now
	Organizations        int // own, active
	Partners             int // active
	Accounts             int
	Announcements        int // published
	Agreements           int // match requests that were ever agreed
}

// Statistics counts.
func (tx *Tx) Statistics() (s Statistics, err error) {
	err = tx.scan(`SELECT
		(SELECT count(*) FROM opportunity WHERE state IN ('published', 'filled') AND origin = ''),
		(SELECT count(*) FROM opportunity WHERE state IN ('published', 'filled') AND origin <> ''),
		(SELECT count(*) FROM organization WHERE state = 'active' AND origin = ''),
		(SELECT count(*) FROM partner WHERE state = 'active'),
		(SELECT count(*) FROM account),
		(SELECT count(*) FROM announcement WHERE state = 'published' AND origin = ''),
		(SELECT count(*) FROM match_request WHERE state IN ('agreed', 'active', 'completed'))`, nil,
		&s.Opportunities, &s.PartnerOpportunities, &s.Organizations, &s.Partners, &s.Accounts, &s.Announcements, &s.Agreements)
	return s, err
}
