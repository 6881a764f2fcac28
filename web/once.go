package web

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"

	"seestern/engagement"
)

// FormMemory keeps for 24 hours where the answer of a form led, so that sending it twice acts once.
type FormMemory interface {
	// Claim reserves the key for the request that calls it, for at most one minute if nothing follows. When the form was
	// answered before it returns the path that was kept; while another request has the claim, engagement.ErrConflict.
	Claim(ctx context.Context, key string) (path string, err error)
	// Keep stores the path under a claimed key. The empty path gives the key back: the form was not accepted and may be
	// sent again.
	Keep(ctx context.Context, key, path string) error
}

// A once token is base64url of nonce (12 bytes), hour (4) and the first half of a MAC (16) over nonce, hour, the path that
// the form is posted to, and the session; visitors have no session, theirs is empty.
const (
	onceNonce = 12
	onceHour  = onceNonce + 4
	onceSize  = onceHour + 16
	onceLife  = 24 * time.Hour
)

func (s *Server) mac(purpose string, parts ...string) []byte {
	m := hmac.New(sha256.New, s.options.Secret)
	m.Write([]byte(purpose))
	for _, p := range parts {
		m.Write([]byte{0})
		m.Write([]byte(p))
	}
	return m.Sum(nil)
}

// once makes a token for a form that this browser posts to path.
func (r *Request) once(path string) string {
	r.issued = true
	var token [onceSize]byte
	rand.Read(token[:onceNonce])
	binary.BigEndian.PutUint32(token[onceNonce:], uint32(r.Now.Unix()/3600))
	copy(token[onceHour:], r.server.mac("once", string(token[:onceHour]), path, r.sessionHash()))
	return base64.RawURLEncoding.EncodeToString(token[:])
}

// knowsOnce says whether the token was made for this browser, the path of the request, and not too long ago.
func (r *Request) knowsOnce(text string) bool {
	token, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(token) != onceSize {
		return false
	}
	made := time.Unix(int64(binary.BigEndian.Uint32(token[onceNonce:]))*3600, 0)
	if age := r.Now.Sub(made); age < -time.Hour || age > onceLife+time.Hour {
		return false
	}
	want := r.server.mac("once", string(token[:onceHour]), r.Path, r.sessionHash())
	return hmac.Equal(token[onceHour:], want[:onceSize-onceHour])
}

func (r *Request) sessionHash() string {
	if r.Session == nil {
		return ""
	}
	return r.Session.Hash
}

// claimTries and claimPause: how long the second of two clicks waits for the answer of the first.
const (
	claimTries = 20
	claimPause = 100 * time.Millisecond
)

// claim reserves the form of the request. It returns where the first POST of the same form led, if there was one.
func (r *Request) claim(key string) (path string, err error) {
	for try := 0; ; try++ {
		path, err = r.server.options.Forms.Claim(r.Context(), key)
		if !errors.Is(err, engagement.ErrConflict) || try == claimTries {
			return path, err
		}
		select {
		case <-r.Context().Done():
			return "", r.Context().Err()
		case <-time.After(claimPause):
		}
	}
}
