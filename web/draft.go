package web

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"seestern/engagement"
)

// draft is a form that could not be taken because the sign-in had expired. It travels sealed through the sign-in page in the
// field draftField; nothing is stored. Only the account that typed it gets it back, within an hour. A visitor's answers that are to
// become a profile travel the same way, for a day, through the registration, too; whoever signs in with them gets them.
type draft struct {
	Path    string        `json:"path"`
	Fields  url.Values    `json:"fields"`
	Account engagement.ID `json:"account"` // empty: a visitor typed it
	For     engagement.ID `json:"for"`     // for whom Account acted; empty: for themselves
	Until   time.Time     `json:"until"`
}

// draftField is the hidden field that the sign-in form carries on, if it was posted to it.
const draftField = "entwurf"

// Lives of drafts: of an ended session, and of answers that wait for an account, as long as the link in the mail is good.
const (
	draftLife = time.Hour
	keptLife  = 24 * time.Hour
)

func (s *Server) sealer() cipher.AEAD {
	block, err := aes.NewCipher(s.mac("draft"))
	if err != nil {
		panic(err) // the key always has 32 bytes
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return gcm
}

func (s *Server) seal(d draft) (string, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return "", fmt.Errorf("seal draft: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(s.sealer().Seal(nil, nil, text, nil)), nil
}

// open returns the draft, or false for one that is broken, too old or somebody else's.
func (s *Server) open(sealed string, account engagement.ID, now time.Time) (draft, bool) {
	var d draft
	bytes, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return d, false
	}
	text, err := s.sealer().Open(nil, nil, bytes, nil)
	if err != nil || json.Unmarshal(text, &d) != nil {
		return d, false
	}
	return d, (d.Account == account || d.Account == "") && now.Before(d.Until) && localPath(d.Path)
}

// Sealed input waits with the path to go on to for the link in a mail to be used: behind a space, which no path has.
const (
	waiting      = " "
	mostDraftLen = 8000 // characters; more than all answers of a check need
)

// later is where the link in a mail leads, with the visitor's input that the form carries.
func (r *Request) later() string {
	sealed := r.PostFormValue(draftField)
	if _, ok := r.server.open(sealed, "", r.Now); !ok || len(sealed) > mostDraftLen {
		return r.next()
	}
	return r.next() + waiting + sealed
}

// GoOn ends a sign-in with a link from a mail: after [Response.SignIn], with what waited for it.
func (w *Response) GoOn(later string) error {
	next, sealed, _ := strings.Cut(later, waiting)
	if !localPath(next) {
		next = "/meine"
	}
	return w.Resume(sealed, next)
}

// typed are the fields of a POST that may be shown and sent again: no passwords, nothing of the frame.
func typed(fields url.Values) []HiddenField {
	var hidden []HiddenField
	for name, values := range fields {
		if name == "once" || name == showOnly || strings.HasPrefix(name, "passwor") {
			continue
		}
		for _, v := range values {
			hidden = append(hidden, HiddenField{name, v})
		}
	}
	slices.SortStableFunc(hidden, func(a, b HiddenField) int { return strings.Compare(a.Name, b.Name) })
	return hidden
}

// written are the texts among the fields of a POST, without what has one word or a few: nobody misses that.
func written(fields url.Values) (texts []string) {
	for _, field := range typed(fields) {
		if text := strings.TrimSpace(field.Value); utf8.RuneCountInString(text) >= 20 && strings.Contains(text, " ") {
			texts = append(texts, text)
		}
	}
	return texts
}

// Resume ends a sign-in: after [Response.SignIn], with the sealed draft of the form if it carried one. The person sees that
// the earlier input is still there and decides whether to send it; without a draft the browser goes on to next.
func (w *Response) Resume(sealed, next string) error {
	session := w.request.Session
	d, ok := w.server.open(sealed, session.owner(), w.request.Now)
	if !ok || session.Helps != "" && d.Account != "" && d.For != session.Helps {
		return w.SeeOther(next)
	}
	if d.For != session.Helps && d.Account != "" { // first act for that person again
		return w.Page(&statusPage{
			Page:  w.request.Page("status.resume.title"),
			Text:  say("assisted.resume"),
			Again: &Action{Path: actPath(d.For), Key: "assisted.act.again", Style: "primary", Hidden: []HiddenField{{draftField, sealed}}, request: w.request},
		})
	}
	return w.Page(&statusPage{
		Page:  w.request.Page("status.resume.title"),
		Text:  say("status.resume.text"),
		Again: &Action{Path: d.Path, Key: "button.again", Style: "primary", Hidden: typed(d.Fields), request: w.request},
	})
}
