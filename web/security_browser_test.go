//go:build browser

package web_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"seestern/web/webtest"
)

// TestAnAccountIsKeptSafeInABrowser goes the whole way: second factor on, out, in again with it, in again with a code on paper, devices, and
// everything about the person as a file.
func TestAnAccountIsKeptSafeInABrowser(t *testing.T) {
	h := newHouse(t)
	ada := h.visitor()
	h.register(ada, "ada", goodPassword)
	tab := webtest.Chromium(t)
	session := ada.Cookies()[0]
	tab.SetCookie(h.Base, session.Name, session.Value)
	look := func(name string) {
		t.Helper()
		for suffix, width := range map[string]int{"-390": 390, "-1280": 1280} {
			tab.As(webtest.Look{Width: width})
			for _, v := range tab.Axe() {
				t.Errorf("%s: %+v", name, v)
			}
			if wide := tab.Overflow(); wide != "" {
				t.Error(wide)
			}
			tab.Screenshot("security-" + name + suffix)
		}
	}
	text := func(selector string) string {
		return webtest.Eval[string](tab, `document.querySelector("`+selector+`").innerText`)
	}
	signIn := func(code string) {
		t.Helper()
		tab.Open(h.Base + "/anmelden")
		tab.Type("[name=login]", "ada@mail.example")
		tab.Type("[name=passwort]", goodPassword)
		tab.Press("main form button.kern-btn--primary")
		if got := text("h1"); got != "Zweiter Schritt" {
			t.Fatalf("got %q", got)
		}
		look("asked")
		tab.Type("[name=code]", code)
		tab.Press("main form button.kern-btn--primary")
		if got := text("h1"); got != "Mein Bereich" {
			t.Fatalf("got %q: %s", got, text("main"))
		}
	}

	tab.Open(h.Base + "/konto/sicherheit")
	look("home")
	tab.Press("main a[href='/konto/sicherheit/zweiter-faktor']")
	look("off")
	tab.Press("main form button")
	look("setup")
	phone := app{h, strings.ReplaceAll(text("main code"), " ", "")}
	tab.Type("[name=code]", phone.code())
	tab.Press("main form button.kern-btn--primary")
	look("codes")
	paper := text("ol li:nth-child(2) code")
	tab.Press("main a.kern-btn--primary")
	tab.Press(".s-tools form button")
	h.clock.Forward(30 * time.Second)
	signIn(phone.code())
	tab.Press(".s-tools form button")
	signIn(paper)
	other := h.visitor()
	h.clock.Forward(30 * time.Second)
	signInAs(other, "ada").Form(mainForm).Set("code", phone.code()).Submit().Want(200)
	tab.Open(h.Base + "/konto/sicherheit/geraete")
	look("devices")
	tab.Press("main form[action='/konto/sicherheit/geraete/beenden'] button")
	if got := other.Get("/meine").Path; !strings.HasPrefix(got, "/anmelden") {
		t.Errorf("the other device sees %s", got)
	}

	tab.Open(h.Base + "/meine/daten")
	look("data")
	tab.Press("main a[href='/meine/daten/export']")
	tab.Press("main form button")
	look("export-waits")
	h.makeExports()
	tab.Open(h.Base + "/meine/daten/export")
	look("export-ready")
	webtest.Eval[bool](tab, `(async () => {
		const form = document.querySelector("main form[action$='/datei']")
		const answer = await fetch(form.action, {method: "POST", body: new URLSearchParams(new FormData(form))})
		document.title = btoa(String.fromCharCode(...new Uint8Array(await answer.arrayBuffer())))
	})(), true`)
	tab.Until(`document.title.startsWith("UEsD")`)
	file, err := base64.StdEncoding.DecodeString(webtest.Eval[string](tab, "document.title"))
	if err != nil {
		t.Fatal(err)
	}
	words, _ := unzip(t, file)
	path := filepath.Join(t.TempDir(), "meine-daten.html")
	if err := os.WriteFile(path, []byte(words), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range tab.Problems() {
		t.Error(p)
	}
	tab.Open("file://" + path)
	if got := text("h1"); got != "Alle Daten über ada" {
		t.Errorf("got %q", got)
	}
	look("file")
}
