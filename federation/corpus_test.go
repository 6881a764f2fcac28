package federation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"seestern/engagement"
	"seestern/federation"
	"seestern/store"
	"seestern/store/storetest"
)

var corpus = flag.String("corpus", "", "directory with recorded documents of other servers (*.json, *.jsonl with an activity in each line) to read")

// readEverything reads a document in every way we have, as if it were whatever it claims to be or not. It must not panic; what it
// says is reported for logs.
func readEverything(c federation.Codec, raw []byte) (said []string) {
	now := at("2026-11-02T08:00:00Z")
	note := func(what string, err error) {
		if err == nil {
			said = append(said, what)
		}
	}
	if m, err := federation.DecodePage(raw); err == nil {
		_, err := federation.ReadCollection(m)
		note("collection", err)
	}
	m, err := federation.Decode(raw)
	if err != nil {
		return said
	}
	for _, object := range []federation.Map{m, m.Map("object")} {
		a, err := federation.ReadActor(object)
		a.Organization()
		note("actor", err)
		p, err := federation.ReadOpportunity(object, now)
		p.PublicPlaces()
		note("opportunity", err)
		_, err = federation.ReadNote(object)
		note("note", err)
	}
	_, _, err = federation.ReadFinger(raw)
	note("webfinger", err)
	if e, err := federation.Parse(raw); err == nil {
		federation.ReadReply(e)
		_, _, err := federation.ReadFollow(e)
		note("follow", err)
		_, err = c.ReadMatch(e, now)
		note("match", err)
	}
	return said
}

// flags expects a report with a text about things.
func flags(text string, things ...string) func(t *testing.T, e federation.Envelope) {
	return func(t *testing.T, e federation.Envelope) {
		f, err := federation.ReadFlag(e)
		if diff := cmp.Diff(federation.Flagged{Things: things, Text: text}, f); diff != "" || err != nil {
			t.Errorf("%v, -want +got:\n%s", err, diff)
		}
	}
}

// Deliveries as other servers write them. They are of our own making, after what was seen.
func TestActivitiesOfOtherServers(t *testing.T) {
	c := testCodec(t, "https://a.example")
	files, err := filepath.Glob(filepath.Join("testdata", "others", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	want := map[string]func(t *testing.T, e federation.Envelope){
		"Follow from GoToSocial": func(t *testing.T, e federation.Envelope) {
			f, partner, err := federation.ReadFollow(e)
			if want := (federation.Follow{ID: "https://gts.example/users/member_a/follow/01J", Actor: "https://gts.example/users/member_a", Object: orgIRI}); f != want || partner || err != nil {
				t.Errorf("got %+v, %v, %v", f, partner, err)
			}
		},
		"Undo of a Follow from GoToSocial": func(t *testing.T, e federation.Envelope) {
			if got, want := federation.ReadReply(e), (federation.Reply{ID: "https://gts.example/users/member_a/follow/01J", Type: "Follow", Actor: "https://gts.example/users/member_a", Object: orgIRI}); got != want {
				t.Errorf("got %+v", got)
			}
		},
		"Accept of a Follow from tootik": func(t *testing.T, e federation.Envelope) {
			if got, want := federation.ReadReply(e), (federation.Reply{ID: "https://a.example/ap/activity/" + offerKey, Type: "Follow", Actor: "https://a.example/ap/actor", Object: "https://tootik.example/user/member_a"}); got != want {
				t.Errorf("got %+v", got)
			}
		},
		"Delete from tootik":     deletes("https://tootik.example/post/1"),
		"Delete from Mastodon":   deletes("https://m.example/users/member_a/statuses/1"),
		"Like from Misskey":      deletes(opportunityIRI),
		"Announce from Mastodon": deletes(opportunityIRI),
		"Undo by id from Pleroma": func(t *testing.T, e federation.Envelope) {
			if got := federation.ReadReply(e); got != (federation.Reply{ID: "https://pleroma.example/activities/1"}) {
				t.Errorf("got %+v", got)
			}
		},
		"Direct message from Mastodon": func(t *testing.T, e federation.Envelope) {
			n, err := federation.ReadNote(e.Object)
			if err != nil || n.Text != "@verein Ich möchte gern vorlesen." || n.Public() || n.ForFollowers() || n.InReplyTo != opportunityIRI {
				t.Errorf("got %+v, %v", n, err)
			}
		},
		"Flag from Mastodon":   flags("Das ist Werbung.", orgIRI, opportunityIRI),
		"Flag from GoToSocial": flags("not nice", orgIRI),
		"Flag from Lemmy":      flags("spam", opportunityIRI),
		"Reply from Misskey": func(t *testing.T, e federation.Envelope) {
			n, err := federation.ReadNote(e.Object)
			if err != nil || !n.Public() || n.Text != "Geht das auch mittwochs?" {
				t.Errorf("got %+v, %v", n, err)
			}
		},
		"Offer from a peer of FEP-0837 alone": func(t *testing.T, e federation.Envelope) {
			m, err := c.ReadMatch(e, at("2026-11-03T10:00:00Z"))
			if err != nil || m.Step.Event != engagement.EventSend || m.Step.Number != 0 || m.Request.Opportunity != opportunityKey || m.Request.Home != "market.example" {
				t.Errorf("got %+v, %v", m, err)
			}
		},
		"Unknown activity": func(t *testing.T, e federation.Envelope) {
			if got := federation.MatchEvent(e); got != "" {
				t.Errorf("got %q", got)
			}
		},
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".json")
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			readEverything(c, raw)
			check, ok := want[name]
			if !ok {
				t.Fatal("nothing is expected of it")
			}
			check(t, parse(t, raw))
		})
	}
}

func deletes(object string) func(t *testing.T, e federation.Envelope) {
	return func(t *testing.T, e federation.Envelope) {
		if e.ObjectID != object {
			t.Errorf("got %q, want %q", e.ObjectID, object)
		}
	}
}

// recorded is a document of another server, and what is known of it beside its bytes.
type recorded struct {
	name, software string
	raw            []byte
	document       map[string]any
}

// eachRecorded goes through the documents of -corpus: files, and lines with an activity each.
func eachRecorded(t *testing.T, feed func(recorded)) {
	t.Helper()
	if *corpus == "" {
		t.Skip("no -corpus: there are no recorded documents to read")
	}
	read := 0
	give := func(name string, raw []byte) {
		name, err := filepath.Rel(*corpus, name)
		if err != nil {
			t.Fatal(err)
		}
		r := recorded{name: name, raw: raw}
		if json.Unmarshal(raw, &r.document) != nil {
			return // no document of ours or anybody's
		}
		read++
		r.software, _, _ = strings.Cut(strings.TrimSuffix(filepath.Base(name), filepath.Ext(name)), "__")
		feed(r)
	}
	err := filepath.WalkDir(*corpus, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "index.jsonl" {
			return err
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		switch filepath.Ext(name) {
		case ".json":
			give(name, raw)
		case ".jsonl":
			for n, line := range bytes.Split(raw, []byte("\n")) {
				var delivery struct{ Activity json.RawMessage }
				if json.Unmarshal(line, &delivery) == nil && len(delivery.Activity) > 0 {
					give(fmt.Sprintf("%s#%d", name, n+1), delivery.Activity)
				}
			}
		}
		return nil
	})
	if err != nil || read == 0 {
		t.Fatal(read, err)
	}
}

func TestCorpusIsReadWithoutPanic(t *testing.T) {
	c := testCodec(t, "https://a.example")
	eachRecorded(t, func(r recorded) {
		if said := readEverything(c, r.raw); len(said) > 0 {
			t.Logf("%s: %s", r.name, strings.Join(said, ", "))
		}
	})
}

// whys remembers why the last activity had no effect.
type whys struct {
	slog.Handler
	last string
}

func (w *whys) Enabled(context.Context, slog.Level) bool { return true }

func (w *whys) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "why" || a.Key == "err" {
			w.last = a.Value.String()
		}
		return true
	})
	return nil
}

// TestCorpusIsUnderstood has every recorded activity delivered by a stand-in of its author, at the address that it names and really signed,
// and every other document published by its author and read from its own id. No answer is our fault; the table says what became of each.
func TestCorpusIsUnderstood(t *testing.T) {
	w, clock := newWorld(t)
	config, why := storetest.SQLite(t), &whys{Handler: slog.DiscardHandler}
	config.Log = slog.New(why)
	h := furnish(newPeer(t, w, clock, "me.test", config))
	before := slog.Default()
	slog.SetDefault(config.Log) // refused requests are logged there
	defer slog.SetDefault(before)
	authors := map[string]guest{}
	author := func(id, kind string) guest {
		if _, ok := authors[id]; !ok {
			h.clock.Forward(time.Hour) // a host may introduce so many strangers at a time
			authors[id] = h.guest(id, indexable, func(d map[string]any) { d["type"] = kind })
		}
		return authors[id]
	}
	// Peers were recorded on one machine, talking to a server that is not ours; others without TLS, where nobody would listen to them.
	addresses := regexp.MustCompile(`https://[^\s:]+(:?[^\s:]+)*`)
	peers := regexp.MustCompile(`https?://(?:localhost|127\.0\.0\.1):(\d+)`)
	local := func(raw []byte) []byte {
		text := strings.NewReplacer("http://localhost:18090/users/rec", h.orgIRI(), "http://localhost:18090", h.base.String(), "http://127.0.0.11", "https://peer.example", "another_instance", "another-instance").Replace(string(raw))
		return []byte(strings.ReplaceAll(peers.ReplaceAllString(text, "https://peer$1.example"), `"http://`, `"https://`))
	}
	understood := map[string][]string{}
	eachRecorded(t, func(r recorded) {
		var document map[string]any
		if json.Unmarshal(local(r.raw), &document) != nil {
			return
		}
		kind, _ := document["type"].(string)
		id, _ := document["id"].(string)
		by := firstID(document, "actor", "attributedTo")
		activity, is := document, "Person"
		if document["actor"] == nil || kind == "Event" { // an object, or an actor about itself
			activity = map[string]any{"type": "Create", "object": document, "to": document["to"], "cc": document["cc"]}
			if document["inbox"] != nil {
				by, is, activity["type"] = id, kind, "Update"
			}
			activity["actor"] = by
		}
		if !strings.HasPrefix(by, "https://") || strings.Count(by, ":") > 1 { // the ports of a test of Lemmy are none of ours
			const row = "nobody with a valid address wrote it"
			understood[row] = append(understood[row], r.software+" "+kind)
			return
		}
		g := author(by, is)
		if activity["id"] == nil || !federation.SameOrigin(activity["id"].(string), by) {
			activity["id"] = g.id + "#" + url.QueryEscape(r.name)
		}
		before := h.dump()
		why.last = ""
		status := g.post(h, activity)
		said := why.last
		if status >= 500 {
			t.Errorf("%s: got status %d: %s", r.name, status, said)
		}
		settle(t, h.peer)
		if said == "" {
			after := h.dump()
			for _, table := range slices.Sorted(maps.Keys(after)) {
				if !slices.Contains([]string{"seen", "remote_actor", "remote_key", "peer", "event", "job"}, table) && len(after[table]) != len(before[table]) {
					said += " " + table
				}
			}
			if said == "" {
				said = " nothing"
			}
			said = "changes" + said
		}
		row := fmt.Sprintf("%d %s", status, addresses.ReplaceAllString(said, "…"))
		// The same document, read from where it says it is.
		if strings.HasPrefix(id, "https://") && id != by {
			host, path, _ := strings.Cut(strings.TrimPrefix(id, "https://"), "/")
			if path, _, ok := strings.Cut(path, "#"); path != "" && !ok && !strings.Contains(path, "?") {
				h.world.Host(host).Document("/"+path, document)
				if a, err := h.service.LookupActor(t.Context(), id); err == nil && a.ID == id {
					t.Errorf("%s is taken for an account", r.name)
				}
			}
		}
		understood[row] = append(understood[row], r.software+" "+kind)
	})
	for _, row := range slices.Sorted(maps.Keys(understood)) {
		slices.Sort(understood[row])
		t.Logf("%4d  %s: %s", len(understood[row]), row, strings.Join(slices.Compact(understood[row]), ", "))
	}
	h.view(func(tx *store.Tx) error {
		parked, err := tx.Jobs("arrival", store.Parked, 10)
		if len(parked) > 0 {
			t.Errorf("put aside: %v", parked)
		}
		return err
	})
}

// firstID is the id of the first member that has one: an address, an object with an id, or a list of such.
func firstID(document map[string]any, members ...string) string {
	for _, member := range members {
		v := document[member]
		if list, ok := v.([]any); ok && len(list) > 0 {
			v = list[0]
		}
		if m, ok := v.(map[string]any); ok {
			v = m["id"]
		}
		if id, ok := v.(string); ok {
			return id
		}
	}
	return ""
}

func FuzzDocuments(f *testing.F) {
	c := testCodec(f, "https://a.example")
	for _, g := range goldens {
		f.Add(g.file(f))
	}
	f.Fuzz(func(_ *testing.T, raw []byte) { readEverything(c, raw) })
}

// What others wrote never contains markup that was meant for a browser, nor a sign that turns the direction of text.
func FuzzText(f *testing.F) {
	for _, s := range []string{"<p>a</p>", "<script>x</script>", "&lt;b&gt;", "<a href='https://x.example'>y", "\u202e<li>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		raw, err := json.Marshal(obj{"type": "Note", "id": "https://m.example/1", "attributedTo": "https://m.example/2", "content": source})
		if err != nil {
			t.Skip()
		}
		m, err := federation.Decode(raw)
		if err != nil {
			t.Skip()
		}
		n, err := federation.ReadNote(m)
		if err != nil {
			return
		}
		if strings.ContainsAny(n.Text, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\x00\x07\x1b\t\r") {
			t.Errorf("%q became %q", source, n.Text)
		}
		if utf8.RuneCountInString(n.Text) > 5000 || !norm.NFC.IsNormalString(n.Text) {
			t.Errorf("%d characters, %q", utf8.RuneCountInString(n.Text), n.Text)
		}
	})
}
