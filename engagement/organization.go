package engagement

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Organization is who seeks help: a club, an initiative, an office, a school, a company … Its page and its actor are public
// once it is active. A copy of another instance's organization has Origin and IRI.
type Organization struct {
	ID              ID                `class:"tec"`
	Code            string            `class:"pub"` // short public id, unique on this instance
	Handle          string            `class:"pub"` // [a-z0-9_]{2,30} with a letter, never changes; copies: as the origin says
	Origin          string            `class:"pub"` // host of the instance it lives on; empty: this one
	IRI             string            `class:"pub"` // copies: ActivityPub id
	URL             string            `class:"pub"` // copies: page at the origin
	Kind            Code              `class:"pub"` // vocabulary organization_kind
	LegalForm       Code              `class:"pub"` // vocabulary legal_form
	Name            string            `class:"pub"` // ≤ 100
	Summary         string            `class:"pub"` // ≤ 500
	Description     string            `class:"pub"` // Markdown subset, ≤ 4,000
	Web             string            `class:"pub"` // https address
	Register        string            `class:"pub"` // court and number
	Charitable      bool              `class:"pub"` // exemption notice was seen
	Place           Place             `class:"pub"`
	Areas           []Code            `class:"pub"` // 1–5
	Languages       []string          `class:"pub"` // ISO 639
	ContactRole     string            `class:"pub"` // "Koordination Ehrenamt"
	ContactMail     string            `class:"pub"` // role mailbox
	ContactPhone    string            `class:"pub"`
	ChildProtection bool              `class:"org"` // has a child-protection concept
	InsuranceNote   string            `class:"org"`
	EventNotes      bool              `class:"org"` // its followers get a short note about each of its events, instead of the event
	NoHoursMail     bool              `class:"org"` // its mailbox gets none about hours and certificates
	Level           Code              `class:"pub"` // highest attestation level of this instance, vocabulary attestation_level; empty: none
	Trusted         bool              `class:"org"` // opportunities need no check before publication
	CharterAccepted time.Time         `class:"org"`
	State           OrganizationState `class:"pub"`
	Reason          string            `class:"org"` // last question or reason of a moderator
	MovedTo         string            `class:"pub"` // ActivityPub id of the account where it is now; empty: here
	MovedName       string            `class:"pub"` // how that account called itself
	MovedPage       string            `class:"pub"` // page of that account
	AlsoKnownAs     []string          `class:"pub"` // ids of accounts elsewhere that it had before
	Created         time.Time         `class:"pub"`
	Updated         time.Time         `class:"pub"` // zero until the first change
	Version         int               `class:"tec"`
}

// Local says whether the organization lives on this instance.
func (o Organization) Local() bool { return o.Origin == "" }

// LegalPerson says whether it certainly is no natural person, nor a group of some.
func (o Organization) LegalPerson() bool { return LegalForms.Any(FlagLegalPerson, o.LegalForm) }

// OrganizationState follows the table of domain.md §3.10.
type OrganizationState string

const (
	OrganizationDraft     OrganizationState = "draft"
	OrganizationSubmitted OrganizationState = "submitted"
	OrganizationActive    OrganizationState = "active"
	OrganizationSuspended OrganizationState = "suspended"
	OrganizationDissolved OrganizationState = "dissolved"
)

// Stopped says whether its team may only read and export, and end what goes on.
func (o Organization) Stopped() bool {
	return o.State == OrganizationSuspended || o.State == OrganizationDissolved
}

// notStopped is ErrForbidden for what nobody does with an organization that is.
func notStopped(tx Tx, organization ID) error {
	o, err := tx.Organization(organization)
	if err == nil && o.Stopped() {
		err = ErrForbidden
	}
	return err
}

var (
	handleShape = regexp.MustCompile(`^[a-z0-9_]{2,30}$`)
	letter      = regexp.MustCompile(`[a-z]`)
)

// Handle proposes a handle for a name: "Leseinsel Dahmeufer e. V." becomes "leseinsel_dahmeufer_e_v".
func Handle(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case umlauts[r] != "":
			b.WriteString(umlauts[r])
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	handle := b.String()
	return strings.Trim(handle[:min(len(handle), 30)], "_")
}

var umlauts = map[rune]string{'ä': "ae", 'ö': "oe", 'ü': "ue", 'ß': "ss"}

// check finds everything that keeps the organization from being stored.
func (o *Organization) check() error {
	var bad Invalids
	bad.Text("name", o.Name, 2, 100)
	bad.Text("summary", o.Summary, 0, 500)
	bad.Text("description", o.Description, 0, 4000)
	bad.Text("contact_role", o.ContactRole, 2, 100)
	bad.Code("kind", OrganizationKinds, o.Kind, true)
	bad.Code("legal_form", LegalForms, o.LegalForm, true)
	bad.Codes("areas", Areas, o.Areas, 1, 5)
	if o.Place.Locality == "" {
		bad.Add("place", "error.place.empty")
	}
	if mail, err := NormalizeEmail(o.ContactMail); err != nil {
		bad.Rename("contact_mail", err)
	} else {
		o.ContactMail = mail
	}
	if o.Web != "" {
		if u, err := url.Parse(o.Web); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			bad.Add("web", "error.web.shape")
		}
	}
	checkHandle(&bad, o.Handle)
	return bad.Err()
}

func checkHandle(bad *Invalids, handle string) {
	if !handleShape.MatchString(handle) || !letter.MatchString(handle) {
		bad.Add("handle", "error.handle.shape")
	}
}

// reserved are handles that look as if whoever has them spoke for the instance, or mean something to programs.
var reserved = []string{
	"abuse", "actor", "admin", "administrator", "ap", "api", "help", "hilfe", "hostmaster", "inbox", "instance", "instanz", "mail", "mod", "moderation",
	"moderator", "noreply", "outbox", "postmaster", "root", "security", "seestern", "support", "system", "webmaster", "www",
}

// unusedHandle is the handle, or unless somebody chose it one made from it, that no organization, board or public presence has or ever had, and
// that is not reserved.
func unusedHandle(tx Tx, handle string, chosen bool) (string, error) {
	for base, n := handle, 2; ; n++ {
		_, ofOrganization := tx.OrganizationByHandle(handle)
		_, ofBoard := tx.BoardByHandle(handle)
		_, ofPresence := tx.PresenceByHandle(handle)
		all := []error{ofOrganization, ofBoard, ofPresence}
		taken := slices.Contains(reserved, handle) || slices.Contains(all, nil)
		switch {
		case taken && chosen:
			return "", Invalids{{Field: "handle", Key: "error.handle.taken"}}
		case !taken && slices.ContainsFunc(all, func(err error) bool { return !errors.Is(err, ErrNotFound) }):
			return "", errors.Join(all...)
		case !taken:
			return handle, nil
		}
		handle = fmt.Sprintf("%s_%d", base[:min(len(base), 26)], n)
	}
}

// RegisterOrganization stores a new organization as a draft with its founder as manager. The handle is made from the name when
// none is given and is never given out twice.
func RegisterOrganization(tx Tx, by Actor, o Organization) (Organization, error) {
	if err := must(by, Create, Thing{Noun: AnOrganization}); err != nil {
		return o, err
	}
	given := o.Handle != ""
	if !given {
		o.Handle = Handle(o.Name)
	}
	if err := o.check(); err != nil {
		return o, err
	}
	var err error
	if o.Handle, err = unusedHandle(tx, o.Handle, given); err != nil {
		return o, err
	}
	code, err := tx.NewCode()
	if err != nil {
		return o, err
	}
	o.ID, o.Code, o.Origin, o.IRI, o.State, o.Created, o.Version = tx.NewID(), code, "", "", OrganizationDraft, tx.Now(), 0
	o.CharterAccepted, o.MovedTo, o.MovedName, o.MovedPage, o.AlsoKnownAs = tx.Now(), "", "", "", nil
	if err := tx.PutOrganization(&o); err != nil {
		return o, err
	}
	if by.Account == "" {
		return o, nil
	}
	return o, tx.PutMembership(Membership{Account: by.Account, Organization: o.ID, Role: Manager, Since: tx.Now()})
}

// EditOrganization replaces what a manager may change. Handle, state, trust and level stay as they are.
func EditOrganization(tx Tx, by Actor, o Organization) (Organization, error) {
	old, err := tx.Organization(o.ID)
	if err != nil {
		return o, err
	}
	if err := must(by, Change, old.Thing()); err != nil {
		return o, err
	}
	if !old.Local() {
		return o, ErrForbidden
	}
	o.Code, o.Handle, o.Origin, o.IRI, o.URL, o.State, o.Created = old.Code, old.Handle, old.Origin, old.IRI, old.URL, old.State, old.Created
	o.Level, o.Trusted, o.Charitable, o.Reason, o.CharterAccepted = old.Level, old.Trusted, old.Charitable, old.Reason, old.CharterAccepted
	o.MovedTo, o.MovedName, o.MovedPage, o.AlsoKnownAs = old.MovedTo, old.MovedName, old.MovedPage, old.AlsoKnownAs
	if err := o.check(); err != nil {
		return o, err
	}
	o.Updated = tx.Now()
	if err := tx.PutOrganization(&o); err != nil {
		return o, err
	}
	if o.State != OrganizationActive {
		return o, nil
	}
	return o, emit(tx, WireUpdate, o.ID)
}

// SubmitOrganization asks the moderators to check a draft.
func SubmitOrganization(tx Tx, by Actor, id ID) error {
	return moveOrganization(tx, by, id, Change, "", func(o *Organization) error {
		if o.State != OrganizationDraft {
			return ErrConflict
		}
		o.State = OrganizationSubmitted
		return mail(tx, MailNewCase, o.ID, Recipient{Role: Moderator}, nil)
	})
}

// ApproveOrganization makes a submitted organization public; level says how it was checked. Opportunities of it that waited for
// nothing else stay in the queue, because the first ones are checked too.
func ApproveOrganization(tx Tx, by Actor, id ID, level Code) error {
	if level != "" && !AttestationLevels.Has(level) {
		return &Invalid{Field: "level", Key: "error.choice.unknown", Args: map[string]any{"codes": string(level)}}
	}
	return moveOrganization(tx, by, id, Decide, "organization.approve", func(o *Organization) error {
		if o.State != OrganizationSubmitted && !(by.System && o.State == OrganizationDraft) {
			return ErrConflict
		}
		o.State, o.Level, o.Reason = OrganizationActive, level, ""
		return mail(tx, MailOrganizationDecision, o.ID, Recipient{Organization: o.ID}, nil)
	})
}

// AskOrganization sends a submitted organization back with a question.
func AskOrganization(tx Tx, by Actor, id ID, question string) error {
	if strings.TrimSpace(question) == "" {
		return &Invalid{Field: "text", Key: "error.reason.empty"}
	}
	return moveOrganization(tx, by, id, Decide, "organization.ask", func(o *Organization) error {
		if o.State != OrganizationSubmitted {
			return ErrConflict
		}
		o.State, o.Reason = OrganizationDraft, question
		return mail(tx, MailOrganizationDecision, o.ID, Recipient{Organization: o.ID}, nil)
	})
}

// SuspendOrganization hides an organization, or, with on false, brings it back.
func SuspendOrganization(tx Tx, by Actor, id ID, on bool, reason string) error {
	return suspendOrganization(tx, by, id, on, reason, true)
}

// suspendOrganization leaves it to the caller to tell the organization if tell is false. A copy is hidden here only.
func suspendOrganization(tx Tx, by Actor, id ID, on bool, reason string, tell bool) error {
	from, to, action := OrganizationActive, OrganizationSuspended, "organization.suspend"
	if !on {
		from, to, action = to, from, "organization.restore"
	}
	err := moveOrganization(tx, by, id, Decide, action, func(o *Organization) error {
		if o.State != from {
			return ErrConflict
		}
		o.State, o.Reason = to, reason
		if !o.Local() {
			return nil
		}
		if tell {
			if err := mail(tx, MailOrganizationDecision, o.ID, Recipient{Organization: o.ID}, nil); err != nil {
				return err
			}
		}
		return emit(tx, WireUpdate, o.ID)
	})
	if err != nil || on {
		return err
	}
	list, err := tx.OpportunitiesOf(id)
	if err != nil {
		return err
	}
	for _, o := range list {
		if o.Local() && o.Live() {
			if err := askWaiting(tx, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// DissolveOrganization ends an organization for good: its opportunities, events, help offers and news are withdrawn, open requests end honestly, and every
// server that knows it is told to delete it.
func DissolveOrganization(tx Tx, by Actor, id ID) error {
	return moveOrganization(tx, by, id, Remove, "organization.dissolve", func(o *Organization) error {
		if o.State != OrganizationActive && o.State != OrganizationSuspended {
			return ErrConflict
		}
		list, err := tx.OpportunitiesOf(o.ID)
		if err != nil {
			return err
		}
		for _, opp := range list {
			if opp.Live() || opp.State == Hidden {
				if err := withdrawOpportunity(tx, &opp, Withdrawn); err != nil {
					return err
				}
			}
		}
		occasions, err := tx.OccasionsOf(o.ID)
		if err != nil {
			return err
		}
		for _, oc := range occasions {
			if oc.Standing() {
				if err := oc.withdraw(tx); err != nil {
					return err
				}
			}
		}
		offers, err := tx.HelpOffersOf(o.ID)
		if err != nil {
			return err
		}
		if err := withdrawAll(tx, offers); err != nil {
			return err
		}
		news, err := tx.StandingAnnouncements(o.ID)
		if err != nil {
			return err
		}
		for _, n := range news {
			if err := n.withdraw(tx); err != nil {
				return err
			}
		}
		o.State = OrganizationDissolved
		return emit(tx, WireDelete, o.ID)
	})
}

// moveOrganization is the frame of every change of state: permission, change, trace.
func moveOrganization(tx Tx, by Actor, id ID, do Action, auditAs string, change func(*Organization) error) error {
	o, err := tx.Organization(id)
	if err != nil {
		return err
	}
	if err := must(by, do, o.Thing()); err != nil {
		return err
	}
	if !o.Local() && auditAs != "organization.suspend" && auditAs != "organization.restore" {
		return ErrForbidden
	}
	old := o.State
	if err := change(&o); err != nil {
		return err
	}
	o.Updated = tx.Now()
	if err := tx.PutOrganization(&o); err != nil {
		return err
	}
	if auditAs == "" {
		return nil
	}
	return audit(tx, by, Moderator, AuditEntry{Action: auditAs, Object: o.ID, Old: string(old), New: string(o.State)})
}

// InviteMember mails an invitation to join the team of an organization. Nobody learns whether a limit held the mail back, which depends on
// whether the address has an account: it is on the list of the invited all the same.
func InviteMember(tx Tx, by Actor, organization ID, email string, role Role, lang Lang) error {
	if err := must(by, Create, Thing{Noun: AMembership, Organization: organization}); err != nil {
		return err
	}
	email, err := NormalizeEmail(email)
	if err != nil {
		return err
	}
	if role != Member && role != Manager {
		return &Invalid{Field: "role", Key: "error.role.unknown", Args: map[string]any{"x": string(role)}}
	}
	ok, err := mayMail(tx, email)
	if err != nil {
		return err
	}
	token, err := issue(tx, Token{Purpose: TokenInvite, Subject: organization, Email: email, Role: role, Lang: lang})
	if err != nil || !ok {
		return err
	}
	return mail(tx, MailInvite, organization, Recipient{Address: email, Lang: lang}, map[string]string{"token": token})
}

// JoinTeam redeems an invitation for the account whose address was invited.
func JoinTeam(tx Tx, by Actor, token string) (ID, error) {
	a, err := tx.Account(by.Account)
	if err != nil {
		return "", err
	}
	t, err := tx.TakeToken(Hash(token), TokenInvite)
	if err != nil {
		return "", err
	}
	if t.Email != a.Email {
		return "", ErrForbidden
	}
	if by.Members[t.Subject] == Manager { // an old invitation takes no rights away
		return t.Subject, nil
	}
	return t.Subject, tx.PutMembership(Membership{Account: a.ID, Organization: t.Subject, Role: t.Role, Since: tx.Now()})
}

// LeaveTeam removes somebody from an organization: a manager anybody, everybody themselves. The last manager stays. An invitation that the person has
// not used does not bring them back.
func LeaveTeam(tx Tx, by Actor, account, organization ID) error {
	if by.Account != account {
		if err := must(by, Remove, Thing{Noun: AMembership, Organization: organization}); err != nil {
			return err
		}
	}
	team, err := tx.Memberships(organization)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(team, func(m Membership) bool { return m.Account == account })
	if at < 0 {
		return ErrNotFound
	}
	others, err := othersInCharge(tx, organization, account)
	if err != nil {
		return err
	}
	if team[at].Role == Manager && !others && !by.System {
		return &Invalid{Field: "member", Key: "error.member.last"}
	}
	a, err := tx.Account(account)
	if err != nil {
		return err
	}
	return errors.Join(tx.DeleteMembership(account, organization), tx.DeleteTokensTo(organization, TokenInvite, a.Email))
}

// emit records a change that other servers must learn of.
func emit(tx Tx, kind string, subject ID) error {
	return tx.Emit(Event{ID: tx.NewID(), For: Wire, Kind: kind, Subject: subject, At: tx.Now()})
}
