package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
)

// Limits of a form body.
const (
	bodyBytes  = 1 << 20
	bodyFields = 500
)

// readForm reads a body of form fields, no larger than the limits, not compressed. It is multipart, as with files, only where a
// route takes that; files stay in memory.
func (r *Request) readForm() error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	files := kind == "multipart/form-data" && r.route != nil && r.route.upload > 0
	if err != nil || kind != "application/x-www-form-urlencoded" && !files || r.Header.Get("Content-Encoding") != "" {
		return errMediaType
	}
	if files {
		r.Body = http.MaxBytesReader(nil, r.Body, r.route.upload)
		err = r.ParseMultipartForm(r.route.upload)
	} else {
		r.Body = http.MaxBytesReader(nil, r.Body, bodyBytes)
		err = r.ParseForm()
	}
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return errTooLarge
		}
		return errBadRequest
	}
	fields := 0
	for _, values := range r.PostForm {
		fields += len(values)
	}
	if fields > bodyFields {
		return errBadRequest
	}
	return nil
}

// File is the content of the file in a field of the form, nil if there is none. Its name and type are not looked at.
func (r *Request) File(field string) []byte {
	if r.MultipartForm == nil || len(r.MultipartForm.File[field]) == 0 {
		return nil
	}
	file, err := r.MultipartForm.File[field][0].Open()
	if err != nil {
		return nil
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	if err != nil {
		return nil
	}
	return content
}

// withoutTrailingSlash says whether a path must lose its last slash, and the right path without language prefix.
func withoutTrailingSlash(whole, path string) (bool, string) {
	if whole == "/" || !strings.HasSuffix(whole, "/") || !plainPath(strings.TrimSuffix(whole, "/")) {
		return false, ""
	}
	if path != "/" {
		path = strings.TrimSuffix(path, "/")
	}
	return true, path
}

// send writes the answer. It is the only place where bytes of a page leave.
func (w *Response) send(out http.ResponseWriter) {
	r, h := w.request, w.header
	if w.Status == 0 {
		w.Status = http.StatusOK
	}
	if w.body == nil {
		out.WriteHeader(w.Status)
		return
	}
	if etag := h.Get("ETag"); etag != "" && w.Status == http.StatusOK && matches(r.Header.Get("If-None-Match"), etag) {
		w.Status = http.StatusNotModified
		h.Del("Content-Type")
		h.Del("Content-Encoding")
		out.WriteHeader(w.Status)
		return
	}
	body := w.body.Bytes()
	if h.Get("Content-Encoding") == "" && len(body) > gzipFrom && acceptsGzip(r.Request) && compressible(h.Get("Content-Type")) {
		h.Set("Content-Encoding", "gzip")
		body = zipped(body)
	}
	w.server.kept.keep(w, body)
	writeBody(out, r.Request, w.Status, body)
}

func writeBody(out http.ResponseWriter, r *http.Request, status int, body []byte) {
	out.Header().Set("Content-Length", strconv.Itoa(len(body)))
	out.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = out.Write(body) // the client went away: nobody to tell
	}
}

func matches(ifNoneMatch, etag string) bool {
	for tag := range strings.SplitSeq(ifNoneMatch, ",") {
		if strings.TrimSpace(tag) == etag {
			return true
		}
	}
	return false
}

// Bodies above one packet are compressed; a higher level takes a fifth longer for 1 % fewer bytes. The library is not the one of Go, because
// that takes twice as long for as many bytes.
const (
	gzipFrom  = 1024
	gzipLevel = 5
)

// zippers are used again, because each holds most of a megabyte.
var zippers = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(nil, gzipLevel)
	if err != nil {
		panic(err) // the level is valid
	}
	return z
}}

func zipped(body []byte) []byte {
	b := bytes.NewBuffer(make([]byte, 0, len(body)/4))
	z := zippers.Get().(*gzip.Writer)
	defer zippers.Put(z)
	z.Reset(b)
	_, _ = z.Write(body) // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

func compressible(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	return strings.HasPrefix(kind, "text/") || strings.HasSuffix(kind, "+xml") || strings.HasSuffix(kind, "json") || kind == "application/xml"
}

func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(coding, ";")
		if strings.TrimSpace(name) == "gzip" && strings.TrimSpace(quality) != "q=0" {
			return true
		}
	}
	return false
}

// ---- log ----

// newReference names a request: 8 random letters that can be read over the phone.
func newReference() string {
	var b [5]byte
	rand.Read(b[:])
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

// panicked is a panic of a handler with the place where it happened.
type panicked struct {
	value any
	stack []byte
}

func newPanic(value any) error { return panicked{value, debug.Stack()} }

func (p panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// logFailure writes errors that are nobody's input. The reference finds the line that belongs to an error page.
func (s *Server) logFailure(r *Request, err error) {
	if status, _, _ := answerTo(err); status < 500 || errors.Is(r.Context().Err(), context.Canceled) {
		return
	}
	attrs := []any{"request", r.ID, "route", r.routePath(), "error", err}
	var p panicked
	if errors.As(err, &p) {
		attrs = append(attrs, "stack", string(p.stack))
	}
	s.log.Error("page failed", attrs...)
}

// logAccess writes one line per request, without personal data: the route instead of the path, no query, no address.
func (s *Server) logAccess(w *Response, r *Request, took time.Duration) {
	s.log.LogAttrs(r.Context(), slog.LevelInfo, "page", slog.String("request", r.ID), slog.String("method", r.Method),
		slog.String("route", r.routePath()), slog.String("lang", string(r.Language.Lang)), slog.Int("status", w.Status), slog.Duration("took", took))
}

func (r *Request) routePath() string {
	if r.route == nil {
		return ""
	}
	return r.route.path
}
