// Package web is what people see: pages, forms, words, mails, feeds and files, all as plain HTML that works without script.
//
// A page is an [area] entry: routes (path, who, handler), a struct per template that embeds [Page], and locale keys. Handlers
// read the request, call a rule of package engagement in one transaction, and show a struct; they return an error instead of
// writing one, and one table turns it into an answer. Everything that every page needs (language, session, double-click and
// cross-site protection, limits, security headers, caching) happens around the handler and cannot be forgotten.
//
// The package knows no ActivityStreams, no SQL, and takes no decisions: "may" is asked of engagement.
//
// # A page, from route to words
//
//	// thanks.go; areas() in frame.go names thanksArea
//	var thanksArea = area{
//		name: "thanks", simple: true, // simple: every word also exists in locale/de-simple
//		pages:  map[string]any{"thanks": thanksPage{}}, // templates/thanks.html
//		routes: []route{{path: "/meine/dank", get: (*Server).thanks, post: (*Server).thanks, who: signedIn}},
//	}
//
//	type thanksPage struct {
//		Page
//		Form *Form
//	}
//
//	var thanksFields = []Field{{Name: "text", Kind: Area, Label: "thanks.text", Need: "error.text.empty", Max: 500}}
//
//	func (s *Server) thanks(w *Response, r *Request) error {
//		f := r.Form(thanksFields)
//		if f.OK() { // sent, and every field has its shape
//			err := r.update(func(tx *store.Tx) error { return engagement.Thank(tx, r.Actor(), f.Text("text")) })
//			if err == nil {
//				return w.SeeOther("/meine")
//			}
//			if !f.Refused(err) { // an engagement.Invalid stands at its field now
//				return err // answered by the table in errors.go
//			}
//		}
//		return w.Page(&thanksPage{Page: r.Page("thanks.title"), Form: f}) // 422 if the form has errors
//	}
//
// with the template
//
//	{{define "main"}}
//	<h1>{{.Title}}</h1>
//	<form method="post" action="{{href .Path}}" novalidate>
//	{{template "once" .Form}}{{with .Form}}{{template "fields" .}}{{end}}
//	<button class="kern-btn kern-btn--primary"><span class="kern-label">{{t "button.save"}}</span></button>
//	</form>
//	{{end}}
//
// and thanks.title and thanks.text in locale/de, en and de-simple/thanks.json. The tests of this package render the page
// empty and full in every language, and complain about a word that is missing, unused or forbidden.
package web
