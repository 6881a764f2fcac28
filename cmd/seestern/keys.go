package main

import (
	"context"
	"errors"
	"fmt"

	"seestern/engagement"
	"seestern/federation"
	"seestern/store"
)

type keyCommands struct {
	Backup keyBackup `cmd:"" help:"Make the key that opens encrypted backups."`
	Rotate keyRotate `cmd:"" help:"Give an actor a new signing key; whoever follows it is told, signed with the old one."`
}

type keyRotate struct {
	Actor string `xor:"which" help:"Handle of the organization or board; without it the instance itself."`
	All   bool   `xor:"which" help:"The instance and all organizations and boards."`
	Force bool   `help:"Even if the last rotation is not a day ago and others may still not have heard of it."`
}

func (k *keyRotate) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		service, err := i.federation(nil)
		if err != nil {
			return err
		}
		actors, err := k.actors(ctx, i, service)
		if err != nil {
			return err
		}
		keys, lines := []string{}, []string{}
		for _, actor := range actors {
			key, err := service.RotateKey(ctx, actor, k.Force)
			switch {
			case errors.Is(err, engagement.ErrConflict) && k.All, errors.Is(err, engagement.ErrGone) && k.All:
				continue
			case errors.Is(err, engagement.ErrConflict):
				return fmt.Errorf("%w; use --force if the key is in wrong hands", err)
			case err != nil:
				return err
			}
			keys, lines = append(keys, key), append(lines, key)
		}
		return c.print(map[string]any{"keys": keys}, lines...)
	})
}

func (k *keyRotate) actors(ctx context.Context, i *instance, service *federation.Service) ([]string, error) {
	switch {
	case k.All:
		return service.RotatingActors(ctx)
	case k.Actor == "":
		return []string{i.base.Actor()}, nil
	}
	var actor string
	err := i.store.View(ctx, func(tx *store.Tx) error {
		b, err := tx.BoardByHandle(k.Actor)
		if actor = i.base.BoardID(b); !errors.Is(err, engagement.ErrNotFound) {
			return err
		}
		o, err := organization(tx, k.Actor)
		actor = i.base.OrganizationID(o)
		return err
	})
	return []string{actor}, err
}
