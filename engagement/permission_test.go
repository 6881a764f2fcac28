package engagement_test

import (
	"testing"

	. "seestern/engagement"
)

// The permission matrix as data: every actor × every question. What is not listed for a thing must be refused.
func TestWhoMayDoWhat(t *testing.T) {
	const orgA, orgB, orgC, opp, request = ID("org-a"), ID("org-b"), ID("office-c"), ID("opp"), ID("request")
	actors := map[string]Actor{
		"visitor":           {},
		"volunteer":         {Account: "volunteer"},
		"link holder":       {Request: request},
		"other link holder": {Request: "other"},
		"member a":          {Account: "member-a", Members: map[ID]Role{orgA: Member}},
		"manager a":         {Account: "manager-a", Members: map[ID]Role{orgA: Manager}},
		"manager b":         {Account: "manager-b", Members: map[ID]Role{orgB: Manager}},
		"adviser":           {Account: "adviser", Roles: []Role{Adviser}},
		"officer":           {Account: "officer", Roles: []Role{Officer}},
		"officer c":         {Account: "officer-c", Roles: []Role{Officer}, Members: map[ID]Role{orgC: Member}},
		"moderator":         {Account: "moderator", Roles: []Role{Moderator}},
		"moderating member": {Account: "both", Roles: []Role{Moderator}, Members: map[ID]Role{orgA: Member}},
		"admin":             {Account: "admin", Roles: []Role{Admin}},
		"helper":            {Account: "volunteer", Helper: "adviser", Scopes: append(HelperScopes.Codes(), ConsentAssisted)},
		"system":            System,
	}
	draft := Organization{ID: orgA, State: OrganizationDraft}.Thing()
	active := Organization{ID: orgA, State: OrganizationActive}.Thing()
	published := Opportunity{ID: opp, Organization: orgA, State: Published, Visibility: "offen"}.Thing()
	unpublished := Opportunity{ID: opp, Organization: orgA, State: Draft, Visibility: "offen"}.Thing()
	internal := Opportunity{ID: opp, Organization: orgA, State: Published, Visibility: "intern"}.Thing()
	board := Board{ID: "board", Organization: orgA, State: BoardActive}.Thing()
	offer := HelpOffer{ID: "offer", Organization: orgA, Account: "volunteer", State: Submitted}.Thing()
	offered := HelpOffer{ID: "offer", Organization: orgA, Account: "volunteer", State: Published}.Thing()
	ownOffer := HelpOffer{ID: "offer", Organization: orgA, State: Submitted}.Thing()
	asked := MatchRequest{ID: request, HelpOffer: "offer", Organization: orgB, Center: orgA, State: Interested}
	sent := MatchRequest{ID: request, Organization: orgA, Account: "volunteer", State: Interested}
	unconfirmed := MatchRequest{ID: request, Organization: orgA, Account: "volunteer", State: Unconfirmed}
	away := MatchRequest{ID: request, Organization: orgA, Account: "volunteer", State: Interested, Origin: "a.test"}
	escalated := sent
	escalated.EscalatedAt = escalated.EscalatedAt.AddDate(2026, 0, 0)
	shared := sent
	shared.State, shared.Card = ContactShared, Card{"name": "Vorname N."}
	agreed := sent
	agreed.State = Agreed
	everybody := []string{
		"visitor", "volunteer", "link holder", "other link holder", "member a", "manager a", "manager b", "adviser", "officer", "officer c", "moderator",
		"moderating member", "admin", "helper",
	}
	acting := everybody[:len(everybody)-1] // for themselves
	staff := []string{"adviser", "officer", "officer c", "moderator", "moderating member", "admin"}
	person := []string{"volunteer", "link holder"}
	team := []string{"member a", "manager a", "moderating member"}

	for _, q := range []struct {
		name string
		do   Action
		on   Thing
		may  []string
	}{
		{"read a draft organization", Read, draft, append(team[:2:2], staff...)},
		{"read an active organization", Read, active, everybody},
		{"change an organization", Change, active, []string{"manager a"}},
		{"dissolve an organization", Remove, active, []string{"manager a"}},
		{"decide about an organization", Decide, draft, []string{"moderator"}},
		{"register an organization", Create, Thing{Noun: AnOrganization}, []string{"volunteer", "member a", "manager a", "manager b", "adviser", "officer", "officer c", "moderator", "moderating member", "admin"}},
		{"vouch for an organization", Create, Organization{ID: orgA}.AttestationThing(), []string{"adviser", "officer", "officer c"}},
		{"take back that somebody vouches", Decide, Organization{ID: orgA}.AttestationThing(), []string{"adviser", "officer", "officer c", "admin"}},
		{"see who vouches", Read, Organization{ID: orgA}.AttestationThing(), everybody},
		{"see the team", Read, Thing{Noun: AMembership, Organization: orgA}, team},
		{"invite to the team", Create, Thing{Noun: AMembership, Organization: orgA}, []string{"manager a"}},
		{"read a published opportunity", Read, published, everybody},
		{"read a draft", Read, unpublished, append(team[:2:2], "moderator", "moderating member", "admin")},
		{"read an internal opportunity", Read, internal, append(team[:2:2], "moderator", "moderating member", "admin")},
		{"write an opportunity", Create, Thing{Noun: AnOpportunity, Organization: orgA}, team},
		{"change an opportunity", Change, published, team},
		{"withdraw an opportunity", Remove, published, []string{"manager a"}},
		{"decide about an opportunity", Decide, published, []string{"moderator"}},
		{"direct a request to partners", Create, Opportunity{Organization: orgA}.DirectedThing(), []string{"manager a"}},
		{"decline a request of a partner", Decide, Opportunity{Organization: "elsewhere"}.DirectedThing(), []string{"adviser", "admin"}},
		{"read an invitation", Read, Invitation{Account: "volunteer"}.Thing(), []string{"volunteer"}},
		{"answer an invitation", Change, Invitation{Account: "volunteer"}.Thing(), []string{"volunteer"}},
		{"have people here asked by an organization", Create, Call{Organization: orgA, Way: ByOrganizations}.Thing(), []string{"manager a"}},
		{"have people here asked by the volunteer center", Create, Call{Organization: orgA, Way: ByVolunteerCenter}.Thing(), []string{"adviser"}},
		{"have people here asked by an office", Create, Call{Organization: orgC, Way: ByAdministration}.Thing(), []string{"officer c"}},
		{"search for expertise", Create, Call{Organization: orgC, Way: ExpertiseSearchable}.Thing(), []string{"officer c"}},
		{"have partners ask on behalf of this instance", Create, Call{Organization: orgA, Way: ByPartnerInstances}.Thing(), nil},
		{"search for expertise without being of an office", Create, Call{Organization: orgA, Way: ExpertiseSearchable}.Thing(), nil},
		{"release what another one wrote", Decide, Call{Organization: orgA, Way: ByOrganizations}.Thing(), team},
		{"release what another officer wrote", Decide, Call{Organization: orgC, Way: ByAdministration}.Thing(), []string{"officer c"}},
		{"stop an organization's asking", Change, Call{Organization: orgA, Way: ByOrganizations}.Thing(), []string{"manager a"}},
		{"see how many were asked, roughly", Read, Call{Organization: orgA, Way: ByOrganizations}.Thing(), team},
		{"ask to be told what is new", Create, Subscription{}.Thing(), acting},
		{"read what somebody wants to be told", Read, Subscription{ID: request, Account: "volunteer"}.Thing(), person},
		{"end what somebody wants to be told", Remove, Subscription{ID: request, Account: "volunteer"}.Thing(), person},
		{"write hours down", Create, HoursEntry{Account: "volunteer"}.Thing(), []string{"volunteer", "helper"}},
		{"read somebody's hours for an organization", Read, HoursEntry{Account: "volunteer", Organization: orgA}.Thing(), append(team[:3:3], "volunteer", "helper")},
		{"confirm hours", Decide, HoursEntry{Account: "volunteer", Organization: orgA}.Thing(), team},
		{"confirm hours of a member", Decide, HoursEntry{Account: "member-a", Organization: orgA}.Thing(), []string{"manager a", "moderating member"}},
		{"delete hours", Remove, HoursEntry{Account: "volunteer", Organization: orgA}.Thing(), []string{"volunteer"}},
		{"ask for a certificate", Create, Certificate{Account: "volunteer"}.Thing(), []string{"volunteer", "helper"}},
		{"read a certificate", Read, Certificate{Account: "volunteer", Organization: orgA}.Thing(), append(team[:3:3], "volunteer", "helper")},
		{"issue a certificate", Decide, Certificate{Account: "volunteer", Organization: orgA}.Thing(), team},
		{"issue a certificate of a manager", Decide, Certificate{Account: "manager-a", Organization: orgA}.Thing(), []string{"member a", "moderating member"}},
		{"revoke a certificate", Decide, Certificate{Account: "volunteer", Organization: orgA}.RevocationThing(), []string{"manager a"}},
		{"delete a certificate", Remove, Certificate{Account: "volunteer", Organization: orgA}.Thing(), []string{"volunteer"}},
		{"ask the volunteer center", Create, Thing{Noun: AnAdvice}, everybody},
		{"read a case of the volunteer center", Read, AdviceRequest{Account: "volunteer"}.Thing(), []string{"volunteer", "adviser"}},
		{"close a case of the volunteer center", Decide, AdviceRequest{Account: "volunteer"}.Thing(), []string{"adviser"}},
		{"close a case where nobody advises", Decide, AdviceRequest{Desk: Moderator}.Thing(), []string{"adviser", "moderator", "moderating member"}},
		{"close a case where nobody moderates either", Decide, AdviceRequest{Desk: Admin}.Thing(), []string{"adviser", "admin"}},
		{"report a barrier", Create, Barrier{}.Thing(), everybody},
		{"answer a barrier", Decide, Barrier{}.Thing(), []string{"admin"}},
		{"offer help", Create, Thing{Noun: AHelpOffer, Person: "volunteer"}, []string{"volunteer"}},
		{"read what a volunteer offers before the check", Read, offer, []string{"volunteer", "adviser", "moderator", "moderating member"}},
		{"read what a volunteer offers", Read, offered, everybody},
		{"change what a volunteer offers", Change, offered, []string{"volunteer"}},
		{"decide about what a volunteer offers", Decide, offer, []string{"adviser", "moderator", "moderating member"}},
		{"offer help of an organization", Create, ownOffer, []string{"manager a"}},
		{"read what an organization offers before the check", Read, ownOffer, append(team[:2:2], "adviser", "moderator", "moderating member")},
		{"decide about what an organization offers", Decide, ownOffer, []string{"adviser", "moderator"}},
		{"answer for the organization that offers", Decide, asked.OwnerThing(), team},
		{"see what was asked of it", Read, asked.Thing(), append(person[1:2:2], "manager b")},
		{"read a request", Read, sent.Thing(), append(append(person[:2:2], team...), "helper")},
		{"read a request nobody confirmed", Read, unconfirmed.Thing(), append(person[:2:2], "helper")},
		{"read a request to another instance", Read, away.Thing(), append(person[:2:2], "helper")},
		{"read a request that was handed over", Read, escalated.Thing(), append(append(person[:2:2], team...), "adviser", "helper")},
		{"withdraw a request", Change, sent.Thing(), append(person[:2:2], "helper")},
		{"answer a request", Decide, sent.Thing(), team},
		{"answer a request that was handed over", Decide, escalated.Thing(), append(team[:3:3], "adviser")},
		{"see a shift of an opportunity", Read, Shift{Organization: orgA}.Thing(Opportunity{State: Published, Visibility: "offen"}), everybody},
		{"see a shift of a draft", Read, Shift{Organization: orgA}.Thing(Opportunity{State: Draft, Visibility: "offen"}), team},
		{"plan a shift", Change, Shift{Organization: orgA}.Thing(Opportunity{State: Published, Visibility: "offen"}), team},
		{"see who is at a shift", Read, ShiftSignUp{}.Thing(agreed), append(append(person[:2:2], team...), "helper")},
		{"take or give back a shift", Change, ShiftSignUp{}.Thing(agreed), append(person[:2:2], "helper")},
		{"plan somebody in", Decide, ShiftSignUp{}.Thing(agreed), team},
		{"plan somebody in whose request was handed over", Decide, ShiftSignUp{}.Thing(escalated), append(team[:3:3], "adviser")},
		{"make the address of a calendar", Change, CalendarFeed{Account: "volunteer"}.Thing(), []string{"volunteer"}},
		{"read contact data before release", Read, sent.ContactThing(), append(person[:2:2], "helper")},
		{"read contact data after release", Read, shared.ContactThing(), append(append(person[:2:2], team...), "helper")},
		{"release contact data", Change, sent.ContactThing(), append(person[:2:2], "helper")},
		{"read the details before agreement", Read, shared.DetailsThing(), team},
		{"read the details after agreement", Read, agreed.DetailsThing(), append(append(person[:2:2], team...), "helper")},
		{"read the details after hand-over", Read, escalated.DetailsThing(), append(team[:3:3], "adviser")},
		{"read a profile", Read, Thing{Noun: AProfile, Person: "volunteer"}, []string{"volunteer", "helper"}},
		{"change a profile", Change, Thing{Noun: AProfile, Person: "volunteer"}, []string{"volunteer", "helper"}},
		{"have a request sent", Create, Thing{Noun: AMatchRequest}, everybody},
		{"open an assisted account", Create, Account{Assisted: true}.AssistedThing(), []string{"adviser"}},
		{"end an assisted account", Remove, Account{ID: "volunteer", Assisted: true}.AssistedThing(), []string{"adviser"}},
		{"read an account that somebody took over", Read, Account{ID: "volunteer"}.AssistedThing(), nil},
		{"grant a role", Change, Thing{Noun: ARoleGrant}, []string{"admin"}},
		{"change the settings", Change, Thing{Noun: AnInstance}, []string{"admin"}},
		{"end a partnership", Remove, Thing{Noun: APartner}, []string{"admin"}},
		{"write an announcement", Create, Thing{Noun: AnAnnouncement, Organization: orgA}, team},
		{"withdraw an announcement", Remove, Announcement{Organization: orgA, State: AnnouncementPublished}.Thing(), []string{"manager a"}},
		{"decide about an announcement", Decide, Announcement{Organization: orgA, State: AnnouncementPublished}.Thing(), []string{"moderator"}},
		{"decide about a reply", Decide, Thing{Noun: AReaction, Organization: orgA}, []string{"moderator"}},
		{"read a board", Read, board, everybody},
		{"change a board", Change, board, []string{"manager a", "adviser", "admin"}},
		{"open a board", Create, Thing{Noun: ABoard}, []string{"admin"}},
		{"see a public presence", Read, Presence{Account: "volunteer"}.Thing(), everybody},
		{"change a public presence", Change, Presence{Account: "volunteer"}.Thing(), []string{"volunteer"}},
		{"end one's public presence", Remove, Presence{Account: "volunteer"}.Thing(), []string{"volunteer"}},
		{"end a public presence that must not be", Decide, Presence{Account: "volunteer"}.Thing(), []string{"volunteer", "moderator", "moderating member"}},
		{"end a board", Decide, board, []string{"moderator", "moderating member", "admin"}},
		{"read a message to an organization", Read, Message{Organization: orgA}.Thing(), team},
		{"answer a message to an organization", Decide, Message{Organization: orgA}.Thing(), team},
		{"answer a message to the instance", Decide, Message{}.Thing(), []string{"moderator", "moderating member"}},
		{"report something", Create, Thing{Noun: AReport}, acting},
		{"read a report", Read, Report{Organization: orgA, Account: "volunteer"}.Thing(), []string{"moderator"}},
		{"decide about a report", Decide, Report{Organization: orgA, Account: "volunteer"}.Thing(), []string{"moderator"}},
		{"decide about one's own report", Decide, Report{Account: "moderator"}.Thing(), []string{"moderating member"}},
		{"limit the server of what was reported", Decide, Thing{Noun: AHost}, []string{"moderator", "moderating member"}},
		{"change how a server is treated", Change, Thing{Noun: AHost}, []string{"admin"}},
		{"pause and repeat deliveries", Change, Thing{Noun: TheDeliveries}, []string{"admin"}},
		{"see the delivery queue", Read, Thing{Noun: TheDeliveries}, []string{"admin"}},
		{"do what no row of the table names", Decide, Thing{Noun: AProfile, Person: "volunteer"}, nil},
	} {
		t.Run(q.name, func(t *testing.T) {
			may := map[string]bool{"system": true}
			for _, name := range q.may {
				may[name] = true
			}
			for name, actor := range actors {
				if got, want := Can(actor, q.do, q.on), may[name]; got != want {
					t.Errorf("%s: got %v, want %v", name, got, want)
				}
			}
		})
	}
}
