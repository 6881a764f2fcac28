package engagement

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Subscription is the wish of somebody to be told by mail what is new here: what a search finds (UI: gemerkte Suche), or what fits the
// person's profile. It ends by itself after a year. Nothing of it leaves the instance.
type Subscription struct {
	ID        ID        `class:"tec"`
	Account   ID        `class:"per"` // empty: without account
	Email     string    `class:"per"` // without account
	Lang      Lang      `class:"per"` // without account
	Fitting   bool      `class:"per"` // what fits the profile; only with an account
	Reasons   bool      `class:"per"` // Fitting: titles and reasons stand in the mail, otherwise only a number and a link
	Query     string    `class:"sen"` // the address of the search page behind "?"
	Search    Search    `class:"sen"` // what that means
	Every     Code      `class:"per"` // taeglich, woechentlich
	Confirmed bool      `class:"tec"` // the address is
	From      time.Time `class:"tec"` // what appeared from then until Since was told last
	Since     time.Time `class:"tec"` // what appears from then on is new
	Next      time.Time `class:"tec"` // when it is looked for; never in quiet hours
	Until     time.Time `class:"tec"` // when it ends
	Reminded  bool      `class:"tec"` // that it ends soon was told
	Created   time.Time `class:"tec"`
	Version   int       `class:"tec"`
}

const (
	subscriptionsMost   = 20 // of one person
	subscriptionRemind  = 30 * 24 * time.Hour
	subscriptionHour    = 9 * time.Hour // of the day at which it is looked
	subscriptionListed  = 5             // opportunities in a mail with reasons
	subscriptionSettled = 5 * time.Minute
	queryLimit          = 2000 // characters
)

// SubscriptionKept is how long an address that was not confirmed is kept.
const SubscriptionKept = 3 * 24 * time.Hour

// Thing describes the subscription to [Can].
func (s Subscription) Thing() Thing {
	return Thing{Noun: ASubscription, Person: s.Account, Request: s.ID}
}

// to is who gets the mails.
func (s Subscription) to() Recipient {
	if s.Account != "" {
		return Recipient{Account: s.Account}
	}
	return Recipient{Address: s.Email, Lang: s.Lang}
}

// start sets the times of a subscription that begins now.
func (s *Subscription) start(tx Tx) error {
	i, err := tx.Instance()
	s.Confirmed, s.From, s.Since, s.Until = true, tx.Now(), tx.Now(), tx.Now().AddDate(1, 0, 0)
	s.Next = s.after(tx.Now(), i.Land)
	return err
}

// after is when it is looked for news next: in the morning of a day that is not quiet.
func (s Subscription) after(now time.Time, land string) time.Time {
	days := 1
	if s.Every == "woechentlich" {
		days = 7
	}
	for day := DateOf(now).Add(days); ; day = day.Add(1) {
		if at := day.Time().Add(subscriptionHour); !Quiet(at, land) {
			return at
		}
	}
}

// Subscribe begins a subscription, or changes how one for the same is told. Without an account the address has to be confirmed first, and
// nobody learns from the answer what is known about it; the subscription returned then has no ID if no mail was sent.
func Subscribe(tx Tx, by Actor, s Subscription) (Subscription, error) {
	s.Account, s.Created = by.Account, tx.Now()
	if err := must(by, Create, Thing{Noun: ASubscription}); err != nil {
		return s, err
	}
	if s.Fitting && s.Account == "" {
		return s, ErrForbidden
	}
	var bad Invalids
	bad.Code("every", Cadences, s.Every, true)
	bad.Text("query", s.Query, 0, queryLimit)
	if s.Account != "" {
		s.Email, s.Lang = "", ""
	} else if email, err := NormalizeEmail(s.Email); err != nil {
		bad.Rename("email", err)
	} else {
		s.Email = email
	}
	if err := bad.Err(); err != nil {
		return s, err
	}
	all, err := tx.SubscriptionsOf(s.Account, s.Email)
	if err != nil {
		return s, err
	}
	for _, other := range all {
		switch {
		case other.Fitting != s.Fitting || other.Query != s.Query || !other.Confirmed:
		case s.Account == "":
			return s, nil
		default:
			i, err := tx.Instance()
			other.Every, other.Reasons, other.Search = s.Every, s.Reasons, s.Search
			other.Next = other.after(tx.Now(), i.Land)
			return other, errors.Join(err, tx.PutSubscription(&other))
		}
	}
	switch many := len(all) >= subscriptionsMost; {
	case many && s.Account == "":
		return s, nil
	case many:
		return s, &Invalid{Field: "every", Key: "error.subscription.many", Args: map[string]any{"n": subscriptionsMost}}
	}
	if s.Account != "" {
		s.ID = tx.NewSecretID()
		return s, errors.Join(s.start(tx), tx.PutSubscription(&s))
	}
	return s.ask(tx)
}

// ask has the address confirmed.
func (s Subscription) ask(tx Tx) (Subscription, error) {
	if ok, err := mayMail(tx, s.Email); err != nil || !ok {
		return s, err
	}
	s.ID = tx.NewSecretID()
	if err := tx.PutSubscription(&s); err != nil {
		return s, err
	}
	token, err := issue(tx, Token{Purpose: TokenSubscription, Subject: s.ID, Email: s.Email, Lang: s.Lang})
	if err != nil {
		return s, err
	}
	return s, mail(tx, MailSubscriptionConfirm, s.ID, s.to(), map[string]string{"token": token})
}

// ConfirmSubscription redeems the link in the mail.
func ConfirmSubscription(tx Tx, token string) (Subscription, error) {
	t, err := tx.TakeToken(Hash(token), TokenSubscription)
	if err != nil {
		return Subscription{}, err
	}
	s, err := tx.Subscription(t.Subject)
	if err != nil || s.Confirmed {
		return s, err
	}
	return s, errors.Join(s.start(tx), tx.PutSubscription(&s))
}

// Prolong lets a subscription go on for a year from now.
func Prolong(tx Tx, by Actor, id ID) error {
	s, err := tx.Subscription(id)
	if err != nil {
		return err
	}
	if err := must(by, Change, s.Thing()); err != nil {
		return err
	}
	s.Until, s.Reminded = tx.Now().AddDate(1, 0, 0), false
	return tx.PutSubscription(&s)
}

// Unsubscribe ends a subscription and erases it.
func Unsubscribe(tx Tx, by Actor, id ID) error {
	s, err := tx.Subscription(id)
	if err != nil {
		return err
	}
	if err := must(by, Remove, s.Thing()); err != nil {
		return err
	}
	return tx.DeleteSubscription(id)
}

// Window is in which time what is new now appeared. It ends a little before now, because what is written at this moment may carry an
// earlier time than that at which it can be seen.
func (s Subscription) Window(now time.Time) (from, until time.Time) {
	return s.Since, now.Add(-subscriptionSettled)
}

// TellNews takes note of what is new for a subscription as it was read, has it told, and ends or reminds what has gone on for long. A
// subscription that was changed or told meanwhile is left alone: so everything is told once, whatever crashes.
func TellNews(tx Tx, read Subscription, news []ID, until time.Time) error {
	s, err := tx.Subscription(read.ID)
	if errors.Is(err, ErrNotFound) || err == nil && s.Version != read.Version {
		return nil
	}
	if err != nil {
		return err
	}
	now := tx.Now()
	if !now.Before(s.Until) {
		return tx.DeleteSubscription(s.ID)
	}
	i, err := tx.Instance()
	if err != nil {
		return err
	}
	s.Next = s.after(now, i.Land)
	if !s.Reminded && s.Until.Sub(now) <= subscriptionRemind {
		s.Reminded = true
		if err := mail(tx, MailSubscriptionEnds, s.ID, s.to(), nil); err != nil {
			return err
		}
	}
	if s.Account != "" {
		a, err := tx.Account(s.Account)
		if err != nil {
			return err
		}
		if !a.DeleteAfter.IsZero() { // who is about to leave is left alone
			news = nil
		}
	}
	if until.After(s.Since) {
		if len(news) > 0 {
			s.From = s.Since
			if err := s.tell(tx, news); err != nil {
				return err
			}
		}
		s.Since = until
	}
	return tx.PutSubscription(&s)
}

// tell announces news, those that fit best first.
func (s Subscription) tell(tx Tx, news []ID) error {
	kind, args := MailSearchNews, map[string]string{"n": strconv.Itoa(len(news))}
	if s.Fitting {
		kind = MailMatches
	}
	if s.Reasons {
		listed := make([]string, 0, subscriptionListed)
		for _, id := range news[:min(len(news), subscriptionListed)] {
			listed = append(listed, string(id))
		}
		args["ids"] = strings.Join(listed, " ")
	}
	return mail(tx, kind, s.ID, s.to(), args)
}
