package main

import (
	"context"
	"fmt"
	"os"
	"regexp"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
)

// setupCommand does what the set-up pages do, for scripts. What is not given stays as it is.
type setupCommand struct {
	setupInput
	ImprintFile       string `name:"imprint" placeholder:"MARKDOWN" type:"existingfile" help:"Imprint, German."`
	PrivacyFile       string `name:"privacy" placeholder:"MARKDOWN" type:"existingfile" help:"Privacy notice, German."`
	AccessibilityFile string `name:"accessibility" placeholder:"MARKDOWN" type:"existingfile" help:"Accessibility statement, German."`
}

// setupInput is the settings of an instance as flags and as JSON of the demo.
type setupInput struct {
	Name         string          `json:"name" help:"Name of the instance."`
	Summary      string          `json:"summary" help:"One sentence about it."`
	Kind         engagement.Code `json:"kind" help:"bezirk, kommune, freiwilligenzentrum or land."`
	Operator     string          `json:"operator" help:"Who runs it."`
	Regions      []string        `json:"regions" help:"Region codes, for example ags:11000000,lor:09."`
	Place        string          `json:"place" help:"Centre of the region: postal code, town or quarter."`
	RadiusKM     float64         `json:"radius_km" name:"radius" help:"How far the region reaches around it, in km."`
	Land         string          `json:"land" help:"Land, two letters: public holidays."`
	Rural        bool            `json:"rural" help:"Wider default radius."`
	ContactName  string          `json:"contact_name" help:"Contact, as a role."`
	ContactMail  string          `json:"contact_mail" help:"E-mail address of the contact."`
	ContactPhone string          `json:"contact_phone" help:"Phone of the contact."`
	Mode         engagement.Code `json:"mode" help:"Federation: off, partners or open."`
	Public       bool            `json:"public" help:"Visitors see content; needs imprint, privacy notice and accessibility statement."`
}

func or[T comparable](to *T, value T) {
	var none T
	if value != none {
		*to = value
	}
}

var regionCode = regexp.MustCompile(`^[a-z]+:[0-9a-z:-]+$`)

// apply writes what was given onto i.
func (in setupInput) apply(i *engagement.Instance, places *geo.Gazetteer) error {
	or(&i.Name, in.Name)
	or(&i.Summary, in.Summary)
	or(&i.Kind, in.Kind)
	or(&i.Operator, in.Operator)
	or(&i.RadiusKM, in.RadiusKM)
	or(&i.Land, in.Land)
	or(&i.ContactName, in.ContactName)
	or(&i.ContactMail, in.ContactMail)
	or(&i.ContactPhone, in.ContactPhone)
	or(&i.Mode, in.Mode)
	i.Rural, i.Public = i.Rural || in.Rural, i.Public || in.Public
	if in.Place != "" {
		place, err := resolve(places, in.Place)
		if err != nil {
			return err
		}
		i.Place, i.Center, i.Regions = engagement.PlaceOf(place).Locality, place.Point, place.Regions
	}
	if in.Regions != nil {
		i.Regions = in.Regions
	}
	for _, r := range i.Regions {
		if !regionCode.MatchString(r) {
			return usageError{fmt.Errorf("regions: %q must be a kind and a code, like ags:11000000 or lor:09", r)}
		}
	}
	if in.Land != "" && !engagement.Lands.Has(engagement.Code(in.Land)) {
		return usageError{fmt.Errorf("land: %q must be one of %s", in.Land, join(engagement.Lands.Codes()))}
	}
	if in.RadiusKM < 0 || in.RadiusKM > 500 {
		return usageError{fmt.Errorf("radius: %g must be a number of kilometers up to 500", in.RadiusKM)}
	}
	return nil
}

func (s *setupCommand) Run(ctx context.Context, c *console) error {
	texts := map[string]string{}
	for page, file := range map[string]string{"impressum": s.ImprintFile, "datenschutz": s.PrivacyFile, "barrierefreiheit": s.AccessibilityFile} {
		if file == "" {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			return usageError{err}
		}
		texts[page+".de"] = string(raw)
	}
	return c.with(ctx, func(i *instance) error {
		places, err := i.gazetteer(ctx)
		if err != nil {
			return err
		}
		var settings engagement.Instance
		if err := i.store.Update(ctx, func(tx *store.Tx) error {
			settings, err = tx.Instance()
			if err != nil {
				return err
			}
			if err := s.apply(&settings, places); err != nil {
				return err
			}
			for page, text := range texts {
				if settings.Texts == nil {
					settings.Texts = map[string]string{}
				}
				settings.Texts[page] = text
			}
			return engagement.EditInstance(tx, engagement.System, settings)
		}); err != nil {
			return err
		}
		return c.print(map[string]any{
			"name": settings.Name, "summary": settings.Summary, "kind": settings.Kind, "operator": settings.Operator, "regions": settings.Regions,
			"place": settings.Place, "radius_km": settings.RadiusKM, "land": settings.Land, "rural": settings.Rural,
			"contact_name": settings.ContactName, "contact_mail": settings.ContactMail, "contact_phone": settings.ContactPhone,
			"mode": settings.Mode, "public": settings.Public, "missing_texts": append([]string{}, settings.MissingTexts()...),
		}, fmt.Sprintf("%s: %s, network %s, public %v", settings.Name, i.BaseURL, settings.Mode, settings.Public))
	})
}
