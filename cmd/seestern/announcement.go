package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/federation"
	"seestern/store"
)

type announceCommand struct {
	Organization string `required:"" placeholder:"HANDLE" help:"Handle of the organization."`
	newsInput
}

// newsInput is what is written: in flags, or in a file of the demo.
type newsInput struct {
	Title       string `json:"title" help:"Title of the long form."`
	Teaser      string `json:"teaser" help:"Short text of the long form, up to 300 characters."`
	Text        string `json:"text" xor:"text" required:"" help:"Text, up to 1,500 characters; of the long form 20,000."`
	File        string `json:"-" xor:"text" required:"" type:"existingfile" placeholder:"PATH" help:"File with the text instead."`
	UrgentUntil string `json:"urgent_until" help:"Urgent call until this day, 2026-12-31, or +7 for a day from now; at most 14 days ahead."`
}

func (in newsInput) news() (engagement.News, error) {
	n := engagement.News{Title: in.Title, Teaser: in.Teaser, Text: in.Text}
	if in.File != "" {
		text, err := os.ReadFile(in.File)
		if err != nil {
			return n, err
		}
		n.Text = strings.TrimSpace(string(text))
	}
	var err error
	n.UrgentUntil, err = dayOf("urgent_until", in.UrgentUntil, engagement.DateOf(time.Now()))
	return n, err
}

func (a *announceCommand) Run(ctx context.Context, c *console) error {
	news, err := a.news()
	if err != nil {
		return err
	}
	return c.with(ctx, func(i *instance) error {
		var made engagement.Announcement
		if err := i.store.Update(ctx, func(tx *store.Tx) error {
			o, err := organization(tx, a.Organization)
			if err != nil {
				return err
			}
			made, err = engagement.Announce(tx, engagement.System, o.ID, news)
			return err
		}); err != nil {
			return err
		}
		iri := i.base.ID(federation.KindAnnouncement, string(made.ID))
		return c.print(map[string]any{"id": iri, "code": made.Code}, iri)
	})
}

type announcementCommands struct {
	Show   announcementShow   `cmd:"" help:"Show a piece of news with replies, likes and shares."`
	Update announcementUpdate `cmd:"" help:"Replace what it says."`
	Remove announcementRemove `cmd:"" help:"Withdraw a piece of news here and everywhere it went."`
}

type announcementRef struct {
	ID string `arg:"" help:"ActivityPub id, UUID or short code."`
}

// find looks the announcement up.
func (r announcementRef) find(tx *store.Tx, i *instance) (engagement.Announcement, error) {
	id := engagement.ID(r.ID)
	if local, ok := i.base.ParseID(r.ID); ok && local.Kind == federation.KindAnnouncement {
		id = engagement.ID(local.Key)
	} else if len(r.ID) == 8 {
		if _, uuid, err := tx.Code(r.ID); err == nil {
			id = uuid
		}
	}
	n, err := tx.Announcement(id)
	if err != nil {
		return n, fmt.Errorf("announcement %q: %w", r.ID, err)
	}
	return n, nil
}

// change is the frame of the commands that change one.
func (r announcementRef) change(ctx context.Context, c *console, change func(*store.Tx, engagement.ID) error) error {
	return c.with(ctx, func(i *instance) error {
		var n engagement.Announcement
		if err := i.store.Update(ctx, func(tx *store.Tx) (err error) {
			if n, err = r.find(tx, i); err != nil {
				return err
			}
			if err := change(tx, n.ID); errors.Is(err, engagement.ErrConflict) {
				return fmt.Errorf("announcement %q is %s; this is not possible any more", r.ID, n.State)
			} else if err != nil {
				return err
			}
			n, err = tx.Announcement(n.ID)
			return err
		}); err != nil {
			return err
		}
		iri := i.base.ID(federation.KindAnnouncement, string(n.ID))
		return c.print(map[string]any{"id": iri, "state": n.State, "text": n.Text}, fmt.Sprintf("%s is %s", iri, n.State))
	})
}

type announcementShow struct{ announcementRef }

func (s *announcementShow) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		return i.store.View(ctx, func(tx *store.Tx) error {
			n, err := s.find(tx, i)
			if err != nil {
				return err
			}
			counts, err := tx.CountReactions(n.ID)
			if err != nil {
				return err
			}
			replies, err := tx.Reactions(n.ID, engagement.Reply, false)
			if err != nil {
				return err
			}
			type reply struct {
				ID    string `json:"id"`
				Actor string `json:"actor"`
				Text  string `json:"text"`
				Shown bool   `json:"shown"`
			}
			list := []reply{}
			lines := []string{}
			if n.Long {
				lines = append(lines, n.Title, n.Teaser)
			}
			lines = append(lines, n.Text, fmt.Sprintf("%s, %d likes, %d shares, %d replies", n.State, counts[engagement.Like], counts[engagement.Share], len(replies)))
			for _, r := range replies {
				list = append(list, reply{r.IRI, r.Actor, r.Text, r.Shown})
				lines = append(lines, r.Handle+": "+r.Text)
			}
			return c.print(map[string]any{
				"id": i.base.ID(federation.KindAnnouncement, string(n.ID)), "state": n.State, "title": n.Title, "teaser": n.Teaser, "text": n.Text,
				"urgent_until": n.UrgentUntil, "published": when(n.Published), "updated": when(n.Updated), "likes": counts[engagement.Like], "shares": counts[engagement.Share], "replies": list,
			}, lines...)
		})
	})
}

type announcementUpdate struct {
	announcementRef
	newsInput
}

func (u *announcementUpdate) Run(ctx context.Context, c *console) error {
	news, err := u.news()
	if err != nil {
		return err
	}
	return u.change(ctx, c, func(tx *store.Tx, id engagement.ID) error {
		n, err := tx.Announcement(id)
		if err != nil {
			return err
		}
		news := news
		if n.Long {
			news.Title, news.Teaser = cmp.Or(news.Title, n.Title), cmp.Or(news.Teaser, n.Teaser)
		}
		_, err = engagement.EditAnnouncement(tx, engagement.System, id, news)
		return err
	})
}

type announcementRemove struct{ announcementRef }

func (r *announcementRemove) Run(ctx context.Context, c *console) error {
	return r.change(ctx, c, func(tx *store.Tx, id engagement.ID) error {
		return engagement.WithdrawAnnouncement(tx, engagement.System, id)
	})
}
