package federation

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"seestern/engagement"
	"seestern/store"
)

// meansOccasion is an event that its owner publishes or changes. Those of partners and of actors that are followed here are kept.
func (s *Service) meansOccasion(a arrival) (effect, error) {
	found, err := ReadOccasion(a.Object, a.Now)
	switch {
	case err != nil:
		return nil, err
	case !found.By(a.Actor):
		return nil, violation("E1", "%s is by %s", found.IRI, found.Author)
	case !slices.Contains(a.To, Public):
		return nil, violation("E7", "%s is not for everybody", found.IRI)
	case a.Limited:
		return nil, violation("§1.4", "%s may not bother people", a.From.Host)
	}
	return func(tx *store.Tx) error {
		if _, err := s.sender(tx, a); err != nil {
			return err
		}
		return s.receiveOccasion(tx, a.Actor, found)
	}, nil
}

// receiveOccasion keeps a copy of an event, as one of its authors describes it.
func (s *Service) receiveOccasion(tx *store.Tx, by string, found FoundOccasion) error {
	trusted, err := s.listensTo(tx, found)
	if err != nil {
		return err
	}
	if !slices.Contains(found.To, Public) {
		return violation("E7", "%s is not for everybody", found.IRI)
	}
	for _, actor := range []string{found.Author, found.Poster} {
		if deleted, err := tx.Remembered(actor, found.IRI); deleted || err != nil {
			return cmp.Or(err, violation("D6", "%s was deleted before", found.IRI))
		}
	}
	old, err := tx.OccasionByIRI(found.IRI)
	switch {
	case errors.Is(err, engagement.ErrNotFound):
	case err != nil:
		return err
	case old.Author != found.Author || by != old.Author && by != old.Poster:
		return violation("D8", "%s is %s's", found.IRI, old.Author)
	case !found.VersionTime().After(old.VersionTime()):
		return violation("O12", "%s of %s is not newer", found.IRI, stamp(found.VersionTime()))
	}
	if found.Organizer, err = s.organizer(tx, found.Author); err != nil {
		return err
	}
	_, err = engagement.MirrorOccasion(tx, found.Occasion, trusted)
	return err
}

// listensTo says whether the events of an author are shown without a moderator; it is a violation if they are nothing to us.
func (s *Service) listensTo(tx *store.Tx, found FoundOccasion) (trusted bool, err error) {
	p, err := tx.Partner(found.Origin)
	if ignore(err, engagement.ErrNotFound) != nil {
		return false, err
	}
	if active(p) {
		return p.Level == "vertraut", nil
	}
	f, err := tx.Followed(found.Author)
	if ignore(err, engagement.ErrNotFound) == nil && f.State != engagement.FollowedAccepted {
		err = violation("§6.3", "nobody here follows %s", found.Author)
	}
	return false, err
}

// organizer is the name of who invites; of an actor that is not stored, the host.
func (s *Service) organizer(tx *store.Tx, author string) (string, error) {
	stored, err := tx.RemoteActor(author)
	if errors.Is(err, engagement.ErrNotFound) || err == nil && len(stored.Document) == 0 {
		return HostOf(author), nil
	}
	if err != nil {
		return "", err
	}
	actor, err := storedActor(stored)
	return cmp.Or(actor.Name, HostOf(author)), err
}

// keepOccasion keeps an event from the list of a partner, which says every night what is known already.
func (s *Service) keepOccasion(tx *store.Tx, found FoundOccasion) error {
	old, err := tx.OccasionByIRI(found.IRI)
	if ignore(err, engagement.ErrNotFound) != nil || err == nil && !found.VersionTime().After(old.VersionTime()) {
		return ignore(err, engagement.ErrNotFound)
	}
	return s.receiveOccasion(tx, found.Author, found)
}

// copyOccasion keeps an event that was read at its origin, because an actor that is followed or a partner pointed to it.
func (s *Service) copyOccasion(ctx context.Context, m Map) error {
	found, err := ReadOccasion(m, s.now())
	if err == nil {
		err = s.store.Update(ctx, func(tx *store.Tx) error { return s.receiveOccasion(tx, found.Author, found) })
	}
	if errors.Is(err, ErrIgnored) {
		s.log.Info("event not copied", "id", found.IRI, "why", err)
		return nil
	}
	return err
}

// deleteOccasion removes the copy of an event, on the word of who invites or who wrote it.
func deleteOccasion(tx *store.Tx, a arrival) error {
	o, err := tx.OccasionByIRI(a.ObjectID)
	switch {
	case err != nil:
		return err
	case o.Author != a.Actor && o.Poster != a.Actor:
		return violation("D5", "%s is %s's", a.ObjectID, o.Author)
	}
	return tx.DeleteOccasion(o.ID)
}

// ---- who comes ----

// meansJoin is somebody who wants to come to an occasion of ours.
func (s *Service) meansJoin(a arrival) (effect, error) {
	id, ok := s.Base.ParseID(a.ObjectID)
	if !ok || id.Kind != KindEvent || id.Part != "" || id.Fragment != "" {
		return nil, violation("M2", "%s is no event of ours", a.ObjectID)
	}
	if a.Limited {
		return nil, violation("§1.4", "%s may not bother people", a.From.Host)
	}
	return func(tx *store.Tx) error { return s.receiveJoin(tx, a, engagement.ID(id.Key)) }, nil
}

func (s *Service) receiveJoin(tx *store.Tx, a arrival, id engagement.ID) error {
	about, err := s.subjectByID(tx, id)
	if errors.Is(err, engagement.ErrNotFound) {
		return violation("M2", "%s is no event of ours", a.ObjectID)
	}
	if err != nil {
		return err
	}
	undone, err := tx.Remembered(a.Actor, a.ID)
	if undone || err != nil {
		return cmp.Or(err, violation("D6", "%s was taken back before it came", a.ID))
	}
	author, err := s.sender(tx, a)
	switch {
	case err != nil:
		return err
	case author.Inbox == "":
		return violation("A3", "%s has no inbox", a.Actor)
	}
	join, o := ReadJoin(a.Envelope), about.occasion
	err = engagement.ErrGone
	if o.Restricted() {
		err = engagement.JoinOccasion(tx, o, engagement.SignUp{Actor: a.Actor, Handle: author.Handle, Join: join.ID, Text: join.Text})
	}
	if errors.Is(err, engagement.ErrConflict) {
		return violation("M2", "%s comes already", a.Actor)
	}
	if !errors.Is(err, engagement.ErrGone) {
		return err
	}
	p := parcel{
		doc: s.IgnoreJoin(tx.NewSecretID(), join, about.organization), signer: s.Base.owner(s.Base.OrganizationID(about.organization)), object: join.ID,
		private: true, inboxes: []store.Recipient{inboxAt(author.Inbox)},
	}
	if err := s.enqueue(tx, p); err != nil {
		return err
	}
	return s.showSignUp(tx, a.Actor, author, about)
}

// showSignUp tells somebody once where one signs up, if everybody may be told.
func (s *Service) showSignUp(tx *store.Tx, actor string, author store.RemoteActor, about subject) error {
	i, err := tx.Instance()
	if err != nil || i.Mode != "open" || instanceTypes[author.Type] {
		return err
	}
	why, page := AnswerOccasion, s.Pages.Occasion(about.occasion)
	if about.occasion.Open(tx.Now()) {
		why, page = AnswerSignUp, s.Pages.SignUp(about.occasion)
	}
	return s.answerOnce(tx, Note{Author: actor}, author, about.organization, about.id(), why, page)
}

// meansLeave is somebody who does not come after all.
func (s *Service) meansLeave(a arrival) (effect, error) {
	id, ok := s.Base.ParseID(a.ObjectID)
	if !ok || id.Kind != KindEvent {
		return nil, violation("M2", "%s is no event of ours", a.ObjectID)
	}
	return func(tx *store.Tx) error {
		left, err := s.leave(tx, a.Actor, func(g engagement.SignUp) bool { return string(g.Occasion) == id.Key })
		if err == nil && !left {
			err = violation("M2", "%s does not come to %s", a.Actor, a.ObjectID)
		}
		return err
	}, nil
}

// undoJoin is the same in the words of servers that take the Join back.
func (s *Service) undoJoin(tx *store.Tx, a arrival, about Reply) (bool, error) {
	return s.leave(tx, a.Actor, func(g engagement.SignUp) bool { return g.Join == about.ID })
}

// leave erases the sign-ups of an actor that are meant.
func (s *Service) leave(tx *store.Tx, actor string, meant func(engagement.SignUp) bool) (left bool, err error) {
	all, err := tx.SignUpsOfActor(actor)
	if err != nil {
		return false, err
	}
	for _, g := range all {
		if !meant(g) {
			continue
		}
		if err := tx.DeleteSignUp(g.ID); err != nil {
			return false, err
		}
		left = true
	}
	return left, nil
}

// renderJoin tells somebody on another server what the organization decided.
func (s *Service) renderJoin(tx *store.Tx, _ engagement.Instance, e engagement.Event) error {
	g, err := tx.SignUp(e.Subject)
	if err != nil {
		return ifGone(err)
	}
	if g.State != engagement.SignUpAccepted && g.State != engagement.SignUpDeclined {
		return errMeaningless
	}
	o, err := tx.Occasion(g.Occasion)
	if err != nil {
		return ifGone(err)
	}
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return ifGone(err)
	}
	actor, err := tx.RemoteActor(g.Actor)
	if err != nil {
		return ifGone(err)
	}
	join := Join{ID: g.Join, Actor: g.Actor, Object: s.OccasionID(o)}
	return s.enqueue(tx, parcel{
		doc: s.AnswerJoin(e.ID, g.State == engagement.SignUpAccepted, join, org), signer: s.Base.owner(s.Base.OrganizationID(org)), object: g.Join, subject: g.ID,
		private: true, inboxes: []store.Recipient{inboxAt(actor.Inbox)},
	})
}

// ---- whom we follow ----

// renderFollowed sends our Follow of an actor whose events are shown here, or takes it back.
func (s *Service) renderFollowed(tx *store.Tx, e engagement.Event) error {
	iri := string(e.Subject)
	actor, err := tx.RemoteActor(iri)
	if err != nil {
		return ifGone(err)
	}
	d := s.FollowActor(e.ID, iri)
	if e.Kind == engagement.WireUndo {
		d = s.UndoFollow(e.ID, s.PartnerFollow(engagement.ID(e.Args["follow"]), iri))
	}
	return s.enqueue(tx, parcel{doc: d, signer: ownerInstance, object: iri, inboxes: []store.Recipient{inboxAt(actor.Inbox)}})
}

// followedAnswered is the answer to such a Follow. It reports false if the activity is about something else.
func (s *Service) followedAnswered(tx *store.Tx, a arrival, about Reply) (bool, error) {
	f, err := tx.Followed(a.Actor)
	if err != nil {
		return false, ignore(err, engagement.ErrNotFound)
	}
	// Some servers make up an id for the Follow that they embed; one of ours means that one.
	named := !s.Base.Owns(about.ID) && about.Type == "Follow" && about.Actor == s.Base.Actor() && about.Object == a.Actor
	if about.ID != s.Base.ActivityID(f.Follow) && !named {
		return false, nil
	}
	if err := engagement.FollowedAnswered(tx, a.Actor, a.Type == "Accept"); err != nil || a.Type != "Accept" {
		return true, err
	}
	return true, tx.PutJob(store.Job{Queue: jobOutbox, Key: a.Actor})
}

// jobOutbox is the queue of actors that are followed since a moment ago; the key is the IRI.
const jobOutbox = "outbox"

// maxOutboxPages is how far back an outbox is read (P-7).
const maxOutboxPages = 5

// outboxJob copies the events that an actor published before we followed it, from its outbox. An outbox that cannot be understood is left
// alone: what comes from now on is sent to us.
func (s *Service) outboxJob(ctx context.Context, j store.LeasedJob) error {
	d, err := s.client.Get(ctx, j.Key)
	if err == nil {
		var actor Actor
		if actor, err = ReadActor(d.Raw); err == nil {
			err = s.copyOutbox(ctx, actor.Outbox)
		}
	}
	switch class := ClassOf(err); {
	case err == nil:
	case errors.Is(err, ErrIgnored), class != "" && !class.Passing():
		s.log.Info("outbox not read", "actor", j.Key, "why", err)
	default:
		return err
	}
	return s.store.Update(ctx, func(tx *store.Tx) error { return tx.JobDone(j) })
}

func (s *Service) copyOutbox(ctx context.Context, outbox string) error {
	next := outbox
	for n := 0; next != "" && n <= maxOutboxPages; n++ { // the collection and its pages
		if n > 0 {
			if err := s.pause(ctx, pageEvery); err != nil {
				return err
			}
		}
		d, err := s.client.GetPage(ctx, next)
		if err != nil {
			return err
		}
		page, err := ReadCollection(d.Raw)
		if err != nil {
			return err
		}
		if err := s.copyPublished(ctx, page.Items); err != nil {
			return err
		}
		if next = page.Next; n == 0 && page.First != "" {
			next = page.First
		}
	}
	return nil
}

// copyPublished keeps the events among what was published, all in one transaction. They are believed because they stand on a page of the
// server that they are of.
func (s *Service) copyPublished(ctx context.Context, activities []Map) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		for _, activity := range activities {
			event := activity.Map("object")
			if !hasType(activity, "Create") || !hasType(event, "Event") || !SameOrigin(event.ID(), activity.ID()) {
				continue
			}
			found, err := ReadOccasion(event, tx.Now())
			if err == nil {
				err = s.keepOccasion(tx, found)
			}
			if errors.Is(err, ErrIgnored) {
				s.log.Info("event of an outbox not copied", "id", found.IRI, "why", err)
			} else if err != nil {
				return err
			}
		}
		return nil
	})
}
