package engagement

import "slices"

// Action is what somebody wants to do with a thing.
type Action string

const (
	Read   Action = "read"
	Create Action = "create"
	Change Action = "change"
	Remove Action = "remove"
	Decide Action = "decide" // moderation, grants, answers to requests
)

// Noun names a kind of thing in the permission table.
type Noun string

const (
	AnInstance     Noun = "instance"
	AnAccount      Noun = "account"
	ARoleGrant     Noun = "role grant"
	AProfile       Noun = "profile"
	AnOrganization Noun = "organization"
	AMembership    Noun = "membership"
	AnAttestation  Noun = "attestation"
	AnOpportunity  Noun = "opportunity"
	TheDetails     Noun = "details after confirmation"
	ADirected      Noun = "directed request"
	AnInvitation   Noun = "invitation"
	ACall          Noun = "call"
	AMatchRequest  Noun = "match request"
	AContact       Noun = "contact of a match request"
	AnHoursEntry   Noun = "hours"
	ACertificate   Noun = "certificate"
	ARevocation    Noun = "revocation of a certificate"
	AHelpOffer     Noun = "help offer"
	AnAnnouncement Noun = "announcement"
	AReaction      Noun = "reaction"
	AnOccasion     Noun = "event"
	ASignUp        Noun = "sign-up"
	AShift         Noun = "shift"
	AShiftSignUp   Noun = "shift sign-up"
	ACalendar      Noun = "calendar"
	ASubscription  Noun = "subscription"
	ABoard         Noun = "board"
	APresence      Noun = "public presence"
	AReport        Noun = "report"
	AMessage       Noun = "message"
	AnAdvice       Noun = "advice request"
	ABarrier       Noun = "barrier"
	AnAssisted     Noun = "assisted account"
	AHelperLink    Noun = "helper link"
	AHelping       Noun = "helping another person"
	APartner       Noun = "partner"
	AHost          Noun = "host"
	AnAudit        Noun = "audit"
	TheDeliveries  Noun = "deliveries"
)

// Thing is the part of an object that permissions depend on.
type Thing struct {
	Noun         Noun
	Organization ID   // whose it is
	Person       ID   // account it is about
	Request      ID   // match request it belongs to
	Public       bool // everybody may see it
	Assigned     bool // handed over to the volunteer center, or kept by it
	Way          Code // switch in whose way people are reached
	Desk         Role // of who stands in for the volunteer center, where there is no adviser
}

// scope is how far a role reaches.
type scope func(Actor, Thing) bool

var (
	anywhere scope = func(Actor, Thing) bool { return true }
	public   scope = func(_ Actor, t Thing) bool { return t.Public }
	own      scope = func(a Actor, t Thing) bool {
		return a.Account != "" && a.Account == t.Person || a.Request != "" && a.Request == t.Request
	}
	assigned scope = func(_ Actor, t Thing) bool { return t.Assigned }
	// ofInstance is what belongs to no organization.
	ofInstance scope = func(_ Actor, t Thing) bool { return t.Organization == "" }
	// foreign keeps people out of cases of their own organization or account.
	foreign scope = func(a Actor, t Thing) bool {
		return !a.Of(t.Organization) && (t.Person == "" || t.Person != a.Account)
	}
	// ofTeam is what an organization says itself, and not for a volunteer.
	ofTeam scope = func(_ Actor, t Thing) bool { return t.Person == "" }
	// ofOthers keeps people from confirming what they say about themselves.
	ofOthers scope = func(a Actor, t Thing) bool { return t.Person == "" || t.Person != a.Account }
	// apart keeps people out of their own cases; the center that publishes for a volunteer is no party.
	apart scope = func(a Actor, t Thing) bool {
		if t.Person != "" {
			return t.Person != a.Account
		}
		return !a.Of(t.Organization)
	}
)

// granted lets somebody act for a person who has granted one of these, see [Actor.May].
func granted(reach scope, scopes ...Code) scope {
	return func(a Actor, t Thing) bool { return reach(a, t) && slices.ContainsFunc(scopes, a.May) }
}

// inWay is how people of this instance are reached by whoever plays the role.
func inWay(ways ...Code) scope {
	return func(_ Actor, t Thing) bool { return slices.Contains(ways, t.Way) }
}

// inPlace is what falls to whoever plays the role because there was no adviser.
func inPlace(desk Role) scope { return func(_ Actor, t Thing) bool { return t.Desk == desk } }

// ofOffice is what officers do for an office that is their own.
func ofOffice(ways ...Code) scope {
	return func(a Actor, t Thing) bool { return a.Of(t.Organization) && slices.Contains(ways, t.Way) }
}

// grants is the permission matrix of domain.md §3.22 for the nouns that exist. What is not listed is forbidden. Member and
// Manager reach their own organization only; a manager has all rights of a member.
var grants = []struct {
	noun    Noun
	actions []Action
	role    Role
	scope   scope
}{
	{AnInstance, []Action{Read}, Visitor, anywhere},
	{AnInstance, []Action{Change, Decide}, Admin, anywhere}, // Decide: the emergency brake
	{AnInstance, []Action{Decide}, Moderator, anywhere},

	{AnAccount, []Action{Read, Change, Remove}, Volunteer, own},
	{ARoleGrant, []Action{Read, Change}, Admin, anywhere},

	{AProfile, []Action{Read, Change, Remove}, Volunteer, own},

	{AnOrganization, []Action{Create}, Volunteer, anywhere},
	{AnOrganization, []Action{Read}, Visitor, public},
	{AnOrganization, []Action{Read}, Member, anywhere},
	{AnOrganization, []Action{Change, Remove}, Manager, anywhere},
	{AnOrganization, []Action{Read}, Adviser, anywhere},
	{AnOrganization, []Action{Read}, Officer, anywhere},
	{AnOrganization, []Action{Read}, Moderator, anywhere},
	{AnOrganization, []Action{Decide}, Moderator, foreign},
	{AnOrganization, []Action{Read}, Admin, anywhere},

	{AnAttestation, []Action{Read}, Visitor, public},
	{AnAttestation, []Action{Create, Decide}, Adviser, foreign},
	{AnAttestation, []Action{Create, Decide}, Officer, foreign},
	{AnAttestation, []Action{Decide}, Admin, foreign},

	{AMembership, []Action{Read}, Member, anywhere},
	{AMembership, []Action{Create, Change, Remove}, Manager, anywhere},

	{AnOpportunity, []Action{Read}, Visitor, public},
	{AnOpportunity, []Action{Read, Create, Change}, Member, anywhere},
	{AnOpportunity, []Action{Remove}, Manager, anywhere},
	{AnOpportunity, []Action{Read}, Moderator, anywhere},
	{AnOpportunity, []Action{Decide}, Moderator, foreign},
	{AnOpportunity, []Action{Read}, Admin, anywhere},

	{TheDetails, []Action{Read}, Member, anywhere},
	{TheDetails, []Action{Read}, Visitor, own},
	{TheDetails, []Action{Read}, Adviser, assigned},

	{AnHoursEntry, []Action{Read, Create, Change, Remove}, Volunteer, own},
	{AnHoursEntry, []Action{Read}, Member, anywhere},
	{AnHoursEntry, []Action{Decide}, Member, ofOthers},

	{ACertificate, []Action{Read, Create, Change, Remove}, Volunteer, own}, // whoever has the code checks it
	{ACertificate, []Action{Read}, Member, anywhere},
	{ACertificate, []Action{Decide}, Member, ofOthers},
	{ARevocation, []Action{Decide}, Manager, ofOthers},

	{AHelpOffer, []Action{Read}, Visitor, public},
	{AHelpOffer, []Action{Read, Create, Change, Remove}, Volunteer, own},
	{AHelpOffer, []Action{Read}, Member, ofTeam},
	{AHelpOffer, []Action{Create, Change, Remove}, Manager, ofTeam},
	{AHelpOffer, []Action{Read, Decide}, Adviser, apart},
	{AHelpOffer, []Action{Read, Decide}, Moderator, apart},

	{ADirected, []Action{Create}, Manager, anywhere},
	{ADirected, []Action{Read, Decide}, Adviser, anywhere},
	{ADirected, []Action{Read, Decide}, Admin, anywhere},

	{AnInvitation, []Action{Read, Change}, Volunteer, own},

	{ACall, []Action{Read}, Member, anywhere},
	{ACall, []Action{Decide}, Member, inWay(ByOrganizations)}, // releases what another one sent
	{ACall, []Action{Create, Change}, Manager, inWay(ByOrganizations)},
	{ACall, []Action{Read, Create, Change, Decide}, Adviser, inWay(ByVolunteerCenter)},
	{ACall, []Action{Read, Create, Change, Decide}, Officer, ofOffice(ByAdministration, ExpertiseSearchable)},

	{AMatchRequest, []Action{Create}, Visitor, anywhere},
	{AMatchRequest, []Action{Read, Change}, Visitor, own},
	{AMatchRequest, []Action{Read, Decide}, Member, anywhere},
	{AMatchRequest, []Action{Read, Decide}, Adviser, assigned},

	{AContact, []Action{Read, Change}, Visitor, own},
	{AContact, []Action{Read}, Member, public}, // Public: the person released it
	{AContact, []Action{Read}, Adviser, assigned},
	{AContact, []Action{Read}, Moderator, inPlace(Moderator)},
	{AContact, []Action{Read}, Admin, inPlace(Admin)},

	{AnAnnouncement, []Action{Read}, Visitor, public},
	{AnAnnouncement, []Action{Read, Create, Change}, Member, anywhere},
	{AnAnnouncement, []Action{Remove}, Manager, anywhere},
	{AnAnnouncement, []Action{Read}, Moderator, anywhere},
	{AnAnnouncement, []Action{Decide}, Moderator, foreign},

	{AnOccasion, []Action{Read}, Visitor, public},
	{AnOccasion, []Action{Read, Create, Change}, Member, anywhere},
	{AnOccasion, []Action{Remove}, Manager, anywhere},
	{AnOccasion, []Action{Read}, Moderator, anywhere},
	{AnOccasion, []Action{Decide}, Moderator, foreign},

	{ASignUp, []Action{Read, Change}, Visitor, own},
	{ASignUp, []Action{Read, Decide}, Member, anywhere},

	{AShift, []Action{Read}, Visitor, public},
	{AShift, []Action{Read, Change}, Member, anywhere},

	{AShiftSignUp, []Action{Read, Change}, Visitor, own},
	{AShiftSignUp, []Action{Read, Decide}, Member, anywhere},
	{AShiftSignUp, []Action{Read, Decide}, Adviser, assigned},

	{ACalendar, []Action{Read, Change, Remove}, Volunteer, own},

	{ASubscription, []Action{Create}, Visitor, anywhere},
	{ASubscription, []Action{Read, Change, Remove}, Visitor, own},

	{AReaction, []Action{Read}, Visitor, public}, // Public: a moderator released it
	{AReaction, []Action{Read}, Moderator, anywhere},
	{AReaction, []Action{Decide}, Moderator, foreign},

	{ABoard, []Action{Read}, Visitor, public},
	{ABoard, []Action{Read, Change}, Manager, anywhere},
	{ABoard, []Action{Read, Change}, Adviser, anywhere},
	{ABoard, []Action{Read, Decide}, Moderator, anywhere},
	{ABoard, []Action{Read, Create, Change, Decide}, Admin, anywhere},

	{APresence, []Action{Read}, Visitor, public},
	{APresence, []Action{Read, Create, Change, Remove, Decide}, Volunteer, own}, // Decide: who may follow
	{APresence, []Action{Decide}, Moderator, foreign},

	{AMessage, []Action{Read, Decide}, Member, anywhere},
	{AMessage, []Action{Read, Decide}, Moderator, ofInstance},

	{AReport, []Action{Create}, Visitor, anywhere},
	{AReport, []Action{Read, Decide}, Moderator, foreign},

	{AnAdvice, []Action{Create}, Visitor, anywhere},
	{AnAdvice, []Action{Read}, Volunteer, own},
	{AnAdvice, []Action{Read, Decide}, Adviser, anywhere},
	{AnAdvice, []Action{Read, Decide}, Moderator, inPlace(Moderator)},
	{AnAdvice, []Action{Read, Decide}, Admin, inPlace(Admin)},

	{AnAssisted, []Action{Read, Create, Change, Remove}, Adviser, assigned},

	{AHelperLink, []Action{Read, Create, Remove}, Volunteer, own},
	{AHelping, []Action{Read, Decide, Remove}, Volunteer, own},

	// Whoever acts for another person does what these lines say, and looks at what is public.
	{AProfile, []Action{Read, Change}, HelperFor, granted(own, HelpSearch)},
	{AnAdvice, []Action{Create}, HelperFor, granted(anywhere, HelpSearch)},
	{AMatchRequest, []Action{Create}, HelperFor, granted(anywhere, HelpRequests)},
	{AMatchRequest, []Action{Read, Change}, HelperFor, granted(own, HelpRequests)},
	{AContact, []Action{Read, Change}, HelperFor, granted(own, HelpRequests)},
	{TheDetails, []Action{Read}, HelperFor, granted(own, HelpRequests, HelpDates)},
	{AShiftSignUp, []Action{Read, Change}, HelperFor, granted(own, HelpDates)},
	{AnHoursEntry, []Action{Read, Create, Change}, HelperFor, granted(own, HelpHours)},
	{ACertificate, []Action{Read, Create}, HelperFor, granted(own, HelpHours)},
	{ABarrier, []Action{Create}, HelperFor, anywhere},
	{AnAudit, []Action{Read}, HelperFor, granted(own, ConsentAssisted)},

	{ABarrier, []Action{Create}, Visitor, anywhere},
	{ABarrier, []Action{Read, Decide}, Admin, anywhere},

	{APartner, []Action{Read}, Admin, anywhere},
	{APartner, []Action{Create, Change, Remove}, Admin, anywhere},
	{APartner, []Action{Read, Decide}, Moderator, anywhere}, // Decide: lower its level

	{AHost, []Action{Read, Change}, Admin, anywhere},
	{AHost, []Action{Decide}, Moderator, anywhere}, // what was reported comes from it

	{AnAudit, []Action{Read}, Volunteer, own},
	{AnAudit, []Action{Read}, Admin, anywhere},
	{TheDeliveries, []Action{Read, Change}, Admin, anywhere},
}

// Can is the one permission function: may the actor do this with that thing? The default is no.
func Can(a Actor, do Action, on Thing) bool {
	if a.System {
		return true
	}
	for _, g := range grants {
		if g.noun != on.Noun || !a.plays(g.role, on) || !g.scope(a, on) {
			continue
		}
		for _, action := range g.actions {
			if action == do {
				return true
			}
		}
	}
	return false
}

// plays says whether the actor acts as the role toward the thing.
func (a Actor) plays(r Role, on Thing) bool {
	if a.Helper != "" {
		return r == HelperFor || r == Visitor && on.Public
	}
	switch r {
	case Visitor:
		return true
	case Volunteer:
		return a.Account != ""
	case Member:
		return on.Organization != "" && a.Of(on.Organization)
	case Manager:
		return on.Organization != "" && a.Members[on.Organization] == Manager
	}
	return a.Has(r)
}

// must turns a refusal into the error of the edge: what the actor may not even see does not exist for them.
func must(a Actor, do Action, on Thing) error {
	switch {
	case Can(a, do, on):
		return nil
	case Can(a, Read, on):
		return ErrForbidden
	}
	return ErrNotFound
}

// Thing describes the organization to [Can].
func (o Organization) Thing() Thing {
	return Thing{Noun: AnOrganization, Organization: o.ID, Public: o.State == OrganizationActive}
}

// Thing describes the opportunity to [Can].
func (o Opportunity) Thing() Thing {
	return Thing{Noun: AnOpportunity, Organization: o.Organization, Public: o.Live() && o.Visibility != "intern" && o.Visibility != "anfrage"}
}

// DirectedThing describes a directed request that came from a partner to [Can].
func (o Opportunity) DirectedThing() Thing {
	return Thing{Noun: ADirected, Organization: o.Organization}
}

// Thing describes the announcement to [Can].
func (n Announcement) Thing() Thing {
	return Thing{Noun: AnAnnouncement, Organization: n.Organization, Public: n.State == AnnouncementPublished}
}

// Thing describes the occasion to [Can].
func (o Occasion) Thing() Thing {
	return Thing{Noun: AnOccasion, Organization: o.Organization, Public: o.Live()}
}

// Thing describes the sign-up for an occasion to [Can].
func (s SignUp) Thing(o Occasion) Thing {
	return Thing{Noun: ASignUp, Organization: o.Organization, Person: s.Account, Request: s.ID}
}

// Thing describes the board to [Can]. Its page stays when it is archived.
func (b Board) Thing() Thing { return Thing{Noun: ABoard, Organization: b.Organization, Public: true} }

// Thing describes the message to [Can].
func (m Message) Thing() Thing { return Thing{Noun: AMessage, Organization: m.Organization} }

// Thing describes the report to [Can]. Whoever belongs to either side keeps out of it.
func (r Report) Thing() Thing {
	return Thing{Noun: AReport, Organization: r.Organization, Person: r.Account}
}

// Thing describes the match request to [Can].
func (m MatchRequest) Thing() Thing {
	t := Thing{Noun: AMatchRequest, Person: m.Account, Request: m.ID, Assigned: !m.EscalatedAt.IsZero()}
	if m.Origin == "" && m.State != Unconfirmed && m.State != AwaitingGuardian {
		t.Organization = m.Organization
	}
	return t
}

// ContactThing describes the contact data of the match request to [Can].
func (m MatchRequest) ContactThing() Thing {
	t := m.Thing()
	t.Noun, t.Public = AContact, len(m.Card) > 0
	return t
}

// ShowsProfile says whether the organization sees what the person shows of their profile to organizations they take part with: as long as
// the request is open and contact was given, and only where both are of this instance.
func (m MatchRequest) ShowsProfile() bool {
	return m.Account != "" && m.HomeHere() && m.OriginHere() && len(m.Card) > 0 && !m.State.Final()
}

// DetailsThing describes what only confirmed participants of the match request may read.
func (m MatchRequest) DetailsThing() Thing {
	t := m.Thing()
	t.Noun = TheDetails
	if m.State != Agreed && m.State != Active {
		t.Person, t.Request = "", ""
	}
	return t
}
