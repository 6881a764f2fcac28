package main

import (
	"context"
	"fmt"

	"seestern/engagement"
	"seestern/federation"
	"seestern/store"
)

type announceCommand struct {
	Organization string `required:"" placeholder:"HANDLE" help:"Handle of the organization."`
	Text         string `required:"" help:"Text, up to 1,500 characters."`
}

func (a *announceCommand) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		var made engagement.Announcement
		if err := i.store.Update(ctx, func(tx *store.Tx) error {
			o, err := organization(tx, a.Organization)
			if err != nil {
				return err
			}
			made, err = engagement.Announce(tx, engagement.System, o.ID, a.Text)
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
	Update announcementUpdate `cmd:"" help:"Replace the text."`
	Remove announcementRemove `cmd:"" help:"Withdraw a piece of news here and everywhere it went."`
}

type announcementRef struct {
	ID string `arg:"" help:"ActivityPub id or UUID."`
}

// id is the UUID of the announcement.
func (r announcementRef) id(i *instance) engagement.ID {
	if local, ok := i.base.ParseID(r.ID); ok && local.Kind == federation.KindAnnouncement {
		return engagement.ID(local.Key)
	}
	return engagement.ID(r.ID)
}

type announcementShow struct{ announcementRef }

func (s *announcementShow) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		return i.store.View(ctx, func(tx *store.Tx) error {
			n, err := tx.Announcement(s.id(i))
			if err != nil {
				return fmt.Errorf("announcement %q: %w", s.ID, err)
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
			lines := []string{n.Text, fmt.Sprintf("%s, %d likes, %d shares, %d replies", n.State, counts[engagement.Like], counts[engagement.Share], len(replies))}
			for _, r := range replies {
				list = append(list, reply{r.IRI, r.Actor, r.Text, r.Shown})
				lines = append(lines, r.Handle+": "+r.Text)
			}
			return c.print(map[string]any{
				"id": i.base.ID(federation.KindAnnouncement, string(n.ID)), "state": n.State, "text": n.Text,
				"published": n.Published, "updated": n.Updated, "likes": counts[engagement.Like], "shares": counts[engagement.Share], "replies": list,
			}, lines...)
		})
	})
}

type announcementUpdate struct {
	announcementRef
	Text string `required:"" help:"New text, up to 1,500 characters."`
}

func (u *announcementUpdate) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		return i.store.Update(ctx, func(tx *store.Tx) error {
			_, err := engagement.EditAnnouncement(tx, engagement.System, u.id(i), u.Text)
			return err
		})
	})
}

type announcementRemove struct{ announcementRef }

func (r *announcementRemove) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		return i.store.Update(ctx, func(tx *store.Tx) error {
			return engagement.WithdrawAnnouncement(tx, engagement.System, r.id(i))
		})
	})
}
