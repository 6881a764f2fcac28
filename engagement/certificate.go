package engagement

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// Certificate is what an organization confirms that somebody did (UI: Nachweis). It belongs to the person, who chooses what it says and what
// whoever has its code can check. It never leaves the instance but as the person's own paper or file.
type Certificate struct {
	ID           ID               `class:"per"` // secret; names the signed file
	Code         string           `class:"per"` // of the check page: 16 letters of the short-code alphabet
	Account      ID               `class:"per"` // empty: its person deleted it, and only its bit in the status list is left
	Organization ID               `class:"per"`
	Type         Code             `class:"per"` // vocabulary certificate_type
	Name         string           `class:"per"` // as the person wants to be called, ≤ 100
	Role         string           `class:"per"` // what the person was, ≤ 100
	From         Date             `class:"per"`
	Until        Date             `class:"per"`
	Tasks        string           `class:"per"` // ≤ CertificateTaskLimit; empty: not shown
	Skills       []Code           `class:"per"` // ≤ 10; empty: not shown
	Groups       []Code           `class:"per"` // target groups, ≤ 5; empty: not shown
	Hours        bool             `class:"per"` // the confirmed hours are shown
	Minutes      int              `class:"per"` // of the period, as they were confirmed when it was issued
	Released     []Code           `class:"per"` // vocabulary certificate_part: what the check page shows besides organization and period
	Issuer       string           `class:"pub"` // name of the organization when it confirmed
	Level        Code             `class:"pub"` // how far that was checked then, vocabulary attestation_level
	State        CertificateState `class:"per"`
	Reason       string           `class:"per"` // why it was declined or revoked, ≤ HoursReasonLimit
	Status       int              `class:"tec"` // number in the status list, from 1; 0: not issued yet
	Asked        time.Time        `class:"per"`
	Issued       time.Time        `class:"per"`
	Ended        time.Time        `class:"per"` // declined or revoked
	Lang         Lang             `class:"per"` // of what the person wrote
	Version      int              `class:"tec"`
}

// CertificateState is the life of a certificate.
type CertificateState string

const (
	CertificateRequested CertificateState = "requested"
	CertificateIssued    CertificateState = "issued"
	CertificateDeclined  CertificateState = "declined"
	CertificateRevoked   CertificateState = "revoked"
)

// Limits of certificates.
const (
	CertificateTaskLimit = 1000
	CertificateSkills    = 10
	CertificateGroups    = 5
	StatusListSize       = 131_072 // entries of one status list: the least that the standard allows, so that one says little about a person

	mostCertificates = 50 // of one person that wait
)

// Thing describes the certificate to [Can].
func (c Certificate) Thing() Thing {
	return Thing{Noun: ACertificate, Organization: c.Organization, Person: c.Account}
}

// RevocationThing describes taking it back to [Can].
func (c Certificate) RevocationThing() Thing {
	t := c.Thing()
	t.Noun = ARevocation
	return t
}

// Parts are those of what the certificate says that can be left out or released.
func (c Certificate) Parts() (parts []Code) {
	for _, p := range []struct {
		part  Code
		shown bool
	}{
		{"name", true}, {"rolle", c.Role != ""}, {"stunden", c.Hours}, {"taetigkeiten", c.Tasks != ""}, {"kompetenzen", len(c.Skills) > 0}, {"zielgruppen", len(c.Groups) > 0},
	} {
		if p.shown {
			parts = append(parts, p.part)
		}
	}
	return parts
}

// Public is what the check page shows of the certificate: nothing but whether it holds, who confirmed it, when, and what its person released.
func (c Certificate) Public() Certificate {
	p := Certificate{Type: c.Type, Issuer: c.Issuer, Level: c.Level, From: c.From, Until: c.Until, State: c.State, Issued: c.Issued, Ended: c.Ended, Lang: c.Lang}
	has := func(part Code) bool { return slices.Contains(c.Released, part) }
	if has("name") {
		p.Name = c.Name
	}
	if has("rolle") {
		p.Role = c.Role
	}
	if has("stunden") {
		p.Hours, p.Minutes = c.Hours, c.Minutes
	}
	if has("taetigkeiten") {
		p.Tasks = c.Tasks
	}
	if has("kompetenzen") {
		p.Skills = c.Skills
	}
	if has("zielgruppen") {
		p.Groups = c.Groups
	}
	return p
}

// OfferedCertificates are the types that people of an instance in that Land can ask for.
func OfferedCertificates(land string) []Code {
	types := CertificateTypes.With(FlagVolunteer)
	if land == "BE" {
		return types
	}
	return slices.DeleteFunc(types, func(c Code) bool {
		return c == "freiwilligenpass-berlin-vorbereitung" || c == "schueler-freiwilligenpass"
	})
}

// check finds everything that keeps a certificate from being asked for.
func (c *Certificate) check(i Instance, today Date) error {
	var bad Invalids
	if !slices.Contains(OfferedCertificates(i.Land), c.Type) {
		bad.Add("type", "error.choice.empty")
	}
	switch {
	case !c.From.Valid():
		bad.Add("from", "error.date.empty")
	case c.From > today:
		bad.Add("from", "error.certificate.future")
	}
	switch {
	case !c.Until.Valid():
		bad.Add("until", "error.date.empty")
	case c.Until > today:
		bad.Add("until", "error.certificate.future")
	case c.From.Valid() && c.Until < c.From:
		bad.Add("until", "error.certificate.order")
	}
	bad.Text("name", c.Name, 1, 100)
	bad.Text("role", c.Role, 1, 100)
	bad.Text("tasks", c.Tasks, 0, CertificateTaskLimit)
	bad.Codes("skills", Skills, c.Skills, 0, CertificateSkills)
	bad.Codes("groups", TargetGroups, c.Groups, 0, CertificateGroups)
	return bad.Err()
}

// PrepareCertificate checks what somebody would ask for, and completes it for the page before sending. tie is one of [Ties].
func PrepareCertificate(tx Tx, by Actor, tie ID, w Certificate) (Certificate, error) {
	c := Certificate{
		Account: by.Account, Type: w.Type, Name: strings.TrimSpace(w.Name), Role: strings.TrimSpace(w.Role), From: w.From, Until: w.Until,
		Tasks: strings.TrimSpace(w.Tasks), Skills: w.Skills, Groups: w.Groups, Hours: w.Hours, Lang: w.Lang, Asked: tx.Now(), State: CertificateRequested,
	}
	if err := must(by, Create, c.Thing()); err != nil {
		return c, err
	}
	i, err := tx.Instance()
	if err != nil {
		return c, err
	}
	if err := c.check(i, DateOf(tx.Now())); err != nil {
		return c, err
	}
	t, err := tied(tx, by.Account, tie)
	if err != nil {
		return c, err
	}
	o, err := tx.Organization(t.Organization)
	if err != nil {
		return c, err
	}
	if !o.Local() || o.State != OrganizationActive {
		return c, &Invalid{Field: "tie", Key: "error.certificate.elsewhere"}
	}
	c.Organization = o.ID
	if err := c.count(tx); err != nil {
		return c, err
	}
	if c.Hours && c.Minutes == 0 {
		return c, &Invalid{Field: "parts", Key: "error.certificate.hours"}
	}
	return c, nil
}

// count reads the confirmed hours of the period, if they are shown.
func (c *Certificate) count(tx Tx) error {
	c.Minutes = 0
	if !c.Hours {
		return nil
	}
	sum, err := SumHours(tx, c.Account)
	c.Minutes = sum.Minutes(c.Organization, c.From, c.Until)
	return err
}

// AskCertificate sends it to the organization.
func AskCertificate(tx Tx, by Actor, tie ID, w Certificate) (Certificate, error) {
	c, err := PrepareCertificate(tx, by, tie, w)
	if err != nil {
		return c, err
	}
	own, err := tx.CertificatesOf(by.Account)
	if err != nil {
		return c, err
	}
	if len(slices.DeleteFunc(own, func(c Certificate) bool { return c.State != CertificateRequested })) >= mostCertificates {
		return c, ErrTooMany
	}
	c.Minutes = 0
	if err := c.identify(tx); err != nil {
		return c, err
	}
	if err := tx.PutCertificate(&c); err != nil {
		return c, err
	}
	if err := helped(tx, by, "certificate", c.ID); err != nil {
		return c, err
	}
	return c, mailHours(tx, MailCertificateAsked, c.ID, Recipient{Organization: c.Organization})
}

// identify gives a new certificate its id and code.
func (c *Certificate) identify(tx Tx) error {
	for range 2 { // 79 bits: enough that nobody finds one by trying, short enough to be typed from paper
		code, err := tx.NewCode()
		if err != nil {
			return err
		}
		c.Code += code
	}
	c.ID = tx.NewSecretID()
	return nil
}

// Thankable says whether the organization can give the person of an agreement a card of thanks: they have an account here and released their name.
func (m MatchRequest) Thankable() bool {
	return m.Account != "" && m.OriginHere() && m.Card["name"] != "" && !m.AgreedAt.IsZero()
}

// Thank gives somebody a card of thanks (UI: Dankeskarte): a certificate for which nobody has to ask. It says who is thanked, and for what.
func Thank(tx Tx, by Actor, request ID, text string) (Certificate, error) {
	m, err := tx.MatchRequest(request)
	if err != nil {
		return Certificate{}, err
	}
	c := Certificate{
		Account: m.Account, Organization: m.Organization, Type: "dankeskarte", Name: m.Card["name"], From: DateOf(m.AgreedAt), Until: DateOf(tx.Now()),
		Tasks: strings.TrimSpace(text), State: CertificateIssued, Asked: tx.Now(), Issued: tx.Now(), Lang: "de",
	}
	if err := must(by, Decide, c.Thing()); err != nil {
		return c, err
	}
	var bad Invalids
	bad.Text("text", c.Tasks, 1, CertificateTaskLimit)
	if err := bad.Err(); err != nil {
		return c, err
	}
	o, err := tx.Organization(c.Organization)
	if err != nil {
		return c, err
	}
	if !m.Thankable() || o.State != OrganizationActive {
		return c, ErrConflict
	}
	c.Issuer, c.Level = o.Name, o.Level
	about, err := tx.Opportunity(m.Opportunity)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return c, err
	}
	c.Role = about.Title
	if c.Status, err = tx.NextStatus(); err != nil {
		return c, err
	}
	if err := c.identify(tx); err != nil {
		return c, err
	}
	return c, c.decide(tx, by, "certificate.thank")
}

// IssueCertificate is the word of the organization that all of it is true, as somebody of its team saw it in that version.
func IssueCertificate(tx Tx, by Actor, id ID, version int) (Certificate, error) {
	c, err := decidableCertificate(tx, by, id)
	if err != nil {
		return c, err
	}
	if c.Version != version {
		return c, ErrStale
	}
	o, err := tx.Organization(c.Organization)
	if err != nil {
		return c, err
	}
	if o.State != OrganizationActive {
		return c, ErrForbidden
	}
	if err := c.count(tx); err != nil {
		return c, err
	}
	if c.Status, err = tx.NextStatus(); err != nil {
		return c, err
	}
	c.State, c.Issued, c.Issuer, c.Level = CertificateIssued, tx.Now(), o.Name, o.Level
	return c, c.decide(tx, by, "certificate.issue")
}

// DeclineCertificate says, with the reason, that the organization does not confirm it.
func DeclineCertificate(tx Tx, by Actor, id ID, reason string) error {
	c, err := decidableCertificate(tx, by, id)
	if err != nil {
		return err
	}
	return c.end(tx, by, CertificateDeclined, "certificate.decline", reason)
}

// RevokeCertificate takes back, with the reason, what the organization confirmed. Whoever checks it learns that.
func RevokeCertificate(tx Tx, by Actor, id ID, reason string) error {
	c, err := tx.Certificate(id)
	if err != nil {
		return err
	}
	if err := must(by, Read, c.Thing()); err != nil {
		return err
	}
	if !Can(by, Decide, c.RevocationThing()) {
		return ErrForbidden
	}
	if c.State != CertificateIssued {
		return ErrConflict
	}
	return c.end(tx, by, CertificateRevoked, "certificate.revoke", reason)
}

func decidableCertificate(tx Tx, by Actor, id ID) (Certificate, error) {
	c, err := tx.Certificate(id)
	if err != nil {
		return c, err
	}
	if err := must(by, Decide, c.Thing()); err != nil {
		return c, err
	}
	if c.State != CertificateRequested {
		return c, ErrConflict
	}
	return c, nil
}

func (c *Certificate) end(tx Tx, by Actor, state CertificateState, action, reason string) error {
	var bad Invalids
	bad.Text("reason", reason, 1, HoursReasonLimit)
	if err := bad.Err(); err != nil {
		return err
	}
	c.State, c.Reason, c.Ended = state, strings.TrimSpace(reason), tx.Now()
	return c.decide(tx, by, action)
}

func (c *Certificate) decide(tx Tx, by Actor, action string) error {
	if err := tx.PutCertificate(c); err != nil {
		return err
	}
	if err := audit(tx, by, Member, AuditEntry{Action: action, Object: c.ID, Person: c.Account}); err != nil {
		return err
	}
	return mailHours(tx, MailCertificateNews, c.ID, Recipient{Account: c.Account})
}

// ReleaseCertificate says what the check page shows from now on. That is a consent of its own, and taken back in the same way.
func ReleaseCertificate(tx Tx, by Actor, id ID, parts []Code) error {
	c, err := tx.Certificate(id)
	if err != nil {
		return err
	}
	if err := must(by, Change, c.Thing()); err != nil {
		return err
	}
	var bad Invalids
	bad.Codes("released", CertificateParts, parts, 0, len(CertificateParts.Terms))
	if err := bad.Err(); err != nil {
		return err
	}
	c.Released = parts
	if err := tx.PutCertificate(&c); err != nil {
		return err
	}
	p, err := tx.Profile(c.Account)
	if err != nil {
		return err
	}
	own, err := tx.CertificatesOf(c.Account)
	if err != nil {
		return err
	}
	shown := slices.ContainsFunc(own, func(c Certificate) bool { return len(c.Released) > 0 })
	p.agree(ConsentCheckPage, shown, tx.Now(), time.Time{})
	return tx.PutProfile(&p)
}

// hideCertificates takes back everything that check pages show about the actor.
func hideCertificates(tx Tx, by Actor) error {
	own, err := tx.CertificatesOf(by.Account)
	if err != nil {
		return err
	}
	for _, c := range own {
		if len(c.Released) == 0 {
			continue
		}
		if err := ReleaseCertificate(tx, by, c.ID, nil); err != nil {
			return err
		}
	}
	return nil
}

// RemoveCertificate deletes what belongs to the actor.
func RemoveCertificate(tx Tx, by Actor, id ID) error {
	c, err := tx.Certificate(id)
	if err != nil {
		return err
	}
	if err := must(by, Remove, c.Thing()); err != nil {
		return err
	}
	return ForgetCertificate(tx, id)
}

// ForgetCertificate deletes a certificate. Of one that was issued its bit in the status list stays, so that no other file gets it; nothing else does.
func ForgetCertificate(tx Tx, id ID) error {
	c, err := tx.Certificate(id)
	if err != nil {
		return err
	}
	if c.Status == 0 {
		return tx.DeleteCertificate(c.ID)
	}
	c = Certificate{ID: c.ID, State: c.State, Status: c.Status, Version: c.Version}
	return tx.PutCertificate(&c)
}

// eraseCertificates forgets those of an account.
func eraseCertificates(tx Tx, account ID, done *Erased) error {
	own, err := tx.CertificatesOf(account)
	if err != nil {
		return err
	}
	for _, c := range own {
		done.Certificates++
		if err := ForgetCertificate(tx, c.ID); err != nil {
			return err
		}
	}
	return nil
}
