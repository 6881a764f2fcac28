package web

import (
	"errors"
	"strconv"
	"strings"

	"seestern/engagement"
	"seestern/store"
)

// boardAdminArea is where boards are opened, changed and ended.
var boardAdminArea = area{
	name:  "board-admin",
	pages: map[string]any{"board-boards": boardsPage{}, "board-edit": boardEditPage{}},
	routes: []route{
		{path: boardAdmin, get: (*Server).boards, post: (*Server).boards, who: role(engagement.Admin)},
		{path: boardAdmin + "/" + boardVar, get: (*Server).editBoard, post: (*Server).editBoard, who: signedIn},
		{path: boardAdmin + "/" + boardVar + "/{act}", post: (*Server).archiveBoard, who: signedIn},
	},
}

// boardsPage lists all boards and opens new ones.
type boardsPage struct {
	Page
	Boards []boardRow
	Form   *Form
}

type boardRow struct {
	Path, Name, Handle string
	Kind               engagement.BoardKind
	Archived           bool
	Followers          int
}

// boardEditPage changes a board and ends it.
type boardEditPage struct {
	Page
	Form   *Form // nil: the person may only end it
	Link   string
	Handle string
	Act    *Action
}

// boardFields are the questions about a board; kind and handle are asked once, and who looks after it only of admins.
func boardFields(fresh, place, topic, admin bool) []Field {
	fields := []Field{{Name: "name", Label: "board.f.name", Hint: "board.f.name.hint", Need: "error.text.empty", Max: 100}}
	if fresh {
		fields = append(fields,
			Field{Name: "kind", Kind: Radio, Label: "board.f.kind", Need: "error.choice.empty", Options: []Option{
				{Value: string(engagement.PlaceBoard), Key: "board.kind.ort", Hint: "board.kind.ort.hint"},
				{Value: string(engagement.TopicBoard), Key: "board.kind.thema", Hint: "board.kind.thema.hint"},
			}},
			Field{Name: "handle", Label: "board.f.handle", Hint: "board.f.handle.hint", Max: 30})
	}
	fields = append(fields, Field{Name: "summary", Kind: Area, Label: "board.f.summary", Max: 500, Rows: 3})
	if place {
		fields = append(fields,
			Field{Name: "place", Label: "board.f.place", Hint: "admin.place.hint", Max: 100},
			Field{Name: "radius", Kind: Number, Label: "board.f.radius"})
	}
	if topic {
		fields = append(fields,
			Field{Name: "areas", Kind: Boxes, Label: "board.f.areas", Options: vocabularyOptions(engagement.Areas)},
			Field{Name: "topics", Kind: Boxes, Label: "board.f.topics", Options: groupedOptions(engagement.Topics, engagement.Areas)})
	}
	if admin {
		fields = append(fields, Field{Name: "organization", Label: "board.f.organization", Hint: "board.f.organization.hint", Max: 30})
	}
	return append(fields, Field{Name: "version", Kind: Hidden})
}

// boardOf reads the form onto a board.
func (s *Server) boardOf(f *Form, b engagement.Board) engagement.Board {
	b.Name, b.Summary = f.Text("name"), f.Text("summary")
	if b.Kind == engagement.TopicBoard {
		b.Areas, b.Topics = codesOf(f, "areas"), codesOf(f, "topics")
		return b
	}
	b.RadiusKM = float64(f.Int("radius"))
	if f.Text("place") != b.Place.Locality || !b.Place.Known() {
		b.Place = engagement.Place{}
		if place, ok := s.placeOf(f, "place"); ok {
			b.Place = place
		}
	}
	return b
}

// keeper is the organization whose handle was typed.
func keeper(tx *store.Tx, f *Form) (engagement.ID, error) {
	handle := strings.TrimPrefix(f.Text("organization"), "@")
	if handle == "" {
		return "", nil
	}
	o, err := tx.OrganizationByHandle(strings.ToLower(handle))
	if errors.Is(err, engagement.ErrNotFound) {
		return "", &engagement.Invalid{Field: "organization", Key: "error.organization.unknown"}
	}
	return o.ID, err
}

func (s *Server) boards(w *Response, r *Request) error {
	f := r.Form(boardFields(true, true, true, true))
	f.Set("radius", strconv.Itoa(radiusTown))
	var b engagement.Board
	if f.OK() {
		b = s.boardOf(f, engagement.Board{Kind: engagement.BoardKind(f.Text("kind")), Handle: strings.ToLower(f.Text("handle"))})
	}
	if f.OK() {
		err := r.update(func(tx *store.Tx) (err error) {
			if b.Organization, err = keeper(tx, f); err != nil {
				return err
			}
			_, err = engagement.AddBoard(tx, r.Actor(), b)
			return err
		})
		if err == nil {
			return w.SeeOther(boardAdmin)
		}
		if !f.Refused(err) {
			return err
		}
	}
	p := &boardsPage{Page: r.Page("board.admin"), Form: f}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		all, err := tx.AllBoards()
		if err != nil {
			return err
		}
		followers, err := tx.CountBoardFollowers()
		for _, b := range all {
			p.Boards = append(p.Boards, boardRow{
				Path: boardAdmin + "/" + b.Handle, Name: b.Name, Handle: "@" + b.Handle + "@" + s.base.Host, Kind: b.Kind,
				Archived: b.State == engagement.BoardArchived, Followers: followers[b.ID],
			})
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

// editBoard changes a board, for whoever may.
func (s *Server) editBoard(w *Response, r *Request) error {
	var b engagement.Board
	var org engagement.Organization
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if b, err = tx.BoardByHandle(r.Var("handle")); err != nil || b.Organization == "" {
			return err
		}
		org, err = tx.Organization(b.Organization)
		return err
	})
	if err != nil {
		return err
	}
	change, decide := engagement.Can(r.Actor(), engagement.Change, b.Thing()), engagement.Can(r.Actor(), engagement.Decide, b.Thing())
	if !change && !decide {
		return engagement.ErrNotFound
	}
	page := &boardEditPage{Page: r.Page("board.edit"), Link: boardPath(b), Handle: "@" + b.Handle + "@" + s.base.Host}
	if decide {
		a := r.Action(boardAdmin+"/"+b.Handle+"/schliessen", "board.archive")
		a.Sure = "board.archive.text"
		if b.State == engagement.BoardArchived {
			a = r.Action(boardAdmin+"/"+b.Handle+"/oeffnen", "board.reopen")
		}
		page.Act = &a
	}
	admin := engagement.Can(r.Actor(), engagement.Create, b.Thing())
	f := r.Form(boardFields(false, b.Kind == engagement.PlaceBoard, b.Kind == engagement.TopicBoard, admin))
	if !change {
		return w.Page(page)
	}
	f.Set("name", b.Name)
	f.Set("summary", b.Summary)
	f.Set("place", b.Place.Locality)
	f.Set("radius", strconv.Itoa(int(b.RadiusKM)))
	f.Set("areas", texts(b.Areas)...)
	f.Set("topics", texts(b.Topics)...)
	f.Set("organization", org.Handle)
	f.Set("version", countText(b.Version))
	page.Form = f
	saved := b.Version
	if f.OK() {
		b = s.boardOf(f, b)
		b.Version = f.Int("version")
	}
	if f.OK() {
		err := r.update(func(tx *store.Tx) (err error) {
			changed := b
			if admin {
				if changed.Organization, err = keeper(tx, f); err != nil {
					return err
				}
			}
			_, err = engagement.EditBoard(tx, r.Actor(), changed)
			return err
		})
		switch {
		case err == nil:
			return w.SeeOther(boardPath(b))
		case errors.Is(err, engagement.ErrStale):
			f.Conflict(saved, map[string]string{"name": b.Name})
		case !f.Refused(err):
			return err
		}
	}
	return w.Page(page)
}

// archiveBoard ends a board or opens it again.
func (s *Server) archiveBoard(w *Response, r *Request) error {
	on, known := map[string]bool{"schliessen": true, "oeffnen": false}[r.Var("act")]
	if !known {
		return engagement.ErrNotFound
	}
	var b engagement.Board
	err := r.update(func(tx *store.Tx) (err error) {
		if b, err = tx.BoardByHandle(r.Var("handle")); err != nil {
			return err
		}
		b, err = engagement.ArchiveBoard(tx, r.Actor(), b.ID, on)
		return err
	})
	if err != nil {
		return err
	}
	return w.SeeOther(boardAdmin + "/" + b.Handle)
}
