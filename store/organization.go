package store

import (
	"slices"
	"strings"

	"seestern/engagement"
)

// Organization is one of this instance or a copy.
func (tx *Tx) Organization(id engagement.ID) (engagement.Organization, error) {
	return doc[engagement.Organization](tx, `SELECT doc FROM organization WHERE id = $1`, string(id))
}

// OrganizationByHandle finds an own one.
func (tx *Tx) OrganizationByHandle(handle string) (engagement.Organization, error) {
	return doc[engagement.Organization](tx, `SELECT doc FROM organization WHERE handle = $1 AND origin = ''`, handle)
}

// OrganizationByCode finds one by its short public id.
func (tx *Tx) OrganizationByCode(code string) (engagement.Organization, error) {
	return doc[engagement.Organization](tx, `SELECT doc FROM organization WHERE code = $1`, code)
}

// OrganizationByIRI finds a copy.
func (tx *Tx) OrganizationByIRI(iri string) (engagement.Organization, error) {
	return doc[engagement.Organization](tx, `SELECT doc FROM organization WHERE iri = $1`, iri)
}

// OrganizationsByState are own ones, the longest unchanged first.
func (tx *Tx) OrganizationsByState(state engagement.OrganizationState, limit int) ([]engagement.Organization, error) {
	return docs[engagement.Organization](tx, `SELECT doc FROM organization WHERE state = $1 AND origin = '' ORDER BY updated, id LIMIT $2`, string(state), limit)
}

// OrganizationsOf are those an account belongs to, by name.
func (tx *Tx) OrganizationsOf(account engagement.ID) ([]engagement.Organization, error) {
	return docs[engagement.Organization](tx, `SELECT o.doc FROM membership m JOIN organization o ON o.id = m.organization WHERE m.account = $1 ORDER BY o.name, o.id`, string(account))
}

// Directory is one page of the public list of organizations.
type Directory struct {
	Text     string // part of the name
	OnlyHere bool   // no copies
	Area     engagement.Code
	Kind     engagement.Code
	Place    string        // public locality
	After    engagement.ID // last organization of the page before
	Limit    int
}

// Organizations are active organizations by name.
func (tx *Tx) Organizations(d Directory) ([]engagement.Organization, error) {
	return docs[engagement.Organization](tx, `SELECT doc FROM organization
		WHERE state = 'active' AND (origin = '' OR $1 = 0 AND origin IN (SELECT host FROM partner WHERE shown = 1))
		AND name LIKE $2 ESCAPE '\' AND (name, id) > (coalesce((SELECT name FROM organization WHERE id = $3), ''), $3)
		AND areas LIKE $5 AND kind LIKE $6 AND ($7 = '' OR place = $7)
		ORDER BY name, id LIMIT $4`, bit(d.OnlyHere), "%"+likeText(fold(d.Text))+"%", string(d.After), d.Limit, areaPattern(d.Area), orAny(d.Kind), d.Place)
}

// areaPattern finds an area among those of an organization, or whatever there is.
func areaPattern(area engagement.Code) string {
	if area == "" {
		return "%"
	}
	return "% " + likeText(string(area)) + " %"
}

func orAny(kind engagement.Code) string {
	if kind == "" {
		return "%"
	}
	return likeText(string(kind))
}

// DirectoryCounts are how many organizations there are by what the directory filters. Of each kind of filter they count what there would be
// without that filter.
type DirectoryCounts struct {
	Areas, Kinds map[engagement.Code]int
	Places       map[string]int
}

// CountDirectory counts the organizations of all pages.
func (tx *Tx) CountDirectory(d Directory) (DirectoryCounts, error) {
	type row struct {
		kind, place, areas string
		n                  int
	}
	rows, err := list(tx, func(scan func(...any) error) (r row, err error) { return r, scan(&r.kind, &r.place, &r.areas, &r.n) },
		`SELECT kind, place, areas, count(*) FROM organization
		WHERE state = 'active' AND (origin = '' OR $1 = 0 AND origin IN (SELECT host FROM partner WHERE shown = 1)) AND name LIKE $2 ESCAPE '\'
		GROUP BY kind, place, areas`,
		bit(d.OnlyHere), "%"+likeText(fold(d.Text))+"%")
	all := DirectoryCounts{Areas: map[engagement.Code]int{}, Kinds: map[engagement.Code]int{}, Places: map[string]int{}}
	for _, r := range rows {
		areas := strings.Fields(r.areas)
		area := d.Area == "" || slices.Contains(areas, string(d.Area))
		kind := d.Kind == "" || r.kind == string(d.Kind)
		place := d.Place == "" || r.place == d.Place
		if kind && place {
			for _, a := range areas {
				all.Areas[engagement.Code(a)] += r.n
			}
		}
		if area && place {
			all.Kinds[engagement.Code(r.kind)] += r.n
		}
		if area && kind && r.place != "" {
			all.Places[r.place] += r.n
		}
	}
	return all, err
}

// OrganizationsByID are those with the ids, for lists that name many of them.
func (tx *Tx) OrganizationsByID(ids []engagement.ID) (map[engagement.ID]engagement.Organization, error) {
	all := map[engagement.ID]engagement.Organization{}
	for in, args := range portions(ids, text) {
		found, err := docs[engagement.Organization](tx, `SELECT doc FROM organization WHERE id IN `+in, args...)
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			all[o.ID] = o
		}
	}
	return all, nil
}

// CountOrganizations counts the own ones by state.
func (tx *Tx) CountOrganizations() (map[engagement.OrganizationState]int, error) {
	return counts[engagement.OrganizationState](tx, `SELECT state, count(*) FROM organization WHERE origin = '' GROUP BY state`)
}

// PutOrganization writes an organization. It returns ErrConflict when another own one has its handle.
func (tx *Tx) PutOrganization(o *engagement.Organization) error {
	var before engagement.Organization
	if o.Version > 0 {
		var err error
		if before, err = tx.Organization(o.ID); err != nil {
			return err
		}
	}
	err := tx.put("organization", "id", string(o.ID), &o.Version, o,
		column{"code", o.Code},
		column{"handle", o.Handle},
		column{"origin", o.Origin},
		column{"iri", null(o.IRI)},
		column{"state", string(o.State)},
		column{"name", fold(o.Name)},
		column{"kind", string(o.Kind)},
		column{"place", o.Place.Public().Locality},
		column{"areas", areasColumn(*o)},
		column{"updated", max(ms(o.Updated), ms(o.Created))})
	if err != nil {
		return err
	}
	if err := tx.putCode(o.Code, NounOrganization, o.ID); err != nil {
		return err
	}
	if before.Version == 0 || before.Name == o.Name && before.State == o.State {
		return nil
	}
	return tx.reindexOf(*o)
}

// areasColumn is how the areas of an organization are searched.
func areasColumn(o engagement.Organization) string {
	if len(o.Areas) == 0 {
		return ""
	}
	text := " "
	for _, a := range o.Areas {
		text += string(a) + " "
	}
	return text
}

// Memberships are the people of an organization, managers first.
func (tx *Tx) Memberships(organization engagement.ID) ([]engagement.Membership, error) {
	return list(tx, scanMembership, `SELECT account, organization, role, since FROM membership WHERE organization = $1 ORDER BY role, since, account`, string(organization))
}

// MembershipsOf are the organizations of a person.
func (tx *Tx) MembershipsOf(account engagement.ID) ([]engagement.Membership, error) {
	return list(tx, scanMembership, `SELECT account, organization, role, since FROM membership WHERE account = $1 ORDER BY organization`, string(account))
}

func scanMembership(row func(...any) error) (m engagement.Membership, err error) {
	var since int64
	err = row(&m.Account, &m.Organization, &m.Role, &since)
	m.Since = at(since)
	return m, err
}

// PutMembership adds a person to an organization or changes the role.
func (tx *Tx) PutMembership(m engagement.Membership) error {
	return tx.run(`INSERT INTO membership (account, organization, role, since) VALUES ($1, $2, $3, $4)
		ON CONFLICT (account, organization) DO UPDATE SET role = excluded.role`, string(m.Account), string(m.Organization), string(m.Role), ms(m.Since))
}

// DeleteMembership takes a person out.
func (tx *Tx) DeleteMembership(account, organization engagement.ID) error {
	return tx.run(`DELETE FROM membership WHERE account = $1 AND organization = $2`, string(account), string(organization))
}
