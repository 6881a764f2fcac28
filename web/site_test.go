package web_test

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/web"
	"seestern/web/webtest"
)

// site is a running test site.
type site struct {
	*webtest.Client
	do       web.SampleDo
	forms    *web.TestForms
	now      time.Time
	sessions map[string]web.Session // by hash
	failing  error                  // what the instance answers
	options  web.Options
	server   *web.Server
}

// start runs a test site. change may alter its options.
func start(t *testing.T, change ...func(*web.Options)) *site {
	t.Helper()
	s := &site{forms: &web.TestForms{}, now: time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC), sessions: map[string]web.Session{}}
	s.do = func(*web.Form) (string, error) { return "/hilfe", nil }
	s.Client = webtest.Serve(t, func(base string) http.Handler {
		s.options = web.Options{
			Base: base, Secret: []byte("a secret of thirty-two bytes for tests"), Forms: s.forms,
			Now:     func() time.Time { return s.now },
			Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
			Instance: func(context.Context) (engagement.Instance, error) {
				return engagement.Instance{Name: "Mitmachen in Treptow-Köpenick", Operator: "Freiwilligenzentrum (Demo)", ContactPhone: "+49 30 23125 000", ContactMail: "hallo@seestern.example"}, s.failing
			},
			Session: func(_ context.Context, hash string) (web.Session, error) {
				session, ok := s.sessions[hash]
				if !ok {
					return session, engagement.ErrNotFound
				}
				session.Hash = hash
				if session.Ended(s.now) {
					return session, engagement.ErrGone
				}
				return session, nil
			},
		}
		for _, f := range change {
			f(&s.options)
		}
		server, err := web.SampleSite(s.options, &s.do)
		if err != nil {
			t.Fatal(err)
		}
		s.server = server
		return server
	})
	return s
}

// signIn plants a session of somebody.
func (s *site) signIn(c *webtest.Client, token string, actor engagement.Actor) {
	s.sessions[engagement.Hash(token)] = web.Session{
		Session: engagement.Session{Account: actor.Account, Created: s.now, LastUsed: s.now},
		Account: engagement.Account{ID: actor.Account, Name: "volunteer1"}, Actor: actor,
	}
	c.SetCookie(sessionCookie(c, token))
}

// sessionCookie is the cookie of a session with a site over http.
func sessionCookie(c *webtest.Client, token string) *http.Cookie {
	return &http.Cookie{Name: "s" + c.Base[strings.LastIndex(c.Base, ":")+1:], Value: token, Path: "/"}
}
