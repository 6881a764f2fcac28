package federation

import (
	"cmp"

	"seestern/engagement"
	"seestern/store"
)

// meansAnnouncement is news that an organization of a partner publishes or changes. What others write is a note like any other.
func (s *Service) meansAnnouncement(a arrival) (effect, error) {
	note, notNote := s.meansNote(a)
	found, err := ReadAnnouncement(a.Object, a.Now)
	if err == nil && found.Author != a.Actor {
		err = violation("O1", "%s is by %s", found.IRI, found.Author)
	}
	return func(tx *store.Tx) error {
		p, partnerErr := tx.Partner(a.From.Host)
		if ignore(partnerErr, engagement.ErrNotFound) != nil {
			return partnerErr
		}
		switch {
		case !active(p) || !full(p):
			if notNote != nil {
				return notNote
			}
			return note(tx)
		case err != nil:
			return err
		}
		if err := s.knownAuthor(tx, p, a); err != nil {
			return err
		}
		return s.mirrorAnnouncement(tx, p, found)
	}, nil
}

// mirrorAnnouncement keeps a copy of a partner's news, as its author describes it. The author has to be kept already: engagement.ErrNotFound
// if it is not.
func (s *Service) mirrorAnnouncement(tx *store.Tx, p engagement.Partner, found FoundAnnouncement) error {
	if HostOf(found.IRI) != p.Host {
		return violation("O1", "%s is not of partner %s", found.IRI, p.Host)
	}
	if deleted, err := tx.Remembered(found.Author, found.IRI); err != nil || deleted {
		return cmp.Or(err, violation("D6", "%s was deleted before", found.IRI))
	}
	org, err := tx.OrganizationByIRI(found.Author)
	if err != nil {
		return err
	}
	old, err := tx.AnnouncementByIRI(found.IRI)
	if ignore(err, engagement.ErrNotFound) != nil {
		return err
	}
	if err == nil && old.Organization != org.ID {
		return violation("D8", "%s is not %s's", found.IRI, found.Author)
	}
	found.Organization = org.ID
	return engagement.MirrorAnnouncement(tx, p, found.Announcement)
}

// deleteAnnouncement removes the copy of a piece of news, on the word of who wrote it.
func deleteAnnouncement(tx *store.Tx, a arrival) error {
	n, err := tx.AnnouncementByIRI(a.ObjectID)
	if err != nil {
		return err
	}
	org, err := tx.Organization(n.Organization)
	switch {
	case err != nil:
		return err
	case org.IRI != a.Actor:
		return violation("D5", "%s is %s's", a.ObjectID, org.IRI)
	}
	return tx.DeleteAnnouncement(n.ID)
}
