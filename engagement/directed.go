package engagement

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// A directed request (UI: gezielte Anfrage) is an opportunity of visibility anfrage: an organization asks chosen partners whether they have
// people who can help. It is public nowhere. Each partner invites fitting people of its own, see [Invite]; who wants to help answers with a
// match request, and nothing else comes back. The project request of an office (UI: Projektanfrage) is one, too, which people of this instance
// are asked by a [Call]; partners may be chosen besides.

// Project is what a directed request says beside what every opportunity says.
type Project struct {
	Goal    string   // what it is for, 5–200 characters
	Effort  string   // "zwei Abende zu drei Stunden", 2–200 characters
	Results bool     // results will be published
	Ask     []string // card fields that are wished, see [CardFields]
}

// Directed says whether the opportunity is a directed request.
func (o Opportunity) Directed() bool { return o.Visibility == "anfrage" }

// LastMoment is when a directed request can be answered at the latest: it lapses at the beginning of a day.
func (o Opportunity) LastMoment() time.Time { return o.Expires.Add(-time.Second) }

// Limits of directed requests (protocol.md §5.8).
const (
	DirectedLife      = 14 * 24 * time.Hour
	directedMonth     = 30 * 24 * time.Hour
	DirectedMonthly   = 3  // of an organization
	directedOfPartner = 30 // with a partner, of all organizations
	directedPeople    = 50 // places
)

// DirectedDays are the first and the last day that a directed request sent now can end on.
func DirectedDays(now time.Time) (first, last Date) { return DateOf(now).Add(1), DateOf(now).Add(13) }

// MayDirect says whether directed requests are exchanged with the partner now: an admin here has agreed to it, and the partner understands them.
func (p Partner) MayDirect() bool { return p.Directed && p.MayMatch() && p.Capability == "profile-1" }

// AllowDirected agrees to exchange directed requests with a partner, or takes that back: nobody is invited on its behalf any more.
func AllowDirected(tx Tx, by Actor, host string, on bool) (Partner, error) {
	p, err := tx.Partner(host)
	if err != nil {
		return p, err
	}
	if err := must(by, Change, Thing{Noun: APartner}); err != nil || p.Directed == on {
		return p, err
	}
	p.Directed = on
	if err := tx.PutPartner(&p); err != nil {
		return p, err
	}
	came, err := tx.DirectedRequests(tx.Now().Add(-DirectedLife))
	if err != nil {
		return p, err
	}
	for _, o := range came {
		if on || o.Origin != host || !o.Declinable() {
			continue
		}
		if err := o.decline(tx); err != nil {
			return p, err
		}
	}
	return p, audit(tx, by, Admin, AuditEntry{Action: "partner.directed", Object: ID(host), New: map[bool]string{true: "on", false: "off"}[on]})
}

// DirectPartners asks partners for help: o is what the organization wrote, with the Hosts it chose, and Expires anywhere on the last day.
// It is sent at once, because each partner decides whom it shows it to.
func DirectPartners(tx Tx, by Actor, o Opportunity) (Opportunity, error) {
	i, err := tx.Instance()
	if err != nil {
		return o, err
	}
	if err := must(by, Create, Thing{Noun: ADirected, Organization: o.Organization}); err != nil {
		return o, err
	}
	if !i.Federates() {
		return o, ErrForbidden
	}
	return direct(tx, by, o, Manager)
}

// PrepareProject checks the project request of an office before it is sent, and finds how many people of this instance it fits, roughly.
func PrepareProject(tx Tx, by Actor, o Opportunity, c Call, fits []ID) (Call, error) {
	bad, err := o.prepareDirected(tx)
	if err != nil {
		return c, err
	}
	c.Way, c.Ask, c.Until = ByAdministration, o.Project.Ask, o.Expires
	return c.prepare(tx, by, o, bad, fits)
}

// StartProject is an office that seeks expertise for what it has in hand: its directed request, of which people of this instance are told by
// a call and chosen partners, if any, as ever. fits are all people here whom it fits.
func StartProject(tx Tx, by Actor, o Opportunity, c Call, fits []ID) (Opportunity, Call, error) {
	c, err := PrepareProject(tx, by, o, c, fits)
	if err != nil {
		return o, c, err
	}
	if o, err = direct(tx, by, o, Officer); err != nil {
		return o, c, err
	}
	c.Opportunity, c.Until = o.ID, o.LastMoment()
	c, err = SendCall(tx, by, c, fits)
	return o, c, err
}

// prepareDirected completes a directed request and finds what keeps it from being sent.
func (o *Opportunity) prepareDirected(tx Tx) (Invalids, error) {
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return nil, err
	}
	if !org.Local() || org.State != OrganizationActive || org.Moved() {
		return nil, ErrForbidden
	}
	o.keep(Opportunity{Organization: org.ID, State: Draft, Material: 1, Submitted: tx.Now(), Expires: o.Expires})
	o.Kind, o.Visibility, o.License, o.Waitlist, o.Version = "projektanfrage", "anfrage", "", false, 0
	if err := o.complete(tx); err != nil {
		return nil, err
	}
	bad := o.checkDirected()
	if first, most := DirectedDays(tx.Now()); DateOf(o.Expires) < first || DateOf(o.Expires) > most {
		bad.Add("until", "error.directed.until", "n", 13)
	}
	if len(o.Hosts) > 0 {
		err = o.checkHosts(tx, &bad)
	}
	return bad, err
}

// direct sends a directed request to the partners that were chosen.
func direct(tx Tx, by Actor, o Opportunity, as Role) (Opportunity, error) {
	bad, err := o.prepareDirected(tx)
	if err != nil {
		return o, err
	}
	if len(o.Hosts) == 0 && as != Officer {
		bad.Add("hosts", "error.directed.nobody")
	}
	if err := bad.Err(); err != nil {
		return o, err
	}
	o.ID = tx.NewID()
	if o.Code, err = tx.NewCode(); err != nil {
		return o, err
	}
	o.Expires = DateOf(o.Expires).Add(1).Time()
	if most := tx.Now().Add(DirectedLife); o.Expires.After(most) { // the clock was set back
		o.Expires = most
	}
	if err := publish(tx, &o); err != nil {
		return o, err
	}
	if err := tx.PutOpportunity(&o); err != nil {
		return o, err
	}
	return o, audit(tx, by, as, AuditEntry{Action: "directed.send", Object: o.ID, New: strings.Join(o.Hosts, " ")})
}

// checkDirected finds what keeps a directed request from being sent.
func (o *Opportunity) checkDirected() (bad Invalids) {
	bad.Text("title", o.Title, 5, 80)
	bad.Text("description", o.Description, 50, 4000)
	bad.Text("goal", o.Project.Goal, 5, 200)
	bad.Text("effort", o.Project.Effort, 2, 200)
	bad.Text("contact_role", o.ContactRole, 2, 100)
	for _, f := range []struct{ field, text string }{
		{"title", o.Title}, {"description", o.Description}, {"goal", o.Project.Goal}, {"effort", o.Project.Effort},
	} {
		if found := privateContact(f.text, "", ""); found != "" {
			bad.Add(f.field, "error.text."+found)
		}
		if wageWords.MatchString(f.text) {
			bad.Add(f.field, "error.directed.wage")
		}
	}
	bad.Codes("areas", Areas, o.Areas, 1, 3)
	bad.Codes("activities", Activities, o.Activities, 1, 4)
	bad.Codes("skills", Skills, each(o.Skills, func(s SkillNeed) Code { return s.Code }), 0, 5)
	bad.Codes("languages", Languages, each(o.Languages, func(l LanguageNeed) Code { return Code(l.Code) }), 0, 5)
	o.checkPlace(&bad)
	if o.Capacity < 1 || o.Capacity > directedPeople {
		bad.Add("capacity", "error.capacity.range", "from", 1, "to", directedPeople)
	}
	bad.ask(o.Project.Ask)
	return bad
}

// checkHosts finds what stands against asking the chosen partners now (G4).
func (o *Opportunity) checkHosts(tx Tx, bad *Invalids) error {
	o.Hosts = slices.Compact(slices.Sorted(slices.Values(o.Hosts)))
	sent, err := tx.DirectedRequests(tx.Now().Add(-directedMonth))
	if err != nil {
		return err
	}
	if count(sent, func(s Opportunity) bool { return s.Organization == o.Organization && len(s.Hosts) > 0 }) >= DirectedMonthly {
		bad.Add("hosts", "error.directed.month", "n", DirectedMonthly)
	}
	for _, host := range o.Hosts {
		p, err := tx.Partner(host)
		switch {
		case errors.Is(err, ErrNotFound), err == nil && !p.MayDirect():
			bad.Add("hosts", "error.directed.host", "host", host)
		case err != nil:
			return err
		case count(sent, func(s Opportunity) bool { return slices.Contains(s.Hosts, host) }) >= directedOfPartner:
			bad.Add("hosts", "error.directed.partner", "host", host)
		}
	}
	return nil
}

func count[T any](list []T, is func(T) bool) (n int) {
	for _, one := range list {
		if is(one) {
			n++
		}
	}
	return n
}

// ReceiveDirected keeps what an organization of a partner asks this instance, as its owner describes it now; IRI identifies it. The caller
// has made sure that the partner may ask. A version that is not newer has no effect, and more than is agreed is ErrTooMany.
func ReceiveDirected(tx Tx, p Partner, o Opportunity) (Opportunity, error) {
	old, err := tx.OpportunityByIRI(o.IRI)
	known, doubt, said := err == nil, o.Reason, o.State
	if err != nil && !errors.Is(err, ErrNotFound) {
		return o, err
	}
	if known && (!old.Directed() || old.State == Withdrawn || !o.VersionTime().After(old.VersionTime())) {
		return old, nil
	}
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return o, err
	}
	if doubt == "" && !o.plausible(p) {
		doubt = unusualPlace
	}
	if known {
		o.keepOf(old)
	} else {
		if err := mayCome(tx, p, org); err != nil {
			return o, err
		}
		o.ID, o.Submitted, o.Reason, o.Material = tx.NewID(), tx.Now(), "", 1
		if o.Code, err = tx.NewCode(); err != nil {
			return o, err
		}
	}
	o.Visibility, o.Origin, o.Received, o.Hosts = "anfrage", p.Host, tx.Now(), nil
	o.Fingerprint = Fingerprint(o, org.Name)
	if most := o.Published.Add(DirectedLife); o.Expires.After(most) {
		o.Expires = most
	}
	switch {
	case known && (old.State == Hidden || old.State == Queued):
		o.State, o.Hidden = old.State, said
	case doubt != "" && doubt != o.Reason:
		o.State, o.Hidden, o.Reason = Queued, said, doubt
	}
	if err := tx.PutOpportunity(&o); err != nil || o.State == Published {
		return o, err
	}
	return o, endInvitations(tx, o.ID)
}

// keepOf takes from the copy that is here what its owner does not decide. It does not come later because it was changed.
func (o *Opportunity) keepOf(old Opportunity) {
	o.ID, o.Code, o.Version, o.Material, o.Submitted, o.Published = old.ID, old.Code, old.Version, old.Material, old.Submitted, old.Published
	o.Hidden, o.Reason, o.ReasonText = old.Hidden, old.Reason, old.ReasonText
	if o.materially(old) {
		o.Material++
	}
}

// mayCome checks the limits of what is taken from a partner and one of its organizations (G4).
func mayCome(tx Tx, p Partner, org Organization) error {
	came, err := tx.DirectedRequests(tx.Now().Add(-directedMonth))
	if err != nil {
		return err
	}
	came = slices.DeleteFunc(came, func(o Opportunity) bool { return o.Origin != p.Host })
	if len(came) >= directedOfPartner || count(came, func(o Opportunity) bool { return o.Organization == org.ID }) >= DirectedMonthly {
		return ErrTooMany
	}
	return nil
}

// DeclineDirected is the volunteer center that does not want its people to be asked. Whose request it is never learns of it.
func DeclineDirected(tx Tx, by Actor, id ID) (Opportunity, error) {
	o, err := tx.Opportunity(id)
	if err != nil {
		return o, err
	}
	if !o.Directed() || o.Local() {
		return o, ErrNotFound
	}
	if err := must(by, Decide, o.DirectedThing()); err != nil {
		return o, err
	}
	if !o.Declinable() {
		return o, ErrConflict
	}
	old := o.State
	if err := o.decline(tx); err != nil {
		return o, err
	}
	as := Adviser
	if !by.Has(Adviser) {
		as = Admin
	}
	return o, audit(tx, by, as, AuditEntry{Action: "directed.decline", Object: o.ID, Old: string(old), New: string(o.State)})
}

// Declinable says whether somebody may still be invited.
func (o Opportunity) Declinable() bool { return o.Live() && o.State != Expired || o.State == Queued }

func (o *Opportunity) decline(tx Tx) error {
	if o.State != Queued {
		o.Hidden = o.State
	}
	o.State, o.Reason = Hidden, ""
	if err := tx.PutOpportunity(o); err != nil {
		return err
	}
	return endInvitations(tx, o.ID)
}

// forget keeps of a copy that its owner took back what it counts for the limits, and its title for who has answered.
func (o Opportunity) forget(tx Tx) error {
	if o.State == Withdrawn {
		return nil
	}
	o.State, o.Received = Withdrawn, tx.Now()
	o.Summary, o.Description, o.Project, o.Places = "", "", Project{}, nil
	if err := tx.PutOpportunity(&o); err != nil {
		return err
	}
	if err := endInvitations(tx, o.ID); err != nil {
		return err
	}
	return endRequests(tx, o)
}

// directedDue is when a timer has to look at a directed request: at its end, and as long afterwards as anything of it is kept.
func (o Opportunity) directedDue() time.Time {
	switch {
	case !o.Local() && (o.State == Expired || o.State == Withdrawn):
		return o.Received.Add(InvitationKept)
	case !o.Local(), o.State == Published, o.State == Filled:
		return o.Expires
	case o.State == Archived:
		return o.Updated.Add(deleteAfter)
	}
	return o.Updated.Add(archiveAfter)
}

// tickDirected ends a directed request, and erases it when nobody has anything to do with it any more.
func (o *Opportunity) tickDirected(tx Tx) error {
	list, err := tx.RequestsFor(o.ID)
	if err != nil {
		return err
	}
	busy := openCount(list) > 0
	switch {
	case !o.Local() && o.State != Expired && o.State != Withdrawn:
		o.State, o.Received = Expired, tx.Now()
		if err := endInvitations(tx, o.ID); err != nil {
			return err
		}
	case !o.Local() && busy:
		o.Received = tx.Now()
	case !o.Local(), o.State == Archived:
		return tx.DeleteOpportunity(o.ID)
	case o.State == Published, o.State == Filled: // who has answered is talked to
		if err := expire(tx, o); err != nil {
			return err
		}
		o.changed(tx.Now())
	case busy:
		o.changed(tx.Now())
	case o.State == Expired, o.State == Hidden:
		return withdrawOpportunity(tx, o, Archived)
	default:
		o.State, o.Updated = Archived, tx.Now()
	}
	return tx.PutOpportunity(o)
}
