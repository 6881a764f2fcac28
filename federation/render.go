package federation

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"seestern/engagement"
	"seestern/store"
)

// parcel is an activity with everybody who gets it.
type parcel struct {
	doc     Doc
	signer  string        // who signs: an owner of keys, or "owner#fragment" for one certain key
	object  string        // IRI of what it is about; deliveries about the same one keep their order, newer ones replace older ones
	subject engagement.ID // our noun; of match traffic the match request
	private bool          // for its one addressee only: the bytes are erased once it has them
	inboxes []store.Recipient
}

// urgent activities take something back. They have a lane of their own, so that nothing that is merely new holds them up.
var urgent = []string{"Delete", "Undo", "Reject"}

// news are what nobody misses for good: whoever wants them reads them anew.
var news = []string{"Create", "Update", "Announce"}

// A host that has not answered for deadAfter gets no more news, until it writes again or deadPause has passed since the last try.
// Partners fetch what they missed.
const (
	deadAfter = 7 * 24 * time.Hour
	deadPause = 24 * time.Hour
)

// enqueue renders an activity, once and for all, and stores it with one delivery per distinct inbox, in the transaction of its cause.
// Storing the same activity again changes nothing.
func (s *Service) enqueue(tx *store.Tx, p parcel) error {
	raw, err := p.doc.Bytes()
	if err != nil {
		return err
	}
	id, _ := p.doc["id"].(string)
	kind, _ := p.doc["type"].(string)
	payload := store.Payload{Activity: id, Signer: p.signer, Object: p.object, Subject: p.subject, Kind: kind, Private: p.private, Bytes: raw}
	n, err := tx.PutPayload(payload)
	if err != nil {
		return fmt.Errorf("store activity %s: %w", id, err)
	}
	lane := store.Normal
	if slices.Contains(urgent, kind) {
		lane = store.Priority
	}
	dead := map[string]bool{}
	if slices.Contains(news, kind) && !p.private {
		if dead, err = deadHosts(tx); err != nil {
			return err
		}
	}
	for _, to := range p.inboxes {
		if dead[to.Host] {
			continue
		}
		if err := tx.PutDelivery(n, payload, to.Host, to.Inbox, lane); err != nil {
			return fmt.Errorf("queue activity %s: %w", id, err)
		}
	}
	return s.fail("queued")
}

// deadHosts are those for which no news are queued now.
func deadHosts(tx *store.Tx) (map[string]bool, error) {
	dead := map[string]bool{}
	peers, err := tx.PeersInTrouble()
	for _, p := range peers {
		silent := p.Open && !p.OpenSince.IsZero() && tx.Now().Sub(p.OpenSince) > deadAfter && !p.Seen.After(p.OpenSince)
		dead[p.Host] = silent && tx.Now().Sub(p.LastFailure) < deadPause
	}
	return dead, err
}

// inboxAt is an inbox as a recipient.
func inboxAt(inbox string) store.Recipient { return store.Recipient{Host: HostOf(inbox), Inbox: inbox} }

// publicAudience are the inboxes of everybody who gets what one of our actors says to all: its followers and the partners that
// understand our documents. Servers with a shared inbox get one copy. In mode "partners" only partners are left.
func (s *Service) publicAudience(tx *store.Tx, i engagement.Instance, owner string) ([]store.Recipient, error) {
	inboxes, hosts, err := s.partnerInboxes(tx, full)
	if err != nil {
		return nil, err
	}
	followers, err := tx.FollowerInboxes(owner)
	if err != nil {
		return nil, err
	}
	for _, f := range followers {
		if (i.Mode == "open" || hosts[f.Host]) && !slices.Contains(inboxes, f) {
			inboxes = append(inboxes, f)
		}
	}
	return inboxes, nil
}

// capabilityFull is the capability of partners that understand all of this protocol. Others follow the instance, and are pointed to
// what is public.
const capabilityFull = "profile-1"

func full(p engagement.Partner) bool { return p.Capability == capabilityFull }

// partnerInboxes are the shared inboxes of the active partners for which want is true, and the hosts of all active ones.
func (s *Service) partnerInboxes(tx *store.Tx, want func(engagement.Partner) bool) (inboxes []store.Recipient, hosts map[string]bool, err error) {
	partners, err := tx.Partners()
	hosts = map[string]bool{}
	for _, p := range partners {
		if !active(p) {
			continue
		}
		hosts[p.Host] = true
		if !want(p) {
			continue
		}
		actor, err := tx.RemoteActor(p.Actor)
		if errors.Is(err, engagement.ErrNotFound) || err == nil && actor.Inbox == "" {
			s.log.Warn("partner without a known inbox", "host", p.Host)
			if err := tx.PutJob(store.Job{Queue: jobActor, Key: p.Actor}); err != nil {
				return nil, nil, err
			}
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		to := inboxAt(sharedInbox(actor))
		if !slices.Contains(inboxes, to) {
			inboxes = append(inboxes, to)
		}
	}
	return inboxes, hosts, err
}

func sharedInbox(a store.RemoteActor) string {
	if a.SharedInbox != "" {
		return a.SharedInbox
	}
	return a.Inbox
}

// How events are handled.
const (
	eventBatch  = 20
	eventLease  = time.Minute
	maxRenders  = 3 // failures of our own before an event is parked
	renderAgain = time.Minute
)

// errMeaningless says that an event has nothing to tell any more.
var errMeaningless = errors.New("nothing to tell any more")

// errEarly says that something earlier about the same subject has not gone out yet.
var errEarly = errors.New("something earlier has not gone out yet")

// renderDue handles the wire events that are due and reports whether there may be more.
func (s *Service) renderDue(ctx context.Context) (more bool, err error) {
	events, err := s.store.LeaseEvents(ctx, engagement.Wire, s.owner, eventBatch, eventLease)
	if err != nil {
		return false, fmt.Errorf("lease events: %w", err)
	}
	for _, e := range events {
		if err := s.fail("lease event"); err != nil {
			return false, err
		}
		if err := s.handleEvent(ctx, e); err != nil {
			return false, fmt.Errorf("event %s: %w", e.ID, err)
		}
	}
	return len(events) == eventBatch, nil
}

// handleEvent turns an event into its payload and deliveries, in one transaction that also ends the event. If that fails, the event
// waits, or is parked for the admin.
func (s *Service) handleEvent(ctx context.Context, e store.LeasedEvent) error {
	cause := s.prepare(ctx, e.Event)
	if cause == nil {
		cause = s.store.Update(ctx, func(tx *store.Tx) error {
			if err := s.render(tx, e.Event); err != nil && !errors.Is(err, errMeaningless) {
				return err
			}
			return tx.EventDone(e)
		})
	}
	switch {
	case cause == nil, errors.Is(cause, engagement.ErrConflict):
		return s.fail("rendered")
	case errors.Is(cause, errStopped), ctx.Err() != nil:
		return cause
	}
	s.log.Warn("event not rendered", "event", e.ID, "kind", e.Kind, "subject", e.Subject, "err", cause)
	return s.store.Update(ctx, func(tx *store.Tx) error {
		again := time.Time{}
		age := tx.Now().Sub(e.At)
		switch waits := errors.Is(cause, errEarly) || ClassOf(cause).Passing(); {
		case waits && age < horizon:
			again = tx.Now().Add(delay(e.Failures, s.jitter()))
		case !waits && ClassOf(cause) == "" && e.Failures+1 < maxRenders:
			again = tx.Now().Add(renderAgain)
		case e.Kind == engagement.WireMatch:
			if err := undelivered(tx, e.Subject); err != nil {
				return err
			}
		}
		return ignore(tx.EventFailed(e, cause.Error(), again), engagement.ErrConflict)
	})
}

// prepare makes sure that the actor a step is for is known: its inbox stands in its document, which may have to be read first.
func (s *Service) prepare(ctx context.Context, e engagement.Event) (err error) {
	defer s.recovered("prepare "+e.Kind, &err)
	if err := s.fail("prepare"); err != nil {
		return err
	}
	var missing string
	err = s.store.View(ctx, func(tx *store.Tx) error {
		target, err := s.target(tx, e)
		if err != nil || target == "" {
			return ignore(err, engagement.ErrNotFound)
		}
		a, err := tx.RemoteActor(target)
		if errors.Is(err, engagement.ErrNotFound) || err == nil && a.Inbox == "" {
			missing, err = target, nil
		}
		return err
	})
	if err != nil || missing == "" {
		return err
	}
	d, err := s.client.Get(ctx, missing)
	if err != nil {
		return err
	}
	return s.keyring.Learn(ctx, d)
}

// target is the one actor that an event is for; empty if it is for many.
func (s *Service) target(tx *store.Tx, e engagement.Event) (string, error) {
	switch e.Kind {
	case engagement.WireMatch:
		m, err := tx.MatchRequest(e.Subject)
		if err != nil {
			return "", err
		}
		return s.counterpart(tx, m)
	case engagement.WireAnswer:
		m, err := tx.MatchRequest(e.Subject)
		return m.Remote.Actor, err
	case engagement.WireMessage:
		m, err := tx.Message(e.Subject)
		return m.From.Actor, err
	case engagement.WireFlag:
		_, account, _, err := s.flagTarget(tx, e.Subject)
		return account, err
	case engagement.WireFollow, engagement.WireAccept, engagement.WireReject, engagement.WireUndo:
		p, err := tx.Partner(string(e.Subject))
		if errors.Is(err, engagement.ErrNotFound) { // an actor whose events are shown here
			return string(e.Subject), nil
		}
		return p.Actor, err
	case engagement.WireJoin:
		g, err := tx.SignUp(e.Subject)
		return g.Actor, err
	}
	return "", nil
}

// counterpart is the actor on the other side of a match request.
func (s *Service) counterpart(tx *store.Tx, m engagement.MatchRequest) (string, error) {
	other := m.Organization
	switch {
	case !m.HomeHere() && m.Answers():
		other = m.Center
	case !m.HomeHere():
		return m.Person, nil
	}
	org, err := tx.Organization(other)
	return org.IRI, err
}

// renderers turn an event into what goes out. They render the present state of the subject; what has ended meanwhile is
// errMeaningless.
var renderers = map[string]func(*Service, *store.Tx, engagement.Instance, engagement.Event) error{
	engagement.WireCreate:       (*Service).renderNoun,
	engagement.WireUpdate:       (*Service).renderNoun,
	engagement.WireDelete:       (*Service).renderNoun,
	engagement.WireMove:         (*Service).renderMove,
	engagement.WireAttest:       (*Service).renderAttestation,
	engagement.WireMatch:        (*Service).renderMatch,
	engagement.WireAnswer:       (*Service).renderAnswer,
	engagement.WireFlag:         (*Service).renderFlag,
	engagement.WireMessage:      (*Service).renderMessage,
	engagement.WireKeys:         (*Service).renderKeys,
	engagement.WireTrust:        (*Service).renderTrust,
	engagement.WireFollow:       (*Service).renderPartner,
	engagement.WireAccept:       (*Service).renderPartner,
	engagement.WireReject:       (*Service).renderPartner,
	engagement.WireUndo:         (*Service).renderPartner,
	engagement.WireJoin:         (*Service).renderJoin,
	engagement.WireLetFollow:    (*Service).renderFollowAnswer,
	engagement.WireRefuseFollow: (*Service).renderFollowAnswer,
}

func (s *Service) render(tx *store.Tx, e engagement.Event) (err error) {
	defer s.recovered("render "+e.Kind, &err)
	i, err := tx.Instance()
	if err != nil {
		return err
	}
	if !i.Federates() {
		return errMeaningless
	}
	f := renderers[e.Kind]
	if f == nil {
		return fmt.Errorf("wire event of kind %q", e.Kind)
	}
	return f(s, tx, i, e)
}

// renderNoun renders what happened to an opportunity, a help offer, an announcement, an occasion, an organization, a board, a public presence, or with an empty subject the instance itself.
func (s *Service) renderNoun(tx *store.Tx, i engagement.Instance, e engagement.Event) error {
	if e.Subject == "" {
		return s.renderActor(tx, i, e, s.Base.Actor(), func(key PublicKey) (Doc, error) { return s.instanceDocument(tx, i, key) })
	}
	for _, render := range []func(*store.Tx, engagement.Instance, engagement.Event) error{s.renderOpportunity, s.renderHelpOffer, s.renderAnnouncement, s.renderOccasion, s.renderOrganization, s.renderBoard, s.renderPresence} {
		if err := render(tx, i, e); !errors.Is(err, engagement.ErrNotFound) {
			return err
		}
	}
	return errMeaningless // erased meanwhile
}

func (s *Service) renderOpportunity(tx *store.Tx, i engagement.Instance, e engagement.Event) error {
	o, err := tx.Opportunity(e.Subject)
	if err != nil {
		return err
	}
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return err
	}
	all, err := tx.Boards()
	if err != nil {
		return err
	}
	boards := all.Of(o)
	p := parcel{signer: s.Base.owner(s.Base.OrganizationID(org)), object: s.Base.OpportunityID(o), subject: o.ID}
	if o.Directed() {
		return s.renderDirected(tx, i, e, p, o, org)
	}
	if e.Kind == engagement.WireDelete {
		if p.doc, err = s.DeleteOpportunity(e.ID, e.At, o, org, boards...); err != nil {
			return err
		}
		return s.takeBack(tx, p)
	}
	if !o.Live() && o.State != engagement.Hidden || org.State != engagement.OrganizationActive {
		return errMeaningless
	}
	object, err := s.Codec.Opportunity(o, org, boards...)
	if errors.Is(err, errPrivate) {
		return s.narrow(tx, e, p, o, org)
	}
	if err != nil {
		return err
	}
	if o.Visibility == "verbund" {
		if p.inboxes, _, err = s.partnerInboxes(tx, full); err == nil {
			err = s.narrow(tx, e, p, o, org)
		}
	} else if p.inboxes, err = s.publicAudience(tx, i, p.signer); err == nil && e.Kind == engagement.WireCreate {
		err = s.pointTo(tx, e, p.object)
	}
	if err != nil {
		return err
	}
	news := 0
	if o.State == engagement.Published || o.State == engagement.Filled {
		news = o.Material
	}
	return s.publish(tx, i, e, p, object, boards, news)
}

// narrow takes an opportunity back from everybody who got it and is not among those who get it now.
func (s *Service) narrow(tx *store.Tx, e engagement.Event, p parcel, o engagement.Opportunity, org engagement.Organization) error {
	former, err := tx.Recipients(p.object)
	if err != nil {
		return err
	}
	now := p.inboxes
	p.inboxes = slices.DeleteFunc(former, func(r store.Recipient) bool { return slices.Contains(now, r) })
	if len(p.inboxes) == 0 {
		return nil
	}
	if err := tx.DeleteBoardEntries(o.ID); err != nil {
		return err
	}
	o.Visibility = "offen" // those who are told; of the opportunity itself nothing is
	if p.doc, err = s.DeleteOpportunity(derived(e.ID, "narrow"), e.At, o, org); err != nil {
		return err
	}
	return s.enqueue(tx, p)
}

func (s *Service) renderAnnouncement(tx *store.Tx, i engagement.Instance, e engagement.Event) error {
	a, err := tx.Announcement(e.Subject)
	if err != nil {
		return err
	}
	org, err := tx.Organization(a.Organization)
	if err != nil {
		return err
	}
	all, err := tx.Boards()
	if err != nil {
		return err
	}
	boards := all.OfNews(org)
	p := parcel{signer: s.Base.owner(s.Base.OrganizationID(org)), object: s.AnnouncementID(a), subject: a.ID}
	if e.Kind == engagement.WireDelete {
		if p.doc, err = s.DeleteAnnouncement(e.ID, e.At, a, org, boards...); err != nil {
			return err
		}
		return s.takeBack(tx, p)
	}
	if a.State == engagement.AnnouncementWithdrawn || org.State != engagement.OrganizationActive {
		return errMeaningless
	}
	object, err := s.Codec.Announcement(a, org, boards...)
	if err != nil {
		return err
	}
	if p.inboxes, err = s.publicAudience(tx, i, p.signer); err != nil {
		return err
	}
	news := a.Version
	if a.State == engagement.AnnouncementHidden {
		news = 0
	}
	return s.publish(tx, i, e, p, object, boards, news)
}

func (s *Service) renderOccasion(tx *store.Tx, i engagement.Instance, e engagement.Event) error {
	o, err := tx.Occasion(e.Subject)
	if err != nil {
		return err
	}
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return err
	}
	all, err := tx.Boards()
	if err != nil {
		return err
	}
	boards := all.OfOccasion(o, org)
	p := parcel{signer: s.Base.owner(s.Base.OrganizationID(org)), object: s.OccasionID(o), subject: o.ID}
	if o.Note && (e.Kind == engagement.WireDelete || o.Standing() && org.State == engagement.OrganizationActive) {
		if err := s.renderCompanion(tx, i, e, o, org); err != nil {
			return err
		}
	}
	if e.Kind == engagement.WireDelete {
		if p.doc, err = s.DeleteOccasion(e.ID, e.At, o, org, boards...); err != nil {
			return err
		}
		return s.takeBack(tx, p)
	}
	if !o.Standing() || org.State != engagement.OrganizationActive {
		return errMeaningless
	}
	object, err := s.Codec.Occasion(o, org, boards...)
	if err != nil {
		return err
	}
	if o.Note {
		p.inboxes, _, err = s.partnerInboxes(tx, full)
	} else {
		p.inboxes, err = s.publicAudience(tx, i, p.signer)
	}
	if err == nil && e.Kind == engagement.WireCreate {
		err = s.pointTo(tx, e, p.object) // Mobilizon reads events, whoever follows whom there
	}
	if err != nil {
		return err
	}
	news := o.Version
	if o.State == engagement.OccasionHidden {
		news = 0
	}
	return s.publish(tx, i, e, p, object, boards, news)
}

// renderCompanion tells who follows an organization of its occasion by a note.
func (s *Service) renderCompanion(tx *store.Tx, i engagement.Instance, e engagement.Event, o engagement.Occasion, org engagement.Organization) (err error) {
	id := derived(e.ID, "companion")
	p := parcel{signer: s.Base.owner(s.Base.OrganizationID(org)), object: s.companionID(o), subject: o.ID}
	if e.Kind == engagement.WireDelete {
		p.doc = s.DeleteCompanion(id, e.At, o, org)
		return s.takeBack(tx, p)
	}
	if p.inboxes, err = s.followersNow(tx, i, p.signer); err != nil {
		return err
	}
	p.doc = s.Create(id, e.At, s.Companion(o, org))
	if e.Kind == engagement.WireUpdate {
		p.doc = s.Update(id, e.At, s.Companion(o, org))
	}
	return s.enqueue(tx, p)
}

// publish sends an object for the first time, or anew, and has the boards announce it if its version is news to them; 0 never is. A change
// goes to the followers of boards as well: their servers know the object from the board.
func (s *Service) publish(tx *store.Tx, i engagement.Instance, e engagement.Event, p parcel, object Doc, boards []engagement.Board, version int) error {
	p.doc = s.Create(e.ID, e.At, object)
	audiences := make([][]store.Recipient, len(boards))
	for n, b := range boards {
		var err error
		if audiences[n], err = s.followersNow(tx, i, s.Base.owner(s.Base.BoardID(b))); err != nil {
			return err
		}
	}
	if e.Kind == engagement.WireUpdate {
		p.doc = s.Update(e.ID, e.At, object)
		for _, r := range slices.Concat(audiences...) {
			if !slices.Contains(p.inboxes, r) {
				p.inboxes = append(p.inboxes, r)
			}
		}
	}
	if err := s.enqueue(tx, p); err != nil {
		return err
	}
	for n, b := range boards {
		if err := s.announceOn(tx, e, b, p, version, audiences[n]); err != nil {
			return err
		}
	}
	return nil
}

// takeBack sends a Delete to every inbox that ever got the object, whoever follows today.
func (s *Service) takeBack(tx *store.Tx, p parcel) (err error) {
	boards, err := tx.BoardsWith(p.subject)
	if err != nil {
		return err
	}
	if err := tx.DeleteBoardEntries(p.subject); err != nil {
		return err
	}
	if p.inboxes, err = tx.Recipients(p.object); err != nil {
		return err
	}
	if err := s.enqueue(tx, p); err != nil { // it cancels what waits about the object, so what boards say comes after it
		return err
	}
	return s.withdrawFrom(tx, p, boards)
}

// pointTo announces an object to partners that do not read our documents but show what they are pointed to.
func (s *Service) pointTo(tx *store.Tx, e engagement.Event, object string) error {
	inboxes, _, err := s.partnerInboxes(tx, func(p engagement.Partner) bool { return !full(p) })
	if err != nil || len(inboxes) == 0 {
		return err
	}
	return s.enqueue(tx, parcel{doc: s.Announce(derived(e.ID, "announce"), e.At, object), signer: ownerInstance, object: object, inboxes: inboxes})
}

// derived is the id of a second activity of one event: always the same for the same event.
func derived(event engagement.ID, what string) engagement.ID {
	sum := sha256.Sum256([]byte(what + "\n" + string(event)))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // UUIDv8
	return engagement.ID(uuid.UUID(sum[:16]).String())
}

func (s *Service) renderOrganization(tx *store.Tx, i engagement.Instance, e engagement.Event) error {
	o, err := tx.Organization(e.Subject)
	if err != nil {
		return err
	}
	actor := s.Base.OrganizationID(o)
	switch {
	case !o.Local():
		return errMeaningless
	case e.Kind == engagement.WireDelete:
		return s.renderFarewell(tx, e, o)
	case o.State != engagement.OrganizationActive && o.State != engagement.OrganizationSuspended:
		return errMeaningless
	}
	links, err := s.attestationIDs(tx, o)
	if err != nil {
		return err
	}
	return s.renderActor(tx, i, e, actor, func(key PublicKey) (Doc, error) {
		return s.Codec.Organization(o, key, o.State != engagement.OrganizationActive, links...)
	})
}

// deletedKeyLife is how long the key of a deleted actor can still be looked up, so that late receivers can verify its Delete.
const deletedKeyLife = 30 * 24 * time.Hour

// renderFarewell tells everybody who has to do with an organization that it is gone: followers, partners, and whoever got something
// of it.
func (s *Service) renderFarewell(tx *store.Tx, e engagement.Event, o engagement.Organization) error {
	actor := s.Base.OrganizationID(o)
	p := parcel{doc: s.DeleteOrganization(e.ID, e.At, o), signer: s.Base.owner(actor), object: actor, subject: o.ID}
	followers, err := tx.FollowerInboxes(p.signer)
	if err != nil {
		return err
	}
	partners, _, err := s.partnerInboxes(tx, func(engagement.Partner) bool { return true })
	if err != nil {
		return err
	}
	for _, r := range append(followers, partners...) {
		if !slices.Contains(p.inboxes, r) {
			p.inboxes = append(p.inboxes, r)
		}
	}
	return s.sayFarewell(tx, p)
}

// sayFarewell sends the Delete of one of our actors also to every other server that got something of it: one inbox is enough to tell it.
// What was published is taken back before, so whoever got that is among them.
func (s *Service) sayFarewell(tx *store.Tx, p parcel) error {
	sent, err := tx.DeliveriesSigned(p.signer)
	if err != nil {
		return err
	}
	told := map[string]bool{}
	for _, r := range p.inboxes {
		told[r.Host] = true
	}
	for _, d := range sent {
		if !told[d.Host] {
			p.inboxes, told[d.Host] = append(p.inboxes, store.Recipient{Host: d.Host, Inbox: d.Inbox}), true
		}
	}
	if err := tx.PutJob(store.Job{Queue: jobKey, Key: p.signer, At: tx.Now().Add(deletedKeyLife)}); err != nil {
		return err
	}
	return s.enqueue(tx, p)
}

// renderMove asks everybody who follows an organization to follow it elsewhere. It comes after the document that says the same, because
// readers compare them.
func (s *Service) renderMove(tx *store.Tx, i engagement.Instance, e engagement.Event) error {
	o, err := tx.Organization(e.Subject)
	if err != nil {
		return ifGone(err)
	}
	if !o.Moved() || o.State != engagement.OrganizationActive {
		return errMeaningless
	}
	actor := s.Base.OrganizationID(o)
	p := parcel{doc: s.Codec.Move(e.ID, o), signer: s.Base.owner(actor), object: actor, subject: o.ID}
	if p.inboxes, err = s.publicAudience(tx, i, p.signer); err != nil {
		return err
	}
	return s.enqueue(tx, p)
}

// renderActor sends the document of one of our actors to everybody who follows it, and of all but persons to the partners. An actor without
// a key was never seen by anybody.
func (s *Service) renderActor(tx *store.Tx, i engagement.Instance, e engagement.Event, actor string, document func(PublicKey) (Doc, error)) error {
	owner := s.Base.owner(actor)
	keys, err := tx.ActorKeys(owner)
	if err != nil {
		return err
	}
	k := slices.IndexFunc(keys, func(k store.ActorKey) bool { return k.Retired.IsZero() })
	if k < 0 {
		return errMeaningless
	}
	key, err := shownKey(actor, keys[k])
	if err != nil {
		return err
	}
	d, err := document(key)
	if err != nil {
		return err
	}
	p := parcel{doc: s.UpdateActor(e.ID, e.At, d), signer: owner, object: actor, subject: e.Subject}
	// It may take the place of the Update that announced a new key, so it is signed like that one as long as the old key is there.
	if k := slices.IndexFunc(keys, func(k store.ActorKey) bool { return !k.Retired.IsZero() }); k >= 0 {
		p.signer = owner + "#" + keys[k].Fragment
	}
	audience := s.publicAudience
	if strings.HasPrefix(owner, ownerPerson) {
		audience = s.followersNow
	}
	if p.inboxes, err = audience(tx, i, owner); err != nil {
		return err
	}
	return s.enqueue(tx, p)
}

// renderMatch sends a step of a match request to the inbox of the one actor it is for, never to a shared one.
func (s *Service) renderMatch(tx *store.Tx, _ engagement.Instance, e engagement.Event) error {
	m, err := tx.MatchRequest(e.Subject)
	if err != nil {
		return ifGone(err)
	}
	opening := e.Step.Event == engagement.EventSend
	org, err := tx.Organization(m.Organization)
	if err != nil {
		return ifGone(err)
	}
	if !opening && m.Offer == "" {
		return errEarly
	}
	d, signer, err := s.step(tx, e, m, org)
	if errors.Is(err, engagement.ErrGone) {
		return errMeaningless // the card was taken back before it went out
	}
	if err != nil {
		return ifGone(err)
	}
	if opening && m.Offer == "" {
		m.Offer = s.Base.ActivityID(e.ID)
		if err := tx.PutMatchRequest(&m); err != nil {
			return err
		}
	}
	p := parcel{doc: d, signer: s.Base.owner(signer), object: m.Offer + matchFragment, subject: m.ID, private: true}
	if m.HomeHere() && signer == s.Base.PersonID(m) {
		// The key outlives the conversation, because what it signed may still be on its way.
		if err := tx.PutJob(store.Job{Queue: jobKey, Key: p.signer, At: tx.Now().Add(personKeyLife), Data: map[string]string{"request": string(m.ID)}}); err != nil {
			return err
		}
	}
	to, err := s.counterpart(tx, m)
	if err != nil {
		return err
	}
	actor, err := tx.RemoteActor(to)
	if err != nil {
		return fmt.Errorf("counterpart %s: %w", to, err)
	}
	p.inboxes = []store.Recipient{inboxAt(actor.Inbox)}
	return s.enqueue(tx, p)
}

// step renders a step, and says which of our actors signs it.
func (s *Service) step(tx *store.Tx, e engagement.Event, m engagement.MatchRequest, org engagement.Organization) (d Doc, signer string, err error) {
	opening := e.Step.Event == engagement.EventSend
	if m.Answers() {
		h, err := tx.HelpOffer(m.HelpOffer)
		if err != nil && (opening || ignore(err, engagement.ErrNotFound) != nil) {
			return nil, "", err
		}
		center, err := tx.Organization(m.Center)
		if err != nil {
			return nil, "", err
		}
		d, err = s.MatchHelpOffer(e, m, h, center, org)
		signer, _ = d["actor"].(string)
		return d, signer, err
	}
	o, err := tx.Opportunity(m.Opportunity)
	if err != nil && (opening || ignore(err, engagement.ErrNotFound) != nil) { // what follows an Offer does not name the opportunity
		return nil, "", err
	}
	d, err = s.Match(e, m, o, org)
	signer, _ = d["actor"].(string)
	return d, signer, err
}

// personKeyLife is when the key of a pseudonymous person is looked at first: see keyJob.
const personKeyLife = engagement.CardLife + deletedKeyLife

func ifGone(err error) error {
	if errors.Is(err, engagement.ErrNotFound) {
		return errMeaningless
	}
	return err
}

// renderAnswer sends a direct note to somebody on another server who showed interest.
func (s *Service) renderAnswer(tx *store.Tx, _ engagement.Instance, e engagement.Event) error {
	m, err := tx.MatchRequest(e.Subject)
	if err != nil {
		return ifGone(err)
	}
	o, err := tx.Opportunity(m.Opportunity)
	if err != nil {
		return ifGone(err)
	}
	org, err := tx.Organization(m.Organization)
	if err != nil {
		return ifGone(err)
	}
	actor, err := tx.RemoteActor(m.Remote.Actor)
	if err != nil {
		return ifGone(err)
	}
	switch blocked, err := s.hasBlocked(tx, s.Base.OrganizationID(org), m.Remote.Actor); {
	case err != nil:
		return err
	case blocked:
		return errMeaningless
	}
	d := s.Answer(e, m, o, org)
	note, _ := d["object"].(Doc)["id"].(string)
	if err := tx.PutAlias(note, m.ID); err != nil { // an answer to it belongs to the same conversation
		return err
	}
	return s.enqueue(tx, parcel{
		doc: d, signer: s.Base.owner(s.Base.OrganizationID(org)), object: note, subject: m.ID, private: true,
		inboxes: []store.Recipient{inboxAt(actor.Inbox)},
	})
}

// renderPartner sends a word between instance actors. When ours was the last consent, the partner's opportunities are fetched.
func (s *Service) renderPartner(tx *store.Tx, _ engagement.Instance, e engagement.Event) error {
	p, err := tx.Partner(string(e.Subject))
	if errors.Is(err, engagement.ErrNotFound) {
		return s.renderFollowed(tx, e)
	}
	if err != nil {
		return err
	}
	theirs := Follow{ID: p.Follower, Actor: p.Actor, Object: s.Base.Actor()}
	var d Doc
	switch e.Kind {
	case engagement.WireFollow:
		d = s.AskPartner(e.ID, p.Actor)
	case engagement.WireAccept:
		d = s.Accept(e.ID, theirs)
	case engagement.WireReject:
		d = s.Reject(e.ID, theirs)
	case engagement.WireUndo:
		d = s.UndoFollow(e.ID, s.PartnerFollow(p.Follow, p.Actor))
	}
	if err := s.syncPartner(tx, p); err != nil {
		return err
	}
	actor, err := tx.RemoteActor(p.Actor)
	if err != nil {
		return fmt.Errorf("partner %s: %w", p.Host, err)
	}
	return s.enqueue(tx, parcel{doc: d, signer: ownerInstance, object: p.Actor, inboxes: []store.Recipient{inboxAt(actor.Inbox)}})
}

// undelivered tells the people of a match request that the other side cannot be reached.
func undelivered(tx *store.Tx, request engagement.ID) error {
	m, err := tx.MatchRequest(request)
	if err != nil {
		return ignore(err, engagement.ErrNotFound)
	}
	return m.Undelivered(tx)
}

// isMatch says whether a delivery belongs to a match conversation.
func isMatch(object string) bool { return strings.HasSuffix(object, matchFragment) }
