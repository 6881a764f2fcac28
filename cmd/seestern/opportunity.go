package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"seestern/engagement"
	"seestern/federation"
	"seestern/geo"
	"seestern/store"
)

type opportunityCommands struct {
	Add    opportunityAdd    `cmd:"" help:"Add an opportunity and publish it."`
	List   opportunityList   `cmd:"" help:"List opportunities of this instance."`
	Show   opportunityShow   `cmd:"" help:"Show one opportunity with what other servers did with it."`
	Update opportunityUpdate `cmd:"" help:"Change fields of an opportunity; what is not given stays."`
	Close  opportunityClose  `cmd:"" help:"End the search for helpers; the page stays and says so."`
	Remove opportunityRemove `cmd:"" help:"Delete an opportunity here and on every server that got it."`
}

// opportunityInput is an opportunity as flags or as a JSON file. Lists are separated by commas on the command line. A nil field is not given.
type opportunityInput struct {
	Title          *string                             `json:"title" help:"5–80 characters."`
	Summary        *string                             `json:"summary" help:"Up to 200 characters."`
	Description    *string                             `json:"description" help:"Up to 4,000 characters; title, summary and description have 300 together at least."`
	Simple         *string                             `json:"simple" help:"The same in simple language."`
	Details        *string                             `json:"details" help:"For confirmed participants only: door code, room. Never leaves this instance."`
	Kind           *engagement.Code                    `json:"kind" help:"engagement (default), schicht-einsatz, leitung-vorstand, projektgruppe, online, csr-platz, servicelearning, lotse, prozessbegleitung or projektanfrage."`
	Areas          []engagement.Code                   `json:"areas" help:"Areas, 1–3; a wrong one is answered with the list, here and below."`
	Topics         []engagement.Code                   `json:"topics" help:"Topics, up to 5."`
	Activities     []engagement.Code                   `json:"activities" help:"Activities, 1–4."`
	TargetGroups   []engagement.Code                   `json:"target_groups" help:"For whom, up to 5."`
	SkillsRequired []engagement.Code                   `json:"skills_required" help:"Skills that are needed, up to 5."`
	SkillsHelpful  []engagement.Code                   `json:"skills_helpful" help:"Skills that help, up to 5."`
	Licenses       []engagement.Code                   `json:"licenses" help:"Licenses that are needed."`
	Commitment     *engagement.Code                    `json:"commitment" help:"einmalig, kurz, regelmaessig, saisonal, auf-abruf or flexibel."`
	Rhythm         *engagement.Code                    `json:"rhythm" help:"pro-woche, pro-zwei-wochen, pro-monat or unregelmaessig."`
	HoursMin       *float64                            `json:"hours_min" help:"Hours each time, from."`
	HoursMax       *float64                            `json:"hours_max" help:"Hours each time, to."`
	MinMonths      *int                                `json:"min_months" help:"Least duration in months."`
	Slots          []engagement.Code                   `json:"slots" help:"Weekly slots such as di-nachmittag."`
	AllSlots       *bool                               `json:"all_slots" negatable:"" help:"All slots are needed, not one of them."`
	StartsOn       *string                             `json:"starts_on" help:"First day, 2026-12-31, or +14 for a day from now."`
	EndsOn         *string                             `json:"ends_on" help:"Last day."`
	Mode           *engagement.Code                    `json:"mode" help:"vor-ort, online, hybrid, zuhause or unterwegs."`
	Place          *string                             `json:"place" help:"Postal code, town or quarter."`
	Street         *string                             `json:"street" help:"Street."`
	House          *string                             `json:"house" help:"House number."`
	Lat            *float64                            `json:"lat" help:"Latitude of the address, WGS84."`
	Lon            *float64                            `json:"lon" help:"Longitude of the address."`
	Precision      *engagement.Code                    `json:"precision" help:"What the public may see: genau, strasse or ortsteil."`
	Access         map[engagement.Code]engagement.Code `json:"access" help:"Access, for example stufenlos-eingang=ja."`
	MinAge         *int                                `json:"min_age" help:"0, 12, 14, 16, 18 or 21."`
	MinorPolicy    *engagement.Code                    `json:"minor_policy" help:"keine, ab-16, mit-zustimmung or klasse."`
	Proofs         []engagement.Code                   `json:"proofs" help:"Proofs that are asked for."`
	Load           *string                             `json:"load" help:"Lifting, heights, nights: up to 300 characters."`
	ProofBasis     *engagement.Code                    `json:"proof_basis" help:"Legal basis of a Führungszeugnis: sgb8-72a, bzrg-30a or schutzkonzept."`
	Languages      []string                            `json:"languages" help:"Languages of the work, de or de:B1."`
	TeamSize       *engagement.Code                    `json:"team_size" help:"allein, tandem, kleingruppe or grossgruppe."`
	Guidance       *engagement.Code                    `json:"guidance" help:"eng, anfangs or selbststaendig."`
	Induction      *string                             `json:"induction" help:"How people start: up to 300 characters."`
	Expenses       *engagement.Code                    `json:"expenses" help:"keine, fahrtkosten or alle-auslagen."`
	Allowance      *engagement.Code                    `json:"allowance" help:"keine, betrag or pauschal."`
	Insurance      []engagement.Code                   `json:"insurance" help:"How people are insured; offen if not clarified."`
	Capacity       *int                                `json:"capacity" help:"Places, 1–500; 0 for any number."`
	Waitlist       *bool                               `json:"waitlist" negatable:"" help:"Keep a waiting list when it is full."`
	Taster         *bool                               `json:"taster" negatable:"" help:"Trying out is possible."`
	Membership     *bool                               `json:"membership" negatable:"" help:"Membership is needed."`
	UrgentUntil    *string                             `json:"urgent_until" help:"Urgent until this day, at most 14 days ahead."`
	ContactRole    *string                             `json:"contact_role" help:"Who answers, as a role; the organization's if left out."`
	ContactMail    *string                             `json:"contact_mail" help:"Mailbox of that role."`
	ContactPhone   *string                             `json:"contact_phone" help:"Phone of that role."`
	ContactVia     *engagement.Code                    `json:"contact_via" help:"formular or agentur."`
	Visibility     *engagement.Code                    `json:"visibility" help:"intern, instanz, verbund or offen (default)."`
	License        *engagement.Code                    `json:"license" help:"cc-by-4.0 (default) or empty."`
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func setList[T any](to *[]T, from []T) {
	if from != nil {
		*to = from
	}
}

// apply writes what was given onto o.
func (in opportunityInput) apply(o *engagement.Opportunity, places *geo.Gazetteer, today engagement.Date) error {
	set(&o.Title, in.Title)
	set(&o.Summary, in.Summary)
	set(&o.Description, in.Description)
	set(&o.Simple, in.Simple)
	set(&o.Details, in.Details)
	set(&o.Kind, in.Kind)
	setList(&o.Areas, in.Areas)
	setList(&o.Topics, in.Topics)
	setList(&o.Activities, in.Activities)
	setList(&o.TargetGroups, in.TargetGroups)
	setList(&o.Licenses, in.Licenses)
	set(&o.Commitment, in.Commitment)
	set(&o.Rhythm, in.Rhythm)
	set(&o.HoursMin, in.HoursMin)
	set(&o.HoursMax, in.HoursMax)
	set(&o.MinMonths, in.MinMonths)
	set(&o.AllSlots, in.AllSlots)
	set(&o.Mode, in.Mode)
	set(&o.MinAge, in.MinAge)
	set(&o.MinorPolicy, in.MinorPolicy)
	setList(&o.Proofs, in.Proofs)
	set(&o.ProofBasis, in.ProofBasis)
	set(&o.Load, in.Load)
	set(&o.Induction, in.Induction)
	set(&o.Allowance, in.Allowance)
	set(&o.ContactVia, in.ContactVia)
	set(&o.TeamSize, in.TeamSize)
	set(&o.Guidance, in.Guidance)
	set(&o.Expenses, in.Expenses)
	setList(&o.Insurance, in.Insurance)
	set(&o.Capacity, in.Capacity)
	set(&o.Waitlist, in.Waitlist)
	set(&o.Taster, in.Taster)
	set(&o.Membership, in.Membership)
	set(&o.ContactRole, in.ContactRole)
	set(&o.ContactMail, in.ContactMail)
	set(&o.ContactPhone, in.ContactPhone)
	set(&o.Visibility, in.Visibility)
	set(&o.License, in.License)
	if in.Access != nil {
		o.Access = in.Access
	}
	in.applySkills(o)
	if in.Languages != nil {
		o.Languages = nil
		for _, l := range in.Languages {
			code, level, _ := strings.Cut(l, ":")
			o.Languages = append(o.Languages, engagement.LanguageNeed{Code: code, Level: engagement.Code(level)})
		}
	}
	if in.Slots != nil {
		grid, unknown := engagement.ParseGrid(in.Slots)
		if len(unknown) > 0 {
			return &engagement.Invalid{Field: "slots", Key: "error.choice.unknown", Args: map[string]any{"codes": join(unknown)}}
		}
		o.Grid = grid
	}
	for _, d := range []struct {
		name string
		to   *engagement.Date
		from *string
	}{{"starts_on", &o.StartsOn, in.StartsOn}, {"ends_on", &o.EndsOn, in.EndsOn}, {"urgent_until", &o.UrgentUntil, in.UrgentUntil}} {
		if d.from == nil {
			continue
		}
		day, err := dayOf(d.name, *d.from, today)
		if err != nil {
			return err
		}
		*d.to = day
	}
	return in.applyPlace(o, places)
}

// dayOf reads a day, or a number of days from today.
func dayOf(name, from string, today engagement.Date) (engagement.Date, error) {
	days, found := strings.CutPrefix(from, "+")
	if !found {
		return engagement.Date(from), nil
	}
	n, err := strconv.Atoi(days)
	if err != nil {
		return "", usageError{fmt.Errorf("%s: %q must be a day like 2026-12-31 or a number of days from now like +14", name, from)}
	}
	return today.Add(n), nil
}

// applySkills replaces the skills that are needed, or those that help, or both.
func (in opportunityInput) applySkills(o *engagement.Opportunity) {
	for _, given := range []struct {
		required bool
		codes    []engagement.Code
	}{{true, in.SkillsRequired}, {false, in.SkillsHelpful}} {
		if given.codes == nil {
			continue
		}
		o.Skills = slices.DeleteFunc(slices.Clone(o.Skills), func(s engagement.SkillNeed) bool { return s.Required == given.required })
		for _, c := range given.codes {
			o.Skills = append(o.Skills, engagement.SkillNeed{Code: c, Required: given.required})
		}
	}
}

func (in opportunityInput) applyPlace(o *engagement.Opportunity, places *geo.Gazetteer) error {
	if in.Place != nil {
		place, err := resolve(places, *in.Place)
		if err != nil {
			return err
		}
		o.Places = []engagement.Place{engagement.PlaceOf(place)}
	}
	if len(o.Places) == 0 {
		return nil
	}
	p := &o.Places[0]
	set(&p.Street, in.Street)
	set(&p.House, in.House)
	set(&p.Precision, in.Precision)
	if (in.Lat == nil) != (in.Lon == nil) {
		return usageError{errors.New("lat and lon: give both or none")}
	}
	if in.Lat != nil {
		if math.Abs(*in.Lat) > 90 || math.Abs(*in.Lon) > 180 {
			return usageError{errors.New("lat and lon: must be degrees, like 52.4455 and 13.5745")}
		}
		p.Point, p.Exact = geo.Point{Lat: *in.Lat, Lon: *in.Lon}, true
	}
	return nil
}

// readFields reads one JSON object and says in words of JSON what is wrong with it.
func readFields(raw []byte) (fields opportunityInput, err error) {
	if trimmed := bytes.TrimSpace(raw); len(trimmed) == 0 || trimmed[0] != '{' {
		return fields, errors.New(`must be one JSON object, like {"title": "Vorlesen"}`)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err = d.Decode(&fields)
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &mismatch):
		want := map[reflect.Kind]string{
			reflect.String: "a text", reflect.Int: "a whole number", reflect.Float64: "a number", reflect.Bool: "true or false",
			reflect.Slice: "a list of texts", reflect.Map: "an object",
		}[mismatch.Type.Kind()]
		return fields, fmt.Errorf("%s: must be %s, not a %s", mismatch.Field, want, mismatch.Value)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fields, errors.New("ends in the middle of the object")
	case err != nil:
		return fields, err
	case len(bytes.TrimSpace(raw[d.InputOffset():])) > 0:
		return fields, errors.New("must hold one object, and nothing after it")
	}
	return fields, nil
}

// file reads the fields of a JSON file under those of the flags.
func (in *opportunityInput) file(path string) error {
	if path == "" {
		return nil
	}
	raw, err := os.ReadFile(path)
	if path == "-" {
		raw, err = io.ReadAll(os.Stdin)
	}
	if err != nil {
		return usageError{err}
	}
	fields, err := readFields(raw)
	if err != nil {
		return usageError{fmt.Errorf("%s: %w", path, err)}
	}
	flags, err := json.Marshal(in)
	if err != nil {
		return err
	}
	given := map[string]any{} // flags win over the file
	if err := json.Unmarshal(flags, &given); err != nil {
		return err
	}
	for k, v := range given {
		if v == nil {
			delete(given, k)
		}
	}
	merged, err := json.Marshal(given)
	if err != nil {
		return err
	}
	*in = fields
	return json.Unmarshal(merged, in)
}

// addOpportunity saves and publishes an opportunity on the operator's word.
func addOpportunity(tx *store.Tx, organization engagement.ID, in opportunityInput, places *geo.Gazetteer) (engagement.Opportunity, error) {
	o := engagement.Opportunity{Organization: organization, License: "cc-by-4.0"}
	if err := in.apply(&o, places, engagement.DateOf(tx.Now())); err != nil {
		return o, err
	}
	o, err := engagement.SaveOpportunity(tx, engagement.System, o)
	if err != nil {
		return o, err
	}
	return engagement.SubmitOpportunity(tx, engagement.System, o.ID)
}

type opportunityAdd struct {
	Organization string `required:"" placeholder:"HANDLE" help:"Handle of the organization."`
	File         string `short:"f" placeholder:"JSON" help:"JSON file with the fields (- for standard input)."`
	opportunityInput
}

func (a *opportunityAdd) Run(ctx context.Context, c *console) error {
	if err := a.file(a.File); err != nil {
		return err
	}
	return c.with(ctx, func(i *instance) error {
		places, err := i.gazetteer(ctx)
		if err != nil {
			return err
		}
		var made engagement.Opportunity
		if err := i.store.Update(ctx, func(tx *store.Tx) error {
			org, err := organization(tx, a.Organization)
			if err != nil {
				return err
			}
			made, err = addOpportunity(tx, org.ID, a.opportunityInput, places)
			return err
		}); err != nil {
			return err
		}
		return c.print(i.describeOpportunity(made), i.base.ID(federation.KindOpportunity, string(made.ID)))
	})
}

func (i *instance) describeOpportunity(o engagement.Opportunity) map[string]any {
	iri := o.IRI
	if o.Local() {
		iri = i.base.ID(federation.KindOpportunity, string(o.ID))
	}
	m := map[string]any{
		"id": iri, "code": o.Code, "title": o.Title, "state": o.State, "origin": o.Origin, "taken": o.Taken, "capacity": o.Capacity,
		"visibility": o.Visibility, "url": i.base.String() + "/a/" + o.Code,
	}
	if free, limited := o.Free(); limited {
		m["free"] = free
	}
	return m
}

// find looks an opportunity up by its ActivityPub id, UUID or short code.
func (i *instance) find(tx *store.Tx, ref string) (engagement.Opportunity, error) {
	var o engagement.Opportunity
	var err error
	if id, ok := i.base.ParseID(ref); ok && id.Kind == federation.KindOpportunity {
		ref = id.Key
	}
	ref = strings.TrimPrefix(ref, i.base.String()+"/a/") // the short address
	switch {
	case strings.Contains(ref, "://"):
		o, err = tx.OpportunityByIRI(ref)
	case len(ref) == 8:
		o, err = tx.OpportunityByCode(ref)
	default:
		o, err = tx.Opportunity(engagement.ID(ref))
	}
	if err != nil {
		return o, fmt.Errorf("opportunity %q: %w", ref, err)
	}
	return o, nil
}

type opportunityList struct {
	All bool `help:"Copies of partner instances too."`
}

func (l *opportunityList) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		rows, lines := []any{}, []string{}
		err := i.store.View(ctx, func(tx *store.Tx) error {
			list, err := tx.Opportunities(l.All)
			for _, o := range list {
				rows = append(rows, i.describeOpportunity(o))
				lines = append(lines, fmt.Sprintf("%s  %-13s %3d/%-3d %s %s", o.Code, o.State, o.Taken, o.Capacity, o.Title, o.Origin))
			}
			return err
		})
		if err != nil {
			return err
		}
		return c.print(rows, lines...)
	})
}

type opportunityRef struct {
	ID string `arg:"" help:"ActivityPub id, UUID, short code or short address."`
}

type opportunityShow struct{ opportunityRef }

func (s *opportunityShow) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		return i.store.View(ctx, func(tx *store.Tx) error {
			o, err := i.find(tx, s.ID)
			if err != nil {
				return err
			}
			m := i.describeOpportunity(o)
			counts, err := tx.CountReactions(o.ID)
			if err != nil {
				return err
			}
			m["likes"], m["shares"], m["replies"] = counts[engagement.Like], counts[engagement.Share], counts[engagement.Reply]
			m["summary"], m["description"], m["published"], m["updated"], m["confirmed"] = o.Summary, o.Description, when(o.Published), when(o.Updated), when(o.Confirmed)
			return c.print(m, fmt.Sprintf("%s\n%s\n%s, %d of %d places taken, %d likes, %d shares, %d replies", m["id"], o.Title, o.State, o.Taken, o.Capacity,
				counts[engagement.Like], counts[engagement.Share], counts[engagement.Reply]))
		})
	})
}

type opportunityUpdate struct {
	opportunityRef
	File string `short:"f" placeholder:"JSON" help:"JSON file with the fields to change (- for standard input)."`
	opportunityInput
}

func (u *opportunityUpdate) Run(ctx context.Context, c *console) error {
	if err := u.file(u.File); err != nil {
		return err
	}
	places := (*geo.Gazetteer)(nil)
	return c.changeOpportunity(ctx, u.ID, func(i *instance) (err error) {
		places, err = i.gazetteer(ctx)
		return err
	}, func(tx *store.Tx, o engagement.Opportunity) (engagement.Opportunity, error) {
		if err := u.apply(&o, places, engagement.DateOf(tx.Now())); err != nil {
			return o, err
		}
		return engagement.SaveOpportunity(tx, engagement.System, o)
	})
}

type opportunityClose struct{ opportunityRef }

func (u *opportunityClose) Run(ctx context.Context, c *console) error {
	return c.changeOpportunity(ctx, u.ID, nil, func(tx *store.Tx, o engagement.Opportunity) (engagement.Opportunity, error) {
		return engagement.CloseOpportunity(tx, engagement.System, o.ID)
	})
}

type opportunityRemove struct{ opportunityRef }

func (u *opportunityRemove) Run(ctx context.Context, c *console) error {
	return c.changeOpportunity(ctx, u.ID, nil, func(tx *store.Tx, o engagement.Opportunity) (engagement.Opportunity, error) {
		return engagement.WithdrawOpportunity(tx, engagement.System, o.ID)
	})
}

// changeOpportunity is the frame of the commands that change one opportunity.
func (c *console) changeOpportunity(ctx context.Context, ref string, before func(*instance) error,
	change func(*store.Tx, engagement.Opportunity) (engagement.Opportunity, error),
) error {
	return c.with(ctx, func(i *instance) error {
		if before != nil {
			if err := before(i); err != nil {
				return err
			}
		}
		var o engagement.Opportunity
		if err := i.store.Update(ctx, func(tx *store.Tx) error {
			found, err := i.find(tx, ref)
			if err != nil {
				return err
			}
			switch o, err = change(tx, found); {
			case errors.Is(err, engagement.ErrConflict):
				return fmt.Errorf("opportunity %q is %s; this is not possible any more", ref, found.State)
			case errors.Is(err, engagement.ErrForbidden) && !found.Local():
				return fmt.Errorf("opportunity %q lives on %s; only that instance can change it", ref, found.Origin)
			}
			return err
		}); err != nil {
			return err
		}
		return c.print(i.describeOpportunity(o), fmt.Sprintf("%s is %s", o.Title, o.State))
	})
}
