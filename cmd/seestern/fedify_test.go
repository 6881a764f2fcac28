package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// stranger is a server of another make: the process of federation/fedify/peer.mjs.
type stranger struct {
	t     *testing.T
	in    io.Writer
	out   *bufio.Reader
	actor string
}

// newStranger starts one whose first try to sign is by the given specification.
func newStranger(t *testing.T, knock string) *stranger {
	t.Helper()
	dir := filepath.Join("..", "..", "federation", "fedify")
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the judge on Fedify is not installed: make judge")
		}
		t.Skip("the judge on Fedify is not installed: make judge")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	command := exec.CommandContext(ctx, "node", "peer.mjs", knock)
	command.Dir = dir
	var errs bytes.Buffer
	command.Stderr = &errs
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = command.Wait()
		if t.Failed() {
			t.Log(errs.String())
		}
	})
	s := &stranger{t: t, in: in, out: bufio.NewReader(out)}
	s.actor = s.read()["actor"].(string)
	return s
}

func (s *stranger) read() map[string]any {
	s.t.Helper()
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		s.t.Fatalf("the judge has ended: %v", err)
	}
	var answer map[string]any
	if err := json.Unmarshal(line, &answer); err != nil {
		s.t.Fatalf("the judge said %s", line)
	}
	if answer["error"] != nil {
		s.t.Fatal(answer["error"])
	}
	return answer
}

// do lets it do something; args are pairs.
func (s *stranger) do(what string, args ...string) map[string]any {
	s.t.Helper()
	command := map[string]string{"do": what}
	for pair := range slices.Chunk(args, 2) {
		command[pair[0]] = pair[1]
	}
	line, err := json.Marshal(command)
	if err == nil {
		_, err = fmt.Fprintf(s.in, "%s\n", line)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return s.read()
}

// Somebody on a server built with Fedify, which verifies what we sign and whose signatures we verify, finds, follows, reads, answers and is
// answered. It is the only judge here that we did not write ourselves.
func TestAServerOfAnotherMake(t *testing.T) {
	for _, knock := range []string{"rfc9421", "draft-cavage-http-signatures-12"} {
		t.Run("signing by "+knock, func(t *testing.T) { meetStranger(t, knock) })
	}
}

func meetStranger(t *testing.T, knock string) {
	far := newStranger(t, knock)
	port := freePorts(t, 1)
	home := &demoInstance{name: "tk", dir: t.TempDir(), base: fmt.Sprintf("http://localhost:%d", port), listen: fmt.Sprintf("127.0.0.1:%d", port)}
	home.config = filepath.Join(home.dir, "config.toml")
	if _, err := home.configure("seestern.db"); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	c := &console{out: &log, errs: &log}
	if err := home.fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Setenv(asProgram, "1")
	if err := home.start(t.Context(), c); err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	t.Cleanup(func() {
		home.stop()
		if strings.Contains(log.String(), "status=401") {
			t.Errorf("a signature was refused on the way:\n%s", log.String())
		}
	})
	o := operator{t, home.config}
	one := func(rows map[string]any, member, value string) map[string]any {
		t.Helper()
		for _, row := range rows["list"].([]any) {
			if row := row.(map[string]any); strings.Contains(row[member].(string), value) {
				return row
			}
		}
		t.Fatalf("no row has %s %q", member, value)
		return nil
	}
	org := one(o.must("organization", "list"), "handle", "leseinsel")["id"].(string)
	opportunity := one(o.must("opportunity", "list"), "title", "Vorlesen in der Grundschule")["id"].(string)
	shown := func(member string, want any) {
		t.Helper()
		if _, err := until(t.Context(), func() (string, error) {
			if got := o.must("opportunity", "show", opportunity)[member]; got != want {
				return "", fmt.Errorf("%s is %v, want %v: %w", member, got, want, errNotYet)
			}
			return "", nil
		}); err != nil {
			t.Error(err)
		}
	}

	found := far.do("find", "actor", org)
	for member, want := range map[string]any{
		"type": "Organization", "name": "Leseinsel Dahmeufer e. V. (Demo)", "handle": "leseinsel", "inbox": org + "/inbox", "shared": home.base + "/ap/inbox",
		"subject": "acct:leseinsel@" + strings.TrimPrefix(home.base, "http://"), "self": org, "software": "seestern",
	} {
		if found[member] != want {
			t.Errorf("%s of the organization: got %v, want %v", member, found[member], want)
		}
	}
	if keys := fmt.Sprint(found["publicKeys"]); keys != "["+org+"#main-key]" {
		t.Errorf("got keys %s", keys)
	}
	if got := far.do("read", "iri", opportunity); got["type"] != "Note" || got["author"] != org || !strings.Contains(got["content"].(string), "Wann:") {
		t.Errorf("the opportunity reads %v", got)
	}

	if got := far.do("read", "iri", home.base+"/a/"+o.must("opportunity", "show", opportunity)["code"].(string)); got["author"] != org {
		t.Errorf("the page of the opportunity leads to %v", got)
	}

	follow := far.do("follow", "actor", org)["id"].(string)
	if got := far.do("await", "type", "Accept"); got["objectId"] != follow || got["actor"] != org {
		t.Errorf("the follow was answered by %v", got)
	}
	news := o.must("announce", "--organization", "leseinsel", "--text", "Sprechstunde: mittwochs.")["id"].(string)
	if got := far.do("await", "type", "Create", "has", "Sprechstunde"); got["objectId"] != news || got["objectType"] != "Note" {
		t.Errorf("the news came as %v", got)
	}
	for _, iri := range []string{org, opportunity, news, home.base + "/ap/actor", org + "/outbox?page=1"} {
		if terms := far.do("lost", "iri", iri)["terms"].([]any); len(terms) != 0 {
			t.Errorf("JSON-LD drops from %s: %v", iri, terms)
		}
	}
	golden, err := filepath.Glob(filepath.Join("..", "..", "federation", "testdata", "golden", "*.json"))
	if err != nil || len(golden) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range golden {
		document, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(document, []byte(`"@context"`)) {
			continue // no ActivityPub
		}
		if terms := far.do("lost", "document", string(document))["terms"].([]any); len(terms) != 0 {
			t.Errorf("JSON-LD drops from %s: %v", filepath.Base(file), terms)
		}
	}
	if terms := far.do("lost", "document", `{"@context": "https://www.w3.org/ns/activitystreams", "type": "Note", "purpose": "offer"}`)["terms"].([]any); len(terms) != 1 {
		t.Errorf("of a document with a foreign term it drops %v, want one", terms)
	}

	far.do("like", "object", opportunity, "to", org)
	far.do("boost", "object", opportunity, "to", org)
	shown("likes", 1.0)
	shown("shares", 1.0)
	o.must("opportunity", "update", opportunity, "--title", "Vorlesen am Mittwoch")
	if got := far.do("await", "type", "Update", "has", "Vorlesen am Mittwoch"); got["objectId"] != opportunity {
		t.Errorf("the new title came as %v", got)
	}

	note := far.do("write", "object", opportunity, "to", org, "text", "<p>Ich lese gern vor.</p>")
	far.do("await", "type", "Create", "has", note["id"].(string)) // the automatic thanks name what they answer
	ctx, cancel := context.WithTimeout(t.Context(), checkTime)
	defer cancel()
	manager, err := signIn(ctx, home.base, "manager_a")
	if err != nil {
		t.Fatal(err)
	}
	start, err := manager.get(ctx, "/angebot-einstellen") // one organization: it leads straight to the first page
	if err != nil {
		t.Fatal(err)
	}
	workspace := strings.Replace(start.url.Path, "/angebot-einstellen/neu/", "/meine/organisationen/", 1)
	request := one(o.must("request", "list"), "via", "fediverse")["id"].(string)
	if _, err := manager.fill(ctx, workspace+"/anfragen/"+request+"/antworten", "/antworten", map[string]string{"text": "Kommen Sie am Mittwoch vorbei."}); err != nil {
		t.Fatal(err)
	}
	if got := far.do("await", "type", "Create", "has", "Kommen Sie am Mittwoch vorbei."); got["objectType"] != "Note" {
		t.Errorf("the answer came as %v", got)
	}

	o.must("opportunity", "remove", opportunity)
	if got := far.do("await", "type", "Delete"); got["objectId"] != opportunity {
		t.Errorf("the end came as %v", got)
	}
	far.do("undo", "id", follow, "to", org)
	if _, err := until(t.Context(), func() (string, error) {
		if got := o.must("organization", "followers", "leseinsel")["list"].([]any); len(got) != 0 {
			return "", fmt.Errorf("followers are %v: %w", got, errNotYet)
		}
		return "", nil
	}); err != nil {
		t.Error(err)
	}
}
