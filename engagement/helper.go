package engagement

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// HelperLink is how one person lets another, whom they trust, act for them: who, and with what (role helper-for). Both have an account here.
type HelperLink struct {
	ID       ID        `class:"tec"`
	Person   ID        `class:"per"` // account for which is acted
	Helper   ID        `class:"per"` // account of who may act; empty: nobody here is called like that
	Login    string    `class:"per"` // e-mail address or user name that the person knows the other by, lower case
	Scopes   []Code    `class:"per"` // vocabulary helper_scope
	Asked    time.Time `class:"per"`
	Accepted time.Time `class:"per"` // by the helper; zero: not yet
	Version  int       `class:"tec"`
}

// Scopes of a [HelperLink].
const (
	HelpSearch   Code = "suchen"   // opportunities, with the profile by which they are suggested
	HelpRequests Code = "anfragen" // and what follows from them: contact data, answers
	HelpDates    Code = "termine"  // calendar and shifts
	HelpHours    Code = "stunden"  // and certificates
)

// HelperAskedLife is how long somebody who is asked to help can accept.
const HelperAskedLife = 14 * 24 * time.Hour

// helpersMost is how many people somebody can have asked, those who have accepted among them.
const helpersMost = 5

// Thing describes the link to [Can] as the person's, who lets somebody act.
func (l HelperLink) Thing() Thing { return Thing{Noun: AHelperLink, Person: l.Person} }

// HelperThing describes the link to [Can] as the other one's, who acts.
func (l HelperLink) HelperThing() Thing { return Thing{Noun: AHelping, Person: l.Helper} }

// AskHelper asks the owner of a login to act for the person. Nobody learns from the answer whether there is one, nor whether a limit held
// the mail back.
func AskHelper(tx Tx, by Actor, login string, scopes []Code) error {
	l := HelperLink{ID: tx.NewSecretID(), Person: by.Account, Login: strings.ToLower(strings.TrimSpace(login)), Scopes: scopes, Asked: tx.Now()}
	if err := must(by, Create, l.Thing()); err != nil {
		return err
	}
	p, err := tx.Profile(by.Account)
	if err != nil {
		return err
	}
	others, err := tx.HelperLinksOf(by.Account)
	if err != nil {
		return err
	}
	others = slices.DeleteFunc(others, func(o HelperLink) bool { return o.Person != by.Account })
	var bad Invalids
	bad.Text("login", l.Login, 1, 254)
	bad.Codes("scopes", HelperScopes, scopes, 1, len(HelperScopes.Terms))
	if !p.Adult() {
		bad.Add("", "error.helper.adult")
	}
	if slices.ContainsFunc(others, func(o HelperLink) bool { return o.Login == l.Login }) {
		bad.Add("login", "error.helper.twice")
	}
	if len(others) >= helpersMost {
		bad.Add("", "error.helper.many", "n", helpersMost)
	}
	a, err := tx.AccountByLogin(l.Login)
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return err
	case a.ID == by.Account:
		bad.Add("login", "error.helper.self")
	case !a.Assisted:
		l.Helper = a.ID
	}
	if err := bad.Err(); err != nil {
		return err
	}
	if err := tx.PutHelperLink(&l); err != nil {
		return err
	}
	if l.Helper != "" {
		if ok, err := mayMail(tx, a.Email); err != nil {
			return err
		} else if ok {
			if err := mail(tx, MailHelperAsked, l.ID, Recipient{Account: a.ID}, nil); err != nil {
				return err
			}
		}
	}
	return audit(tx, by, Volunteer, AuditEntry{Action: "helper.ask", Object: l.ID, Person: l.Person})
}

// AcceptHelping is the word of the one who was asked. With it the consent of the person takes effect.
func AcceptHelping(tx Tx, by Actor, link ID) error {
	l, err := tx.HelperLink(link)
	if err != nil {
		return err
	}
	if err := must(by, Decide, l.HelperThing()); err != nil {
		return err
	}
	if !l.Accepted.IsZero() {
		return ErrConflict
	}
	if tx.Now().After(l.Asked.Add(HelperAskedLife)) {
		return ErrGone
	}
	all, err := tx.HelperLinksOf(l.Person)
	if err != nil {
		return err
	}
	for _, o := range all { // the person knew the same one by another name
		if o.ID != l.ID && o.Person == l.Person && o.Helper == l.Helper {
			if err := tx.DeleteHelperLink(o.ID); err != nil {
				return err
			}
		}
	}
	p, err := tx.Profile(l.Person)
	if err != nil {
		return err
	}
	if !p.Adult() {
		return ErrConflict
	}
	if _, holds := p.Consent(ConsentAssisted, tx.Now()); !holds {
		p.agree(ConsentAssisted, true, tx.Now(), time.Time{})
		p.Consents[len(p.Consents)-1].Given = l.Asked
		if err := tx.PutProfile(&p); err != nil {
			return err
		}
	}
	l.Accepted = tx.Now()
	if err := tx.PutHelperLink(&l); err != nil {
		return err
	}
	if err := mail(tx, MailHelperAccepted, l.ID, Recipient{Account: l.Person}, nil); err != nil {
		return err
	}
	return audit(tx, by, Volunteer, AuditEntry{Action: "helper.accept", Object: l.ID, Person: l.Person})
}

// EndHelping takes back that somebody may act for the person: the person does, or the helper, who declines in the same way. It holds at once.
func EndHelping(tx Tx, by Actor, link ID) error {
	l, err := tx.HelperLink(link)
	if err != nil {
		return err
	}
	entry := AuditEntry{Action: "helper.remove", Object: l.ID, Person: l.Person}
	if !Can(by, Remove, l.Thing()) {
		if err := must(by, Remove, l.HelperThing()); err != nil {
			return err
		}
		entry.Action = "helper.leave"
	}
	if err := l.end(tx, by.Account); err != nil {
		return err
	}
	return audit(tx, by, Volunteer, entry)
}

// end deletes the link and tells the other side. Without any helper the consent to it has ended.
func (l HelperLink) end(tx Tx, by ID) error {
	if err := tx.DeleteHelperLink(l.ID); err != nil {
		return err
	}
	kind, other := MailHelperEnded, l.Person
	switch {
	case l.Accepted.IsZero() && by == l.Person: // that somebody was asked shows on no page any more
		return nil
	case l.Accepted.IsZero():
		kind = MailHelperDeclined
	case by == l.Person:
		other = l.Helper
	}
	if err := mail(tx, kind, l.ID, Recipient{Account: other}, nil); err != nil || l.Accepted.IsZero() {
		return err
	}
	left, err := tx.HelperLinksOf(l.Person)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(left, func(o HelperLink) bool { return o.Person == l.Person && !o.Accepted.IsZero() }) {
		return nil
	}
	p, err := tx.Profile(l.Person)
	if err != nil {
		return err
	}
	p.agree(ConsentAssisted, false, tx.Now(), tx.Now())
	return tx.PutProfile(&p)
}

// endHelpers ends all links of somebody whose account ends.
func endHelpers(tx Tx, account ID) error {
	links, err := tx.HelperLinksOf(account)
	for _, l := range links {
		err = errors.Join(err, l.end(tx, account))
	}
	return err
}

// doubtHelpers ends that others act for a person whom somebody else may have asked, since a time.
func (a Account) doubtHelpers(tx Tx, since time.Time) error {
	links, err := tx.HelperLinksOf(a.ID)
	for _, l := range links {
		if l.Person == a.ID && !l.Asked.Before(since) {
			err = errors.Join(err, l.end(tx, a.ID))
		}
	}
	return err
}

// withdrawHelpers takes the consent back by which others act for the person.
func withdrawHelpers(tx Tx, by Actor) error {
	links, err := tx.HelperLinksOf(by.Account)
	if err != nil {
		return err
	}
	for _, l := range links {
		if l.Person != by.Account {
			continue
		}
		if err := EndHelping(tx, by, l.ID); err != nil {
			return err
		}
	}
	return nil
}

// May says whether the actor does something for themselves, or for a person who has granted that.
func (a Actor) May(scope Code) bool { return a.Helper == "" || slices.Contains(a.Scopes, scope) }

// ActFor is who somebody acts as for another person: an adviser for somebody with an assisted account, or whom the person has asked. It is
// ErrForbidden when nobody may act for the person, or this one not.
func ActFor(tx Tx, by Actor, person Account) (Actor, error) {
	if as, err := by.HelpFor(person); err == nil {
		return as, nil
	}
	if by.Helper != "" || by.Account == "" || person.Deletion == DeletionAsked || !person.Suspended.IsZero() {
		return Actor{}, ErrForbidden
	}
	links, err := tx.HelperLinksOf(by.Account)
	if err != nil {
		return Actor{}, err
	}
	for _, l := range links {
		if l.Helper == by.Account && l.Person == person.ID && !l.Accepted.IsZero() {
			return Actor{Account: person.ID, Helper: by.Account, Scopes: l.Scopes}, nil
		}
	}
	return Actor{}, ErrForbidden
}
