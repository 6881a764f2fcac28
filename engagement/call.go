package engagement

import (
	"slices"
	"strings"
	"time"
)

// Call asks people of this instance whether they want to help with an opportunity (UI: Einladung). It is blind: whom it fits is found here, and
// whoever calls learns a rough number and who says yes. Partners are asked by a directed request instead.
type Call struct {
	ID           ID        `class:"tec"`
	Opportunity  ID        `class:"org"`
	Organization ID        `class:"org"` // whose the opportunity is
	Way          Code      `class:"org"` // the switch that lets people be reached, vocabulary switch
	Narrow       Criteria  `class:"org"` // beside what the opportunity itself asks for
	Text         string    `class:"org"` // a few words to the people, ≤ 1,000
	Ask          []string  `class:"org"` // card fields that are wished, see [CardFields]
	Rough        int       `class:"org"` // how many it fits, see [Roughly]
	Account      ID        `class:"per"` // who sent it
	Second       ID        `class:"per"` // who released it, where that is needed
	State        CallState `class:"org"`
	Created      time.Time `class:"org"`
	Until        time.Time `class:"org"` // it lapses at the beginning of a day
	Ended        time.Time `class:"org"`
	Version      int       `class:"tec"`
}

// CallState is a state of domain.md §3.15.
type CallState string

const (
	CallAwaiting CallState = "awaiting_release"
	CallSent     CallState = "sent"
	CallClosed   CallState = "closed"
)

// Open says whether it is not over yet.
func (c Call) Open() bool { return c.State != CallClosed }

// LastMoment is when it can be answered at the latest.
func (c Call) LastMoment() time.Time { return c.Until.Add(-time.Second) }

// Limits of calls (domain.md §3.15).
const (
	CallAlone = 50  // people, roughly, that one person may have asked
	CallMost  = 200 // people, roughly, that a second one may release
)

// Thing describes the call to [Can].
func (c Call) Thing() Thing { return Thing{Noun: ACall, Organization: c.Organization, Way: c.Way} }

// Verified says whether the organization was checked so far that people may be asked or share their contact at once.
func (o Organization) Verified() bool {
	return AttestationLevels.Index(o.Level) >= AttestationLevels.Index("register-geprueft")
}

// MayCall says whether people may be reached in the way of a switch on behalf of an organization now: offices by officers, volunteers of the
// center by advisers, all others by organizations that were checked.
func (o Organization) MayCall(by Actor, way Code) bool {
	office := o.Kind == "office"
	fits := map[Code]bool{ByVolunteerCenter: true, ByAdministration: office, ByOrganizations: !office && o.Verified(), ExpertiseSearchable: office}
	return o.Local() && o.State == OrganizationActive && !o.Moved() && fits[way] && Can(by, Create, Thing{Noun: ACall, Organization: o.ID, Way: way})
}

// mayCall is the same as an error.
func mayCall(tx Tx, by Actor, organization ID, way Code) error {
	o, err := tx.Organization(organization)
	if err != nil {
		return err
	}
	if err := must(by, Create, Thing{Noun: ACall, Organization: o.ID, Way: way}); err != nil {
		return err
	}
	if !o.MayCall(by, way) {
		return ErrForbidden
	}
	return nil
}

// Callable says whether people here may be asked to help with the opportunity now.
func (o Opportunity) Callable(now time.Time) bool {
	return o.Local() && o.State == Published && o.Visibility != "intern" && !o.Over(now)
}

// PrepareCall checks what somebody wrote, with Until anywhere on the last day, before it is sent, and finds how many people it fits, roughly.
// fits are all of them.
func PrepareCall(tx Tx, by Actor, c Call, fits []ID) (Call, error) {
	o, err := tx.Opportunity(c.Opportunity)
	if err != nil {
		return c, err
	}
	if !o.Callable(tx.Now()) {
		return c, ErrConflict
	}
	return c.prepare(tx, by, o, nil, fits)
}

// prepare goes on with what is wrong with the opportunity itself, which need not be stored.
func (c Call) prepare(tx Tx, by Actor, o Opportunity, bad Invalids, fits []ID) (Call, error) {
	c.Organization = o.Organization
	if err := mayCall(tx, by, c.Organization, c.Way); err != nil {
		return c, err
	}
	bad = append(bad, c.check(tx.Now())...)
	running, err := tx.CallsFor(o.ID)
	if err != nil {
		return c, err
	}
	if slices.ContainsFunc(running, Call.Open) {
		bad.Add("", "error.call.running")
	}
	if err := bad.Err(); err != nil {
		return c, err
	}
	l, _, err := LookUp(tx, by, Lookup{Organization: c.Organization, Way: c.Way, Opportunity: o.ID, Criteria: c.Narrow}, o, fits)
	if err != nil {
		return c, err
	}
	if c.Rough = l.Rough; c.Rough > CallMost {
		return c, &Invalid{Key: "error.call.many", Args: map[string]any{"n": CallMost}}
	}
	return c, nil
}

// Alone says whether it can be sent without a second person.
func (c Call) Alone() bool { return c.Rough <= CallAlone }

// SendCall asks people of this instance, see [PrepareCall]. They are asked by and by, see [InviteFor]; if they are many, not before a second
// person has agreed.
func SendCall(tx Tx, by Actor, c Call, fits []ID) (Call, error) {
	c, err := PrepareCall(tx, by, c, fits)
	if err != nil {
		return c, err
	}
	c.ID, c.Account, c.Second, c.State, c.Created, c.Ended, c.Version = tx.NewSecretID(), by.Account, "", CallSent, tx.Now(), time.Time{}, 0
	c.Until = DateOf(c.Until).Add(1).Time()
	if !c.Alone() {
		c.State = CallAwaiting
		if err := mail(tx, MailCallRelease, c.ID, c.colleagues(), nil); err != nil {
			return c, err
		}
	}
	if err := tx.PutCall(&c); err != nil {
		return c, err
	}
	return c, audit(tx, by, c.role(), AuditEntry{Action: "call.send", Object: c.ID, New: string(c.State)})
}

// colleagues are those who can release it.
func (c Call) colleagues() Recipient {
	if c.Way == ByVolunteerCenter {
		return Recipient{Role: Adviser}
	}
	return Recipient{Organization: c.Organization}
}

// role is as what somebody calls in its way.
func (c Call) role() Role {
	return map[Code]Role{ByVolunteerCenter: Adviser, ByAdministration: Officer, ExpertiseSearchable: Officer, ByOrganizations: Manager}[c.Way]
}

// check finds what keeps the call from being sent.
func (c *Call) check(now time.Time) (bad Invalids) {
	c.Text = strings.TrimSpace(c.Text)
	bad.Text("text", c.Text, 0, 1000)
	if found := privateContact(c.Text, "", ""); found != "" {
		bad.Add("text", "error.text."+found)
	}
	if wageWords.MatchString(c.Text) {
		bad.Add("text", "error.directed.wage")
	}
	bad.ask(c.Ask)
	c.Narrow.check(&bad)
	if first, last := DirectedDays(now); DateOf(c.Until) < first || DateOf(c.Until) > last {
		bad.Add("until", "error.directed.until", "n", 13)
	}
	return bad
}

// ask finds what is wrong with the card fields that are wished.
func (es *Invalids) ask(fields []string) {
	if len(fields) == 0 {
		es.Add("ask", "error.choice.few", "n", 1)
	}
	for _, f := range fields {
		if !slices.Contains(CardFields, f) {
			es.Add("ask", "error.choice.unknown", "codes", f)
		}
	}
}

// ReleaseCall is the yes of a second person to asking many people.
func ReleaseCall(tx Tx, by Actor, id ID) (Call, error) {
	return moveCall(tx, by, id, Decide, "call.release", func(c *Call) error {
		if c.State != CallAwaiting {
			return ErrConflict
		}
		if by.Account == c.Account {
			return ErrForbidden
		}
		c.State, c.Second = CallSent, by.Account
		return tx.PutCall(c)
	})
}

// StopCall ends a call: nobody is asked any more, and nobody has to answer.
func StopCall(tx Tx, by Actor, id ID) (Call, error) {
	return moveCall(tx, by, id, Change, "call.stop", func(c *Call) error {
		if !c.Open() {
			return ErrConflict
		}
		if err := c.close(tx); err != nil {
			return err
		}
		o, err := tx.Opportunity(c.Opportunity)
		if err != nil || !o.Directed() || o.State == Expired || !o.Live() {
			return err
		}
		if err := expire(tx, &o); err != nil { // a project request is nothing but its call, here and at partners
			return err
		}
		o.changed(tx.Now())
		return tx.PutOpportunity(&o)
	})
}

func moveCall(tx Tx, by Actor, id ID, do Action, auditAs string, change func(*Call) error) (Call, error) {
	c, err := tx.Call(id)
	if err != nil {
		return c, err
	}
	if err := must(by, do, c.Thing()); err != nil {
		return c, err
	}
	old := c.State
	if err := change(&c); err != nil {
		return c, err
	}
	return c, audit(tx, by, c.role(), AuditEntry{Action: auditAs, Object: c.ID, Old: string(old), New: string(c.State)})
}

// close ends it with the invitations that nobody has answered.
func (c *Call) close(tx Tx) error {
	c.State, c.Ended = CallClosed, tx.Now()
	if err := tx.PutCall(c); err != nil {
		return err
	}
	list, err := tx.InvitationsTo(c.Opportunity)
	if err != nil {
		return err
	}
	for _, i := range list {
		if i.Call != c.ID {
			continue
		}
		if err := i.end(tx, InvitationExpired); err != nil {
			return err
		}
	}
	return nil
}

// tickCalls ends what has lapsed, or for which nobody is sought any more. A pause ends nothing.
func tickCalls(tx Tx) error {
	calls, err := tx.OpenCalls()
	if err != nil {
		return err
	}
	for _, c := range calls {
		o, err := tx.Opportunity(c.Opportunity)
		if err != nil {
			return err
		}
		org, err := tx.Organization(o.Organization)
		if err != nil {
			return err
		}
		sought := (o.Callable(tx.Now()) || o.State == Paused) && org.State == OrganizationActive && !org.Moved()
		if sought && tx.Now().Before(c.Until) {
			continue
		}
		if err := c.close(tx); err != nil {
			return err
		}
	}
	return nil
}
