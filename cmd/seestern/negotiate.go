package main

import (
	"net/http"
	"strings"

	"seestern/engagement"
	"seestern/federation"
	"seestern/store"
)

// negotiate sends a server that asks for the page of a public thing to the id of the thing; everybody else gets the page.
type negotiate struct {
	*instance
	pages http.Handler
}

func (n negotiate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if (r.Method == http.MethodGet || r.Method == http.MethodHead) && federation.WantsActivity(r) {
		if id := n.id(r); id != "" {
			w.Header().Set("Vary", "Accept, Signature")
			http.Redirect(w, r, id, http.StatusSeeOther)
			return
		}
	}
	n.pages.ServeHTTP(w, r)
}

// id is the wire id of what the page shows; empty for pages of nothing public.
func (n negotiate) id(r *http.Request) string {
	if r.URL.Path == "/" {
		return n.base.Actor()
	}
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")
	kinds := map[string]federation.Kind{"angebote": federation.KindOpportunity, "organisationen": federation.KindOrganization, "neuigkeiten": federation.KindAnnouncement}
	kind, known := kinds[parts[0]]
	if !known || len(parts) != 2 || len(parts[1]) < 8 {
		return ""
	}
	id := ""
	_ = n.store.View(r.Context(), func(tx *store.Tx) error { // what cannot be found has no id
		_, uuid, err := tx.Code(parts[1][:8])
		if err != nil {
			return err
		}
		local := false
		switch kind {
		case federation.KindOpportunity:
			var o engagement.Opportunity
			o, err = tx.Opportunity(uuid)
			local = o.Local()
		case federation.KindOrganization:
			var o engagement.Organization
			o, err = tx.Organization(uuid)
			local = o.Local()
		case federation.KindAnnouncement:
			_, err = tx.Announcement(uuid)
			local = true
		}
		if err == nil && local {
			id = n.base.ID(kind, string(uuid))
		}
		return err
	})
	return id
}
