package federation

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	// ContentType is the media type of everything ActivityPub we send and serve.
	ContentType = "application/activity+json"

	profileActivityStreams = "https://www.w3.org/ns/activitystreams"

	// acceptActivityJSON is what we ask for when we retrieve a document.
	acceptActivityJSON = `application/activity+json, application/ld+json; profile="` + profileActivityStreams + `"`
)

// IsActivityJSON reports whether a message declares an ActivityStreams document: exactly one Content-Type, which is
// application/activity+json, or application/ld+json with the ActivityStreams profile. Media types are parsed and compared as a
// whole, because a file that somebody uploaded elsewhere must never pass for an actor.
func IsActivityJSON(h http.Header) bool {
	mediaType, params, ok := contentType(h)
	if !ok {
		return false
	}
	switch mediaType {
	case ContentType:
		return true
	case "application/ld+json":
		return slices.Contains(strings.Fields(params["profile"]), profileActivityStreams)
	}
	return false
}

func contentType(h http.Header) (mediaType string, params map[string]string, ok bool) {
	lines := h.Values("Content-Type")
	if len(lines) != 1 {
		return "", nil, false
	}
	mediaType, params, err := mime.ParseMediaType(lines[0])
	if err != nil {
		return "", nil, false
	}
	if charset, given := params["charset"]; given && !strings.EqualFold(charset, "utf-8") {
		return "", nil, false
	}
	return mediaType, params, true
}

// WantsPage reports whether the client of an /ap/ id would rather see the page for people (303). Without a preference, or without
// an Accept header, it gets the document.
func WantsPage(h http.Header) bool {
	page, document := preferences(h)
	return page > document
}

// WantsDocument reports whether the client of a page would rather have the ActivityStreams document behind it (303).
func WantsDocument(h http.Header) bool {
	page, document := preferences(h)
	return document > page
}

// preferences are the q values a client gives to HTML and to ActivityStreams, 0 to 1. The most specific range that covers a
// type decides about it; of several equally specific ones the highest value.
func preferences(h http.Header) (page, document float64) {
	ranges := strings.Split(strings.Join(h.Values("Accept"), ","), ",")
	return preference(ranges, "text/html", "application/xhtml+xml"), preference(ranges, ContentType, "application/ld+json")
}

func preference(ranges []string, types ...string) float64 {
	best, specificity := 0.0, 0
	for _, r := range ranges {
		mediaType, params, err := mime.ParseMediaType(r)
		if err != nil {
			continue
		}
		q := 1.0
		if given, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(given, 64); err != nil || q < 0 || q > 1 {
				continue
			}
		}
		main, _, _ := strings.Cut(types[0], "/")
		s := 0
		switch {
		case slices.Contains(types, mediaType):
			s = 3
		case mediaType == main+"/*":
			s = 2
		case mediaType == "*/*":
			s = 1
		}
		if s > specificity || s > 0 && s == specificity && q > best {
			best, specificity = q, s
		}
	}
	return best
}

// MaxInbox is the largest activity we take, in bytes.
const MaxInbox = 256 << 10

// ReadActivity reads the body of a request to an inbox: an uncompressed ActivityStreams document of at most MaxInbox bytes.
// Errors are ErrMediaType, ErrTooLarge, and ErrMalformed for a body that does not arrive as announced.
func ReadActivity(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	switch {
	case r.Header.Values("Content-Encoding") != nil, !IsActivityJSON(r.Header):
		return nil, ErrMediaType
	case r.ContentLength > MaxInbox:
		return nil, ErrTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxInbox))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, ErrTooLarge
	case err != nil:
		return nil, fmt.Errorf("%w: body: %w", ErrMalformed, err)
	}
	return body, nil
}
