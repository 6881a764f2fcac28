package web_test

import (
	"net/http"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
)

func TestTheFrameForOtherWebSites(t *testing.T) {
	h := newHouse(t)
	h.update(func(tx *store.Tx) error { // the settings of a public page are complete
		i, err := tx.Instance()
		if err != nil {
			return err
		}
		i.Texts = map[string]string{}
		for _, page := range engagement.RequiredTexts {
			i.Texts[page+".de"] = "Freiwilligenzentrum am Müggelsee (Demo)"
		}
		return tx.PutInstance(&i)
	})
	own := h.organization("Nachbarn mit Garten (Demo)", func(o *engagement.Organization) { o.Web = "https://www.nachbarn.example/start?x=1" })
	h.real.opportunity("Beete gießen", own)
	const frame = "/einbetten/angebote"
	headers := func(path string) http.Header {
		t.Helper()
		resp, _ := ask(t, h.manager, "GET", path)
		return resp.Header
	}
	ancestors := func(head http.Header) string {
		for part := range strings.SplitSeq(head.Get("Content-Security-Policy"), ";") {
			if list, ok := strings.CutPrefix(strings.TrimSpace(part), "frame-ancestors "); ok {
				return list
			}
		}
		return ""
	}
	t.Run("nobody may show it before the operator allows it", func(t *testing.T) {
		if got := headers(frame); ancestors(got) != "'none'" || got.Get("X-Frame-Options") != "DENY" {
			t.Errorf("got %v", got)
		}
		if page := h.visitor().Get("/einbetten").Want(200); strings.Contains(page.Text("main"), "dürfen die Liste zeigen:") {
			t.Errorf("got %q", page.Text("main"))
		}
	})
	t.Run("an organization may show its own on its web site, and nothing else", func(t *testing.T) {
		path := frame + "?organisation=" + own.Code
		if got, want := ancestors(headers(path)), "https://nachbarn.example https://www.nachbarn.example"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		page := h.visitor().Get(path).Want(200)
		wantTexts(t, page.Texts(".s-hit h2"), []string{"Beete gießen"})
		if page.Text("h1") != "Angebote von Nachbarn mit Garten (Demo)" {
			t.Errorf("title %q", page.Text("h1"))
		}
		help := h.visitor().Get("/einbetten?organisation=" + own.Code).Want(200)
		if got := help.Text("pre"); !strings.HasPrefix(got, `<iframe src="`+h.Base+path+`" title="Angebote von Nachbarn mit Garten (Demo)"`) {
			t.Errorf("got %q", got)
		}
		h.visitor().Get(frame + "?organisation=" + h.opportunity.Code).Want(404)
	})
	t.Run("the operator lists who may show it", func(t *testing.T) {
		form := h.admin.Get("/verwaltung/allgemein").Want(200).Form(mainForm)
		for _, wrong := range []string{"https://x.example; script-src *", "http://x.example", "https://x.example/pfad", "'self'", "https://*.example"} {
			page := form.Set("embedders", wrong).Submit().Want(422)
			if !strings.Contains(page.Text("#fehler"), "ist keine Adresse einer Internetseite") {
				t.Errorf("%s: got %q", wrong, page.Text("#fehler"))
			}
		}
		form.Set("embedders", "WWW.Bezirksamt.example/\nhttps://kiez.example:8443").Submit().Want(200)
		head := headers(frame)
		if got, want := ancestors(head), "https://www.bezirksamt.example https://kiez.example:8443"; got != want || head.Get("X-Frame-Options") != "" {
			t.Errorf("got %q, want %q; %v", got, want, head)
		}
		if page := h.visitor().Get("/einbetten").Want(200); !strings.Contains(page.Text("main"), "https://kiez.example:8443") {
			t.Errorf("got %q", page.Text("main"))
		}
		h.update(func(tx *store.Tx) error {
			i, err := tx.Instance()
			i.Embedders = []string{"*"}
			if err != nil {
				return err
			}
			return tx.PutInstance(&i)
		})
		if got := ancestors(headers(frame)); got != "*" {
			t.Errorf("got %q, want *", got)
		}
	})
	t.Run("it runs nothing, sends nothing, knows nobody, and may be kept", func(t *testing.T) {
		resp, body := ask(t, h.manager, "GET", frame+"?thema=schule-kita")
		policy := resp.Header.Get("Content-Security-Policy")
		for _, want := range []string{"script-src 'none'", "form-action 'none'", "default-src 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("no %s in %s", want, policy)
			}
		}
		for _, never := range []string{"<script", "<form", "<input", "manager1", "Abmelden"} {
			if strings.Contains(body, never) {
				t.Errorf("the frame has %s", never)
			}
		}
		if got := resp.Header.Get("Cache-Control"); got != "public, max-age=300" || strings.Contains(resp.Header.Get("Vary"), "Cookie") || resp.Header.Get("Set-Cookie") != "" || resp.Header.Get("ETag") == "" {
			t.Errorf("got %v", resp.Header)
		}
		if !strings.Contains(body, `href="`+h.Base+"/angebote/"+h.opportunity.Code) || strings.Count(body, `target="_blank" rel="noopener"`) != strings.Count(body, "<a ") {
			t.Errorf("a link stays in the frame: %s", body)
		}
	})
	t.Run("no other page can be shown, nor an error of this one", func(t *testing.T) {
		for _, path := range []string{"/", "/angebote", "/einbetten", "/anmelden", "/verwaltung/allgemein", frame + "?ort=Atlantis", frame + "?organisation=22222222", "/angebote/" + h.opportunity.Code + "/folie"} {
			if got := headers(path); ancestors(got) != "'none'" || got.Get("X-Frame-Options") != "DENY" {
				t.Errorf("%s: got %v", path, got)
			}
		}
	})
}
