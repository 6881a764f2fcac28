package main

import (
	"context"
	"fmt"

	"seestern/engagement"
	"seestern/store"
)

type requestCommands struct {
	List requestList `cmd:"" help:"List match requests: number, state, opportunity, way. Names and contact data are never shown here."`
}

type requestList struct {
	Open bool `help:"Only those that are not ended."`
}

func (l *requestList) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		rows, lines := []any{}, []string{}
		err := i.store.View(ctx, func(tx *store.Tx) error {
			return pages(tx.MatchRequests, func(m engagement.MatchRequest) engagement.ID {
				if l.Open && m.State.Final() {
					return m.ID
				}
				rows = append(rows, map[string]any{
					"id": m.ID, "number": m.Number, "state": m.State, "opportunity": m.Opportunity, "organization": m.Organization,
					"via": m.Via, "direction": m.Direction, "home": m.Home, "origin": m.Origin, "delivery": m.Delivery, "quantity": m.Quantity, "reason": m.Reason,
					"created": when(m.Created), "updated": when(m.Updated),
				})
				lines = append(lines, fmt.Sprintf("%-11s %-15s %-11s %-11s %s%s", m.Number, m.State, m.Via, m.Delivery, m.Home, m.Origin))
				return m.ID
			})
		})
		if err != nil {
			return err
		}
		return c.print(rows, lines...)
	})
}
