package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

// DEL-01: whoever adds a table with data of persons decides whether it is in their file.
func TestEveryTableWithPersonalDataIsInTheFileOrHasAReason(t *testing.T) {
	has := map[string]bool{}
	for name, text := range store.MigrationFiles(t) {
		for column, class := range columnClasses(t, name, text) {
			table, _, _ := strings.Cut(column, ".")
			has[table] = has[table] || class == "per" || class == "sen"
		}
	}
	in, out := fileTables(), store.Apart()
	for table, personal := range has {
		switch known := slices.Contains(in, table) || slices.Contains(out, table); {
		case personal && !known:
			t.Errorf("table %s has personal data; is it in the file of a person, or why not?", table)
		case slices.Contains(in, table) && slices.Contains(out, table):
			t.Errorf("table %s is in and out", table)
		}
	}
	for _, table := range slices.Concat(in, out) {
		if !has[table] {
			t.Errorf("table %s has no personal data", table)
		}
	}
}

// fileTables are the tables that a person's own file is made of.
func fileTables() (in []string) {
	for _, p := range store.PersonalKinds() {
		in = append(in, p.Table)
	}
	return in
}

// personalTexts are the strings in a value that are the person's, and not technical.
func personalTexts(v reflect.Value, found *[]string) {
	switch v.Kind() {
	case reflect.String:
		*found = append(*found, v.String())
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && v.Type().Field(i).Tag.Get("class") != "tec" {
				personalTexts(v.Field(i), found)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			personalTexts(v.Index(i), found)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			personalTexts(v.MapIndex(key), found)
		}
	}
}

// belonging writes one of everything that can be a person's, with texts that begin with a mark of their own.
func belonging(tx *store.Tx, mark int, org, opportunity engagement.ID, occasion engagement.ID) (engagement.Account, []string, error) {
	var want []string
	note := func(noun any) { personalTexts(reflect.ValueOf(noun), &want) }
	a := filled[engagement.Account](mark)
	a.Version, a.Roles = 0, []engagement.Role{engagement.Officer}
	if err := tx.PutAccount(&a); err != nil {
		return a, nil, err
	}
	note(a)
	n := mark
	next := func() int { n += 200; return n }
	p := filled[engagement.Profile](next())
	p.Version, p.Account = 0, a.ID
	m := filled[engagement.MatchRequest](next())
	m.Version, m.Account = 0, a.ID
	i := filled[engagement.Invitation](next())
	i.Version, i.Account, i.Opportunity, i.Organization = 0, a.ID, opportunity, org
	h := filled[engagement.HelpOffer](next())
	h.Version, h.Account, h.Organization, h.Origin, h.IRI = 0, a.ID, org, "", ""
	g := filled[engagement.SignUp](next())
	g.Version, g.Account, g.Occasion, g.Email = 0, a.ID, occasion, ""
	s := filled[engagement.Subscription](next())
	s.Version, s.Account, s.Email = 0, a.ID, ""
	before := filled[engagement.Subscription](next())
	before.Version, before.Account, before.Email = 0, "", a.Email
	c := filled[engagement.AdviceRequest](next())
	c.Version, c.Account = 0, a.ID
	r := filled[engagement.Report](next())
	r.Version, r.Account = 0, a.ID
	pub := filled[engagement.Presence](next())
	pub.Version, pub.Account, pub.ID = 0, a.ID, engagement.ID(fmt.Sprintf("%032x", mark))
	call := filled[engagement.Call](next())
	call.Version, call.Account, call.Opportunity = 0, a.ID, opportunity
	l := filled[engagement.Lookup](next())
	l.Version, l.Account = 0, a.ID
	hours := filled[engagement.HoursEntry](next())
	hours.Version, hours.Account, hours.Organization = 0, a.ID, org
	day := filled[engagement.Shift](next())
	day.Version, day.Opportunity, day.Organization = 0, opportunity, org
	comes := filled[engagement.ShiftSignUp](next())
	comes.Version, comes.Account, comes.Shift, comes.Request = 0, a.ID, day.ID, m.ID
	feed := filled[engagement.CalendarFeed](next())
	feed.Version, feed.Account = 0, a.ID
	proof := filled[engagement.Certificate](next())
	proof.Version, proof.Account, proof.Organization = 0, a.ID, org
	link := filled[engagement.HelperLink](next())
	link.Version, link.Person, link.Helper = 0, a.ID, ""
	e := filled[engagement.AuditEntry](next())
	e.Account, e.Person = a.ID, a.ID
	one := filled[engagement.Session](next())
	one.Account, one.Helps = a.ID, ""
	two := engagement.SecondFactor{Account: a.ID, Secret: "secret", Since: tx.Now()}
	file := engagement.Export{Account: a.ID, Asked: tx.Now()}
	member := engagement.Membership{Account: a.ID, Organization: org, Role: engagement.Member, Since: tx.Now()}
	for _, noun := range []any{p, m, i, h, g, s, before, c, r, pub, call, l, hours, e, one, comes, feed, proof, link} {
		note(noun)
	}
	for _, err := range []error{
		tx.PutProfile(&p), tx.PutMatchRequest(&m), tx.PutInvitation(&i), tx.PutHelpOffer(&h), tx.PutSignUp(&g), tx.PutSubscription(&s), tx.PutSubscription(&before), tx.PutAdvice(&c),
		tx.PutReport(&r), tx.PutPresence(&pub), tx.PutCall(&call), tx.PutLookup(&l, "key"), tx.PutHours(&hours), tx.Audit(e), tx.PutSession(one), tx.PutSecondFactor(&two),
		tx.PutExport(&file, nil), tx.PutMembership(member), tx.Show(l.ID, a.ID), tx.PutShift(&day), tx.PutShiftSignUp(&comes), tx.PutCalendarFeed(&feed), tx.PutCertificate(&proof), tx.PutHelperLink(&link),
	} {
		if err != nil {
			return a, nil, err
		}
	}
	return a, want, nil
}

// DEL-01
func TestTheFileOfAPersonHasEverythingOfThemAndNothingOfOthers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		org := putOrganization(t, s, "verein")
		o := putOpportunity(t, s, org.ID, "public", nil)
		oc := filled[engagement.Occasion](10)
		oc.Version, oc.Organization, oc.State, oc.Origin, oc.IRI = 0, org.ID, engagement.OccasionScheduled, "", ""
		var ada, eve engagement.Account
		var own, others []string
		update(t, s, func(tx *store.Tx) (err error) {
			oc.Version = 0
			if err = tx.PutOccasion(&oc); err != nil {
				return err
			}
			if ada, own, err = belonging(tx, 100_000, org.ID, o.ID, oc.ID); err != nil {
				return err
			}
			if eve, others, err = belonging(tx, 900_000, org.ID, o.ID, oc.ID); err != nil {
				return err
			}
			// Somebody else looked at what is hers, decided about it, and searched.
			e := engagement.AuditEntry{At: tx.Now(), Account: eve.ID, Person: ada.ID, Action: "request.read-contact"}
			l := engagement.Lookup{ID: tx.NewID(), Account: eve.ID, Purpose: "a purpose", At: tx.Now()}
			return errors.Join(tx.Audit(e), tx.PutLookup(&l, "other key"), tx.Show(l.ID, ada.ID))
		})
		var found []store.Personal
		view(t, s, func(tx *store.Tx) (err error) {
			found, err = tx.PersonalOf(ada.ID)
			return err
		})
		var tables, texts []string
		for _, p := range found {
			tables = append(tables, p.Table)
			for _, r := range p.Records {
				personalTexts(reflect.ValueOf(r), &texts)
			}
		}
		in := fileTables()
		if !slices.Equal(tables, in) {
			t.Errorf("found tables %v, want all of %v", tables, in)
		}
		for _, want := range own {
			if !slices.Contains(texts, want) {
				t.Errorf("%q is missing", want)
			}
		}
		for _, other := range append(others, string(eve.ID)) {
			if other != "" && slices.Contains(texts, other) && !slices.Contains(own, other) {
				t.Errorf("%q is another person's", other)
			}
		}
	})
}
