package web

import (
	"bytes"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"
)

// pageCache keeps the last answers that everybody gets alike, for visitors who ask the same within a minute while nothing is written to the
// database. What is searched stands in it, never who searched: it is only in memory, gone after a minute, and never what a browser with a
// cookie got or an answer that holds a token.
type pageCache struct {
	pages *expirable.LRU[pageKey, keptPage]

	mu     sync.Mutex
	making map[pageKey]chan struct{} // answers under way: who asks the same waits until the channel is closed
}

// pageKey is all that such an answer depends on. A commit of any process changes the state, so that what was kept is not found any more.
type pageKey struct {
	state   string // of the store before the page was begun
	minute  int64  // since 1970: what is over, or some days ago, becomes wrong by itself
	address string // path with the language, and query
	part    string // asked for by a script
	zipped  bool
}

// keptPage is an answer as it goes out.
type keptPage struct {
	at     time.Time
	header http.Header
	body   []byte
}

// Sixteen megabytes at most. A search page has 12 KB compressed.
const (
	keptPages     = 512
	keptPageBytes = 32 << 10
	keptFor       = time.Minute // as long as forEverybody allows to others
)

func newPageCache() *pageCache {
	return &pageCache{pages: expirable.NewLRU[pageKey, keptPage](keptPages, nil, keptFor), making: map[pageKey]chan struct{}{}}
}

// find answers with what was kept, or will be in a moment because somebody else asked the same just before. If there is nothing, it notes
// under which key the answer may be kept.
func (c *pageCache) find(w *Response, r *Request) bool {
	wanted := r.server.options.Network.Wanted
	if r.server.store == nil || r.Method != http.MethodGet || r.route.private() || r.Header.Get("Cookie") != "" || wanted != nil && wanted(r.Request) {
		return false
	}
	state, err := r.server.store.State(r.Context())
	if err != nil {
		return false // whoever makes the page says so
	}
	key := pageKey{state, r.Now.Unix() / 60, r.URL.RequestURI(), r.Header.Get("Seestern-Part"), acceptsGzip(r.Request)}
	c.mu.Lock()
	page, ok := c.pages.Get(key)
	made := c.making[key]
	if !ok && made == nil {
		w.made = make(chan struct{})
		c.making[key] = w.made
	}
	c.mu.Unlock()
	if !ok && made != nil { // once: if that answer is not kept, because of an error or a token in it, everybody makes their own
		select {
		case <-made:
		case <-r.Context().Done():
		}
		page, ok = c.pages.Get(key)
	}
	if !ok {
		w.key = &key
		return false
	}
	for name, values := range page.header {
		w.header[name] = values
	}
	w.header.Set("Age", strconv.Itoa(max(0, int(r.Now.Sub(page.at).Seconds()))))
	w.body = bytes.NewBuffer(page.body)
	return true
}

// keep takes an answer that is about to go out. Nobody waits longer for it: how fast its visitor reads is nobody else's business.
func (c *pageCache) keep(w *Response, body []byte) {
	defer c.release(w)
	if w.key == nil || w.Status != http.StatusOK || w.header.Get("Cache-Control") != forEverybody || len(body)+len(w.key.address)+len(w.key.part) > keptPageBytes {
		return
	}
	c.pages.Add(*w.key, keptPage{w.request.Now, w.header.Clone(), body})
}

// release lets go on who waits for an answer: it is kept by now, or will not be.
func (c *pageCache) release(w *Response) {
	if w.made == nil {
		return
	}
	c.mu.Lock()
	delete(c.making, *w.key)
	c.mu.Unlock()
	close(w.made)
	w.made = nil
}
