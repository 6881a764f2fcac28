package federation_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"seestern/engagement"
)

func TestAnOrganizationTakesAlongWhatItHasPublished(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org := a.organization("beispielverein")
		reader := a.world.Host("good.test").Actor("reader")
		a.follow(org, reader)
		o := a.opportunity(org, "Vorlesen in der Grundschule", func(o *engagement.Opportunity) { o.Details = "Der Schlüssel liegt unter der Matte." })
		a.opportunity(org, "Nur im Verbund gesucht", func(o *engagement.Opportunity) { o.Visibility = "verbund" })
		for n := range 30 {
			a.announce(org, fmt.Sprintf("Sprechstunde %d", n))
		}
		a.occasion(org)
		settle(t, a, b)
		b.wish(mustCopy(t, b, a, o).ID)
		settle(t, a, b)

		file, err := a.service.Archive(t.Context(), org.ID)
		if err != nil {
			t.Fatal(err)
		}
		parts, names := map[string][]byte{}, []string{}
		for r := tar.NewReader(bytes.NewReader(file)); ; {
			h, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, h.Name)
			if parts[h.Name], err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
		t.Run("with a manifest that names every file", func(t *testing.T) {
			if want := []string{"manifest.yml", "activitypub/", "activitypub/actor.json", "activitypub/outbox.json"}; !slices.Equal(names, want) {
				t.Errorf("got %v, want %v", names, want)
			}
			for _, want := range []string{"ubc-version: 0.1\n", "manifest.yml:\n", "actor.json:\n", "outbox.json:\n", `controller: "` + a.base.OrganizationID(org) + `"`} {
				if !strings.Contains(string(parts["manifest.yml"]), want) {
					t.Errorf("no %q in %s", want, parts["manifest.yml"])
				}
			}
		})
		t.Run("its actor as others read it", func(t *testing.T) {
			if want := a.get(a.base.OrganizationID(org)).Body; !bytes.Equal(parts["activitypub/actor.json"], want) {
				t.Errorf("got %s, want %s", parts["activitypub/actor.json"], want)
			}
		})
		t.Run("its whole outbox", func(t *testing.T) {
			var got struct {
				TotalItems   int
				OrderedItems []json.RawMessage
			}
			if err := json.Unmarshal(parts["activitypub/outbox.json"], &got); err != nil {
				t.Fatal(err)
			}
			var want []string
			for page := a.get(a.base.OrganizationID(org) + "/outbox").JSON()["first"]; page != nil; {
				d := a.get(page.(string)).JSON()
				for _, item := range d["orderedItems"].([]any) {
					want = append(want, string(mustJSON(t, item)))
				}
				page = d["next"]
			}
			if len(want) != 32 || got.TotalItems != 32 || len(got.OrderedItems) != 32 {
				t.Fatalf("got %d of %d, the outbox has %d", len(got.OrderedItems), got.TotalItems, len(want))
			}
			for i, item := range got.OrderedItems {
				var m map[string]any
				if err := json.Unmarshal(item, &m); err != nil || string(mustJSON(t, m)) != want[i] {
					t.Errorf("item %d is %s, want %s", i, item, want[i])
				}
			}
		})
		t.Run("and nothing that is not public", func(t *testing.T) {
			for _, secret := range []string{"PRIVATE", "Verbund gesucht", "Schlüssel", reader.ID, "/ap/person/", "b.test"} {
				if bytes.Contains(file, []byte(secret)) {
					t.Errorf("it holds %q", secret)
				}
			}
		})
		t.Run("of this server alone", func(t *testing.T) {
			copied := mustCopy(t, b, a, o)
			if _, err := b.service.Archive(t.Context(), copied.Organization); !errors.Is(err, engagement.ErrNotFound) {
				t.Errorf("got %v", err)
			}
		})
	})
}
