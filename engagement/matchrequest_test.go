package engagement_test

import (
	"strings"
	"testing"
	"time"

	. "seestern/engagement"
)

// The table of protocol.md §5.7 with the local steps of domain.md §3.14, one line a state, one column an event: "=" stays, "·" ignored.
const requestTable = `
state              send       confirm    consent    ask            wait       release        unshare        talk    try   agree  start  finish    decline  cancel   withdraw  expire
none               interested ·          ·          ·              ·          ·              ·              ·       ·     ·      ·      ·         ·        ·        ·         ·
unconfirmed        ·          interested ·          ·              ·          ·              ·              ·       ·     ·      ·      ·         ·        ·        withdrawn withdrawn
awaiting_guardian  ·          ·          interested ·              ·          ·              ·              ·       ·     ·      ·      ·         ·        ·        withdrawn withdrawn
interested         ·          ·          ·          contact_wanted waitlisted ·              ·              ·       ·     agreed ·      completed declined canceled withdrawn expired
contact_wanted     ·          ·          ·          =              waitlisted contact_shared =              ·       ·     agreed ·      completed declined canceled withdrawn expired
waitlisted         ·          ·          ·          contact_wanted =          =              =              ·       ·     agreed ·      completed declined canceled withdrawn expired
contact_shared     ·          ·          ·          =              waitlisted =              contact_wanted talking trial agreed ·      completed declined canceled withdrawn expired
talking            ·          ·          ·          =              waitlisted =              contact_wanted =       trial agreed ·      completed declined canceled withdrawn expired
trial              ·          ·          ·          =              waitlisted =              contact_wanted talking =     agreed ·      completed declined canceled withdrawn expired
agreed             ·          ·          ·          ·              ·          =              =              ·       ·     =      active completed ·        canceled withdrawn ·
active             ·          ·          ·          ·              ·          =              =              ·       ·     =      ·      completed ·        canceled withdrawn ·
completed          ·          ·          ·          ·              ·          ·              =              ·       ·     ·      ·      =         ·        ·        ·         ·
declined           ·          ·          ·          ·              ·          ·              =              ·       ·     ·      ·      ·         ·        ·        ·         ·
canceled           ·          ·          ·          ·              ·          ·              =              ·       ·     ·      ·      ·         ·        ·        ·         ·
withdrawn          ·          ·          ·          ·              ·          ·              =              ·       ·     ·      ·      ·         ·        ·        ·         ·
expired            ·          ·          ·          ·              ·          ·              =              ·       ·     ·      ·      ·         ·        ·        ·         ·
`

func TestEveryStateAndEventOfAMatchRequest(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(requestTable), "\n")
	events := strings.Fields(lines[0])[1:]
	if got, want := len(events), len(RequestEvents); got != want {
		t.Fatalf("the table has %d events, the code %d", got, want)
	}
	if got, want := len(lines)-1, len(RequestStates); got != want {
		t.Fatalf("the table has %d states, the code %d", got, want)
	}
	for i, line := range lines[1:] {
		cells := strings.Fields(line)
		state := RequestState(strings.TrimPrefix(cells[0], "none"))
		if state != RequestStates[i] {
			t.Errorf("line %d is %q, the code has %q there", i+1, state, RequestStates[i])
		}
		for k, want := range cells[1:] {
			t.Run(cells[0]+" meets "+events[k], func(t *testing.T) {
				next, ok := state.After(RequestEvent(events[k]))
				got := string(next)
				switch {
				case !ok:
					got = "·"
				case next == state:
					got = "="
				}
				if got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			})
		}
	}
}

func TestAPageOffersOnlyWhatTheTableKnows(t *testing.T) {
	for _, s := range RequestStates {
		for _, e := range RequestEvents {
			m := MatchRequest{State: s}
			if _, ok := s.After(e); m.Offers(e) && !ok {
				t.Errorf("a page offers %s in state %q, where it means nothing", e, s)
			}
			if s.Final() && m.Offers(e) {
				t.Errorf("a page offers %s in the final state %q", e, s)
			}
		}
	}
}

func TestWhoHasToActAboutARequest(t *testing.T) {
	type turns struct{ asked, answered Turn } // about an opportunity; about what somebody offers
	want := map[RequestState]turns{
		Interested:    {OrganizationsTurn, PersonsTurn},
		ContactWanted: {PersonsTurn, PersonsTurn},
		ContactShared: {OrganizationsTurn, OrganizationsTurn},
		Talking:       {OrganizationsTurn, OrganizationsTurn},
		Trial:         {OrganizationsTurn, OrganizationsTurn},
		Waitlisted:    {NobodysTurn, NobodysTurn},
		Agreed:        {NobodysTurn, NobodysTurn},
		Active:        {NobodysTurn, NobodysTurn},
		Unconfirmed:   {PersonsTurn, PersonsTurn}, AwaitingGuardian: {PersonsTurn, PersonsTurn},
	}
	for _, state := range RequestStates[1:] {
		w, open := want[state]
		if open == state.Final() {
			t.Errorf("%s is missing here", state)
		}
		if !open {
			w = turns{Ended, Ended}
		}
		if got := (turns{MatchRequest{State: state, Opportunity: "o"}.Turn(), MatchRequest{State: state, HelpOffer: "h"}.Turn()}); got != w {
			t.Errorf("%s: got %v, want %v", state, got, w)
		}
	}
	if got := (MatchRequest{State: Agreed, Reconfirm: time.Now()}).Turn(); got != PersonsTurn {
		t.Errorf("something has changed: %s", got)
	}
}
