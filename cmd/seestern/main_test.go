package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seestern/engagement"
	"seestern/store"
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

func TestAnOrganizationMovesAtTheCommandLine(t *testing.T) {
	o := newOperator(t)
	o.addOrganization()
	for _, wrong := range [][]string{{"leseinsel"}, {"leseinsel", "@neu@new.example", "--undo"}} {
		if code, _, errs := o.run(append([]string{"organization", "move"}, wrong...)...); code != 2 || !strings.Contains(errs, "--undo") {
			t.Errorf("%v: exit %d: %s", wrong, code, errs)
		}
	}
	for _, command := range []string{"move", "alias"} {
		if code, _, errs := o.run("organization", command, "leseinsel", "http://localhost:9/nobody"); code != 1 || !strings.Contains(errs, "cannot be read") {
			t.Errorf("%s to nobody: exit %d: %s", command, code, errs)
		}
	}
	if code, _, errs := o.run("organization", "alias", "leseinsel", "https://old.example/1", "--remove"); code == 0 || !strings.Contains(errs, "old.example") {
		t.Errorf("alias that is none: exit %d: %s", code, errs)
	}
	if code, _, errs := o.run("organization", "move", "leseinsel", "--undo"); code == 0 || errs == "" {
		t.Errorf("undo without a move: exit %d: %s", code, errs)
	}
}

func TestAnOrganizationIsExportedAtTheCommandLine(t *testing.T) {
	o := newOperator(t)
	o.addOrganization()
	file := filepath.Join(t.TempDir(), "leseinsel.tar")
	o.must("organization", "export", "leseinsel", file)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("got %v, %v", info, err)
	}
	content, err := os.ReadFile(file)
	if err != nil || !bytes.Contains(content, []byte("Leseinsel e. V.")) || !bytes.Contains(content, []byte("activitypub/outbox.json")) {
		t.Errorf("%d bytes, %v", len(content), err)
	}
	for _, wrong := range [][]string{{"leseinsel", file}, {"nobody", file + "2"}} {
		if code, _, errs := o.run(append([]string{"organization", "export"}, wrong...)...); code == 0 || errs == "" {
			t.Errorf("%v: exit %d: %s", wrong, code, errs)
		}
	}
	if again, err := os.ReadFile(file); err != nil || !bytes.Equal(again, content) {
		t.Errorf("the file has changed: %v", err)
	}
}

func TestAHostThatWasLimitedByItselfIsNamedSo(t *testing.T) {
	h := store.Host{Peer: store.Peer{Host: "loud.example", Standing: store.Limited, Automatic: true}}
	if got := standingOf(h); got != "limited (automatically)" || describeHost(h)["automatic"] != true {
		t.Errorf("got %q, %v", got, describeHost(h))
	}
}

func TestAnOperatorVouchesAtTheCommandLine(t *testing.T) {
	o := newOperator(t)
	o.addOrganization()
	until := engagement.DateOf(time.Now()).Add(300)
	said := o.must("attestation", "add", "leseinsel", "--level", "register-geprueft", "--basis", "Register eingesehen", "--until", string(until))
	id := said["id"].(string)
	if !strings.HasPrefix(id, "http://localhost:8099/ap/attestation/") || said["revoked"] != false {
		t.Errorf("add: got %v", said)
	}
	if got := o.must("attestation", "revoke", id[strings.LastIndex(id, "/")+1:]); got["revoked"] != true {
		t.Errorf("revoke: got %v", got)
	}
	if got := o.must("attestation", "list", "leseinsel")["list"].([]any); len(got) != 1 || got[0].(map[string]any)["basis"] != "Register eingesehen" {
		t.Errorf("list: got %v", got)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"too long":           {[]string{"add", "leseinsel", "--level", "register-geprueft", "--basis", "Register", "--until", "2099-01-01"}, "until: "},
		"of nobody":          {[]string{"add", "leseinsel", "--level", "register-geprueft", "--basis", "Register", "--until", string(until), "--by", "niemand"}, "niemand"},
		"that is none":       {[]string{"revoke", "2b8f6a10-3c5d-4f0a-9a51-8f0d5b6c7d01"}, "attestation "},
		"of no partner":      {[]string{"accept", "b.example", "register-geprueft"}, "partner "},
		"of its own subject": {[]string{"add", "leseinsel", "--level", "register-geprueft", "--basis", "Register", "--until", string(until), "--by", "leseinsel"}, "by: "},
	} {
		if code, _, errs := o.run(append([]string{"attestation"}, c.args...)...); code != 1 || !strings.Contains(errs, c.want) {
			t.Errorf("one %s: exit %d: %s", name, code, errs)
		}
	}
}

func TestAnOperatorAtTheCommandLine(t *testing.T) {
	o := newOperator(t)
	id := o.addOpportunity()
	if !strings.HasPrefix(id, "http://localhost:8099/ap/opportunity/") {
		t.Errorf("add printed %q, want an ActivityPub id", id)
	}
	if got := o.must("organization", "list")["list"].([]any)[0].(map[string]any); got["level"] != "" {
		t.Errorf("the organization counts as %v, which nobody said", got["level"])
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
	file := filepath.Join(t.TempDir(), "bericht.md")
	if err := os.WriteFile(file, []byte(strings.Repeat("Wir lesen vor. ", 200)), 0o600); err != nil {
		t.Fatal(err)
	}
	report := o.must("announce", "--organization", "leseinsel", "--title", "Vorlesen zu dritt", "--teaser", "So klappt es.", "--file", file)["id"].(string)
	o.must("announcement", "update", report, "--title", "Vorlesen zu viert", "--file", file)
	if got := o.must("announcement", "show", report); got["title"] != "Vorlesen zu viert" || got["teaser"] != "So klappt es." || len(got["text"].(string)) != 2999 {
		t.Errorf("announcement in the long form: got %v", got)
	}
	o.must("announce", "--organization", "leseinsel", "--text", "Wer hilft beim Aufbau?", "--urgent-until", "+3")
	if code, _, errs := o.run("announce", "--organization", "leseinsel", "--text", "Hier", "--file", file); code != 2 {
		t.Errorf("a text and a file: exit %d, %q", code, errs)
	}
	event := o.must("event", "add", "--organization", "leseinsel", "--kind", "treffen", "--title", "Lesetreff", "--day", "+3", "--from", "17:00", "--until", "19:00", "--place", "12555", "--capacity", "9", "--sign-up", "hier")
	if id, _ := event["id"].(string); !strings.HasPrefix(id, "http://localhost:8099/ap/event/") || event["state"] != "scheduled" {
		t.Errorf("event add: got %v", event)
	}
	if got := o.must("event", "show", event["code"].(string)); got["coming"] != 0.0 || got["title"] != "Lesetreff" || got["zone"] != "Europe/Berlin" {
		t.Errorf("event show: got %v", got)
	}
	if got := o.must("event", "list")["list"].([]any)[0].(map[string]any); got["id"] != event["id"] {
		t.Errorf("event list: got %v", got)
	}
	if got := o.must("event", "cancel", event["id"].(string)); got["state"] != "canceled" {
		t.Errorf("event cancel: got %v", got)
	}
	if got := o.must("event", "remove", event["id"].(string)); got["state"] != "withdrawn" {
		t.Errorf("event remove: got %v", got)
	}
	if got := o.must("board", "add", "--kind", "ort", "--name", "Köpenick", "--place", "12555", "--organization", "leseinsel"); got["handle"] != "koepenick@localhost:8099" || !strings.HasPrefix(got["id"].(string), "http://localhost:8099/ap/board/") {
		t.Errorf("board add: got %v", got)
	}
	if got := o.must("board", "archive", "koepenick"); got["state"] != "archived" {
		t.Errorf("board archive: got %v", got)
	}
	if got := o.must("board", "archive", "koepenick", "--undo"); got["state"] != "active" {
		t.Errorf("board archive --undo: got %v", got)
	}
	if got := o.must("board", "list")["list"].([]any)[0].(map[string]any); got["kind"] != "ort" || got["followers"] != 0.0 {
		t.Errorf("board list: got %v", got)
	}
	o.must("account", "add", "--email", "a@mail.example", "--name", "Ada", "--role", "admin", "--manager", "leseinsel")
	if got := o.must("account", "role", "a@mail.example", "moderator"); fmt.Sprint(got["roles"]) != "[admin moderator]" {
		t.Errorf("roles: got %v", got)
	}
	o.must("account", "age", "a@mail.example", "12-13")
	if got := o.must("account", "age", "a@mail.example", "16-17"); got["age"] != "16-17" {
		t.Errorf("age: got %v", got)
	}
	if got := o.must("account", "delete", "a@mail.example"); !strings.HasPrefix(fmt.Sprint(got["delete_after"]), "20") || fmt.Sprint(got["without_manager"]) != "[leseinsel]" {
		t.Errorf("delete: got %v", got)
	}
	if got := o.must("account", "keep", "A@mail.example"); got["kept"] != true {
		t.Errorf("keep: got %v", got)
	}
	if got := o.must("account", "consents", "a@mail.example"); len(got["list"].([]any)) != 0 {
		t.Errorf("consents: %v", got)
	}
	o.must("account", "add", "--email", "b@mail.example", "--name", "Bea")
	if code, _, _ := o.run("account", "unlock", "b@mail.example"); code == 0 {
		t.Error("a second factor that is not there is taken away")
	}
	if got := o.must("account", "delete", "b@mail.example", "--now"); got["requests"] != 0.0 || fmt.Sprint(got["without_manager"]) != "[]" {
		t.Errorf("delete --now: got %v", got)
	}
	if got := o.must("account", "erased")["list"].([]any); len(got) != 1 || strings.Contains(fmt.Sprint(got), "mail.example") || !strings.Contains(fmt.Sprint(got), "records:account 1") {
		t.Errorf("account erased: got %v", got)
	}
	if got := o.must("audit", "verify"); got["broken"] != nil || got["waiting"] == 0.0 {
		t.Errorf("audit verify: got %v", got)
	}
	if code, _, _ := o.run("account", "delete", "b@mail.example"); code == 0 {
		t.Error("an account is deleted twice")
	}
	if got := o.must("announcement", "update", news, "--text", "Sprechstunde freitags."); got["text"] != "Sprechstunde freitags." || got["id"] != news {
		t.Errorf("announcement update: got %v", got)
	}
	if got := o.must("account", "list")["list"].([]any); len(got) != 1 || strings.Contains(fmt.Sprint(got), "Ada") {
		t.Errorf("account list: got %v, want one row without a name", got)
	}
	if code, _, errs := o.run("partner", "directed", "nowhere.example"); code != 1 || !strings.Contains(errs, "nowhere.example") {
		t.Errorf("directed requests with an unknown partner: exit %d, %q", code, errs)
	}
	if code, _, errs := o.run("partner", "trust", "nowhere.example"); code != 1 || !strings.Contains(errs, "nowhere.example") {
		t.Errorf("trust in an unknown partner: exit %d, %q", code, errs)
	}
	for _, rotate := range [][]string{{}, {"--actor", "leseinsel"}} {
		if got := o.must(append([]string{"keys", "rotate"}, rotate...)...)["keys"].([]any); len(got) != 1 || !strings.HasSuffix(got[0].(string), "#key-2") {
			t.Errorf("keys rotate %v: got %v", rotate, got)
		}
	}
	if code, _, errs := o.run("keys", "rotate"); code == 0 || !strings.Contains(errs, "--force") {
		t.Errorf("a second rotation: exit %d, %q", code, errs)
	}
	if got := o.must("keys", "rotate", "--all")["keys"].([]any); len(got) != 0 {
		t.Errorf("a second rotation of all: got %v", got)
	}
	if got := o.must("keys", "rotate", "--all", "--force")["keys"].([]any); len(got) != 2 {
		t.Errorf("a forced rotation: got %v", got)
	}
	for _, list := range [][]string{{"organization", "list"}, {"organization", "followers", "leseinsel"}, {"board", "list"}, {"event", "list"}, {"event", "followed"}, {"opportunity", "list"}, {"request", "list"}, {"partner", "list"}, {"delivery", "list"}} {
		o.must(list...)
	}
	if got := o.must("host", "suspend", "https://Evil.example", "--note", "Spam"); got["standing"] != "suspended" || got["note"] != "Spam" {
		t.Errorf("suspend: got %v", got)
	}
	if got := o.must("host", "pause", "slow.example"); got["paused"] != true {
		t.Errorf("pause: got %v", got)
	}
	blocks := write(t, "#domain,#severity\nmeek.example,silence\nevil.example,silence\n")
	if got := o.must("host", "import", blocks, "--try")["list"].([]any); len(got) != 1 {
		t.Errorf("try: got %v, want the one that gets stricter", got)
	}
	o.must("host", "import", blocks)
	if _, got, _ := o.run("host", "export"); !strings.Contains(got, "evil.example,suspend,true,true,Spam,false\nmeek.example,silence,false,false,,false\n") {
		t.Errorf("export: got %q", got)
	}
	if got := o.must("host", "allow", "evil.example"); got["standing"] != "" {
		t.Errorf("allow: got %v", got)
	}
	if got := o.must("host", "list")["list"].([]any); len(got) != 3 {
		t.Errorf("hosts: got %v", got)
	}
	o.must("host", "resume", "slow.example")
	o.must("host", "limit", "slow.example")
	o.must("host", "show", "slow.example")
	backup := filepath.Join(t.TempDir(), "backup.db")
	o.must("backup", backup)
	if got := o.must("announcement", "remove", news); got["state"] != "withdrawn" {
		t.Errorf("announcement remove: got %v", got)
	}
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
	if _, out, _ := o.run("doctor"); !strings.Contains(out, "run seestern claim") {
		t.Errorf("after the restore the doctor says %s", out)
	}
	o.must("claim")
	if _, out, _ := o.run("doctor"); strings.Contains(out, "run seestern claim") {
		t.Errorf("after the claim the doctor says %s", out)
	}
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
		"an opportunity without most fields":  {[]string{"opportunity", "add", "--organization", "leseinsel", "--title", "Hilf"}, 1, "title: Enter at least 5 characters"},
		"an unknown organization":             {[]string{"opportunity", "add", "--organization", "niemand", "--title", "Vorlesen"}, 1, `organization "niemand"`},
		"an unknown place":                    {[]string{"organization", "add", "--name", "X e. V.", "--place", "Nirgendwo", "--contact-mail", "x@y.example"}, 1, "place: We do not know"},
		"an ambiguous place":                  {[]string{"organization", "add", "--name", "X e. V.", "--place", "Frankfurt", "--contact-mail", "x@y.example"}, 2, "may be"},
		"an event at no clock time":           {[]string{"event", "add", "--organization", "leseinsel", "--kind", "treffen", "--title", "Treff", "--day", "+3", "--from", "früh", "--until", "19:00"}, 2, "time like 15:04"},
		"an event that ends first":            {[]string{"event", "add", "--organization", "leseinsel", "--kind", "treffen", "--title", "Treff", "--day", "+3", "--from", "19:00", "--until", "18:00"}, 1, "ends: "},
		"an event twice removed":              {[]string{"event", "show", "22222222"}, 1, "not found"},
		"an account that is followed by none": {[]string{"event", "unfollow", "https://m.example/@a"}, 1, "not found"},
		"a page without a place":              {[]string{"board", "add", "--kind", "ort", "--name", "Nirgends"}, 1, "place: "},
		"a handle that an organization has":   {[]string{"board", "add", "--kind", "thema", "--name", "Lesen", "--areas", "kultur", "--handle", "leseinsel"}, 1, "handle: This address is already taken"},
		"a handle that is taken":              {[]string{"organization", "add", "--name", "X e. V.", "--handle", "leseinsel", "--place", "12555", "--contact-mail", "x@y.example"}, 1, "handle: This address is already taken"},
		"an unknown flag":                     {[]string{"opportunity", "add", "--colour", "red"}, 2, "unknown flag --colour"},
		"an unknown opportunity":              {[]string{"opportunity", "show", "00000000-0000-4000-8000-000000000000"}, 1, "not found"},
		"an address that is none":             {[]string{"account", "add", "--email", "ada", "--name", "Ada"}, 1, "email: The e-mail address needs an @ sign"},
		"a role that does not exist":          {[]string{"account", "add", "--email", "a@b.example", "--name", "Ada", "--role", "king"}, 1, `role: There is no role "king"`},
		"a list without the choice":           {[]string{"opportunity", "add", "--organization", "leseinsel", "--areas", "weltraum"}, 1, "It has: sport, kultur"},
		"a time that is none":                 {[]string{"opportunity", "add", "--organization", "leseinsel", "--slots", "mo-nacht"}, 1, "slots: “mo-nacht” is not one"},
		"a field that the flag names":         {[]string{"opportunity", "add", "--organization", "leseinsel"}, 1, "\n  place: Enter a place"},
		"a day that is none":                  {[]string{"opportunity", "add", "--organization", "leseinsel", "--ends-on", "+x"}, 2, "ends_on: \"+x\" must be a day like 2026-12-31"},
		"half a point":                        {[]string{"opportunity", "add", "--organization", "leseinsel", "--place", "12555", "--lat", "52"}, 2, "lat and lon: give both"},
		"a point off the globe":               {[]string{"opportunity", "add", "--organization", "leseinsel", "--place", "12555", "--lat", "152", "--lon", "5"}, 2, "lat and lon: must be degrees"},
		"a state that deliveries never have":  {[]string{"delivery", "list", "--state", "lost"}, 2, "--state must be one of"},
		"a level that partners never have":    {[]string{"partner", "add", "http://localhost:1", "--level", "gut"}, 2, "--level must be one of"},
		"itself as a partner":                 {[]string{"partner", "add", "http://localhost:8099"}, 2, `address: "http://localhost:8099" is this instance`},
		"a partner in the house":              {[]string{"partner", "add", "http://localhost:1"}, 1, "127.0.0.1 is not a permitted destination"},
		"itself as a suspended server":        {[]string{"host", "suspend", "localhost:8099"}, 1, "This is this site itself"},
		"a block list that breaks off":        {[]string{"host", "import", write(t, "#domain,#severity\na.example,kill\n")}, 1, "Line 2: “kill” is not"},
		"an unknown activity":                 {[]string{"delivery", "show", "https://x.example/1"}, 1, "not found"},
		"a region that is none":               {[]string{"setup", "--name", "Hier", "--place", "12555", "--regions", "Berlin"}, 2, "regions: \"Berlin\" must be a kind and a code"},
		"a Land that is none":                 {[]string{"setup", "--name", "Hier", "--place", "12555", "--land", "XX"}, 2, "land: \"XX\" must be one of BW"},
		"a file that does not exist":          {[]string{"restore", filepath.Join(o.t.TempDir(), "none")}, 2, "no such file"},
		"a backup into no folder":             {[]string{"backup", filepath.Join(o.t.TempDir(), "none", "backup")}, 1, "no such file"},
		"a file that is no postal-code file":  {[]string{"geo", "import", o.config}, 1, "config.toml"},
		"text that is too long":               {[]string{"announce", "--organization", "leseinsel", "--text", strings.Repeat("a", 1501)}, 1, "title: A text of more than 1,500 characters needs a title"},
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

func TestAWrongFileIsExplainedInItsOwnWords(t *testing.T) {
	o := newOperator(t)
	o.addOrganization()
	for text, want := range map[string]string{
		`{"title": "Vorlesen", "colour": "red"}`: `unknown field "colour"`,
		`{"title": 5}`:                           "title: must be a text, not a number",
		`{"capacity": 2.5}`:                      "capacity: must be a whole number, not a number 2.5",
		`{"areas": "sport"}`:                     "areas: must be a list of texts, not a string",
		`{"access": []}`:                         "access: must be an object, not a array",
		`{"waitlist": "ja"}`:                     "waitlist: must be true or false",
		`{"title": "Vorlesen"`:                   "ends in the middle",
		`{"title": "Vorlesen"} {}`:               "one object, and nothing after it",
		`[]`:                                     "must be one JSON object",
		`null`:                                   "must be one JSON object",
		``:                                       "must be one JSON object",
	} {
		if code, _, errs := o.run("opportunity", "add", "--organization", "leseinsel", "--file", write(t, text)); code != 2 || !strings.Contains(errs, want) {
			t.Errorf("%s: got exit %d, %q, want %q", text, code, errs, want)
		}
	}
	if got := o.must("opportunity", "list")["list"].([]any); len(got) != 0 {
		t.Errorf("something was saved: %v", got)
	}
}

func TestWhatIsNotGivenStaysAndWhatIsOverSaysSo(t *testing.T) {
	o := newOperator(t)
	id := o.addOpportunity()
	o.must("opportunity", "update", id, "--skills-required", "lesefoerderung", "--waitlist")
	o.must("opportunity", "update", id, "--skills-helpful", "gruppen-anleiten", "--no-taster")
	i, err := (&console{config: o.config, errs: os.Stderr}).open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer i.close()
	var got engagement.Opportunity
	if err := i.store.View(t.Context(), func(tx *store.Tx) (err error) {
		got, err = i.find(tx, id)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	want := []engagement.SkillNeed{{Code: "lesefoerderung", Required: true}, {Code: "gruppen-anleiten"}}
	if diff := cmp.Diff(want, got.Skills); diff != "" || !got.Waitlist {
		t.Errorf("after two updates: waitlist %v, skills %s", got.Waitlist, diff)
	}
	o.must("opportunity", "remove", "http://localhost:8099/a/"+got.Code)
	if code, _, errs := o.run("opportunity", "close", id); code != 1 || !strings.Contains(errs, "is withdrawn; this is not possible any more") {
		t.Errorf("close after remove: exit %d, %q", code, errs)
	}
	if got := o.must("opportunity", "show", id); got["updated"] == "0001-01-01T00:00:00Z" {
		t.Errorf("a time that is none is shown: %v", got)
	}
}

func TestAPasswordFromStandardInputHasTheLengthOfTheRole(t *testing.T) {
	o := newOperator(t)
	for _, c := range []struct {
		password string
		role     []string
		want     int
	}{
		{"\n", nil, 2},
		{"kurz und ok\n", nil, 1},
		{"lang genug 12\n", nil, 0},
		{"lang genug 12\n", []string{"--role", "admin"}, 1},
	} {
		in, err := os.Open(write(t, c.password))
		if err != nil {
			t.Fatal(err)
		}
		was := os.Stdin
		os.Stdin = in
		code, _, errs := o.run(append([]string{"account", "add", "--email", "a@mail.example", "--name", "Ada", "--password-stdin"}, c.role...)...)
		os.Stdin = was
		if code != c.want || code != 0 && !strings.Contains(errs, "password: ") {
			t.Errorf("%q %v: exit %d, %q, want %d", c.password, c.role, code, errs, c.want)
		}
	}
}

func TestTheKeyOfADatabaseIsNotMadeAnew(t *testing.T) {
	o := newOperator(t)
	o.addOrganization()
	backup := filepath.Join(t.TempDir(), "backup")
	o.must("backup", backup)
	key := filepath.Join(filepath.Dir(o.config), "secret.key")
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := o.run("organization", "list"); code != 2 || !strings.Contains(errs, "secret.key is missing") {
		t.Errorf("without the key: exit %d, %q", code, errs)
	}
	empty := newOperator(t)
	if code, _, errs := empty.run("restore", backup); code != 2 || !strings.Contains(errs, "secret_file") {
		t.Errorf("a restore without the key: exit %d, %q", code, errs)
	}
	for _, dir := range []string{filepath.Dir(key), filepath.Dir(empty.config)} {
		if _, err := os.Stat(filepath.Join(dir, "secret.key")); !os.IsNotExist(err) {
			t.Errorf("a key that fits nothing was left in %s: %v", dir, err)
		}
	}
	if _, err := writeNewSecret(key); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := o.run("organization", "list"); code != 2 || !strings.Contains(errs, "is not the key of this database") {
		t.Errorf("with another key: exit %d, %q", code, errs)
	}
}

func TestTheDoctorNamesKeysAsTheFileDoes(t *testing.T) {
	o := newOperator(t)
	code, out, errs := o.run("doctor", "--json")
	var got struct {
		Configuration map[string]any
		Findings      []finding
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if got.Configuration["base_url"] != "http://localhost:8099" || got.Configuration["mail"].(map[string]any)["transport"] != "folder" {
		t.Errorf("configuration: got %v", got.Configuration)
	}
	if code != 1 || !strings.Contains(errs, "1 problem found") || !strings.Contains(fmt.Sprint(got.Findings), "nobody has an account yet") {
		t.Errorf("exit %d, %q, %v", code, errs, got.Findings)
	}
}

func TestAPublicInstanceWithoutImprintDoesNotStart(t *testing.T) {
	o, _ := newServer(t, "")
	i, err := (&console{config: o.config, errs: os.Stderr}).open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := i.store.Update(t.Context(), func(tx *store.Tx) error {
		settings := engagement.NewInstance()
		settings.Public, settings.Texts = true, map[string]string{"datenschutz.de": "Wir speichern nichts.", "barrierefreiheit.de": "Alles geht."}
		return tx.PutInstance(&settings)
	}); err != nil {
		t.Fatal(err)
	}
	i.close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // only if it starts
	defer cancel()
	var errs bytes.Buffer
	if code := run(ctx, []string{"serve", "--config", o.config}, &errs, &errs); code != 2 || !strings.Contains(errs.String(), "public but has no impressum; ") {
		t.Errorf("exit %d, %s", code, &errs)
	}
}

func TestADatabaseThatCannotBeOneIsNamed(t *testing.T) {
	for url, want := range map[string]string{
		".":           "is no file",
		"none/a.db":   "no such file or directory",
		"config.toml": "file is not a database",
		"postgres://u:Geheim1@127.0.0.1:1/d?connect_timeout=5": "connection refused",
	} {
		o := operator{t, write(t, fmt.Sprintf("base_url = 'http://localhost:8099'\n[database]\nurl = %q\n", url))}
		code, _, errs := o.run("account", "list")
		if code != 1 || !strings.Contains(errs, want) || !strings.HasPrefix(errs, "seestern: database.url ") || strings.Contains(errs, "Geheim1") {
			t.Errorf("%s: exit %d, %q, want %q", url, code, errs, want)
		}
	}
}

func TestADatabaseIsServedOnceAndOnlyByAProgramThatKnowsIt(t *testing.T) {
	o, _ := newServer(t, "")
	_, stop := o.serve()
	second := operator{t, filepath.Join(filepath.Dir(o.config), "second.toml")}
	text, err := os.ReadFile(o.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(second.config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := second.run("serve"); code != 1 || !strings.HasSuffix(errs, "seestern: another server uses this database\n") {
		t.Errorf("a second server: exit %d, %q", code, errs)
	}
	stop()
	db, err := sql.Open("sqlite", filepath.Join(filepath.Dir(o.config), "seestern.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"serve"}, {"account", "list"}, {"backup", filepath.Join(t.TempDir(), "backup")}} {
		if code, _, errs := o.run(command...); code != 1 || !strings.Contains(errs, "database is newer than the program") {
			t.Errorf("%v: exit %d, %q", command, code, errs)
		}
	}
}

func TestEverybodyInTheDemoIsInvented(t *testing.T) {
	for _, name := range []string{"tk", "fz", "ac"} {
		content, err := readDemo(name)
		if err != nil {
			t.Fatal(err)
		}
		names, mails := []string{content.Setup.Name, content.Setup.Operator}, []string{content.Setup.ContactMail}
		for _, o := range content.Organizations {
			names, mails = append(names, o.Organization.Name), append(mails, o.Organization.ContactMail)
		}
		for _, n := range names {
			if !strings.HasSuffix(n, " (Demo)") {
				t.Errorf("%s: %q does not end in (Demo)", name, n)
			}
		}
		for _, m := range mails {
			if !strings.HasSuffix(m, ".example") {
				t.Errorf("%s: %q may reach somebody", name, m)
			}
		}
	}
}

func TestTheDemoDoesNotStartBesideAnotherProgram(t *testing.T) {
	port := freePorts(t, 4)
	busy, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+2))
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for want, args := range map[string][]string{
		fmt.Sprintf("the demo needs %d to %d, and listen tcp 127.0.0.1:%d", port, port+3, port+2): {"--port", fmt.Sprint(port)},
		"must be from 1 to 65529": {"--port", "65530", "--check"},
		"give three empty":        {"--database", "a", "--database", "b", "--database", "c"},
	} {
		var errs bytes.Buffer
		if code := run(t.Context(), append([]string{"demo"}, args...), &errs, &errs); code == 0 || !strings.Contains(errs.String(), want) {
			t.Errorf("%v: exit %d, %s, want %q", args, code, &errs, want)
		}
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

// mainJob runs the check of the demo, twice in the same folder, as a process of its own.
func mainJob(t *testing.T, args ...string) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	port, dir := fmt.Sprint(freePorts(t, 7)), t.TempDir()
	for _, start := range []string{"first", "second"} { // on the data of the first
		command := exec.Command(self, append([]string{"demo", "--check", "--port", port, "--dir", dir}, args...)...)
		command.Env = append(os.Environ(), asProgram+"=1")
		out, err := command.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "The main job works.") {
			t.Fatalf("%s start: %v\n%s", start, err, out)
		}
	}
}

// freePorts is the first of n ports in a row that nobody uses.
func freePorts(t testing.TB, n int) int {
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
