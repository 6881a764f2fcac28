package federation

import (
	"errors"

	"seestern/engagement"
	"seestern/store"
)

// receiveDirect takes a direct message that is about nothing we offer: the team of the organization reads it, or a moderator if it is for a
// board or the instance; from there its author is told once where to look. Whatever comes of it, it is never interest.
func (s *Service) receiveDirect(tx *store.Tx, n Note, author store.RemoteActor) error {
	known := false
	for _, iri := range n.To {
		m := engagement.Message{
			From: engagement.RemotePerson{Actor: author.IRI, Handle: author.Handle, Note: n.ID, FollowersToo: n.ForFollowers()}, Text: n.Text,
		}
		thread, page := engagement.ID(iri), s.Pages.Organizations()
		b, err := s.board(tx, iri)
		switch {
		case iri == s.Base.Actor():
		case err == nil:
			m.Board, thread, page = b.ID, b.ID, s.Pages.Board(b)
		case !errors.Is(err, ErrIgnored):
			return err
		default:
			org, err := s.organization(tx, iri)
			if errors.Is(err, ErrIgnored) {
				continue
			}
			if err != nil {
				return err
			}
			m.Organization = org.ID
		}
		if err := engagement.ReceiveMessage(tx, m); err != nil {
			if errors.Is(err, engagement.ErrTooMany) && !known {
				return violation("§6.4", "%s is one message too many", n.ID)
			}
			return ignore(err, engagement.ErrTooMany)
		}
		known = true
		if m.Organization != "" || author.Type != "Person" {
			continue
		}
		if err := s.answerOnce(tx, n, author, engagement.Organization{IRI: iri}, thread, AnswerWhere, page); err != nil {
			return err
		}
	}
	if !known {
		return violation("§6.4", "%s is for nobody here", n.ID)
	}
	return nil
}

// editMessage takes over the new version of a message; known says whether it is one.
func editMessage(tx *store.Tx, a arrival, n Note) (known bool, err error) {
	list, err := tx.MessagesByNote(a.Actor, n.ID)
	for _, m := range list {
		if a.Type != "Update" {
			return true, violation("§6.4", "%s came before", n.ID)
		}
		if err := engagement.EditMessage(tx, m, n.Text); err != nil {
			return true, err
		}
	}
	return len(list) > 0, err
}

func deleteMessage(tx *store.Tx, a arrival) error {
	return tx.DeleteMessagesByNote(a.Actor, a.ObjectID)
}

// renderMessage sends an answer to a message, in the name of whom that was for.
func (s *Service) renderMessage(tx *store.Tx, _ engagement.Instance, e engagement.Event) error {
	m, err := tx.Message(e.Subject)
	if err != nil {
		return ifGone(err)
	}
	from := engagement.Organization{IRI: s.Base.Actor()}
	switch {
	case m.Organization != "":
		from, err = tx.Organization(m.Organization)
	case m.Board != "":
		from.IRI = s.Base.BoardID(engagement.Board{ID: m.Board})
	}
	if err != nil {
		return ifGone(err)
	}
	actor, err := tx.RemoteActor(m.From.Actor)
	if err != nil {
		return ifGone(err)
	}
	sender := s.Base.OrganizationID(from)
	switch blocked, err := s.hasBlocked(tx, sender, m.From.Actor); {
	case err != nil:
		return err
	case blocked:
		return errMeaningless
	}
	d := s.DirectNote(e.ID, e.At, from, m.From, plainHTML(m.Answer))
	note, _ := d["object"].(Doc)["id"].(string)
	return s.enqueue(tx, parcel{doc: d, signer: s.Base.owner(sender), object: note, private: true, inboxes: []store.Recipient{inboxAt(actor.Inbox)}})
}
