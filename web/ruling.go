package web

import (
	"strconv"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// rulingArea is what moderators have beside their cases: what was decided, the partner sites that they can limit, and the emergency brake.
var rulingArea = area{
	name:  "ruling",
	pages: map[string]any{"ruling-list": rulingsPage{}, "ruling-partners": partnerSitesPage{}, "ruling-partner": partnerSitePage{}, "ruling-brake": brakePage{}},
	routes: []route{
		{path: "/moderation/entscheidungen", get: (*Server).rulings, who: role(engagement.Moderator)},
		{path: partnerSites, get: (*Server).partnerSites, who: role(engagement.Moderator)},
		{path: partnerSites + "/{host}", get: (*Server).partnerSite, post: (*Server).partnerSite, who: role(engagement.Moderator)},
		{path: "/moderation/notbremse", get: (*Server).brake, post: (*Server).brake, who: role(engagement.Moderator)},
	},
}

const partnerSites = "/moderation/partner-seiten"

// rulingsPage is what was decided, the latest first.
type rulingsPage struct {
	Page
	List  []ruledCase
	Pages Pages
}

type ruledCase struct {
	Number string
	About  Reported
	Path   string
	State  engagement.ReportState
	Ruling engagement.Ruling
	Own    bool // without a report
	By     string
	Undo   bool // the moderator still can
}

// rulings shows them. The parameter "vor" is time in milliseconds and id of the last one of the page before.
func (s *Server) rulings(w *Response, r *Request) error {
	p := &rulingsPage{Page: r.Page("ruling.title")}
	last, id, _ := strings.Cut(r.URL.Query().Get("vor"), "-")
	var before time.Time
	if ms, err := strconv.ParseInt(last, 10, 64); err == nil && ms > 0 {
		before = time.UnixMilli(ms)
	}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		list, err := tx.ReportsDecided(before, engagement.ID(id), pageSize+1)
		if err != nil {
			return err
		}
		if p.List, p.Pages = nil, (Pages{}); len(list) > pageSize {
			list = list[:pageSize]
			end := list[pageSize-1]
			p.Pages.Next = "/moderation/entscheidungen?vor=" + strconv.FormatInt(end.Last().At.UnixMilli(), 10) + "-" + string(end.ID)
		}
		for _, found := range list {
			if !engagement.Can(r.Actor(), engagement.Decide, found.Thing()) {
				continue
			}
			c := ruledCase{
				Number: found.Number, Path: reportCases + string(found.ID), State: found.State, Ruling: found.Last(), Own: found.Own, Undo: !found.UndoUntil(r.Actor(), r.Now).IsZero(),
			}
			if _, c.About, err = readReported(tx, found.Object); err != nil {
				return err
			}
			if by, err := tx.Account(c.Ruling.By); err == nil {
				c.By = by.Name
			}
			p.List = append(p.List, c)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

// ---- partner sites ----

type partnerSitesPage struct {
	Page
	Partners []engagement.Partner
}

func (s *Server) partnerSites(w *Response, r *Request) error {
	p := &partnerSitesPage{Page: r.Page("ruling.partners")}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		all, err := tx.Partners()
		p.Partners = nil
		for _, q := range all {
			if q.State == engagement.PartnerActive || q.State == engagement.PartnerPaused {
				p.Partners = append(p.Partners, q)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

type partnerSitePage struct {
	Page
	Partner engagement.Partner
	Form    *Form // nil: its level cannot be lower
}

// partnerSite gives a partner a lower level, and says why.
func (s *Server) partnerSite(w *Response, r *Request) error {
	var q engagement.Partner
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		q, err = tx.Partner(r.Var("host"))
		return err
	})
	if err != nil {
		return err
	}
	level := Field{Name: "level", Kind: Radio, Label: "network.level", Need: "error.choice.empty"}
	for _, code := range q.Lower() {
		level.Options = append(level.Options, Option{Value: string(code), Key: "code.partner_level." + string(code), Hint: "ruling.level." + string(code)})
	}
	f := r.Form([]Field{level, {Name: "text", Kind: Area, Label: "ruling.why", Hint: "ruling.why.hint", Need: "error.text.empty", Max: 1000, Rows: 4}})
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.LimitPartner(tx, r.Actor(), q.Host, engagement.Code(f.Text("level")), f.Text("text"))
			return err
		})
		if err == nil {
			return w.SeeOther(partnerSites)
		}
		if !f.Refused(err) {
			return err
		}
	}
	p := &partnerSitePage{Page: r.Page("ruling.partner"), Partner: q}
	if len(q.Lower()) > 0 {
		p.Form = f
	}
	return w.Page(p)
}

// ---- emergency brake ----

type brakePage struct {
	Page
	Frozen bool
	Brake  *Action
}

// brake shows whether anything is taken from other servers, and stops or releases that.
func (s *Server) brake(w *Response, r *Request) error {
	frozen := s.instance.Load().Frozen
	if r.Method == "POST" {
		on := r.PostForm.Get("bremse") == "1" // what the page said, so that a second moderator does not release what the first has just stopped
		if err := r.update(func(tx *store.Tx) error { return engagement.Freeze(tx, r.Actor(), on) }); err != nil {
			return err
		}
		return w.SeeOther(r.Path)
	}
	p := &brakePage{Page: r.Page("network.brake"), Frozen: frozen}
	a := r.Action(r.Path, "network.freeze")
	if frozen {
		a = r.Action(r.Path, "network.thaw")
	}
	a.Hidden = []HiddenField{{Name: "bremse", Value: map[bool]string{false: "1", true: "0"}[frozen]}}
	p.Brake = &a
	return w.Page(p)
}
