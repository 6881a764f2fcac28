package federation_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"
)

const handbook = "../FEDERATION.md"

// block is a golden file in FEDERATION.md: its name in backquotes at the beginning of a line, then the document.
var block = regexp.MustCompile("(?ms)^`([a-z0-9.-]+)\\.json`([^\n]*)\n```json\n(.*?)\n```$")

// shown is a document as FEDERATION.md shows it: indented, with "CTX" in place of the context.
func shown(t testing.TB, raw []byte) []byte {
	t.Helper()
	raw = bytes.Replace(raw, append([]byte(`"@context":`), constantContext(t)...), []byte(`"@context":"CTX"`), 1)
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", " "); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFederationMDShowsTheGoldenDocuments(t *testing.T) {
	regenerate(t)
	text, err := os.ReadFile(handbook)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, b := range block.FindAllSubmatch(text, -1) {
		name := string(b[1])
		names = append(names, name)
		raw, err := os.ReadFile(goldenFile(name))
		if err != nil {
			t.Errorf("FEDERATION.md shows %s, but %v", name, err)
			continue
		}
		if want := shown(t, bytes.TrimSuffix(raw, []byte("\n"))); !bytes.Equal(b[3], want) {
			t.Errorf("FEDERATION.md shows another %s; run the tests of federation with -update", name)
		}
	}
	files, err := filepath.Glob(goldenFile("*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := filepath.Base(f[:len(f)-len(".json")]); !slices.Contains(names, name) {
			t.Errorf("FEDERATION.md does not show %s", name)
		}
	}
}

var once sync.Once

// regenerate does with -update what its name says, before the first test looks.
func regenerate(t *testing.T) {
	if *update {
		once.Do(func() { writeGoldens(t) })
	}
}

// writeGoldens writes golden files and the blocks of FEDERATION.md from what the code does now.
func writeGoldens(t *testing.T) {
	write := func(name string, raw []byte) {
		if err := os.WriteFile(goldenFile(name), append(raw, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("context", constantContext(t))
	for _, g := range goldens {
		raw, err := g.render(t)
		if err != nil {
			t.Fatalf("%s: %v", g.name, err)
		}
		write(g.name, raw)
	}
	text, err := os.ReadFile(handbook)
	if err != nil {
		t.Fatal(err)
	}
	text = block.ReplaceAllFunc(text, func(old []byte) []byte {
		m := block.FindSubmatch(old)
		raw, err := os.ReadFile(goldenFile(string(m[1])))
		if err != nil {
			t.Error(err)
			return old
		}
		return slices.Concat([]byte("`"), m[1], []byte(".json`"), m[2], []byte("\n```json\n"), shown(t, bytes.TrimSuffix(raw, []byte("\n"))), []byte("\n```"))
	})
	if err := os.WriteFile(handbook, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
