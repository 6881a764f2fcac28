package web_test

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
	"seestern/web"
	"seestern/web/webtest"
)

// scripts are texts that become elements or code where somebody forgets to escape them: everything that can carry code, after everything that
// ends what it may stand in. What they would make has the attribute data-xss7x.
func scripts() (all []string) {
	for _, end := range []string{"", `">`, `'>`, "</textarea>", "</title>", "</script>", "</style>", "-->", "]]>", "</option></select>", "`>", "</svg>"} {
		for _, element := range []string{
			"<script data-xss7x>x()</script>", "<img data-xss7x src=x onerror=x()>", "<svg data-xss7x onload=x()>", "<math data-xss7x><mtext></mtext></math>", "<style data-xss7x>*{}</style>", "<base data-xss7x href=//evil.test>",
			"<form data-xss7x action=//evil.test><button>x", "<iframe data-xss7x srcdoc='<script>x()</script>'>", "<meta data-xss7x http-equiv=refresh content='0;//evil.test'>", "<a data-xss7x href=javascript:x()>x</a>",
			`<noscript><p title="</noscript><img data-xss7x src=x onerror=x()>">`, `<div data-xss7x style="position:fixed" class="btn-danger" id="main">`, "<math><mtext><table><mglyph><style><!--</style><img data-xss7x title='--&gt;&lt;img src=x onerror=x()&gt;'>",
		} {
			all = append(all, end+element)
		}
	}
	return append(all, `" data-xss7x onmouseover="x()`, `' data-xss7x onmouseover='x()`, "x data-xss7x onfocus=x() autofocus", "javascript:x()", " javaScript:x()", "data:text/html,<script data-xss7x>", "vbscript:x()", `\u003cimg data-xss7x onerror=x()\u003e`, "[x](javascript:x())", "![x](//evil.test/x.png)", "[x](//evil.test)", "<javascript:x()>")
}

// came says what of an input became part of a page itself.
func came(page *webtest.Page) (problems []string) {
	add := func(n *html.Node) { problems = append(problems, fmt.Sprintf("<%s %v>", n.Data, n.Attr)) }
	for _, p := range page.Problems() {
		if strings.Contains(p, "inline <") {
			problems = append(problems, p)
		}
	}
	for _, n := range page.Find("img, iframe, base, math, object, embed, meta[http-equiv]") {
		if n.Data != "img" || !strings.HasPrefix(webtest.Attr(n, "src"), "/bilder/") {
			add(n)
		}
	}
	for n := range page.One("html").Descendants() {
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "data-xss7x":
				add(n)
			case slices.Contains([]string{"href", "action", "formaction", "src"}, a.Key):
				scheme, _, _ := strings.Cut(strings.TrimLeft(strings.ToLower(a.Val), " \t\r\n\x00"), ":")
				if slices.Contains([]string{"javascript", "vbscript", "data"}, scheme) || n.Data != "a" && strings.HasPrefix(a.Val, "//") {
					add(n)
				}
			}
		}
	}
	return problems
}

// WEB-10, WEB-11, WEB-12: whatever text stands in whatever place of whatever page, it stays a text.
func TestATextStaysATextOnEveryPage(t *testing.T) {
	r, texts := web.NewRenderer(t), scripts()
	if len(texts) < 150 {
		t.Fatalf("only %d texts", len(texts))
	}
	for _, name := range r.Names() {
		fields := formFields(t, name)
		for shift := 0; shift < len(texts); shift += 13 {
			for _, p := range came(webtest.Parse(t, r.Hostile(t, name, fields, slices.Concat(texts[shift:], texts[:shift])))) {
				t.Errorf("%s: %s", name, p)
			}
		}
	}
	t.Run("and code in a page is found", func(t *testing.T) {
		for _, text := range texts[:24] {
			if len(came(webtest.Parse(t, "<p>"+text))) == 0 && !strings.HasPrefix(text, "'>") {
				t.Errorf("%q is not", text)
			}
		}
	})
}

// inputs are what nobody expects in a field.
var inputs = []string{
	"", strings.Repeat("ä", 50_000), "a\x00b", "a\xff\xfeb", `\ud800`, "Ko\u0308penick", "\u202eolleH", "👩‍👩‍👧‍👦", strings.Repeat("👍", 300), "' OR 1=1 --", `"; DROP TABLE account; --`, "%' UNION SELECT randomblob(900000000) --", "_%\\", "$1", "{{.}}",
	"<script>x()</script>", "-1", "1e9", "99999999999999999999", "٣", "2147483648", "30.02.2027", "2026-10-25 02:30", "1899-12-31", "9999-12-31", "24:00", "00:00–24:00", "02:30", "../../etc/passwd", "\r\nBcc: x@evil.test", "(((((@a", "javascript:x()", "https://a@[::1]:x/",
}

// typed are the fields of a form that somebody types into or chooses from; hidden ones only if they are no token.
func (f sending) typed() (names []string) {
	for name := range f.Values {
		if name != "once" {
			names = append(names, name)
		}
	}
	return append(names, f.Empty()...)
}

// lost says whether a page that shows the field does not show what was typed into it.
func lost(page *webtest.Page, to, name, text string) bool {
	shown := false
	for _, f := range page.Forms("form[method=post]") {
		if f.Action() != to || !f.Values.Has(name) {
			continue
		}
		if shown = true; f.Values.Get(name) == text {
			return false
		}
	}
	return shown
}

// INP-01, WEB-26: whatever is typed into whatever field of whatever form, it is taken or refused in words; what is refused changes nothing and
// is there to be mended. What was typed in forms that were taken stays a text on every page (WEB-10).
func TestNoInputBreaksAForm(t *testing.T) {
	config := storetest.SQLite(t)
	h := newHouseOn(t, config, func(o *web.Options) {
		o.Network.Account = func(context.Context, string) (engagement.Elsewhere, error) {
			return engagement.Elsewhere{}, engagement.ErrNotFound
		}
	})
	looks := h.looks()
	forms := h.everyForm(looks)
	sent, taken, refused := 0, 0, 0
	before, seen := storetest.Rows(t, config), map[string]bool{}
	for _, f := range forms {
		names, pattern := f.typed(), web.PatternOf(h.handler, f.path)
		if len(names) == 0 || seen[pattern] || strings.HasSuffix(f.path, "/abmelden") || strings.HasSuffix(f.path, "/handeln") {
			continue
		}
		seen[pattern] = true
		send := func(text string, values url.Values) *webtest.Page {
			values.Set("once", web.Once(h.handler, f.path, cookieHash(f.who), h.clock.Now()))
			page := h.fresh(f.who).Post(f.to, values)
			sent++
			switch {
			case page.Status >= 500 || page.Status == 429:
				t.Errorf("%s with %.40q in %q: %d", f.path, text, names, page.Status)
			case page.Status >= 400:
				refused++
			default:
				taken++
			}
			return page
		}
		earlier := taken
		for _, text := range slices.Concat(inputs, scripts()[:13]) {
			plain, all := url.Values{}, url.Values{} // as it was but for the texts; everything
			for _, name := range names {
				all.Set(name, text)
				if plain[name] = f.Values[name]; f.IsText(name) {
					plain.Set(name, text)
				}
			}
			ways := []url.Values{all}
			if strings.ContainsAny(text, "<'") {
				ways = append(ways, plain)
			}
			for _, values := range ways {
				page := send(text, values)
				if page.Status != 422 {
					continue
				}
				if !page.Has("#fehler li") && !page.Has("main .s-error") && page.Text("main") == "" {
					t.Errorf("%s does not say what is wrong with %.40q", f.path, text)
				}
				for _, name := range names {
					if text == "' OR 1=1 --" && f.IsText(name) && lost(page, f.to, name, text) {
						t.Errorf("%s: %s has lost %q", f.path, name, text)
					}
				}
				for _, p := range came(page) {
					t.Errorf("%s with %.60q: %s", f.path, text, p)
				}
			}
		}
		after := storetest.Rows(t, config)
		if taken == earlier {
			sameRows(t, before, after)
		}
		before = after
	}
	if len(seen) < 80 || taken < 300 || refused < 1500 {
		t.Errorf("%d forms were sent, %d of them taken, %d refused: the test shows little", sent, taken, refused)
	}
	t.Logf("%d sent to %d routes, %d taken, %d refused", sent, len(seen), taken, refused)
	h.nothingCame(looks)
}

// nothingCame looks at pages, and at them as others see them, for input that became part of them.
func (h *house) nothingCame(looks []look) {
	h.t.Helper()
	nobody, marked := h.visitor(), 0
	for _, l := range looks {
		for _, who := range []*webtest.Client{l.who, h.moderator, h.admin} {
			if who == nil {
				who = h.fresh(nobody)
			}
			page := who.Get(l.path)
			if page.Status >= 500 {
				h.t.Errorf("%s: %d", l.path, page.Status)
			}
			if strings.Contains(page.Body, "data-xss7x") {
				marked++
			}
			if strings.Contains(page.Body, "<html") {
				for _, p := range came(page) {
					h.t.Errorf("%s: %s", l.path, p)
				}
			}
		}
	}
	if marked < 15 {
		h.t.Errorf("only %d pages show what was typed", marked)
	}
	h.t.Logf("%d pages show what was typed", marked)
}

// WEB-26, WEB-29: what stands in an address is looked for, or left aside.
func TestNoAddressBreaksAPage(t *testing.T) {
	h := newHouse(t)
	nobody, asked := h.visitor(), map[string]bool{}
	for _, l := range h.looks() {
		path, query, _ := strings.Cut(strings.TrimPrefix(l.path, h.Base), "?")
		pattern := web.PatternOf(h.handler, path)
		if asked[pattern] {
			continue
		}
		asked[pattern] = true
		who := l.who
		if who == nil {
			who = h.fresh(nobody)
		}
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range who.Get(l.path).Forms("form[method=get]") {
			maps.Copy(values, f.Values)
			for _, name := range f.Empty() {
				values[name] = nil
			}
		}
		for _, name := range []string{"ab", "sortierung", "seite", "weiter", "id", "teil"} {
			values[name] = nil
		}
		for _, text := range inputs {
			if len(text) > 1000 {
				text = text[:1000] // longer ones are no address
			}
			for name := range values {
				values[name] = []string{text, text}
			}
			if page := h.fresh(who).Get(path + "?" + values.Encode()); page.Status >= 500 {
				t.Errorf("%s with %q: %d", path, text, page.Status)
			} else if strings.Contains(page.Body, "<html") {
				for _, p := range came(page) {
					t.Errorf("%s with %q: %s", path, text, p)
				}
			}
		}
	}
	if len(asked) < 150 {
		t.Errorf("only %d pages were asked for", len(asked))
	}
}

// WEB-17: what a form does not ask for is not read, whatever somebody sends along.
func TestNobodySendsMoreThanAFormAsksFor(t *testing.T) {
	h := newHouse(t)
	minor := h.place(h.person("minor1", withProfile(func(p *engagement.Profile) { p.AgeBand = "16-17" })))
	type rights struct {
		account      engagement.Account
		actor        engagement.Actor
		profile      engagement.Profile
		organization engagement.Organization
	}
	now := func(name string) (r rights) {
		h.update(func(tx *store.Tx) (err error) {
			if r.account, err = tx.AccountByLogin(name + "@mail.example"); err != nil {
				return err
			}
			if r.actor, err = tx.Actor(r.account.ID); err != nil {
				return err
			}
			if name == "minor1" {
				if r.profile, err = tx.Profile(r.account.ID); err != nil {
					return err
				}
			}
			r.organization, err = tx.Organization(h.org.ID)
			return err
		})
		return r
	}
	bench := "/meine/organisationen/" + h.org.Code
	for _, test := range []struct {
		who        *webtest.Client
		name, path string
	}{
		{minor, "minor1", "/meine/daten/name"},
		{minor, "minor1", "/meine/angaben/zeiten"},
		{minor, "minor1", "/meine/angaben/kenntnisse"},
		{minor, "minor1", "/meine/angaben/ausschluss"},
		{h.manager, "manager1", bench + "/angaben"},
		{h.manager, "manager1", "/angebot-einstellen/" + h.opportunity.Code + "/1"},
	} {
		t.Run(test.path, func(t *testing.T) {
			before := now(test.name)
			forms := test.who.Get(test.path).Want(200).Forms("main form[method=post]")
			if len(forms) == 0 {
				t.Fatal("there is no form")
			}
			form := forms[0]
			for name, value := range map[string]string{
				"role": "admin", "roles": "admin", "Roles": "admin", "is_admin": "1", "office_id": "2", "verified": "1", "level": "oeffentlich-bestaetigt", "state": "active", "org_id": string(h.org.ID), "organization": string(h.org.ID), "user_id": "1", "account": "1", "id": "1",
				"created_at": "2020-01-01", "created": "2020-01-01", "consent": "1", "consents": "1", "age": "27-59", "age_band": "27-59", "guardian_consent": "1", "user[role]": "admin", "account.roles": "admin", "email": "evil@mail.example", "handle": "evil", "second": "1",
			} {
				if !form.Values.Has(name) && !slices.Contains(form.Empty(), name) {
					form.Values[name] = []string{value, value}
				}
			}
			for name, values := range form.Values { // of two the first counts
				if form.IsText(name) && len(values) == 1 && values[0] != "" {
					form.Values[name] = []string{values[0], "second"}
				}
			}
			form.Submit().Want(200)
			after := now(test.name)
			if !slices.Equal(after.account.Roles, before.account.Roles) || after.account.Email != before.account.Email || !after.account.Created.Equal(before.account.Created) || !maps.Equal(after.actor.Members, before.actor.Members) {
				t.Errorf("the account has become %+v", after.account)
			}
			if after.profile.AgeBand != before.profile.AgeBand || len(after.profile.Consents) != len(before.profile.Consents) {
				t.Errorf("the profile has become %+v", after.profile)
			}
			if o, was := after.organization, before.organization; o.Level != was.Level || o.State != was.State || o.Handle != was.Handle || !o.Created.Equal(was.Created) {
				t.Errorf("the organization has become %+v", o)
			}
		})
	}
}
