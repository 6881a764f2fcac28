package web

import (
	"bytes"
	"errors"
	"net/url"
	"strings"

	"seestern/engagement"
	"seestern/store"
)

// hostsPage lists the other servers that are known, and leads to any by its name.
type hostsPage struct {
	Page
	Form    *Form
	Hosts   []store.Host
	Counted bool // there are more than the list shows
}

const hostsShown = 100

func (s *Server) hosts(w *Response, r *Request) error {
	f := r.Form([]Field{{Name: "q", Label: "host.find", Hint: "host.find.hint", Max: 253, Quiet: true}})
	p := &hostsPage{Page: r.Page("host.title"), Form: f}
	part := strings.ToLower(f.Text("q"))
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		p.Hosts, err = tx.Hosts(part, hostsShown+1)
		return err
	})
	if err != nil {
		return err
	}
	if len(p.Hosts) > hostsShown {
		p.Hosts, p.Counted = p.Hosts[:hostsShown], true
	}
	if len(p.Hosts) == 0 && f.OK() { // a server that nobody has heard of yet can be limited, too
		if host, err := engagement.NormalizeHost(part); err == nil && strings.Contains(host, ".") {
			return w.SeeOther(hostPath(host))
		}
	}
	return w.Page(p)
}

func hostPath(host string) string { return "/verwaltung/netzwerk/server/" + host }

// hostPage is one server: how it answers, how it is treated, and what can be done.
type hostPage struct {
	Page
	Host    store.Host
	Partner string // state of the partnership; empty: none
	Parked  []store.DeliveryRow
	Form    *Form
	Actions []Action
	Me      engagement.ID // whoever looks
}

func (s *Server) host(w *Response, r *Request) error {
	host, err := engagement.NormalizeHost(r.Var("host"))
	if err != nil || host != r.Var("host") {
		return engagement.ErrNotFound
	}
	f := r.Form([]Field{
		{Name: "standing", Kind: Radio, Label: "host.standing", Need: "error.choice.empty", Options: []Option{
			{Value: "ordinary", Key: "host.standing.ordinary"},
			{Value: "limited", Key: "host.standing.limited", Hint: "host.standing.limited.hint"},
			{Value: "suspended", Key: "host.standing.suspended", Hint: "host.standing.suspended.hint"},
		}},
		{Name: "note", Label: "host.note", Hint: "host.note.hint", Max: 500},
	})
	if f.OK() {
		err := r.update(func(tx *store.Tx) (err error) {
			switch f.Text("standing") {
			case "limited":
				_, err = engagement.LimitHost(tx, r.Actor(), s.base.Host, host, f.Text("note"))
			case "suspended":
				_, err = engagement.SuspendHost(tx, r.Actor(), s.base.Host, host, f.Text("note"))
			default:
				_, err = engagement.AllowHost(tx, r.Actor(), host)
			}
			return err
		})
		if err == nil {
			return w.SeeOther(hostPath(host))
		}
		if !f.Refused(err) {
			return err
		}
	}
	p := &hostPage{Page: Page{Title: host}, Form: f, Me: r.Actor().Account}
	err = s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if p.Host, err = tx.Host(host); err != nil {
			return err
		}
		if q, err := tx.Partner(host); err == nil {
			p.Partner = string(q.State)
		}
		p.Parked, err = tx.Deliveries(store.Parked, host, 50)
		return err
	})
	if err != nil {
		return err
	}
	standing := string(p.Host.Standing)
	if standing == "" {
		standing = "ordinary"
	}
	f.Set("standing", standing)
	f.Set("note", p.Host.Note)
	if p.Host.Waiting > 0 || len(p.Parked) > 0 {
		p.Actions = append(p.Actions, r.Action(hostPath(host)+"/wiederholen", "delivery.retry"))
	}
	if p.Host.Paused {
		p.Actions = append(p.Actions, r.Action(hostPath(host)+"/fortsetzen", "host.resume"))
	} else {
		p.Actions = append(p.Actions, r.Action(hostPath(host)+"/anhalten", "host.pause"))
	}
	return w.Page(p)
}

func (s *Server) moveHost(w *Response, r *Request) error {
	host, act := r.Var("host"), r.Var("act")
	return r.updateThen(w, hostPath(host), func(tx *store.Tx) (err error) {
		switch act {
		case "wiederholen":
			_, err = engagement.RetryDeliveries(tx, r.Actor(), host)
		case "anhalten", "fortsetzen":
			_, err = engagement.PauseHost(tx, r.Actor(), host, act == "anhalten")
		default:
			err = engagement.ErrNotFound
		}
		return err
	})
}

// blockListPage takes a list of servers, shows what it would change, and then changes it.
type blockListPage struct {
	Page
	Form    *Form
	Rules   []engagement.HostRule // that have a standing now
	Changes []engagement.HostRule // what the list would change
	Checked bool
}

func (s *Server) blockList(w *Response, r *Request) error {
	f := r.Form([]Field{
		{Name: "list", Kind: Area, Label: "blocklist.list", Hint: "blocklist.list.hint", Need: "error.text.empty", Max: engagement.BlockListLimit, Rows: 12},
		{Name: "sure", Kind: Box, Label: "blocklist.sure"},
	})
	p := &blockListPage{Page: r.Page("blocklist.title"), Form: f}
	if f.OK() {
		rows, err := engagement.ReadBlockList(strings.NewReader(f.Text("list")))
		if err == nil {
			err = r.update(func(tx *store.Tx) (err error) {
				p.Changes, err = engagement.ImportBlockList(tx, r.Actor(), s.base.Host, rows, !f.On("sure"))
				return err
			})
		}
		switch {
		case err != nil && !f.Refused(err):
			return err
		case err == nil && f.On("sure"):
			return w.SeeOther("/verwaltung/netzwerk/sperrliste")
		case err == nil:
			p.Checked = true
		}
	}
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		p.Rules, err = tx.HostRules()
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

func (s *Server) blockListFile(w *Response, r *Request) error {
	var rules []engagement.HostRule
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		rules, err = tx.HostRules()
		return err
	})
	if err != nil {
		return err
	}
	var file bytes.Buffer
	if err := engagement.WriteBlockList(&file, rules); err != nil {
		return err
	}
	return w.File("text/csv; charset=utf-8", "domain_blocks.csv", file.Bytes())
}

// activityPage shows what is left here of one activity.
type activityPage struct {
	Page
	Form  *Form
	Trace *store.ActivityTrace // nil: nothing was asked, or nothing is found
}

func (s *Server) activity(w *Response, r *Request) error {
	f := r.Form([]Field{{Name: "id", Label: "activity.id", Hint: "activity.id.hint", Need: "error.text.empty", Max: 2048, Quiet: true}})
	p := &activityPage{Page: r.Page("activity.title"), Form: f}
	if f.OK() {
		host := ""
		if u, err := url.Parse(f.Text("id")); err == nil {
			host = u.Host
		}
		err := s.store.View(r.Context(), func(tx *store.Tx) error {
			t, err := tx.Trace(f.Text("id"), host)
			if err == nil {
				p.Trace = &t
			}
			return err
		})
		if errors.Is(err, engagement.ErrNotFound) {
			f.Bad("id", "error.activity.unknown")
		} else if err != nil {
			return err
		}
	}
	return w.Page(p)
}
