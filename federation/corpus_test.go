package federation_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"seestern/engagement"
	"seestern/federation"
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

func TestRecordedDocumentsAreReadWithoutPanic(t *testing.T) {
	if *corpus == "" {
		t.Skip("no -corpus")
	}
	c, read := testCodec(t, "https://a.example"), 0
	feed := func(name string, raw []byte) {
		read++
		if said := readEverything(c, raw); len(said) > 0 {
			t.Logf("%s: %s", name, strings.Join(said, ", "))
		}
	}
	err := filepath.WalkDir(*corpus, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		switch filepath.Ext(name) {
		case ".json":
			feed(name, raw)
		case ".jsonl":
			lines := bufio.NewScanner(bytes.NewReader(raw))
			lines.Buffer(nil, 1<<20)
			for lines.Scan() {
				var delivery struct{ Activity json.RawMessage }
				if json.Unmarshal(lines.Bytes(), &delivery) == nil && len(delivery.Activity) > 0 {
					feed(name, delivery.Activity)
				}
			}
			return lines.Err()
		}
		return nil
	})
	if err != nil || read == 0 {
		t.Fatal(read, err)
	}
	t.Logf("%d documents", read)
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
