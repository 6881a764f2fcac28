package main

import (
	"context"
	"fmt"

	"seestern/store"
)

type deliveryCommands struct {
	List  deliveryList  `cmd:"" help:"List deliveries, newest first."`
	Retry deliveryRetry `cmd:"" help:"Try waiting and parked deliveries again now."`
}

type deliveryList struct {
	State store.QueueState `default:"waiting" enum:"waiting,done,parked,dropped" help:"waiting, done, parked or dropped."`
	Host  string           `help:"Only of this host."`
	Limit int              `default:"100" help:"At most so many, newest first."`
}

func (l *deliveryList) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		rows, lines := []any{}, []string{}
		err := i.store.View(ctx, func(tx *store.Tx) error {
			list, err := tx.Deliveries(l.State, l.Host, l.Limit)
			for _, d := range list {
				rows = append(rows, map[string]any{
					"host": d.Host, "inbox": d.Inbox, "activity": d.Activity, "object": d.Object, "kind": d.Kind, "lane": d.Lane,
					"state": d.State, "failures": d.Failures, "class": d.Class, "error": d.Error, "created": when(d.Created), "next": when(d.Next),
				})
				lines = append(lines, fmt.Sprintf("%s  %-8s %-8s %-25s %d failures %s", d.Created.Format("2006-01-02 15:04"), d.State, d.Kind, d.Host, d.Failures, d.Error))
			}
			return err
		})
		if err != nil {
			return err
		}
		return c.print(rows, lines...)
	})
}

type deliveryRetry struct {
	Host string `arg:"" optional:"" help:"Only of this host."`
}

func (r *deliveryRetry) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		var n int64
		if err := i.store.Update(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.RetryDeliveries(hostOf(r.Host))
			return err
		}); err != nil {
			return err
		}
		return c.print(map[string]any{"retried": n}, fmt.Sprintf("%d deliveries are tried again", n))
	})
}
