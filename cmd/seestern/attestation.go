package main

import (
	"context"
	"fmt"
	"time"

	"seestern/engagement"
	"seestern/store"
)

type attestationCommands struct {
	Add    attestationAdd    `cmd:"" help:"Vouch for an organization, in the name of the instance or of an office on it."`
	List   attestationList   `cmd:"" help:"List who vouches for an organization of this instance."`
	Revoke attestationRevoke `cmd:"" help:"Take a statement back, at once and for everybody."`
	Accept attestationAccept `cmd:"" help:"Say which levels count when a partner vouches."`
}

// attestationInput is a statement as flags and as JSON of the demo.
type attestationInput struct {
	Handle  string          `arg:"" json:"about" help:"Handle of the organization."`
	Level   engagement.Code `json:"level" required:"" help:"email-bestaetigt, register-geprueft, persoenlich-bekannt or vereinbarung-72a."`
	Basis   string          `json:"basis" required:"" help:"What was looked at, up to 300 characters."`
	Until   engagement.Date `json:"-" required:"" help:"Last day, at most 24 months ahead: 2027-12-31."`
	By      string          `json:"by" placeholder:"HANDLE" help:"Office or volunteer center that vouches; the instance if left out."`
	Consent bool            `json:"consent" help:"The people concerned agree; needed for a private initiative."`
}

func addAttestation(tx *store.Tx, in attestationInput) (engagement.Attestation, error) {
	o, err := organization(tx, in.Handle)
	if err != nil {
		return engagement.Attestation{}, err
	}
	statement := engagement.Statement{Level: in.Level, Basis: in.Basis, Until: in.Until, Consent: in.Consent}
	if in.By != "" {
		office, err := organization(tx, in.By)
		if err != nil {
			return engagement.Attestation{}, err
		}
		statement.By = office.ID
	}
	return engagement.Attest(tx, engagement.System, o.ID, statement)
}

type attestationAdd struct{ attestationInput }

func (a *attestationAdd) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		var made engagement.Attestation
		if err := i.store.Update(ctx, func(tx *store.Tx) (err error) {
			made, err = addAttestation(tx, a.attestationInput)
			return err
		}); err != nil {
			return err
		}
		return c.print(i.describeAttestation(made), i.base.AttestationID(made))
	})
}

func (i *instance) describeAttestation(a engagement.Attestation) map[string]any {
	return map[string]any{
		"id": i.base.AttestationID(a), "by": a.By, "level": a.Level, "basis": a.Basis, "stated": a.Stated, "until": a.Until, "revoked": !a.Revoked.IsZero(),
	}
}

type attestationList struct {
	Handle string `arg:"" help:"Handle of the organization."`
}

func (l *attestationList) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		rows, lines := []any{}, []string{}
		err := i.store.View(ctx, func(tx *store.Tx) error {
			o, err := organization(tx, l.Handle)
			if err != nil {
				return err
			}
			list, err := tx.Attestations(o.ID)
			for _, a := range list {
				state := "in force"
				if !a.InForce(tx.Now()) {
					state = "ended"
				}
				rows = append(rows, i.describeAttestation(a))
				lines = append(lines, fmt.Sprintf("%s  %-8s  %-20s  until %s  %s", a.ID, state, a.Level, a.Until.Format(time.DateOnly), a.Basis))
			}
			return err
		})
		if err != nil {
			return err
		}
		return c.print(rows, lines...)
	})
}

type attestationRevoke struct {
	ID engagement.ID `arg:"" help:"As list shows it."`
}

func (a *attestationRevoke) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		var revoked engagement.Attestation
		if err := i.store.Update(ctx, func(tx *store.Tx) (err error) {
			if err = engagement.RevokeAttestation(tx, engagement.System, a.ID); err != nil {
				return fmt.Errorf("attestation %q: %w", a.ID, err)
			}
			revoked, err = tx.Attestation(a.ID)
			return err
		}); err != nil {
			return err
		}
		return c.print(i.describeAttestation(revoked), fmt.Sprintf("%s is revoked", a.ID))
	})
}

type attestationAccept struct {
	Host   string            `arg:"" help:"Host or address of the partner."`
	Levels []engagement.Code `arg:"" optional:"" help:"Levels that count; none if left out."`
}

func (a *attestationAccept) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		host := hostOf(a.Host)
		if err := i.store.Update(ctx, func(tx *store.Tx) error {
			if err := engagement.AcceptAttestations(tx, engagement.System, host, a.Levels); err != nil {
				return fmt.Errorf("partner %q: %w", host, err)
			}
			return nil
		}); err != nil {
			return err
		}
		return c.print(map[string]any{"host": host, "accepted": append([]engagement.Code{}, a.Levels...)}, fmt.Sprintf("of %s these levels count: %v", host, a.Levels))
	})
}
