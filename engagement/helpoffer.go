package engagement

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"seestern/geo"
)

// HelpOffer is help that somebody offers (UI: Ich biete, Wir bieten). That of a volunteer is published in the name of a volunteer center
// and says nothing about who it is; an organization offers under its own name. On the wire both have the purpose "offer".
type HelpOffer struct {
	ID           ID               `class:"tec"`
	Code         string           `class:"pub"` // short public id
	Organization ID               `class:"pub"` // in whose name it is published
	Account      ID               `class:"per"` // the volunteer; empty: the organization offers itself. Never leaves this instance
	Origin       string           `class:"pub"` // host of the instance it lives on; empty: this one
	IRI          string           `class:"pub"` // copies: ActivityPub id
	URL          string           `class:"pub"` // copies: page at the origin
	Kind         Code             `class:"pub"` // vocabulary help_offer_kind
	Title        string           `class:"pub"` // 5–80 characters
	Text         string           `class:"pub"` // plain, 20–1,500
	Lang         Lang             `class:"pub"`
	Areas        []Code           `class:"pub"` // 1–3
	Activities   []Code           `class:"pub"` // 1–4
	Skills       []Code           `class:"pub"` // 0–5
	Languages    []Code           `class:"pub"` // 0–8
	Grid         Grid             `class:"pub"` // when; 0: not said
	Mode         Code             `class:"pub"`
	Place        Place            `class:"pub"` // Ortsteil or larger; zero when online
	RadiusKM     float64          `class:"pub"` // how far around it, 1–50
	Quantity     int              `class:"pub"` // how many people help, 1–500
	Visibility   Code             `class:"pub"` // offen or verbund
	State        OpportunityState `class:"pub"` // the states of an opportunity, without draft, paused and filled
	Hidden       OpportunityState `class:"org"` // state to return to when restored
	Reason       Code             `class:"org"` // moderation reason
	ReasonText   string           `class:"org"`
	Submitted    time.Time        `class:"org"`
	Published    time.Time        `class:"pub"`
	Updated      time.Time        `class:"pub"` // last public change after publication; zero before
	Expires      time.Time        `class:"pub"` // at most 90 days ahead
	Received     time.Time        `class:"tec"` // copies: when the last version came
	Reminded     int              `class:"tec"` // reminders sent before it expires
	Version      int              `class:"tec"`
}

// Deadlines of a help offer (domain.md §3.21).
const (
	HelpOfferLife    = 90 * 24 * time.Hour
	helpOfferRemind  = 10 * 24 * time.Hour // before its end
	helpOfferArchive = 90 * 24 * time.Hour // from its end until every server is told to delete it
	helpOfferErase   = 30 * 24 * time.Hour // and from then until nothing of it is here
)

// Limits of help offers.
const (
	HelpOfferTextLimit = 1500
	maxHelpOffers      = 10 // of one volunteer that are not over
	mostHelpers        = 500
	farthestHelp       = 50 // km
)

// Local says whether the help offer lives on this instance.
func (h HelpOffer) Local() bool { return h.Origin == "" }

// Open says whether an organization can answer it now.
func (h HelpOffer) Open(now time.Time) bool {
	return h.State == Published && (h.Expires.IsZero() || now.Before(h.Expires))
}

// Live says whether it is before the public.
func (h HelpOffer) Live() bool { return h.State == Published || h.State == Expired }

// OnWire says whether other servers know of it. One that is being checked again after a change is closed there, and says nothing.
func (h HelpOffer) OnWire() bool {
	switch h.State {
	case Published, Expired, Hidden, Submitted, NeedsChanges:
		return !h.Published.IsZero()
	}
	return false
}

// VersionTime names the version: updated, else published.
func (h HelpOffer) VersionTime() time.Time {
	if !h.Updated.IsZero() {
		return h.Updated
	}
	return h.Published
}

// Thing describes the help offer to [Can].
func (h HelpOffer) Thing() Thing {
	return Thing{Noun: AHelpOffer, Organization: h.Organization, Person: h.Account, Public: h.Live()}
}

// Due is when a timer has to look at the help offer next; zero: never.
func (h HelpOffer) Due() time.Time {
	switch {
	case !h.Local():
		return time.Time{}
	case h.State == Published && h.Reminded == 0:
		return h.Expires.Add(-helpOfferRemind)
	case h.State == Published:
		return h.Expires
	case h.State == Expired, h.State == Hidden:
		return h.Updated.Add(helpOfferArchive)
	case h.State == Withdrawn, h.State == Rejected, h.State == Archived:
		return h.Updated.Add(helpOfferErase)
	case h.State == Suspended: // an objection may give it back
		return h.Updated.Add(objectionLife + helpOfferErase)
	case h.State == NeedsChanges: // nobody has answered the moderator
		return h.Submitted.Add(helpOfferArchive)
	}
	return time.Time{}
}

// check finds everything that keeps a help offer from being published. name is that of the volunteer, which must not stand in it.
func (h *HelpOffer) check(name string) (bad Invalids) {
	bad.Text("title", h.Title, 5, 80)
	bad.Text("text", h.Text, 20, HelpOfferTextLimit)
	for _, f := range []struct{ field, text string }{{"title", h.Title}, {"text", h.Text}} {
		if found := privateContact(f.text, "", ""); found != "" {
			bad.Add(f.field, "error.text."+found)
		}
		if len(name) > 2 && strings.Contains(strings.ToLower(f.text), strings.ToLower(name)) {
			bad.Add(f.field, "error.text.name")
		}
	}
	bad.Code("kind", HelpOfferKinds, h.Kind, true)
	bad.Codes("areas", Areas, h.Areas, 1, 3)
	bad.Codes("activities", Activities, h.Activities, 1, 4)
	bad.Codes("skills", Skills, h.Skills, 0, 5)
	bad.Codes("languages", Languages, h.Languages, 0, 8)
	bad.Code("mode", Modes, h.Mode, true)
	if !h.Place.Known() && h.Mode != "online" && h.Mode != "zuhause" {
		bad.Add("place", "error.place.empty")
	}
	if h.RadiusKM < 1 || h.RadiusKM > farthestHelp {
		bad.Add("radius", "error.radius.range", "from", 1, "to", farthestHelp)
	}
	if h.Quantity < 1 || h.Quantity > mostHelpers {
		bad.Add("quantity", "error.capacity.range", "from", 1, "to", mostHelpers)
	}
	if h.Visibility != "offen" && h.Visibility != "verbund" {
		bad.Add("visibility", "error.choice.empty")
	}
	return bad
}

// complete fills what follows from other fields, and makes the place coarse: nothing nearer than the Ortsteil is ever stored.
func (h *HelpOffer) complete() {
	h.Kind, h.Visibility, h.Lang = cmp.Or(h.Kind, "hilfe"), cmp.Or(h.Visibility, "offen"), cmp.Or(h.Lang, "de")
	h.RadiusKM, h.Quantity = cmp.Or(h.RadiusKM, 5), cmp.Or(h.Quantity, 1)
	h.Title, h.Text = strings.TrimSpace(h.Title), strings.TrimSpace(h.Text)
	h.Place.Precision = "ortsteil"
	h.Place = h.Place.Public()
}

// keep takes from old what no form may change.
func (h *HelpOffer) keep(old HelpOffer) {
	h.ID, h.Code, h.Organization, h.Account, h.Origin, h.IRI, h.URL = old.ID, old.Code, old.Organization, old.Account, old.Origin, old.IRI, old.URL
	h.State, h.Hidden, h.Reason, h.ReasonText = old.State, old.Hidden, old.Reason, old.ReasonText
	h.Submitted, h.Published, h.Updated, h.Expires, h.Received, h.Reminded = old.Submitted, old.Published, old.Updated, old.Expires, old.Received, old.Reminded
}

// OfferHelp makes a help offer of a volunteer, to be checked and then published by a volunteer center. age is one of [RequestAges];
// nobody under 18 can offer, and the answer is not kept.
func OfferHelp(tx Tx, by Actor, h HelpOffer, age Code) (HelpOffer, error) {
	if err := must(by, Create, Thing{Noun: AHelpOffer, Person: by.Account}); err != nil {
		return h, err
	}
	a, err := tx.Account(by.Account)
	if err != nil {
		return h, err
	}
	h.keep(HelpOffer{Organization: h.Organization, Account: by.Account})
	h.complete()
	bad := h.check(a.Name)
	if err := bad.adult(tx, by.Account, age); err != nil {
		return h, err
	}
	center, err := tx.Organization(h.Organization)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && !center.PublishesForOthers():
		bad.Add("center", "error.center.unknown")
	case err != nil:
		return h, err
	}
	if err := bad.Err(); err != nil {
		return h, err
	}
	mine, err := tx.HelpOffersOfAccount(by.Account)
	if err != nil {
		return h, err
	}
	if len(slices.DeleteFunc(mine, HelpOffer.over)) >= maxHelpOffers {
		return h, ErrTooMany
	}
	return h, h.add(tx, false)
}

// over says whether nothing more happens with it.
func (h HelpOffer) over() bool {
	switch h.State {
	case Expired, Withdrawn, Rejected, Suspended, Archived:
		return true
	}
	return false
}

// PublishesForOthers says whether volunteers can offer their help in the name of the organization.
func (o Organization) PublishesForOthers() bool {
	return o.Local() && o.Kind == "volunteer-center" && o.State == OrganizationActive
}

// adult adds a failure unless the person is of age, by the answer and by the profile.
func (es *Invalids) adult(tx Tx, account ID, answer Code) error {
	es.Code("age", RequestAges, answer, true)
	p, err := tx.Profile(account)
	if err != nil {
		return err
	}
	for _, band := range []Code{answer, p.AgeBand} {
		if youngest, _, known := Ages(band); known && youngest < 18 {
			es.Add("age", "error.offer.adults")
			break
		}
	}
	return nil
}

// OfferOwnHelp makes a help offer of an organization ("Wir bieten"). It is published at once as its opportunities would be.
func OfferOwnHelp(tx Tx, by Actor, h HelpOffer) (HelpOffer, error) {
	if err := must(by, Create, Thing{Noun: AHelpOffer, Organization: h.Organization}); err != nil {
		return h, err
	}
	org, err := tx.Organization(h.Organization)
	if err != nil {
		return h, err
	}
	if !org.Local() || org.State != OrganizationActive {
		return h, ErrForbidden
	}
	h.keep(HelpOffer{Organization: org.ID})
	h.complete()
	if err := h.check("").Err(); err != nil {
		return h, err
	}
	published, err := tx.CountPublished(org.ID)
	if err != nil {
		return h, err
	}
	trusted := by.System || !wageWords.MatchString(h.Title+" "+h.Text) && (org.Trusted || published >= checkedFirst)
	return h, h.add(tx, trusted)
}

// add stores a new help offer, and publishes it or asks for a check.
func (h *HelpOffer) add(tx Tx, publish bool) error {
	code, err := tx.NewCode()
	if err != nil {
		return err
	}
	h.ID, h.Code, h.Version = tx.NewID(), code, 0
	if publish {
		if err := h.publish(tx); err != nil {
			return err
		}
	} else if err := h.submit(tx); err != nil {
		return err
	}
	return tx.PutHelpOffer(h)
}

// withdrawAll ends those that are not over for good.
func withdrawAll(tx Tx, offers []HelpOffer) error {
	for _, h := range offers {
		if h.over() && h.State != Expired {
			continue
		}
		if err := h.end(tx, Withdrawn); err != nil {
			return err
		}
		if err := tx.PutHelpOffer(&h); err != nil {
			return err
		}
	}
	return nil
}

// again publishes one that was removed for good and should not have been, under a new id; not that of somebody who is gone, suspended or, by what
// they say now, too young, nor in the name of an organization that is not active any more.
func (h HelpOffer) again(tx Tx) error {
	if h.Account != "" {
		a, err := tx.Account(h.Account)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil || !a.Suspended.IsZero() {
			return err
		}
		p, err := tx.Profile(h.Account)
		if err != nil {
			return err
		}
		if youngest, _, known := Ages(p.AgeBand); known && youngest < 18 {
			return nil
		}
	}
	org, err := tx.Organization(h.Organization)
	if err != nil || org.State != OrganizationActive {
		return err
	}
	h.keep(HelpOffer{Organization: h.Organization, Account: h.Account})
	return h.add(tx, true)
}

// submit asks for a check: the advisers for a volunteer, where there are any, else the moderators.
func (h *HelpOffer) submit(tx Tx) error {
	h.State, h.Submitted = Submitted, tx.Now()
	to := Moderator
	if h.Account != "" {
		var err error
		if to, err = deskOf(tx, Adviser, Moderator); err != nil {
			return err
		}
	}
	return mail(tx, MailNewCase, h.ID, Recipient{Role: to}, nil)
}

// publish puts it before the public for the first time, or again after a check.
func (h *HelpOffer) publish(tx Tx) error {
	kind := WireUpdate
	if h.Published.IsZero() {
		kind, h.Published = WireCreate, tx.Now()
	} else {
		h.changed(tx.Now())
	}
	h.State, h.Reason, h.ReasonText = Published, "", ""
	h.Expires, h.Reminded = tx.Now().Add(HelpOfferLife), 0
	return emit(tx, kind, h.ID)
}

// changed moves Updated on, by at least a second: readers ignore an update that is not newer.
func (h *HelpOffer) changed(now time.Time) {
	if h.Published.IsZero() {
		h.Updated = now
		return
	}
	for _, before := range []time.Time{h.Published, h.Updated} {
		if least := before.Add(time.Second); now.Before(least) {
			now = least
		}
	}
	h.Updated = now
}

// EditHelpOffer replaces what may change. What a volunteer changes is checked again before anybody sees it, and meanwhile the help offer is
// closed everywhere.
func EditHelpOffer(tx Tx, by Actor, h HelpOffer) (HelpOffer, error) {
	old, err := tx.HelpOffer(h.ID)
	if err != nil {
		return h, err
	}
	if err := must(by, Change, old.Thing()); err != nil {
		return h, err
	}
	if !old.Local() || old.State != Published && old.State != Submitted && old.State != NeedsChanges {
		return h, ErrConflict
	}
	h.keep(old)
	h.complete()
	name := ""
	if old.Account != "" {
		a, err := tx.Account(old.Account)
		if err != nil {
			return h, err
		}
		name = a.Name
	}
	if err := h.check(name).Err(); err != nil {
		return h, err
	}
	if h.Account != "" || h.State != Published {
		if err := h.submit(tx); err != nil {
			return h, err
		}
	}
	if !h.Published.IsZero() {
		h.changed(tx.Now())
		if err := emit(tx, WireUpdate, h.ID); err != nil {
			return h, err
		}
	}
	return h, tx.PutHelpOffer(&h)
}

// ExtendHelpOffer says that it still holds: it goes on for another 90 days, also after it has expired.
func ExtendHelpOffer(tx Tx, by Actor, id ID) (HelpOffer, error) {
	return moveHelpOffer(tx, by, id, Change, "", func(h *HelpOffer) error {
		if !h.Local() || !h.Live() {
			return ErrConflict
		}
		return h.publish(tx)
	})
}

// CloseHelpOffer takes it back: it is deleted everywhere. What was agreed because of it stays agreed.
func CloseHelpOffer(tx Tx, by Actor, id ID) (HelpOffer, error) {
	return moveHelpOffer(tx, by, id, Remove, "", func(h *HelpOffer) error {
		if !h.Local() || h.over() && h.State != Expired {
			return ErrConflict
		}
		return h.end(tx, Withdrawn)
	})
}

// end closes it for good: open answers end honestly, and whoever knows it is told to delete it.
func (h *HelpOffer) end(tx Tx, final OpportunityState) error {
	h.State = final
	h.changed(tx.Now())
	if err := endAnswers(tx, h.ID); err != nil {
		return err
	}
	if h.Published.IsZero() {
		return nil
	}
	return emit(tx, WireDelete, h.ID)
}

// endAnswers ends every answer to a help offer about which nothing is agreed.
func endAnswers(tx Tx, id ID) error {
	list, err := tx.RequestsFor(id)
	if err != nil {
		return err
	}
	for _, m := range list {
		if m.State.Final() || m.holdsPlace() {
			continue
		}
		if err := m.end(tx, EventDecline); err != nil {
			return err
		}
	}
	return nil
}

// DecideHelpOffer is what a moderator or an adviser does with a help offer, as with an opportunity: see [DecideOpportunity].
func DecideHelpOffer(tx Tx, by Actor, id ID, decision Decision, reason Code, text string) (HelpOffer, error) {
	return decideHelpOffer(tx, by, id, decision, reason, text, true)
}

// decideHelpOffer is the same, with or without a mail to an organization that offers. A volunteer always gets one: what else is written about
// the decision goes to the center, which is the author.
func decideHelpOffer(tx Tx, by Actor, id ID, decision Decision, reason Code, text string, tell bool) (HelpOffer, error) {
	if decision != DecideApprove && decision != DecideRestore && !DecisionReasons.Has(reason) {
		return HelpOffer{}, &Invalid{Field: "reason", Key: "error.reason.empty"}
	}
	return moveHelpOffer(tx, by, id, Decide, "help-offer."+string(decision), func(h *HelpOffer) error {
		from := h.State
		switch {
		case decision == DecideApprove && from == Queued:
			h.State, h.Hidden = cmp.Or(h.Hidden, Published), ""
			return nil
		case decision == DecideApprove && from == Submitted:
			org, err := tx.Organization(h.Organization)
			if err != nil {
				return err
			}
			if org.State != OrganizationActive {
				return &Invalid{Field: "decision", Key: "error.organization.first"}
			}
			if err := h.publish(tx); err != nil {
				return err
			}
		case decision == DecideAsk && from == Submitted:
			h.State = NeedsChanges
		case decision == DecideReject && (from == Submitted || from == NeedsChanges):
			if err := h.end(tx, Rejected); err != nil {
				return err
			}
		case decision == DecideHide && (h.Live() || from == Queued):
			h.State, h.Hidden = Hidden, from
			if err := h.tellChange(tx); err != nil {
				return err
			}
		case decision == DecideRestore && from == Hidden:
			h.State, h.Hidden = cmp.Or(h.Hidden, Published), ""
			if err := h.tellChange(tx); err != nil {
				return err
			}
		case decision == DecideSuspend && (h.Live() || from == Hidden) && h.Local():
			if err := h.end(tx, Suspended); err != nil {
				return err
			}
		default:
			return ErrConflict
		}
		h.Reason, h.ReasonText = reason, text
		if !h.Local() || !tell && h.Account == "" {
			return nil
		}
		return mail(tx, MailHelpOfferDecision, h.ID, h.provider(), nil)
	})
}

// tellChange announces a change of state to the servers that know it. Of copies nobody learns what is decided here.
func (h *HelpOffer) tellChange(tx Tx) error {
	if !h.Local() {
		return nil
	}
	h.changed(tx.Now())
	return emit(tx, WireUpdate, h.ID)
}

// provider is how mail reaches who offers.
func (h HelpOffer) provider() Recipient {
	if h.Account != "" {
		return Recipient{Account: h.Account}
	}
	return Recipient{Organization: h.Organization}
}

// moveHelpOffer is the frame of every change of state: permission, change, store, trace.
func moveHelpOffer(tx Tx, by Actor, id ID, do Action, auditAs string, change func(*HelpOffer) error) (HelpOffer, error) {
	h, err := tx.HelpOffer(id)
	if err != nil {
		return h, err
	}
	if err := must(by, do, h.Thing()); err != nil {
		return h, err
	}
	old := h
	if err := change(&h); err != nil {
		return old, err
	}
	if err := tx.PutHelpOffer(&h); err != nil {
		return old, err
	}
	if auditAs == "" {
		return h, nil
	}
	as := Moderator
	if !by.Has(Moderator) && by.Has(Adviser) {
		as = Adviser
	}
	return h, audit(tx, by, as, AuditEntry{Action: auditAs, Object: h.ID, Person: h.Account, Old: string(old.State), New: string(h.State), Reason: h.Reason})
}

func (h *HelpOffer) tick(tx Tx) error {
	switch h.State {
	case Published:
		if tx.Now().Before(h.Expires) {
			h.Reminded++
			if err := mail(tx, MailHelpOfferRemind, h.ID, h.provider(), nil); err != nil {
				return err
			}
			break
		}
		h.State = Expired
		h.changed(tx.Now())
		if err := endAnswers(tx, h.ID); err != nil {
			return err
		}
		if err := emit(tx, WireUpdate, h.ID); err != nil {
			return err
		}
		if err := mail(tx, MailHelpOfferExpired, h.ID, h.provider(), nil); err != nil {
			return err
		}
	case Expired, Hidden, NeedsChanges:
		if err := h.end(tx, Archived); err != nil {
			return err
		}
	default:
		if past(h.Due(), tx.Now()) {
			return tx.DeleteHelpOffer(h.ID)
		}
	}
	return tx.PutHelpOffer(h)
}

// MirrorHelpOffer stores a partner's help offer as its owner describes it now; IRI identifies it. It stands here as a copy of an
// opportunity does: see [MirrorOpportunity].
func MirrorHelpOffer(tx Tx, p Partner, h HelpOffer) (HelpOffer, error) {
	old, err := tx.HelpOfferByIRI(h.IRI)
	known, doubt := err == nil, h.Reason
	if err != nil && !errors.Is(err, ErrNotFound) {
		return h, err
	}
	said := h.State
	h.Reason = ""
	if known {
		if !h.VersionTime().After(old.VersionTime()) {
			return old, nil
		}
		h.ID, h.Code, h.Version, h.Reason, h.ReasonText = old.ID, old.Code, old.Version, old.Reason, old.ReasonText
	} else {
		h.ID = tx.NewID()
		if h.Code, err = tx.NewCode(); err != nil {
			return h, err
		}
	}
	far := p.Center != (geo.Point{}) && h.Place.Known() && geo.Distance(h.Place.Point, p.Center) > p.RadiusKM+50
	if doubt == "" && far {
		doubt = unusualPlace
	}
	switch {
	case known && old.State == Hidden:
		h.State, h.Hidden = Hidden, said
	case doubt != "" && doubt != old.Reason:
		h.State, h.Hidden, h.Reason = Queued, said, doubt
	case known && old.State == Queued, !known && p.Level == "geprueft":
		h.State, h.Hidden = Queued, said
	}
	h.Account, h.Origin, h.Received = "", p.Host, tx.Now()
	return h, tx.PutHelpOffer(&h)
}

// UnmirrorHelpOffer removes a copy because its owner deleted it; open answers end.
func UnmirrorHelpOffer(tx Tx, iri string) error {
	h, err := tx.HelpOfferByIRI(iri)
	if err != nil {
		return err
	}
	if err := endAnswers(tx, h.ID); err != nil {
		return err
	}
	return tx.DeleteHelpOffer(h.ID)
}
