package federation

import (
	"context"
	"errors"
	"html"
	"slices"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// HelpOffer is help that is offered in the name of an organization of ours, as a Note like that of an opportunity; only the purpose
// is the other one. It says nothing about the volunteer. One that is hidden, or checked again, has a neutral text and is closed.
func (c Codec) HelpOffer(h engagement.HelpOffer, org engagement.Organization) (Doc, error) {
	id, author := c.Base.HelpOfferID(h), c.Base.OrganizationID(org)
	d, err := c.audience(h.Visibility, author, nil)
	if err != nil {
		return nil, err
	}
	w := c.Words(h.Lang)
	d.with(Doc{
		"id": id, "type": "Note", "attributedTo": author, "url": c.page(c.Pages.HelpOffer(h)),
		"published": stamp(h.Published), "updated": stamp(h.Updated), "endTime": stamp(h.Expires),
		"tag": []Doc{}, "attachment": []Doc{}, "purpose": "offer", "unitBased": true,
	})
	details := Doc{"seestern:version": 1, "seestern:kind": string(h.Kind), "seestern:status": "closed", "seestern:visibility": string(h.Visibility)}
	publishes := Doc{"type": "Intent", "id": id + intentFragment, "action": "deliverService"}
	if !h.Live() {
		return d.with(content("<p>"+html.EscapeString(w.text("wire.hidden"))+"</p>", h.Lang)).with(Doc{"publishes": publishes, "seestern:details": details}), nil
	}
	if sendName {
		d["name"] = h.Title
	}
	if h.Place.Known() {
		d["location"] = circle(h.Place.Public().Locality, h.Place.Public().Point, h.RadiusKM)
	}
	if len(h.Activities) > 0 {
		publishes["resourceConformsTo"] = Namespace + "activity-" + string(h.Activities[0])
	}
	publishes.with(Doc{"resourceQuantity": quantity("one", 1), "availableQuantity": quantity("one", float64(max(1, h.Quantity)))})
	details.with(Doc{
		"seestern:status": wireStatus(h.State), "seestern:description": h.Text, "seestern:areas": texts(h.Areas), "seestern:activities": texts(h.Activities),
		"seestern:skills": texts(h.Skills), "seestern:languages": texts(h.Languages), "seestern:mode": string(h.Mode),
		"seestern:availability": Doc{"seestern:any": texts(h.Grid.Codes())},
	})
	return d.with(content(c.helpOfferHTML(h, org, w), h.Lang)).with(Doc{"publishes": publishes, "seestern:details": details}), nil
}

// helpOfferHTML is the text for people: who offers what, when and where, and the way to answer.
func (c Codec) helpOfferHTML(h engagement.HelpOffer, org engagement.Organization, w Words) string {
	title, facts := "wire.offer.own", []string{}
	if h.Account != "" {
		title = "wire.offer.person"
		facts = append(facts, w.text("wire.offer.center", "name", org.Name))
	}
	if week := w.week(engagement.Opportunity{Grid: h.Grid}); week != "" {
		facts = append(facts, w.text("wire.when", "when", week))
	}
	where := []string{}
	if h.Place.Known() {
		where = append(where, w.text("wire.offer.around", "place", h.Place.Public().Locality, "km", w.Number(h.RadiusKM)))
	}
	if h.Mode != "" && h.Mode != "vor-ort" {
		where = append(where, w.Label("mode", h.Mode))
	}
	if len(where) > 0 {
		facts = append(facts, w.text("wire.where", "where", strings.Join(where, "; ")))
	}
	if len(h.Languages) > 0 {
		facts = append(facts, w.text("wire.offer.languages", "languages", w.labels("language", h.Languages)))
	}
	if h.State != engagement.Published {
		facts = append(facts, w.text("wire.closed"))
	}
	for i, f := range facts {
		facts[i] = html.EscapeString(f)
	}
	body := "<p><strong>" + html.EscapeString(w.text(title, "x", h.Title)) + "</strong></p>" + plainHTML(h.Text)
	if len(facts) > 0 {
		body += "<p>" + strings.Join(facts, "<br>") + "</p>"
	}
	return body + "<p>" + link(c.page(c.Pages.HelpOffer(h)), "nofollow noopener", w.text("wire.offer.more")) + "</p>"
}

// DeleteHelpOffer takes a help offer back.
func (c Codec) DeleteHelpOffer(event engagement.ID, at time.Time, h engagement.HelpOffer, org engagement.Organization) (Doc, error) {
	return c.remove(event, at, Tombstone(c.Base.HelpOfferID(h), "Note", at), h.Visibility, org, nil)
}

// OfferedHelp is what another server tells about a help offer: see [Proposal].
type OfferedHelp struct {
	engagement.HelpOffer        // without ID, Code, Organization, Origin and Received
	Author               string // id of the organization's actor
	To, Cc               []string
	Paid                 bool // something is asked in return
	Matchable            bool // an action that we understand
}

// ReadHelpOffer reads what somebody offers by the rules O1 to O7 and O11; now is the time of arrival.
func ReadHelpOffer(m Map, now time.Time) (OfferedHelp, error) {
	p, err := readProposal(m, "offer", now)
	h := OfferedHelp{Author: p.Author, To: p.To, Cc: p.Cc, Paid: p.Paid, Matchable: p.Matchable, HelpOffer: engagement.HelpOffer{
		IRI: p.IRI, URL: p.URL, Kind: p.Kind, Title: p.Title, Text: strings.TrimSpace(p.Summary + "\n" + p.Description), Lang: p.Lang, Areas: p.Areas,
		Activities: p.Activities, Skills: codesOf(m.Map("seestern:details"), "seestern:skills"), Grid: p.Grid, Mode: p.Mode, Quantity: max(1, p.Capacity),
		Visibility: p.Visibility, State: p.State, Published: p.Published, Updated: p.Updated, Expires: p.Expires,
	}}
	if p.Plain {
		h.Kind = "hilfe"
	}
	for _, l := range p.Languages {
		h.Languages = append(h.Languages, engagement.Code(l.Code))
	}
	if len(p.Places) > 0 {
		h.Place = p.Places[0]
		if locations := m.Maps("location"); len(locations) > 0 {
			_, metres := readPlace(locations[0])
			h.RadiusKM = metres / 1000
		}
	}
	if h.State != engagement.Published {
		h.State = engagement.Expired
	}
	return h, err
}

// meansHelpOffer is a help offer that its owner publishes or changes. Only those of partners are kept (O9).
func (s *Service) meansHelpOffer(a arrival) (effect, error) {
	found, err := ReadHelpOffer(a.Object, a.Now)
	if err != nil {
		return nil, err
	}
	if found.Author != a.Actor {
		return nil, violation("O1", "%s is by %s", found.IRI, found.Author)
	}
	if found.Visibility == "offen" && !slices.Contains(a.Audience(), Public) {
		found.Visibility = "verbund"
	}
	raw, err := encode(a.Object)
	if err != nil {
		return nil, err
	}
	return func(tx *store.Tx) error { return s.receiveHelpOffer(tx, a, found, raw) }, nil
}

func (s *Service) receiveHelpOffer(tx *store.Tx, a arrival, found OfferedHelp, raw []byte) error {
	p, err := s.receiveCopy(tx, a, found.IRI)
	if err != nil {
		return err
	}
	old, err := tx.HelpOfferByIRI(found.IRI)
	switch {
	case errors.Is(err, engagement.ErrNotFound):
	case err != nil:
		return err
	case !found.VersionTime().After(old.VersionTime()):
		return violation("O12", "%s of %s is not newer", found.IRI, stamp(found.VersionTime()))
	default:
		org, err := tx.Organization(old.Organization)
		if err != nil {
			return err
		}
		if org.IRI != found.Author {
			return violation("D8", "%s is %s's", found.IRI, org.IRI)
		}
	}
	if err := s.knownAuthor(tx, p, a); err != nil {
		return err
	}
	return s.mirrorHelpOffer(tx, p, found, raw)
}

// mirrorHelpOffer keeps a copy of a partner's help offer; see mirrorOpportunity.
func (s *Service) mirrorHelpOffer(tx *store.Tx, p engagement.Partner, found OfferedHelp, raw []byte) error {
	h := found.HelpOffer
	switch {
	case HostOf(h.IRI) != p.Host:
		return violation("O1", "%s is not of partner %s", h.IRI, p.Host)
	case !found.Matchable:
		return violation("O3", "%s offers something else than help", h.IRI)
	case h.Visibility != "offen" && h.Visibility != "verbund":
		return violation("O9", "%s is for somebody else", h.IRI)
	}
	if err := notDeleted(tx, found.Author, h.IRI, h.VersionTime()); err != nil {
		return err
	}
	org, err := tx.OrganizationByIRI(found.Author)
	if err != nil {
		return err
	}
	h.Organization = org.ID
	if found.Paid {
		h.Reason = "arbeitsplatz-ersatz"
	}
	if h, err = engagement.MirrorHelpOffer(tx, p, h); err != nil {
		return err
	}
	return tx.PutRaw(h.IRI, h.ID, raw)
}

func deleteHelpOffer(tx *store.Tx, a arrival) error {
	h, err := tx.HelpOfferByIRI(a.ObjectID)
	if err != nil {
		return err
	}
	org, err := tx.Organization(h.Organization)
	switch {
	case err != nil:
		return err
	case org.IRI != a.Actor:
		return violation("D5", "%s is %s's", a.ObjectID, org.IRI)
	}
	return engagement.UnmirrorHelpOffer(tx, a.ObjectID)
}

// helpOfferThing is what is offered in the name of an organization. Deleted public ones leave a Tombstone.
func (s *Service) helpOfferThing(tx *store.Tx, key string) (thing, error) {
	h, err := tx.HelpOffer(engagement.ID(key))
	if errors.Is(err, engagement.ErrNotFound) {
		return s.buried(tx, KindHelpOffer, key, store.NounHelpOffer)
	}
	if err != nil {
		return thing{}, err
	}
	org, err := tx.Organization(h.Organization)
	if err != nil {
		return thing{}, err
	}
	t := thing{page: s.Pages.HelpOffer(h), closed: !h.Live()}
	t.readers, t.public = readersBy(h.Visibility)
	switch {
	case !h.Local(), h.Published.IsZero(), org.State == engagement.OrganizationSuspended:
		return t, hidden("help offer", h.ID)
	case !h.OnWire():
		t.gone = Tombstone(s.Base.HelpOfferID(h), "Note", h.Updated)
	}
	t.document = func(context.Context, reader) (Doc, error) { return s.Codec.HelpOffer(h, org) }
	return t, nil
}

// renderHelpOffer sends a help offer to whoever follows its organization and to the partners.
func (s *Service) renderHelpOffer(tx *store.Tx, i engagement.Instance, e engagement.Event) error {
	h, err := tx.HelpOffer(e.Subject)
	if err != nil {
		return err
	}
	org, err := tx.Organization(h.Organization)
	if err != nil {
		return err
	}
	p := parcel{signer: s.Base.owner(s.Base.OrganizationID(org)), object: s.Base.HelpOfferID(h), subject: h.ID}
	if e.Kind == engagement.WireDelete {
		if p.doc, err = s.DeleteHelpOffer(e.ID, e.At, h, org); err != nil {
			return err
		}
		return s.takeBack(tx, p)
	}
	if !h.OnWire() || org.State != engagement.OrganizationActive {
		return errMeaningless
	}
	object, err := s.Codec.HelpOffer(h, org)
	if err != nil {
		return err
	}
	if h.Visibility == "verbund" {
		p.inboxes, _, err = s.partnerInboxes(tx, full)
	} else if p.inboxes, err = s.publicAudience(tx, i, p.signer); err == nil && e.Kind == engagement.WireCreate {
		err = s.pointTo(tx, e, p.object)
	}
	if err != nil {
		return err
	}
	return s.publish(tx, i, e, p, object, nil, 0)
}

// receiveAnswer records that an organization of a partner asks for help that is offered here (R16), by the rules M4, M9 and M11.
func (s *Service) receiveAnswer(tx *store.Tx, a arrival, p engagement.Partner, move Move) error {
	h, err := tx.HelpOffer(move.Request.HelpOffer)
	if ignore(err, engagement.ErrNotFound) != nil {
		return err
	}
	if err != nil || !h.Local() || h.Published.IsZero() || !h.OnWire() && !slices.Contains([]engagement.OpportunityState{engagement.Withdrawn, engagement.Archived}, h.State) {
		return violation("M4", "%s is no help offer of ours", move.Satisfies)
	}
	center, err := tx.Organization(h.Organization)
	switch {
	case err != nil:
		return err
	case move.To != s.Base.OrganizationID(center):
		return violation("M4", "%s is not of %s", move.Satisfies, move.To)
	}
	if _, err := tx.MatchRequestByOffer(a.ID); !errors.Is(err, engagement.ErrNotFound) {
		return orIgnored(err, "M9", a.ID)
	}
	actor, err := s.sender(tx, a)
	switch {
	case err != nil:
		return err
	case actor.Type != "Organization":
		return violation("M11", "%s is a %s", a.Actor, actor.Type)
	}
	if err := s.knownAuthor(tx, p, a); err != nil {
		return err
	}
	org, err := tx.OrganizationByIRI(a.Actor)
	if err != nil {
		return err
	}
	move.Request.Organization = org.ID
	_, err = engagement.ReceiveAnswer(tx, move.Request)
	return err
}

// sidesOfAnswer is who has to say a step of an answer to a help offer, and to whom: the center and the organization, and for the card
// the person that the center has named (U1).
func (s *Service) sidesOfAnswer(tx *store.Tx, move Move, m engagement.MatchRequest, org engagement.Organization) (them, us string, err error) {
	center, err := tx.Organization(m.Center)
	if err != nil {
		return "", "", err
	}
	them, us = s.Base.OrganizationID(center), s.Base.OrganizationID(org)
	switch {
	case m.HomeHere():
		them, us = us, them
	case move.Step.Event == engagement.EventRelease, move.Step.Event == engagement.EventUnshare:
		them = m.Person
	}
	return them, us, nil
}
