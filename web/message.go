package web

import (
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// messageArea is where a team, or for boards and the instance a moderator, reads what people on other servers wrote, and answers.
var messageArea = area{
	name:  "message",
	pages: map[string]any{"message-list": messagesPage{}, "message": messagePage{}},
	routes: []route{
		{path: workspace + "/nachrichten", get: (*Server).messages, who: signedIn},
		{path: workspace + "/nachrichten/" + messageVar, get: (*Server).message, post: (*Server).message, who: signedIn},
		{path: workspace + "/nachrichten/" + messageVar + "/loeschen", post: (*Server).discardMessage, who: signedIn, ends: true},
		{path: moderatedMessages + messageVar, get: (*Server).message, post: (*Server).message, who: role(engagement.Moderator)},
		{path: moderatedMessages + messageVar + "/loeschen", post: (*Server).discardMessage, who: role(engagement.Moderator)},
	},
}

const (
	messageVar        = "{message:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}}"
	moderatedMessages = "/moderation/nachricht/"
)

// messagesPage are the messages to an organization.
type messagesPage struct {
	Page
	bench
	Rows []messageRow
}

type messageRow struct {
	Path, Handle string
	First        string // of its words
	Received     time.Time
	New          bool // nobody has read it
	Answered     bool
}

// messagePage is one message with the form of the answer.
type messagePage struct {
	Page
	bench
	Back       string
	To         string // name of the board or instance; empty: the organization
	Message    engagement.Message
	Paragraphs []string
	Form       *Form // nil: answered
	Delete     Action
}

const messageWords = 120 // characters of a message in a list

func messageRowOf(m engagement.Message, root string) messageRow {
	return messageRow{root + string(m.ID), m.From.Handle, shorten(m.Text, messageWords), m.Received, m.Seen.IsZero(), !m.Answered.IsZero()}
}

func (s *Server) messages(w *Response, r *Request) error {
	p := &messagesPage{Page: r.Page("message.title")}
	var err error
	p.bench, err = s.viewBench(r, func(tx *store.Tx, b bench) error {
		list, err := tx.MessagesTo(b.Organization.ID)
		for _, m := range list {
			p.Rows = append([]messageRow{messageRowOf(m, b.Root+"/nachrichten/")}, p.Rows...)
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

// message shows a message and takes the answer. Opening it notes that somebody has read it.
func (s *Server) message(w *Response, r *Request) error {
	p := &messagePage{}
	read := func(tx *store.Tx) (err error) {
		*p = messagePage{Page: r.Page("message.one")}
		if p.Back, err = p.home(s, tx, r); err != nil {
			return err
		}
		if p.Message, err = engagement.ReadMessage(tx, r.Actor(), engagement.ID(r.Var("message"))); err != nil {
			return err
		}
		if p.Message.Organization != p.Organization.ID {
			return engagement.ErrNotFound
		}
		if p.Message.Board != "" {
			b, err := tx.Board(p.Message.Board)
			p.To = b.Name
			return err
		}
		return nil
	}
	if err := r.update(read); err != nil {
		return err
	}
	if p.To == "" && p.Organization.ID == "" {
		p.To = s.instance.Load().Name
	}
	f := r.Form([]Field{{Name: "text", Kind: Area, Label: "message.answer", Hint: "message.answer.hint", Need: "error.text.empty", Max: engagement.RequestTextLimit, Rows: 5}})
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.AnswerMessage(tx, r.Actor(), p.Message.ID, f.Text("text"))
			return err
		})
		if err == nil {
			return w.SeeOther(r.Path)
		}
		if !f.Refused(err) {
			return err
		}
	}
	if p.Message.Answered.IsZero() {
		p.Form = f
	}
	p.Paragraphs = paragraphs(p.Message.Text)
	p.Delete = r.Action(r.Path+"/loeschen", "message.delete")
	p.Delete.Sure = "message.delete.sure"
	return w.Page(p)
}

// home reads the workspace that the path is in, and returns the page of the list. The queue of the moderators is the other one.
func (p *messagePage) home(s *Server, tx *store.Tx, r *Request) (back string, err error) {
	if strings.HasPrefix(r.Path, moderatedMessages) {
		return "/moderation", nil
	}
	p.bench, err = s.bench(tx, r)
	return p.Root + "/nachrichten", err
}

func (s *Server) discardMessage(w *Response, r *Request) error {
	back := ""
	err := r.update(func(tx *store.Tx) (err error) {
		if back, err = (&messagePage{}).home(s, tx, r); err != nil {
			return err
		}
		return engagement.DiscardMessage(tx, r.Actor(), engagement.ID(r.Var("message")))
	})
	if err != nil {
		return err
	}
	return w.SeeOther(back)
}
