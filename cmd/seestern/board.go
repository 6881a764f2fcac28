package main

import (
	"context"
	"fmt"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
)

type boardCommands struct {
	Add     boardAdd     `cmd:"" help:"Open the page of a place or topic, which people can follow from everywhere."`
	List    boardList    `cmd:"" help:"List the pages of places and topics."`
	Archive boardArchive `cmd:"" help:"End a page: nothing new appears, and nobody can follow any more."`
}

// boardInput is a board as flags and as JSON of the demo.
type boardInput struct {
	Kind         engagement.BoardKind `json:"kind" required:"" enum:"ort,thema" help:"ort (a place) or thema (a topic)."`
	Name         string               `json:"name" required:"" help:"Name, up to 100 characters."`
	Handle       string               `json:"handle" help:"Address before the @: a–z, 0–9 and _; made from the name if left out. It never changes."`
	Summary      string               `json:"summary" help:"Up to 500 characters."`
	Place        string               `json:"place" help:"ort: postal code, town or quarter in its middle."`
	RadiusKM     float64              `json:"radius_km" name:"radius" default:"5" help:"ort: kilometres around it, 1 to 100."`
	Areas        []engagement.Code    `json:"areas" help:"thema: areas of engagement, up to 5."`
	Topics       []engagement.Code    `json:"topics" help:"thema: topics, up to 10."`
	Organization string               `json:"organization" placeholder:"HANDLE" help:"Organization that looks after it; the instance itself if left out."`
}

func addBoard(tx *store.Tx, in boardInput, places *geo.Gazetteer) (engagement.Board, error) {
	b := engagement.Board{Kind: in.Kind, Name: in.Name, Handle: in.Handle, Summary: in.Summary, RadiusKM: in.RadiusKM, Areas: in.Areas, Topics: in.Topics}
	if in.Place != "" {
		place, err := resolve(places, in.Place)
		if err != nil {
			return b, err
		}
		b.Place = engagement.PlaceOf(place)
	}
	if in.Organization != "" {
		o, err := organization(tx, in.Organization)
		if err != nil {
			return b, err
		}
		b.Organization = o.ID
	}
	return engagement.AddBoard(tx, engagement.System, b)
}

func (i *instance) describeBoard(b engagement.Board, followers int) map[string]any {
	return map[string]any{
		"id": i.base.BoardID(b), "handle": b.Handle + "@" + i.base.Host, "kind": b.Kind, "name": b.Name, "state": b.State, "followers": followers,
	}
}

type boardAdd struct{ boardInput }

func (a *boardAdd) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		places, err := i.gazetteer(ctx)
		if err != nil {
			return err
		}
		var made engagement.Board
		if err := i.store.Update(ctx, func(tx *store.Tx) (err error) {
			made, err = addBoard(tx, a.boardInput, places)
			return err
		}); err != nil {
			return err
		}
		return c.print(i.describeBoard(made, 0), i.base.BoardID(made))
	})
}

type boardList struct{}

func (boardList) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		rows, lines := []any{}, []string{}
		err := i.store.View(ctx, func(tx *store.Tx) error {
			followers, err := tx.CountBoardFollowers()
			if err != nil {
				return err
			}
			list, err := tx.AllBoards()
			for _, b := range list {
				rows = append(rows, i.describeBoard(b, followers[b.ID]))
				lines = append(lines, fmt.Sprintf("%-8s %-5s %-30s %s", b.State, b.Kind, b.Handle, b.Name))
			}
			return err
		})
		if err != nil {
			return err
		}
		return c.print(rows, lines...)
	})
}

type boardArchive struct {
	Handle string `arg:"" help:"Handle of the page."`
	Undo   bool   `help:"Open it again."`
}

func (a *boardArchive) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		var b engagement.Board
		var followers map[engagement.ID]int
		if err := i.store.Update(ctx, func(tx *store.Tx) (err error) {
			if b, err = tx.BoardByHandle(a.Handle); err == nil {
				b, err = engagement.ArchiveBoard(tx, engagement.System, b.ID, !a.Undo)
			}
			if err != nil {
				return fmt.Errorf("board %q: %w", a.Handle, err)
			}
			followers, err = tx.CountBoardFollowers()
			return err
		}); err != nil {
			return err
		}
		return c.print(i.describeBoard(b, followers[b.ID]), fmt.Sprintf("%s is %s", b.Handle, b.State))
	})
}
