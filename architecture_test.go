// Package seestern_test keeps the rules that no single package can keep: who may import whom, and that what the
// documents and the build files say is so.
package seestern_test

import (
	"bytes"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "seestern/"

// arrows names, for every package of ARCHITECTURE.md, which of the others its code may import. What lies below a package,
// like its test kit, counts as the package.
var arrows = map[string][]string{
	"geo":        {},
	"engagement": {"geo"},
	"matching":   {"engagement", "geo"},
	"store":      {"engagement", "geo"},
	"federation": {"engagement", "store", "geo"},
	"web":        {"engagement", "matching", "store", "geo"},
	"cmd":        {"geo", "engagement", "matching", "store", "federation", "web"},
	"scripts":    {"geo", "engagement", "matching"},
}

// foreign names imports from outside that a package must do without; an entry stands for everything below it too.
var foreign = map[string][]string{
	"geo":        {"net/http", "database/sql", "html/template"},
	"engagement": {"net/http", "database/sql", "html/template"},
	"matching":   {"net", "os", "io", "database/sql", "html/template", "math/rand", "crypto/rand"},
	"store":      {"net/http", "html/template", "github.com/go-fed"},
	"federation": {"database/sql", "html/template", "github.com/go-fed/activity/pub"},
	"web":        {"database/sql", "github.com/go-fed"},
	"cmd":        {"database/sql", "html/template", "github.com/go-fed"},
}

func TestEveryPackageImportsOnlyWhatTheArchitectureAllows(t *testing.T) {
	for _, p := range packages(t) {
		own := owner(p.ImportPath)
		allowed, known := arrows[own]
		if !known {
			t.Errorf("%s belongs to no package of the architecture", p.ImportPath)
		}
		for _, imported := range p.Imports {
			if !strings.HasPrefix(imported, module) {
				if i := slices.IndexFunc(foreign[own], func(f string) bool { return below(imported, f) }); i >= 0 {
					t.Errorf("%s imports %s", p.ImportPath, imported)
				}
				continue
			}
			if to := owner(imported); to != own && !slices.Contains(allowed, to) {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
			if isTestKit(imported) && !isTestKit(p.ImportPath) {
				t.Errorf("%s imports the test kit %s outside of tests", p.ImportPath, imported)
			}
		}
	}
}

func TestTheArchitectureDocumentNamesExactlyThePackagesThatExist(t *testing.T) {
	var got, want []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z/]+)` \\|").FindAllStringSubmatch(read(t, "ARCHITECTURE.md"), -1) {
		got = append(got, row[1])
	}
	for _, p := range packages(t) {
		want = append(want, strings.TrimPrefix(p.ImportPath, module))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("first columns of the tables in ARCHITECTURE.md:\n got %v\nwant %v", got, want)
	}
}

func TestRulesAndMatchingReadNoClock(t *testing.T) {
	clock := []string{"Now", "Since", "Until", "After", "Tick", "NewTimer", "NewTicker", "Sleep"}
	for _, p := range packages(t) {
		if own := owner(p.ImportPath); own != "engagement" && own != "matching" {
			continue
		}
		for _, name := range p.GoFiles {
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				call, _ := n.(*ast.SelectorExpr)
				if call == nil || !slices.Contains(clock, call.Sel.Name) {
					return true
				}
				if from, ok := call.X.(*ast.Ident); ok && from.Name == "time" {
					t.Errorf("%s: time.%s; time comes from the transaction", files.Position(call.Pos()), call.Sel.Name)
				}
				return true
			})
		}
	}
}

func TestModulesArePinnedWithoutReplacement(t *testing.T) {
	if at := regexp.MustCompile(`(?m)^\s*(replace|exclude)\b.*`).FindString(read(t, "go.mod")); at != "" {
		t.Errorf("go.mod has %q", at)
	}
}

// The SQLite driver is machine-translated C and fits only the libc it was translated with.
func TestLibcHasTheVersionTheSQLiteDriverWasMadeFor(t *testing.T) {
	driver, err := exec.Command("go", "list", "-m", "-f", "{{.GoMod}}", "modernc.org/sqlite").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	libc := regexp.MustCompile(`(?m)^\s*(?:require )?modernc\.org/libc (v\S+)`)
	got := libc.FindStringSubmatch(read(t, "go.mod"))
	want := libc.FindStringSubmatch(read(t, strings.TrimSpace(string(driver))))
	if got == nil || want == nil || got[1] != want[1] {
		t.Errorf("modernc.org/libc: go.mod requires %v, the driver's own go.mod %v", got, want)
	}
}

func TestTrackedFilesNameNoMachineAndNoRegistry(t *testing.T) {
	// The brackets keep this file from matching itself.
	private := regexp.MustCompile(`(?m)(^|[\s"'=(:])/(wor[k]|far[m]|roo[t]|hom[e]|User[s])/\w` +
		`|registry\.npmj[s]|registry\.yarnpk[g]|(proxy|sum)\.golan[g]\.org`)
	for _, name := range trackedFiles(t) {
		data, err := os.ReadFile(name)
		if err != nil || bytes.IndexByte(data, 0) >= 0 { // deleted in the working tree, or not text
			continue
		}
		for _, at := range private.FindAllIndex(data, -1) {
			t.Errorf("%s:%d: %q", name, 1+bytes.Count(data[:at[0]], []byte("\n")), data[at[0]:at[1]])
		}
	}
}

func TestLockFilesRecordNoDownloadAddress(t *testing.T) {
	for _, name := range trackedFiles(t) {
		if path.Base(name) == "package-lock.json" && strings.Contains(read(t, name), `"resolved": "http`) {
			t.Errorf("%s has resolved addresses; write it again with npm install --omit-lockfile-registry-resolved", name)
		}
	}
}

var documents = []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"}

func TestMakeTargetsInTheDocumentsExist(t *testing.T) {
	makefile := read(t, "Makefile")
	named := regexp.MustCompile("(?m)(?:^|`)make ([a-z-]+)")
	for _, document := range documents {
		for _, target := range named.FindAllStringSubmatch(read(t, document), -1) {
			if !strings.Contains(makefile, "\n"+target[1]+":") {
				t.Errorf("%s says make %s, which the Makefile does not know", document, target[1])
			}
		}
	}
	for _, target := range []string{"make demo", "make test"} {
		if !strings.Contains(read(t, "README.md"), target) {
			t.Errorf("README.md does not mention %s", target)
		}
	}
}

func TestCommandsInTheDocumentsExist(t *testing.T) {
	help, err := exec.Command("go", "run", "./cmd/seestern", "--help").CombinedOutput()
	if err != nil {
		t.Fatalf("seestern --help: %v\n%s", err, help)
	}
	named := regexp.MustCompile(`\bseestern(?: |", ")([a-z]+)`)
	for _, document := range append(documents, "Dockerfile", "deploy/seestern.service") {
		for _, command := range named.FindAllStringSubmatch(read(t, document), -1) {
			if command[1] == "seestern" { // a path, then the image of that name
				continue
			}
			if !regexp.MustCompile(`(?m)^  ` + command[1] + `\b`).Match(help) {
				t.Errorf("%s says seestern %s, which seestern --help does not list", document, command[1])
			}
		}
	}
}

func TestLinksInTheDocumentsLeadToFiles(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	for _, document := range documents {
		for _, to := range link.FindAllStringSubmatch(read(t, document), -1) {
			if _, err := os.Stat(to[1]); err != nil {
				t.Errorf("%s links to %s: %v", document, to[1], err)
			}
		}
	}
}

// packages reads every package of the module that has more than tests, with the build tag of the browser tests.
// It reads the files itself, so that go test notices when one of them changed.
func packages(t *testing.T) []*build.Package {
	t.Helper()
	with := build.Default
	with.BuildTags = []string{"browser"}
	var list []*build.Package
	err := filepath.WalkDir(".", func(dir string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if name := entry.Name(); name == "node_modules" || name == "testdata" || dir != "." && strings.HasPrefix(name, ".") {
			return fs.SkipDir
		}
		p, err := with.ImportDir(dir, 0)
		if _, none := err.(*build.NoGoError); err != nil && !none {
			return err
		}
		if len(p.GoFiles) > 0 {
			p.ImportPath = module + filepath.ToSlash(dir)
			list = append(list, p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// owner is the first element of a package's path in the module: "store" for seestern/store/storetest.
func owner(importPath string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(importPath, module), "/")
	return first
}

func below(importPath, parent string) bool {
	return importPath == parent || strings.HasPrefix(importPath, parent+"/")
}

func isTestKit(importPath string) bool { return strings.HasSuffix(importPath, "test") }

// trackedFiles lists what git knows. A source archive has no git and nothing to hide.
func trackedFiles(t *testing.T) []string {
	t.Helper()
	os.Stat(".git/index") // go test runs again when this file changed
	out, err := exec.Command("git", "ls-files", "-z").Output()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("git ls-files: %v", err)
		}
		t.Skip("not a git checkout")
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
