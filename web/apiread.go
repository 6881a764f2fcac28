package web

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// This file reads what programs ask for. They are visitors: what is shown is decided by the same rules as on the pages.

func (s *Server) apiOpportunities(w *Response, r *Request) error {
	a := s.askSearch(r, apiForm...)
	a.search.Limit, a.search.Exact, a.search.Open = apiSize(a.form), true, true
	if err := apiErr(a.form); err != nil {
		return err
	}
	if a.search.Order == engagement.Fitting {
		a.search.Order = engagement.Nearest
	}
	out := opportunityList{}
	if a.place != nil {
		out.Place = a.place.Label()
	}
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if a.search.Organization, err = apiTeam(tx, a.form); err != nil {
			return err
		}
		hits, err := tx.Search(a.search, store.Viewer{})
		if err != nil {
			return err
		}
		out.Total, out.Next, out.Items = hits.Total, r.nextPage(hits.Next), make([]apiOpportunity, len(hits.List))
		for i, h := range hits.List {
			out.Items[i] = r.apiOpportunity(h.Opportunity, h.Organizer)
			if h.Known {
				km := float64(int(h.Km*10+.5)) / 10
				out.Items[i].DistanceKM, out.Items[i].NearestPlaceNo = &km, &h.Nearest
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.JSON(jsonType, out)
}

// shownHere says whether copies of a host are shown: of a partner, unless its content is not.
func shownHere(tx *store.Tx, host string) (bool, error) {
	if host == "" {
		return true, nil
	}
	p, err := tx.Partner(host)
	if errors.Is(err, engagement.ErrNotFound) {
		return false, nil
	}
	return p.Shown(), err
}

// limitedHere says whether a host was limited or blocked.
func limitedHere(tx *store.Tx, host string) (bool, error) {
	if host == "" {
		return false, nil
	}
	standing, err := tx.StandingOf(host)
	return standing != store.Ordinary, err
}

// visible turns what is not shown into an error.
func visible(shown bool, err error) error {
	if err == nil && !shown {
		return engagement.ErrNotFound
	}
	return err
}

func (s *Server) apiOneOpportunity(w *Response, r *Request) error {
	var out apiOpportunity
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		o, err := seeOpen(tx, r)
		out = r.apiOpportunity(o.Opportunity, organizer(o.organization))
		return err
	})
	if err != nil {
		return err
	}
	return w.JSON(jsonType, out)
}

// seeOpen is the opportunity of the path if it may be shown everywhere.
func seeOpen(tx *store.Tx, r *Request) (seen, error) {
	o, err := see(tx, r)
	if err == nil && o.Visibility != "offen" {
		err = engagement.ErrNotFound
	}
	if err == nil {
		err = visible(shownHere(tx, o.Origin))
	}
	return o, err
}

// apiShifts are those that calendars get, too. A page goes on behind the last one of the page before, named by its beginning and id, whether
// that is still there or not.
func (s *Server) apiShifts(w *Response, r *Request) error {
	f := r.Form([]Field{afterField.Field, sizeField.Field})
	size := apiSize(f)
	if err := apiErr(f); err != nil {
		return err
	}
	begun, last := cursorOf(f.Text("ab"))
	var out shiftList
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		o, err := seeOpen(tx, r)
		if err != nil {
			return err
		}
		shifts, err := tx.ShiftsFor(o.ID)
		shifts = slices.DeleteFunc(told(shifts, r.Now), func(s engagement.Shift) bool {
			return cmp.Or(s.Starts.Compare(begun), strings.Compare(string(s.ID), string(last))) <= 0
		})
		out = shiftList{}
		if len(shifts) > size {
			shifts = shifts[:size]
			out.Next = r.nextPage(cursor(shifts[size-1].Starts, shifts[size-1].ID))
		}
		out.Items = each(shifts, func(s engagement.Shift) apiShift { return newAPIShift(s.Public(o.Opportunity)) })
		return err
	})
	if err != nil {
		return err
	}
	return w.JSON(jsonType, out)
}

func (s *Server) apiOrganizations(w *Response, r *Request) error {
	f := r.Form(slices.Concat(directoryFields, apiForm))
	size := apiSize(f)
	if err := apiErr(f); err != nil {
		return err
	}
	out := organizationList{Items: []apiOrganization{}}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		found, err := tx.Organizations(directoryOf(f, size+1))
		if err != nil {
			return err
		}
		out = organizationList{Items: make([]apiOrganization, min(size, len(found)))}
		for i := range out.Items {
			out.Items[i] = r.apiOrganization(found[i])
		}
		if len(found) > size {
			out.Next = r.nextPage(string(found[size-1].ID))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.JSON(jsonType, out)
}

func (s *Server) apiOneOrganization(w *Response, r *Request) error {
	var out apiOrganization
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		o, err := seeOrganization(tx, r)
		if err == nil {
			err = visible(shownHere(tx, o.Origin))
		}
		out = r.apiOrganization(o)
		return err
	})
	if err != nil {
		return err
	}
	return w.JSON(jsonType, out)
}

func (s *Server) apiOccasions(w *Response, r *Request) error {
	f, q, _ := s.askOccasions(r, apiForm...)
	q.Limit = apiSize(f)
	if day := r.URL.Query().Get("von"); day != "" {
		if d := engagement.Date(day); !d.Valid() {
			f.Bad("von", "error.date.unknown")
		} else if d.Time().After(r.Now) {
			q.From = d.Time()
		}
	}
	if err := apiErr(f); err != nil {
		return err
	}
	var out eventList
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if q.Organization, err = apiTeam(tx, f); err != nil {
			return err
		}
		list, next, err := tx.Occasions(q)
		if err != nil {
			return err
		}
		orgs, err := tx.OrganizationsByID(each(list, func(o engagement.Occasion) engagement.ID { return o.Organization }))
		out = eventList{Items: make([]apiEvent, len(list)), Next: r.nextPage(next)}
		for i, o := range list {
			out.Items[i] = r.apiEvent(o, orgs[o.Organization])
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.JSON(jsonType, out)
}

func (s *Server) apiOneOccasion(w *Response, r *Request) error {
	var out apiEvent
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		o, org, err := seeOccasion(tx, r)
		if err != nil {
			return err
		}
		if limited, err := limitedHere(tx, o.Origin); err != nil || limited {
			return visible(!limited, err)
		}
		if p, err := tx.Partner(o.Origin); err == nil && !p.Shown() {
			return engagement.ErrNotFound
		} else if err != nil && !errors.Is(err, engagement.ErrNotFound) {
			return err
		}
		out = r.apiEvent(o, org)
		return nil
	})
	if err != nil {
		return err
	}
	return w.JSON(jsonType, out)
}

// cursor names the last entry of a page of what is ordered by time and id.
func cursor(at time.Time, id engagement.ID) string {
	return strconv.FormatInt(at.UnixMilli(), 10) + "-" + string(id)
}

// cursorOf reads it; one that is none is the beginning.
func cursorOf(text string) (at time.Time, id engagement.ID) {
	if before, last, ok := strings.Cut(text, "-"); ok {
		if ms, err := strconv.ParseInt(before, 10, 64); err == nil && ms > 0 {
			return time.UnixMilli(ms), engagement.ID(last)
		}
	}
	return at, id
}

// apiAnnouncements goes on behind the last one of the page before, named by its time and id.
func (s *Server) apiAnnouncements(w *Response, r *Request) error {
	f := r.Form([]Field{afterField.Field, sizeField.Field})
	size := apiSize(f)
	if err := apiErr(f); err != nil {
		return err
	}
	before, id := cursorOf(f.Text("ab"))
	var out announcementList
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		all, err := tx.Announcements(before, id, size+1)
		if err != nil {
			return err
		}
		orgs, err := tx.OrganizationsByID(each(all, func(n engagement.Announcement) engagement.ID { return n.Organization }))
		out = announcementList{Items: make([]apiAnnouncement, min(size, len(all)))}
		for i := range out.Items {
			out.Items[i] = r.apiAnnouncement(all[i], orgs[all[i].Organization])
		}
		if len(all) > size {
			last := all[size-1]
			out.Next = r.nextPage(cursor(last.Published, last.ID))
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.JSON(jsonType, out)
}

func (s *Server) apiOneAnnouncement(w *Response, r *Request) error {
	var out apiAnnouncement
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		n, org, err := seeAnnouncement(tx, r)
		if err != nil {
			return err
		}
		if err := visible(shownHere(tx, n.Origin)); err != nil {
			return err
		}
		limited, err := limitedHere(tx, n.Origin)
		out = r.apiAnnouncement(n, org)
		return visible(!limited, err)
	})
	if err != nil {
		return err
	}
	return w.JSON(jsonType, out)
}

func (s *Server) apiBoards(w *Response, r *Request) error {
	var out boardList
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		all, err := tx.Boards()
		out.Items = each(all, r.apiBoard)
		return err
	})
	if err != nil {
		return err
	}
	return w.JSON(jsonType, out)
}

func (s *Server) apiOneBoard(w *Response, r *Request) error {
	var out apiBoard
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		b, err := tx.BoardByHandle(r.Var("id"))
		if err == nil && !engagement.Can(r.Actor(), engagement.Read, b.Thing()) {
			err = engagement.ErrNotFound
		}
		out = r.apiBoard(b)
		return err
	})
	if err != nil {
		return err
	}
	return w.JSON(jsonType, out)
}

// apiCodes are the vocabularies that the answers of the other operations use.
func (s *Server) apiCodes(w *Response, _ *Request) error {
	out := codeList{Version: engagement.VocabularyVersion, Vocabularies: []apiVocabulary{}}
	used := newDescription("").vocabularies
	for _, v := range engagement.Vocabularies {
		if !used[v.Name] {
			continue
		}
		list := apiVocabulary{Name: v.Name}
		for _, term := range v.Terms {
			key := "code." + v.Name + "." + string(term.Code)
			list.Codes = append(list.Codes, apiCode{term.Code, term.Parent, apiLabels{s.words.T(German, key, nil), s.words.T(English, key, nil), s.words.T(Simple, key, nil)}})
		}
		out.Vocabularies = append(out.Vocabularies, list)
	}
	return w.JSON(jsonType, out)
}

// each maps a list, which is one even without entries.
func each[A, B any](list []A, f func(A) B) []B {
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = f(a)
	}
	return out
}

// apiDescription is the description of all this.
func (s *Server) apiDescription(w *Response, _ *Request) error {
	return w.JSON(jsonType, newDescription(s.base.String()).doc)
}
