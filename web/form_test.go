package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/web"
	"seestern/web/webtest"
)

func TestAFormKeepsWhatWasTyped(t *testing.T) {
	s := start(t)
	form := s.Get("/muster/frage").Form("main form")
	form.Set("name", "Ada & \"Co\" <b>").Set("email", "ohne-at").Set("passwort", "geheimes Passwort").Set("ab-tag", "31").Set("ab-monat", "2").Set("ab-jahr", "2027").
		Set("wo", "b").Set("art", "x").Set("zahl", strings.Repeat("drei ", 50)).Set("text", "Zeile 1\nZeile 2\n\n ").Set("ja", "1")
	page := form.Submit().Want(http.StatusUnprocessableEntity)

	t.Run("and says what is wrong, in the order of the fields", func(t *testing.T) {
		says := []string{"In der E-Mail-Adresse fehlt das @-Zeichen. So ist es richtig: name@mail.example", "Diesen Tag gibt es nicht. Zum Beispiel: 25 11 2026", "Bitte wählen Sie eine Antwort.", "Bitte schreiben Sie eine ganze Zahl, zum Beispiel 12."}
		var want []string
		for i, field := range []string{"E-Mail-Adresse", "Ab wann haben Sie Zeit?", "Wie alt sind Sie?", "Wie viele Personen?"} {
			want = append(want, field+" – "+says[i])
		}
		if got := page.Texts("#fehler li"); !slices.Equal(got, want) {
			t.Errorf("summary %q, want %q", got, want)
		}
		var links []string
		for _, a := range page.Find("#fehler a") {
			links = append(links, webtest.Attr(a, "href"))
		}
		if want := []string{"#email", "#ab-tag", "#alter", "#zahl"}; !slices.Equal(links, want) {
			t.Errorf("links %q, want %q", links, want)
		}
		if got := page.Text("#email-error"); got != says[0] {
			t.Errorf("at the field %q, want %q", got, says[0])
		}
		if !strings.HasPrefix(page.Text("title"), "Fehler: ") || !page.Has("#email[aria-invalid=true]") {
			t.Errorf("title %q", page.Text("title"))
		}
		for _, p := range page.Problems() {
			t.Error(p)
		}
	})
	t.Run("except passwords", func(t *testing.T) {
		again := page.Form("main form").Values
		for name, want := range map[string]string{"name": "Ada & \"Co\" <b>", "email": "ohne-at", "passwort": "", "ab-tag": "31", "ab-monat": "2", "ab-jahr": "2027", "wo": "b", "art": "x", "zahl": strings.TrimSpace(strings.Repeat("drei ", 50)), "text": "Zeile 1\nZeile 2", "ja": "1", "version": "3"} {
			if got := again.Get(name); got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
	})
}

// fill answers everything that the sample form needs.
func fill(f *webtest.Form) *webtest.Form {
	return f.Set("name", "Ada").Set("email", "Ada@Mail.Example").Set("alter", "18")
}

// WEB-14, WEB-17: what cannot be seen is left out, what was not asked for is not read.
func TestAFormReads(t *testing.T) {
	s := start(t)
	var got *web.Form
	s.do = func(f *web.Form) (string, error) { got = f; return "/hilfe", nil }
	form := fill(s.Get("/muster/frage").Form("main form"))
	form.Set("name", "  A\u202eda\u0000\u200b  Lovelace ").Set("ab-tag", "5").Set("ab-monat", "1").Set("ab-jahr", "27").Set("wo", "a", "b").Set("zahl", "12").Set("text", "a\r\nb\tc")
	form.Values.Add("role", "admin")
	form.Values.Add("name", "second")
	form.Submit().Want(200)
	if got == nil {
		t.Fatal("the handler was not called")
	}
	for name, want := range map[string]string{"name": "Ada  Lovelace", "email": "ada@mail.example", "alter": "18", "text": "a\nb c", "role": ""} {
		if text := got.Text(name); text != want {
			t.Errorf("%s: got %q, want %q", name, text, want)
		}
	}
	if got.Date("ab") != "2027-01-05" || got.Int("zahl") != 12 || !slices.Equal(got.Texts("wo"), []string{"a", "b"}) || got.On("ja") {
		t.Errorf("got %q, %d, %q, %t", got.Date("ab"), got.Int("zahl"), got.Texts("wo"), got.On("ja"))
	}
}

func TestAFormRefusesShapes(t *testing.T) {
	s := start(t)
	called := false
	s.do = func(*web.Form) (string, error) { called = true; return "/hilfe", nil }
	for _, test := range []struct {
		says, field, value, at string
	}{
		{"a text that is too long", "name", strings.Repeat("ä", 81), "#name"},
		{"a month that does not exist", "ab-monat", "13", "#ab-monat"},
		{"a year far away", "ab-jahr", "3000", "#ab-jahr"},
		{"an option that was not offered", "alter", "99", "#alter"},
		{"a box that was not offered", "wo", "c", "#wo"},
		{"a name of only invisible characters", "name", "\u200b \u202e", "#name"},
		{"an address with two @", "email", "a@b@c.example", "#email"},
		{"an address that ends at its @", "email", "ada@", "#email"},
	} {
		t.Run(test.says, func(t *testing.T) {
			form := fill(s.Get("/muster/frage").Form("main form")).Set("ab-tag", "5").Set("ab-monat", "1").Set("ab-jahr", "2027")
			form.Values.Set(test.field, test.value)
			page := form.Submit().Want(422)
			if links := page.Find("#fehler a"); len(links) != 1 || webtest.Attr(links[0], "href") != test.at {
				t.Errorf("summary %q", page.Texts("#fehler li"))
			}
			if strings.Contains(test.value, "@") && strings.Contains(page.Text("#email-error"), "fehlt") {
				t.Errorf("%q misses nothing, but got %q", test.value, page.Text("#email-error"))
			}
		})
	}
	if called {
		t.Error("the handler acted")
	}
}

func TestAFormInTheAddressIgnoresWhatItDoesNotKnow(t *testing.T) {
	s := start(t)
	page := s.Get("/angebote?q=vorlesen&zeit=abend&zeit=nachts&umkreis=7&fremd=1").Want(200)
	if got := page.Form("main form").Values; got.Get("q") != "vorlesen" || !slices.Equal(got["zeit"], []string{"abend"}) || got.Get("umkreis") != "" {
		t.Errorf("form holds %v", got)
	}
	if page := s.Get("/angebote?ort=Atlantis").Want(422); webtest.Attr(page.One("#fehler a"), "href") != "#ort" || page.Form("main form").Values.Get("ort") != "Atlantis" {
		t.Errorf("summary %q", page.Texts("#fehler li"))
	}
}

func TestWhatARuleRefusesIsShownAtItsField(t *testing.T) {
	s := start(t)
	s.do = func(*web.Form) (string, error) {
		var bad engagement.Invalids
		bad.Add("nowhere", "error.organization.first")
		bad.Add("from", "error.date.past")
		bad.Add("name", "error.text.long", "n", 80)
		return "", bad.Err()
	}
	page := fill(s.Get("/muster/frage").Form("main form")).Submit().Want(422)
	var links []string
	for _, a := range page.Find("#fehler a") {
		links = append(links, webtest.Attr(a, "href"))
	}
	if want := []string{"#name", "#ab-tag"}; !slices.Equal(links, want) || len(page.Find("#fehler li")) != 3 {
		t.Errorf("links %q of %q, want %q", links, page.Texts("#fehler li"), want)
	}
	if got, want := page.Text("#name-error"), "Bitte kürzen Sie den Text auf 80 Zeichen."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// INP-03, two tabs
func TestAStaleVersionShowsBothTexts(t *testing.T) {
	s := start(t)
	s.do = func(f *web.Form) (string, error) {
		if f.Int("version") < 4 {
			f.Conflict(4, map[string]string{"name": "Grace"})
			return "", nil
		}
		return "/hilfe", nil
	}
	page := fill(s.Get("/muster/frage").Form("main form")).Submit().Want(http.StatusConflict)
	if got := page.Text(".s-stored"); got != "Inzwischen gespeichert: Grace" {
		t.Errorf("stored text %q", got)
	}
	form := page.Form("main form")
	if form.Values.Get("name") != "Ada" || form.Values.Get("version") != "4" {
		t.Errorf("form holds %v", form.Values)
	}
	form.Submit().Want(200)
}

func TestACheckPage(t *testing.T) {
	s := start(t)
	form := fill(s.Get("/muster/frage").Form("main form")).Set("ab-tag", "5").Set("ab-monat", "1").Set("ab-jahr", "2027").Set("wo", "a", "b").Set("passwort", "nie zeigen")
	once := form.Values.Get("once")
	form.Values.Set("once", s.Get("/muster/frage").Form("main form").Values.Get("once"))
	page := s.Post("/muster/pruefen", form.Values)
	page.Want(http.StatusForbidden) // a token for another path
	form.Values.Set("once", once)

	page = checkPage(s, form.Values)
	want := []string{"Wie sollen wir Sie nennen?", "E-Mail-Adresse", "Ab wann haben Sie Zeit?", "Wie alt sind Sie?", "Wo möchten Sie helfen?"}
	if got := page.Texts(".s-summary dt"); !slices.Equal(got[:5], want) {
		t.Errorf("questions %q, want %q", got, want)
	}
	answers := strings.Join(page.Texts(".s-summary dd"), "|")
	for _, want := range []string{"Ada|", "Dienstag, 5. Januar 2027|", "18 oder älter|", "Müggelheim Adlershof|", "keine Angabe|", "Nein|"} {
		if !strings.Contains(answers, want) {
			t.Errorf("answers %q lack %q", answers, want)
		}
	}
	if strings.Contains(page.Body, "nie zeigen") {
		t.Error("the password is in the page")
	}
	if got := webtest.Attr(page.Find(".s-summary a")[2], "href"); got != "/muster/frage#ab-tag" {
		t.Errorf("change link %q", got)
	}
	var sent *web.Form
	s.do = func(f *web.Form) (string, error) { sent = f; return "/hilfe", nil }
	page.Form("main form").Submit().Want(200)
	if sent == nil || sent.Date("ab") != "2027-01-05" || !slices.Equal(sent.Texts("wo"), []string{"a", "b"}) {
		t.Errorf("carried values are lost: %+v", sent)
	}
}

// checkPage posts values to the check page with the token that belongs to it.
func checkPage(s *site, values url.Values) *webtest.Page {
	values = url.Values{"once": {webtest.Attr(s.Get("/").One(`form[action=/muster/pruefen] input[name=once]`), "value")}, "name": values["name"], "email": values["email"], "alter": values["alter"], "wo": values["wo"], "ab-tag": values["ab-tag"], "ab-monat": values["ab-monat"], "ab-jahr": values["ab-jahr"], "passwort": values["passwort"]}
	return s.Post("/muster/pruefen", values).Want(200)
}

// ---- forms act once, and only for who they were made for ----

// INP-03, sent twice
func TestAFormActsOnce(t *testing.T) {
	s := start(t)
	var mu sync.Mutex
	acted := 0
	s.do = func(*web.Form) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		acted++
		return "/muster/frage?nr=" + string(rune('0'+acted)), nil
	}
	form := fill(s.Get("/muster/frage").Form("main form"))
	first := form.Submit()
	t.Run("a second POST leads where the first led", func(t *testing.T) {
		if second := form.Submit(); second.Path != first.Path || acted != 1 {
			t.Errorf("first %q, second %q, acted %d times", first.Path, second.Path, acted)
		}
	})
	t.Run("many at once are one", func(t *testing.T) {
		acted = 0
		form := fill(s.Get("/muster/frage").Form("main form"))
		var wg sync.WaitGroup
		paths := make([]string, 8)
		for i := range paths {
			wg.Go(func() { paths[i] = form.Submit().Path })
		}
		wg.Wait()
		if slices.Sort(paths); paths[0] != paths[7] || acted != 1 {
			t.Errorf("led to %q, acted %d times", paths, acted)
		}
	})
	t.Run("a form that was refused may be sent again", func(t *testing.T) {
		acted = 0
		form := fill(s.Get("/muster/frage").Form("main form"))
		form.Values.Set("name", "")
		form.Submit().Want(422)
		form.Values.Set("name", "Ada")
		if form.Submit().Want(200); acted != 1 {
			t.Errorf("acted %d times", acted)
		}
	})
	t.Run("and so may one that failed", func(t *testing.T) {
		form := fill(s.Get("/muster/frage").Form("main form"))
		s.do = func(*web.Form) (string, error) { panic("broken") }
		form.Submit().Want(500)
		s.do = func(*web.Form) (string, error) { return "/hilfe", nil }
		form.Submit().Want(200)
	})
}

func TestAFormOfAnotherSiteIsRefused(t *testing.T) {
	s := start(t)
	acted := 0
	s.do = func(*web.Form) (string, error) { acted++; return "/hilfe", nil }
	for says, header := range map[string]http.Header{
		"by Sec-Fetch-Site":               {"Sec-Fetch-Site": {"cross-site"}},
		"of a sister domain":              {"Sec-Fetch-Site": {"same-site"}},
		"by Origin in old browsers":       {"Sec-Fetch-Site": nil, "Origin": {"https://evil.test"}},
		"with the origin null of a frame": {"Sec-Fetch-Site": nil, "Origin": {"null"}},
	} {
		t.Run(says, func(t *testing.T) {
			form := fill(s.Get("/muster/frage").Form("main form"))
			h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"}}
			for name, values := range header {
				h[name] = values
			}
			if resp := s.raw(t, "POST", "/muster/frage", h, strings.NewReader(form.Values.Encode())); resp.StatusCode != 403 {
				t.Errorf("got %d, want 403", resp.StatusCode)
			}
		})
	}
	t.Run("and its values are not offered again", func(t *testing.T) {
		s.Client.Header("Sec-Fetch-Site", "cross-site")
		defer s.Client.Header("Sec-Fetch-Site", "")
		page := s.Post("/muster/frage", url.Values{"name": {"planted"}}).Want(403)
		if strings.Contains(page.Body, "planted") {
			t.Error("the page offers to send what another site made up")
		}
	})
	if acted > 0 {
		t.Errorf("acted %d times", acted)
	}
}

func TestTheTokenOfAForm(t *testing.T) {
	s := start(t)
	acted := 0
	s.do = func(*web.Form) (string, error) { acted++; return "/hilfe", nil }
	me, other := s.Another(), s.Another()
	s.signIn(me, "token-1", engagement.Actor{Account: "account-1"})
	s.signIn(other, "token-2", engagement.Actor{Account: "account-2"})
	tokenOf := func(c *webtest.Client, path string) string {
		return c.Get(path).Form("main form").Values.Get("once")
	}
	broken := []byte(tokenOf(s.Client, "/muster/frage"))
	broken[3] ^= 1
	for says, once := range map[string]string{
		"is needed":                             "",
		"is not made up":                        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"is not changed":                        string(broken),
		"is not that of somebody else":          tokenOf(other, "/muster/frage"),
		"of a visitor is not that of a session": tokenOf(me, "/muster/frage"),
		"is not that of another form":           tokenOf(s.Client, "/muster/selten"),
	} {
		t.Run(says, func(t *testing.T) {
			page := s.Post("/muster/frage", url.Values{"once": {once}, "name": {"Ada"}, "email": {"ada@mail.example"}, "alter": {"18"}}).Want(403)
			if acted > 0 {
				t.Fatal("acted")
			}
			if got := page.Form("main form").Values.Get("name"); got != "Ada" {
				t.Errorf("the input is lost: %q", got)
			}
		})
	}
	t.Run("lives for a day, and then the input can be sent again", func(t *testing.T) {
		form := fill(s.Get("/muster/frage").Form("main form"))
		s.now = s.now.Add(26 * time.Hour)
		page := form.Submit().Want(403)
		if acted > 0 || !strings.Contains(page.Text("main"), "lange offen") {
			t.Errorf("acted %d times, page says %q", acted, page.Text("main"))
		}
		if page.Form("main form").Submit().Want(200); acted != 1 {
			t.Errorf("acted %d times", acted)
		}
	})
	t.Run("is different each time", func(t *testing.T) {
		seen := map[string]bool{}
		for range 50 {
			seen[tokenOf(s.Another().Header("X-Forwarded-For", "192.0.2.1"), "/muster/frage")] = true
		}
		if len(seen) != 50 || !regexp.MustCompile(`^[\w-]{43}$`).MatchString(tokenOf(me, "/muster/frage")) {
			t.Errorf("%d different tokens of 50", len(seen))
		}
	})
	t.Run("is not asked of an address that is the secret itself", func(t *testing.T) {
		acted = 0
		s.Another().Post("/abbestellen/0123", url.Values{"List-Unsubscribe": {"One-Click"}, "name": {"Ada"}, "email": {"ada@mail.example"}, "alter": {"18"}}).Want(200)
		if acted != 1 {
			t.Errorf("acted %d times", acted)
		}
	})
}

func TestASignInThatExpiredLosesNothing(t *testing.T) {
	s := start(t)
	var sent *web.Form
	s.do = func(f *web.Form) (string, error) { sent = f; return "/hilfe", nil }
	expire := func(t *testing.T, c *webtest.Client) *webtest.Page {
		t.Helper()
		s.signIn(c, "token-1", engagement.Actor{Account: "account-1"})
		form := fill(c.Get("/meine/frage").Form("main form")).Set("passwort", "nie behalten")
		s.now = s.now.Add(engagement.SessionIdle + time.Minute)
		page := form.Submit().Want(403)
		if sent != nil {
			t.Fatal("acted without a session")
		}
		if strings.Contains(page.Body, "nie behalten") || strings.Contains(page.Body, "ada@mail.example") {
			t.Error("the input is readable in the page")
		}
		return page.Form("main form").Submit().Want(200)
	}
	t.Run("for the person who typed it", func(t *testing.T) {
		signIn := expire(t, s.Client)
		s.sessions[engagement.Hash("token-2")] = web.Session{Session: engagement.Session{Created: s.now, LastUsed: s.now}, Account: engagement.Account{ID: "account-1"}, Actor: engagement.Actor{Account: "account-1"}}
		page := signIn.Form("main form").Set("wer", "token-2").Submit().Want(200)
		if page.Text("h1") != "Ihre Eingaben sind noch da" || sent != nil {
			t.Fatalf("got %q, sent %v", page.Text("h1"), sent)
		}
		page.Form("main form").Submit().Want(200)
		if sent == nil || sent.Text("name") != "Ada" || sent.Text("passwort") != "" {
			t.Errorf("sent %+v", sent)
		}
	})
	t.Run("but not for another one", func(t *testing.T) {
		sent = nil
		signIn := expire(t, s.Another())
		s.sessions[engagement.Hash("token-3")] = web.Session{Session: engagement.Session{Created: s.now, LastUsed: s.now}, Account: engagement.Account{ID: "account-2"}, Actor: engagement.Actor{Account: "account-2"}}
		page := signIn.Form("main form").Set("wer", "token-3").Submit().Want(200)
		if page.Path != "/meine" || strings.Contains(page.Body, `"Ada"`) {
			t.Errorf("%s: %q", page.Path, page.Text("main"))
		}
	})
	t.Run("and not after an hour", func(t *testing.T) {
		signIn := expire(t, s.Another())
		s.now = s.now.Add(61 * time.Minute)
		s.sessions[engagement.Hash("token-4")] = web.Session{Session: engagement.Session{Created: s.now, LastUsed: s.now}, Account: engagement.Account{ID: "account-1"}, Actor: engagement.Actor{Account: "account-1"}}
		if page := signIn.Form("main form").Set("wer", "token-4").Submit().Want(200); page.Path != "/meine" {
			t.Errorf("%s: %q", page.Path, page.Text("h1"))
		}
	})
}

// WEB-29
func TestBodiesHaveLimits(t *testing.T) {
	s := start(t)
	many := url.Values{}
	for i := range 501 {
		many.Add("x", string(rune('a'+i%26)))
	}
	for _, test := range []struct {
		says   string
		header http.Header
		body   string
		status int
	}{
		{"of one mebibyte", nil, "text=" + strings.Repeat("a", 1<<20), 413},
		{"of 500 fields", nil, many.Encode(), 400},
		{"of escapes that can be read", nil, "text=%zz", 400},
		{"of one media type", http.Header{"Content-Type": {"application/json"}}, "{}", 415},
		{"of no compression", http.Header{"Content-Encoding": {"gzip"}}, "x", 415},
	} {
		t.Run(test.says, func(t *testing.T) {
			h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"}}
			for name, values := range test.header {
				h[name] = values
			}
			if resp := s.raw(t, "POST", "/muster/frage", h, strings.NewReader(test.body)); resp.StatusCode != test.status {
				t.Errorf("got %d, want %d", resp.StatusCode, test.status)
			}
		})
	}
}

// WEB-19
func TestWhereASignInLeads(t *testing.T) {
	s := start(t)
	s.sessions[engagement.Hash("token-1")] = web.Session{Session: engagement.Session{Created: s.now, LastUsed: s.now}, Account: engagement.Account{ID: "account-1"}, Actor: engagement.Actor{Account: "account-1"}}
	for next, want := range map[string]string{
		"/meine/frage?x=1": "/meine/frage?x=1", "": "/meine", "//evil.test": "/meine", `/\evil`: "/meine", "https:evil": "/meine", "\t//evil": "/meine",
		"https://evil.test/": "/meine", "/%2Fevil.test": "/meine", "/angebote/../x": "/meine", "javascript:alert(1)": "/meine",
	} {
		t.Run(next, func(t *testing.T) {
			c := s.Another().Header("X-Forwarded-For", "2001:db8:"+string(rune('a'+len(next)%6))+"::1")
			page := c.Get("/anmelden?weiter="+url.QueryEscape(next)).Form("main form").Set("wer", "token-1").Submit()
			if page.Hops[len(page.Hops)-1] != want {
				t.Errorf("hops %q, want %q at last", page.Hops, want)
			}
		})
	}
}

// WEB-04, the cookie itself
func TestTheSessionCookie(t *testing.T) {
	s := start(t)
	s.sessions[engagement.Hash("token-1")] = web.Session{Session: engagement.Session{Created: s.now, LastUsed: s.now}, Account: engagement.Account{ID: "account-1"}, Actor: engagement.Actor{Account: "account-1"}}
	t.Run("is not there for visitors", func(t *testing.T) {
		for _, path := range []string{"/", "/angebote", "/muster/frage", "/nix", "/meine"} {
			s.Get(path)
		}
		if cookies := s.Cookies(); len(cookies) > 0 {
			t.Errorf("cookies %v", cookies)
		}
	})
	t.Run("is the only one after signing in, and gone after signing out", func(t *testing.T) {
		page := s.Get("/anmelden").Form("main form").Set("wer", "token-1").Submit().Want(200)
		if cookies := s.Cookies(); len(cookies) != 1 || cookies[0].Name != sessionCookie(s.Client, "").Name {
			t.Errorf("cookies %v", cookies)
		}
		out := page.Form("header form").Submit()
		if cookies := s.Cookies(); len(cookies) > 0 || out.Path != "/" || !out.Has(".s-tools a[href=/anmelden]") {
			t.Errorf("cookies %v, at %s", cookies, out.Path)
		}
	})
	t.Run("over https keeps to the host, https and the site", func(t *testing.T) {
		c, clear := web.SessionCookies(t, "https://seestern.example")
		if got, want := c, "__Host-s=value; Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=Lax"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if want := `"cache","cookies","storage"`; clear != want {
			t.Errorf("Clear-Site-Data %q, want %q", clear, want)
		}
	})
	t.Run("has 256 random bits", func(t *testing.T) {
		seen := map[string]bool{}
		for range 1000 {
			token := web.NewSessionToken()
			if len(token) != 43 || seen[token] {
				t.Fatalf("token %q", token)
			}
			seen[token] = true
		}
	})
}
