package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"seestern/store/storetest"
)

// asProgram makes the test binary be the program: the demo starts its instances by starting itself.
const asProgram = "SEESTERN_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "1" {
		main()
	}
	os.Exit(m.Run())
}

// operator is somebody at the command line of an instance.
type operator struct {
	t      *testing.T
	config string
}

func newOperator(t *testing.T) operator {
	return operator{t, write(t, `base_url = "http://localhost:8099"
listen = "127.0.0.1:0"
[mail]
transport = "folder"
from = "a@seestern.example"
`)}
}

// run runs a command and returns code, output and errors.
func (o operator) run(args ...string) (code int, out, errs string) {
	var b, e bytes.Buffer
	code = run(context.Background(), append(args, "--config", o.config), &b, &e)
	return code, b.String(), e.String()
}

// must runs a command that has to succeed and reads its JSON.
func (o operator) must(args ...string) map[string]any {
	o.t.Helper()
	code, out, errs := o.run(append(args, "--json")...)
	if code != 0 {
		o.t.Fatalf("%v: exit %d: %s", args, code, errs)
	}
	var v map[string]any
	if out != "" && json.Unmarshal([]byte(out), &v) != nil {
		var list []any
		if err := json.Unmarshal([]byte(out), &list); err != nil {
			o.t.Fatalf("%v printed no JSON: %s", args, out)
		}
		v = map[string]any{"list": list}
	}
	return v
}

const opportunityFile = `{"title": "Vorlesen in der Grundschule", "summary": "Eine Stunde in der Woche.", "description": %q,
	"areas": ["schule-kita"], "activities": ["vorlesen"], "commitment": "regelmaessig", "slots": ["di-vormittag"], "mode": "vor-ort", "place": "12555",
	"precision": "ortsteil", "min_age": 16, "capacity": 2, "insurance": ["offen"], "languages": ["de:B1"]}`

func (o operator) addOrganization() map[string]any {
	return o.must("organization", "add", "--name", "Leseinsel e. V.", "--handle", "leseinsel", "--place", "12555", "--areas", "schule-kita", "--contact-mail", "lesen@verein.example")
}

func (o operator) addOpportunity() string {
	o.t.Helper()
	o.addOrganization()
	file := filepath.Join(o.t.TempDir(), "o.json")
	if err := os.WriteFile(file, fmt.Appendf(nil, opportunityFile, strings.Repeat("Wir lesen zusammen vor. ", 15)), 0o600); err != nil {
		o.t.Fatal(err)
	}
	return o.must("opportunity", "add", "--organization", "leseinsel", "--file", file)["id"].(string)
}

func TestAnOperatorAtTheCommandLine(t *testing.T) {
	o := newOperator(t)
	id := o.addOpportunity()
	if !strings.HasPrefix(id, "http://localhost:8099/ap/opportunity/") {
		t.Errorf("add printed %q, want an ActivityPub id", id)
	}
	if got := o.must("opportunity", "show", id); got["state"] != "published" || got["free"] != 2.0 {
		t.Errorf("show: got %v, want a published one with 2 free places", got)
	}
	if got := o.must("opportunity", "update", id, "--capacity", "5", "--title", "Vorlesen am Dienstag"); got["capacity"] != 5.0 || got["title"] != "Vorlesen am Dienstag" {
		t.Errorf("update: got %v", got)
	}
	if got := o.must("opportunity", "close", id); got["state"] != "expired" {
		t.Errorf("close: got %v", got)
	}
	if got := o.must("opportunity", "remove", id); got["state"] != "withdrawn" {
		t.Errorf("remove: got %v", got)
	}
	news := o.must("announce", "--organization", "leseinsel", "--text", "Sprechstunde mittwochs.")["id"].(string)
	if got := o.must("announcement", "show", news); got["text"] != "Sprechstunde mittwochs." || got["likes"] != 0.0 {
		t.Errorf("announcement: got %v", got)
	}
	o.must("account", "add", "--email", "a@mail.example", "--name", "Ada", "--role", "admin", "--manager", "leseinsel")
	o.must("account", "role", "a@mail.example", "moderator")
	if got := o.must("account", "list")["list"].([]any); len(got) != 1 || strings.Contains(fmt.Sprint(got), "Ada") {
		t.Errorf("account list: got %v, want one row without a name", got)
	}
	for _, list := range [][]string{{"organization", "list"}, {"organization", "followers", "leseinsel"}, {"opportunity", "list"}, {"request", "list"}, {"partner", "list"}, {"delivery", "list"}} {
		o.must(list...)
	}
	backup := filepath.Join(t.TempDir(), "backup.db")
	o.must("backup", backup)
	o.must("announcement", "remove", news)
	if code, _, errs := o.run("restore", backup); code == 0 || !strings.Contains(errs, "away first") {
		t.Errorf("a restore over a database: exit %d, %q", code, errs)
	}
	dir := filepath.Dir(o.config)
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(filepath.Join(dir, "seestern.db"+end)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	o.must("restore", backup)
	if got := o.must("announcement", "show", news); got["state"] != "published" {
		t.Errorf("after the restore the announcement is %v, want published", got["state"])
	}
}

func TestWrongInputNamesTheFieldAndSavesNothing(t *testing.T) {
	o := newOperator(t)
	o.addOrganization()
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"an opportunity without most fields": {[]string{"opportunity", "add", "--organization", "leseinsel", "--title", "Hilf"}, 1, "title: Enter at least 5 characters"},
		"an unknown organization":            {[]string{"opportunity", "add", "--organization", "niemand", "--title", "Vorlesen"}, 1, `organization "niemand"`},
		"an unknown place":                   {[]string{"organization", "add", "--name", "X e. V.", "--place", "Nirgendwo", "--contact-mail", "x@y.example"}, 1, "place: We do not know"},
		"an ambiguous place":                 {[]string{"organization", "add", "--name", "X e. V.", "--place", "Frankfurt", "--contact-mail", "x@y.example"}, 2, "may be"},
		"a handle that is taken":             {[]string{"organization", "add", "--name", "X e. V.", "--handle", "leseinsel", "--place", "12555", "--contact-mail", "x@y.example"}, 1, "handle: This address is already taken"},
		"an unknown flag":                    {[]string{"opportunity", "add", "--colour", "red"}, 2, "unknown flag --colour"},
		"an unknown opportunity":             {[]string{"opportunity", "show", "00000000-0000-4000-8000-000000000000"}, 1, "not found"},
		"an address that is none":            {[]string{"account", "add", "--email", "ada", "--name", "Ada"}, 1, "email: The e-mail address needs an @ sign"},
		"a role that does not exist":         {[]string{"account", "add", "--email", "a@b.example", "--name", "Ada", "--role", "king"}, 1, `role: There is no role "king"`},
		"a file that is no postal-code file": {[]string{"geo", "import", o.config}, 1, "config.toml"},
		"text that is too long":              {[]string{"announce", "--organization", "leseinsel", "--text", strings.Repeat("a", 1501)}, 1, "Shorten the text to 1,500"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, errs := o.run(c.args...)
			if code != c.code || !strings.Contains(errs, c.want) {
				t.Errorf("got exit %d, %q, want %d and %q", code, errs, c.code, c.want)
			}
		})
	}
	if got := o.must("opportunity", "list")["list"].([]any); len(got) != 0 {
		t.Errorf("something was saved: %v", got)
	}
	if got := o.must("account", "list")["list"].([]any); len(got) != 0 {
		t.Errorf("an account was saved: %v", got)
	}
}

func TestAFileWithAnUnknownFieldIsRefused(t *testing.T) {
	o := newOperator(t)
	o.addOrganization()
	file := write(t, `{"title": "Vorlesen", "colour": "red"}`)
	if code, _, errs := o.run("opportunity", "add", "--organization", "leseinsel", "--file", file); code != 2 || !strings.Contains(errs, "colour") {
		t.Errorf("got exit %d, %q", code, errs)
	}
}

func TestTheMainJobBetweenThreeInstances(t *testing.T) {
	t.Run("with SQLite files", func(t *testing.T) { mainJob(t) })
	t.Run("with PostgreSQL databases", func(t *testing.T) {
		var databases []string
		for range 3 {
			databases = append(databases, "--database", storetest.EmptyPostgres(t).DSN)
		}
		mainJob(t, databases...)
	})
}

// mainJob runs the check of the demo as a process of its own.
func mainJob(t *testing.T, args ...string) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(self, append([]string{"demo", "--check", "--port", fmt.Sprint(freePorts(t, 7)), "--dir", t.TempDir()}, args...)...)
	command.Env = append(os.Environ(), asProgram+"=1")
	out, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "The main job works.") {
		t.Errorf("%v\n%s", err, out)
	}
}

// freePorts is the first of n ports in a row that nobody uses.
func freePorts(t *testing.T, n int) int {
	t.Helper()
search:
	for first := 20000; first < 30000; first += n {
		for port := first; port < first+n; port++ {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				continue search
			}
			l.Close()
		}
		return first
	}
	t.Fatal("no free ports")
	return 0
}
