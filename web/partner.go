package web

import (
	"errors"

	"seestern/engagement"
	"seestern/store"
)

// networkPage lists partner pages and takes the address of a new one.
type networkPage struct {
	Page
	Partners []engagement.Partner
	Form     *Form
	Frozen   bool
	Freeze   *Action
	Keys     *Action  // missing while the last renewal is under way
	Floods   []string // hosts that were limited because they sent too much
}

func (s *Server) network(w *Response, r *Request) error {
	f := r.Form([]Field{{Name: "address", Label: "network.address", Hint: "network.address.hint", Need: "error.text.empty", Max: 200}})
	if f.OK() {
		found, err := s.options.Network.Partner(r.Context(), f.Text("address"))
		if err != nil {
			s.log.Info("partner look-up", "request", r.ID, "error", err)
			f.Bad("address", "error.partner.unknown")
		} else {
			err = r.update(func(tx *store.Tx) error {
				_, err := engagement.ProposePartner(tx, r.Actor(), found)
				return err
			})
			switch {
			case err == nil:
				return w.SeeOther("/verwaltung/netzwerk/" + found.Host)
			case errors.Is(err, engagement.ErrConflict):
				return w.SeeOther("/verwaltung/netzwerk/" + found.Host)
			case !f.Refused(err):
				return err
			}
		}
	}
	p := &networkPage{Page: r.Page("network.title"), Form: f, Frozen: s.instance.Load().Frozen}
	a := r.Action("/verwaltung/netzwerk/notbremse", "network.freeze")
	if p.Frozen {
		a = r.Action("/verwaltung/netzwerk/notbremse", "network.thaw")
	}
	p.Freeze = &a
	if !s.instance.Load().RenewingKeys(s.options.Now()) {
		a := r.Action("/verwaltung/netzwerk/schluessel", "network.keys.renew")
		a.Sure = "network.keys.sure"
		p.Keys = &a
	}
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if p.Partners, err = tx.Partners(); err != nil {
			return err
		}
		p.Floods, err = tx.FloodingHosts()
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

// freeze is the emergency brake, and its release.
func (s *Server) freeze(w *Response, r *Request) error {
	return r.updateThen(w, "/verwaltung/netzwerk", func(tx *store.Tx) error { return engagement.Freeze(tx, r.Actor(), !s.instance.Load().Frozen) })
}

// renewKeys gives all our actors new keys.
func (s *Server) renewKeys(w *Response, r *Request) error {
	if err := r.update(func(tx *store.Tx) error { return engagement.RenewKeys(tx, r.Actor()) }); err != nil {
		return err
	}
	return w.SeeOther("/verwaltung/netzwerk")
}

type partnerPage struct {
	Page
	Partner engagement.Partner
	Regions []string // names of its regions
	Form    *Form
	Accept  *Action
	End     *Action
	Trust   *Action // of new keys
}

// partner shows one partner and changes its level.
func (s *Server) partner(w *Response, r *Request) error {
	var q engagement.Partner
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		q, err = tx.Partner(r.Var("host"))
		return err
	})
	if err != nil {
		return err
	}
	f := r.Form([]Field{
		{Name: "level", Kind: Radio, Label: "network.level", Need: "error.choice.empty", Options: vocabularyOptions(engagement.PartnerLevels)},
		{Name: "attests", Kind: Boxes, Label: "network.attests", Hint: "network.attests.hint", Options: vocabularyOptions(engagement.AttestationLevels)},
		{Name: "directed", Kind: Box, Label: "network.directed", Hint: "network.directed.hint"},
		{Name: "paused", Kind: Box, Label: "network.paused"},
		{Name: "note", Kind: Area, Label: "network.note", Max: 1000, Rows: 3},
	})
	f.Set("level", string(q.Level))
	f.Set("attests", texts(q.Attests)...)
	f.Set("directed", tick(q.Directed))
	f.Set("paused", tick(q.State == engagement.PartnerPaused))
	f.Set("note", q.Note)
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			if _, err := engagement.SetPartner(tx, r.Actor(), q.Host, engagement.Code(f.Text("level")), f.On("paused"), f.Text("note")); err != nil {
				return err
			}
			if _, err := engagement.AllowDirected(tx, r.Actor(), q.Host, f.On("directed")); err != nil {
				return err
			}
			return engagement.AcceptAttestations(tx, r.Actor(), q.Host, codesOf(f, "attests"))
		})
		if err == nil {
			return w.SeeOther("/verwaltung/netzwerk")
		}
		if !f.Refused(err) {
			return err
		}
	}
	p := &partnerPage{Page: r.Page("network.partner"), Partner: q, Regions: s.regionLabels(q.Regions), Form: f}
	if q.Follower != "" && !q.Following && q.State != engagement.PartnerEnded {
		a := r.Action("/verwaltung/netzwerk/"+q.Host+"/annehmen", "network.accept")
		a.Style = "primary"
		p.Accept = &a
	}
	if len(q.Suspects) > 0 {
		a := r.Action("/verwaltung/netzwerk/"+q.Host+"/schluessel", "network.trust")
		a.Sure = "network.trust.sure"
		p.Trust = &a
	}
	if q.State != engagement.PartnerEnded {
		a := r.Action("/verwaltung/netzwerk/"+q.Host+"/beenden", "network.end")
		a.Sure = "network.end.text"
		p.End = &a
	}
	return w.Page(p)
}

func (s *Server) movePartner(w *Response, r *Request) error {
	return r.updateThen(w, "/verwaltung/netzwerk/"+r.Var("host"), func(tx *store.Tx) (err error) {
		switch r.Var("act") {
		case "annehmen":
			_, err = engagement.ConfirmPartner(tx, r.Actor(), r.Var("host"))
		case "beenden":
			_, err = engagement.EndPartner(tx, r.Actor(), r.Var("host"))
		case "schluessel":
			_, err = engagement.TrustKeys(tx, r.Actor(), r.Var("host"))
		default:
			err = engagement.ErrNotFound
		}
		return err
	})
}

// deliveryPage shows what could not be sent to other servers.
type deliveryPage struct {
	Page
	Counts []deliveryCount
	Parked []store.DeliveryRow
	Peers  []store.Peer
	Retry  *Action
}

type deliveryCount struct {
	State store.QueueState
	N     int
}

func (s *Server) deliveries(w *Response, r *Request) error {
	p := &deliveryPage{Page: r.Page("delivery.title")}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		counts, err := tx.CountDeliveries("")
		if err != nil {
			return err
		}
		for _, state := range []store.QueueState{store.Waiting, store.Done, store.Parked, store.Dropped} {
			p.Counts = append(p.Counts, deliveryCount{state, counts[state]})
		}
		if p.Parked, err = tx.Deliveries(store.Parked, "", 50); err != nil {
			return err
		}
		p.Peers, err = tx.PeersInTrouble()
		return err
	})
	if err != nil {
		return err
	}
	a := r.Action("/verwaltung/zustellung/wiederholen", "delivery.retry")
	p.Retry = &a
	return w.Page(p)
}

func (s *Server) retryDeliveries(w *Response, r *Request) error {
	if err := r.update(func(tx *store.Tx) error {
		_, err := engagement.RetryDeliveries(tx, r.Actor(), "")
		return err
	}); err != nil {
		return err
	}
	return w.SeeOther("/verwaltung/zustellung")
}
