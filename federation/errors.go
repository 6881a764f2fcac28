package federation

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"

	"seestern/engagement"
	"seestern/store"
)

// The sentinels of this package. Together with those of engagement they say how a request of another server is answered.
var (
	ErrIgnored    = errors.New("nothing to do")           // understood, without effect: a stranger's self-deletion
	ErrReplayed   = errors.New("seen before")             // this very request was acknowledged already
	ErrMalformed  = errors.New("malformed")               // JSON, budget, envelope, query on POST
	ErrSignature  = errors.New("signature not accepted")  // missing, wrong, foreign, or by somebody else than the actor
	ErrUnsigned   = fmt.Errorf("none: %w", ErrSignature)  // a reader of public things need not sign
	ErrTooLarge   = errors.New("body too large")          //
	ErrMediaType  = errors.New("media type not accepted") // or a compressed body
	ErrWrongHost  = errors.New("not our host")            //
	ErrMethod     = errors.New("method not allowed")      // the Allow header says which is
	ErrOverloaded = errors.New("own limit reached")       // too much work at once
	ErrKeyTrouble = errors.New("key cannot be retrieved") // the server of a known actor does not answer
	ErrFrozen     = errors.New("inbound federation is frozen")
)

// answers is the one table from errors to HTTP. The first match counts; everything else is our own fault.
var answers = []struct {
	err        error
	status     int
	retryAfter int // seconds; 0 for none
}{
	{ErrIgnored, http.StatusAccepted, 0},
	{ErrReplayed, http.StatusAccepted, 0},
	{ErrMalformed, http.StatusBadRequest, 0},
	{ErrSignature, http.StatusUnauthorized, 0},
	{engagement.ErrForbidden, http.StatusForbidden, 0},
	{engagement.ErrNotFound, http.StatusNotFound, 0},
	{engagement.ErrGone, http.StatusGone, 0},
	{ErrMethod, http.StatusMethodNotAllowed, 0},
	{ErrTooLarge, http.StatusRequestEntityTooLarge, 0},
	{ErrMediaType, http.StatusUnsupportedMediaType, 0},
	{ErrWrongHost, http.StatusMisdirectedRequest, 0},
	{engagement.ErrTooMany, http.StatusTooManyRequests, 300},
	{ErrKeyTrouble, http.StatusServiceUnavailable, 300},
	{ErrOverloaded, http.StatusServiceUnavailable, 30},
	{ErrFrozen, http.StatusServiceUnavailable, 600},
	{store.ErrBroken, http.StatusServiceUnavailable, 600},
	{store.ErrBusy, http.StatusServiceUnavailable, 30},
	{store.ErrFull, http.StatusServiceUnavailable, 300},
}

// StatusOf is the status with which an error is answered, and after how many seconds the peer may try again (0: not said).
func StatusOf(err error) (status, retryAfter int) {
	for _, a := range answers {
		if errors.Is(err, a.err) {
			return a.status, a.retryAfter
		}
	}
	return http.StatusInternalServerError, 0
}

// WriteError answers a request of another server. The body is the same for every reason behind a status; the reason itself is
// only logged, because it would tell an attacker which check failed.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	status, retryAfter := StatusOf(err)
	level := slog.LevelInfo
	switch {
	case r.Context().Err() != nil: // nobody waits for the answer any more
		level = slog.LevelDebug
	case status == http.StatusInternalServerError:
		level = slog.LevelError
	case status == http.StatusAccepted: // servers tell everybody of every account that was closed
		level = slog.LevelDebug
	}
	slog.Log(r.Context(), level, "federation request not carried out", "method", r.Method, "status", status, "err", err)
	if retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
	}
	if status == http.StatusAccepted {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "private, no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(problem{Title: http.StatusText(status), Status: status})
}

// problem is the body of RFC 9457 without the members that would give a reason.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
}
