package main

import (
	"context"
	"errors"
	"fmt"

	"seestern/store"
)

type auditCommands struct {
	Verify auditVerify `cmd:"" help:"Check that no entry of the audit log was changed or taken out."`
}

type auditVerify struct{}

func (auditVerify) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		check, err := i.store.CheckAudit(ctx)
		if err != nil {
			return err
		}
		if err := c.print(map[string]any{"entries": check.Entries, "checked": check.Checked, "waiting": check.Waiting, "seal": check.Seal, "broken": check.Broken},
			fmt.Sprintf("%d entries checked, %d wait for their seal; the last of %d has the seal %s", check.Checked, check.Waiting, check.Entries, check.Seal)); err != nil {
			return err
		}
		if len(check.Broken) > 0 {
			return fmt.Errorf("entries were changed or are missing at %v: %w", check.Broken, errBrokenAudit)
		}
		return nil
	})
}

var errBrokenAudit = errors.New("the audit log is not what was written")

// anchorAudit notes the end of the audit log in the log of the program, which lies elsewhere: who cuts the newest entries off cannot hide it.
func (c clock) anchorAudit(end store.AuditEnd) {
	c.log.Info("audit log", "entries", end.Entries, "seal", end.Seal)
}
