package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

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
	return openInstance(ctx, config, config.commandLogger(c.errs))
}

// openInstance opens the database, and makes it and the key at the first start.
func openInstance(ctx context.Context, config Config, log *slog.Logger) (*instance, error) {
	base, err := federation.ParseBase(config.BaseURL)
	if err != nil {
		return nil, usageError{fmt.Errorf("base_url: %w", err)}
	}
	path := config.path(config.SecretFile)
	made, err := writeNewSecret(path)
	if err != nil {
		return nil, usageError{err}
	}
	sc, err := config.storeConfig(log)
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, sc)
	switch {
	case errors.Is(err, store.ErrSecret) && made: // the key is missing, not new
		return nil, usageError{errors.Join(fmt.Errorf("secret_file: %s is missing; put the key of this database there", path), os.Remove(path))}
	case errors.Is(err, store.ErrSecret):
		return nil, usageError{fmt.Errorf("secret_file: %s is not the key of this database", path)}
	case err != nil:
		return nil, fmt.Errorf("database.url %s: %w", config.database(), err)
	}
	return &instance{Config: config, base: base, store: s}, nil
}

// storeConfig is what the store needs to know.
func (c Config) storeConfig(log *slog.Logger) (store.Config, error) {
	secret, err := c.secret()
	if err != nil {
		return store.Config{}, usageError{err}
	}
	words, err := searchWords()
	return store.Config{DSN: c.databaseURL(), BaseURL: c.BaseURL, Secret: secret, Sync: c.Database.Sync, Words: words, Log: log, Journal: c.path(c.JournalFile)}, err
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
