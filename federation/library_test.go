package federation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/go-fed/activity/streams"
	"github.com/go-fed/activity/streams/vocab"
)

// The codec works around these. When one of them is no longer so, the code that expects it can go.
func TestFactsAboutTheActivityStreamsLibrary(t *testing.T) {
	read := func(document string) (typed vocab.Type, err error) {
		var m map[string]any
		if err := json.Unmarshal([]byte(document), &m); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
			}
		}()
		return streams.ToType(context.Background(), m)
	}
	note := func(t *testing.T, members string) vocab.ActivityStreamsNote {
		t.Helper()
		typed, err := read(`{"@context":"https://www.w3.org/ns/activitystreams","type":"Note",` + members + `}`)
		if err != nil {
			t.Fatal(err)
		}
		return typed.(vocab.ActivityStreamsNote)
	}
	t.Run("a missing context is an error, and not one of an unknown type", func(t *testing.T) {
		if _, err := read(`{"type":"Note"}`); err == nil || streams.IsUnmatchedErr(err) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("an unknown type is an error", func(t *testing.T) {
		for _, typeName := range []string{"Agreement", "Proposal", "EmojiReact"} {
			if _, err := read(`{"@context":"https://www.w3.org/ns/activitystreams","type":"` + typeName + `"}`); !streams.IsUnmatchedErr(err) {
				t.Errorf("%s: got %v", typeName, err)
			}
		}
	})
	t.Run("an empty duration panics", func(t *testing.T) {
		if _, err := read(`{"@context":"https://www.w3.org/ns/activitystreams","type":"Note","duration":""}`); err == nil || err.Error()[:6] != "panic:" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("unknown members are kept", func(t *testing.T) {
		if got := note(t, `"purpose":"request"`).GetUnknownProperties()["purpose"]; got != "request" {
			t.Errorf("got %v", got)
		}
	})
	t.Run("a member of another type counts as unknown", func(t *testing.T) {
		if got := note(t, `"latitude":52.5`).GetUnknownProperties()["latitude"]; got != 52.5 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("a bad date is there and is no date", func(t *testing.T) {
		if p := note(t, `"published":"yesterday"`).GetActivityStreamsPublished(); p == nil || p.IsXMLSchemaDateTime() {
			t.Errorf("got %v", p)
		}
	})
	t.Run("a number as text is no number", func(t *testing.T) {
		place := note(t, `"location":{"type":"Place","latitude":"52.5"}`).GetActivityStreamsLocation().At(0).GetActivityStreamsPlace()
		if place.GetActivityStreamsLatitude().IsXMLSchemaFloat() {
			t.Error("got a float")
		}
	})
	t.Run("ids are spelled anew", func(t *testing.T) {
		if got := note(t, `"inReplyTo":"https://m.example/ü"`).GetActivityStreamsInReplyTo().At(0).GetIRI().String(); got != "https://m.example/%C3%BC" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("a text with a colon is taken for an address", func(t *testing.T) {
		if name := note(t, `"name":"Freiwillige:r"`).GetActivityStreamsName().At(0); !name.IsIRI() || name.IsXMLSchemaString() {
			t.Error("got a text")
		}
	})
	t.Run("an embedded object of unknown type is neither id nor type", func(t *testing.T) {
		typed, err := read(`{"@context":"https://www.w3.org/ns/activitystreams","type":"Offer","object":{"type":"Agreement"}}`)
		if err != nil {
			t.Fatal(err)
		}
		if object := typed.(vocab.ActivityStreamsOffer).GetActivityStreamsObject().At(0); object.IsIRI() || object.GetType() != nil {
			t.Error("got something")
		}
	})
}
