package main

import (
	"context"
	"fmt"
	"os"

	"seestern/engagement"
	"seestern/store"
)

type organizationExport struct {
	Handle string `arg:"" help:"Handle of the organization."`
	File   string `arg:"" help:"Where the archive (tar) goes; an existing file stays."`
}

func (e *organizationExport) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		service, err := i.federation(nil)
		if err != nil {
			return err
		}
		var o engagement.Organization
		err = i.store.Update(ctx, func(tx *store.Tx) error {
			found, err := organization(tx, e.Handle)
			if err != nil {
				return err
			}
			o, err = engagement.ExportOrganization(tx, engagement.System, found.ID)
			return err
		})
		if err != nil {
			return err
		}
		archive, err := service.Archive(ctx, o.ID)
		if err != nil {
			return err
		}
		if err := create(e.File, archive); err != nil {
			return err
		}
		return c.print(map[string]any{"file": e.File, "bytes": len(archive)}, fmt.Sprintf("%s has %d bytes.", e.File, len(archive)))
	})
}

// create writes a file that does not exist yet, for its owner alone.
func create(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
