package main

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// letter is a mail that an instance of the demo wrote into its folder.
type letter struct {
	From, To, Subject string
	At                time.Time
	Text              string   // the plain part
	Links             []string // addresses in it
}

// letters reads the mails of a folder, newest first.
func letters(folder string) ([]letter, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.eml"))
	if err != nil {
		return nil, err
	}
	var list []letter
	for _, file := range files {
		l, err := readLetter(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		list = append(list, l)
	}
	slices.SortStableFunc(list, func(a, b letter) int { return b.At.Compare(a.At) })
	return list, nil
}

var linkShape = regexp.MustCompile(`https?://\S+`)

func readLetter(file string) (l letter, err error) {
	f, err := os.Open(file)
	if err != nil {
		return l, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return l, err
	}
	m, err := mail.ReadMessage(f)
	if err != nil {
		return l, err
	}
	var words mime.WordDecoder
	if l.Subject, err = words.DecodeHeader(m.Header.Get("Subject")); err != nil {
		return l, err
	}
	l.From, l.To, l.At = m.Header.Get("From"), strings.Trim(m.Header.Get("To"), "<>"), info.ModTime()
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return l, err
	}
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return l, nil
		}
		if err != nil {
			return l, err
		}
		if !strings.HasPrefix(part.Header.Get("Content-Type"), "text/plain") {
			continue
		}
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			return l, err
		}
		l.Text, l.Links = string(text), linkShape.FindAllString(string(text), -1)
	}
}

var mailboxPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="de"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Postfach der Vorführung</title></head>
<body><main><h1>Postfach der Vorführung</h1>
<p>Alles, was die drei Seiten verschicken. Neue Post erscheint beim Neuladen.</p>
{{range .}}<article><h2>{{.Subject}}</h2><p>An {{.To}} · {{.At.Format "15:04:05"}}</p><pre>{{.Text}}</pre>
{{range .Links}}<p><a href="{{.}}">{{.}}</a></p>{{end}}</article><hr>{{else}}<p>Noch keine Post.</p>{{end}}
</main></body></html>`))

// serveMailbox shows all mails of the demo on one page.
func serveMailbox(ctx context.Context, address string, instances []*demoInstance) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: readHeaderTimeout, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var all []letter
		for _, i := range instances {
			list, err := letters(filepath.Join(i.dir, "mail"))
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			all = append(all, list...)
		}
		slices.SortStableFunc(all, func(a, b letter) int { return b.At.Compare(a.At) })
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		_ = mailboxPage.Execute(w, all)
	})}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	go func() { _ = server.Serve(listener) }()
	return nil
}
