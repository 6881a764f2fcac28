package web

import (
	"cmp"
	"slices"
	"strings"

	"seestern/engagement"
	"seestern/matching"
	"seestern/store"
)

// legalArea are the pages that the law or good manners ask for, and help.
var legalArea = area{
	name:   "legal",
	simple: true,
	pages: map[string]any{
		"legal-text":    legalPage{},
		"legal-help":    helpPage{},
		"legal-network": partnersPage{},
		"legal-sorting": sortingPage{},
		"legal-privacy": privacyPage{},
		"legal-contact": contactPointPage{},
	},
	routes: []route{
		{path: "/impressum", get: legalText("impressum")},
		{path: "/datenschutz", get: (*Server).privacy},
		{path: "/barrierefreiheit", get: (*Server).accessibility},
		{path: "/nutzungsbedingungen", get: houseText("terms")},
		{path: "/charta", get: houseText("charter")},
		{path: "/leichte-sprache", get: houseText("easy")},
		{path: "/gebaerdensprache", get: houseText("sign")},
		{path: "/kontakt", get: contact},
		{path: "/hilfe", get: (*Server).helpPages},
		{path: "/netzwerk", get: (*Server).partnerPages},
		{path: "/so-sortieren-wir", get: (*Server).sorting},
		{path: "/quellcode", get: (*Server).source},
	},
}

// operatorText is a text of the operator on a page.
type operatorText struct {
	Text  string // Markdown; empty: not written yet
	Hard  bool   // it is there in German only, and the page is not
	Gaps  int    // that are left in it
	Staff bool   // the viewer can fill them in
}

// legalPage is a text of the operator, or of ours.
type legalPage struct {
	Page
	operatorText
	Issues []Words // what cannot be used by everybody yet
}

// operatorText is a text in the language of the page, or in German.
func (s *Server) operatorText(r *Request, page string) (t operatorText) {
	site := s.instance.Load()
	own := site.Texts[page+"."+string(r.Language.Lang)]
	t.Text = cmp.Or(own, site.Texts[page+".de"])
	t.Hard = t.Text != "" && own == "" && r.Language.Lang != German
	t.Gaps, t.Staff = strings.Count(t.Text, engagement.Gap), r.Actor().Has(engagement.Admin)
	return t
}

// legalText shows a text of the operator.
func legalText(page string) handler {
	return func(s *Server, w *Response, r *Request) error {
		return w.Page(&legalPage{Page: r.Page("legal." + page + ".title"), operatorText: s.operatorText(r, page)})
	}
}

// houseText shows a text that comes with the program and is the same on every instance.
func houseText(name string) handler {
	return func(s *Server, w *Response, r *Request) error {
		i := s.instance.Load()
		text := s.words.T(r.Language.Lang, "house."+name+".text", map[string]any{"site": i.Name, "operator": cmp.Or(i.Operator, i.Name), "days": i.AnswerDays})
		text = strings.ReplaceAll(text, "](/", "]("+strings.TrimSuffix(r.Language.To("/"), "/")+"/") // links stay in the language
		return w.Page(&legalPage{Page: r.Page("house." + name + ".title"), operatorText: operatorText{Text: text}})
	}
}

// accessibility is the statement of the operator, with what is known not to work for everybody. The list belongs to the program: whoever
// mends something takes it out.
func (s *Server) accessibility(w *Response, r *Request) error {
	return w.Page(&legalPage{Page: r.Page("legal.barrierefreiheit.title"), operatorText: s.operatorText(r, "barrierefreiheit"), Issues: knownIssues})
}

var knownIssues = []Words{say("issue.content"), say("issue.easy"), say("issue.sign"), say("issue.english")}

// contactPointPage names whom people and authorities can write to (DSA Art. 11 and 12).
type contactPointPage struct{ Page }

func contact(_ *Server, w *Response, r *Request) error {
	return w.Page(&contactPointPage{Page: r.Page("contact.title")})
}

// privacyPage tells what happens with data of people, from the configuration and the numbers that the program works with.
type privacyPage struct {
	Page
	operatorText
	Basis    string // locale key: on what law accounts stand
	Purposes []string
	Mode     engagement.Code
	Partners []engagement.Partner
	Mail     string // server that sends the mail; empty: none, or this one
	Kept     []keptRow
	Deletion int // days in which it can be taken back
}

// keptRow is how long something is kept.
type keptRow struct {
	Key  string // locale key
	Days int
}

// purposes are what data is used for, as ends of locale keys.
var purposes = []string{"visit", "ask", "account", "invite", "organization", "advice", "report"}

func (s *Server) privacy(w *Response, r *Request) error {
	i := s.instance.Load()
	p := &privacyPage{
		Page: r.Page("legal.datenschutz.title"), operatorText: s.operatorText(r, "datenschutz"), Basis: "privacy.basis.consent", Purposes: purposes, Mode: i.Mode,
		Deletion: int(engagement.DeletionGrace.Hours() / 24),
	}
	if slices.Contains([]engagement.Code{"bezirk", "kommune", "land"}, i.Kind) {
		p.Basis = "privacy.basis.office"
	}
	if s.options.Mail.Transport == "smtp" {
		p.Mail, _, _ = strings.Cut(s.options.Mail.Server, ":")
	}
	for _, k := range engagement.Retention {
		p.Kept = append(p.Kept, keptRow{"privacy.kept." + strings.ToLower(strings.ReplaceAll(k.ID, "-", "")), k.Days()})
	}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		all, err := tx.Partners()
		p.Partners = slices.DeleteFunc(all, func(q engagement.Partner) bool { return q.State != engagement.PartnerActive || i.Mode == "off" })
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

// helpPage answers the questions that people have first.
type helpPage struct {
	Page
	Questions []question
}

// question is one that people ask, and its answer, as locale keys.
type question struct{ Ask, Answer string }

func (s *Server) helpPages(w *Response, r *Request) error {
	return w.Page(&helpPage{Page: r.Page("nav.help"), Questions: []question{
		{"faq.account", "faq.account.a"},
		{"faq.seen", "faq.seen.a"},
		{"faq.other", "faq.other.a"},
		{"faq.answer", "faq.answer.a"},
		{"faq.cancel", "faq.cancel.a"},
		{"faq.age", "faq.age.a"},
		{"faq.insured", "faq.insured.a"},
		{"faq.post", "faq.post.a"},
		{"faq.follow", "faq.follow.a"},
	}})
}

// partnersPage says which pages this one shares opportunities with, and what never leaves.
type partnersPage struct {
	Page
	Partners []engagement.Partner
}

func (s *Server) partnerPages(w *Response, r *Request) error {
	p := &partnersPage{Page: r.Page("footer.network")}
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		all, err := tx.Partners()
		for _, q := range all {
			if q.State == engagement.PartnerActive {
				p.Partners = append(p.Partners, q)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

// sortingPage tells by what suggestions are sorted, from the configuration that does it.
type sortingPage struct {
	Page
	Version string
	Gates   []engagement.Code
	Weights []weight
	Words   []wordLimit
	Order   []Words // the rules of the order, one sentence each
}

type weight struct {
	Part    string // vocabulary sorting_part
	Percent int    // of all
	Changed int    // percent of what is usual; 100: not changed here
}

// wordLimit is from where on something fits in a word.
type wordLimit struct {
	Key     string // locale key of the word
	Percent int
}

func (s *Server) sorting(w *Response, r *Request) error {
	i := *s.instance.Load()
	config := matching.Default().For(i)
	p := &sortingPage{Page: r.Page("footer.sorting"), Version: config.Version, Gates: matching.Gates(), Order: orderRules(config)}
	for d, x := range config.Normalize().Weights {
		part := matching.Dimension(d).String()
		changed, ok := i.Sorting[engagement.Code(part)]
		if !ok {
			changed = 100
		}
		p.Weights = append(p.Weights, weight{part, percent(x), changed})
	}
	for _, limit := range []struct {
		word matching.Word
		from float64
	}{{matching.VeryGoodFit, config.VeryGood}, {matching.GoodFit, config.Good}, {matching.PartialFit, config.Partial}} {
		p.Words = append(p.Words, wordLimit{"match.word." + string(limit.word), percent(limit.from)})
	}
	return w.Page(p)
}

func percent(x float64) int { return int(x*100 + .5) }

// orderRules say what moves suggestions beside how well they fit.
func orderRules(c matching.Config) []Words {
	rules := matching.TheRules()
	attention := say("sorting.attention", "n", percent(c.Lambda), "days", attentionDays, "first", rules.First)
	if c.Lambda == 0 {
		attention = say("sorting.attention.off")
	}
	return []Words{
		say("sorting.fresh", "n", rules.StalePercent, "days", rules.StaleDays),
		attention,
		say("sorting.diversity", "n", rules.PerOrganization, "first", rules.First),
		say("sorting.thin", "n", percent(c.Thin)),
		say("sorting.ties"),
	}
}

// source names the licence, where the program comes from, and whose work is in it.
func (s *Server) source(w *Response, r *Request) error {
	return w.Page(&legalPage{Page: r.Page("footer.source"), operatorText: operatorText{Text: r.T("source.text")}})
}
