package web_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"text/template/parse"

	"golang.org/x/text/feature/plural"

	"seestern/web"
)

// texts are the sentences of one language: key → plural category ("" for a plain text) → text.
type texts map[string]map[string]string

// readTexts reads the locale files themselves, so that the tests do not believe the loader.
func readTexts(t *testing.T, folder string) texts {
	t.Helper()
	all := texts{}
	files, err := filepath.Glob(filepath.Join("locale", folder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no locale files in %s: %v", folder, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var values map[string]any
		if err := json.Unmarshal(content, &values); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for key, value := range values {
			forms := map[string]string{}
			switch v := value.(type) {
			case string:
				forms[""] = v
			case map[string]any:
				for category, text := range v {
					forms[category] = text.(string)
				}
			}
			all[key] = forms
		}
	}
	return all
}

func TestEveryLanguageLoads(t *testing.T) {
	if _, err := web.LoadCatalogue(); err != nil {
		t.Fatal(err)
	}
}

func TestALocaleFileIsRefused(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"if a key stands in two files":          {"a": `{"x.y":"a"}`, "b": `{"x.y":"b"}`},
		"if a key stands twice in one file":     {"a": `{"x.y":"a","x.y":"b"}`},
		"if a plural category is unknown":       {"a": `{"x.y":{"some":"a","other":"b"}}`},
		"if the category other is missing":      {"a": `{"x.y":{"one":"a"}}`},
		"if a value is neither text nor plural": {"a": `{"x.y":3}`},
		"if it is not JSON":                     {"a": `{"x.y":`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := web.LoadCatalogueFrom(locale(files)); err == nil {
				t.Error("loaded without error")
			}
		})
	}
	t.Run("not if all is well", func(t *testing.T) {
		if _, err := web.LoadCatalogueFrom(locale(map[string]string{"a": `{"x.y":"a"}`, "b": `{"x.z":{"one":"b","other":"c"}}`})); err != nil {
			t.Error(err)
		}
	})
}

// locale puts the same files into the folder of every language.
func locale(files map[string]string) fs.FS {
	all := fstest.MapFS{}
	for _, l := range web.Languages {
		for name, content := range files {
			all["locale/"+l.Folder+"/"+name+".json"] = &fstest.MapFile{Data: []byte(content)}
		}
	}
	return all
}

func TestASentence(t *testing.T) {
	c, err := web.LoadCatalogueFrom(fstest.MapFS{
		"locale/de/a.json":        {Data: []byte(`{"a":"Hallo {name}","b":{"one":"{n} Tag","other":"{n} Tage"},"c":"nur deutsch","format.group":"."}`)},
		"locale/en/a.json":        {Data: []byte(`{"a":"Hello {name}","b":{"one":"{n} day","other":"{n} days"},"format.group":","}`)},
		"locale/de-simple/a.json": {Data: []byte(`{"a":"Guten Tag {name}"}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		says string
		lang web.Lang
		key  string
		args map[string]any
		want string
	}{
		{"fills in its arguments", web.German, "a", map[string]any{"name": "Ada"}, "Hallo Ada"},
		{"does not read an argument as a pattern", web.German, "a", map[string]any{"name": "{n}", "n": 3}, "Hallo {n}"},
		{"chooses the singular", web.German, "b", map[string]any{"n": 1}, "1 Tag"},
		{"chooses the plural", web.English, "b", map[string]any{"n": 0}, "0 days"},
		{"groups large numbers", web.German, "b", map[string]any{"n": 1234567}, "1.234.567 Tage"},
		{"groups as its language does", web.English, "b", map[string]any{"n": 1234}, "1,234 days"},
		{"comes from the simple language first", web.Simple, "a", map[string]any{"name": "Ada"}, "Guten Tag Ada"},
		{"falls back from simple to plain German", web.Simple, "b", map[string]any{"n": 2}, "2 Tage"},
		{"falls back from English to German", web.English, "c", nil, "nur deutsch"},
		{"that nobody has is its key", web.English, "d", nil, "d"},
	} {
		t.Run(test.says, func(t *testing.T) {
			if got := c.T(test.lang, test.key, test.args); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestGermanAndEnglishSayTheSameThings(t *testing.T) {
	de, en := readTexts(t, "de"), readTexts(t, "en")
	for _, key := range slices.Sorted(maps.Keys(de)) {
		if en[key] == nil {
			t.Errorf("%s is missing in en", key)
		} else if got, want := arguments(en[key]), arguments(de[key]); !slices.Equal(got, want) && !strings.HasPrefix(key, "format.") {
			t.Errorf("%s: en has arguments %q, de %q", key, got, want)
		}
	}
	for key := range en {
		if de[key] == nil {
			t.Errorf("%s is missing in de", key)
		}
	}
	for key, forms := range readTexts(t, "de-simple") {
		if de[key] == nil {
			t.Errorf("%s is in de-simple only", key)
			continue
		}
		for _, name := range arguments(forms) {
			if !slices.Contains(arguments(de[key]), name) && !strings.HasPrefix(key, "format.") {
				t.Errorf("%s: de-simple has the argument %q, de has not", key, name)
			}
		}
	}
}

var argument = regexp.MustCompile(`\{(\w+)\}|\]\((\d)\)`)

// arguments are the names that occur in any form, sorted.
func arguments(forms map[string]string) []string {
	names := map[string]bool{}
	for _, text := range forms {
		for _, m := range argument.FindAllStringSubmatch(text, -1) {
			names[m[1]+m[2]] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func TestPluralsHaveExactlyTheCategoriesOfTheLanguage(t *testing.T) {
	names := map[plural.Form]string{plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other"}
	for _, l := range web.Languages {
		want := map[string]bool{}
		for n := range 200 {
			want[names[plural.Cardinal.MatchPlural(l.Tag, n, 0, 0, 0, 0)]] = true
		}
		for key, forms := range readTexts(t, l.Folder) {
			if _, plain := forms[""]; plain {
				continue
			}
			if got := slices.Sorted(maps.Keys(forms)); !slices.Equal(got, slices.Sorted(maps.Keys(want))) {
				t.Errorf("%s: %s has the categories %q, want %q", l.Folder, key, got, slices.Sorted(maps.Keys(want)))
			}
		}
	}
}

// ---- who uses which key ----

var keyShape = regexp.MustCompile(`^[a-z][a-z0-9-]*(\.[a-z0-9_-]+)+$|^[a-z][a-z0-9-]*\.([a-z0-9_-]+\.)*$`)

// goKeys are the string literals of Go files that look like a key, or like the beginning of one.
func goKeys(t *testing.T, files ...string) map[string]bool {
	t.Helper()
	keys := map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil && keyShape.MatchString(s) && !strings.HasSuffix(s, ".html") {
					keys[s] = true
				}
			}
			return true
		})
	}
	return keys
}

// programFiles are all Go files of the program, without tests.
func programFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "node_modules" || strings.HasPrefix(entry.Name(), ".") && entry.Name() != "..") {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// templateKeys are the strings in the actions of a template that look like a key.
func templateKeys(t *testing.T, file string) map[string]bool {
	t.Helper()
	keys := map[string]bool{}
	for _, tree := range parseTemplate(t, file) {
		walk(tree.Root, func(n parse.Node) {
			if s, ok := n.(*parse.StringNode); ok && keyShape.MatchString(s.Text) {
				keys[s.Text] = true
			}
		})
	}
	return keys
}

func parseTemplate(t *testing.T, file string) map[string]*parse.Tree {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	trees := map[string]*parse.Tree{}
	tree := parse.New(file)
	tree.Mode = parse.SkipFuncCheck
	if _, err := tree.Parse(string(content), "", "", trees); err != nil {
		t.Fatal(err)
	}
	return trees
}

// walk visits every node of a template.
func walk(n parse.Node, visit func(parse.Node)) {
	visit(n)
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, child := range n.Nodes {
				walk(child, visit)
			}
		}
	case *parse.ActionNode:
		walk(n.Pipe, visit)
	case *parse.PipeNode:
		if n != nil {
			for _, c := range n.Cmds {
				walk(c, visit)
			}
		}
	case *parse.CommandNode:
		for _, a := range n.Args {
			walk(a, visit)
		}
	case *parse.IfNode:
		walkBranch(&n.BranchNode, visit)
	case *parse.RangeNode:
		walkBranch(&n.BranchNode, visit)
	case *parse.WithNode:
		walkBranch(&n.BranchNode, visit)
	case *parse.TemplateNode:
		walk(n.Pipe, visit)
	}
}

func walkBranch(n *parse.BranchNode, visit func(parse.Node)) {
	walk(n.Pipe, visit)
	walk(n.List, visit)
	walk(n.ElseList, visit)
}

func templateFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"templates/*.html", "templates/parts/*.html"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	return files
}

// usedKeys are all keys that the program names, and the beginnings of keys that it puts together.
func usedKeys(t *testing.T) (keys, beginnings map[string]bool) {
	t.Helper()
	keys, beginnings = map[string]bool{}, map[string]bool{}
	named := goKeys(t, programFiles(t)...)
	for _, file := range templateFiles(t) {
		maps.Copy(named, templateKeys(t, file))
	}
	for key := range named {
		if strings.HasSuffix(key, ".") {
			beginnings[key] = true
		} else {
			keys[key] = true
		}
	}
	for _, kind := range mailKinds(t) {
		beginnings["mail."+kind+"."] = true
	}
	delete(beginnings, "mail.")  // only together with a kind
	delete(beginnings, "error.") // rules put the rest together from their own table
	de := readTexts(t, "de")
	for key := range keys {
		if de[key] == nil {
			beginnings[key] = true // "account.link" + ".lead"
		}
	}
	return keys, beginnings
}

// mailKinds are the values of the constants engagement.Mail….
func mailKinds(t *testing.T) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "../engagement/event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Names) == 1 && strings.HasPrefix(v.Names[0].Name, "Mail") && v.Names[0].Name != "Mail" && len(v.Values) == 1 {
			if lit, ok := v.Values[0].(*ast.BasicLit); ok {
				kind, _ := strconv.Unquote(lit.Value) // a literal of the parser
				kinds = append(kinds, kind)
			}
		}
		return true
	})
	if len(kinds) == 0 {
		t.Fatal("found no kinds of mail")
	}
	return kinds
}

func begins(key string, beginnings map[string]bool) bool {
	for b := range beginnings {
		if strings.HasPrefix(key, b) {
			return true
		}
	}
	return false
}

func TestEveryKeyThatTheProgramNamesExists(t *testing.T) {
	de := readTexts(t, "de")
	areas := map[string]bool{}
	for key := range de {
		area, _, _ := strings.Cut(key, ".")
		areas[area] = true
	}
	own, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	own = slices.DeleteFunc(own, func(file string) bool { return strings.HasSuffix(file, "_test.go") })
	for _, key := range slices.Sorted(maps.Keys(goKeys(t, own...))) {
		area, _, _ := strings.Cut(key, ".")
		if areas[area] && de[key] == nil && !anyBegins(de, key) {
			t.Errorf("%s has no words", key)
		}
	}
	rules, err := filepath.Glob("../engagement/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for key := range goKeys(t, rules...) {
		if strings.HasPrefix(key, "error.") && de[key] == nil && !anyBegins(de, key) {
			t.Errorf("%s has no words", key)
		}
	}
	for _, kind := range mailKinds(t) {
		for _, what := range []string{"subject", "text"} {
			if key := "mail." + kind + "." + what; de[key] == nil {
				t.Errorf("%s has no words", key)
			}
		}
	}
	for _, file := range templateFiles(t) {
		for _, tree := range parseTemplate(t, file) {
			walk(tree.Root, func(n parse.Node) {
				c, ok := n.(*parse.CommandNode)
				if !ok || len(c.Args) < 2 || c.Args[0].String() != "t" {
					return
				}
				if key, ok := c.Args[1].(*parse.StringNode); ok && de[key.Text] == nil {
					t.Errorf("%s: %s has no words", file, key.Text)
				}
			})
		}
	}
}

// anyBegins says whether some key begins so: keys are put together, too.
func anyBegins(all texts, beginning string) bool {
	for key := range all {
		if strings.HasPrefix(key, beginning) {
			return true
		}
	}
	return false
}

func TestEveryKeyIsUsed(t *testing.T) {
	keys, beginnings := usedKeys(t)
	for _, key := range slices.Sorted(maps.Keys(readTexts(t, "de"))) {
		if !keys[key] && !keys[strings.TrimSuffix(key, ".full")] && !begins(key, beginnings) && !shared(key) {
			t.Errorf("nothing uses %s", key)
		}
	}
}

// shared keys are there for every page to come, so that the same thing is called the same.
func shared(key string) bool {
	return slices.ContainsFunc([]string{"button.", "form.", "code.", "error.", "frame.hard"}, func(b string) bool { return strings.HasPrefix(key, b) })
}

func TestPublicPagesAreCompleteInSimpleLanguage(t *testing.T) {
	de, simple := readTexts(t, "de"), readTexts(t, "de-simple")
	need := goKeys(t, "errors.go", "frame.go", "form.go", "fieldview.go", "draft.go", "mail.go", "format.go", "password.go")
	for _, file := range append([]string{"templates/layout.html"}, templateFilesIn(t, "templates/parts")...) {
		maps.Copy(need, templateKeys(t, file))
	}
	for _, a := range web.Areas() {
		if !a.Simple {
			continue
		}
		for _, page := range a.Pages {
			maps.Copy(need, templateKeys(t, "templates/"+page+".html"))
		}
		maps.Copy(need, goKeys(t, a.Name+".go"))
	}
	delete(need, "code.")
	delete(need, "mail.")
	for key := range need {
		for have := range de {
			if have != key && !(strings.HasSuffix(key, ".") && strings.HasPrefix(have, key)) {
				continue
			}
			if simple[have] == nil {
				t.Errorf("%s is missing in simple language", have)
			}
		}
	}
}

func templateFilesIn(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.html"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no templates in %s: %v", dir, err)
	}
	return files
}

// ---- the words themselves (A-15) ----

var forbidden = regexp.MustCompile(`(?i)(^|[^\p{L}])(ungültig\p{L}*|instanz(en)?|fediverse|user|fehlercode\p{L}*|toot|föderation|account|einloggen|badge)($|[^\p{L}])`)

func forbiddenIn(text string) string { return strings.TrimSpace(forbidden.FindString(text)) }

func TestGermanAvoidsWordsThatNobodyUnderstands(t *testing.T) {
	for _, folder := range []string{"de", "de-simple"} {
		for key, forms := range readTexts(t, folder) {
			for _, text := range forms {
				if word := forbiddenIn(text); word != "" && !strings.HasPrefix(key, "help.follow") {
					t.Errorf("%s: %s says %q", folder, key, word)
				}
			}
		}
	}
	t.Run("and a planted one is found", func(t *testing.T) {
		if forbiddenIn("Ihre Eingabe ist ungültig.") == "" {
			t.Error("not found")
		}
	})
}

func TestSimpleSentencesAreShort(t *testing.T) {
	for key, forms := range readTexts(t, "de-simple") {
		for _, text := range forms {
			for sentence := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(".!?:\n", r) }) {
				if n := len(strings.Fields(sentence)); n > 12 {
					t.Logf("%s: %d words: %s", key, n, sentence)
				}
			}
		}
	}
}
