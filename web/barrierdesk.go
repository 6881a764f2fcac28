package web

import (
	"time"

	"seestern/engagement"
	"seestern/store"
)

// barrierDeskArea is where admins answer what was reported, with the clock of the law.
var barrierDeskArea = area{
	name:  "barrierdesk",
	pages: map[string]any{"barrierdesk": barrierListPage{}, "barrierdesk-case": barrierCasePage{}},
	routes: []route{
		{path: barrierDesk, get: (*Server).barriers, who: role(engagement.Admin)},
		{path: barrierDesk + "/{id:[0-9a-f-]{36}}", get: (*Server).barrier, post: (*Server).barrier, who: role(engagement.Admin)},
	},
}

const (
	barrierDesk   = "/verwaltung/barrieren"
	barriersShown = 100
)

type barrierListPage struct {
	Page
	Open, Done []barrierRow
}

// barrierRow is a barrier in the list.
type barrierRow struct {
	engagement.Barrier
	At    string // path of its page
	Until time.Time
	Over  bool // the answer is late
}

func (s *Server) barriers(w *Response, r *Request) error {
	p := &barrierListPage{Page: r.Page("barrierdesk.title")}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		open, err := tx.OpenBarriers(barriersShown)
		if err != nil {
			return err
		}
		done, err := tx.AnsweredBarriers(barriersShown)
		p.Open, p.Done = barrierRows(tx, open), barrierRows(tx, done)
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

func barrierRows(tx *store.Tx, list []engagement.Barrier) (rows []barrierRow) {
	for _, b := range list {
		rows = append(rows, barrierRow{b, barrierDesk + "/" + string(b.ID), b.Due(), b.Late(tx.Now())})
	}
	return rows
}

type barrierCasePage struct {
	Page
	Row  barrierRow
	Form *Form // nil: it is answered
}

// barrier shows one and takes the answer.
func (s *Server) barrier(w *Response, r *Request) error {
	id := engagement.ID(r.Var("id"))
	f := r.Form([]Field{{Name: "answer", Kind: Area, Label: "barrierdesk.answer", Hint: "barrierdesk.answer.hint", Need: "error.text.empty", Max: engagement.BarrierTextLimit, Rows: 6}})
	if f.OK() {
		err := r.update(func(tx *store.Tx) error { return engagement.AnswerBarrier(tx, r.Actor(), id, f.Text("answer")) })
		switch {
		case err == nil:
			return w.SeeOther(barrierDesk)
		case !f.Refused(err):
			return err
		}
	}
	p := &barrierCasePage{Page: r.Page("barrierdesk.case")}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		b, err := tx.Barrier(id)
		if err == nil {
			p.Row = barrierRows(tx, []engagement.Barrier{b})[0]
		}
		return err
	})
	if err != nil {
		return err
	}
	p.Crumbs = []Link{{Path: "/verwaltung", Words: say("nav.admin")}, {Path: barrierDesk, Words: say("barrierdesk.title")}}
	if p.Row.Answered.IsZero() {
		p.Form = f
	}
	return w.Page(p)
}
