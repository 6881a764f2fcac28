package engagement

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Report says that something which can be seen here is not right (UI: Meldung). It comes from a person, with or without an account, or from
// another server. Who reported is told to nobody but the moderators.
type Report struct {
	ID           ID          `class:"tec"` // secret; the address of the reporter's page is derived from it
	Number       string      `class:"per"` // for people: "M-K3V9QD2X"
	Object       ID          `class:"org"` // what is reported: see [Reported]
	Also         []ID        `class:"org"` // what another server names beside it
	Organization ID          `class:"org"` // whose the object is; empty: nobody's in particular
	Reason       Code        `class:"sen"`
	Text         string      `class:"sen"` // ≤ ReportTextLimit; from another server ≤ FlagTextLimit and untrusted
	Account      ID          `class:"per"` // who reports
	Email        string      `class:"per"` // of somebody without account who wants to hear of it
	Lang         Lang        `class:"per"`
	Forward      bool        `class:"per"` // the reporter wants the other side to know, without a name
	Host         string      `class:"per"` // another server that reports; empty: a person here
	Actor        string      `class:"per"` // and the IRI of who sent it there
	Received     time.Time   `class:"tec"`
	State        ReportState `class:"org"`
	ClaimedBy    ID          `class:"per"` // the moderator who looks at it
	ClaimedAt    time.Time   `class:"tec"`
	Ruling       Ruling      `class:"sen"` // the decision
	Person       ID          `class:"per"` // whose account was suspended
	Own          bool        `class:"org"` // nobody reported it: a moderator acted by themselves
	Proposed     Ruling      `class:"sen"` // what one moderator wants for good, until another one has decided: see [Reportable.Final]
	Turned       bool        `class:"org"` // the last ruling hid something, showed it or limited a host, which can be undone
	Final        bool        `class:"org"` // the last ruling cannot be undone
	Held         []ID        `class:"tec"` // events of the last ruling that wait as long as it can be undone
	Statement    ID          `class:"tec"` // secret; the address of the page with the reasons for the author is derived from it. Empty: there is none
	Objection    Objection   `class:"sen"`
	Second       Ruling      `class:"sen"` // the decision about the objection
	Forwarded    time.Time   `class:"tec"` // when the other side was told
	Removed      Removed     `class:"tec"` // what was removed for good
	Version      int         `class:"tec"`
}

// ReportState is the life of a report.
type ReportState string

const (
	ReportReceived ReportState = "received"
	ReportClaimed  ReportState = "claimed"
	ReportSeconded ReportState = "seconding" // hidden meanwhile; another moderator decides whether it is for good
	ReportDecided  ReportState = "decided"
	ReportObjected ReportState = "objected"
	ReportUpheld   ReportState = "upheld"
	ReportReversed ReportState = "reversed"
)

// Ruling is what a moderator decides about a report.
type Ruling struct {
	Outcome Outcome   `class:"org"`
	Reason  Code      `class:"org"` // of DecisionReasons; empty if nothing is done
	Text    string    `class:"sen"` // for reporter and author, ≤ 1,000
	By      ID        `class:"per"`
	At      time.Time `class:"tec"`
}

// Outcome is what becomes of what was reported.
type Outcome string

const (
	NoAction             Outcome = "no_action"
	MakeHidden           Outcome = "hidden"            // not shown here until somebody shows it again
	MakeRemoved          Outcome = "removed"           // for good
	MakeAccountSuspended Outcome = "account_suspended" // the person whose word it is cannot sign in any more
	MakeLimited          Outcome = "host_limited"      // nothing unasked comes from its server any more
)

// Removed is news or an occasion as it was before its removal, of which nothing else is left: for who decides about an objection, and to give it
// back. Nobody else reads it, and it ends with the report.
type Removed struct {
	Announcement *Announcement
	Occasion     *Occasion
}

// Objection is against a decision: of who reported, or of whose content it is.
type Objection struct {
	Author bool      `class:"org"` // of whose content it is
	Text   string    `class:"sen"`
	At     time.Time `class:"tec"`
}

// Limits of reports.
const (
	ReportTextLimit  = 2000
	FlagTextLimit    = 5000
	ForwardTextLimit = 1000

	rulingTextLimit = 1000
	openReports     = 50                   // of one thing; whoever reports after them says nothing new
	claimLife       = time.Hour            // then another moderator may take over
	objectionLife   = 183 * 24 * time.Hour // half a year
	forwardPause    = 24 * time.Hour       // between two reports of the same thing to its server
)

// Open says whether a moderator has to decide something.
func (r Report) Open() bool {
	return r.State == ReportReceived || r.State == ReportClaimed || r.State == ReportSeconded || r.State == ReportObjected
}

// Urgent says whether somebody may be in danger.
func (r Report) Urgent() bool { return Danger(r.Reason) }

// Danger says whether a reason to report means that somebody may be in danger.
func Danger(reason Code) bool { return strings.HasPrefix(string(reason), "gefahr-") }

// Since is when it began to wait for a moderator.
func (r Report) Since() time.Time {
	switch r.State {
	case ReportObjected:
		return r.Objection.At
	case ReportSeconded:
		return r.Proposed.At
	}
	return r.Received
}

// Last is the decision that holds; its time is zero as long as there is none.
func (r Report) Last() Ruling {
	if r.Second.At.IsZero() {
		return r.Ruling
	}
	return r.Second
}

// Busy says whether another moderator is looking at the report now.
func (r Report) Busy(by Actor, now time.Time) bool {
	return r.ClaimedBy != "" && r.ClaimedBy != by.Account && now.Before(r.ClaimedAt.Add(claimLife))
}

// MayObject says whether somebody can still object to the decision.
func (r Report) MayObject(now time.Time) bool {
	return r.State == ReportDecided && now.Before(r.Ruling.At.Add(objectionLife))
}

// Reportable is something that can be reported, as far as a moderator has to know it. It is exactly one of these nouns.
type Reportable struct {
	Noun         Noun
	Opportunity  Opportunity
	Organization Organization
	Announcement Announcement
	Board        Board
	Occasion     Occasion
	Presence     Presence
	HelpOffer    HelpOffer
	Reply        Reaction // a public reply from another server
	Owner        ID       // organization whose it is, or below whose things it stands; empty: none
	Origin       string   // server it comes from; empty: this one
}

// Reported finds what a report is about by its id.
func Reported(tx Tx, id ID) (r Reportable, err error) {
	for _, find := range []func() error{
		func() (err error) {
			r.Noun = AnOpportunity
			r.Opportunity, err = tx.Opportunity(id)
			r.Owner, r.Origin = r.Opportunity.Organization, r.Opportunity.Origin
			return err
		},
		func() (err error) {
			r.Noun = AnAnnouncement
			r.Announcement, err = tx.Announcement(id)
			r.Owner, r.Origin = r.Announcement.Organization, r.Announcement.Origin
			if err == nil && r.Announcement.State == AnnouncementWithdrawn {
				err = r.recall(tx)
			}
			return err
		},
		func() (err error) {
			r.Noun = AnOrganization
			r.Organization, err = tx.Organization(id)
			r.Owner, r.Origin = id, r.Organization.Origin
			return err
		},
		func() (err error) {
			r.Noun = ABoard
			r.Board, err = tx.Board(id)
			r.Owner = r.Board.Organization
			return err
		},
		func() (err error) {
			r.Noun = AnOccasion
			r.Occasion, err = tx.Occasion(id)
			r.Owner, r.Origin = r.Occasion.Organization, r.Occasion.Origin
			if err == nil && r.Occasion.State == OccasionWithdrawn {
				err = r.recall(tx)
			}
			return err
		},
		func() (err error) {
			r.Noun = AHelpOffer // of a volunteer: the center that published it is the author, and answers for it
			r.HelpOffer, err = tx.HelpOffer(id)
			r.Owner, r.Origin = r.HelpOffer.Organization, r.HelpOffer.Origin
			return err
		},
		func() (err error) {
			r.Noun = APresence
			r.Presence, err = tx.Presence(id)
			return err
		},
		func() (err error) {
			r.Noun = AReaction
			if r.Reply, err = tx.Reaction(id); err == nil && r.Reply.Kind != Reply {
				err = ErrNotFound
			}
			if err != nil {
				return err
			}
			r.Origin = hostOf(r.Reply.Actor)
			r.Owner, err = ownerOf(tx, r.Reply.Subject)
			return err
		},
	} {
		if err = find(); !errors.Is(err, ErrNotFound) {
			return r, err
		}
		r = Reportable{}
	}
	return r, err
}

// removed is what a report has to keep of it.
func (r Reportable) removed() Removed {
	switch r.Noun {
	case AnAnnouncement:
		return Removed{Announcement: &r.Announcement}
	case AnOccasion:
		return Removed{Occasion: &r.Occasion}
	}
	return Removed{}
}

// recall brings back to mind what moderators removed, from the report that led to it. What its organization withdrew stays blank.
func (r *Reportable) recall(tx Tx) error {
	all, err := tx.ReportsAbout(r.ID())
	for _, report := range all {
		if was := report.Removed.Announcement; was != nil {
			was.State, was.Updated, was.Version = r.Announcement.State, r.Announcement.Updated, r.Announcement.Version
			r.Announcement = *was
		}
		if was := report.Removed.Occasion; was != nil {
			if was.Live() {
				was.Said = was.State
			}
			was.State, was.Updated, was.Version = r.Occasion.State, r.Occasion.Updated, r.Occasion.Version
			r.Occasion = *was
		}
	}
	return err
}

func hostOf(iri string) string {
	u, err := url.Parse(iri)
	if err != nil {
		return ""
	}
	return u.Host
}

// ID is its id.
func (r Reportable) ID() ID {
	return cmp.Or(r.Opportunity.ID, r.Organization.ID, r.Announcement.ID, r.Board.ID, r.Occasion.ID, r.Presence.ID, r.HelpOffer.ID, r.Reply.ID)
}

// Thing describes what can be reported to [Can].
func (r Reportable) Thing() Thing {
	switch r.Noun {
	case AnOpportunity:
		return r.Opportunity.Thing()
	case AnAnnouncement:
		return r.Announcement.Thing()
	case AnOrganization:
		return r.Organization.Thing()
	case ABoard:
		return r.Board.Thing()
	case AnOccasion:
		return r.Occasion.Thing()
	case APresence:
		return r.Presence.Thing()
	case AHelpOffer:
		return r.HelpOffer.Thing()
	}
	return Thing{Noun: AReaction, Public: r.Reply.Shown}
}

// hidden says whether a moderator has hidden it.
func (r Reportable) hidden() bool {
	return r.Opportunity.State == Hidden || r.Organization.State == OrganizationSuspended ||
		r.Announcement.State == AnnouncementHidden || r.Board.State == BoardArchived || r.Occasion.State == OccasionHidden || r.HelpOffer.State == Hidden
}

// Outcomes are what a moderator can do about it now.
func (r Reportable) Outcomes() []Outcome {
	can := []Outcome{NoAction}
	switch r.Noun {
	case AnOpportunity:
		if r.Opportunity.Live() || r.Opportunity.State == Queued || r.hidden() {
			can = append(can, MakeHidden)
			if r.Origin == "" {
				can = append(can, MakeRemoved)
			}
		}
	case AnAnnouncement:
		if r.Announcement.State != AnnouncementWithdrawn {
			can = append(can, MakeHidden)
			if r.Origin == "" {
				can = append(can, MakeRemoved)
			}
		}
	case AnOrganization:
		if r.Organization.State == OrganizationActive || r.hidden() {
			can = append(can, MakeHidden)
		}
	case ABoard:
		can = append(can, MakeHidden)
	case AnOccasion:
		if r.Occasion.State != OccasionWithdrawn {
			can = append(can, MakeHidden)
			if r.Origin == "" {
				can = append(can, MakeRemoved)
			}
		}
	case AHelpOffer:
		if r.HelpOffer.Live() || r.HelpOffer.State == Queued || r.hidden() {
			can = append(can, MakeHidden)
			if r.Origin == "" {
				can = append(can, MakeRemoved)
			}
		}
	case APresence:
		if r.Presence.Open() {
			can = append(can, MakeRemoved)
		}
	case AReaction:
		can = append(can, MakeRemoved)
		if r.Origin != "" {
			can = append(can, MakeLimited)
		}
	}
	return r.withPerson(can)
}

// rule makes an outcome true. What is so already stays so; another outcome than hidden shows again what was hidden before.
func (r Reportable) rule(tx Tx, by Actor, before Outcome, d Ruling) error {
	if before == d.Outcome && before == MakeRemoved {
		return nil
	}
	if d.Outcome == NoAction {
		switch before {
		case MakeHidden:
			return r.show(tx, by, true, d)
		case MakeRemoved:
			return r.again(tx)
		}
	}
	switch d.Outcome {
	case MakeHidden:
		return r.show(tx, by, false, d)
	case MakeLimited:
		return limitHost(tx, by, r.Origin)
	case MakeRemoved:
		switch r.Noun {
		case AnOpportunity:
			_, err := decideOpportunity(tx, by, r.Opportunity.ID, DecideSuspend, d.Reason, d.Text, false)
			return err
		case AnAnnouncement:
			return DecideAnnouncement(tx, by, r.Announcement.ID, DecideSuspend)
		case AnOccasion:
			_, err := decideOccasion(tx, by, r.Occasion.ID, DecideSuspend, d.Reason, false)
			return err
		case AHelpOffer:
			_, err := decideHelpOffer(tx, by, r.HelpOffer.ID, DecideSuspend, d.Reason, d.Text, false)
			return err
		case APresence:
			return EndPresence(tx, by, r.Presence.ID)
		case AReaction:
			return DecideReply(tx, by, r.Reply.ID, false)
		}
	}
	return nil
}

// again gives back what was removed for good and should not have been, under a new id: other servers take no news of one that was deleted.
// It comes back once, however many object. A public profile is for the person to open.
func (r Reportable) again(tx Tx) error {
	all, err := tx.ReportsAbout(r.ID())
	if err != nil || slices.ContainsFunc(all, func(o Report) bool { return o.Ruling.Outcome == MakeRemoved && o.State == ReportReversed }) {
		return err
	}
	switch {
	case r.Announcement.Text != "":
		err = r.Announcement.publish(tx)
	case r.Occasion.Title != "":
		err = r.Occasion.again(tx)
	case r.Opportunity.State == Suspended || r.Opportunity.State == Archived:
		err = r.Opportunity.again(tx)
	case r.HelpOffer.State == Suspended:
		err = r.HelpOffer.again(tx)
	}
	if errors.Is(err, ErrForbidden) { // an organization that is gone gets none
		return nil
	}
	return err
}

// show hides it, or shows it again.
func (r Reportable) show(tx Tx, by Actor, on bool, d Ruling) error {
	if r.hidden() != on {
		return nil
	}
	decision := map[bool]Decision{true: DecideRestore, false: DecideHide}[on]
	switch r.Noun {
	case AnOpportunity:
		_, err := decideOpportunity(tx, by, r.Opportunity.ID, decision, d.Reason, d.Text, false)
		return err
	case AnAnnouncement:
		return DecideAnnouncement(tx, by, r.Announcement.ID, decision)
	case AnOrganization:
		return suspendOrganization(tx, by, r.Organization.ID, !on, d.Text, false)
	case ABoard:
		_, err := ArchiveBoard(tx, by, r.Board.ID, !on)
		return err
	case AnOccasion:
		_, err := decideOccasion(tx, by, r.Occasion.ID, decision, d.Reason, false)
		return err
	case AHelpOffer:
		_, err := decideHelpOffer(tx, by, r.HelpOffer.ID, decision, d.Reason, d.Text, false)
		return err
	}
	return nil
}

// Complaint is what somebody says about something.
type Complaint struct {
	Object  ID
	Reason  Code
	Text    string
	Email   string // of somebody without account, optional
	Lang    Lang
	Forward bool // only of something from another server
}

// SendReport records the report of a person who can see the thing. Who gave an address gets a receipt; the moderators are called.
func SendReport(tx Tx, by Actor, c Complaint) (Report, error) {
	if err := must(by, Create, Thing{Noun: AReport}); err != nil {
		return Report{}, err
	}
	about, err := Reported(tx, c.Object)
	if err != nil {
		return Report{}, err
	}
	if !Can(by, Read, about.Thing()) {
		return Report{}, ErrNotFound
	}
	var bad Invalids
	bad.Code("reason", ReportReasons, c.Reason, true)
	least := 0
	if c.Reason == "sonstiges" {
		least = 1
	}
	bad.Text("text", c.Text, least, ReportTextLimit)
	r := Report{Reason: c.Reason, Text: strings.TrimSpace(c.Text), Account: by.Account, Lang: c.Lang, Forward: c.Forward && about.Origin != ""}
	if by.Account == "" && c.Email != "" {
		if r.Email, err = NormalizeEmail(c.Email); err != nil {
			bad.Rename("email", err)
		}
	}
	if err := bad.Err(); err != nil {
		return r, err
	}
	if err := r.file(tx, c.Object, about); err != nil {
		return r, err
	}
	return r, r.receipt(tx)
}

// ForeignReport is a report of another server.
type ForeignReport struct {
	Host, Actor string
	Objects     []ID // things that are known here, the most important first
	Reason      Code
	Text        string // plain
}

// ReceiveReport records the report of another server. Nothing happens by itself, and nobody is told but the moderators.
func ReceiveReport(tx Tx, f ForeignReport) (Report, error) {
	if len(f.Objects) == 0 {
		return Report{}, ErrNotFound
	}
	about, err := Reported(tx, f.Objects[0])
	if err != nil {
		return Report{}, err
	}
	r := Report{Reason: f.Reason, Text: shorten(f.Text, FlagTextLimit), Also: f.Objects[1:], Host: f.Host, Actor: f.Actor}
	if !ReportReasons.Has(r.Reason) {
		r.Reason = "sonstiges"
	}
	return r, r.file(tx, f.Objects[0], about)
}

// file stores a new report and calls the moderators: for the first of several about the same thing, and for every danger once.
func (r *Report) file(tx Tx, object ID, about Reportable) error {
	others, err := tx.ReportsAbout(object)
	if err != nil {
		return err
	}
	open, urgent := 0, false
	for _, o := range others {
		if r.Account != "" && o.Account == r.Account && tx.Now().Sub(o.Received) < 24*time.Hour {
			return &Invalid{Field: "", Key: "error.report.again", Args: map[string]any{"number": o.Number}}
		}
		if o.Open() {
			open++
			urgent = urgent || o.Urgent()
		}
	}
	if open >= openReports {
		return ErrTooMany
	}
	if err := r.open(tx, object, about); err != nil {
		return err
	}
	if err := tx.Tally(TallyReport, r.Reason, 1); err != nil {
		return err
	}
	switch {
	case r.Urgent() && !urgent:
		return mail(tx, MailReportUrgent, r.ID, Recipient{Role: Moderator}, nil)
	case open == 0:
		return mail(tx, MailNewCase, r.ID, Recipient{Role: Moderator}, nil)
	}
	return nil
}

// open stores a new one with its number.
func (r *Report) open(tx Tx, object ID, about Reportable) error {
	code, err := tx.NewCode()
	if err != nil {
		return err
	}
	r.ID, r.Number, r.Object, r.Organization = tx.NewSecretID(), "M-"+strings.ToUpper(code), object, about.Owner
	r.State, r.Received = ReportReceived, tx.Now()
	return tx.PutReport(r)
}

// receipt tells who reported that it came, as far as mails to that address are allowed: nobody has shown that it is theirs.
func (r *Report) receipt(tx Tx) error {
	if r.Account == "" {
		if r.Email == "" {
			return nil
		}
		if may, err := mayMail(tx, r.Email); err != nil || !may {
			return err
		}
	}
	return r.tellReporter(tx, MailReportReceived)
}

func (r *Report) tellReporter(tx Tx, kind string) error {
	switch {
	case r.Account != "":
		return mail(tx, kind, r.ID, Recipient{Account: r.Account}, nil)
	case r.Email != "":
		return mail(tx, kind, r.ID, Recipient{Address: r.Email, Lang: r.Lang}, nil)
	}
	return nil
}

// ClaimReport tells other moderators that somebody is looking at it.
func ClaimReport(tx Tx, by Actor, id ID) (Report, error) {
	r, err := openReport(tx, by, id)
	if err != nil {
		return r, err
	}
	if !r.Open() || r.Busy(by, tx.Now()) {
		return r, ErrConflict
	}
	r.ClaimedBy, r.ClaimedAt = by.Account, tx.Now()
	if r.State == ReportReceived {
		r.State = ReportClaimed
	}
	return r, tx.PutReport(&r)
}

// openReport is a report that the actor may decide about, as far as that depends on who they are. Nobody decides about an objection to what
// they decided or proposed, nor confirms what they proposed.
func openReport(tx Tx, by Actor, id ID) (Report, error) {
	r, err := tx.Report(id)
	if err != nil {
		return r, err
	}
	if err := must(by, Decide, r.Thing()); err != nil {
		return r, err
	}
	if r.Person != "" && r.Person == by.Account {
		return r, ErrNotFound
	}
	if r.Mine(by) && !by.System {
		return r, ErrForbidden
	}
	return r, nil
}

// DecideReport decides about a report, or about the objection to a decision, and tells who reported and, if something is done about their
// content, its authors. The first decision counts: of a later one only the attempt is recorded, and counts is false. With all, the other
// open reports about the same thing are decided alike.
func DecideReport(tx Tx, by Actor, id ID, d Ruling, all bool) (r Report, counts bool, err error) {
	if r, err = openReport(tx, by, id); err != nil {
		return r, false, err
	}
	if !r.Open() || r.Busy(by, tx.Now()) {
		return r, false, audit(tx, by, Moderator, AuditEntry{Action: "report.late", Object: r.ID, Old: string(r.State), New: string(d.Outcome), Reason: d.Reason})
	}
	about, err := Reported(tx, r.Object)
	gone := errors.Is(err, ErrNotFound)
	if err != nil && !gone {
		return r, false, err
	}
	if p := about.person(); p != "" && p == by.Account {
		return r, false, ErrNotFound // nobody decides about themselves
	}
	var bad Invalids
	switch {
	case !slices.Contains(r.Choices(about), d.Outcome):
		bad.Add("outcome", "error.choice.empty")
	case d.Outcome != NoAction && !DecisionReasons.Has(d.Reason):
		bad.Add("reason", "error.reason.empty")
	}
	least := 1
	if d.Outcome == NoAction {
		d.Reason, least = "", 0
	}
	bad.Text("text", d.Text, least, rulingTextLimit)
	if err := bad.Err(); err != nil {
		return r, false, err
	}
	d.By, d.At = by.Account, tx.Now()
	if r.needsTwo(by, about, d) {
		return r, true, r.propose(tx, by, about, d)
	}
	if err := r.carryOut(tx, by, about, d); err != nil || !all {
		return r, true, err
	}
	others, err := tx.ReportsAbout(r.Object)
	for _, o := range others {
		if o.ID == r.ID || o.State != ReportReceived && o.State != ReportClaimed || o.Busy(by, tx.Now()) || !Can(by, Decide, o.Thing()) {
			continue
		}
		o.Turned, o.Held, o.Final = false, nil, r.Final
		if err := o.close(holding{tx, d.At.Add(UndoTime), &o.Held}, by, about, d); err != nil {
			return r, true, err
		}
	}
	return r, true, err
}

// close writes the decision down and tells those concerned.
func (r *Report) close(tx Tx, by Actor, about Reportable, d Ruling) error {
	old := r.State
	if err := r.count(tx, d.Outcome, 1); err != nil {
		return err
	}
	if r.contested() {
		r.Second, r.State = d, ReportReversed
		if d.Outcome == r.Ruling.Outcome {
			r.State = ReportUpheld
		}
	} else {
		r.Ruling, r.State = d, ReportDecided
	}
	r.ClaimedBy, r.ClaimedAt = "", time.Time{}
	if err := r.tellAuthor(tx, about, d); err != nil {
		return err
	}
	if err := r.tellReporter(tx, MailReportDecided); err != nil {
		return err
	}
	if err := tx.PutReport(r); err != nil { // with the events that wait
		return err
	}
	return audit(tx, by, Moderator, AuditEntry{Action: "report.decide", Object: r.ID, Old: string(old), New: string(d.Outcome), Reason: d.Reason})
}

// tellAuthor gives the reasons to whose content it is, if something is or was done about it.
func (r *Report) tellAuthor(tx Tx, about Reportable, d Ruling) error {
	if about.Origin != "" || about.Owner == "" && r.Person == "" || d.Outcome == NoAction && r.Statement == "" {
		return nil
	}
	if r.Statement == "" {
		r.Statement = tx.NewSecretID()
	}
	if r.Person != "" {
		return mail(tx, MailContentDecision, r.ID, Recipient{Account: r.Person}, nil)
	}
	return mail(tx, MailContentDecision, r.ID, Recipient{Organization: about.Owner}, nil)
}

// ObjectToDecision is the objection of who holds the token of a report: the reporter's, or that of the reasons its author got. Another moderator
// decides about it.
func ObjectToDecision(tx Tx, token, text string) (Report, error) {
	r, err := tx.ReportBySecret(Hash(token))
	if err != nil {
		return r, err
	}
	if !r.MayObject(tx.Now()) {
		return r, ErrConflict
	}
	var bad Invalids
	bad.Text("text", text, 1, ReportTextLimit)
	if err := bad.Err(); err != nil {
		return r, err
	}
	r.Objection = Objection{Author: token != tx.LinkToken(r.ID), Text: strings.TrimSpace(text), At: tx.Now()}
	r.State = ReportObjected
	if err := tx.PutReport(&r); err != nil {
		return r, err
	}
	if err := tx.Tally(TallyObjection, "", 1); err != nil {
		return r, err
	}
	return r, mail(tx, MailNewCase, r.ID, Recipient{Role: Moderator}, nil)
}

// MayForward says whether a moderator may tell the server that the reported thing comes from: only if who reported wants that, and once a day
// for each thing. Reports of other servers are not passed on.
func (r Report) MayForward(about Reportable) bool {
	return r.Forward && r.Host == "" && r.Forwarded.IsZero() && about.Origin != ""
}

// ForwardReport tells the server that the reported thing comes from. Who reported stays hidden; text, if there is any, is what a moderator
// has read and passes on.
func ForwardReport(tx Tx, by Actor, id ID, text string) (Report, error) {
	r, err := tx.Report(id)
	if err != nil {
		return r, err
	}
	if err := must(by, Decide, r.Thing()); err != nil {
		return r, err
	}
	about, err := Reported(tx, r.Object)
	if err != nil {
		return r, err
	}
	if !r.MayForward(about) {
		return r, ErrConflict
	}
	var bad Invalids
	bad.Text("forward_text", text, 0, ForwardTextLimit)
	others, err := tx.ReportsAbout(r.Object)
	if err != nil {
		return r, err
	}
	for _, o := range others {
		if tx.Now().Sub(o.Forwarded) < forwardPause {
			bad.Add("", "error.report.forwarded")
			break
		}
	}
	if err := bad.Err(); err != nil {
		return r, err
	}
	r.Forwarded = tx.Now()
	if err := tx.PutReport(&r); err != nil {
		return r, err
	}
	if err := audit(tx, by, Moderator, AuditEntry{Action: "report.forward", Object: r.ID, New: about.Origin}); err != nil {
		return r, err
	}
	return r, tx.Emit(Event{ID: tx.NewSecretID(), For: Wire, Kind: WireFlag, Subject: r.ID, At: tx.Now(), Args: map[string]string{"text": strings.TrimSpace(text)}})
}
