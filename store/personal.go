package store

import (
	"fmt"
	"reflect"

	"seestern/engagement"
)

// Personal is one kind of what is stored about a person.
type Personal struct {
	Table   string
	Records []any // nouns of engagement; ids of other people's accounts are left out of them
}

// personal says how everything about an account is found, table by table. Every table with data of persons stands here or in apart; a test
// reads the migrations for that.
var personal = []struct {
	table string
	noun  any // what is read
	read  func(*Tx, engagement.Account) ([]any, error)
}{
	{"account", engagement.Account{}, func(_ *Tx, a engagement.Account) ([]any, error) { return []any{a}, nil }},
	{"profile", engagement.Profile{}, func(tx *Tx, a engagement.Account) ([]any, error) {
		return all(docs[engagement.Profile](tx, `SELECT doc FROM profile WHERE account = $1`, string(a.ID)))
	}},
	{"membership", engagement.Membership{}, func(tx *Tx, a engagement.Account) ([]any, error) { return all(tx.MembershipsOf(a.ID)) }},
	{"match_request", engagement.MatchRequest{}, func(tx *Tx, a engagement.Account) ([]any, error) { return all(tx.RequestsOfAccount(a.ID)) }},
	{"shift_sign_up", engagement.ShiftSignUp{}, func(tx *Tx, a engagement.Account) ([]any, error) { return all(tx.ShiftSignUpsOf(a.ID)) }},
	{"calendar_feed", engagement.CalendarFeed{}, func(tx *Tx, a engagement.Account) ([]any, error) {
		return all(docs[engagement.CalendarFeed](tx, `SELECT doc FROM calendar_feed WHERE account = $1`, string(a.ID)))
	}},
	{"hours", engagement.HoursEntry{}, func(tx *Tx, a engagement.Account) ([]any, error) { return all(tx.HoursOf(a.ID)) }},
	{"certificate", engagement.Certificate{}, func(tx *Tx, a engagement.Account) ([]any, error) { return all(tx.CertificatesOf(a.ID)) }},
	{"invitation", engagement.Invitation{}, func(tx *Tx, a engagement.Account) ([]any, error) { return all(tx.InvitationsOf(a.ID)) }},
	{"help_offer", engagement.HelpOffer{}, func(tx *Tx, a engagement.Account) ([]any, error) { return all(tx.HelpOffersOfAccount(a.ID)) }},
	{"sign_up", engagement.SignUp{}, func(tx *Tx, a engagement.Account) ([]any, error) { return all(tx.SignUpsOf(a.ID)) }},
	{"subscription", engagement.Subscription{}, func(tx *Tx, a engagement.Account) ([]any, error) {
		return all(docs[engagement.Subscription](tx, `SELECT doc FROM subscription WHERE account = $1 OR email = $2 ORDER BY id`, string(a.ID), null(a.Email)))
	}},
	{"advice", engagement.AdviceRequest{}, func(tx *Tx, a engagement.Account) ([]any, error) {
		return all(docs[engagement.AdviceRequest](tx, `SELECT doc FROM advice WHERE account = $1 OR email = $2 ORDER BY received`, string(a.ID), null(a.Email)))
	}},
	{"report", engagement.Report{}, func(tx *Tx, a engagement.Account) ([]any, error) {
		return all(docs[engagement.Report](tx, `SELECT doc FROM report WHERE account = $1 OR email = $2 ORDER BY number`, string(a.ID), null(a.Email)))
	}},
	{"presence", engagement.Presence{}, func(tx *Tx, a engagement.Account) ([]any, error) {
		return all(docs[engagement.Presence](tx, `SELECT doc FROM presence WHERE account = $1`, string(a.ID)))
	}},
	{"call", engagement.Call{}, func(tx *Tx, a engagement.Account) ([]any, error) {
		calls, err := docs[engagement.Call](tx, `SELECT doc FROM call ORDER BY id`)
		return all(kept(calls, func(c engagement.Call) bool { return c.Account == a.ID || c.Second == a.ID }), err)
	}},
	{"lookup", engagement.Lookup{}, func(tx *Tx, a engagement.Account) ([]any, error) {
		return all(docs[engagement.Lookup](tx, `SELECT doc FROM lookup WHERE account = $1 ORDER BY at`, string(a.ID)))
	}},
	{"lookup_shown", engagement.Lookup{}, func(tx *Tx, a engagement.Account) ([]any, error) { return all(tx.LookupsAbout(a.ID, noLimit)) }},
	{"session", engagement.Session{}, func(tx *Tx, a engagement.Account) ([]any, error) { return all(tx.SessionsOf(a.ID)) }},
	{"second_factor", engagement.SecondFactor{}, func(tx *Tx, a engagement.Account) ([]any, error) {
		return all(docs[engagement.SecondFactor](tx, `SELECT doc FROM second_factor WHERE account = $1`, string(a.ID)))
	}},
	{"helper_link", engagement.HelperLink{}, func(tx *Tx, a engagement.Account) ([]any, error) { return all(tx.HelperLinksOf(a.ID)) }},
	{"export", engagement.Export{}, func(tx *Tx, a engagement.Account) ([]any, error) {
		return all(docs[engagement.Export](tx, `SELECT doc FROM export WHERE account = $1`, string(a.ID)))
	}},
	{"audit", engagement.AuditEntry{}, func(tx *Tx, a engagement.Account) ([]any, error) {
		return all(docs[engagement.AuditEntry](tx, `SELECT doc FROM audit WHERE account = $1 OR person = $1 ORDER BY n`, string(a.ID)))
	}},
}

// apart are the tables with data of persons of which an account's own file has nothing, and why.
var apart = map[string]string{
	"account_role":  "stands in the account",
	"barrier":       "written without an account, whoever it comes from",
	"consent_proof": "of accounts that are deleted, without anything that leads back to them",
	"token":         "keys of links that were mailed, with the address they went to; they end by themselves",
	"event":         "what waits to be mailed or sent; what it is about stands in the rest, and it is erased after a week",
	"job":           "work to do by itself, without anything about accounts",
	"payload":       "what was sent to other servers; to which of them stands in the requests",
	"delivery":      "the queue of the same",
	"recipient":     "servers that have to be told of a deletion; which, the page about deletion says",
	"reaction":      "of people on other servers",
	"remote_actor":  "people on other servers",
	"remote_key":    "keys of people on other servers",
	"alias":         "addresses of people and organizations on other servers",
	"block":         "people on other servers",
	"follower":      "people on other servers",
	"message":       "of people on other servers",
}

// noLimit is a limit that nothing reaches.
const noLimit = 1 << 30

// PersonalKinds are all kinds of what can be stored about a person, each with one empty record.
func PersonalKinds() (kinds []Personal) {
	for _, p := range personal {
		kinds = append(kinds, Personal{p.table, []any{p.noun}})
	}
	return kinds
}

// PersonalOf is everything that is stored about the person of an account, in the order of tables of a fixed list.
func (tx *Tx) PersonalOf(account engagement.ID) ([]Personal, error) {
	a, err := tx.Account(account)
	if err != nil {
		return nil, err
	}
	var found []Personal
	for _, p := range personal {
		records, err := p.read(tx, a)
		if err != nil {
			return nil, fmt.Errorf("what table %s has about a person: %w", p.table, err)
		}
		if len(records) == 0 {
			continue
		}
		for i, r := range records {
			own := reflect.New(reflect.TypeOf(r)).Elem()
			own.Set(reflect.ValueOf(r))
			if err := tx.withoutOthers(own, account); err != nil {
				return nil, err
			}
			records[i] = own.Interface()
		}
		found = append(found, Personal{p.table, records})
	}
	return found, nil
}

// CountPersonal counts the same by table.
func (tx *Tx) CountPersonal(account engagement.ID) (map[string]int, error) {
	a, err := tx.Account(account)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, p := range personal {
		records, err := p.read(tx, a)
		if err != nil {
			return nil, fmt.Errorf("what table %s has about a person: %w", p.table, err)
		}
		if len(records) > 0 {
			counts[p.table] = len(records)
		}
	}
	return counts, nil
}

// withoutOthers takes the ids of other people's accounts out of a record: who decided or looked is not the person's data.
func (tx *Tx) withoutOthers(v reflect.Value, account engagement.ID) error {
	if v.Type() == reflect.TypeFor[engagement.ID]() {
		id := engagement.ID(v.String())
		if id == "" || id == account {
			return nil
		}
		switch n, err := tx.count(`SELECT count(*) FROM account WHERE id = $1`, string(id)); {
		case err != nil:
			return err
		case n > 0:
			v.SetString("")
		}
		return nil
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				if err := tx.withoutOthers(v.Field(i), account); err != nil {
					return err
				}
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if err := tx.withoutOthers(v.Index(i), account); err != nil {
				return err
			}
		}
	}
	return nil
}

func all[T any](list []T, err error) ([]any, error) {
	records := make([]any, len(list))
	for i := range list {
		records[i] = list[i]
	}
	return records, err
}

func kept[T any](list []T, keep func(T) bool) (some []T) {
	for _, x := range list {
		if keep(x) {
			some = append(some, x)
		}
	}
	return some
}
