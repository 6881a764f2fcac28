package web

import (
	"errors"

	"seestern/engagement"
	"seestern/store"
)

// followedArea is where admins choose whose events on other servers are shown here.
var followedArea = area{
	name:  "followed",
	pages: map[string]any{"followed": followedPage{}},
	routes: []route{
		{path: followedRoot, get: (*Server).followed, post: (*Server).followed, who: role(engagement.Admin)},
		{path: followedRoot + "/beitrag", post: (*Server).hideFollowedPost, who: role(engagement.Admin)},
		{path: followedRoot + "/beenden", post: (*Server).unfollow, who: role(engagement.Admin)},
	},
}

const followedRoot = "/verwaltung/netzwerk/termine"

// followedPage lists who is followed and takes the address of another one.
type followedPage struct {
	Page
	List []followedRow
	Form *Form
}

type followedRow struct {
	engagement.Followed
	Posts []followedPost
	End   Action
}

type followedPost struct {
	engagement.FollowedPost
	Turn Action // hides or shows it
}

func (s *Server) followed(w *Response, r *Request) error {
	f := r.Form([]Field{{Name: "address", Label: "followed.address", Hint: "followed.address.hint", Need: "error.text.empty", Max: 200}})
	if f.OK() {
		found, err := s.options.Network.Account(r.Context(), f.Text("address"))
		if err != nil {
			s.log.Info("account look-up", "request", r.ID, "error", err)
			f.Bad("address", "error.account.unknown")
		} else {
			err = r.update(func(tx *store.Tx) error {
				_, err := engagement.FollowActor(tx, r.Actor(), found)
				return err
			})
			switch {
			case err == nil, errors.Is(err, engagement.ErrConflict):
				return w.SeeOther(followedRoot)
			case !f.Refused(err):
				return err
			}
		}
	}
	p := &followedPage{Page: r.Page("followed.title"), Form: f}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		list, err := tx.AllFollowed()
		p.List = nil
		for _, one := range list {
			end := r.Action(followedRoot+"/beenden", "followed.end")
			end.Sure, end.Hidden = "followed.end.sure", []HiddenField{{"actor", one.Actor}}
			row := followedRow{Followed: one, End: end}
			for _, post := range one.Posts {
				turn := r.Action(followedRoot+"/beitrag", "followed.post.hide")
				turn.Hidden = []HiddenField{{"actor", one.Actor}, {"post", post.IRI}, {"hide", "1"}}
				if post.Hidden {
					turn.Key, turn.Hidden = "followed.post.show", turn.Hidden[:2]
				}
				row.Posts = append(row.Posts, followedPost{post, turn})
			}
			p.List = append(p.List, row)
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

func (s *Server) unfollow(w *Response, r *Request) error {
	return r.updateThen(w, followedRoot, func(tx *store.Tx) error {
		return engagement.UnfollowActor(tx, r.Actor(), r.PostFormValue("actor"))
	})
}

func (s *Server) hideFollowedPost(w *Response, r *Request) error {
	return r.updateThen(w, followedRoot, func(tx *store.Tx) error {
		return engagement.HideFollowedPost(tx, r.Actor(), r.PostFormValue("actor"), r.PostFormValue("post"), r.PostFormValue("hide") != "")
	})
}
