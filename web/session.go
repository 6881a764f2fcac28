package web

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"

	"seestern/engagement"
)

// cookieName is the only cookie of the site. Browsers take the prefix __Host- only over https. Over http the name has the port:
// cookies do not tell ports apart, and signing in to one instance of the demo must not end the session at another.
func (s *Server) cookieName() string {
	if s.base.Scheme == "https" {
		return "__Host-s"
	}
	return "s" + s.base.Port()
}

func (s *Server) cookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: s.cookieName(), Value: value, Path: "/", MaxAge: maxAge, Secure: s.base.Scheme == "https", HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// newSessionToken makes the value of a session cookie: 32 random bytes in base64url. The database gets its [engagement.Hash].
func newSessionToken() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// SignIn gives the browser a session that was stored under the hash of token. From here on the request is the person's.
func (w *Response) SignIn(token string, session Session) {
	life := engagement.SessionLife
	if session.Staff {
		life = engagement.StaffSessionLife
	}
	w.SetCookie(w.server.cookie(token, int(life.Seconds())))
	w.request.Session = &session
}

// SignOut takes the session from the browser and everything it keeps of this site. The stored session is ended by a rule.
func (w *Response) SignOut() {
	w.SetCookie(w.server.cookie("", -1))
	w.header.Set("Clear-Site-Data", `"cache","cookies","storage"`)
	w.request.Session = nil
}
