package main

import (
	"context"
	"fmt"
	"strings"

	"seestern/engagement"
	"seestern/federation"
	"seestern/geo"
	"seestern/store"
)

type organizationCommands struct {
	Add       organizationAdd       `cmd:"" help:"Add an organization; it is active at once."`
	List      organizationList      `cmd:"" help:"List organizations of this instance."`
	Followers organizationFollowers `cmd:"" help:"List who follows an organization from other servers."`
	Alias     organizationAlias     `cmd:"" help:"Name an account elsewhere as a former one of an organization, before it moves here."`
	Export    organizationExport    `cmd:"" help:"Write an archive of what an organization has published, to take along (FEP-6fcd)."`
	Move      organizationMove      `cmd:"" help:"Move an organization to an account elsewhere; its followers are asked to go along."`
}

// organizationInput is an organization as flags and as JSON of the demo.
type organizationInput struct {
	Name         string            `json:"name" required:"" help:"Name, up to 100 characters."`
	Handle       string            `json:"handle" help:"Address before the @: a–z, 0–9 and _; made from the name if left out. It never changes."`
	Kind         engagement.Code   `json:"kind" default:"association" help:"association, initiative, office, volunteer-center, company, school, religious-community, foundation."`
	LegalForm    engagement.Code   `json:"legal_form" default:"ev" help:"Legal form, for example ev, nicht-eingetragen, ggmbh, oeffentliche-stelle."`
	Summary      string            `json:"summary" help:"Up to 500 characters."`
	Description  string            `json:"description" help:"Up to 4,000 characters."`
	Place        string            `json:"place" required:"" help:"Postal code, town or quarter."`
	Areas        []engagement.Code `json:"areas" default:"lokales" help:"Areas of engagement, 1–5."`
	Languages    []string          `json:"languages" default:"de" help:"Languages, ISO 639."`
	ContactRole  string            `json:"contact_role" default:"Kontakt" help:"Who answers, as a role."`
	ContactMail  string            `json:"contact_mail" required:"" help:"Mailbox of that role."`
	ContactPhone string            `json:"contact_phone" help:"Phone of that role."`
	Web          string            `json:"web" help:"Web address."`
	Register     string            `json:"register" help:"Court and number of the register."`
	Charitable   bool              `json:"charitable" help:"The exemption notice was seen."`
	Level        engagement.Code   `json:"level" help:"How it was checked: email-bestaetigt, register-geprueft, persoenlich-bekannt, vereinbarung-72a; nothing is claimed if left out."`
	Trusted      bool              `json:"trusted" help:"Its opportunities are published without a check."`
}

func (in organizationInput) organization(places *geo.Gazetteer) (engagement.Organization, error) {
	place, err := resolve(places, in.Place)
	if err != nil {
		return engagement.Organization{}, err
	}
	return engagement.Organization{
		Name: in.Name, Handle: in.Handle, Kind: in.Kind, LegalForm: in.LegalForm, Summary: in.Summary, Description: in.Description,
		Place: engagement.PlaceOf(place), Areas: in.Areas, Languages: in.Languages, ContactRole: in.ContactRole, ContactMail: in.ContactMail, ContactPhone: in.ContactPhone,
		Web: in.Web, Register: in.Register, Charitable: in.Charitable, Trusted: in.Trusted,
	}, nil
}

// resolve finds the one place a text means.
func resolve(places *geo.Gazetteer, text string) (geo.Place, error) {
	found := places.Lookup(text)
	switch {
	case len(found) == 0:
		return geo.Place{}, &engagement.Invalid{Field: "place", Key: "error.place.unknown", Args: map[string]any{"x": text}}
	case len(found) > 1:
		labels := make([]string, len(found))
		for i, p := range found {
			labels[i] = p.Label()
		}
		return geo.Place{}, usageError{fmt.Errorf("place: %q may be one of these, write which: %s", text, strings.Join(labels, "; "))}
	}
	return found[0], nil
}

// addOrganization registers and approves an organization on the operator's word.
func addOrganization(tx *store.Tx, in organizationInput, places *geo.Gazetteer) (engagement.Organization, error) {
	o, err := in.organization(places)
	if err != nil {
		return o, err
	}
	if o, err = engagement.RegisterOrganization(tx, engagement.System, o); err != nil {
		return o, err
	}
	if err := engagement.ApproveOrganization(tx, engagement.System, o.ID, in.Level); err != nil {
		return o, err
	}
	return tx.Organization(o.ID)
}

type organizationAdd struct{ organizationInput }

func (a *organizationAdd) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		places, err := i.gazetteer(ctx)
		if err != nil {
			return err
		}
		var made engagement.Organization
		if err := i.store.Update(ctx, func(tx *store.Tx) (err error) {
			made, err = addOrganization(tx, a.organizationInput, places)
			return err
		}); err != nil {
			return err
		}
		return c.print(i.describeOrganization(made), i.base.ID(federation.KindOrganization, string(made.ID)))
	})
}

func (i *instance) describeOrganization(o engagement.Organization) map[string]any {
	return map[string]any{
		"id": i.base.ID(federation.KindOrganization, string(o.ID)), "handle": o.Handle + "@" + i.base.Host, "name": o.Name,
		"state": o.State, "level": o.Level,
	}
}

type organizationList struct{}

func (organizationList) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		rows, lines := []any{}, []string{}
		err := i.store.View(ctx, func(tx *store.Tx) error {
			list, err := tx.LocalOrganizations()
			for _, o := range list {
				rows = append(rows, i.describeOrganization(o))
				lines = append(lines, fmt.Sprintf("%-10s %-30s %s", o.State, o.Handle, o.Name))
			}
			return err
		})
		if err != nil {
			return err
		}
		return c.print(rows, lines...)
	})
}

type organizationFollowers struct {
	Handle string `arg:"" help:"Handle of the organization."`
}

func (f *organizationFollowers) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		rows, lines := []any{}, []string{}
		err := i.store.View(ctx, func(tx *store.Tx) error {
			o, err := organization(tx, f.Handle)
			if err != nil {
				return err
			}
			list, err := tx.Followers("org/" + string(o.ID))
			for _, follower := range list {
				rows = append(rows, map[string]any{"actor": follower.Actor, "state": follower.State, "since": follower.Since})
				lines = append(lines, fmt.Sprintf("%s  %-8s  %s", follower.Since.Format("2006-01-02"), follower.State, follower.Actor))
			}
			return err
		})
		if err != nil {
			return err
		}
		return c.print(rows, lines...)
	})
}
