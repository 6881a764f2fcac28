package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"seestern/engagement"
	"seestern/store"
)

type backupCommand struct {
	File string `arg:"" type:"path" help:"New file; it must not exist. If its name ends in .age it is encrypted for backup.recipients of the configuration."`
}

func (b *backupCommand) Run(ctx context.Context, c *console) error {
	if _, err := os.Stat(b.File); err == nil {
		return usageError{fmt.Errorf("%s exists already", b.File)}
	}
	return c.with(ctx, func(i *instance) error {
		if err := i.backUp(ctx, b.File); err != nil {
			return err
		}
		return c.print(map[string]any{"file": b.File}, fmt.Sprintf("%s is written and verified. Keep %s apart from it: both are needed.", b.File, i.path(i.SecretFile)))
	})
}

func (i *instance) backUp(ctx context.Context, file string) error {
	if filepath.Ext(file) != ".age" {
		return i.store.Backup(ctx, file)
	}
	to, err := recipients(i.Backup.Recipients)
	if err != nil {
		return usageError{errors.New("backup.recipients: is missing; 'seestern keys backup FILE' makes a key")}
	}
	return writeEncrypted(ctx, i.store, file, i.scratch(), to)
}

type restoreCommand struct {
	File string `arg:"" type:"existingfile" help:"Backup file."`
	Key  string `type:"existingfile" help:"File with the key of an encrypted backup."`
}

func (r *restoreCommand) Run(ctx context.Context, c *console) error {
	config, err := ReadConfig(c.config)
	if err != nil {
		return usageError{err}
	}
	to, err := config.storeConfig(config.commandLogger(c.errs)) // makes no key: only the one of the backup fits
	if err != nil {
		return err
	}
	file, remove, err := decrypted(r.File, r.Key, config.scratch())
	if err != nil {
		return err
	}
	defer remove()
	again, err := store.Restore(ctx, to, file)
	switch {
	case errors.Is(err, store.ErrServed):
		return usageError{fmt.Errorf("stop the server first: %w", err)}
	case errors.Is(err, store.ErrSecret):
		return usageError{fmt.Errorf("secret_file: %s is not the key of this backup", config.path(config.SecretFile))}
	case err != nil:
		return err
	}
	return c.print(map[string]any{"restored": r.File, "deleted_again": again},
		fmt.Sprintf("%d things that were deleted after the backup were deleted again, as %s says.", again, to.Journal),
		"The backup is in place. Everybody has to sign in again. Nothing goes out before 'seestern claim' confirms that no other copy of the instance runs.")
}

type claimCommand struct{}

func (*claimCommand) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		if err := i.store.Claim(ctx); errors.Is(err, engagement.ErrConflict) {
			return usageError{errors.New("the database was not restored, or is claimed already")}
		} else if err != nil {
			return err
		}
		return c.print(map[string]any{"claimed": true}, "Mail and federation go out again.")
	})
}
