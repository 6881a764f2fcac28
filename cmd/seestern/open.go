package main

import (
	"context"
	"fmt"

	"seestern/engagement"
	"seestern/federation"
	"seestern/geo"
	"seestern/store"
)

// instance is an opened configuration and database, for one command.
type instance struct {
	Config
	base  federation.Base
	store *store.Store
}

// open reads the configuration and opens the database. The server may run at the same time.
func (c *console) open(ctx context.Context) (*instance, error) {
	config, err := ReadConfig(c.config)
	if err != nil {
		return nil, usageError{err}
	}
	return openInstance(ctx, config)
}

func openInstance(ctx context.Context, config Config) (*instance, error) {
	base, err := federation.ParseBase(config.BaseURL)
	if err != nil {
		return nil, usageError{fmt.Errorf("base_url: %w", err)}
	}
	secret, err := config.secret()
	if err != nil {
		return nil, usageError{err}
	}
	words, err := searchWords()
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, store.Config{DSN: config.databaseURL(), BaseURL: config.BaseURL, Secret: secret, Sync: config.Database.Sync, Words: words})
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	return &instance{Config: config, base: base, store: s}, nil
}

func (i *instance) close() { i.store.Close() }

// with opens the instance for one command and closes it afterwards.
func (c *console) with(ctx context.Context, f func(*instance) error) error {
	i, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer i.close()
	return f(i)
}

// gazetteer is the built-in one with the places that were imported.
func (i *instance) gazetteer(ctx context.Context) (*geo.Gazetteer, error) {
	var imported []geo.Place
	err := i.store.View(ctx, func(tx *store.Tx) (err error) {
		imported, err = tx.Places()
		return err
	})
	if err != nil {
		return nil, err
	}
	return geo.Builtin().With(imported), nil
}

// organization finds an organization of this instance by handle.
func organization(tx *store.Tx, handle string) (engagement.Organization, error) {
	o, err := tx.OrganizationByHandle(handle)
	if err != nil {
		return o, fmt.Errorf("organization %q: %w", handle, err)
	}
	return o, nil
}
