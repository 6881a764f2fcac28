package web

import (
	"cmp"

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
	},
	routes: []route{
		{path: "/impressum", get: legalText("impressum")},
		{path: "/datenschutz", get: legalText("datenschutz")},
		{path: "/barrierefreiheit", get: legalText("barrierefreiheit")},
		{path: "/hilfe", get: (*Server).helpPages},
		{path: "/netzwerk", get: (*Server).partnerPages},
		{path: "/so-sortieren-wir", get: (*Server).sorting},
		{path: "/quellcode", get: (*Server).source},
	},
}

// legalPage is a text of the operator.
type legalPage struct {
	Page
	Text string // Markdown; empty: not written yet
}

// legalText shows a text in the language of the page, or in German.
func legalText(page string) handler {
	return func(s *Server, w *Response, r *Request) error {
		site := s.instance.Load()
		text := cmp.Or(site.Texts[page+"."+string(r.Language.Lang)], site.Texts[page+".de"])
		return w.Page(&legalPage{Page: r.Page("legal." + page + ".title"), Text: text})
	}
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
	return w.Page(&legalPage{Page: r.Page("footer.source"), Text: r.T("source.text")})
}
