package web

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// auditLogArea shows who did what on this instance.
var auditLogArea = area{
	name:  "auditlog",
	pages: map[string]any{"auditlog": auditLogPage{}},
	routes: []route{
		{path: auditLogPath, get: (*Server).auditLog, who: role(engagement.Admin)},
		{path: auditLogPath + "/speichern", post: (*Server).auditFile, who: role(engagement.Admin), fresh: true},
	},
}

const (
	auditLogPath = "/verwaltung/protokoll"
	auditShown   = 50
	auditMost    = 10000 // rows of a file
)

type auditLogPage struct {
	Page
	Form  *Form
	Rows  []auditRow
	Pages Pages
	File  *Action
}

type auditRow struct {
	At           time.Time
	By, Whose    string // names, or the beginning of what stands in the place of one
	Role         engagement.Role
	Action, What string
	Did          Words // what Action means; empty: an act that there is no more
}

// auditKinds are the first words of what is recorded.
var auditKinds = []string{
	"instance", "role", "account", "presence", "assistance", "helper", "organization", "attestation", "opportunity", "directed",
	"help-offer", "announcement", "event", "request", "assignment", "shift", "hours", "certificate", "call", "lookup",
	"advice", "report", "reply", "post", "barrier", "board", "outlines", "partner", "host", "delivery",
	"audit",
}

// auditQuery reads who, what and when of a form.
func auditQuery(tx *store.Tx, f *Form) (q store.AuditQuery, err error) {
	q.Kind = f.Text("kind")
	if d := f.Date("from"); d != "" {
		q.From = d.Time()
	}
	if d := f.Date("until"); d != "" {
		q.Until = d.Time().AddDate(0, 0, 1)
	}
	if login := f.Text("login"); login != "" {
		a, err := tx.AccountByLogin(strings.ToLower(login))
		if errors.Is(err, engagement.ErrNotFound) {
			f.Bad("login", "error.login.unknown")
			return q, nil
		}
		q.Account = a.ID
		return q, err
	}
	return q, nil
}

func auditForm(r *Request) *Form {
	kinds := make([]Option, len(auditKinds))
	for i, k := range auditKinds {
		kinds[i] = Option{Value: k, Key: "auditlog.kind." + k}
	}
	login := loginField
	login.Need, login.Quiet, login.Auto = "", true, "off"
	return r.Form([]Field{
		{Name: "kind", Kind: Select, Label: "auditlog.kind", Options: kinds, Quiet: true},
		login,
		{Name: "from", Kind: Day, Label: "auditlog.from", Quiet: true},
		{Name: "until", Kind: Day, Label: "auditlog.until", Quiet: true},
	})
}

// auditLog is a page of the log, by kind, person and time.
func (s *Server) auditLog(w *Response, r *Request) error {
	p := &auditLogPage{Page: r.Page("auditlog.title"), Form: auditForm(r)}
	p.Wide = true
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		q, err := auditQuery(tx, p.Form)
		if err != nil || len(p.Form.Errors) > 0 {
			return err
		}
		if q.Before, err = strconv.ParseInt(r.URL.Query().Get("vor"), 10, 64); err != nil {
			q.Before = 0
		}
		rows, err := tx.AuditLog(q, auditShown+1)
		if err != nil {
			return err
		}
		if len(rows) > auditShown {
			rows = rows[:auditShown]
			values := r.URL.Query()
			values.Set("vor", strconv.FormatInt(rows[auditShown-1].N, 10))
			p.Pages.Next = auditLogPath + "?" + values.Encode()
		}
		p.Rows, err = auditRows(tx, rows)
		for i, row := range p.Rows {
			if key := "auditlog.did." + row.Action; s.words.Has(German, key) {
				p.Rows[i].Did = say(key)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	a := r.Action(auditLogPath+"/speichern", "auditlog.save")
	a.Hidden = auditHidden(r.URL.Query())
	p.File = &a
	return w.Page(p)
}

// auditHidden carries the filter into the form that saves the file.
func auditHidden(q url.Values) (hidden []HiddenField) {
	for _, name := range []string{"kind", "login", "from-tag", "from-monat", "from-jahr", "until-tag", "until-monat", "until-jahr"} {
		if q.Get(name) != "" {
			hidden = append(hidden, HiddenField{name, q.Get(name)})
		}
	}
	return hidden
}

// auditRows name who acted. An account that is gone has the pseudonym that the log keeps.
func auditRows(tx *store.Tx, entries []store.AuditRow) (rows []auditRow, err error) {
	names := map[engagement.ID]string{"": ""}
	name := func(id engagement.ID) (string, error) {
		if n, known := names[id]; known {
			return n, nil
		}
		a, err := tx.Account(id)
		if errors.Is(err, engagement.ErrNotFound) {
			a.Name, err = string(id[:min(8, len(id))]), nil
		}
		names[id] = a.Name
		return a.Name, err
	}
	for _, e := range entries {
		by, err := name(e.Account)
		if err != nil {
			return nil, err
		}
		whose, err := name(e.Person)
		if err != nil {
			return nil, err
		}
		what := strings.TrimSpace(e.New + " " + string(e.Reason))
		if e.Old != "" {
			what = e.Old + " → " + what
		}
		rows = append(rows, auditRow{At: e.At, By: by, Whose: whose, Role: e.Role, Action: e.Action, What: what})
	}
	return rows, nil
}

// auditFile saves what the filter finds as CSV, and records that.
func (s *Server) auditFile(w *Response, r *Request) error {
	f := auditForm(r)
	var cells [][]string
	err := r.update(func(tx *store.Tx) error {
		q, err := auditQuery(tx, f)
		if err != nil {
			return err
		}
		entries, err := tx.AuditLog(q, auditMost)
		if err != nil {
			return err
		}
		rows, err := auditRows(tx, entries)
		if err != nil {
			return err
		}
		cells = nil
		for _, row := range rows {
			cells = append(cells, []string{row.At.UTC().Format(time.RFC3339), row.By, string(row.Role), row.Action, row.Whose, row.What})
		}
		return engagement.AuditExported(tx, r.Actor(), len(cells))
	})
	if err != nil {
		return err
	}
	return w.File("text/csv; charset=utf-8", "protokoll.csv", csvFile([]string{"zeit", "wer", "rolle", "was", "wessen", "wert"}, cells))
}
