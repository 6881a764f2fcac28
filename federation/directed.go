package federation

import (
	"context"
	"errors"
	"html"
	"slices"
	"strings"

	"seestern/engagement"
	"seestern/store"
)

// DirectedRequest is an opportunity that is for certain partners only; to are their instance actors. It leads to no page, because there
// is none: everything that people must know stands in it. A hidden one has a neutral text and is closed.
func (c Codec) DirectedRequest(o engagement.Opportunity, org engagement.Organization, to []string) Doc {
	id, w := c.Base.OpportunityID(o), c.Words(o.Lang)
	d := Doc{
		"id": id, "type": "Note", "attributedTo": c.Base.OrganizationID(org), "published": stamp(o.Published), "updated": stamp(o.Updated),
		"endTime": stamp(o.Expires), "to": to, "cc": []string{}, "tag": []Doc{}, "attachment": []Doc{}, "purpose": "request", "unitBased": true,
	}
	if o.State == engagement.Hidden {
		return d.with(content("<p>"+html.EscapeString(w.text("wire.hidden"))+"</p>", o.Lang)).with(Doc{
			"publishes": Doc{"type": "Intent", "id": id + intentFragment, "action": "deliverService"},
			"seestern:details": Doc{
				"seestern:version": 1, "seestern:kind": string(o.Kind), "seestern:status": "closed", "seestern:visibility": "anfrage",
			},
		})
	}
	if sendName {
		d["name"] = o.Title
	}
	if places := o.PublicPlaces(); len(places) > 0 && o.Mode != "online" {
		d["location"] = placeDoc(places[0])
	}
	return d.with(content(c.directedHTML(o, w), o.Lang)).with(Doc{
		"publishes": intent(id, o), "seestern:details": details(o).with(Doc{"seestern:project": Doc{
			"seestern:goal": o.Project.Goal, "seestern:effort": o.Project.Effort, "seestern:resultsPublished": o.Project.Results,
			"seestern:contactRole": o.ContactRole, "seestern:ask": wireFields(o.Project.Ask),
		}}),
	})
}

// directedHTML is the text for people.
func (c Codec) directedHTML(o engagement.Opportunity, w Words) string {
	results := "wire.directed.results.no"
	if o.Project.Results {
		results = "wire.directed.results.yes"
	}
	facts := append([]string{
		w.text("wire.directed.goal", "x", o.Project.Goal), w.text("wire.directed.effort", "x", o.Project.Effort), w.text(results),
		w.text("wire.directed.contact", "x", o.ContactRole),
	}, w.facts(o)...)
	for i, f := range facts {
		facts[i] = html.EscapeString(f)
	}
	return "<p><strong>" + html.EscapeString(o.Title) + "</strong></p>" + markdownHTML(o.Description) + "<p>" + strings.Join(facts, "<br>") + "</p>"
}

// readProject takes what only a directed request says.
func (p *Proposal) readProject(d Map) {
	project := d.Map("seestern:project")
	p.Project = engagement.Project{
		Goal: cut(cleanLine(project.String("seestern:goal")), maxLine), Effort: cut(cleanLine(project.String("seestern:effort")), maxLine),
		Ask: wireFields(project.Strings("seestern:ask")),
	}
	p.Project.Results, _ = project.Bool("seestern:resultsPublished")
	p.ContactRole = cut(cleanLine(project.String("seestern:contactRole")), maxLine)
}

// directedTo are the partners that a directed request is for: their instance actors, and the inboxes of those that are partners now.
func (s *Service) directedTo(tx *store.Tx, o engagement.Opportunity) (actors []string, inboxes []store.Recipient, err error) {
	for _, host := range o.Hosts {
		p, err := tx.Partner(host)
		if errors.Is(err, engagement.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		actors = append(actors, p.Actor)
	}
	inboxes, _, err = s.partnerInboxes(tx, func(p engagement.Partner) bool { return slices.Contains(o.Hosts, p.Host) })
	return actors, inboxes, err
}

// renderDirected sends a directed request to the partners that were chosen, and to nobody else.
func (s *Service) renderDirected(tx *store.Tx, i engagement.Instance, e engagement.Event, p parcel, o engagement.Opportunity, org engagement.Organization) error {
	to, inboxes, err := s.directedTo(tx, o)
	if err != nil {
		return err
	}
	if e.Kind == engagement.WireDelete {
		p.doc = Doc{
			"id": s.Base.ActivityID(e.ID), "type": "Delete", "actor": s.Base.OrganizationID(org), "published": stamp(e.At),
			"object": Tombstone(p.object, "Note", e.At), "to": to, "cc": []string{},
		}
		return s.takeBack(tx, p)
	}
	if !o.Live() && o.State != engagement.Hidden || org.State != engagement.OrganizationActive {
		return errMeaningless
	}
	p.inboxes = inboxes
	return s.publish(tx, i, e, p, s.Codec.DirectedRequest(o, org, to), nil, 0)
}

// directedThing is a directed request for the servers that were asked. Of its end nothing is left.
func (s *Service) directedThing(tx *store.Tx, o engagement.Opportunity, org engagement.Organization) (thing, error) {
	t := thing{readers: audience{hosts: o.Hosts}, closed: o.State == engagement.Hidden}
	switch {
	case !o.Local(), org.State != engagement.OrganizationActive:
		return t, hidden("directed request", o.ID)
	case !o.Live() && o.State != engagement.Hidden:
		t.gone = Tombstone(s.Base.OpportunityID(o), "Note", o.Updated)
	}
	to, _, err := s.directedTo(tx, o)
	t.document = func(context.Context, reader) (Doc, error) { return s.Codec.DirectedRequest(o, org, to), nil }
	return t, err
}

// receiveDirected keeps what an organization of a partner asks this instance, by the rules G1 to G4.
func (s *Service) receiveDirected(tx *store.Tx, a arrival, found Proposal) error {
	p, err := s.receiveCopy(tx, a, found.IRI)
	if err != nil {
		return err
	}
	if err := ownNewer(tx, found); err != nil {
		return err
	}
	author, err := s.sender(tx, a)
	switch {
	case err != nil:
		return err
	case author.Type != "Organization":
		return violation("G2", "%s is a %s", a.Actor, author.Type)
	}
	if err := s.mayDirect(p, found); err != nil {
		return err
	}
	if err := s.knownAuthor(tx, p, a); err != nil {
		return err
	}
	return s.mirrorDirected(tx, p, found)
}

// mayDirect makes sure that a partner may ask this.
func (s *Service) mayDirect(p engagement.Partner, found Proposal) error {
	open := found.State == engagement.Published
	switch {
	case !p.MayDirect():
		return violation("G2", "%s is of %s, with which no directed requests are agreed", found.IRI, p.Host)
	case !slices.Contains(found.To, s.Base.Actor()):
		return violation("G2", "%s is for somebody else", found.IRI)
	case HostOf(found.IRI) != p.Host:
		return violation("O1", "%s is not of partner %s", found.IRI, p.Host)
	case !found.Matchable:
		return violation("O3", "%s asks for something else than help", found.IRI)
	case open && (found.Project.Goal == "" || found.Project.Effort == "" || len(found.Project.Ask) == 0):
		return violation("G3", "%s does not say what for", found.IRI)
	}
	return nil
}

// mirrorDirected keeps a copy; its author has to be kept already. What came is not kept beside it.
func (s *Service) mirrorDirected(tx *store.Tx, p engagement.Partner, found Proposal) error {
	org, err := tx.OrganizationByIRI(found.Author)
	if err != nil {
		return err
	}
	o := found.Opportunity
	o.Organization = org.ID
	if found.Paid {
		o.Reason = "arbeitsplatz-ersatz"
	}
	if _, err = tx.OpportunityByIRI(o.IRI); errors.Is(err, engagement.ErrNotFound) && (o.State != engagement.Published || o.Over(tx.Now())) {
		return violation("G1", "%s is over", o.IRI)
	}
	_, err = engagement.ReceiveDirected(tx, p, o)
	if errors.Is(err, engagement.ErrTooMany) {
		return violation("G4", "%s of %s: too many", o.IRI, found.Author)
	}
	return err
}

// recopyDirected takes over how a directed request reads at its origin now. One that was not sent to us is none of ours.
func (s *Service) recopyDirected(tx *store.Tx, p engagement.Partner, found Proposal) error {
	if err := s.mayDirect(p, found); err != nil {
		return err
	}
	if _, err := tx.OpportunityByIRI(found.IRI); errors.Is(err, engagement.ErrNotFound) {
		return violation("G1", "%s was not sent here", found.IRI)
	}
	if err := ownNewer(tx, found); err != nil {
		return err
	}
	return s.mirrorDirected(tx, p, found)
}
