package main

import (
	"context"
	"fmt"
	"os"

	"seestern/engagement"
	"seestern/store"
)

type hostCommands struct {
	List    hostList    `cmd:"" help:"List known servers, those in trouble first."`
	Show    hostShow    `cmd:"" help:"Show one server."`
	Pause   hostPause   `cmd:"" help:"Hold back what is for a server until it is resumed."`
	Resume  hostResume  `cmd:"" help:"Deliver to a paused server again."`
	Limit   hostLimit   `cmd:"" help:"Keep what a server sends unasked away from people."`
	Suspend hostSuspend `cmd:"" help:"End everything with a server and its subdomains: its content and followers go, nothing is exchanged any more."`
	Allow   hostAllow   `cmd:"" help:"Make a server an ordinary one again."`
	Import  hostImport  `cmd:"" help:"Apply a block list (CSV as Mastodon exports it): all of it or nothing."`
	Export  hostExport  `cmd:"" help:"Print limited and suspended servers as such a list."`
}

type hostList struct {
	Part  string `arg:"" optional:"" help:"Only those with this in their name."`
	Limit int    `default:"100" help:"At most so many."`
}

func (l *hostList) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		rows, lines := []any{}, []string{}
		err := i.store.View(ctx, func(tx *store.Tx) error {
			list, err := tx.Hosts(l.Part, l.Limit)
			for _, h := range list {
				rows = append(rows, describeHost(h))
				lines = append(lines, fmt.Sprintf("%-10s %-30s %d waiting, %d failures %s", standingOf(h), h.Host, h.Waiting, h.Failures, h.LastError))
			}
			return err
		})
		if err != nil {
			return err
		}
		return c.print(rows, lines...)
	})
}

func standingOf(h store.Host) string {
	switch {
	case h.Automatic:
		return "limited (automatically)"
	case h.Standing != store.Ordinary:
		return string(h.Standing)
	case h.Paused:
		return "paused"
	}
	return "ordinary"
}

func describeHost(h store.Host) map[string]any {
	breaker := "closed"
	if h.Open {
		breaker = "open"
	}
	return map[string]any{
		"host": h.Host, "standing": h.Standing, "automatic": h.Automatic, "paused": h.Paused, "note": h.Note, "breaker": breaker, "probe": when(h.Probe), "waiting": h.Waiting,
		"followers": h.Followers, "failures": h.Failures, "success": when(h.LastSuccess), "failure": when(h.LastFailure), "class": h.LastClass, "error": h.LastError,
		"software": h.Software,
	}
}

type oneHost struct {
	Host string `arg:"" help:"Its name."`
}

// show prints a host, after a change if there is one.
func (o oneHost) show(ctx context.Context, c *console, change func(tx *store.Tx, own, host string) error) error {
	return c.with(ctx, func(i *instance) error {
		host, err := engagement.NormalizeHost(o.Host)
		if err != nil {
			return err
		}
		if change != nil {
			if err := i.store.Update(ctx, func(tx *store.Tx) error { return change(tx, i.base.Host, host) }); err != nil {
				return fmt.Errorf("host %q: %w", host, err)
			}
		}
		var h store.Host
		if err := i.store.View(ctx, func(tx *store.Tx) (err error) {
			h, err = tx.Host(host)
			return err
		}); err != nil {
			return err
		}
		return c.print(describeHost(h), fmt.Sprintf("%s is %s: %d waiting, %d followers, %d failures %s", h.Host, standingOf(h), h.Waiting, h.Followers, h.Failures, h.LastError))
	})
}

type hostShow struct{ oneHost }

func (h *hostShow) Run(ctx context.Context, c *console) error { return h.show(ctx, c, nil) }

type hostPause struct{ oneHost }

func (h *hostPause) Run(ctx context.Context, c *console) error { return h.pause(ctx, c, true) }

type hostResume struct{ oneHost }

func (h *hostResume) Run(ctx context.Context, c *console) error { return h.pause(ctx, c, false) }

func (o oneHost) pause(ctx context.Context, c *console, on bool) error {
	return o.show(ctx, c, func(tx *store.Tx, _, host string) error {
		_, err := engagement.PauseHost(tx, engagement.System, host, on)
		return err
	})
}

type hostLimit struct {
	oneHost
	Note string `help:"Why."`
}

func (h *hostLimit) Run(ctx context.Context, c *console) error {
	return h.show(ctx, c, func(tx *store.Tx, own, host string) error {
		_, err := engagement.LimitHost(tx, engagement.System, own, host, h.Note)
		return err
	})
}

type hostSuspend struct {
	oneHost
	Note string `help:"Why."`
}

func (h *hostSuspend) Run(ctx context.Context, c *console) error {
	return h.show(ctx, c, func(tx *store.Tx, own, host string) error {
		_, err := engagement.SuspendHost(tx, engagement.System, own, host, h.Note)
		return err
	})
}

type hostAllow struct{ oneHost }

func (h *hostAllow) Run(ctx context.Context, c *console) error {
	return h.show(ctx, c, func(tx *store.Tx, _, host string) error {
		_, err := engagement.AllowHost(tx, engagement.System, host)
		return err
	})
}

type hostImport struct {
	File string `arg:"" type:"existingfile" help:"The list."`
	Try  bool   `help:"Only say what would change."`
}

func (h *hostImport) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		file, err := os.Open(h.File)
		if err != nil {
			return usageError{err}
		}
		defer file.Close()
		rows, err := engagement.ReadBlockList(file)
		if err != nil {
			return err
		}
		var changes []engagement.HostRule
		if err := i.store.Update(ctx, func(tx *store.Tx) (err error) {
			changes, err = engagement.ImportBlockList(tx, engagement.System, i.base.Host, rows, h.Try)
			return err
		}); err != nil {
			return err
		}
		out, lines := []any{}, []string{}
		for _, r := range changes {
			out = append(out, map[string]any{"host": r.Host, "standing": r.Standing})
			lines = append(lines, fmt.Sprintf("%-10s %s", r.Standing, r.Host))
		}
		return c.print(out, append(lines, fmt.Sprintf("%d servers change", len(changes)))...)
	})
}

type hostExport struct{}

func (hostExport) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		var rules []engagement.HostRule
		if err := i.store.View(ctx, func(tx *store.Tx) (err error) {
			rules, err = tx.HostRules()
			return err
		}); err != nil {
			return err
		}
		return engagement.WriteBlockList(c.out, rules)
	})
}
