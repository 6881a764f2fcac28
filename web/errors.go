package web

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// statusPage is the answer to a request that has no page of its own. It needs no database.
type statusPage struct {
	Page
	Text      Words
	More      Words    // second paragraph; empty key: none
	Reference string   // request id, for questions
	Again     *Action  // sends the same input once more
	Written   []string // texts of a form that nobody takes any more, to be copied
	Reload    string   // path of the page as it is now
}

// Errors of the frame, beside those of engagement.
var (
	errBadRequest = errors.New("bad request")
	errForeign    = errors.New("form of another site")
	errRights     = errors.New("rights have changed since the request came")
	errOldForm    = errors.New("form too old, or of another session")
	errMethod     = errors.New("method not allowed")
	errMediaType  = errors.New("media type not read")
	errHost       = errors.New("wrong host")
	errSetUp      = errors.New("the site is not public yet")
	errTooLarge   = errors.New("body too large")
)

// tooMany is a limit with the time until it ends.
type tooMany struct{ wait time.Duration }

func (e tooMany) Error() string     { return "limit reached, again in " + e.wait.String() }
func (e tooMany) Is(err error) bool { return err == engagement.ErrTooMany }

// answers is the one table from errors to answers. The first that fits counts; what is not listed is a 500.
var answers = []struct {
	err    error
	status int
	text   string // locale key; "": status.<status>.text
	again  bool   // the same input may be right later: it stays in the page with a button
}{
	{err: engagement.ErrNotFound, status: http.StatusNotFound},
	{err: engagement.ErrForbidden, status: http.StatusForbidden},
	{err: engagement.ErrGone, status: http.StatusGone},
	{err: engagement.ErrTooMany, status: http.StatusTooManyRequests, again: true},
	{err: engagement.ErrConflict, status: http.StatusConflict}, // ErrStale is one, too
	{err: errRights, status: http.StatusForbidden},
	{err: errHelping, status: http.StatusForbidden, text: "assisted.refused"},
	{err: errForeign, status: http.StatusForbidden, text: "status.403.foreign"},
	{err: errOldForm, status: http.StatusForbidden, text: "status.403.old", again: true},
	{err: errBadRequest, status: http.StatusBadRequest},
	{err: errMethod, status: http.StatusMethodNotAllowed},
	{err: errMediaType, status: http.StatusUnsupportedMediaType},
	{err: errTooLarge, status: http.StatusRequestEntityTooLarge},
	{err: errHost, status: http.StatusMisdirectedRequest},
	{err: context.DeadlineExceeded, status: http.StatusServiceUnavailable, again: true},
	{err: store.ErrBusy, status: http.StatusServiceUnavailable, again: true},
	{err: errSetUp, status: http.StatusServiceUnavailable, text: "public.setup.text"},
	{err: store.ErrFull, status: http.StatusServiceUnavailable, text: "status.503.full", again: true},
}

// answerTo says how an error is answered.
func answerTo(err error) (status int, text Words, again bool) {
	if found := invalids(err); len(found) > 0 {
		return http.StatusUnprocessableEntity, Words{Key: found[0].Key, Args: found[0].Args}, false
	}
	for _, a := range answers {
		if !errors.Is(err, a.err) {
			continue
		}
		if a.text == "" {
			a.text = "status." + strconv.Itoa(a.status) + ".text"
		}
		return a.status, say(a.text, "n", minutes(err)), a.again
	}
	return http.StatusInternalServerError, say("status.500.text"), true
}

// minutes to wait; an hour for limits that a rule keeps.
func minutes(err error) int {
	var e tooMany
	if errors.As(err, &e) {
		return max(1, int(math.Ceil(e.wait.Minutes())))
	}
	return 60
}

// fail shows the answer to an error. The input of a form that could not be taken stays in the page.
func (w *Response) fail(err error) {
	r := w.request
	w.header.Del("Location")
	w.header.Del("Set-Cookie")
	w.kept, w.body = "", nil
	status, text, again := answerTo(err)
	w.Status = status
	switch status {
	case http.StatusTooManyRequests:
		w.header.Set("Retry-After", strconv.Itoa(60*minutes(err)))
	case http.StatusServiceUnavailable:
		w.header.Set("Retry-After", "60")
	}
	if r.forProgram() {
		if err := w.problem(status, text, err); err != nil {
			w.server.log.Error("problem", "request", r.ID, "error", err)
		}
		return
	}
	page := &statusPage{Page: r.Page("status." + strconv.Itoa(status) + ".title"), Text: text, Reference: r.ID}
	page.NoIndex = true
	if status == http.StatusConflict && r.route != nil && r.route.get != nil {
		page.Reload = r.Path
	}
	r.form = nil
	if errors.Is(err, errOldForm) && r.helpsSomebody() {
		again = false // it may have been meant for somebody else
	}
	if input := typed(r.PostForm); again && len(input) > 0 {
		page.Again = &Action{Path: r.Path, Key: "button.again", Style: "primary", Hidden: input, request: r}
		if !errors.Is(err, errOldForm) {
			page.More = say("status.kept")
		}
	}
	switch status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusGone:
		if !errors.Is(err, errOldForm) {
			page.Written = written(r.PostForm)
		}
	}
	if err := w.Page(page); err != nil { // a page that needs nothing failed: say it in plain text
		w.server.log.Error("error page", "request", r.ID, "error", err)
		w.header.Set("Content-Type", "text/plain; charset=utf-8")
		w.body = bytes.NewBufferString(http.StatusText(status) + " " + r.ID + "\n")
	}
}

// signInFirst answers a visitor on a page for signed-in people: after signing in they come back. A POST of somebody whose
// session has ended is not executed; its fields travel through the sign-in page.
func (w *Response) signInFirst(ended *Session) error {
	r := w.request
	back := r.Path
	if r.URL.RawQuery != "" {
		back += "?" + r.URL.RawQuery
	}
	if r.Method != http.MethodPost {
		return w.redirect(http.StatusSeeOther, "/anmelden?weiter="+url.QueryEscape(back))
	}
	if ended == nil {
		return w.redirect(http.StatusSeeOther, "/anmelden")
	}
	return w.signInWith(ended, "status.session.text")
}

// signInAgain answers a form that only somebody may send who has just proven who they are. It is not executed; its fields travel through
// the sign-in page, and that it was tried is recorded.
func (w *Response) signInAgain() error {
	r := w.request
	if err := r.update(func(tx *store.Tx) error { return engagement.AskedAgain(tx, r.Actor()) }); err != nil {
		return err
	}
	hidden := []HiddenField{}
	if r.route.get != nil { // the way by a link in a mail does not carry what was typed
		hidden = []HiddenField{{"weiter", r.Path}}
	}
	return w.signInWith(r.Session, "status.session.again", hidden...)
}

func (w *Response) signInWith(who *Session, text string, more ...HiddenField) error {
	r := w.request
	sealed, err := w.server.seal(draft{Path: r.Path, Fields: r.PostForm, Account: who.owner(), For: who.Helps, Until: r.Now.Add(draftLife)})
	if err != nil {
		return err
	}
	w.Status = http.StatusForbidden
	return w.Page(&statusPage{
		Page:  r.Page("status.session.title"),
		Text:  say(text),
		Again: &Action{Path: "/anmelden", Key: "nav.signin", Style: "primary", request: r, Hidden: append(more, HiddenField{draftField, sealed}, HiddenField{showOnly, "1"})},
	})
}
