package main

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

func TestTheClockInvitesWhomADirectedRequestFits(t *testing.T) {
	time0 := &storetest.Clock{}
	config := storetest.SQLite(t)
	config.Clock = time0.Now
	s := storetest.Open(t, config)
	var o engagement.Opportunity
	update := func(f func(tx *store.Tx) error) {
		t.Helper()
		if err := s.Update(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	update(func(tx *store.Tx) error {
		i := engagement.NewInstance()
		i.Land, i.Mode = "BE", "open"
		p := engagement.Partner{Host: "b.example", State: engagement.PartnerActive, Level: "vertraut", Capability: "profile-1", Directed: true}
		if err := errors.Join(tx.PutInstance(&i), tx.PutPartner(&p)); err != nil {
			return err
		}
		org, err := engagement.MirrorOrganization(tx, engagement.Organization{Name: "Amt", IRI: "https://b.example/ap/org/1", Origin: "b.example"})
		if err != nil {
			return err
		}
		for name, activity := range map[engagement.ID]engagement.Code{"fits": "moderieren", "does other things": "vorlesen"} {
			a := engagement.Account{ID: name, Name: string(name), Email: string(name[0]) + "@mail.example"}
			who := engagement.Actor{Account: name}
			if err := tx.PutAccount(&a); err != nil {
				return err
			}
			profile := engagement.Profile{Account: name, AgeBand: "27-59", Activities: []engagement.Code{activity}}
			if err := errors.Join(engagement.SaveProfile(tx, who, &profile), engagement.AllowReach(tx, who, engagement.ByPartnerInstances, true)); err != nil {
				return err
			}
		}
		o, err = engagement.ReceiveDirected(tx, p, engagement.Opportunity{
			Organization: org.ID, IRI: "https://b.example/ap/o/1", Title: "Moderation gesucht", State: engagement.Published, Visibility: "anfrage", Mode: "online",
			Activities: []engagement.Code{"moderieren"}, Capacity: 2, Published: tx.Now(), Confirmed: tx.Now(), Expires: tx.Now().Add(5 * 24 * time.Hour),
		})
		return err
	})
	for range 2 { // and again: nobody is asked twice
		if err := (clock{store: s, log: slog.New(slog.DiscardHandler)}).invite(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var list []engagement.Invitation
	update(func(tx *store.Tx) (err error) {
		list, err = tx.InvitationsTo(o.ID)
		return err
	})
	if len(list) != 1 || list[0].Account != "fits" {
		t.Errorf("got %+v", list)
	}
}

func TestTheClockInvitesWhomACallFits(t *testing.T) {
	time0 := &storetest.Clock{}
	config := storetest.SQLite(t)
	config.Clock = time0.Now
	s := storetest.Open(t, config)
	o := engagement.Opportunity{
		ID: "o", Code: "cccccccc", Title: "Moderation gesucht", State: engagement.Published, Visibility: "offen", Mode: "online", Activities: []engagement.Code{"moderieren"},
	}
	update := func(f func(tx *store.Tx) error) {
		t.Helper()
		if err := s.Update(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	update(func(tx *store.Tx) error {
		i := engagement.NewInstance()
		i.Land = "BE"
		org := engagement.Organization{ID: "org", Code: "dddddddd", Handle: "verein", State: engagement.OrganizationActive, Level: "register-geprueft"}
		o.Organization, o.Published, o.Confirmed = org.ID, tx.Now(), tx.Now()
		err := errors.Join(tx.PutInstance(&i), tx.PutOrganization(&org), tx.PutOpportunity(&o))
		for name, told := range map[engagement.ID]struct {
			activity, language, way engagement.Code
		}{
			"fits":                 {"moderieren", "tr", engagement.ByOrganizations},
			"does other things":    {"vorlesen", "tr", engagement.ByOrganizations},
			"speaks other things":  {"moderieren", "de", engagement.ByOrganizations},
			"may be asked by none": {"moderieren", "tr", engagement.ByAdministration},
		} {
			a := engagement.Account{ID: name, Name: string(name), Email: string(name[0:2]) + "@mail.example"}
			profile := engagement.Profile{Account: name, AgeBand: "27-59", Activities: []engagement.Code{told.activity}, Languages: []engagement.LanguageSkill{{Code: string(told.language)}}}
			who := engagement.Actor{Account: name}
			err = errors.Join(err, tx.PutAccount(&a), engagement.SaveProfile(tx, who, &profile), engagement.AllowReach(tx, who, told.way, true))
		}
		c := engagement.Call{
			ID: "call", Opportunity: o.ID, Organization: org.ID, Way: engagement.ByOrganizations, State: engagement.CallSent, Narrow: engagement.Criteria{Language: "tr"},
			Created: tx.Now(), Until: tx.Now().Add(5 * 24 * time.Hour),
		}
		return errors.Join(err, tx.PutCall(&c))
	})
	for range 2 { // and again: nobody is asked twice
		if err := (clock{store: s, log: slog.New(slog.DiscardHandler)}).invite(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var list []engagement.Invitation
	update(func(tx *store.Tx) (err error) {
		list, err = tx.InvitationsTo(o.ID)
		return err
	})
	if len(list) != 1 || list[0].Account != "fits" || list[0].Call != "call" {
		t.Errorf("got %+v", list)
	}
}
