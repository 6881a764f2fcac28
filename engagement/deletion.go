package engagement

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Deletion says why an account is about to be deleted.
type Deletion string

const (
	DeletionAsked  Deletion = "asked"  // the person, or the operator on their behalf, wants it
	DeletionUnused Deletion = "unused" // nobody has used it for eleven months
)

// DeletionGrace is how long somebody can take the deletion of their account back.
const DeletionGrace = 14 * 24 * time.Hour

// An unused account is asked about after eleven months, and deleted after another.
const (
	unusedMonths = 11
	unusedGrace  = 30 * 24 * time.Hour
)

// Due is when a timer has to look at the account next.
func (a Account) Due() time.Time {
	if !a.DeleteAfter.IsZero() {
		return a.DeleteAfter
	}
	used := a.LastActive
	if used.Before(a.Created) {
		used = a.Created
	}
	return used.AddDate(0, unusedMonths, 0)
}

// stays says whether nothing is planned that would delete the account.
func (a Account) stays() bool { return a.DeleteAfter.IsZero() }

// AskDeletion plans the deletion of an account. All its sessions end; until the end of the time of grace everything else stays as it is, and
// the mail that says so has a link which takes it back. The only manager of an organization and the only admin have to find
// somebody else first, unless it is the operator who asks.
func AskDeletion(tx Tx, by Actor, account ID) (Account, error) {
	a, err := tx.Account(account)
	if err != nil {
		return a, err
	}
	if err := must(by, Remove, a.Thing()); err != nil {
		return a, err
	}
	if a.Deletion == DeletionAsked {
		return a, ErrConflict
	}
	if !by.System {
		if err := a.replaceable(tx); err != nil {
			return a, err
		}
	}
	if err := a.plan(tx, DeletionAsked, DeletionGrace, MailDeletionPlanned); err != nil {
		return a, err
	}
	if err := endAccess(tx, a.ID, ""); err != nil {
		return a, err
	}
	return a, audit(tx, by, Volunteer, AuditEntry{Action: "account.delete", Object: a.ID, Person: a.ID})
}

// plan sets the day of the deletion and tells the person, who can keep the account with the link in the mail.
func (a *Account) plan(tx Tx, why Deletion, grace time.Duration, kind string) error {
	a.Deletion, a.DeleteAfter = why, tx.Now().Add(grace)
	if err := tx.PutAccount(a); err != nil {
		return err
	}
	token, err := issue(tx, Token{Purpose: TokenKeep, Subject: a.ID, Email: a.Email})
	if err != nil {
		return err
	}
	return mail(tx, kind, a.ID, Recipient{Account: a.ID}, map[string]string{"token": token})
}

// replaceable is what stands against somebody's leaving: an organization, or the instance, would be left without anybody in charge.
func (a Account) replaceable(tx Tx) error {
	alone, err := ManagedAlone(tx, a.ID)
	if err != nil {
		return err
	}
	if len(alone) > 0 {
		names := make([]string, len(alone))
		for i, o := range alone {
			names[i] = o.Name
		}
		return &Invalid{Key: "error.deletion.manager", Args: map[string]any{"x": strings.Join(names, ", ")}}
	}
	if !slices.Contains(a.Roles, Admin) {
		return nil
	}
	admins, err := tx.AccountsWithRole(Admin)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(admins, func(other Account) bool { return other.ID != a.ID && other.stays() }) {
		return &Invalid{Key: "error.deletion.admin"}
	}
	return nil
}

// ManagedAlone are the organizations that nobody would manage without the account.
func ManagedAlone(tx Tx, account ID) (alone []Organization, err error) {
	memberships, err := tx.MembershipsOf(account)
	if err != nil {
		return nil, err
	}
	for _, m := range memberships {
		if m.Role != Manager {
			continue
		}
		o, err := tx.Organization(m.Organization)
		if err != nil {
			return nil, err
		}
		if o.State == OrganizationDissolved {
			continue
		}
		others, err := othersInCharge(tx, o.ID, account)
		if err != nil {
			return nil, err
		}
		if !others {
			alone = append(alone, o)
		}
	}
	return alone, nil
}

// othersInCharge says whether an organization has a manager besides the account, who stays.
func othersInCharge(tx Tx, organization, account ID) (bool, error) {
	team, err := tx.Memberships(organization)
	if err != nil {
		return false, err
	}
	for _, m := range team {
		if m.Role != Manager || m.Account == account {
			continue
		}
		a, err := tx.Account(m.Account)
		if err != nil || a.stays() {
			return err == nil, err
		}
	}
	return false, nil
}

// KeepAccount takes a planned deletion back: only the person does so, or the operator for them.
func KeepAccount(tx Tx, by Actor, account ID) (Account, error) {
	a, err := tx.Account(account)
	if err != nil {
		return a, err
	}
	if err := must(by, Change, a.Thing()); err != nil {
		return a, err
	}
	if a.stays() {
		return a, ErrConflict
	}
	a.keep(tx.Now())
	if err := tx.PutAccount(&a); err != nil {
		return a, err
	}
	return a, audit(tx, by, Volunteer, AuditEntry{Action: "account.keep", Object: a.ID, Person: a.ID})
}

func (a *Account) keep(now time.Time) {
	a.Deletion, a.DeleteAfter, a.LastActive = "", time.Time{}, month(now)
}

// UseKeepLink keeps the account that the link in a mail is about.
func UseKeepLink(tx Tx, token string) (Account, error) {
	t, err := tx.TakeToken(Hash(token), TokenKeep)
	if err != nil {
		return Account{}, err
	}
	return KeepAccount(tx, Actor{Account: t.Subject}, t.Subject)
}

// SignedIn notes that an account is used, by the month, and with what kind of browser; the person hears of one that is new. Who signs in does
// not want an unused account deleted; what they asked for themselves stays planned. It returns ErrForbidden if the account needs a second
// factor that was not shown, and an [*Invalid] if it is suspended.
func SignedIn(tx Tx, account ID, device string, second bool) (Account, error) {
	a, err := tx.Account(account)
	if err == nil && !a.Suspended.IsZero() {
		err = &Invalid{Field: "login", Key: "error.account.suspended"}
	}
	if err != nil {
		return a, err
	}
	if !a.SecondFactor.IsZero() && !second {
		return a, ErrForbidden
	}
	before := a
	if a.meet(device, tx.Now()) {
		if err := mail(tx, MailNewDevice, a.ID, Recipient{Account: a.ID}, nil); err != nil {
			return a, err
		}
	}
	a.LastActive = month(tx.Now())
	if a.Deletion == DeletionUnused {
		a.keep(tx.Now())
	}
	if a.Deletion == before.Deletion && a.LastActive.Equal(before.LastActive) && slices.Equal(a.Devices, before.Devices) {
		return a, nil
	}
	return a, tx.PutAccount(&a)
}

// AskedAgain notes that somebody had to sign in again for what only they may do.
func AskedAgain(tx Tx, by Actor) error {
	return audit(tx, by, Volunteer, AuditEntry{Action: "account.step-up", Object: by.Account, Person: by.Account})
}

// tick deletes an account whose time has come, and asks whether an unused one is still wanted.
func (a *Account) tick(tx Tx) error {
	now := tx.Now()
	if past(a.DeleteAfter, now) && a.Deletion == DeletionAsked {
		_, err := EraseAccount(tx, a.ID)
		return err
	}
	if a.Due().After(now) { // used since the time was noted
		return tx.PutAccount(a)
	}
	needed, err := a.needed(tx)
	switch {
	case err != nil:
		return err
	case needed: // that is a use, too
		a.keep(now)
		return tx.PutAccount(a)
	case a.Deletion == DeletionUnused:
		_, err := EraseAccount(tx, a.ID)
		return err
	}
	return a.plan(tx, DeletionUnused, unusedGrace, MailAccountUnused)
}

// needed says whether others count on the account although nobody signs in: an open request, an organization or the instance.
func (a Account) needed(tx Tx) (bool, error) {
	requests, err := tx.RequestsOfAccount(a.ID)
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(requests, func(m MatchRequest) bool { return !m.State.Final() }) {
		return true, nil
	}
	err = a.replaceable(tx)
	if _, ok := err.(*Invalid); ok {
		return true, nil
	}
	return false, err
}

// Erased counts what was deleted with an account, for the operator. It says nothing about the person.
type Erased struct {
	Requests     int // that were the person's, open or not
	Shared       int // of these, contact data that other instances are asked to delete
	HelpOffers   int
	SignUps      int
	Certificates int
	Hours        int            // entries; those that were confirmed stay as numbers
	Records      map[string]int // of the person before, by table
	Alone        []Organization // that have no manager now
}

// EraseAccount deletes an account at once. Whoever dealt with the person learns honestly that nothing comes of it: requests are withdrawn,
// released contact data is recalled, help offers and the public presence are deleted everywhere. What stays has no link to the person.
// Timers and the operator do so; people ask for it with [AskDeletion].
func EraseAccount(tx Tx, account ID) (Erased, error) {
	var done Erased
	a, err := tx.Account(account)
	if err != nil {
		return done, err
	}
	if done.Alone, err = ManagedAlone(tx, a.ID); err != nil {
		return done, err
	}
	if done.Records, err = tx.CountPersonal(a.ID); err != nil {
		return done, err
	}
	for _, step := range []func(Tx, ID, *Erased) error{eraseHelpOffers, eraseHours, eraseCertificates, eraseRequests, eraseSignUps} {
		if err := step(tx, a.ID, &done); err != nil {
			return done, err
		}
	}
	if err := endHelpers(tx, a.ID); err != nil {
		return done, err
	}
	if err := audit(tx, System, Admin, AuditEntry{Action: ActionErase, Object: a.ID, Person: a.ID, New: done.records()}); err != nil {
		return done, err
	}
	if err := keepProofs(tx, a); err != nil {
		return done, err
	}
	if err := forgetWishes(tx, func(w RoleWish) bool { return w.For == a.ID }); err != nil {
		return done, err
	}
	if err := tx.DeleteAccount(a.ID); err != nil {
		return done, err
	}
	if a.Email == "" {
		return done, nil
	}
	return done, mail(tx, MailAccountDeleted, "", Recipient{Address: a.Email, Lang: cmp.Or(a.Lang, "de")}, nil)
}

// records is how many records there were, as the audit log keeps it: "account 1, match_request 3".
func (e Erased) records() string {
	var all []string
	for _, table := range slices.Sorted(maps.Keys(e.Records)) {
		all = append(all, fmt.Sprintf("%s %d", table, e.Records[table]))
	}
	return strings.Join(all, ", ")
}

func eraseHelpOffers(tx Tx, account ID, done *Erased) error {
	offers, err := tx.HelpOffersOfAccount(account)
	if err != nil {
		return err
	}
	for _, h := range offers {
		done.HelpOffers++
		if err := h.forget(tx); err != nil {
			return err
		}
	}
	return nil
}

// forget takes a help offer back and leaves a record without words, for as long as other servers have to be told.
func (h *HelpOffer) forget(tx Tx) error {
	if !h.over() || h.State == Expired {
		if err := h.end(tx, Withdrawn); err != nil {
			return err
		}
	}
	if h.Published.IsZero() {
		return tx.DeleteHelpOffer(h.ID)
	}
	h.Account, h.Title, h.Text, h.ReasonText, h.Place = tx.NewSecretID(), "", "", "", Place{}
	return tx.PutHelpOffer(h)
}

func eraseRequests(tx Tx, account ID, done *Erased) error {
	requests, err := tx.RequestsOfAccount(account)
	if err != nil {
		return err
	}
	for _, m := range requests {
		done.Requests++
		if len(m.Card) > 0 && m.counterpart() != "" {
			done.Shared++
		}
		if err := m.forget(tx); err != nil {
			return err
		}
	}
	return nil
}

// forget ends a request and leaves a record that belongs to nobody: the other side sees that it has ended, and hours that an organization
// confirmed remain as a number.
func (m *MatchRequest) forget(tx Tx) error {
	if m.State == Unconfirmed {
		return tx.DeleteMatchRequest(m.ID)
	}
	if err := m.takeBack(tx); err != nil {
		return err
	}
	m.Account, m.Contact, m.AgeBand, m.Lang, m.Secret = tx.NewSecretID(), Contact{}, "", "", ""
	m.Text, m.SendText, m.Message, m.ReasonText, m.Assignment = "", false, "", "", Assignment{}
	m.eraseCard()
	if m.Worked == (Worked{}) {
		m.AgreedAt = time.Time{} // nothing outlives the retention
	}
	if err := errors.Join(tx.Unsay(m.ID), tx.DeleteShiftSignUps(m.ID)); err != nil {
		return err
	}
	return tx.PutMatchRequest(m)
}

func eraseSignUps(tx Tx, account ID, done *Erased) error {
	guests, err := tx.SignUpsOf(account)
	if err != nil {
		return err
	}
	for _, s := range guests {
		done.SignUps++
		if !s.State.Ended() {
			if _, err := CancelSignUp(tx, Actor{Account: account}, s.ID); err != nil {
				return err
			}
		}
		if err := tx.DeleteSignUp(s.ID); err != nil {
			return err
		}
	}
	return nil
}

// Thing describes the account to [Can].
func (a Account) Thing() Thing { return Thing{Noun: AnAccount, Person: a.ID} }
