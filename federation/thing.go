package federation

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gorilla/mux"

	"seestern/engagement"
	"seestern/store"
)

// thing is what stands behind an id.
type thing struct {
	readers audience
	public  bool   // the answer is the same for everybody who gets one
	page    string // path of the page for people, empty if there is none
	gone    Doc    // Tombstone, if that is all that is left
	closed  bool   // not shown for now: the document says nothing of what activities said
	raw     []byte // the stored bytes, where they are not rendered anew

	document func(ctx context.Context, who reader) (Doc, error)
}

// look finds what stands behind an id. Whatever is not to be found, or never left this instance, is ErrNotFound.
func (s *Service) look(tx *store.Tx, kind Kind, key string) (thing, error) {
	switch kind {
	case KindOrganization:
		return s.organizationThing(tx, key)
	case KindBoard:
		return s.boardThing(tx, key)
	case KindPerson:
		return s.personThing(tx, key)
	case KindOpportunity:
		return s.opportunityThing(tx, key)
	case KindHelpOffer:
		return s.helpOfferThing(tx, key)
	case KindAnnouncement:
		return s.announcementThing(tx, key)
	case KindEvent:
		return s.occasionThing(tx, key)
	case KindActivity:
		return s.activityThing(tx, key)
	case KindNote:
		return s.noteThing(tx, key)
	case KindAgreement:
		return s.agreementThing(tx, key)
	case KindAttestation:
		return s.attestationThing(tx, key)
	}
	return thing{}, hidden(string(kind), key)
}

// getThing serves the document of an id.
func (s *Service) getThing(w http.ResponseWriter, r *http.Request) error {
	who, err := s.reader(r)
	if err != nil {
		return err
	}
	t, err := s.find(r.Context(), mux.Vars(r)["kind"], mux.Vars(r)["key"])
	if err != nil {
		return err
	}
	if err := who.admit(r.Context(), t.readers); err != nil {
		return err
	}
	// Outside of mode "open" partners get more of an organization than others: what is signed for is for the signer.
	a := answer{page: t.page, public: (t.public || t.readers.identity) && who.mode == "open" || t.readers.identity && !who.signed, body: t.raw}
	switch {
	case t.gone != nil:
		a.gone = true
		a.body, err = t.gone.Bytes()
	case t.raw == nil:
		var d Doc
		if d, err = t.document(r.Context(), who); err == nil {
			a.body, err = d.Bytes()
		}
	}
	if err != nil {
		return err
	}
	return s.write(w, r, a)
}

// find is the thing behind a local id.
func (s *Service) find(ctx context.Context, kind, key string) (t thing, err error) {
	id, ok := s.Base.ParseID(s.Base.ID(Kind(kind), key))
	if !ok {
		return t, fmt.Errorf("%s %q: %w", kind, key, engagement.ErrNotFound)
	}
	err = s.store.View(ctx, func(tx *store.Tx) error {
		t, err = s.look(tx, id.Kind, id.Key)
		return err
	})
	return t, err
}

func hidden(noun string, id any) error {
	return fmt.Errorf("%s %s: %w", noun, id, engagement.ErrNotFound)
}

// organizationThing is an actor. A suspended one shows only what its signatures are verified with.
func (s *Service) organizationThing(tx *store.Tx, key string) (thing, error) {
	o, err := tx.Organization(engagement.ID(key))
	if err != nil {
		return thing{}, err
	}
	t := thing{readers: audience{identity: true}, page: s.Pages.Organization(o)}
	switch {
	case !o.Local():
		return t, hidden("organization", o.ID)
	case o.State == engagement.OrganizationDissolved:
		t.gone = Tombstone(s.Base.OrganizationID(o), "Organization", o.Updated)
		return t, nil
	case o.State != engagement.OrganizationActive && o.State != engagement.OrganizationSuspended:
		return t, hidden("organization", o.ID)
	}
	links, err := s.attestationIDs(tx, o)
	t.document = func(ctx context.Context, who reader) (Doc, error) {
		key, err := s.publicKey(ctx, s.Base.OrganizationID(o))
		if err != nil {
			return nil, err
		}
		short, err := who.getsShortForm(ctx)
		if err != nil {
			return nil, err
		}
		return s.Codec.Organization(o, key, short || o.State != engagement.OrganizationActive, links...)
	}
	return t, err
}

// opportunityThing is what an organization seeks. Deleted public ones leave a Tombstone; of what was private nothing is told.
func (s *Service) opportunityThing(tx *store.Tx, key string) (thing, error) {
	o, err := tx.Opportunity(engagement.ID(key))
	if errors.Is(err, engagement.ErrNotFound) {
		return s.buried(tx, KindOpportunity, key, store.NounOpportunity)
	}
	if err != nil {
		return thing{}, err
	}
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return thing{}, err
	}
	if o.Directed() {
		return s.directedThing(tx, o, org)
	}
	t := thing{page: s.Pages.Opportunity(o), closed: o.State == engagement.Hidden}
	t.readers, t.public = readersBy(o.Visibility)
	switch {
	case !o.Local(), o.Published.IsZero(), org.State == engagement.OrganizationSuspended:
		return t, hidden("opportunity", o.ID)
	case !o.Live() && o.State != engagement.Hidden:
		t.gone = Tombstone(s.Base.OpportunityID(o), "Note", o.Updated)
	}
	boards, err := tx.Boards()
	t.document = func(context.Context, reader) (Doc, error) { return s.Codec.Opportunity(o, org, boards.Of(o)...) }
	return t, err
}

func (s *Service) announcementThing(tx *store.Tx, key string) (thing, error) {
	a, err := tx.Announcement(engagement.ID(key))
	if err != nil {
		return thing{}, err
	}
	org, err := tx.Organization(a.Organization)
	if err != nil {
		return thing{}, err
	}
	t := thing{readers: audience{public: true}, public: true, page: s.Pages.Announcement(a), closed: a.State == engagement.AnnouncementHidden}
	switch {
	case !a.Local():
		return t, hidden("announcement", a.ID)
	case org.State == engagement.OrganizationSuspended:
		return t, hidden("announcement", a.ID)
	case a.State == engagement.AnnouncementWithdrawn || org.State == engagement.OrganizationDissolved:
		t.gone = Tombstone(s.AnnouncementID(a), announcementType(a), a.Updated)
	}
	boards, err := tx.Boards()
	t.document = func(context.Context, reader) (Doc, error) { return s.Codec.Announcement(a, org, boards.OfNews(org)...) }
	return t, err
}

func (s *Service) occasionThing(tx *store.Tx, key string) (thing, error) {
	o, err := tx.Occasion(engagement.ID(key))
	if err != nil {
		return thing{}, err
	}
	if !o.Local() {
		return thing{}, hidden("event", key)
	}
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return thing{}, err
	}
	t := thing{readers: audience{public: true}, public: true, page: s.Pages.Occasion(o), closed: o.State == engagement.OccasionHidden}
	switch {
	case o.State == engagement.OccasionWithdrawn:
		t.gone = Tombstone(s.OccasionID(o), "Event", o.Updated)
	case org.State != engagement.OrganizationActive:
		return t, hidden("event", o.ID)
	}
	boards, err := tx.Boards()
	t.document = func(context.Context, reader) (Doc, error) {
		return s.Codec.Occasion(o, org, boards.OfOccasion(o, org)...)
	}
	return t, err
}

// companionThing is the note that goes along with an occasion.
func (s *Service) companionThing(tx *store.Tx, key string) (thing, error) {
	o, err := tx.Occasion(engagement.ID(key))
	if err == nil && !o.Note {
		err = hidden("note", key)
	}
	if err != nil {
		return thing{}, err
	}
	t, err := s.occasionThing(tx, key)
	if err != nil {
		return t, err
	}
	org, err := tx.Organization(o.Organization)
	if t.gone != nil {
		t.gone = Tombstone(s.companionID(o), "Note", o.Updated)
	}
	t.document = func(context.Context, reader) (Doc, error) { return s.Companion(o, org), nil }
	return t, err
}

// readersBy is who may read what has a visibility, and whether everybody gets the same.
func readersBy(visibility engagement.Code) (audience, bool) {
	switch visibility {
	case "offen":
		return audience{public: true}, true
	case "verbund":
		return audience{partners: true}, false
	}
	return audience{}, false
}

// buried is what is left of an opportunity or help offer that was for everybody and whose record is erased.
func (s *Service) buried(tx *store.Tx, kind Kind, key, noun string) (thing, error) {
	t, err := tx.Tombstone(key)
	if err == nil && t.Noun != noun {
		err = hidden(noun, key)
	}
	return thing{readers: audience{public: true}, public: true, gone: Tombstone(s.Base.ID(kind, key), "Note", t.At)}, err
}

// personThing is a public presence, or the pseudonymous person of a match request, for the other instance alone. When the request is erased, the key stays
// readable for what it has signed and not yet delivered.
func (s *Service) personThing(tx *store.Tx, token string) (thing, error) {
	if t, err := s.presenceThing(tx, token); !errors.Is(err, engagement.ErrNotFound) {
		return t, err
	}
	m, err := tx.MatchRequestByPerson(token)
	switch {
	case errors.Is(err, engagement.ErrNotFound):
		return s.formerPerson(tx, token)
	case err != nil:
		return thing{}, err
	case !m.HomeHere() || m.Origin == "":
		return thing{}, hidden("person", token)
	}
	t := thing{readers: audience{host: m.Origin}}
	if !m.EndedAt.IsZero() && tx.Now().Sub(m.EndedAt) >= engagement.CardLife {
		t.gone = Tombstone(s.Base.PersonID(m), "Person", m.EndedAt.Add(engagement.CardLife))
	}
	t.document = s.personDocument(m)
	return t, nil
}

func (s *Service) personDocument(m engagement.MatchRequest) func(context.Context, reader) (Doc, error) {
	return func(ctx context.Context, _ reader) (Doc, error) {
		key, err := s.publicKey(ctx, s.Base.PersonID(m))
		if err != nil {
			return nil, err
		}
		return s.Codec.Person(m, key)
	}
}

// formerPerson is a pseudonymous person whose request is erased here while the other instance has not heard everything yet. Once it
// has, the person is gone.
func (s *Service) formerPerson(tx *store.Tx, token string) (thing, error) {
	owner := ownerPerson + token
	keys, err := tx.ActorKeys(owner)
	if err == nil && len(keys) == 0 {
		err = hidden("person", token)
	}
	if err != nil {
		return thing{}, err
	}
	sent, err := tx.DeliveriesSigned(owner)
	if err != nil {
		return thing{}, err
	}
	m := engagement.MatchRequest{Person: token}
	t := thing{gone: Tombstone(s.Base.PersonID(m), "Person", tx.Now()), document: s.personDocument(m)}
	for _, d := range sent {
		t.readers.host = d.Host
		if d.State == store.Waiting {
			t.gone = nil
		}
	}
	if t.readers.host == "" {
		return t, hidden("person", token)
	}
	return t, nil
}

// activityThing is an activity as it was sent. Who may read it is decided by what it is about now, and nobody may while a moderator hides that;
// a step of a match conversation and a direct note are for the one they were sent to.
func (s *Service) activityThing(tx *store.Tx, key string) (thing, error) {
	p, err := tx.Payload(s.Base.ID(KindActivity, key))
	if err != nil {
		return thing{}, err
	}
	if len(p.Bytes) == 0 {
		return thing{}, hidden("activity", key)
	}
	t := thing{raw: p.Bytes}
	if p.Private {
		t.readers.host, err = addressee(p.Bytes)
		return t, err
	}
	id, ok := s.Base.ParseID(p.Object)
	switch {
	case p.Object == s.Base.Actor():
		t.readers.identity = true
		return t, nil
	case !ok:
		return t, hidden("activity", key)
	}
	about, err := s.look(tx, id.Kind, id.Key)
	if about.gone != nil && p.Kind != "Delete" {
		return about, err
	}
	if about.closed && p.Kind != "Delete" {
		return t, hidden("activity", key)
	}
	t.readers, t.public = about.readers, about.public
	return t, err
}

// noteThing is a direct note, which has the key of the activity that carries it.
func (s *Service) noteThing(tx *store.Tx, key string) (thing, error) {
	if t, err := s.companionThing(tx, key); !errors.Is(err, engagement.ErrNotFound) {
		return t, err
	}
	p, err := tx.Payload(s.Base.ID(KindActivity, key))
	if err != nil {
		return thing{}, err
	}
	m, err := Decode(p.Bytes)
	if err != nil || m.Map("object").ID() != s.Base.ID(KindNote, key) {
		return thing{}, hidden("note", key)
	}
	t := thing{}
	if t.readers.host, err = addressee(p.Bytes); err != nil {
		return t, err
	}
	t.document = func(context.Context, reader) (Doc, error) { return Doc(m.Map("object")), nil }
	return t, nil
}

// addressee is the server of the one actor that an activity is for.
func addressee(raw []byte) (string, error) {
	m, err := Decode(raw)
	if to := m.Recipients("to"); err == nil && len(to) == 1 {
		return HostOf(to[0]), nil
	}
	return "", fmt.Errorf("private activity without one addressee: %w", errors.Join(err, engagement.ErrNotFound))
}

// agreementThing is what was agreed, for the other instance.
func (s *Service) agreementThing(tx *store.Tx, key string) (thing, error) {
	m, err := tx.MatchRequestByAgreement(key)
	if err != nil {
		return thing{}, err
	}
	if m.HomeHere() == m.OriginHere() || !m.OwnerHere() {
		return thing{}, hidden("agreement", key)
	}
	x := exchange{codec: s.Codec, request: m}
	owner := m.Organization
	if m.Answers() {
		owner = m.Center
		h, err := tx.HelpOffer(m.HelpOffer)
		if err != nil {
			return thing{}, err
		}
		x.intent = s.Base.HelpOfferID(h) + intentFragment
	} else {
		o, err := tx.Opportunity(m.Opportunity)
		if err != nil {
			return thing{}, err
		}
		x.intent = s.Base.OpportunityID(o) + intentFragment
	}
	org, err := tx.Organization(owner)
	if err != nil {
		return thing{}, err
	}
	x.owner = s.Base.OrganizationID(org)
	return thing{
		readers:  audience{host: m.Home + m.Origin},
		document: func(context.Context, reader) (Doc, error) { return x.agreement(m.Agreement), nil },
	}, nil
}
