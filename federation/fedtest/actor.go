package fedtest

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// Actor is somebody on a virtual host: a document, a key, an inbox and a handle.
type Actor struct {
	ID    string
	KeyID string
	Name  string
	Host  *Host

	mu       sync.Mutex
	key      crypto.Signer
	change   func(document map[string]any)
	gone     bool
	received []Activity
	answer   func(Activity) int
}

// Activity is what reached an inbox.
type Activity struct {
	Request
	JSON map[string]any
}

// Type is the type of the activity.
func (a Activity) Type() string { s, _ := a.JSON["type"].(string); return s }

// Actor is the actor of that name, an Organization at /u/{name} with an RSA key, a followers collection, a personal and the
// host's shared inbox, and WebFinger. It is made on first use.
func (h *Host) Actor(name string) *Actor {
	h.mu.Lock()
	a := h.actors[name]
	if a != nil {
		h.mu.Unlock()
		return a
	}
	path := "/u/" + name
	a = &Actor{ID: h.URL(path), KeyID: h.URL(path + "#main-key"), Name: name, Host: h, key: RSAKey(h.Name, len(h.actors))}
	h.actors[name] = a
	h.mu.Unlock()
	h.Handle(path, a.serve)
	h.Handle(path+"/inbox", a.receive)
	h.Handle("/inbox", h.receiveShared)
	h.Handle("/.well-known/webfinger", h.webfinger)
	h.Document(path+"/followers", map[string]any{
		"@context": activityStreams, "id": a.ID + "/followers", "type": "OrderedCollection", "totalItems": 0,
	})
	h.Document(path+"/outbox", map[string]any{
		"@context": activityStreams, "id": a.ID + "/outbox", "type": "OrderedCollection", "totalItems": 0, "orderedItems": []any{},
	})
	return a
}

const activityStreams = "https://www.w3.org/ns/activitystreams"

// Key is the actor's private key.
func (a *Actor) Key() crypto.Signer {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.key
}

// SetKey gives the actor another key. Without a key id the old one stays.
func (a *Actor) SetKey(key crypto.Signer, keyID string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.key = key
	if keyID != "" {
		a.KeyID = keyID
	}
}

// Change changes the document each time it is served.
func (a *Actor) Change(change func(document map[string]any)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.change = change
}

// SetGone makes document and inbox answer 410.
func (a *Actor) SetGone() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.gone = true
}

// Answer decides with which status an activity is answered; 202 without it.
func (a *Actor) Answer(answer func(Activity) int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = answer
}

// Document is the actor's document.
func (a *Actor) Document() map[string]any {
	a.mu.Lock()
	defer a.mu.Unlock()
	document := map[string]any{
		"@context": []any{activityStreams, "https://w3id.org/security/v1"}, "id": a.ID, "type": "Organization",
		"preferredUsername": a.Name, "name": a.Name, "inbox": a.ID + "/inbox", "outbox": a.ID + "/outbox", "followers": a.ID + "/followers",
		"endpoints": map[string]any{"sharedInbox": a.Host.URL("/inbox")},
	}
	if _, ok := a.key.(*rsa.PrivateKey); ok {
		document["publicKey"] = map[string]any{"id": a.KeyID, "owner": a.ID, "publicKeyPem": PublicPEM(a.key.Public())}
	}
	if a.change != nil {
		a.change(document)
	}
	return document
}

// Inbox are the activities the actor got, in its own inbox or the shared one, that were not refused.
func (a *Actor) Inbox() []Activity {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]Activity(nil), a.received...)
}

// Request is a request signed by the actor, ready to be sent with the world's client.
func (a *Actor) Request(method, url string, body []byte, s Signing) *http.Request {
	a.Host.world.t.Helper()
	r, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		a.Host.world.t.Fatal(err)
	}
	if body == nil {
		r.Body, r.ContentLength = nil, 0
		r.Header.Set("Accept", "application/activity+json")
	} else {
		r.Header.Set("Content-Type", "application/activity+json")
	}
	if s.Key == nil {
		s.Key = a.Key()
	}
	if s.KeyID == "" {
		s.KeyID = a.KeyID
	}
	s.Sign(r, body, a.Host.world.Now())
	if s.Swap != nil {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(s.Swap)), int64(len(s.Swap))
	}
	return r
}

// Response is what a server answered.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// JSON is the body as a JSON object, nil if it is none.
func (r Response) JSON() map[string]any {
	var m map[string]any
	_ = json.Unmarshal(r.Body, &m)
	return m
}

// Post sends an activity (a value that becomes JSON, or bytes) to an inbox.
func (a *Actor) Post(inbox string, activity any) Response {
	a.Host.world.t.Helper()
	return a.PostSigned(inbox, activity, Signing{})
}

// PostSigned is Post with a signature that may be wrong.
func (a *Actor) PostSigned(inbox string, activity any, s Signing) Response {
	a.Host.world.t.Helper()
	return a.Host.world.Do(a.Request(http.MethodPost, inbox, mustJSON(activity), s))
}

// Get asks for a document, signed.
func (a *Actor) Get(url string) Response {
	a.Host.world.t.Helper()
	return a.Host.world.Do(a.Request(http.MethodGet, url, nil, Signing{}))
}

// Do sends a request; the test ends if there is no answer.
func (w *World) Do(r *http.Request) Response {
	w.t.Helper()
	answer, err := w.Client().Do(r)
	if err != nil {
		w.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return Response{Status: answer.StatusCode, Header: answer.Header, Body: body}
}

// Activity is a new activity of the actor; members are added to it or replace what it has.
func (a *Actor) Activity(kind string, object any, members ...map[string]any) map[string]any {
	activity := map[string]any{
		"@context": activityStreams, "id": a.Host.URL(fmt.Sprintf("/a/%d", a.Host.world.NewID())), "type": kind, "actor": a.ID, "object": object,
	}
	for _, more := range members {
		for name, value := range more {
			activity[name] = value
		}
	}
	return activity
}

// Follow asks another server's actor to be followed: it reads the actor's document, signed, and sends a Follow to the inbox
// named there. It returns the activity and the answer to it.
func (a *Actor) Follow(actor string) (map[string]any, Response) {
	a.Host.world.t.Helper()
	inbox, _ := a.Get(actor).JSON()["inbox"].(string)
	if inbox == "" {
		a.Host.world.t.Fatalf("%s has no inbox", actor)
	}
	follow := a.Activity("Follow", actor)
	return follow, a.Post(inbox, follow)
}

func (a *Actor) serve(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	gone := a.gone
	a.mu.Unlock()
	if gone {
		Reply{Status: http.StatusGone, Type: "application/activity+json", Body: mustJSON(map[string]any{
			"@context": activityStreams, "id": a.ID, "type": "Tombstone",
		})}.write(w, r)
		return
	}
	Reply{Type: "application/activity+json", Body: mustJSON(a.Document())}.write(w, r)
}

func (a *Actor) receive(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(a.accept(readActivity(r)))
}

func (a *Actor) accept(received Activity) int {
	a.mu.Lock()
	gone, answer := a.gone, a.answer
	a.mu.Unlock()
	if gone {
		return http.StatusGone
	}
	if answer != nil {
		if status := answer(received); status >= 300 {
			return status
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.received = append(a.received, received)
	return http.StatusAccepted
}

// receiveShared gives an activity to all actors of the host; it is for a test to look at whom it was addressed to.
func (h *Host) receiveShared(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	var actors []*Actor
	for _, a := range h.actors {
		actors = append(actors, a)
	}
	h.mu.Unlock()
	received, status := readActivity(r), http.StatusAccepted
	for _, a := range actors {
		status = max(status, a.accept(received))
	}
	w.WriteHeader(status)
}

func readActivity(r *http.Request) Activity {
	body, _ := io.ReadAll(r.Body)
	a := Activity{Request: Request{Host: r.Host, Method: r.Method, Target: r.RequestURI, Header: r.Header.Clone(), Body: body}}
	_ = json.Unmarshal(body, &a.JSON)
	return a
}

func (h *Host) webfinger(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	var found *Actor
	for _, a := range h.actors {
		if resource := r.FormValue("resource"); resource == "acct:"+a.Name+"@"+h.Name || resource == a.ID {
			found = a
		}
	}
	h.mu.Unlock()
	if found == nil {
		http.NotFound(w, r)
		return
	}
	Reply{Type: "application/jrd+json", Body: mustJSON(map[string]any{
		"subject": "acct:" + found.Name + "@" + h.Name,
		"links":   []any{map[string]any{"rel": "self", "type": "application/activity+json", "href": found.ID}},
	})}.write(w, r)
}

var (
	keysMu sync.Mutex
	keys   = map[string]*rsa.PrivateKey{}
)

// RSAKey is a key of 2048 bit. The same owner and number give the same key during one run, because making them is slow.
func RSAKey(owner string, number int) *rsa.PrivateKey {
	keysMu.Lock()
	defer keysMu.Unlock()
	name := fmt.Sprintf("%s %d", owner, number)
	if keys[name] == nil {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(fmt.Sprintf("fedtest: %v", err)) // no randomness, nothing to test
		}
		keys[name] = key
	}
	return keys[name]
}

// PublicPEM is a public key as publicKeyPem carries it.
func PublicPEM(key crypto.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		panic(fmt.Sprintf("fedtest: %v", err)) // a mistake in the test itself
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}
