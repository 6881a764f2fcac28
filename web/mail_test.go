package web_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"seestern/web"
	"seestern/web/webtest"
)

func sampleMail(lang web.Lang) web.Mail {
	return web.Mail{
		ID: "0199-event", Kind: "sample", To: "ada@mail.example", Name: "Ada <Lovelace>", Lang: lang, Args: map[string]any{"x": "uns & euch"},
		Path: "/anfrage/0123456789abcdef", Off: "/abbestellen/fedcba9876543210",
	}
}

func TestAMailIsComposed(t *testing.T) {
	s := start(t)
	m, err := s.server.Compose(t.Context(), sampleMail(web.English))
	if err != nil {
		t.Fatal(err)
	}
	if m.Subject != "Please confirm your message" || m.From != "Mitmachen in Treptow-Köpenick" || m.ID != "0199-event@127.0.0.1" || m.Lang != "en" || m.To != "ada@mail.example" {
		t.Errorf("got %+v", m)
	}
	t.Run("as complete plain text", func(t *testing.T) {
		want := "Hello Ada <Lovelace>,\n\nYou wrote to uns & euch.\n\nPlease open the link.\n\nConfirm message:\n" + s.Base + "/en/anfrage/0123456789abcdef\n\n-- \nThis e-mail comes from Mitmachen in Treptow-Köpenick.\n"
		if !strings.HasPrefix(m.Text, want) {
			t.Errorf("got %q, want the beginning %q", m.Text, want)
		}
		if !strings.HasSuffix(m.Text, s.Base+"/en/abbestellen/fedcba9876543210\n") {
			t.Errorf("does not end with the way out: %q", m.Text)
		}
	})
	t.Run("and as HTML that needs nothing from elsewhere", func(t *testing.T) {
		for _, want := range []string{`<html lang="en" dir="ltr">`, "<p>Hello Ada &lt;Lovelace&gt;,</p>", "<p>You wrote to uns &amp; euch.</p>", `href="` + s.Base + `/en/anfrage/0123456789abcdef"`} {
			if !strings.Contains(m.HTML, want) {
				t.Errorf("lacks %q:\n%s", want, m.HTML)
			}
		}
		for _, bad := range []string{"<img", "<link", "<script", "src=", "url("} {
			if strings.Contains(m.HTML, bad) {
				t.Errorf("has %q:\n%s", bad, m.HTML)
			}
		}
	})
	t.Run("without button and name when there is none", func(t *testing.T) {
		short := sampleMail(web.German)
		short.Path, short.Name, short.Off = "", "", ""
		m, err := s.server.Compose(t.Context(), short)
		if err != nil || !strings.HasPrefix(m.Text, "Guten Tag,\n\n") || strings.Contains(m.Text, "http") || m.Off != "" {
			t.Errorf("got %q, %v", m.Text, err)
		}
	})
	t.Run("not without the site", func(t *testing.T) {
		s.failing = errors.New("gone")
		defer func() { s.failing = nil }()
		if _, err := s.server.Compose(t.Context(), sampleMail(web.German)); err == nil {
			t.Error("no error")
		}
	})
}

// checkWire reads a message as a mail program would.
func checkWire(t *testing.T, raw []byte) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in\n%s", err, raw)
	}
	decode := func(name string) string {
		text, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get(name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return text
	}
	for name, want := range map[string]string{
		"From": `"Mitmachen in Treptow-Köpenick" <post@seestern.example>`, "To": "<ada@mail.example>", "Subject": "Bitte bestätigen Sie Ihre Nachricht", "Message-ID": "<0199-event@127.0.0.1>",
		"Auto-Submitted": "auto-generated", "Content-Language": "de", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "X-Mailer": "", "User-Agent": "",
	} {
		if got := decode(name); strings.ReplaceAll(got, `"`, "") != strings.ReplaceAll(want, `"`, "") {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if off := m.Header.Get("List-Unsubscribe"); !strings.HasPrefix(off, "<http://127.0.0.1:") || !strings.HasSuffix(off, "/abbestellen/fedcba9876543210>") {
		t.Errorf("List-Unsubscribe %q", off)
	}
	if _, err := m.Header.Date(); err != nil {
		t.Errorf("Date: %v", err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("Content-Type %q, %v", kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, want := range []string{"text/plain", "text/html"} {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		var body io.Reader = part
		if part.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
			body = quotedprintable.NewReader(part)
		}
		text, err := io.ReadAll(body)
		if kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); err != nil || kind != want || !strings.Contains(string(text), "Sie haben uns") && !strings.Contains(string(text), "Sie haben an uns") {
			t.Errorf("part %q, %v: %q", kind, err, text)
		}
	}
}

func TestAMailFolder(t *testing.T) {
	s := start(t)
	message, err := s.server.Compose(t.Context(), sampleMail(web.German))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new", "folder")
	folder := web.Folder{Dir: dir, From: "post@seestern.example"}
	for range 3 {
		if err := folder.Send(t.Context(), message); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 3 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		if filepath.Ext(file.Name()) != ".eml" {
			t.Errorf("left %s", file.Name())
		}
	}
	raw, err := os.ReadFile(filepath.Join(dir, files[0].Name()))
	if err != nil {
		t.Fatal(err)
	}
	checkWire(t, raw)
	t.Run("refuses an address that is none", func(t *testing.T) {
		bad := message
		bad.To = "ada@mail.example\r\nBcc: eve@evil.test"
		if err := folder.Send(t.Context(), bad); err == nil {
			t.Error("no error")
		}
	})
	t.Run("says when it cannot be written", func(t *testing.T) {
		if err := (web.Folder{Dir: filepath.Join(dir, files[0].Name(), "x"), From: "post@seestern.example"}).Send(t.Context(), message); err == nil {
			t.Error("no error")
		}
	})
}

// mailbox is a mail server that keeps what it gets.
type mailbox struct {
	mu     sync.Mutex
	mails  [][]byte
	from   []string
	user   string // empty: no sign-in is asked
	secret string
	refuse error
}

func (b *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &letter{box: b}, nil }

type letter struct {
	box    *mailbox
	signed bool
	from   string
}

func (l *letter) AuthMechanisms() []string {
	if l.box.user == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (l *letter) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, secret string) error {
		if user != l.box.user || secret != l.box.secret {
			return smtp.ErrAuthFailed
		}
		l.signed = true
		return nil
	}), nil
}

func (l *letter) Mail(from string, _ *smtp.MailOptions) error {
	if l.box.user != "" && !l.signed {
		return smtp.ErrAuthRequired
	}
	l.from = from
	return l.box.refuse
}

func (l *letter) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (l *letter) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	l.box.mu.Lock()
	defer l.box.mu.Unlock()
	l.box.mails, l.box.from = append(l.box.mails, raw), append(l.box.from, l.from)
	return err
}

func (l *letter) Reset()        {}
func (l *letter) Logout() error { return nil }

// serve runs a mail server and returns its address.
func (b *mailbox) serve(t *testing.T, config *tls.Config, implicit bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if implicit {
		l = tls.NewListener(l, config)
	}
	server := smtp.NewServer(b)
	server.Domain, server.TLSConfig, server.AllowInsecureAuth = "mail.test", config, true
	server.ErrorLog = quiet{}
	go func() { _ = server.Serve(l) }() // ends with Close
	t.Cleanup(func() { _ = server.Close() })
	return l.Addr().String()
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// certificate is one for this machine that only the returned pool trusts.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}

func TestAMailServer(t *testing.T) {
	s := start(t)
	message, err := s.server.Compose(t.Context(), sampleMail(web.German))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("gets the message", func(t *testing.T) {
		var box mailbox
		post := web.SMTP{Address: box.serve(t, nil, false), Security: "none", From: "post@seestern.example", Name: "seestern.example"}
		if err := post.Send(t.Context(), message); err != nil {
			t.Fatal(err)
		}
		if len(box.mails) != 1 || box.from[0] != "post@seestern.example" {
			t.Fatalf("%d mails from %q", len(box.mails), box.from)
		}
		checkWire(t, box.mails[0])
	})
	t.Run("is signed in to", func(t *testing.T) {
		box := mailbox{user: "post", secret: "geheim"}
		config, roots := certificate(t)
		post := web.SMTP{Address: box.serve(t, config, false), Security: "starttls", Roots: roots, User: "post", Password: "geheim", From: "post@seestern.example"}
		if err := post.Send(t.Context(), message); err != nil {
			t.Fatal(err)
		}
		post.Password = "falsch"
		if err := post.Send(t.Context(), message); err == nil || len(box.mails) != 1 {
			t.Errorf("wrong password: %v, %d mails", err, len(box.mails))
		}
	})
	t.Run("that speaks TLS from the first byte gets it, too", func(t *testing.T) {
		var box mailbox
		config, roots := certificate(t)
		post := web.SMTP{Address: box.serve(t, config, true), Security: "tls", Roots: roots, From: "post@seestern.example"}
		if err := post.Send(t.Context(), message); err != nil || len(box.mails) != 1 {
			t.Errorf("%v, %d mails", err, len(box.mails))
		}
	})
	t.Run("never gets a password that others can read", func(t *testing.T) {
		box := mailbox{user: "post", secret: "geheim"}
		post := web.SMTP{Address: box.serve(t, nil, false), Security: "none", User: "post", Password: "geheim", From: "post@seestern.example"}
		if err := post.Send(t.Context(), message); err == nil || len(box.mails) > 0 {
			t.Errorf("%v, %d mails", err, len(box.mails))
		}
	})
	for _, test := range []struct {
		says, security string
		tls, implicit  bool
	}{
		{"that offers no encryption is not used when it is asked for", "starttls", false, false},
		{"whose certificate nobody knows is not used", "starttls", true, false},
		{"whose certificate nobody knows is not used from the first byte", "tls", true, true},
		{"needs one of three kinds of security", "ssl3", false, false},
	} {
		t.Run(test.says, func(t *testing.T) {
			var box mailbox
			var config *tls.Config
			if test.tls {
				config, _ = certificate(t)
			}
			post := web.SMTP{Address: box.serve(t, config, test.implicit), Security: test.security, From: "post@seestern.example", Timeout: 5 * time.Second}
			if err := post.Send(t.Context(), message); err == nil || len(box.mails) > 0 {
				t.Errorf("%v, %d mails", err, len(box.mails))
			}
		})
	}
	t.Run("that refuses is an error, so the mail is tried again", func(t *testing.T) {
		box := mailbox{refuse: &smtp.SMTPError{Code: 451, Message: "later"}}
		post := web.SMTP{Address: box.serve(t, nil, false), Security: "none", From: "post@seestern.example"}
		if err := post.Send(t.Context(), message); err == nil || !strings.Contains(err.Error(), "451") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("that is not there is an error", func(t *testing.T) {
		post := web.SMTP{Address: "127.0.0.1:1", Security: "none", From: "post@seestern.example", Timeout: time.Second}
		if err := post.Send(t.Context(), message); err == nil {
			t.Error("no error")
		}
	})
}

func TestTheMailboxOfTheDemo(t *testing.T) {
	s := start(t)
	message, err := s.server.Compose(t.Context(), sampleMail(web.German))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := (web.Folder{Dir: dir, From: "post@seestern.example"}).Send(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	mailbox, err := web.Mailbox(dir)
	if err != nil {
		t.Fatal(err)
	}
	page := webtest.Serve(t, func(string) http.Handler { return mailbox }).Get("/").Want(200)
	link := page.One("article a")
	if got := webtest.Attr(link, "href"); !strings.Contains(message.Text, got) || strings.ReplaceAll(webtest.TextOf(link), " ", "") != got {
		t.Errorf("links to %q and says %q", got, webtest.TextOf(link))
	}
	if got := page.Text("article h2"); got != message.Subject {
		t.Errorf("subject %q, want %q", got, message.Subject)
	}
}
