package federation_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seestern/federation"
)

func TestNotesOfOthers(t *testing.T) {
	read := func(t *testing.T, document string) federation.Note {
		t.Helper()
		n, err := federation.ReadNote(decode(t, []byte(document)))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	const head = `{"type":"Note","id":"https://m.example/1","attributedTo":"https://m.example/users/member_a",`
	t.Run("a reply as Mastodon writes it", func(t *testing.T) {
		n := read(t, head+`"to":["as:Public"],"cc":["https://m.example/users/member_a/followers"],"inReplyTo":"`+opportunityIRI+`","contentMap":{"de":"x"},
			"content":"<p><span class=\"h-card\"><a href=\"`+orgIRI+`\" class=\"u-url mention\">@<span>verein</span></a></span> Ich bin dabei! <a href=\"https://a.example/angebote/k3v9qd2x\"><span class=\"invisible\">https://</span><span>a.example/angebote/k3v9qd2x</span></a></p>",
			"tag":[{"type":"Mention","href":"`+orgIRI+`","name":"@verein@a.example"}]}`)
		want := federation.Note{
			ID: "https://m.example/1", Author: memberIRI, InReplyTo: opportunityIRI, Text: "@verein Ich bin dabei! https://a.example/angebote/k3v9qd2x", Lang: "de",
			Links: []string{orgIRI, "https://a.example/angebote/k3v9qd2x"}, Mentions: []string{orgIRI}, To: []string{federation.Public},
			Cc: []string{"https://m.example/users/member_a/followers"},
		}
		if diff := cmp.Diff(want, n); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if !n.Public() || n.ForFollowers() {
			t.Error("it is not public")
		}
	})
	t.Run("followers can read some messages too", func(t *testing.T) {
		n := read(t, head+`"to":["https://m.example/users/member_a/followers"],"content":"x"}`)
		if n.Public() || !n.ForFollowers() {
			t.Errorf("public %v, for followers %v", n.Public(), n.ForFollowers())
		}
	})
	t.Run("a link in plain words is found", func(t *testing.T) {
		if n := read(t, head+`"content":"Zu https://a.example/angebote/k3v9qd2x?"}`); len(n.Links) != 1 || n.Links[0] != "https://a.example/angebote/k3v9qd2x" {
			t.Errorf("got %v", n.Links)
		}
	})
	for name, document := range map[string]string{
		"O1 a note of somebody else": `{"type":"Note","id":"https://evil.example/1","attributedTo":"https://m.example/users/member_a","content":"x"}`,
		"O6 a vote":                  head + `"name":"Ja"}`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := federation.ReadNote(decode(t, []byte(document))); rule(err) != name[:2] {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestPlainTextOfOthers(t *testing.T) {
	for source, want := range map[string]string{
		"<p>Eins</p><p>Zwei<br/>Drei</p>":               "Eins\n\nZwei\nDrei",
		"<ul><li>a</li><li>b</li></ul>danach":           "- a\n- b\n\ndanach",
		"a<script>alert(1)</script>b<style>x</style>":   "ab",
		"<iframe src=x>y</iframe>z":                     "z",
		`<a href="javascript:x">klick</a>`:              "klick",
		`<a href="https://x.example/y">klick</a>`:       "klick (https://x.example/y)",
		`<a href="https://x.example/y">x.example/y</a>`: "x.example/y",
		"a &lt;b&gt; &amp;amp; c":                       "a <b> &amp; c",
		"e\u0301":                                       "é",
		"a\u202eb\u2066c\u200bd\u0007e":                 "abcde",
		"  a \n\n\n\n b  ":                              "a b",
		"<h1>Titel</h1>Text":                            "Titel\n\nText",
		"<b><i>fett</i></b>":                            "fett",
		`<p onclick="x" style="y" class="z">a</p>`:      "a",
		"👩\u200d👧 und کتاب\u200cها":                     "👩\u200d👧 und کتاب\u200cها",
	} {
		raw := mustJSON(t, obj{"type": "Note", "id": "https://m.example/1", "attributedTo": "https://m.example/2", "content": "|" + source})
		n, err := federation.ReadNote(decode(t, raw))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(strings.TrimPrefix(n.Text, "|")); got != want {
			t.Errorf("%q:\n got %q\nwant %q", source, got, want)
		}
	}
}
