package web

import (
	"bytes"
	"mime"
	"net/http"
	"path"
	"strings"
)

// Response collects an answer. Nothing reaches the browser before the handler has returned nil; if it returns an error,
// what was collected is dropped.
type Response struct {
	Status int // 200 if zero; set before Page for the few pages that need another
	header http.Header
	body   *bytes.Buffer
	kept   string // where a 303 leads: remembered for a second POST of the same form

	server  *Server
	request *Request
	key     *pageKey      // under which the answer may be kept; nil: it is not
	made    chan struct{} // others wait for it; nil: nobody does
}

// Header of the answer. The frame sets caching, security and content headers; a handler rarely needs it.
func (w *Response) Header() http.Header { return w.header }

// SetCookie adds a cookie.
func (w *Response) SetCookie(c *http.Cookie) { w.header.Add("Set-Cookie", c.String()) }

// Page shows a page: a pointer to the struct of a template. The errors of the request's form become those of the page; with
// errors the status is 422, after a conflict of versions 409. A script that asked for a part gets only that block.
func (w *Response) Page(page pager) error {
	p, r := page.frame(), w.request
	if r.form != nil && p.Errors == nil {
		p.Errors = r.form.Errors
	}
	w.server.complete(p, r)
	if p.WireID != "" {
		w.header.Set("Link", "<"+p.WireID+`>; rel="alternate"; type="application/activity+json"`)
		w.header.Set("Vary", "Accept, Signature, "+vary)
		if w.server.options.Network.Wanted(r.Request) {
			w.Status = http.StatusSeeOther
			w.header.Set("Location", p.WireID)
			return nil
		}
	}
	if w.Status == 0 && len(p.Errors) > 0 {
		w.Status = http.StatusUnprocessableEntity
		if r.form != nil && r.form.conflict {
			w.Status = http.StatusConflict
		}
	}
	part := r.Header.Get("Seestern-Part")
	if w.Status != 0 || part != "" && !w.server.templates.hasPart(r.Language.Lang, page, part) {
		part = ""
	}
	body, err := w.server.templates.render(r.Language.Lang, page, part)
	if err != nil {
		return err
	}
	w.body = body
	w.header.Set("Content-Type", "text/html; charset=utf-8")
	return nil
}

// SeeOther answers a POST: the browser goes on to a path of this site, in the same language.
func (w *Response) SeeOther(path string) error {
	w.kept = path
	return w.redirect(http.StatusSeeOther, path)
}

// Moved sends the browser to the right path of the same thing, for good.
func (w *Response) Moved(path string) error { return w.redirect(http.StatusMovedPermanently, path) }

func (w *Response) redirect(status int, path string) error {
	if !localPath(path) {
		path = "/" // never to another host
	}
	w.Status, w.body = status, nil
	w.header.Set("Location", w.request.Language.To(path))
	return nil
}

// File answers with a file that the browser saves under name, or, with an empty name, shows.
func (w *Response) File(contentType, name string, content []byte) error {
	w.header.Set("Content-Type", contentType)
	if name != "" {
		w.header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": path.Base(strings.ReplaceAll(name, "\\", "/"))}))
	}
	w.body = bytes.NewBuffer(content)
	return nil
}
