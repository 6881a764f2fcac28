package engagement

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// HoursEntry is time that somebody gave to an organization (UI: Stunden). It never leaves the instance. When its person deletes it or the
// account, one that was confirmed stays as a number of the organization: without person, and with its month only.
type HoursEntry struct {
	ID           ID         `class:"tec"` // secret
	Account      ID         `class:"per"` // whose it is; empty: of somebody without an account, or nobody's any more
	Organization ID         `class:"per"`
	Request      ID         `class:"per"` // match request it belongs to; empty: none
	Cause        ID         `class:"per"` // what it comes from, a place in a shift for example; empty: somebody wrote it
	Day          Date       `class:"per"`
	Month        bool       `class:"per"` // only the month of Day is meant
	Minutes      int        `class:"per"` // HoursStep to HoursMost
	Said         int        `class:"per"` // minutes as the person wrote them, if the organization corrected them
	Kind         Code       `class:"per"` // vocabulary hours_kind
	Source       Code       `class:"per"` // vocabulary hours_source
	State        HoursState `class:"per"`
	Reason       string     `class:"per"` // why it was corrected or rejected, ≤ HoursReasonLimit
	Created      time.Time  `class:"tec"`
	Decided      time.Time  `class:"tec"`
	Version      int        `class:"tec"`
}

// HoursState says whether the organization agrees.
type HoursState string

const (
	HoursOpen      HoursState = "open"
	HoursConfirmed HoursState = "confirmed"
	HoursRejected  HoursState = "rejected" // its person can change it, and then it is open again
)

// Limits of hours.
const (
	HoursStep        = 15      // minutes; every entry is a multiple of it
	HoursMost        = 24 * 60 // minutes of one entry
	HoursReasonLimit = 1000
	HoursBack        = 12 // months back for which somebody can write hours down
	HoursKept        = 36 // months for which an organization sees single entries

	mostOpenHours = 200 // of one person
)

// Thing describes the hours to [Can].
func (h HoursEntry) Thing() Thing {
	return Thing{Noun: AnHoursEntry, Organization: h.Organization, Person: h.Account}
}

// Editable says whether its person can still change it.
func (h HoursEntry) Editable() bool { return h.State != HoursConfirmed && h.Cause == "" }

// Tie is what somebody does, or did, for an organization: a match request that was agreed, or being of its team.
type Tie struct {
	Organization ID
	Request      ID // empty: of the team
	Subject      ID // opportunity or help offer of the request
}

// ID tells the ties of one person apart.
func (t Tie) ID() ID {
	if t.Request != "" {
		return t.Request
	}
	return t.Organization
}

// Ties are those of an account, the newest first.
func Ties(tx Tx, account ID) (ties []Tie, err error) {
	requests, err := tx.RequestsOfAccount(account)
	if err != nil {
		return nil, err
	}
	for _, m := range requests {
		if !m.AgreedAt.IsZero() {
			ties = append(ties, Tie{m.Organization, m.ID, m.Subject()})
		}
	}
	teams, err := tx.MembershipsOf(account)
	for _, m := range teams {
		ties = append(ties, Tie{Organization: m.Organization})
	}
	return ties, err
}

// tied is the one of the account's ties with that id.
func tied(tx Tx, account, id ID) (Tie, error) {
	ties, err := Ties(tx, account)
	if err != nil {
		return Tie{}, err
	}
	i := slices.IndexFunc(ties, func(t Tie) bool { return t.ID() == id })
	if i < 0 {
		return Tie{}, &Invalid{Field: "tie", Key: "error.choice.empty"}
	}
	return ties[i], nil
}

// Time is what somebody says about hours of theirs.
type Time struct {
	Tie     ID // see [Tie.ID]
	Day     Date
	Month   bool // only the month of Day is meant
	Minutes int
	Kind    Code
}

// check finds everything that keeps the time from being written down.
func (t *Time) check(today Date) error {
	var bad Invalids
	if t.Month && t.Day.Valid() {
		t.Day = t.Day[:len("2026-11")] + "-01"
	}
	first := Date(today[:len("2026-11")] + "-01").months(-HoursBack)
	switch {
	case !t.Day.Valid():
		bad.Add("day", "error.date.empty")
	case t.Day > today:
		bad.Add("day", "error.entry.future")
	case t.Day < first:
		bad.Add("day", "error.entry.past", "n", HoursBack)
	}
	bad.minutes("hours", t.Minutes)
	bad.Code("kind", HoursKinds, t.Kind, true)
	return bad.Err()
}

func (es *Invalids) minutes(field string, n int) {
	switch {
	case n < HoursStep || n > HoursMost:
		es.Add(field, "error.entry.range")
	case n%HoursStep != 0:
		es.Add(field, "error.entry.step")
	}
}

// months is the date n months later; it is for first days of months.
func (d Date) months(n int) Date {
	t, _ := time.Parse(time.DateOnly, string(d))
	return Date(t.AddDate(0, n, 0).Format(time.DateOnly))
}

// EnterHours writes down what somebody says they did for an organization. It waits for the organization's word.
func EnterHours(tx Tx, by Actor, t Time) (HoursEntry, error) {
	h := HoursEntry{Account: by.Account, Source: "selbst", Created: tx.Now(), State: HoursOpen}
	if err := must(by, Create, Thing{Noun: AnHoursEntry, Person: by.Account}); err != nil {
		return h, err
	}
	if err := h.say(tx, t); err != nil {
		return h, err
	}
	own, err := tx.HoursOf(by.Account)
	if err != nil {
		return h, err
	}
	if len(slices.DeleteFunc(own, func(h HoursEntry) bool { return h.State != HoursOpen })) >= mostOpenHours {
		return h, ErrTooMany
	}
	h.ID = tx.NewSecretID()
	return h, errors.Join(h.wait(tx), helped(tx, by, "hours", h.ID))
}

// say takes over what the person says.
func (h *HoursEntry) say(tx Tx, t Time) error {
	if err := t.check(DateOf(tx.Now())); err != nil {
		return err
	}
	tie, err := tied(tx, h.Account, t.Tie)
	if err != nil {
		return err
	}
	h.Organization, h.Request = tie.Organization, tie.Request
	h.Day, h.Month, h.Minutes, h.Kind = t.Day, t.Month, t.Minutes, t.Kind
	return nil
}

// wait stores an entry that the organization has to confirm, and tells it of the first one of a day.
func (h *HoursEntry) wait(tx Tx) error {
	o, err := tx.Organization(h.Organization)
	if err != nil {
		return err
	}
	waiting, err := tx.OpenHours(o.ID)
	if err != nil {
		return err
	}
	if err := tx.PutHours(h); err != nil {
		return err
	}
	yesterday := tx.Now().Add(-24 * time.Hour)
	told := slices.ContainsFunc(waiting, func(other HoursEntry) bool { return other.Created.After(yesterday) })
	if told || !o.Local() || o.State != OrganizationActive {
		return nil
	}
	return mailHours(tx, MailHoursWaiting, o.ID, Recipient{Organization: o.ID})
}

// EditHours changes what somebody wrote down, as long as it is not confirmed.
func EditHours(tx Tx, by Actor, id ID, version int, t Time) (HoursEntry, error) {
	h, err := tx.Hours(id)
	if err != nil {
		return h, err
	}
	if err := must(by, Change, h.Thing()); err != nil {
		return h, err
	}
	switch {
	case !h.Editable():
		return h, ErrConflict
	case h.Version != version:
		return h, ErrStale
	}
	if err := h.say(tx, t); err != nil {
		return h, err
	}
	h.State, h.Reason, h.Said, h.Decided, h.Created = HoursOpen, "", 0, time.Time{}, tx.Now()
	return h, errors.Join(h.wait(tx), helped(tx, by, "hours", h.ID))
}

// RemoveHours takes an entry out of somebody's own record.
func RemoveHours(tx Tx, by Actor, id ID) error {
	h, err := tx.Hours(id)
	if err != nil {
		return err
	}
	if err := must(by, Remove, h.Thing()); err != nil {
		return err
	}
	return ForgetHours(tx, id)
}

// ForgetHours leaves of an entry what an organization may keep: a number if it was confirmed, else nothing.
func ForgetHours(tx Tx, id ID) error {
	h, err := tx.Hours(id)
	if err != nil {
		return err
	}
	if h.State != HoursConfirmed {
		return tx.DeleteHours(h.ID)
	}
	h.Account, h.Request, h.Cause, h.Reason, h.Said = "", "", "", "", 0
	h.Day, h.Month = h.Day[:len("2026-11")]+"-01", true
	return tx.PutHours(&h)
}

// eraseHours forgets the hours of an account.
func eraseHours(tx Tx, account ID, done *Erased) error {
	own, err := tx.HoursOf(account)
	if err != nil {
		return err
	}
	for _, h := range own {
		done.Hours++
		if err := ForgetHours(tx, h.ID); err != nil {
			return err
		}
	}
	return nil
}

// ProposeHours records time because of something else that happened, h.Cause: for example that somebody was there for a shift. Of h it takes
// Account or, of somebody without one, Request, besides Organization, Cause, Day, Minutes (rounded), Kind and Source. What the team says about
// somebody else is confirmed by that, everything else waits. Saying it again for the same cause replaces it.
func ProposeHours(tx Tx, by Actor, h HoursEntry) (HoursEntry, error) {
	rounded := (h.Minutes + HoursStep/2) / HoursStep * HoursStep
	e := HoursEntry{
		Account: h.Account, Request: h.Request, Organization: h.Organization, Cause: h.Cause, Day: h.Day, Kind: h.Kind, Source: h.Source,
		Minutes: min(max(rounded, HoursStep), HoursMost), Created: tx.Now(), State: HoursOpen,
	}
	decides := Can(by, Decide, e.Thing())
	if !decides {
		if err := must(by, Create, e.Thing()); err != nil {
			return e, err
		}
	}
	var bad Invalids
	bad.Code("kind", HoursKinds, e.Kind, true)
	bad.Code("source", HoursSources, e.Source, true)
	if err := bad.Err(); err != nil {
		return e, err
	}
	switch old, err := tx.HoursFrom(e.Cause); {
	case err == nil && !decides && old.State == HoursConfirmed:
		return old, nil
	case err == nil:
		e.ID, e.Version = old.ID, old.Version
	case errors.Is(err, ErrNotFound):
		e.ID = tx.NewSecretID()
	default:
		return e, err
	}
	if !decides {
		return e, e.wait(tx)
	}
	e.State, e.Decided = HoursConfirmed, tx.Now()
	return e, tx.PutHours(&e)
}

// TakeBackHours deletes what was proposed because of something that did not happen after all; nothing if there is nothing.
func TakeBackHours(tx Tx, by Actor, cause ID) error {
	h, err := tx.HoursFrom(cause)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := must(by, Decide, h.Thing()); err != nil {
		return err
	}
	return tx.DeleteHours(h.ID)
}

// SeenHours names an entry as somebody saw it.
type SeenHours struct {
	ID      ID
	Version int
}

// ConfirmHours is the word of the organization that people did what they wrote. It returns how many entries it confirmed; what was decided or
// changed meanwhile is left as it is.
func ConfirmHours(tx Tx, by Actor, organization ID, seen []SeenHours) (int, error) {
	n, told := 0, map[ID]bool{}
	for _, s := range seen {
		h, err := decidableHours(tx, by, organization, s)
		if errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return n, err
		}
		n++
		h.State, h.Decided = HoursConfirmed, tx.Now()
		if err := h.decide(tx, by, "hours.confirm", !told[h.Account]); err != nil {
			return n, err
		}
		told[h.Account] = true
	}
	return n, nil
}

// CorrectHours confirms another time than the person wrote, with the reason.
func CorrectHours(tx Tx, by Actor, organization ID, seen SeenHours, minutes int, reason string) error {
	h, err := decidableHours(tx, by, organization, seen)
	if err != nil {
		return err
	}
	var bad Invalids
	bad.minutes("hours", minutes)
	bad.Text("reason", reason, 1, HoursReasonLimit)
	if minutes == h.Minutes {
		bad.Add("hours", "error.entry.same")
	}
	if err := bad.Err(); err != nil {
		return err
	}
	h.Said, h.Minutes, h.Reason = h.Minutes, minutes, strings.TrimSpace(reason)
	h.State, h.Decided = HoursConfirmed, tx.Now()
	return h.decide(tx, by, "hours.correct", true)
}

// RejectHours says, with the reason, that the organization does not confirm something.
func RejectHours(tx Tx, by Actor, organization ID, seen SeenHours, reason string) error {
	h, err := decidableHours(tx, by, organization, seen)
	if err != nil {
		return err
	}
	var bad Invalids
	bad.Text("reason", reason, 1, HoursReasonLimit)
	if err := bad.Err(); err != nil {
		return err
	}
	h.State, h.Reason, h.Decided = HoursRejected, strings.TrimSpace(reason), tx.Now()
	return h.decide(tx, by, "hours.reject", true)
}

// decidableHours is an open entry of the organization that the actor may decide about.
func decidableHours(tx Tx, by Actor, organization ID, seen SeenHours) (HoursEntry, error) {
	h, err := tx.Hours(seen.ID)
	if err != nil {
		return h, err
	}
	if h.Organization != organization {
		return h, ErrNotFound
	}
	if err := must(by, Decide, h.Thing()); err != nil {
		return h, err
	}
	switch {
	case h.State != HoursOpen:
		return h, ErrConflict
	case h.Version != seen.Version:
		return h, ErrStale
	}
	return h, nil
}

func (h *HoursEntry) decide(tx Tx, by Actor, action string, tell bool) error {
	if err := tx.PutHours(h); err != nil {
		return err
	}
	if err := audit(tx, by, Member, AuditEntry{Action: action, Object: h.ID, Person: h.Account}); err != nil || !tell || h.Account == "" {
		return err
	}
	return mailHours(tx, MailHoursDecided, h.Account, Recipient{Account: h.Account})
}

// ExportHours records that somebody took a table of the hours that an organization confirmed, with so many rows.
func ExportHours(tx Tx, by Actor, organization ID, rows int) error {
	if err := must(by, Read, HoursEntry{Organization: organization}.Thing()); err != nil {
		return err
	}
	return audit(tx, by, Member, AuditEntry{Action: "hours.export", Object: organization, New: strconv.Itoa(rows)})
}

// HoursSum is the confirmed time of somebody: of single entries, and of what organizations confirmed at the end of requests of which no
// single entry was.
type HoursSum struct {
	entries []HoursEntry
	worked  []MatchRequest
}

// SumHours reads the confirmed time of an account.
func SumHours(tx Tx, account ID) (s HoursSum, err error) {
	all, err := tx.HoursOf(account)
	if err != nil {
		return s, err
	}
	single := map[ID]bool{}
	for _, h := range all {
		if h.State == HoursConfirmed {
			s.entries = append(s.entries, h)
			single[h.Request] = true
		}
	}
	requests, err := tx.RequestsOfAccount(account)
	for _, m := range requests {
		if m.Worked.Hours > 0 && m.State == Completed && !single[m.ID] {
			s.worked = append(s.worked, m)
		}
	}
	return s, err
}

// AtTheEnd are the requests whose hours were confirmed at their end alone.
func (s HoursSum) AtTheEnd() []MatchRequest { return s.worked }

// Minutes are those for an organization, or for all with the empty ID, from one day to another.
func (s HoursSum) Minutes(organization ID, from, until Date) (n int) {
	counts := func(o ID, d Date) bool { return (organization == "" || o == organization) && d >= from && d <= until }
	for _, h := range s.entries {
		if counts(h.Organization, h.Day) {
			n += h.Minutes
		}
	}
	for _, m := range s.worked {
		if counts(m.Organization, m.lastDay()) {
			n += int(m.Worked.Hours*60 + 0.5)
		}
	}
	return n
}

// lastDay is the day on which confirmed work ended.
func (m MatchRequest) lastDay() Date {
	if m.Worked.Until != "" {
		return m.Worked.Until
	}
	return DateOf(m.EndedAt)
}

// Year are the minutes of a year, for all organizations.
type Year struct {
	Year    string
	Minutes int
}

// Years are the sums of the years in which there is something, the last first.
func (s HoursSum) Years() (years []Year) {
	var found []string
	for _, h := range s.entries {
		found = append(found, string(h.Day[:4]))
	}
	for _, m := range s.worked {
		found = append(found, string(m.lastDay()[:4]))
	}
	slices.Sort(found)
	found = slices.Compact(found)
	for _, y := range slices.Backward(found) {
		years = append(years, Year{y, s.Minutes("", Date(y+"-01-01"), Date(y+"-12-31"))})
	}
	return years
}

// ---- mails about hours and certificates, which people and organizations can end ----

// mailHours sends one unless its reader has ended them. The token of the link that does so always is the same.
func mailHours(tx Tx, kind string, subject ID, to Recipient) error {
	off := false
	switch {
	case to.Account != "":
		a, err := tx.Account(to.Account)
		if err != nil {
			return err
		}
		off = a.NoHoursMail
	case to.Organization != "":
		o, err := tx.Organization(to.Organization)
		if err != nil {
			return err
		}
		off = o.NoHoursMail
	}
	if off {
		return nil
	}
	reader := to.Account + to.Organization
	token := tx.LinkToken("mails about hours to " + reader)
	t := Token{Hash: Hash(token), Purpose: TokenHoursMail, Subject: reader, Expires: tx.Now().Add(tokenLife[TokenHoursMail])}
	if err := tx.PutToken(t); err != nil {
		return err
	}
	return mail(tx, kind, subject, to, map[string]string{"stop": token})
}

// TakeHoursMail says whether an account, the actor's own, gets mails about hours and certificates.
func TakeHoursMail(tx Tx, by Actor, on bool) error {
	a, err := tx.Account(by.Account)
	if err != nil {
		return err
	}
	if err := must(by, Change, a.Thing()); err != nil {
		return err
	}
	a.NoHoursMail = !on
	return tx.PutAccount(&a)
}

// TakeTeamHoursMail says whether the mailbox of an organization gets them.
func TakeTeamHoursMail(tx Tx, by Actor, organization ID, on bool) error {
	o, err := tx.Organization(organization)
	if err != nil {
		return err
	}
	if err := must(by, Change, o.Thing()); err != nil {
		return err
	}
	o.NoHoursMail = !on
	return tx.PutOrganization(&o)
}

// StopHoursMail ends them for whoever holds the link of one.
func StopHoursMail(tx Tx, token string) error {
	t, err := tx.TakeToken(Hash(token), TokenHoursMail)
	if err != nil {
		return err
	}
	if err := tx.PutToken(t); err != nil { // the link in an older mail works like that of the last one
		return err
	}
	err = TakeHoursMail(tx, Actor{Account: t.Subject}, false)
	if errors.Is(err, ErrNotFound) {
		err = TakeTeamHoursMail(tx, System, t.Subject, false)
	}
	return err
}
