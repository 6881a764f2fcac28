package federation_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// makesRequests lists what opens connections, by import path: only federation/client.go may use it.
var makesRequests = map[string][]string{
	"net/http": {"Get", "Head", "Post", "PostForm", "Client", "DefaultClient", "Transport", "DefaultTransport"},
	"net": {
		"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialUnix", "DialIP", "Dialer", "Resolver", "DefaultResolver",
		"LookupHost", "LookupIP", "LookupAddr", "LookupCNAME", "LookupMX", "LookupTXT", "LookupNS", "LookupSRV",
	},
	"net/http/httputil":     {"ReverseProxy", "NewSingleHostReverseProxy"},
	"crypto/tls":            {"Dial", "DialWithDialer", "Dialer"},
	"net/smtp":              {"Dial", "SendMail", "NewClient"},
	"golang.org/x/net/http": {"Client"},
}

// mayMakeRequests are the other places, with the reason. Prefixes end with a slash.
var mayMakeRequests = map[string]string{
	"federation/client.go":         "the one client",
	"federation/fedtest/":          "the other servers, in tests",
	"web/webtest/":                 "the browser, in tests",
	"cmd/seestern/demo_browser.go": "the person at the browser in the check of the demo",
	"cmd/seestern/demo_record.go":  "stands between the instances of the demo to record what they say",
	"cmd/seestern/health.go":       "asks the instance on this machine whether it is well; the address is that of its own listener",
	"cmd/seestern/doctor.go":       "looks up our own name and tries the mail server; both addresses come from the configuration",
}

// readsActivityStreams are the files that may import the ActivityStreams library.
var readsActivityStreams = []string{
	"actor.go", "codec.go", "emit.go", "announcement.go", "matchrequest.go", "note.go", "occasion.go", "opportunity.go", "organization.go", "partner.go", "place.go", "post.go",
}

func TestOnlyTheClientMakesRequests(t *testing.T) {
	found := false
	eachFile(t, func(name string, file *ast.File, at func(ast.Node) token.Position) {
		if name == "federation/client.go" {
			found = true
		}
		for allowed := range mayMakeRequests {
			if name == allowed || strings.HasSuffix(allowed, "/") && strings.HasPrefix(name, allowed) {
				return
			}
		}
		imported := importNames(file)
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			from, ok := s.X.(*ast.Ident)
			if ok && slices.Contains(makesRequests[imported[from.Name]], s.Sel.Name) {
				t.Errorf("SSRF-19 %s: %s.%s; use federation.Client", at(s), from.Name, s.Sel.Name)
			}
			return true
		})
	})
	if !found {
		t.Error("the walk did not see federation/client.go")
	}
}

func TestOnlyTheCodecImportsTheActivityStreamsLibrary(t *testing.T) {
	eachFile(t, func(name string, file *ast.File, at func(ast.Node) token.Position) {
		for _, i := range file.Imports {
			if !strings.Contains(i.Path.Value, "github.com/go-fed/") || strings.HasPrefix(name, "deps/") {
				continue
			}
			base, inFederation := strings.CutPrefix(name, "federation/")
			if !inFederation || !slices.Contains(readsActivityStreams, base) {
				t.Errorf("%s: imports %s", at(i), i.Path.Value)
			}
			if strings.HasSuffix(i.Path.Value, `/pub"`) {
				t.Errorf("%s: pub decides what is ours to decide", at(i))
			}
		}
	})
}

// eachFile parses every file of the module that is no test.
func eachFile(t *testing.T, check func(name string, file *ast.File, at func(ast.Node) token.Position)) {
	t.Helper()
	const root = ".."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || len(d.Name()) > 2 && strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		check(filepath.ToSlash(name), file, func(n ast.Node) token.Position { return set.Position(n.Pos()) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// importNames maps the names by which a file knows packages to their paths.
func importNames(file *ast.File) map[string]string {
	names := map[string]string{}
	for _, i := range file.Imports {
		path := strings.Trim(i.Path.Value, `"`)
		name := path[strings.LastIndex(path, "/")+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		names[name] = path
	}
	return names
}
