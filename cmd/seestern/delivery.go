package main

import (
	"context"
	"fmt"

	"seestern/engagement"
	"seestern/store"
)

type deliveryCommands struct {
	List  deliveryList  `cmd:"" help:"List deliveries, newest first."`
	Retry deliveryRetry `cmd:"" help:"Try waiting and parked deliveries again now."`
	Show  deliveryShow  `cmd:"" help:"Show what is left here of one activity, sent or received."`
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
				rows = append(rows, describeDelivery(d))
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

func describeDelivery(d store.DeliveryRow) map[string]any {
	return map[string]any{
		"host": d.Host, "inbox": d.Inbox, "activity": d.Activity, "object": d.Object, "kind": d.Kind, "lane": d.Lane,
		"state": d.State, "failures": d.Failures, "class": d.Class, "error": d.Error, "created": when(d.Created), "next": when(d.Next),
	}
}

type deliveryRetry struct {
	Host string `arg:"" optional:"" help:"Only of this host."`
}

func (r *deliveryRetry) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		var n int64
		if err := i.store.Update(ctx, func(tx *store.Tx) (err error) {
			n, err = engagement.RetryDeliveries(tx, engagement.System, hostOf(r.Host))
			return err
		}); err != nil {
			return err
		}
		return c.print(map[string]any{"retried": n}, fmt.Sprintf("%d deliveries are tried again", n))
	})
}

type deliveryShow struct {
	Activity string `arg:"" help:"Its id, https://…"`
}

func (d *deliveryShow) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		var t store.ActivityTrace
		if err := i.store.View(ctx, func(tx *store.Tx) (err error) {
			t, err = tx.Trace(d.Activity, hostOf(d.Activity))
			return err
		}); err != nil {
			return fmt.Errorf("activity %q: %w", d.Activity, err)
		}
		rows, direction, sender := []any{}, "in", t.Sender
		if t.Out {
			direction, sender = "out", t.Signer
		}
		lines := []string{fmt.Sprintf("%s %s %s %s", direction, t.Kind, when(t.At), sender)}
		for _, row := range t.Deliveries {
			rows = append(rows, describeDelivery(row))
			lines = append(lines, fmt.Sprintf("%-8s %-25s %d failures %s", row.State, row.Host, row.Failures, row.Error))
		}
		if t.Error != "" {
			lines = append(lines, t.Error)
		}
		if t.Private {
			lines = append(lines, "its content is private")
		} else {
			lines = append(lines, string(t.Bytes))
		}
		return c.print(map[string]any{
			"activity": t.IRI, "direction": direction, "kind": t.Kind, "sender": sender, "object": t.Object, "at": when(t.At), "error": t.Error,
			"private": t.Private, "content": string(t.Bytes), "deliveries": rows,
		}, lines...)
	})
}
