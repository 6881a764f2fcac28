package web

import (
	"time"

	"seestern/engagement"
	"seestern/store"
)

const ownReach = ownProfile + "/erreichbarkeit"

// reachPage is "Wer darf mich fragen?": the switches and the pause.
type reachPage struct {
	Page
	Form     *Form // nil: the person is not of age
	Switches []reachSwitch
	Pause    *FieldView
	Paused   bool
}

type reachSwitch struct {
	Field  *FieldView
	Until  time.Time // zero: off
	Ending bool      // saving prolongs it
}

func reachFields() []Field {
	var fields []Field
	for _, s := range engagement.Switches.Codes() {
		fields = append(fields, Field{Name: string(s), Kind: Box, Label: "code.switch." + string(s), Hint: "reach.hint." + string(s)})
	}
	return append(fields, Field{Name: "pause", Kind: Day, Label: "reach.pause", Hint: "reach.pause.hint"})
}

func (s *Server) reach(w *Response, r *Request) error {
	stored, err := s.ownProfile(r)
	if err != nil {
		return err
	}
	f := r.Form(reachFields())
	for _, code := range engagement.Switches.Codes() {
		_, on := stored.Consent(code, r.Now)
		f.Set(string(code), tick(on))
	}
	if stored.Paused(r.Now) {
		f.Set("pause", string(stored.PausedUntil))
	}
	if f.OK() {
		err := r.update(func(tx *store.Tx) error { return saveReach(tx, r.Actor(), f) })
		if err == nil {
			return w.SeeOther(ownReach)
		}
		if !f.Refused(err) {
			return err
		}
	}
	p := &reachPage{Page: r.Page("reach.title")}
	if stored.Adult() {
		p.Form, p.Pause, p.Paused = f, f.Field("pause"), stored.Paused(r.Now)
	}
	for _, code := range engagement.Switches.Codes() {
		c, _ := stored.Consent(code, r.Now)
		p.Switches = append(p.Switches, reachSwitch{f.Field(string(code)), c.Until, c.Ending(r.Now)})
	}
	return w.Page(p)
}

// saveReach stores the whole form: what is not ticked is turned off.
func saveReach(tx *store.Tx, by engagement.Actor, f *Form) error {
	for _, code := range engagement.Switches.Codes() {
		if err := engagement.AllowReach(tx, by, code, f.On(string(code))); err != nil {
			return err
		}
	}
	return engagement.Pause(tx, by, f.Date("pause"))
}
