package web

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// mailCheckArea is how the mail of this instance is doing, and a test mail.
var mailCheckArea = area{
	name:   "mailcheck",
	pages:  map[string]any{"mailcheck": mailCheckPage{}},
	routes: []route{{path: mailCheckPath, get: (*Server).mailCheck, post: (*Server).mailCheck, who: role(engagement.Admin)}},
}

const mailCheckPath = "/verwaltung/mail"

// MailSetup says how mail leaves, as the operator configured it.
type MailSetup struct {
	Transport string // "smtp", "folder", "none"
	Server    string // host and port, or the folder
	From      string // address of the sender
	Post      Post   // nil: there is none
}

// postState is the state of the mail.
type postState struct {
	Setup MailSetup
	Check engagement.MailCheck
	store.MailState
}

type mailCheckPage struct {
	Page
	Mail postState
	Form *Form // nil: no mail can be sent
}

func (s *Server) postState(r *Request) (postState, error) {
	v := postState{Setup: s.options.Mail, Check: s.instance.Load().Mail}
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		v.MailState, err = tx.MailState()
		return err
	})
	return v, err
}

// mailCheck shows how mail leaves and what waits, and sends a test mail at once: what comes of it stands on the page afterwards.
func (s *Server) mailCheck(w *Response, r *Request) error {
	p := &mailCheckPage{Page: r.Page("mailcheck.title")}
	var err error
	if p.Mail, err = s.postState(r); err != nil {
		return err
	}
	if s.options.Mail.Post == nil {
		return w.Page(p)
	}
	p.Form = r.Form([]Field{emailField})
	p.Form.Set("email", r.Session.Account.Email)
	if !p.Form.OK() {
		return w.Page(p)
	}
	err = s.testMail(r, p.Form.Text("email"), func(do func(*store.Tx, engagement.Actor) error) error {
		return r.update(func(tx *store.Tx) error { return do(tx, r.Actor()) })
	})
	if err != nil {
		return err
	}
	return w.SeeOther(mailCheckPath)
}

// testMailTimeout is shorter than the patience of a browser.
const testMailTimeout = 20 * time.Second

// testMail sends a mail past the queue and keeps what came of it. The mail server's own words are kept without the address.
func (s *Server) testMail(r *Request, to string, change func(func(*store.Tx, engagement.Actor) error) error) error {
	if s.options.Mail.Post == nil {
		return engagement.ErrNotFound
	}
	message, err := s.Compose(r.Context(), Mail{ID: engagement.ID(strings.ToLower(rand.Text())), Kind: engagement.MailTest, To: to, Lang: r.Language.Lang, Path: mailCheckPath})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), testMailTimeout)
	defer cancel()
	failed := ""
	if err := s.options.Mail.Post.Send(ctx, message); err != nil {
		failed = strings.ReplaceAll(err.Error(), to, "…")
	}
	return change(func(tx *store.Tx, actor engagement.Actor) error { return engagement.MailTested(tx, actor, failed) })
}
