package main

import (
	"context"
	"fmt"

	"seestern/engagement"
	"seestern/federation"
	"seestern/store"
)

type organizationAlias struct {
	Handle  string `arg:"" help:"Handle of the organization."`
	Account string `arg:"" help:"The former account: @name@host or its address; with --remove its id."`
	Remove  bool   `help:"Take it off the list."`
}

func (a *organizationAlias) Run(ctx context.Context, c *console) error {
	return c.changeOrganization(ctx, a.Handle, func(i *instance) (organizationChange, error) {
		if a.Remove {
			return func(tx *store.Tx, o engagement.Organization) error {
				if err := engagement.RemoveAlias(tx, engagement.System, o.ID, a.Account); err != nil {
					return fmt.Errorf("account %q: %w", a.Account, err)
				}
				return nil
			}, nil
		}
		former, err := i.elsewhere(ctx, a.Account)
		return func(tx *store.Tx, o engagement.Organization) error {
			return engagement.AddAlias(tx, engagement.System, o.ID, former)
		}, err
	})
}

type organizationMove struct {
	Handle  string `arg:"" help:"Handle of the organization."`
	Account string `arg:"" optional:"" help:"The new account: @name@host or its address. It has to name the organization as a former account."`
	Undo    bool   `help:"Take the move back; whoever follows the new account stays there."`
}

func (m *organizationMove) Run(ctx context.Context, c *console) error {
	if (m.Account == "") != m.Undo {
		return usageError{fmt.Errorf("give either an account or --undo")}
	}
	return c.changeOrganization(ctx, m.Handle, func(i *instance) (organizationChange, error) {
		if m.Undo {
			return func(tx *store.Tx, o engagement.Organization) error {
				return engagement.ReturnOrganization(tx, engagement.System, o.ID)
			}, nil
		}
		to, err := i.elsewhere(ctx, m.Account)
		return func(tx *store.Tx, o engagement.Organization) error {
			return engagement.MoveOrganization(tx, engagement.System, o.ID, i.base.OrganizationID(o), to)
		}, err
	})
}

// organizationChange changes an organization that was just read.
type organizationChange func(*store.Tx, engagement.Organization) error

// changeOrganization makes a change, which may need the network first, and shows what the organization is like afterwards.
func (c *console) changeOrganization(ctx context.Context, handle string, prepare func(*instance) (organizationChange, error)) error {
	return c.with(ctx, func(i *instance) error {
		change, err := prepare(i)
		if err != nil {
			return err
		}
		var o engagement.Organization
		if err := i.store.Update(ctx, func(tx *store.Tx) (err error) {
			if o, err = organization(tx, handle); err != nil {
				return err
			}
			if err := change(tx, o); err != nil {
				return err
			}
			o, err = tx.Organization(o.ID)
			return err
		}); err != nil {
			return err
		}
		lines := []string{fmt.Sprintf("%s is %s", o.Handle, o.State)}
		if o.Moved() {
			lines = []string{fmt.Sprintf("%s has moved to %s", o.Handle, o.MovedTo)}
		}
		for _, former := range o.AlsoKnownAs {
			lines = append(lines, "formerly "+former)
		}
		return c.print(map[string]any{
			"id": i.base.ID(federation.KindOrganization, string(o.ID)), "state": o.State, "movedTo": o.MovedTo, "alsoKnownAs": append([]string{}, o.AlsoKnownAs...),
		}, lines...)
	})
}

// elsewhere reads an account on another server.
func (i *instance) elsewhere(ctx context.Context, address string) (engagement.Elsewhere, error) {
	service, err := i.federation(nil)
	if err != nil {
		return engagement.Elsewhere{}, err
	}
	found, err := service.Elsewhere(ctx, address)
	if err != nil {
		return found, fmt.Errorf("account %q cannot be read: %s", address, network(err))
	}
	return found, nil
}
