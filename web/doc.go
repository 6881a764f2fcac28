// Package web is what people see: pages, forms, words, mails, feeds and files, all as plain HTML that works without script.
//
// A page is an [area] entry: routes (path, who, handler), a struct per template that embeds [Page], and locale keys. Handlers
// read the request, call a rule of package engagement in one transaction, and show a struct; they return an error instead of
// writing one, and one table turns it into an answer. Everything that every page needs (language, session, double-click and
// cross-site protection, limits, security headers, caching) happens around the handler and cannot be forgotten.
//
// The package knows no ActivityStreams, no SQL, and takes no decisions: "may" is asked of engagement.
package web
