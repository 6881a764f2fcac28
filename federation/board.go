package federation

import (
	"context"
	"errors"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// Board is the actor of a board: a group that announces and to which nobody posts. The short form is what strangers get in mode
// partners.
func (c Codec) Board(b engagement.Board, key PublicKey, short bool) (Doc, error) {
	shown, err := publicKey(key)
	if err != nil {
		return nil, err
	}
	id, active := c.Base.BoardID(b), b.State == engagement.BoardActive
	d := Doc{
		"id": id, "type": "Group", "preferredUsername": b.Handle, "webfinger": c.Base.acct(b.Handle), "name": b.Name,
		"url": c.page(c.Pages.Board(b)), "inbox": id + "/inbox", "outbox": id + "/outbox", "followers": id + "/followers",
		"following": id + "/following", "attributedTo": id + "/moderators", "postingRestrictedToMods": true,
		"endpoints": Doc{"sharedInbox": c.Base.Inbox()}, "publicKey": shown, "manuallyApprovesFollowers": false,
		"discoverable": active, "indexable": active, "published": stamp(b.Created), "updated": stamp(b.Updated),
		"tag": []Doc{}, "alsoKnownAs": []string{}, "generator": c.generator(),
	}
	if short {
		return d, nil
	}
	summary := plainHTML(b.Summary)
	if !active {
		summary = plainHTML(c.Words("").text("wire.board.archived")) + summary
	}
	d.with(Doc{"summary": summary, "attachment": []Doc{}})
	if b.Kind == engagement.PlaceBoard {
		d["location"] = circle(b.Place.Public().Locality, b.Place.Public().Point, b.RadiusKM)
	}
	return d, nil
}

// board is the active board with that id, and ErrIgnored if there is none.
func (s *Service) board(tx *store.Tx, iri string) (engagement.Board, error) {
	id, ok := s.Base.ParseID(iri)
	if !ok || id.Kind != KindBoard || id.Part != "" || id.Fragment != "" {
		return engagement.Board{}, violation("M2", "%s is no board of ours", iri)
	}
	b, err := tx.Board(engagement.ID(id.Key))
	if errors.Is(err, engagement.ErrNotFound) || err == nil && b.State != engagement.BoardActive {
		return b, violation("M2", "%s is no board of ours", iri)
	}
	return b, err
}

// boardThing is the actor of a board. That of an archived one stays, so that what it has announced can still be verified.
func (s *Service) boardThing(tx *store.Tx, key string) (thing, error) {
	b, err := tx.Board(engagement.ID(key))
	if err != nil {
		return thing{}, err
	}
	return thing{readers: audience{identity: true}, page: s.Pages.Board(b), document: func(ctx context.Context, who reader) (Doc, error) {
		key, err := s.publicKey(ctx, s.Base.BoardID(b))
		if err != nil {
			return nil, err
		}
		short, err := who.getsShortForm(ctx)
		if err != nil {
			return nil, err
		}
		return s.Codec.Board(b, key, short)
	}}, nil
}

// moderators are the organizations that look after a board; nobody if the instance does it itself.
func (s *Service) moderators(ctx context.Context, actor string, id engagement.ID) (d Doc, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		d = CollectionOf(actor+"/moderators", nil)
		b, err := tx.Board(id)
		if err != nil || b.Organization == "" {
			return err
		}
		o, err := tx.Organization(b.Organization)
		if err == nil && o.State == engagement.OrganizationActive {
			d = CollectionOf(actor+"/moderators", []string{s.Base.OrganizationID(o)})
		}
		return ignore(err, engagement.ErrNotFound)
	})
	return d, err
}

// announced is what a board has announced, as pointers: what it pointed to says itself what it is now.
func (s *Service) announced(tx *store.Tx, id engagement.ID) (all []Doc, err error) {
	b, err := tx.Board(id)
	if err != nil {
		return nil, err
	}
	entries, err := tx.BoardEntries(id, outboxPage*outboxPage)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		about, err := s.subjectByID(tx, e.Subject)
		if errors.Is(err, engagement.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		object := s.Base.OpportunityID(about.opportunity)
		switch {
		case about.announcement.ID != "":
			object = s.AnnouncementID(about.announcement)
		case about.occasion.ID != "":
			object = s.OccasionID(about.occasion)
		}
		all = append(all, s.BoardAnnounce(pointer(b, e.Subject), e.At, b, object))
	}
	return all, nil
}

// pointer is the id of the activity in which a board points to something: one for each of them, however often it changes.
func pointer(b engagement.Board, subject engagement.ID) engagement.ID {
	return derived(subject, "pointer "+string(b.ID))
}

// announceOn has a board pass on an activity to its followers, if the version is news: as it is, for servers that know groups, and as a
// pointer to the object, for all others. Every server gets both and leaves out what it does not know, and what it knows already.
func (s *Service) announceOn(tx *store.Tx, e engagement.Event, b engagement.Board, p parcel, version int, followers []store.Recipient) error {
	before, err := tx.BoardEntry(b.ID, p.subject)
	if ignore(err, engagement.ErrNotFound) != nil || before.Version >= version {
		return ignore(err, engagement.ErrNotFound)
	}
	if err := tx.PutBoardEntry(store.BoardEntry{Board: b.ID, Subject: p.subject, Version: version, At: e.At}); err != nil || len(followers) == 0 {
		return err
	}
	for _, out := range []Doc{
		s.BoardAnnounce(derived(e.ID, "board "+string(b.ID)), e.At, b, p.doc),
		s.BoardAnnounce(pointer(b, p.subject), e.At, b, p.object),
	} {
		if err := s.enqueue(tx, parcel{doc: out, signer: s.Base.owner(s.Base.BoardID(b)), object: p.object, subject: p.subject, inboxes: followers}); err != nil {
			return err
		}
	}
	return nil
}

// withdrawFrom has the boards that announced something pass on its Delete, as it is: servers that know groups (FEP-1b12) take out what was
// announced when the group says so.
func (s *Service) withdrawFrom(tx *store.Tx, p parcel, boards []engagement.Board) error {
	i, err := tx.Instance()
	if err != nil {
		return err
	}
	for _, b := range boards {
		followers, err := s.followersNow(tx, i, s.Base.owner(s.Base.BoardID(b)))
		if err != nil {
			return err
		}
		if len(followers) == 0 {
			continue
		}
		id, _ := s.Base.ParseID(p.doc["id"].(string))
		at, _ := time.Parse(time.RFC3339, p.doc["published"].(string))
		out := s.BoardAnnounce(derived(engagement.ID(id.Key), "board "+string(b.ID)), at, b, p.doc)
		if err := s.enqueue(tx, parcel{doc: out, signer: s.Base.owner(s.Base.BoardID(b)), object: p.object, subject: p.subject, inboxes: followers}); err != nil {
			return err
		}
	}
	return nil
}

// renderBoard tells the followers of a board what is new about itself.
func (s *Service) renderBoard(tx *store.Tx, i engagement.Instance, e engagement.Event) error {
	b, err := tx.Board(e.Subject)
	if err != nil {
		return err
	}
	return s.renderActor(tx, i, e, s.Base.BoardID(b), func(key PublicKey) (Doc, error) { return s.Codec.Board(b, key, false) })
}
