package web_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
	"seestern/web"
	"seestern/web/webtest"
)

const exportPath = "/meine/daten/export"

// makeExports does the background work.
func (h *house) makeExports() {
	h.t.Helper()
	if err := h.handler.(*web.Server).MakeExports(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// unzip reads the file that a person got.
func unzip(t *testing.T, file []byte) (page, data string) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	content := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		content[f.Name] = string(text)
	}
	if len(content) != 2 {
		t.Errorf("%d files", len(content))
	}
	return content["meine-daten.html"], content["meine-daten.json"]
}

// DEL-01
func TestSomebodyGetsEverythingAboutThem(t *testing.T) {
	h := newHouse(t)
	ada := h.visitor()
	h.register(ada, "ada", goodPassword)
	h.update(func(tx *store.Tx) error {
		a, err := tx.AccountByLogin("ada@mail.example")
		if err != nil {
			return err
		}
		return withProfile(func(p *engagement.Profile) {
			p.Expertise, p.Skills = "Ich habe Bürgerräte moderiert.", []engagement.Skill{{Code: "moderation", Level: "sicher", Teaches: true}}
			p.Consents = []engagement.Consent{{Purpose: engagement.ByOrganizations, Text: "2026-11", Given: tx.Now()}}
		})(tx, a)
	})
	form := ada.Get("/angebote/"+h.opportunity.Code+"/helfen").Want(200).Form(mainForm).Set("age", "ab-18").Set("text", "Ich lese <gern> vor & singe.")
	form.Submit().Want(200).Form("main form[action*=/pruefen]").Submit().Want(200)
	h.answer("kontakt", func(f *webtest.Form) { f.Set("ask", "name") })
	eve := h.visitor()
	h.register(eve, "eve", goodPassword)
	h.post()

	ada.Get(exportPath).Want(200).Form("main form").Submit().Want(200)
	if got := ada.Get(exportPath).Want(200); got.Has("main form") || !strings.Contains(got.Text("main"), "Wir stellen die Datei zusammen") {
		t.Errorf("got %q", got.Text("main"))
	}
	h.makeExports()
	h.makeExports() // nothing is left to do
	if m := h.mail("ada@mail.example"); m.Subject != "Ihre Daten" || !strings.HasSuffix(h.link(m), exportPath) {
		t.Errorf("got %+v", m)
	}
	page := ada.Get(exportPath).Want(200)
	take := page.Form("main form[action*=datei]")
	got := take.Submit().Want(200)
	if got.Header.Get("Content-Type") != "application/zip" || !strings.Contains(got.Header.Get("Content-Disposition"), "meine-daten.zip") || got.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("got %v", got.Header)
	}
	words, data := unzip(t, []byte(got.Body))
	for _, want := range []string{
		`<html lang="de"`, "Alle Daten über ada", "ada@mail.example", "Friedrichshagen", "Vorlesen", "Ich habe Bürgerräte moderiert.", "Moderation", "Ich lese &lt;gern&gt; vor &amp; singe.",
		h.opportunity.Title, h.org.Name, "Geprüfte Organisationen dürfen mich fragen", "Möchte Sie kennenlernen", "Dienstag",
	} {
		if !strings.Contains(words, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, not := range []string{"export.", "request.state", "eve@mail.example", "argon2id", "{", "%!"} {
		if strings.Contains(words, not) {
			t.Errorf("the page says %q", not)
		}
	}
	var parsed map[string][]map[string]any
	if err := json.Unmarshal([]byte(data), &parsed); err != nil {
		t.Fatal(err)
	}
	if parsed["account"][0]["Email"] != "ada@mail.example" || parsed["match_request"][0]["Text"] != "Ich lese <gern> vor & singe." || parsed["match_request"][0]["OpportunityName"] != h.opportunity.Title {
		t.Errorf("got %s", data)
	}
	for _, not := range []string{"eve@mail.example", "argon2id", "Hash", "Secret"} {
		if strings.Contains(data, not) {
			t.Errorf("the data have %q", not)
		}
	}

	t.Run("and nobody else", func(t *testing.T) {
		if page := eve.Get(exportPath).Want(200); page.Has("form[action*=datei]") {
			t.Error("there is a file")
		}
		h.visitor().Get(exportPath).Form(mainForm).Set("login", "eve@mail.example").Set("passwort", goodPassword).Submit().Want(200)
	})
	t.Run("only after a fresh sign-in", func(t *testing.T) {
		h.clock.Forward(11 * time.Minute)
		take.Submit().Want(403)
		again := ada.Get(exportPath).Form("main form[action*=datei]").Submit().Want(403)
		resumed := again.Form(mainForm).Submit().Want(200).Form(mainForm).Set("login", "ada@mail.example").Set("passwort", goodPassword).Submit().Want(200)
		if got := resumed.Form(mainForm).Submit().Want(200); got.Header.Get("Content-Type") != "application/zip" {
			t.Errorf("got %v", got.Header)
		}
	})
	t.Run("at most five times a day", func(t *testing.T) {
		for range 4 {
			ada.Get(exportPath).Form(`main form[action="` + exportPath + `"]`).Submit().Want(200)
			h.makeExports()
		}
		ada.Get(exportPath).Form(`main form[action="` + exportPath + `"]`).Submit().Want(429)
	})
	t.Run("for a day", func(t *testing.T) {
		form := ada.Get(exportPath).Form("main form[action*=datei]")
		h.clock.Forward(24 * time.Hour)
		signInAs(ada, "ada")
		if page := ada.Get(exportPath); page.Has("form[action*=datei]") {
			t.Error("it is still offered")
		}
		_ = form
		h.update(func(tx *store.Tx) error {
			a, err := tx.AccountByLogin("ada@mail.example")
			if err != nil {
				return err
			}
			if _, err := tx.ExportFile(a.ID); err == nil {
				t.Error("it can still be read")
			}
			_, err = engagement.Tick(tx, 100)
			return err
		})
		h.update(func(tx *store.Tx) error {
			a, err := tx.AccountByLogin("ada@mail.example")
			if err != nil {
				return err
			}
			if _, err := tx.Export(a.ID); err == nil {
				t.Error("it is still stored")
			}
			return nil
		})
	})
}

// Whoever adds a field to a noun of persons says what it is called in their file.
func TestEveryFieldOfAPersonsFileHasAName(t *testing.T) {
	words, err := web.LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	need := map[string]bool{}
	var walk func(typ reflect.Type)
	walk = func(typ reflect.Type) {
		switch {
		case typ.Kind() == reflect.Slice:
			walk(typ.Elem())
			return
		case typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() || typ == reflect.TypeFor[geo.Point]():
			return
		}
		for i := range typ.NumField() {
			f := typ.Field(i)
			if (f.Tag.Get("class") != "tec" || f.Type == reflect.TypeFor[time.Time]()) && !slices.Contains(web.Unsaid, f.Name) {
				need["export.field."+f.Name] = true
				walk(f.Type)
			}
		}
	}
	for _, kind := range store.PersonalKinds() {
		need["export.of."+kind.Table] = true
		walk(reflect.TypeOf(kind.Records[0]))
	}
	for key := range need {
		for _, lang := range []engagement.Lang{"de", "en", "ls"} {
			if !words.Has(lang, key) {
				t.Errorf("%s has no words in %s", key, lang)
			}
		}
	}
}

func TestConsentsCanBeWithdrawn(t *testing.T) {
	h := newHouse(t)
	ada := h.person("ada", withProfile(func(p *engagement.Profile) {
		p.Sensitive, p.Consents = true, []engagement.Consent{
			{Purpose: engagement.ConsentSensitive, Text: "2026-11", Given: h.clock.Now()},
			{Purpose: engagement.ByOrganizations, Text: "2026-11", Given: h.clock.Now(), Until: h.clock.Now().AddDate(1, 0, 0)},
		}
	}))
	h.place(ada)
	const path = "/meine/daten/einwilligungen"
	page := ada.Get("/meine").Click("Meine Daten").Want(200).Click("Einwilligungen").Want(200)
	wants(t, page, "Fassung des Textes: 2026-11", "25. November 2027", "Religion")
	if page.Path != path || len(page.Find("main form")) != 2 {
		t.Fatalf("got %s with %d buttons", page.Path, len(page.Find("main form")))
	}
	page.Form("main form[action*=" + string(engagement.ByOrganizations) + "]").Submit().Want(200)
	page = ada.Get(path).Form("main form[action*=" + string(engagement.ConsentSensitive) + "]").Submit().Want(200)
	wants(t, page, "Beendet am")
	if len(page.Find("main form")) != 0 {
		t.Error("something can still be withdrawn")
	}
	h.update(func(tx *store.Tx) error {
		a, err := tx.AccountByLogin("ada@mail.example")
		if err != nil {
			return err
		}
		p, err := tx.Profile(a.ID)
		if _, on := p.Consent(engagement.ByOrganizations, tx.Now()); on || p.Sensitive {
			t.Errorf("got %+v", p)
		}
		return err
	})
}
