package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"seestern/engagement"
	"seestern/federation"
	"seestern/geo"
	"seestern/store"
)

type occasionCommands struct {
	Add      occasionAdd      `cmd:"" help:"Publish an event of an organization."`
	List     occasionList     `cmd:"" help:"List events to come, those of other servers among them."`
	Show     occasionShow     `cmd:"" help:"Show an event and how many come."`
	Cancel   occasionCancel   `cmd:"" help:"Say that an event does not take place. It stays visible."`
	Remove   occasionRemove   `cmd:"" help:"Withdraw an event here and everywhere it went."`
	Follow   occasionFollow   `cmd:"" help:"Show the events of a group or calendar on another server, once a moderator has released them."`
	Unfollow occasionUnfollow `cmd:"" help:"Show them no more."`
	Followed occasionFollowed `cmd:"" help:"List the groups and calendars that are followed."`
}

// occasionInput is an event as flags and as JSON of the demo.
type occasionInput struct {
	Kind     engagement.Code `json:"kind" required:"" enum:"treffen,aktion,benefiz,austausch,sprechstunde,fortbildung,ehrung,marktplatz,freiwilligentag,onlinetreffen" help:"${enum}."`
	Title    string          `json:"title" required:"" help:"3 to 120 characters."`
	Teaser   string          `json:"teaser" help:"The most important thing in one sentence, up to 200 characters."`
	Text     string          `json:"text" help:"Text, up to 4,000 characters."`
	Day      string          `json:"day" required:"" help:"First day, 2026-12-05, or +7 for a day from now."`
	From     string          `json:"from" required:"" placeholder:"15:04" help:"Clock time of the beginning."`
	Until    string          `json:"until" required:"" placeholder:"15:04" help:"Clock time of the end."`
	LastDay  string          `json:"last_day" help:"Last day, if it is another one."`
	Place    string          `json:"place" help:"Postal code, town or quarter; none is online."`
	Name     string          `json:"name" help:"Name of the house or meeting point."`
	Street   string          `json:"street" help:"Street."`
	House    string          `json:"house" help:"House number."`
	Link     string          `json:"link" help:"Address of an online meeting, for those who signed up."`
	Capacity int             `json:"capacity" help:"Places; 0 for unlimited."`
	Repeat   string          `json:"repeat" placeholder:"RRULE" help:"Whether it takes place again, as in calendars: FREQ=WEEKLY;COUNT=10. DAILY, WEEKLY and MONTHLY with INTERVAL, BYDAY, UNTIL and COUNT."`
	SignUp   engagement.Code `json:"sign_up" default:"ohne" enum:"ohne,hier,mit-zusage" help:"${enum}: without sign-up, first come, or the organization decides."`
}

func (in occasionInput) occasion(places *geo.Gazetteer, today engagement.Date) (engagement.Occasion, error) {
	o := engagement.Occasion{
		Kind: in.Kind, Title: in.Title, Teaser: in.Teaser, Text: in.Text, Link: in.Link, Capacity: in.Capacity, SignUp: in.SignUp, Online: in.Place == "",
	}
	if o.SignUp == "" {
		o.SignUp = "ohne"
	}
	if !o.Online {
		place, err := resolve(places, in.Place)
		if err != nil {
			return o, err
		}
		o.Place = engagement.PlaceOf(place)
		o.Place.Name, o.Place.Street, o.Place.House, o.Place.Precision = in.Name, in.Street, in.House, "genau"
	}
	if in.LastDay == "" {
		in.LastDay = in.Day
	}
	for _, t := range []struct {
		to               *time.Time
		name, day, clock string
	}{{&o.Starts, "from", in.Day, in.From}, {&o.Ends, "until", in.LastDay, in.Until}} {
		day, err := dayOf("day", t.day, today)
		if err != nil {
			return o, err
		}
		at, err := time.ParseInLocation("2006-01-02 15:04", string(day)+" "+t.clock, engagement.Berlin())
		if err != nil {
			return o, usageError{fmt.Errorf("%s: %q and %q are no day like 2026-12-31 and time like 15:04", t.name, day, t.clock)}
		}
		*t.to = at
	}
	return o, nil
}

func addOccasion(tx *store.Tx, organization engagement.ID, in occasionInput, places *geo.Gazetteer) (engagement.Occasion, error) {
	o, err := in.occasion(places, engagement.DateOf(tx.Now()))
	if err != nil {
		return o, err
	}
	o.Organization = organization
	if in.Repeat == "" {
		return engagement.AddOccasion(tx, engagement.System, o)
	}
	rule, err := engagement.ParseRecurrence(in.Repeat, engagement.DateOf(o.Starts))
	if err != nil {
		return o, err
	}
	return engagement.AddSeries(tx, engagement.System, o, rule, 0)
}

// iriOf is the id by which other servers know it.
func (i *instance) iriOf(o engagement.Occasion) string {
	if o.IRI != "" {
		return o.IRI
	}
	return i.base.ID(federation.KindEvent, string(o.ID))
}

func (i *instance) describeOccasion(o engagement.Occasion) map[string]any {
	return map[string]any{
		"id": i.iriOf(o), "code": o.Code, "title": o.Title, "kind": o.Kind, "starts": when(o.Starts), "ends": when(o.Ends), "zone": o.Zone, "place": o.Place.Locality,
		"state": o.State, "capacity": o.Capacity, "sign_up": o.SignUp, "origin": o.Origin,
	}
}

type occasionAdd struct {
	Organization string `required:"" placeholder:"HANDLE" help:"Handle of the organization."`
	occasionInput
}

func (a *occasionAdd) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		places, err := i.gazetteer(ctx)
		if err != nil {
			return err
		}
		var made engagement.Occasion
		if err := i.store.Update(ctx, func(tx *store.Tx) error {
			org, err := organization(tx, a.Organization)
			if err != nil {
				return err
			}
			made, err = addOccasion(tx, org.ID, a.occasionInput, places)
			return err
		}); err != nil {
			return err
		}
		return c.print(i.describeOccasion(made), i.iriOf(made))
	})
}

type occasionList struct {
	Limit int `default:"100" help:"How many."`
}

func (l occasionList) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		rows, lines := []any{}, []string{}
		err := i.store.View(ctx, func(tx *store.Tx) error {
			list, _, err := tx.Occasions(store.OccasionSearch{From: tx.Now(), Limit: l.Limit})
			for _, o := range list {
				rows = append(rows, i.describeOccasion(o))
				lines = append(lines, fmt.Sprintf("%s %-9s %s %s %s", o.Code, o.State, o.Starts.In(o.Located()).Format("2006-01-02 15:04"), o.Title, o.Origin))
			}
			return err
		})
		if err != nil {
			return err
		}
		return c.print(rows, lines...)
	})
}

type occasionRef struct {
	ID string `arg:"" help:"ActivityPub id, UUID or short code."`
}

// find looks the event up.
func (r occasionRef) find(tx *store.Tx, i *instance) (engagement.Occasion, error) {
	id := engagement.ID(r.ID)
	if local, ok := i.base.ParseID(r.ID); ok && local.Kind == federation.KindEvent {
		id = engagement.ID(local.Key)
	} else if len(r.ID) == 8 {
		if _, uuid, err := tx.Code(r.ID); err == nil {
			id = uuid
		}
	}
	o, err := tx.Occasion(id)
	if errors.Is(err, engagement.ErrNotFound) {
		o, err = tx.OccasionByIRI(r.ID)
	}
	if err != nil {
		return o, fmt.Errorf("event %q: %w", r.ID, err)
	}
	return o, nil
}

// change is the frame of the commands that change one.
func (r occasionRef) change(ctx context.Context, c *console, change func(*store.Tx, engagement.ID) error) error {
	return c.with(ctx, func(i *instance) error {
		var o engagement.Occasion
		if err := i.store.Update(ctx, func(tx *store.Tx) (err error) {
			if o, err = r.find(tx, i); err != nil {
				return err
			}
			if err := change(tx, o.ID); errors.Is(err, engagement.ErrConflict) {
				return fmt.Errorf("event %q is %s; this is not possible any more", r.ID, o.State)
			} else if err != nil {
				return err
			}
			o, err = tx.Occasion(o.ID)
			return err
		}); err != nil {
			return err
		}
		return c.print(i.describeOccasion(o), fmt.Sprintf("%s is %s", i.iriOf(o), o.State))
	})
}

type occasionShow struct{ occasionRef }

func (s *occasionShow) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		return i.store.View(ctx, func(tx *store.Tx) error {
			o, err := s.find(tx, i)
			if err != nil {
				return err
			}
			guests, err := tx.SignUpsFor(o.ID)
			if err != nil {
				return err
			}
			all, shown := engagement.Guests(guests), i.describeOccasion(o)
			shown["coming"], shown["asked"], shown["waiting"] = all.Taken(), all.People(engagement.SignUpAsked), all.People(engagement.SignUpWaiting)
			return c.print(shown, i.iriOf(o), o.Title, fmt.Sprintf("%s, %s to %s, %d come, %d ask, %d wait", o.State,
				o.Starts.In(o.Located()).Format("2006-01-02 15:04"), o.Ends.In(o.Located()).Format("2006-01-02 15:04"), shown["coming"], shown["asked"], shown["waiting"]))
		})
	})
}

type occasionCancel struct {
	occasionRef
	Following bool `help:"Also all that follow in its series."`
}

func (r *occasionCancel) Run(ctx context.Context, c *console) error {
	return r.change(ctx, c, func(tx *store.Tx, id engagement.ID) error {
		if r.Following {
			return engagement.EndSeries(tx, engagement.System, id, false)
		}
		_, err := engagement.MoveOccasion(tx, engagement.System, id, engagement.OccasionCanceled)
		return err
	})
}

type occasionRemove struct {
	occasionRef
	Following bool `help:"Also all that follow in its series."`
}

func (r *occasionRemove) Run(ctx context.Context, c *console) error {
	return r.change(ctx, c, func(tx *store.Tx, id engagement.ID) error {
		if r.Following {
			return engagement.EndSeries(tx, engagement.System, id, true)
		}
		return engagement.RemoveOccasion(tx, engagement.System, id)
	})
}

type occasionFollow struct {
	Address string `arg:"" help:"@name@host, or the address of the account."`
}

func (f *occasionFollow) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		found, err := i.elsewhere(ctx, f.Address)
		if err != nil {
			return err
		}
		var made engagement.Followed
		if err := i.store.Update(ctx, func(tx *store.Tx) (err error) {
			made, err = engagement.FollowActor(tx, engagement.System, found)
			if errors.Is(err, engagement.ErrConflict) {
				return fmt.Errorf("%s is followed already", found.IRI)
			}
			return err
		}); err != nil {
			return err
		}
		return c.print(describeFollowed(made), fmt.Sprintf("%s is %s", made.Actor, made.State))
	})
}

func describeFollowed(f engagement.Followed) map[string]any {
	return map[string]any{"actor": f.Actor, "handle": f.Handle, "name": f.Name, "state": f.State}
}

type occasionUnfollow struct {
	Actor string `arg:"" help:"Id of the account, as seestern event followed shows it."`
}

func (u *occasionUnfollow) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		if err := i.store.Update(ctx, func(tx *store.Tx) error {
			if err := engagement.UnfollowActor(tx, engagement.System, u.Actor); err != nil {
				return fmt.Errorf("account %q: %w", u.Actor, err)
			}
			return nil
		}); err != nil {
			return err
		}
		return c.print(map[string]any{"actor": u.Actor}, u.Actor+" is not followed any more")
	})
}

type occasionFollowed struct{}

func (occasionFollowed) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		rows, lines := []any{}, []string{}
		err := i.store.View(ctx, func(tx *store.Tx) error {
			list, err := tx.AllFollowed()
			for _, f := range list {
				rows = append(rows, describeFollowed(f))
				lines = append(lines, fmt.Sprintf("%-8s %s %s", f.State, f.Actor, f.Name))
			}
			return err
		})
		if err != nil {
			return err
		}
		return c.print(rows, lines...)
	})
}
