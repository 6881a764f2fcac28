package engagement

import "slices"

// hiddenMost is how many organizations somebody can hide.
const hiddenMost = 200

// Hides says whether the person does not want to have to do with an organization: neither is suggested to the other.
func (p Profile) Hides(organization ID) bool {
	return slices.Contains(p.Excluded.Organizations, organization)
}

// HideOrganization keeps everything of an organization from being suggested to the person, and the organization from finding and inviting
// them. Its open invitations end. Nobody learns of it. It returns ErrTooMany when the person hides hundreds already.
func HideOrganization(tx Tx, by Actor, organization ID) error {
	p, err := ownProfile(tx, by)
	if err != nil || p.Hides(organization) {
		return err
	}
	o, err := tx.Organization(organization)
	if err != nil {
		return err
	}
	if err := must(by, Read, o.Thing()); err != nil {
		return err
	}
	if len(p.Excluded.Organizations) >= hiddenMost {
		return ErrTooMany
	}
	p.Excluded.Organizations = append(slices.Clone(p.Excluded.Organizations), o.ID)
	if err := tx.PutProfile(&p); err != nil {
		return err
	}
	list, err := tx.InvitationsOf(p.Account)
	if err != nil {
		return err
	}
	for _, i := range list {
		if i.Organization != o.ID {
			continue
		}
		if err := i.end(tx, InvitationDeclined); err != nil {
			return err
		}
	}
	return nil
}

// UnhideOrganization takes that back.
func UnhideOrganization(tx Tx, by Actor, organization ID) error {
	p, err := ownProfile(tx, by)
	if err != nil || !p.Hides(organization) {
		return err
	}
	p.Excluded.Organizations = slices.DeleteFunc(slices.Clone(p.Excluded.Organizations), func(id ID) bool { return id == organization })
	return tx.PutProfile(&p)
}
