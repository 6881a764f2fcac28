package web

import (
	"time"

	"seestern/engagement"
	"seestern/store"
)

// barrierArea is how anybody says what they could not do on these pages, and where the answer stands.
var barrierArea = area{
	name:   "barrier",
	simple: true,
	pages:  map[string]any{"barrier-form": barrierFormPage{}, "barrier-state": barrierStatePage{}},
	routes: []route{
		{path: "/barriere-melden", get: (*Server).reportBarrier, post: (*Server).reportBarrier, limit: rareForms, helps: helpsAny},
		{path: "/barriere-melden/{token:[0-9a-f]{32}}", get: (*Server).barrierState, token: true},
	},
}

type barrierFormPage struct {
	Page
	Form *Form
}

// reportBarrier asks for what did not work. Nothing has to be proven, and no address has to be left.
func (s *Server) reportBarrier(w *Response, r *Request) error {
	email, phone := emailField, Field{Name: "phone", Kind: Tel, Label: "advice.phone", Auto: "tel", Max: 40}
	email.Hint, email.Need = "barrier.email.hint", ""
	f := r.Form([]Field{
		{Name: "text", Kind: Area, Label: "barrier.text", Hint: "barrier.text.hint", Need: "error.text.empty", Max: engagement.BarrierTextLimit, Rows: 6},
		{Name: "page", Label: "barrier.page", Hint: "barrier.page.hint", Max: 300},
		email, phone,
	})
	if r.Session != nil {
		f.Set("email", r.Session.Account.Email)
	}
	if f.OK() {
		token := ""
		err := r.update(func(tx *store.Tx) error {
			b, err := engagement.ReportBarrier(tx, r.Actor(), engagement.Barrier{Text: f.Text("text"), Page: f.Text("page"), Email: f.Text("email"), Phone: f.Text("phone"), Lang: r.Language.Lang})
			token = tx.LinkToken(b.ID)
			return err
		})
		if err == nil {
			return w.SeeOther("/barriere-melden/" + token)
		}
		if !f.Refused(err) {
			return err
		}
	}
	p := &barrierFormPage{Page: r.Page("footer.barrier"), Form: f}
	p.NoIndex = true
	return w.Page(p)
}

// barrierStatePage is the receipt, and later the answer.
type barrierStatePage struct {
	Page
	Barrier engagement.Barrier
	Due     time.Time
	Mail    bool // a mail will tell when there is an answer
}

func (s *Server) barrierState(w *Response, r *Request) error {
	p := &barrierStatePage{Page: r.Page("barrier.state")}
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		p.Barrier, err = tx.BarrierBySecret(engagement.Hash(r.Var("token")))
		return err
	})
	if err != nil {
		return err
	}
	p.Due, p.Mail = p.Barrier.Due(), p.Barrier.Email != ""
	return w.Page(p)
}

// barrierPath is the page of a barrier for who reported it.
func barrierPath(tx *store.Tx, e engagement.Event) (string, error) {
	b, err := tx.Barrier(e.Subject)
	return "/barriere-melden/" + tx.LinkToken(b.ID), err
}
