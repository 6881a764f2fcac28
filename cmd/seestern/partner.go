package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"seestern/engagement"
	"seestern/store"
)

type partnerCommands struct {
	Add      partnerAdd      `cmd:"" help:"Ask another instance to be a partner; asking is this side's consent."`
	List     partnerList     `cmd:"" help:"List partners and who asked to be one."`
	Accept   partnerAccept   `cmd:"" help:"Accept an instance that asked."`
	Trust    partnerTrust    `cmd:"" help:"Accept the new keys of a partner that nobody announced, after asking the people there."`
	Directed partnerDirected `cmd:"" help:"Agree to exchange directed requests with a partner: who seeks whom, shown to fitting people only."`
	Remove   partnerRemove   `cmd:"" help:"End a partnership, or refuse one."`
}

type partnerAdd struct {
	Address string          `arg:"" help:"Address of the other instance, https://other.example."`
	Level   engagement.Code `default:"geprueft" enum:"vertraut,geprueft,nur-lesen" help:"vertraut: shown at once; geprueft: its opportunities wait for a moderator; nur-lesen: no match requests."`
}

func (p *partnerAdd) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		if hostOf(p.Address) == i.base.Host {
			return usageError{fmt.Errorf("address: %q is this instance", p.Address)}
		}
		service, err := i.federation(nil)
		if err != nil {
			return err
		}
		found, err := service.Lookup(ctx, p.Address)
		if err != nil {
			return fmt.Errorf("address: %q leads to no partner: %s", p.Address, network(err))
		}
		return c.changePartner(ctx, i, found.Host, p.Level, func(tx *store.Tx) (engagement.Partner, error) {
			return engagement.ProposePartner(tx, engagement.System, found)
		})
	})
}

// network is what the network said. The sentence for pages, which comes first, is about addresses that people mistype.
func network(err error) string {
	if both, ok := err.(interface{ Unwrap() []error }); ok {
		return network(both.Unwrap()[len(both.Unwrap())-1])
	}
	return err.Error()
}

type partnerAccept struct {
	Host  string          `arg:"" help:"Host or address of the other instance."`
	Level engagement.Code `default:"geprueft" enum:"vertraut,geprueft,nur-lesen" help:"vertraut, geprueft or nur-lesen."`
}

func (p *partnerAccept) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		host := hostOf(p.Host)
		return c.changePartner(ctx, i, host, p.Level, func(tx *store.Tx) (engagement.Partner, error) {
			found, err := tx.Partner(host)
			if err != nil || found.State == engagement.PartnerActive {
				return found, err
			}
			if found.Follower == "" {
				return found, errors.New("it has not asked yet; ask it with seestern partner add")
			}
			return engagement.ConfirmPartner(tx, engagement.System, host)
		})
	})
}

// changePartner applies a change and sets the level.
func (c *console) changePartner(ctx context.Context, i *instance, host string, level engagement.Code, change func(*store.Tx) (engagement.Partner, error)) error {
	var p engagement.Partner
	if err := i.store.Update(ctx, func(tx *store.Tx) (err error) {
		if p, err = change(tx); err != nil {
			return fmt.Errorf("partner %q: %w", host, err)
		}
		p, err = engagement.SetPartner(tx, engagement.System, p.Host, level, false, p.Note)
		return err
	}); err != nil {
		return err
	}
	return c.print(describePartner(p), fmt.Sprintf("%s is %s (%s)", p.Host, p.State, p.Level))
}

func describePartner(p engagement.Partner) map[string]any {
	return map[string]any{
		"host": p.Host, "actor": p.Actor, "name": p.Name, "state": p.State, "level": p.Level, "capability": p.Capability, "contact": p.Contact,
		"asked": p.Follower != "" && !p.Following, "suspects": len(p.Suspects), "directed": p.Directed,
	}
}

// hostOf accepts a host or an address.
func hostOf(s string) string {
	if u, err := url.Parse(s); err == nil && u.Host != "" {
		return u.Host
	}
	return s
}

type partnerDirected struct {
	Host string `arg:"" help:"Host or address of the other instance."`
	Off  bool   `help:"Take it back: nobody is invited on its behalf any more."`
}

func (p *partnerDirected) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		var set engagement.Partner
		if err := i.store.Update(ctx, func(tx *store.Tx) (err error) {
			if set, err = engagement.AllowDirected(tx, engagement.System, hostOf(p.Host), !p.Off); err != nil {
				return fmt.Errorf("partner %q: %w", p.Host, err)
			}
			return nil
		}); err != nil {
			return err
		}
		line := "directed requests are exchanged with " + set.Host
		if p.Off {
			line = "no directed requests are exchanged with " + set.Host
		}
		return c.print(describePartner(set), line)
	})
}

type partnerList struct{}

func (partnerList) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		rows, lines := []any{}, []string{}
		err := i.store.View(ctx, func(tx *store.Tx) error {
			list, err := tx.Partners()
			for _, p := range list {
				rows = append(rows, describePartner(p))
				lines = append(lines, fmt.Sprintf("%-9s %-9s %-30s %s", p.State, p.Level, p.Host, p.Name))
			}
			return err
		})
		if err != nil {
			return err
		}
		return c.print(rows, lines...)
	})
}

type partnerRemove struct {
	Host string `arg:"" help:"Host or address of the other instance."`
}

func (p *partnerRemove) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		var ended engagement.Partner
		if err := i.store.Update(ctx, func(tx *store.Tx) (err error) {
			if ended, err = engagement.EndPartner(tx, engagement.System, hostOf(p.Host)); err != nil {
				return fmt.Errorf("partner %q: %w", p.Host, err)
			}
			return nil
		}); err != nil {
			return err
		}
		return c.print(describePartner(ended), fmt.Sprintf("%s is %s", ended.Host, ended.State))
	})
}

type partnerTrust struct {
	Host string `arg:"" help:"Host or address of the other instance."`
}

func (p *partnerTrust) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		var trusted engagement.Partner
		if err := i.store.Update(ctx, func(tx *store.Tx) (err error) {
			if trusted, err = engagement.TrustKeys(tx, engagement.System, hostOf(p.Host)); err != nil {
				return fmt.Errorf("partner %q: %w", p.Host, err)
			}
			return nil
		}); err != nil {
			return err
		}
		return c.print(describePartner(trusted), fmt.Sprintf("the new keys of %s are accepted", trusted.Host))
	})
}
