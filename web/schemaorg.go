package web

import (
	"time"

	"seestern/engagement"
	"seestern/store"
)

// schemaArea says what is on a page in the words of schema.org, for search engines: beside the page, because nothing is written into pages that
// a browser could take for a script. Only what is of this site and may be shown everywhere is told.
var schemaArea = area{
	name:   "schemaorg",
	simple: true,
	routes: []route{
		{path: "/angebote/" + codeVar + linkedSuffix, get: whenPublic((*Server).opportunitySchema), open: true},
		{path: "/organisationen/" + codeVar + linkedSuffix, get: whenPublic((*Server).organizationSchema), open: true},
		{path: "/termine/" + codeVar + linkedSuffix, get: whenPublic((*Server).occasionSchema), open: true},
		{path: "/ich-biete/" + codeVar + linkedSuffix, get: whenPublic((*Server).helpOfferSchema), open: true},
	},
}

const linkedSuffix = ".jsonld"

// object is a thing of schema.org. What is empty is left out.
type object map[string]any

func thing(kind string) object { return object{"@type": kind} }

func (o object) set(property string, value any) {
	switch v := value.(type) {
	case string:
		if v == "" {
			return
		}
	case time.Time:
		if v.IsZero() {
			return
		}
		value = v.Format(time.RFC3339)
	case []string:
		if len(v) == 0 {
			return
		}
	case object:
		if v == nil {
			return
		}
	}
	o[property] = value
}

func (w *Response) linked(o object) error {
	o["@context"] = "https://schema.org"
	return w.JSON("application/ld+json", o)
}

// opportunitySchema tells an opportunity as a demand. It never is a JobPosting, because nobody is employed.
func (s *Server) opportunitySchema(w *Response, r *Request) error {
	var o apiOpportunity
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		one, err := seeOpen(tx, r)
		if err == nil && !one.Local() {
			err = engagement.ErrNotFound
		}
		o = r.apiOpportunity(one.Opportunity, organizer(one.organization))
		return err
	})
	if err != nil {
		return err
	}
	f := r.format()
	service := thing("Service")
	service.set("name", o.Title)
	service.set("serviceType", f.labels("activity", o.Activities))
	service.set("audience", f.labels("target_group", o.TargetGroups))
	var areas []object
	for _, p := range o.Places {
		areas = append(areas, placeSchema(p))
	}
	if areas != nil {
		service["areaServed"] = areas
	}
	d := thing("Demand")
	d.set("@id", o.URI)
	d.set("name", o.Title)
	d.set("description", o.Summary)
	d.set("url", o.Page)
	d.set("inLanguage", o.Language)
	d.set("seller", organizerSchema(o.Organization))
	d.set("availabilityStarts", string(o.StartsOn))
	d.set("availabilityEnds", string(o.EndsOn))
	if !o.Confirmed.IsZero() {
		d.set("validThrough", o.Confirmed.Add(engagement.ConfirmEvery))
	}
	if o.Free != nil {
		d["eligibleQuantity"] = object{"@type": "QuantitativeValue", "value": *o.Free}
	}
	d["itemOffered"] = service
	if o.License != "" {
		d.set("license", dataLicensePage)
	}
	return w.linked(d)
}

func organizerSchema(o apiOrganizer) object {
	out := thing("Organization")
	out.set("name", o.Name)
	out.set("url", o.Page)
	return out
}

// placeSchema is a place at its public precision.
func placeSchema(p apiPlace) object {
	address, out := thing("PostalAddress"), thing("Place")
	address.set("streetAddress", p.Street)
	address.set("postalCode", p.Postcode)
	address.set("addressLocality", p.Locality)
	address.set("addressCountry", "DE")
	out.set("name", p.Name)
	out.set("address", address)
	if p.Lat != nil {
		out["geo"] = object{"@type": "GeoCoordinates", "latitude": *p.Lat, "longitude": *p.Lon}
	}
	return out
}

// organizationTypes are the kinds that schema.org has a word for.
var organizationTypes = map[engagement.Code]string{
	"association": "NGO", "initiative": "NGO", "foundation": "NGO", "volunteer-center": "NGO", "office": "GovernmentOrganization", "school": "EducationalOrganization",
}

// What is told of an organization: at most so many of its opportunities and of its help offers, the newest.
const schemaThings = 20

func (s *Server) organizationSchema(w *Response, r *Request) error {
	var o apiOrganization
	var seeks, offers []object
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		one, err := seeOrganization(tx, r)
		if err == nil && !one.Local() {
			err = engagement.ErrNotFound
		}
		if err != nil {
			return err
		}
		o = r.apiOrganization(one)
		seeks, offers, err = r.soughtAndOffered(tx, one)
		return err
	})
	if err != nil {
		return err
	}
	kind := organizationTypes[o.Kind]
	if kind == "" {
		kind = "Organization"
	}
	out := thing(kind)
	out.set("@id", o.URI)
	out.set("name", o.Name)
	out.set("description", o.Summary)
	out.set("url", o.Page)
	out.set("sameAs", o.Web)
	out.set("identifier", o.Register)
	out.set("knowsAbout", r.format().labels("area", o.Areas))
	if o.Place != nil {
		out["location"] = placeSchema(*o.Place)
	}
	if seeks != nil {
		out["seeks"] = seeks
	}
	if offers != nil {
		out["makesOffer"] = offers
	}
	return w.linked(out)
}

// soughtAndOffered are the open opportunities and help offers of an organization, in short: each has a page of its own.
func (r *Request) soughtAndOffered(tx *store.Tx, o engagement.Organization) (seeks, offers []object, err error) {
	hits, err := tx.Search(engagement.Search{Organization: o.ID, Order: engagement.Newest, Limit: schemaThings}, store.Viewer{})
	if err != nil {
		return nil, nil, err
	}
	for _, h := range hits.List {
		if h.Visibility == "offen" {
			d := thing("Demand")
			d.set("@id", r.wireOf(store.NounOpportunity, h.ID, h.IRI))
			d.set("name", clean(h.Title, false))
			d.set("url", r.Absolute(opportunityPath(h.Opportunity)))
			seeks = append(seeks, d)
		}
	}
	list, err := tx.HelpOffersOf(o.ID)
	for _, h := range list {
		if h.Open(r.Now) && h.Visibility == "offen" && len(offers) < schemaThings {
			offers = append(offers, r.offerSchema(h))
		}
	}
	return seeks, offers, err
}

// offerSchema tells help that is offered for nothing, in the name of a center or an organization.
func (r *Request) offerSchema(h engagement.HelpOffer) object {
	service, out := thing("Service"), thing("Offer")
	service.set("name", clean(h.Title, false))
	service.set("serviceType", r.format().labels("activity", h.Activities))
	out.set("@id", r.wireOf(store.NounHelpOffer, h.ID, h.IRI))
	out.set("name", clean(h.Title, false))
	out.set("description", clean(h.Text, true))
	out.set("url", r.Absolute(helpOfferPath(h)))
	out["price"], out["priceCurrency"] = 0, "EUR"
	out["itemOffered"] = service
	return out
}

func (s *Server) helpOfferSchema(w *Response, r *Request) error {
	var out object
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		h, org, err := seeHelpOffer(tx, r)
		if err != nil {
			return err
		}
		if !h.Local() || !h.Open(r.Now) || h.Visibility != "offen" || org.State != engagement.OrganizationActive {
			return engagement.ErrNotFound
		}
		out = r.offerSchema(h)
		out["offeredBy"] = organizerSchema(r.apiOrganizer(organizer(org)))
		return nil
	})
	if err != nil {
		return err
	}
	return w.linked(out)
}

// eventStatuses are the states of an event as schema.org names them.
var eventStatuses = map[string]string{"scheduled": "EventScheduled", "postponed": "EventPostponed", "canceled": "EventCancelled"}

func (s *Server) occasionSchema(w *Response, r *Request) error {
	var o apiEvent
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		one, org, err := seeOccasion(tx, r)
		if err == nil && !one.Local() {
			err = engagement.ErrNotFound
		}
		o = r.apiEvent(one, org)
		return err
	})
	if err != nil {
		return err
	}
	out := thing("Event")
	out.set("@id", o.URI)
	out.set("name", o.Title)
	out.set("description", o.Teaser)
	out.set("url", o.Page)
	out.set("inLanguage", o.Language)
	out.set("startDate", o.Starts)
	out.set("endDate", o.Ends)
	out.set("eventStatus", "https://schema.org/"+eventStatuses[o.Status])
	out.set("organizer", organizerSchema(o.Organization))
	mode := "OfflineEventAttendanceMode"
	if o.Online {
		mode = "OnlineEventAttendanceMode"
		out["location"] = object{"@type": "VirtualLocation", "url": o.Page} // where one meets is told to those who take part
	} else if o.Place != nil {
		out["location"] = placeSchema(*o.Place)
	}
	out.set("eventAttendanceMode", "https://schema.org/"+mode)
	if o.Capacity > 0 {
		out["maximumAttendeeCapacity"] = o.Capacity
	}
	return w.linked(out)
}
