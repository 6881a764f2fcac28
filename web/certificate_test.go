package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/web"
	"seestern/web/webtest"
)

// certified is a certificate of somebody with an account, in a state.
func (h *house) certified(name string, state engagement.CertificateState, change ...func(*engagement.Certificate)) (c engagement.Certificate) {
	h.t.Helper()
	h.update(func(tx *store.Tx) error {
		a, err := tx.AccountByLogin(name + "@mail.example")
		if err != nil {
			return err
		}
		today := engagement.DateOf(tx.Now())
		c = engagement.Certificate{
			ID: tx.NewSecretID(), Account: a.ID, Organization: h.org.ID, Type: "engagementnachweis", Name: "Ada Beispiel", Role: "Vorlesepatin", From: today.Add(-90), Until: today,
			Tasks: "Hat jede Woche einer kleinen Gruppe vorgelesen.\nHat Bücher ausgesucht.", Skills: []engagement.Code{"texten"}, Hours: true, Minutes: 1110, State: state, Asked: tx.Now(), Lang: "de",
		}
		for range 2 {
			code, err := tx.NewCode()
			if err != nil {
				return err
			}
			c.Code += code
		}
		if state == engagement.CertificateIssued || state == engagement.CertificateRevoked {
			if c.Status, err = tx.NextStatus(); err != nil {
				return err
			}
			c.Issued, c.Issuer, c.Level = tx.Now(), h.org.Name, h.org.Level
		}
		for _, f := range change {
			f(&c)
		}
		return tx.PutCertificate(&c)
	})
	return c
}

// certificateLooks are the pages about certificates; hoursLooks have made the person.
func (h *house) certificateLooks() []look {
	h.t.Helper()
	grace := h.place(h.again("grace"))
	asked, issued := h.certified("grace", engagement.CertificateRequested), h.certified("grace", engagement.CertificateIssued, func(c *engagement.Certificate) {
		c.Type, c.Released = "eak-nachweis", []engagement.Code{"name", "stunden"}
	})
	revoked := h.certified("grace", engagement.CertificateRevoked, func(c *engagement.Certificate) { c.Reason, c.Ended = "Ein Irrtum.", c.Issued })
	own, bench := "/meine/nachweise", "/meine/organisationen/"+h.org.Code+"/nachweise"
	return []look{
		{"certificates", own, grace},
		{"certificates-none", own, h.adviser},
		{"certificate-new", own + "/neu", grace},
		{"certificate-new-easy", "/ls" + own + "/neu", grace},
		{"certificate-asked", own + "/" + string(asked.ID), grace},
		{"certificate-issued", own + "/" + string(issued.ID), grace},
		{"certificate-issued-easy", "/ls" + own + "/" + string(issued.ID), grace},
		{"certificate-revoked", own + "/" + string(revoked.ID), grace},
		{"certificates-team", bench, h.manager},
		{"certificate-thank", bench + "/danke", h.manager},
		{"certificate-case", bench + "/" + string(asked.ID), h.manager},
		{"certificate-case-issued", bench + "/" + string(issued.ID), h.manager},
		{"certificate-decline", bench + "/" + string(asked.ID) + "/ablehnen", h.manager},
		{"certificate-revoke", bench + "/" + string(issued.ID) + "/widerrufen", h.manager},
		{"certificate-valid", "/nachweis/" + issued.Code, nil},
		{"certificate-valid-easy", "/ls/nachweis/" + issued.Code, nil},
		{"certificate-invalid", "/nachweis/" + revoked.Code, nil},
	}
}

var checkCode = regexp.MustCompile(`[2-9a-z]{4}(-[2-9a-z]{4}){3}`)

func TestACertificateOnThePages(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, func(o *web.Options) {
		o.Network.Sign = func(_ context.Context, claims []byte) ([]byte, error) {
			text := "e30." + base64.RawURLEncoding.EncodeToString(claims)
			return []byte(text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(private, []byte(text)))), nil
		}
	})
	h.update(func(tx *store.Tx) error {
		i, err := tx.Instance()
		if err != nil {
			return err
		}
		i.Land = "BE"
		return tx.PutInstance(&i)
	})
	stranger := h.place(h.person("stranger"))
	wants(t, stranger.Get("/meine/nachweise").Want(200), "sobald Sie mit einer Organisation etwas vereinbart haben")
	ada, m := h.active("ada")
	today := h.clock.Now()
	wrote(ada, today, "2,5").Want(200)
	bench := "/meine/organisationen/" + h.org.Code
	hours := h.manager.Get(bench + "/stunden").Want(200)
	hours.Form("main form[novalidate]").Set("entry", webtest.Attr(hours.Find("input[name=entry]")[0], "value")).Submit().Want(200)
	h.post()

	form := ada.Get("/meine/anfragen/" + string(m.ID)).Want(200).Click("Nachweis bestellen").Want(200)
	wants(t, form, "Vorlage Schüler-FreiwilligenPass")
	if got := webtest.Attr(form.Find("#role")[0], "value"); got != "Kindern vorlesen in der Kita" {
		t.Errorf("the role is %q", got)
	}
	fill := form.Form(mainForm).Set("name", "Ada (Beispiel) \\ Ü").Set("role", "Vorlesepatin").Set("tasks", "Hat vorgelesen.\nHat <b>Bücher</b> ausgesucht.").Set("skills", "texten").
		Set("until-tag", today.Format("2")).Set("until-monat", today.Format("1")).Set("until-jahr", "2099")
	wants(t, fill.Submit().Want(422), "kommt erst noch")
	check := fill.Set("until-jahr", today.Format("2006")).Submit().Want(200)
	wants(t, check, "2,5 Stunden", "Vorlesepatin", h.org.Name)
	back := check.Form("main form[action*=/neu]").Submit().Want(200)
	if got := webtest.Attr(back.Find("#role")[0], "value"); got != "Vorlesepatin" {
		t.Errorf("back at the form the role is %q", got)
	}
	asked := check.Form("main form[action*=/pruefen]").Submit().Want(200)
	wants(t, asked, "Wartet auf die Organisation")
	if asked.Has("a[href*=.pdf]") || checkCode.MatchString(asked.Text("main")) {
		t.Error("it can be passed on before it is confirmed")
	}
	id := strings.TrimPrefix(asked.Path, "/meine/nachweise/")
	stranger.Get(asked.Path).Want(404)
	h.manager.Get(asked.Path).Want(404)
	ada.Get(asked.Path + ".pdf").Want(404)
	ada.Get(asked.Path + ".jwt").Want(404)

	mail := h.mail("ehrenamt@leseinsel.example")
	if mail.Subject != "Nachweis bestätigen" || strings.Contains(mail.Text, "Ada") {
		t.Errorf("mail %+v", mail)
	}
	teamCase := h.manager.Get(h.link(mail)).Want(200)
	wants(t, teamCase, "Vorlesepatin", "2,5 Stunden", "Hat <b>Bücher</b> ausgesucht.")
	for _, problem := range teamCase.Problems() {
		t.Error(problem)
	}
	teamCase.Form("form[action*=bestaetigen]").Submit().Want(200)
	if news := h.mail("ada@mail.example"); news.Subject != "Ihr Nachweis" || !strings.HasSuffix(h.link(news), asked.Path) {
		t.Errorf("mail %+v", news)
	}

	page := ada.Get(asked.Path).Want(200)
	wants(t, page, "Bestätigt", "Nachweis, PDF,", h.org.Name)
	code := checkCode.FindString(page.Text("main"))
	checked := func(want int, more ...string) *webtest.Page {
		t.Helper()
		p := h.visitor().Get("/nachweis/" + code).Want(want)
		wants(t, p, more...)
		return p
	}
	t.Run("its file has everything and can be read aloud", func(t *testing.T) {
		file := ada.Get(asked.Path + ".pdf").Want(200)
		if got := file.Header.Get("Content-Type"); got != "application/pdf" || !strings.Contains(file.Header.Get("Content-Disposition"), "nachweis.pdf") {
			t.Errorf("headers %v", file.Header)
		}
		text := pdfText(t, file.Body)
		for _, words := range []string{"Engagement-Nachweis", "Ada (Beispiel) \\ Ü", h.org.Name, "Hat <b>Bücher</b> ausgesucht.", "2,5 Stunden", code} {
			if !strings.Contains(text, words) {
				t.Errorf("no %q in %q", words, text)
			}
		}
		stranger.Get(asked.Path + ".pdf").Want(404)
	})
	t.Run("its signed file says the same", func(t *testing.T) {
		claims := claimsOf(t, ada.Get(asked.Path+".jwt").Want(200).Body, public)
		subject := claims["credentialSubject"].(map[string]any)
		if claims["id"] != "urn:uuid:"+id || claims["issuer"].(map[string]any)["name"] != h.org.Name || subject["activityEndDate"] != today.Format("2006-01-02")+"T00:00:00Z" {
			t.Errorf("claims %v", claims)
		}
		if got := subject["achievement"].(map[string]any); got["name"] != "Vorlesepatin" || !strings.Contains(got["criteria"].(map[string]any)["narrative"].(string), "2,5 Stunden") {
			t.Errorf("achievement %v", got)
		}
		if s := claims["credentialStatus"].(map[string]any); s["statusListIndex"] != "0" || s["statusListCredential"] != h.Base+"/nachweis/status/1" {
			t.Errorf("status %v", s)
		}
	})
	t.Run("whoever has the code sees what was released", func(t *testing.T) {
		p := checked(200, "Dieser Nachweis gilt", h.org.Name, "nicht freigegeben")
		for _, secret := range []string{"Ada", "Vorlesepatin", "vorgelesen", "2,5"} {
			if strings.Contains(p.Body, secret) {
				t.Errorf("%q was not released", secret)
			}
		}
		if got := p.Header.Get("Cache-Control"); !strings.Contains(got, "no-store") {
			t.Errorf("Cache-Control %q", got)
		}
		wants(t, h.visitor().Get("/nachweis/"+strings.ToUpper(strings.ReplaceAll(code, "-", ""))).Want(200), "Dieser Nachweis gilt")
		page.Form("main form[novalidate]").Set("released", "name", "stunden").Submit().Want(200)
		p = checked(200, "Ada (Beispiel)", "2,5 Stunden", "nicht freigegeben")
		if strings.Contains(p.Body, "Vorlesepatin") {
			t.Error("the role was not released")
		}
		ada.Get(asked.Path).Form("main form[novalidate]").Set("released").Submit().Want(200)
		if p = checked(200); strings.Contains(p.Body, "Ada") {
			t.Error("what was taken back is still there")
		}
		wants(t, h.visitor().Get("/nachweis/2222-3333-4444-5555").Want(404), "Diesen Nachweis gibt es hier nicht")
	})
	t.Run("it is taken back with a reason", func(t *testing.T) {
		member := h.place(h.person("member1", memberOf(h.org, engagement.Member)))
		if member.Get(teamCase.Path).Want(200).Has("a[href*=widerrufen]") {
			t.Error("a member is offered to take it back")
		}
		member.Get(teamCase.Path + "/widerrufen").Want(403)
		revoke := h.manager.Get(teamCase.Path).Want(200).Click("Bestätigung zurücknehmen").Want(200).Form(mainForm)
		revoke.Submit().Want(422)
		wants(t, revoke.Set("reason", "Der Zeitraum war falsch.").Submit().Want(200), "Zurückgenommen")
		wants(t, ada.Get(asked.Path).Want(200), "gilt nicht mehr", "Der Zeitraum war falsch.")
		if p := checked(200, "Dieser Nachweis gilt nicht mehr"); strings.Contains(p.Body, "Zeitraum war falsch") {
			t.Error("everybody reads the reason")
		}
		ada.Get(asked.Path + ".pdf").Want(404)
		list := claimsOf(t, h.visitor().Get("/nachweis/status/1").Want(200).Body, public)["credentialSubject"].(map[string]any)
		packed, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(list["encodedList"].(string), "u"))
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		if bits, err := io.ReadAll(z); err != nil || len(bits) != 16_384 || bits[0] != 0x80 || bytes.Count(bits, []byte{0}) != 16_383 {
			t.Errorf("%d bytes of bits, the first %x, %v", len(bits), bits[0], err)
		}
		h.visitor().Get("/nachweis/status/2").Want(404)
	})
	t.Run("its person deletes it", func(t *testing.T) {
		ada.Get(asked.Path).Form("form[action*=loeschen]").Submit().Want(200)
		ada.Get(asked.Path).Want(404)
		checked(404, "Diesen Nachweis gibt es hier nicht")
		h.manager.Get(teamCase.Path).Want(404)
	})
	t.Run("nobody finds one by trying", func(t *testing.T) {
		c := h.visitor()
		for range 30 {
			c.Get("/nachweis/2222-3333-4444-5555").Want(404)
		}
		c.Get("/nachweis/2222-3333-4444-5555").Want(429)
	})
}

func TestACertificateThatIsNotConfirmed(t *testing.T) {
	h := newHouse(t)
	ada, _ := h.active("ada")
	c := h.certified("ada", engagement.CertificateRequested)
	path := "/meine/organisationen/" + h.org.Code + "/nachweise/" + string(c.ID)
	h.visitor().Get("/nachweis/" + c.Code).Want(404)
	decline := h.manager.Get(path).Want(200).Click("Nicht bestätigen").Want(200).Form(mainForm)
	decline.Submit().Want(422)
	decline.Set("reason", "Der Zeitraum stimmt nicht.").Submit().Want(200)
	wants(t, ada.Get("/meine/nachweise/"+string(c.ID)).Want(200), "Nicht bestätigt", "Der Zeitraum stimmt nicht.")
	h.visitor().Get("/nachweis/" + c.Code).Want(404)
	mine := h.certified("manager1", engagement.CertificateRequested)
	own := h.manager.Get("/meine/organisationen/" + h.org.Code + "/nachweise/" + string(mine.ID)).Want(200)
	wants(t, own, "Das ist Ihr eigener Nachweis")
	if own.Has("form[action*=bestaetigen]") {
		t.Error("one's own can be confirmed")
	}
}

// A name in letters that the font lacks stands on the page, which can be printed.
func TestACertificateInOtherLetters(t *testing.T) {
	h := newHouse(t)
	ada, _ := h.active("ada")
	c := h.certified("ada", engagement.CertificateIssued, func(c *engagement.Certificate) { c.Name = "آدا" })
	wants(t, ada.Get("/meine/nachweise/"+string(c.ID)).Want(200), "آدا", "Bitte drucken Sie diese Seite")
	ada.Get("/meine/nachweise/" + string(c.ID) + ".pdf").Want(404)
	for text, want := range map[string]bool{"Öztürk Şaşmaz, Łódź, Ελένη, Юлия, Кіровоград": true, "Nguyễn": false, "שלום": false, "★": false, "(a\\b)": true} {
		if got := web.Printable(text); got != want {
			t.Errorf("%q printable: %v, want %v", text, got, want)
		}
	}
}

// claimsOf are what a signed file says, if the key signed it.
func claimsOf(t *testing.T, token string, key ed25519.PublicKey) (claims map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("token %q", token)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !ed25519.Verify(key, []byte(parts[0]+"."+parts[1]), signature) {
		t.Fatalf("the signature does not fit: %v", err)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(text, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

// pdfText is what a reading program makes of a file, if there is one; else only the marks of the structure are looked for, and the test is over.
func pdfText(t *testing.T, file string) string {
	t.Helper()
	for _, mark := range []string{"/StructTreeRoot", "/S /H1", "/S /Figure", "/Lang (de-DE)", "/MarkInfo <</Marked true>>"} {
		if !strings.Contains(file, mark) {
			t.Errorf("the file has no %s", mark)
		}
	}
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("pdftotext is not here")
		}
		t.Skip("pdftotext is not here: install poppler-utils")
	}
	path := filepath.Join(t.TempDir(), "nachweis.pdf")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command(tool, "-layout", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// UPL-11
func TestAPDFKeepsWhateverIsWritten(t *testing.T) {
	doc := web.NewPDF("Titel (mit) \\ Klammern", "Verein", "de-DE", time.UnixMilli(1_790_000_000_000))
	doc.Text("H1", "B", 20, "Titel")
	doc.Text("P", "", 12, strings.Repeat("Sehr langer Text mit <b>Zeichen</b> (und) \\ Strichen. ", 400)+strings.Repeat("x", 10_000))
	file, err := doc.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	pages := strings.Count(string(file), "<</Type /Page\n") // each twice: as written, and with its structure
	if pages < 6 || pages%2 != 0 || !bytes.HasSuffix(file, []byte("%%EOF\n")) {
		t.Errorf("%d page objects", pages)
	}
	if tool, err := exec.LookPath("pdfinfo"); err == nil {
		path := filepath.Join(t.TempDir(), "lang.pdf")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		info, err := exec.Command(tool, path).CombinedOutput()
		if err != nil || !regexp.MustCompile(`Tagged:\s+yes`).Match(info) || strings.Contains(string(info), "Error") {
			t.Errorf("%v: %s", err, info)
		}
	}
}

func TestACardOfThanksOnThePages(t *testing.T) {
	h := newHouse(t)
	person := h.place(h.person("volunteer1"))
	bench := "/meine/organisationen/" + h.org.Code + "/nachweise"
	if page := h.manager.Get(bench).Want(200); strings.Contains(page.Text("main"), "Dankeskarte") {
		t.Error("there is nobody to thank")
	}
	m := h.agreement("volunteer1", h.opportunity)
	form := h.manager.Get(bench).Want(200).Click("Dankeskarte schreiben").Want(200).Form(mainForm)
	form.Set("person", string(m.ID)).Submit().Want(422).Form(mainForm).Set("text", "Danke fürs Vorlesen!").Submit().Want(200)
	mail := h.mail("volunteer1@mail.example")
	page := person.Get(h.link(mail)).Want(200)
	for _, want := range []string{"Dankeskarte", "Danke fürs Vorlesen!", "volunteer1", h.org.Name, "Bestätigt"} {
		if !strings.Contains(page.Text("main"), want) {
			t.Errorf("no %q in %s", want, page.Text("main"))
		}
	}
	if got := pdfText(t, person.Get(page.Path+".pdf").Want(200).Body); !strings.Contains(got, "Danke fürs Vorlesen!") {
		t.Errorf("the file says %q", got)
	}
}
