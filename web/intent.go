package web

import (
	"errors"
	"strings"

	"seestern/engagement"
	"seestern/store"
)

// intentArea leads people here who saw something on another server: with the address that it has for servers, to the page that it has here
// (FEP-3b86).
var intentArea = area{
	name: "intent",
	routes: []route{
		{path: "/oeffnen", get: whenPublic((*Server).showObject), limit: searches},
		{path: "/helfen", get: whenPublic((*Server).helpWith), limit: searches},
	},
}

// showObject leads to the page of an opportunity or an organization, whose id stands in the query.
func (s *Server) showObject(w *Response, r *Request) error {
	var path string
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		opportunity, err := s.opportunityByWireID(tx, r.FormValue("objekt"))
		if err == nil && engagement.Can(r.Actor(), engagement.Read, opportunity.Thing()) {
			path = opportunityPath(opportunity)
			return nil
		}
		if err != nil && !errors.Is(err, engagement.ErrNotFound) {
			return err
		}
		o, err := s.organizationByWireID(tx, r.FormValue("objekt"))
		if err == nil && !engagement.Can(r.Actor(), engagement.Read, o.Thing()) {
			err = engagement.ErrNotFound
		}
		path = organizationPage(o)
		return err
	})
	if err != nil {
		return err
	}
	return w.SeeOther(path)
}

// helpWith leads to the button for helping with an opportunity.
func (s *Server) helpWith(w *Response, r *Request) error {
	var o engagement.Opportunity
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		o, err = s.opportunityByWireID(tx, r.FormValue("objekt"))
		if err == nil && !engagement.Can(r.Actor(), engagement.Read, o.Thing()) {
			err = engagement.ErrNotFound
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.SeeOther("/angebote/" + o.Code + "/helfen")
}

// opportunityByWireID is the opportunity, an own one or a copy, that other servers know by an address.
func (s *Server) opportunityByWireID(tx *store.Tx, iri string) (engagement.Opportunity, error) {
	if id, own := s.ownID(store.NounOpportunity, iri); own {
		return tx.Opportunity(id)
	}
	return tx.OpportunityByIRI(iri)
}

func (s *Server) organizationByWireID(tx *store.Tx, iri string) (engagement.Organization, error) {
	if id, own := s.ownID(store.NounOrganization, iri); own {
		return tx.Organization(id)
	}
	return tx.OrganizationByIRI(iri)
}

func (s *Server) ownID(noun, iri string) (engagement.ID, bool) {
	prefix := s.wireID(noun, "")
	id, ok := strings.CutPrefix(iri, prefix)
	return engagement.ID(id), ok && prefix != ""
}
