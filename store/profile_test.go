package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

// Version 18 of the schema knew one permission and licenses without an end.
func TestWhatPeopleHadPermittedIsKept(t *testing.T) {
	for name, config := range migrated {
		t.Run(name, func(t *testing.T) {
			c := config(t)
			until := time.Date(2027, 3, 12, 9, 30, 0, 0, time.UTC)
			c.Clock = func() time.Time { return until.AddDate(0, -6, 0) }
			db := store.MigrateTo(t, c, 18)
			zero, ends := "0001-01-01T00:00:00Z", until.Format(time.RFC3339)
			for account, row := range map[string]struct {
				due int64
				doc string
			}{
				"all":    {until.UnixMilli(), fmt.Sprintf(`{"Account":"all","AgeBand":"27-59","Licenses":["juleica","ersthelfer"],"InviteUntil":%q,"InviteAsked":true,"Sensitive":true,"Updated":"2026-03-12T09:30:00Z","Version":1}`, ends)},
				"nobody": {0, fmt.Sprintf(`{"Account":"nobody","AgeBand":"27-59","Licenses":null,"InviteUntil":%q,"InviteAsked":false,"Sensitive":false,"Updated":"2026-03-12T09:30:00Z","Version":1}`, zero)},
			} {
				for _, statement := range []string{
					fmt.Sprintf(`INSERT INTO account (id, email, username, created, delete_after, version, doc) VALUES ('%[1]s', '%[1]s@mail.example', '%[1]s', 1, 0, 1, '{"ID":"%[1]s"}')`, account),
					fmt.Sprintf(`INSERT INTO profile (account, version, due, doc) VALUES ('%s', 1, %d, '%s')`, account, row.due, row.doc),
				} {
					if _, err := db.Exec(statement); err != nil {
						t.Fatalf("%s: %v", statement, err)
					}
				}
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			s := storetest.Open(t, c)
			all := get(t, s, func(tx *store.Tx) (engagement.Profile, error) { return tx.Profile("all") })
			if !slices.Equal(all.Licenses, []engagement.License{{Code: "juleica"}, {Code: "ersthelfer"}}) {
				t.Errorf("licenses: got %+v", all.Licenses)
			}
			want := []engagement.Consent{
				{Purpose: engagement.ConsentSensitive, Given: time.Date(2026, 3, 12, 9, 30, 0, 0, time.UTC)},
				{Purpose: engagement.ByPartnerInstances, Given: time.Date(2026, 3, 12, 9, 30, 0, 0, time.UTC), Until: until, Asked: true},
			}
			if !slices.Equal(all.Consents, want) {
				t.Errorf("consents: got %+v, want %+v", all.Consents, want)
			}
			reachable := get(t, s, func(tx *store.Tx) ([]engagement.Profile, error) {
				return tx.ReachableProfiles(engagement.ByPartnerInstances)
			})
			if len(reachable) != 1 || reachable[0].Account != "all" {
				t.Errorf("reachable: got %+v", reachable)
			}
			if nobody := get(t, s, func(tx *store.Tx) (engagement.Profile, error) { return tx.Profile("nobody") }); len(nobody.Consents) != 0 || len(nobody.Licenses) != 0 {
				t.Errorf("who permitted nothing: got %+v", nobody)
			}
			update(t, s, func(tx *store.Tx) error { // and it can be saved
				return engagement.AllowReach(tx, engagement.Actor{Account: "all"}, engagement.ByPartnerInstances, true)
			})
		})
	}
}
