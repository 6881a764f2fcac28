package web

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"io/fs"
	"strings"

	"seestern/engagement"
)

// Mail is a message to one person as blocks: greeting, paragraphs, one button, small print. Its words are
// mail.<kind>.subject, mail.<kind>.text (paragraphs are separated by an empty line) and mail.<kind>.button. Subject and text
// never name a topic, a title or a person other than the reader: mailboxes are read by others, too.
type Mail struct {
	ID   engagement.ID  // of the event that caused it: a second attempt has the same Message-ID
	Kind string         // engagement.Mail…
	To   string         // address
	Name string         // of the reader, for the greeting; may be empty
	Lang Lang           //
	Args map[string]any // of subject and text
	More []Words        // paragraphs after the text
	Path string         // of the page that the button opens; empty: no button
	Off  string         // path that ends mails of this kind, or all mail to the address; holds its token
}

// Message is a mail ready to be sent: complete plain text, and the same as small HTML without images or tracking.
type Message struct {
	ID      string // Message-ID without brackets
	To      string
	Subject string
	Text    string
	HTML    string
	Off     string // absolute address for List-Unsubscribe
	Lang    string // Content-Language
	From    string // name of the site, shown before the sender address
}

// mailView is what the template mail.html shows.
type mailView struct {
	Lang       Language
	Subject    string
	Greeting   string
	Paragraphs []string
	Button     string
	URL        string
	Link       string // the address once more, for readers whose button does not work
	Small      []string
	Off        string
	OffText    string
}

func loadMailTemplate(files fs.FS) (*template.Template, error) {
	t, err := template.ParseFS(files, "templates/mail.html")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	return t, nil
}

// Compose writes a mail in the language of its reader. Sending it is the business of a [Post].
func (s *Server) Compose(ctx context.Context, m Mail) (Message, error) {
	site, err := s.options.Instance(ctx)
	if err != nil {
		return Message{}, fmt.Errorf("compose %s: %w", m.Kind, err)
	}
	l := languageOf(spokenOr(site, m.Lang))
	t := func(key string, args ...any) string { return s.words.T(l.Lang, key, pairs(args)) }
	of := func(what string) string { return s.words.T(l.Lang, "mail."+m.Kind+"."+what, m.Args) }
	v := mailView{Lang: l, Subject: of("subject"), Greeting: t("mail.hello"), Paragraphs: strings.Split(of("text"), "\n\n")}
	if m.Name != "" {
		v.Greeting = t("mail.hello.name", "name", m.Name)
	}
	for _, w := range m.More {
		v.Paragraphs = append(v.Paragraphs, s.words.Say(l.Lang, w))
	}
	if m.Path != "" {
		v.Button, v.URL = of("button"), s.base.String()+l.To(m.Path)
		v.Link = t("mail.link", "x", v.URL)
	}
	v.Small = []string{t("mail.from", "site", site.Name), t("mail.mistake")}
	if m.Off != "" {
		v.Off = s.base.String() + l.To(m.Off)
		v.OffText = t("mail.off", "x", v.Off)
	}
	var html bytes.Buffer
	if err := s.mailTemplate.Execute(&html, v); err != nil {
		return Message{}, fmt.Errorf("compose %s: %w", m.Kind, err)
	}
	return Message{
		ID: string(m.ID) + "@" + s.base.Hostname(), To: m.To, Subject: v.Subject, Text: v.text(), HTML: html.String(), Off: v.Off, Lang: l.HTML, From: site.Name,
	}, nil
}

// text is the mail as plain text, complete by itself.
func (v mailView) text() string {
	blocks := append([]string{v.Greeting}, v.Paragraphs...)
	if v.URL != "" {
		blocks = append(blocks, v.Button+":\n"+v.URL)
	}
	blocks = append(blocks, "-- \n"+strings.Join(v.Small, "\n"))
	if v.OffText != "" {
		blocks = append(blocks, v.OffText)
	}
	return strings.Join(blocks, "\n\n") + "\n"
}
