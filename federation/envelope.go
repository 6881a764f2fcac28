package federation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Public is the address that makes something visible to everybody.
const Public = "https://www.w3.org/ns/activitystreams#Public"

// maxRecipients is how many addresses of to and cc together are read; the rest is ignored.
const maxRecipients = 100

// Envelope is an activity as far as it can be understood without knowing what it is about. It is the only representation in
// which an activity is checked and used. Ids are in normal form (NormalizeIRI).
type Envelope struct {
	ID       string
	Type     string // one of the known activity types where the sender gave several; an unknown one is no error
	Actor    string // the one actor, embedded or named
	ObjectID string // id of the object, named or embedded; empty if there is none, or more than one object
	Object   Map    // the object if it is embedded, else nil
	To, Cc   []string
	// Published is zero if it is missing or no time.
	Published time.Time
	Raw       Map    // the whole activity
	Bytes     []byte // as they were received
}

// aboutItself is an actor that changes or deletes itself: noise of all servers, unless it is known here.
func (e Envelope) aboutItself() bool {
	return (e.Type == "Delete" || e.Type == "Update") && e.ObjectID == e.Actor
}

// Parse reads an activity from an inbox. Every error is ErrMalformed.
func Parse(raw []byte) (Envelope, error) {
	m, err := Decode(raw)
	if err != nil {
		return Envelope{}, err
	}
	e := Envelope{ID: m.ID(), Type: m.activityType(), Raw: m, Bytes: raw}
	switch {
	case e.ID == "":
		return Envelope{}, malformed("id is not one absolute IRI")
	case e.Type == "":
		return Envelope{}, malformed("type is not one activity type")
	}
	actors := m.List("actor")
	if len(actors) == 1 {
		e.Actor = iriOf(actors[0])
	}
	if e.Actor == "" {
		return Envelope{}, malformed("actor is not exactly one IRI")
	}
	if objects := m.List("object"); len(objects) == 1 {
		e.ObjectID = iriOf(objects[0])
		e.Object = asMap(objects[0])
	}
	e.To = m.Recipients("to")
	e.To = e.To[:min(len(e.To), maxRecipients)]
	e.Cc = m.Recipients("cc")
	e.Cc = e.Cc[:min(len(e.Cc), maxRecipients-len(e.To))]
	e.Published, _ = m.Time("published")
	return e, nil
}

// activityTypes are the activities of ActivityStreams and the one extension that is common. Several types in one activity are
// refused unless exactly one of them is here.
var activityTypes = []string{
	"Accept", "Add", "Announce", "Arrive", "Block", "Create", "Delete", "Dislike", "EmojiReact", "Flag", "Follow", "Ignore",
	"Invite", "Join", "Leave", "Like", "Listen", "Move", "Offer", "Question", "Read", "Reject", "Remove", "TentativeAccept",
	"TentativeReject", "Travel", "Undo", "Update", "View",
}

func (m Map) activityType() string {
	types, isArray := m["type"].([]any)
	if !isArray {
		return m.String("type")
	}
	found := ""
	for _, t := range types {
		name, _ := t.(string)
		if !slices.Contains(activityTypes, name) {
			continue
		}
		if found != "" {
			return ""
		}
		found = name
	}
	return found
}

// Map is one JSON object of another server: decoded once, with exact member names and numbers as json.Number. Embedded objects
// are map[string]any. A Map may be shared and must not be changed.
type Map map[string]any

// Decode reads one JSON object under the budget for single documents. Refused, each as ErrMalformed: anything over a limit,
// repeated members, case variants of reserved names, JSON-LD keywords in place of plain names, trailing data, a byte-order mark,
// invalid UTF-8, U+0000. Members named @context are dropped from embedded objects; they are never read.
func Decode(raw []byte) (Map, error) { return decode(raw, documentBudget, budget{}) }

// DecodePage is Decode for a page of a collection: a larger budget as a whole, the usual one for each of its items.
func DecodePage(raw []byte) (Map, error) { return decode(raw, pageBudget, documentBudget) }

// budget bounds what a JSON text may cost us before anything in it is believed.
type budget struct {
	depth    int // of nested objects and arrays
	elements int // of all arrays together
	tokens   int // delimiters, names and values
}

var (
	documentBudget = budget{depth: 32, elements: 1000, tokens: 5000}
	pageBudget     = budget{depth: 2 + 32, elements: 10_000, tokens: 50_000}
)

const (
	maxString = 64 << 10 // bytes
	maxName   = 256      // bytes
	maxNumber = 64       // bytes
)

// reserved are the members every decision hangs on. Other JSON readers ignore case, so a variant beside or instead of them would
// mean something else to them than to us.
var reserved = map[string]string{
	"id": "id", "type": "type", "actor": "actor", "object": "object", "to": "to", "cc": "cc", "attributedto": "attributedTo",
}

// keywords of JSON-LD that would stand for plain names or wrap the document.
var keywords = []string{"@id", "@type", "@graph", "@reverse"}

func decode(raw []byte, total, item budget) (Map, error) {
	if !utf8.Valid(raw) {
		return nil, malformed("not UTF-8")
	}
	d := &decoder{json: json.NewDecoder(bytes.NewReader(raw)), left: total, item: item}
	d.json.UseNumber()
	first, err := d.token()
	if err != nil {
		return nil, err
	}
	if first != json.Delim('{') {
		return nil, malformed("not an object")
	}
	m, err := d.object(1, place{top: true})
	if err != nil {
		return nil, err
	}
	if _, err := d.json.Token(); err != io.EOF {
		return nil, malformed("trailing data")
	}
	return m, nil
}

type decoder struct {
	json *json.Decoder
	left budget // what may still come; depth stays as it is
	item budget // for each item of a collection page; zero when reading a single document
}

// place is where in the document the decoder stands.
type place struct {
	top     bool // the members of the document itself
	items   bool // the array of a page's items
	context bool // below @context, where names have another meaning
	foreign bool // below a prefixed name of somebody else's vocabulary, which nobody here reads
}

func (d *decoder) token() (json.Token, error) {
	if d.left.tokens--; d.left.tokens < 0 {
		return nil, malformed("too many tokens")
	}
	t, err := d.json.Token()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	switch v := t.(type) {
	case string:
		if len(v) > maxString || strings.ContainsRune(v, 0) {
			return nil, malformed("string too long or with U+0000")
		}
	case json.Number:
		if len(v) > maxNumber {
			return nil, malformed("number too long")
		}
	}
	return t, nil
}

// value reads what follows a member name or an array element, whose first token is t.
func (d *decoder) value(t json.Token, depth int, at place) (any, error) {
	switch t {
	case json.Delim('{'):
		return d.object(depth+1, at)
	case json.Delim('['):
		return d.array(depth+1, at)
	}
	return t, nil
}

func (d *decoder) object(depth int, at place) (map[string]any, error) {
	if depth > d.left.depth {
		return nil, malformed("nested too deep")
	}
	m := map[string]any{}
	for {
		t, err := d.token()
		if err != nil {
			return nil, err
		}
		if t == json.Delim('}') {
			if !at.top && !at.context {
				delete(m, "@context")
			}
			return m, nil
		}
		name := t.(string) // the syntax allows nothing else here
		if err := checkName(name, at); err != nil {
			return nil, err
		}
		if _, twice := m[name]; twice {
			return nil, malformed("repeated member")
		}
		below := place{
			items:   at.top && d.item != budget{} && (name == "orderedItems" || name == "items"),
			context: at.context || name == "@context",
			foreign: at.foreign || strings.Contains(name, ":") && !strings.HasPrefix(name, "seestern:"),
		}
		t, err = d.token()
		if err != nil {
			return nil, err
		}
		if m[name], err = d.value(t, depth, below); err != nil {
			return nil, err
		}
	}
}

func (d *decoder) array(depth int, at place) ([]any, error) {
	if depth > d.left.depth {
		return nil, malformed("nested too deep")
	}
	list := []any{}
	for {
		t, err := d.token()
		if err != nil {
			return nil, err
		}
		if t == json.Delim(']') {
			return list, nil
		}
		if d.left.elements--; d.left.elements < 0 {
			return nil, malformed("too many array elements")
		}
		v, err := d.element(t, depth, at)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
}

// element reads an array element; an item of a page gets the budget of a document of its own, within what is left of the page's.
func (d *decoder) element(t json.Token, depth int, at place) (any, error) {
	if !at.items {
		return d.value(t, depth, at)
	}
	page := d.left
	d.left = budget{
		depth:    page.depth, // items stand two levels deep
		elements: min(d.item.elements, page.elements),
		tokens:   min(d.item.tokens, page.tokens),
	}
	given := d.left
	v, err := d.value(t, depth, place{})
	page.elements -= given.elements - d.left.elements
	page.tokens -= given.tokens - d.left.tokens
	d.left = page
	return v, err
}

func checkName(name string, at place) error {
	if len(name) > maxName {
		return malformed("member name too long")
	}
	if at.context || at.foreign {
		return nil
	}
	if proper, ok := reserved[strings.ToLower(name)]; ok && name != proper {
		return malformed("case variant of a reserved name")
	}
	if slices.Contains(keywords, name) {
		return malformed("JSON-LD keyword")
	}
	return nil
}

func malformed(why string) error { return fmt.Errorf("%w: %s", ErrMalformed, why) }
