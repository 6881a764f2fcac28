package web

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Post sends messages. An error means that the message may be tried again later.
type Post interface {
	Send(context.Context, Message) error
}

// SMTP hands messages to a mail server.
type SMTP struct {
	Address  string // "mail.example:587": host and port
	Security string // "starttls" (needed), "tls" (from the first byte), or "none", for a server on this machine
	User     string // empty: no sign-in; a password never goes over a connection that is not encrypted
	Password string
	From     string         // sender address
	Name     string         // host name for the greeting; empty: that of the machine
	Roots    *x509.CertPool // who may sign the certificate of the server; nil: whom the system trusts
	Timeout  time.Duration  // of a whole delivery; zero: 30 s
}

// Send delivers one message over one connection.
func (s SMTP) Send(ctx context.Context, m Message) error {
	host, portText, err := net.SplitHostPort(s.Address)
	port, err2 := strconv.Atoi(portText)
	if err := errors.Join(err, err2); err != nil {
		return fmt.Errorf("mail server %q: %w", s.Address, err)
	}
	timeout := s.Timeout
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	options := []gomail.Option{
		gomail.WithPort(port), gomail.WithTimeout(timeout), gomail.WithoutNoop(),
		gomail.WithTLSConfig(&tls.Config{ServerName: host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}),
	}
	if s.Name != "" {
		options = append(options, gomail.WithHELO(s.Name))
	}
	switch s.Security {
	case "starttls":
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case "tls":
		options = append(options, gomail.WithSSL())
	case "none":
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return fmt.Errorf("mail security %q is none of starttls, tls, none", s.Security)
	}
	if s.User != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.User), gomail.WithPassword(s.Password))
	}
	client, err := gomail.NewClient(host, options...)
	if err != nil {
		return fmt.Errorf("mail server %s: %w", s.Address, err)
	}
	msg, err := m.mime(s.From)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return fmt.Errorf("send mail over %s: %w", s.Address, err)
	}
	return nil
}

// Folder writes each message as an .eml file into a directory: for the demo, tests and set-ups without a mail server.
type Folder struct {
	Dir  string
	From string // sender address
}

// Send writes the file under another name first, so that a reader never sees half a message.
func (f Folder) Send(_ context.Context, m Message) error {
	msg, err := m.mime(f.From)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return fmt.Errorf("mail folder: %w", err)
	}
	temp, err := os.CreateTemp(f.Dir, ".mail-*")
	if err != nil {
		return fmt.Errorf("mail folder: %w", err)
	}
	_, err = temp.Write(b.Bytes())
	name := filepath.Join(f.Dir, time.Now().UTC().Format("20060102T150405.000000000")+".eml")
	if err := errors.Join(err, temp.Close(), os.Rename(temp.Name(), name)); err != nil {
		return errors.Join(fmt.Errorf("mail folder: %w", err), os.Remove(temp.Name()))
	}
	return nil
}

// mime is the message for the wire.
func (m Message) mime(from string) (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.FromFormat(m.From, from), msg.To(m.To)); err != nil {
		return nil, fmt.Errorf("address of a mail: %w", err)
	}
	msg.SetMessageIDWithValue(m.ID)
	msg.SetDate()
	msg.Subject(m.Subject)
	msg.SetGenHeader(gomail.HeaderContentLang, m.Lang)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if m.Off != "" {
		msg.SetListUnsubscribe(m.Off)
		msg.SetListUnsubscribePost()
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return msg, nil
}
