package web_test

import (
	"net/url"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
)

func TestSomebodyComesWithTheIDOfAThing(t *testing.T) {
	h := newHouse(t)
	far := h.organization("Verein am See", func(o *engagement.Organization) { o.Origin, o.IRI = "b.example", "https://b.example/ap/org/1" })
	copied := h.real.opportunity("Boote putzen", far, func(o *engagement.Opportunity) { o.Origin, o.IRI = "b.example", "https://b.example/ap/opportunity/1" })
	h.update(func(tx *store.Tx) error {
		p := engagement.Partner{Host: "b.example", State: engagement.PartnerActive, Level: "vertraut", Contact: tx.Now(), Created: tx.Now()}
		return tx.PutPartner(&p)
	})
	draft := h.real.opportunity("Noch geheim", h.org, func(o *engagement.Opportunity) { o.State = engagement.Draft })
	id := func(noun string, id engagement.ID) string { return h.Base + "/ap/" + noun + "/" + string(id) }
	for _, c := range []struct{ path, object, want string }{
		{"/oeffnen", id(store.NounOpportunity, h.opportunity.ID), "/angebote/" + h.opportunity.Code},
		{"/oeffnen", id(store.NounOrganization, h.org.ID), "/organisationen/" + h.org.Code},
		{"/oeffnen", copied.IRI, "/angebote/" + copied.Code},
		{"/oeffnen", far.IRI, "/organisationen/" + far.Code},
		{"/helfen", id(store.NounOpportunity, h.opportunity.ID), "/angebote/" + h.opportunity.Code + "/helfen"},
		{"/helfen", copied.IRI, "/angebote/" + copied.Code + "/helfen"},
	} {
		if got := h.visitor().Get(c.path + "?objekt=" + url.QueryEscape(c.object)).Want(200).Path; !strings.HasPrefix(got, c.want) {
			t.Errorf("%s of %s leads to %s, want %s", c.path, c.object, got, c.want)
		}
	}
	for _, object := range []string{"", "https://b.example/ap/opportunity/2", id(store.NounOpportunity, draft.ID), id(store.NounOpportunity, ""), "https://evil.example/"} {
		h.visitor().Get("/oeffnen?objekt=" + url.QueryEscape(object)).Want(404)
		h.visitor().Get("/helfen?objekt=" + url.QueryEscape(object)).Want(404)
	}
}
