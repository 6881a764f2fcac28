package federation_test

import (
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

func TestTheMainJobBetweenTwoInstances(t *testing.T) {
	w, clock := newWorld(t)
	a := newPeer(t, w, clock, "a.test", storetest.SQLite(t))
	b := newPeer(t, w, clock, "b.test", storetest.SQLite(t))
	org := a.organization("verein")
	early := a.opportunity(org, "Vorlesen in der Grundschule")
	partners(t, a, b)
	late := a.opportunity(org, "Garten pflegen am Nachmittag")
	settle(t, a, b)

	for _, o := range []engagement.Opportunity{early, late} {
		b.view(func(tx *store.Tx) error {
			got, err := tx.OpportunityByIRI(a.base.OpportunityID(o))
			if err == nil && (got.Title != o.Title || got.Origin != "a.test" || got.State != engagement.Published) {
				t.Errorf("copy is %q of %q, %s", got.Title, got.Origin, got.State)
			}
			return err
		})
	}
}
