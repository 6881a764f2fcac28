package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Letter is a mail that [Folder] wrote.
type Letter struct {
	From, To, Subject string
	At                time.Time
	Text              string   // the plain part
	Links             []string // addresses in it
}

// Letters reads the mails of a folder, newest first.
func Letters(folder string) ([]Letter, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.eml"))
	if err != nil {
		return nil, err
	}
	var list []Letter
	for _, file := range files {
		l, err := readLetter(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		list = append(list, l)
	}
	slices.SortStableFunc(list, func(a, b Letter) int { return b.At.Compare(a.At) })
	return list, nil
}

var linkShape = regexp.MustCompile(`https?://\S+`)

func readLetter(file string) (l Letter, err error) {
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

// Mailbox shows the mails of several folders on one page, for the demo.
func Mailbox(folders ...string) (http.Handler, error) {
	words, err := LoadCatalogue()
	if err != nil {
		return nil, err
	}
	page, err := template.New("mailbox.html").Funcs(template.FuncMap{
		"t":     func(key string, args ...any) string { return words.T(German, key, pairs(args)) },
		"lines": func(text string) []string { return strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") },
		"link":  func(line string) bool { return line != "" && linkShape.FindString(line) == line },
		"parts": func(link string) []string { return strings.SplitAfter(link, "/") }, // where it may break
	}).ParseFS(templateFiles, "templates/mailbox.html")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var all []Letter
		for _, folder := range folders {
			list, err := Letters(folder)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			all = append(all, list...)
		}
		slices.SortStableFunc(all, func(a, b Letter) int { return b.At.Compare(a.At) })
		var b bytes.Buffer
		if err := page.Execute(&b, all); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		_, _ = w.Write(b.Bytes())
	}), nil
}
