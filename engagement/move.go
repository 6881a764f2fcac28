package engagement

import "slices"

// Elsewhere is an account on another server, as its own document describes it.
type Elsewhere struct {
	IRI     string
	Handle  string // @name@host
	Name    string
	Page    string   // for people; empty: none
	KnownAs []string // accounts it says it had before
}

// maxAliases is how many former accounts an organization can name.
const maxAliases = 10

// Moved says whether the organization has left for another account. It publishes nothing here any more.
func (o Organization) Moved() bool { return o.MovedTo != "" }

// AddAlias names an account elsewhere as a former one of the organization, so that it can move here and bring its followers. This alone
// does nothing: the other account has to say it too, by its move.
func AddAlias(tx Tx, by Actor, id ID, former Elsewhere) error {
	return moveOrganization(tx, by, id, Change, "organization.alias", func(o *Organization) error {
		switch {
		case o.State == OrganizationDissolved || o.Moved():
			return ErrConflict
		case slices.Contains(o.AlsoKnownAs, former.IRI):
			return nil
		case len(o.AlsoKnownAs) >= maxAliases:
			return &Invalid{Field: "address", Key: "error.alias.many", Args: map[string]any{"n": maxAliases}}
		}
		o.AlsoKnownAs = append(slices.Clone(o.AlsoKnownAs), former.IRI)
		return o.tell(tx, WireUpdate)
	})
}

// RemoveAlias takes a former account off the list.
func RemoveAlias(tx Tx, by Actor, id ID, iri string) error {
	return moveOrganization(tx, by, id, Change, "organization.alias", func(o *Organization) error {
		if !slices.Contains(o.AlsoKnownAs, iri) {
			return ErrNotFound
		}
		o.AlsoKnownAs = slices.DeleteFunc(slices.Clone(o.AlsoKnownAs), func(a string) bool { return a == iri })
		return o.tell(tx, WireUpdate)
	})
}

// ExportOrganization lets somebody have an archive of what the organization has published. Whoever may move it may.
func ExportOrganization(tx Tx, by Actor, id ID) (Organization, error) {
	o, err := tx.Organization(id)
	if err != nil {
		return o, err
	}
	if !o.Local() {
		return o, ErrNotFound
	}
	if err := must(by, Change, o.Thing()); err != nil {
		return o, err
	}
	return o, audit(tx, by, Manager, AuditEntry{Action: "organization.export", Object: o.ID})
}

// CanMove says why the organization, whose id for other servers is own, cannot move to an account now; nil if it can. Who is not named by
// the account must not send followers there: it may be somebody else's.
func (o Organization) CanMove(own string, to Elsewhere) error {
	switch {
	case o.State != OrganizationActive || o.Moved():
		return ErrConflict
	case to.IRI == own:
		return &Invalid{Field: "address", Key: "error.move.self"}
	case !slices.Contains(to.KnownAs, own):
		return &Invalid{Field: "address", Key: "error.move.unknown"}
	}
	return nil
}

// MoveOrganization says that the organization is at another account from now on; the caller has just read that from its id. Whoever follows
// it is asked to follow there. Its opportunities are withdrawn, open requests end honestly, and the team can still read what was.
func MoveOrganization(tx Tx, by Actor, id ID, own string, to Elsewhere) error {
	return moveOrganization(tx, by, id, Change, "organization.move", func(o *Organization) error {
		if err := o.CanMove(own, to); err != nil {
			return err
		}
		list, err := tx.OpportunitiesOf(o.ID)
		if err != nil {
			return err
		}
		for _, opp := range list {
			if opp.Live() || opp.State == Hidden {
				if err := withdrawOpportunity(tx, &opp, Withdrawn); err != nil {
					return err
				}
			}
		}
		o.MovedTo, o.MovedName, o.MovedPage = to.IRI, to.Name, to.Page
		if err := o.tell(tx, WireUpdate); err != nil {
			return err
		}
		return emit(tx, WireMove, o.ID)
	})
}

// ReturnOrganization takes a move back: the organization publishes here again. Who has followed it to the other account stays there.
func ReturnOrganization(tx Tx, by Actor, id ID) error {
	return moveOrganization(tx, by, id, Change, "organization.return", func(o *Organization) error {
		if o.State != OrganizationActive || !o.Moved() {
			return ErrConflict
		}
		o.MovedTo, o.MovedName, o.MovedPage = "", "", ""
		return o.tell(tx, WireUpdate)
	})
}

// tell passes a change on if other servers know the organization.
func (o Organization) tell(tx Tx, kind string) error {
	if o.State != OrganizationActive {
		return nil
	}
	return emit(tx, kind, o.ID)
}
