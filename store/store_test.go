package store_test

import (
	"context"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

func TestSmoke(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		err := s.Update(ctx, func(tx *store.Tx) error {
			code, err := tx.NewCode()
			if err != nil {
				return err
			}
			org := engagement.Organization{ID: tx.NewID(), Code: code, Handle: "verein", Name: "Verein", State: engagement.OrganizationActive}
			if err := tx.PutOrganization(&org); err != nil {
				return err
			}
			code, _ = tx.NewCode()
			o := engagement.Opportunity{ID: tx.NewID(), Code: code, Organization: org.ID, Title: "Vorlesepate gesucht", State: engagement.Published, Visibility: "offen", Published: tx.Now(), Confirmed: tx.Now()}
			return tx.PutOpportunity(&o)
		})
		if err != nil {
			t.Fatal(err)
		}
		s.View(ctx, func(tx *store.Tx) error {
			hits, err := tx.Search(engagement.Search{Text: "vorlesen"}, store.Viewer{})
			if err != nil || hits.Total != 1 {
				t.Fatal(hits, err)
			}
			return nil
		})
	})
}
