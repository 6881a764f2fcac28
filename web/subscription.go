package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/matching"
	"seestern/store"
)

// subscriptionArea is what somebody is told by mail: what a search finds anew, and what is new and fits the profile.
var subscriptionArea = area{
	name:   "subscription",
	simple: true,
	pages: map[string]any{
		"subscription-form": subscriptionFormPage{},
		"subscription":      subscriptionPage{},
		"subscription-own":  ownSubscriptionsPage{},
		"subscription-off":  subscriptionOffPage{},
		"subscription-news": matchesPage{},
	},
	routes: []route{
		{path: keepSearch, get: whenPublic((*Server).subscribe), post: whenPublic((*Server).subscribe), limit: signUps},
		{path: keepSearch + "/gesendet", get: sent("subscription.sent")},
		{path: "/gemerkt/bestaetigen/{token:[0-9a-f]{32}}", get: (*Server).confirmSubscription, post: (*Server).confirmSubscription, token: true},
		{path: subscriptionLink, get: (*Server).subscription, token: true},
		{path: subscriptionLink + "/verlaengern", post: (*Server).prolong, token: true},
		{path: subscriptionLink + "/beenden", post: (*Server).unsubscribe, token: true, ends: true},
		{path: "/abbestellen/{token:[0-9a-f]{32}}", get: (*Server).stopMails, post: (*Server).stopMails, token: true, bare: true, ends: true, upload: clickBytes},
		{path: notifications, get: (*Server).ownSubscriptions, post: (*Server).ownSubscriptions, who: signedIn},
		{path: notifications + "/neues", get: (*Server).newMatches, who: signedIn},
	},
}

const (
	keepSearch       = "/angebote/merken"
	subscriptionLink = "/gemerkt/{link:[0-9a-f]{32}}"
	notifications    = "/meine/benachrichtigungen"
	clickBytes       = 16 << 10 // of a multipart form with one field, which mail programs may send (RFC 8058)
)

// subscriptionFormPage asks how often, and whom.
type subscriptionFormPage struct {
	Page
	About  []string // what the search asks
	Search string   // path of the search
	Form   *Form
	Lead   string // locale key
	Button string // locale key
}

// subscriptionPage is one subscription, for who has its link.
type subscriptionPage struct {
	Page
	About   []string
	Search  string // path; empty: by the profile
	Every   engagement.Code
	Until   time.Time
	Cards   []Card // of the last mail
	Prolong *Action
	End     *Action
}

type ownSubscriptionsPage struct {
	Page
	Form    *Form
	Next    time.Time // of the mail about what fits; zero: there is none
	Profile bool
	List    []ownSubscription
}

type ownSubscription struct {
	Path  string
	About []string
	Every engagement.Code
}

// matchesPage is what the last mail was about.
type matchesPage struct {
	Page
	Cards []Card
}

type subscriptionOffPage struct {
	Page
	Done bool
	Off  *Action
}

func subscriptionFields(r *Request) []Field {
	fields := []Field{
		{Name: "every", Kind: Radio, Label: "subscription.every", Need: "error.choice.empty", Options: vocabularyOptions(engagement.Cadences)},
		{Name: "suche", As: "query", Kind: Hidden, Max: 2000},
	}
	if r.Session == nil {
		email := emailField
		email.Hint = "subscription.email.hint"
		fields = append(fields, email)
	}
	return fields
}

// subscribe keeps the search that the address names.
func (s *Server) subscribe(w *Response, r *Request) error {
	f := r.Form(subscriptionFields(r))
	f.Set("suche", r.URL.RawQuery)
	f.Set("every", "woechentlich")
	a := s.askQuery(r, f.Text("suche"))
	search := a.path("/angebote")
	if len(a.form.Errors) > 0 || len(a.choice) > 1 { // the search page says what is wrong with it
		return w.SeeOther(search)
	}
	if f.OK() {
		_, query, _ := strings.Cut(a.path("/angebote", "sortierung", ""), "?")
		err := r.update(func(tx *store.Tx) error {
			_, err := engagement.Subscribe(tx, r.Actor(), engagement.Subscription{
				Email: f.Text("email"), Lang: r.Language.Lang, Query: query, Search: a.search, Every: engagement.Code(f.Text("every")),
			})
			return err
		})
		switch {
		case err == nil && r.Session == nil:
			return w.SeeOther(keepSearch + "/gesendet")
		case err == nil:
			return w.SeeOther(notifications)
		case !f.Refused(err):
			return err
		}
	}
	page := &subscriptionFormPage{Page: r.Page("subscription.title"), About: r.about(a), Search: search, Form: f, Lead: "subscription.lead", Button: "subscription.button"}
	page.Crumbs = []Link{{Path: search, Words: say("nav.search")}}
	page.NoIndex = true
	return w.Page(page)
}

// about says in a few words what a search asks.
func (r *Request) about(a asked) (parts []string) {
	if q := a.form.Text("q"); q != "" {
		parts = append(parts, r.T("subscription.words", "x", q))
	}
	if a.place != nil {
		parts = append(parts, r.T("subscription.near", "km", int(a.search.RadiusKM), "place", a.place.Label()))
	}
	for _, filter := range searchFilters {
		if filter.Name == "sortierung" || len(a.query[filter.Name]) == 0 {
			continue
		}
		var labels []string
		for _, o := range a.form.Field(filter.Name).Options {
			if o.Chosen && o.Key != "" {
				labels = append(labels, r.T(o.Key))
			}
		}
		switch label := r.T(filter.Label); {
		case labels == nil:
			parts = append(parts, label)
		case strings.HasSuffix(label, "?"):
			parts = append(parts, label+" "+r.format().list(labels))
		default:
			parts = append(parts, label+": "+r.format().list(labels))
		}
	}
	if parts == nil {
		parts = []string{r.T("subscription.all")}
	}
	return parts
}

// confirmSubscription is the page of the link in the mail.
func (s *Server) confirmSubscription(w *Response, r *Request) error {
	token, link := r.Var("token"), ""
	if r.Method == http.MethodPost {
		err := r.update(func(tx *store.Tx) error {
			made, err := engagement.ConfirmSubscription(tx, token)
			link = tx.LinkToken(made.ID)
			return err
		})
		if err != nil {
			return s.expiredSubscription(w, r, err)
		}
		return w.SeeOther("/gemerkt/" + link)
	}
	var made engagement.Subscription
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		t, err := tx.Token(engagement.Hash(token), engagement.TokenSubscription)
		if err != nil {
			return err
		}
		made, err = tx.Subscription(t.Subject)
		return err
	})
	if err != nil {
		return s.expiredSubscription(w, r, err)
	}
	a := s.askQuery(r, made.Query)
	return w.Page(&subscriptionFormPage{
		Page: r.Page("subscription.confirm"), About: r.about(a), Search: a.path("/angebote"), Form: r.Form(nil), Lead: "subscription.confirm.lead", Button: "subscription.confirm.button",
	})
}

func (s *Server) expiredSubscription(w *Response, r *Request, err error) error {
	if !errors.Is(err, engagement.ErrNotFound) {
		return err
	}
	w.Status = http.StatusGone
	return w.Page(&accountSentPage{Page: r.Page("account.expired.title"), Text: "subscription.expired"})
}

// subscribed is the subscription whose link the path holds.
func subscribed(tx *store.Tx, r *Request) (engagement.Subscription, error) {
	return tx.SubscriptionBySecret(engagement.Hash(r.Var("link")))
}

// subscription shows it with what the last mail was about. What fits a profile is shown only to who signs in.
func (s *Server) subscription(w *Response, r *Request) error {
	var told engagement.Subscription
	var news store.Hits
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if told, err = subscribed(tx, r); err != nil || told.Fitting {
			return err
		}
		news, err = newHits(tx, told, told.From, told.Since)
		return err
	})
	if err != nil {
		return s.expiredSubscription(w, r, err)
	}
	if !told.Confirmed {
		return s.expiredSubscription(w, r, engagement.ErrNotFound)
	}
	page := &subscriptionPage{Page: r.Page("subscription.one"), Every: told.Every, Until: told.Until}
	if told.Fitting {
		page.About = []string{r.T("subscription.matches")}
	} else {
		a := s.askQuery(r, told.Query)
		page.About, page.Search, page.Cards = r.about(a), a.path("/angebote"), r.cards(news.List[:min(len(news.List), pageSize)], nil, nil)
		for i := range page.Cards {
			page.Cards[i].Number = 0
		}
	}
	if told.Reminded {
		prolong := r.Action(r.Path+"/verlaengern", "subscription.prolong")
		prolong.Style, page.Prolong = "primary", &prolong
	}
	end := r.Action(r.Path+"/beenden", "subscription.end")
	page.End = &end
	return w.Page(page)
}

// subscriber is who acts with the link of a subscription.
func subscriber(r *Request, told engagement.Subscription) engagement.Actor {
	return engagement.Actor{Account: r.Actor().Account, Request: told.ID}
}

func (s *Server) prolong(w *Response, r *Request) error {
	err := r.update(func(tx *store.Tx) error {
		told, err := subscribed(tx, r)
		if err != nil {
			return err
		}
		return engagement.Prolong(tx, subscriber(r, told), told.ID)
	})
	if err != nil {
		return s.expiredSubscription(w, r, err)
	}
	return w.SeeOther(strings.TrimSuffix(r.Path, "/verlaengern"))
}

func (s *Server) unsubscribe(w *Response, r *Request) error {
	err := r.update(func(tx *store.Tx) error {
		told, err := subscribed(tx, r)
		if err != nil {
			return err
		}
		return engagement.Unsubscribe(tx, subscriber(r, told), told.ID)
	})
	switch {
	case err != nil:
		return s.expiredSubscription(w, r, err)
	case r.Session != nil:
		return w.SeeOther(notifications)
	}
	return w.Page(&subscriptionOffPage{Page: r.Page("subscription.off.title"), Done: true})
}

// stopMails is where one-click unsubscription of every mail leads that has it.
func (s *Server) stopMails(w *Response, r *Request) error {
	page := &subscriptionOffPage{Page: r.Page("subscription.off.title"), Done: r.Method == http.MethodPost}
	err := r.update(func(tx *store.Tx) error {
		told, err := tx.SubscriptionBySecret(engagement.Hash(r.Var("token")))
		if err != nil || !page.Done {
			return err
		}
		return engagement.Unsubscribe(tx, subscriber(r, told), told.ID)
	})
	if errors.Is(err, engagement.ErrNotFound) {
		for _, stop := range []handler{(*Server).stopHours, (*Server).stopShiftMails} {
			if err := stop(s, w, r); !errors.Is(err, engagement.ErrNotFound) {
				return err
			}
		}
		return s.stopInvitations(w, r)
	}
	if err != nil {
		return err
	}
	if !page.Done {
		off := r.Action(r.Path, "subscription.end")
		off.Style, page.Off = "primary", &off
	}
	return w.Page(page)
}

var matchesField = Field{Name: "matches", Kind: Radio, Label: "subscription.matches.ask", Hint: "subscription.matches.hint", Need: "error.choice.empty", Options: []Option{
	{Value: "nie", Key: "subscription.matches.never"},
	{Value: "hinweis", Key: "subscription.matches.link"},
	{Value: "gruende", Key: "subscription.matches.reasons"},
}}

// ownSubscriptions are the mails that somebody with an account gets about what is new. None come unless they are asked for.
func (s *Server) ownSubscriptions(w *Response, r *Request) error {
	page := &ownSubscriptionsPage{Page: r.Page("subscription.own"), Form: r.Form([]Field{matchesField})}
	page.Crumbs = []Link{{Path: "/meine", Words: say("nav.mine")}}
	var matches engagement.Subscription
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		profile, err := tx.Profile(r.Session.Account.ID)
		if err != nil {
			return err
		}
		page.Profile, page.List, matches = profile.Used(), nil, engagement.Subscription{}
		all, err := tx.SubscriptionsOf(r.Session.Account.ID, "")
		for _, told := range all {
			if told.Fitting {
				matches = told
				continue
			}
			page.List = append(page.List, ownSubscription{Path: "/gemerkt/" + tx.LinkToken(told.ID), About: r.about(s.askQuery(r, told.Query)), Every: told.Every})
		}
		return err
	})
	if err != nil {
		return err
	}
	page.Next = matches.Next
	f := page.Form
	switch {
	case matches.ID == "":
		f.Set("matches", "nie")
	case matches.Reasons:
		f.Set("matches", "gruende")
	default:
		f.Set("matches", "hinweis")
	}
	if f.OK() {
		err := r.update(func(tx *store.Tx) error {
			if choice := f.Text("matches"); choice != "nie" {
				_, err := engagement.Subscribe(tx, r.Actor(), engagement.Subscription{Fitting: true, Reasons: choice == "gruende", Every: "woechentlich"})
				return err
			}
			if matches.ID == "" {
				return nil
			}
			err := engagement.Unsubscribe(tx, r.Actor(), matches.ID)
			if errors.Is(err, engagement.ErrNotFound) { // ended by the link in a mail
				return nil
			}
			return err
		})
		if err == nil {
			return w.SeeOther(notifications)
		}
		if !f.Refused(err) {
			return err
		}
	}
	return w.Page(page)
}

// newMatches shows what the last mail was about, with the reasons.
func (s *Server) newMatches(w *Response, r *Request) error {
	page := &matchesPage{Page: r.Page("subscription.news")}
	page.Crumbs = []Link{{Path: "/meine", Words: say("nav.mine")}, {Path: notifications, Words: say("subscription.own")}}
	var m fitting
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		all, err := tx.SubscriptionsOf(r.Session.Account.ID, "")
		if err != nil {
			return err
		}
		m = fitting{}
		for _, told := range all {
			if told.Fitting {
				m, err = s.matches(tx, told.Account, told.From, told.Since)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	hits := make([]store.Hit, 0, pageSize)
	results := map[engagement.ID]*matching.Result{}
	for _, result := range m.ranked[:min(len(m.ranked), pageSize)] {
		hits, results[result.Opportunity.ID] = append(hits, m.hits[result.Opportunity.ID]), result
	}
	page.Cards = r.cards(hits, m.matcher, results)
	for i := range page.Cards {
		page.Cards[i].Number = 0
	}
	return w.Page(page)
}

// Limits of what is looked at for one person.
const (
	newsRead   = 200 // new hits of a search
	nearRead   = 100 // new opportunities around the home of a profile
	remoteRead = 50  // and those that need no way
	newsBatch  = 50  // subscriptions in one transaction
)

// newHits are what the search of a subscription finds that appeared in a time, without the organizations that the person hides.
func newHits(tx *store.Tx, told engagement.Subscription, from, until time.Time) (store.Hits, error) {
	q := told.Search
	q.AppearedFrom, q.AppearedTo, q.Exact, q.After, q.Limit = from, until, true, "", newsRead
	if q.Order == engagement.Fitting {
		q.Order = engagement.Newest
	}
	hits, err := tx.Search(q, store.Viewer{})
	if err != nil || told.Account == "" {
		return hits, err
	}
	p, err := tx.Profile(told.Account)
	found := len(hits.List)
	hits.List = slices.DeleteFunc(hits.List, func(h store.Hit) bool { return p.Hides(h.Opportunity.Organization) })
	hits.Total -= found - len(hits.List)
	return hits, err
}

// fitting are opportunities compared with a profile.
type fitting struct {
	matcher *matching.Matcher
	ranked  []*matching.Result // what fits, the best first
	hits    map[engagement.ID]store.Hit
}

// matches are what appeared in a time and fits the profile of an account.
func (s *Server) matches(tx *store.Tx, account engagement.ID, from, until time.Time) (m fitting, err error) {
	profile, err := tx.Profile(account)
	if err != nil || !profile.Used() {
		return m, err
	}
	m = fitting{matcher: matching.New(matching.Default().For(*s.instance.Load()), profile, tx.Now()), hits: map[engagement.ID]store.Hit{}}
	all := engagement.Search{Order: engagement.Newest, AppearedFrom: from, AppearedTo: until, Limit: nearRead}
	searches := []engagement.Search{all}
	if profile.Home != (engagement.Profile{}.Home) {
		near, remote := all, all
		near.Center, near.RadiusKM, near.Order = profile.Home, 1.5*m.matcher.RadiusKM(), engagement.Nearest
		remote.Modes, remote.Limit = []engagement.Code{"online", "zuhause"}, remoteRead
		searches = []engagement.Search{near, remote}
	}
	var pool []store.Hit
	for _, q := range searches {
		found, err := tx.Search(q, store.Viewer{})
		if err != nil {
			return m, err
		}
		for _, h := range found.List {
			if _, twice := m.hits[h.ID]; !twice {
				m.hits[h.ID] = h
				pool = append(pool, h)
			}
		}
	}
	if len(pool) == 0 {
		return m, nil
	}
	list, err := hitCandidates(tx, pool)
	if err == nil {
		m.ranked = m.matcher.Rank(list).Fitting
	}
	return m, err
}

// TellNews looks for what is new for the subscriptions that are due, a few at a time, and has it told. It reports whether more may be due.
// At quiet hours nothing is done.
func (s *Server) TellNews(ctx context.Context) (more bool, err error) {
	type looked struct {
		told  engagement.Subscription
		news  []engagement.ID
		until time.Time
	}
	var all []looked
	err = s.store.View(ctx, func(tx *store.Tx) error {
		all = nil
		if engagement.Quiet(tx.Now(), s.instance.Load().Land) {
			return nil
		}
		due, err := tx.DueSubscriptions(newsBatch)
		for _, told := range due {
			one := looked{told: told}
			var from time.Time
			from, one.until = told.Window(tx.Now())
			if one.news, err = s.newsFor(tx, told, from, one.until); err != nil {
				return fmt.Errorf("subscription %s: %w", told.ID, err)
			}
			all = append(all, one)
		}
		return err
	})
	if err != nil || len(all) == 0 {
		return false, err
	}
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		for _, one := range all {
			if err := engagement.TellNews(tx, one.told, one.news, one.until); err != nil {
				return fmt.Errorf("subscription %s: %w", one.told.ID, err)
			}
		}
		return nil
	})
	return len(all) == newsBatch, err
}

// newsFor are the ids of what appeared in a time, what fits best first.
func (s *Server) newsFor(tx *store.Tx, told engagement.Subscription, from, until time.Time) (ids []engagement.ID, err error) {
	if told.Fitting {
		m, err := s.matches(tx, told.Account, from, until)
		for _, result := range m.ranked {
			ids = append(ids, result.Opportunity.ID)
		}
		return ids, err
	}
	hits, err := newHits(tx, told, from, until)
	for _, h := range hits.List {
		ids = append(ids, h.ID)
	}
	return ids, err
}

// subscriptionPath is the page of a subscription, which its link opens without signing in.
func subscriptionPath(tx *store.Tx, e engagement.Event) (string, error) {
	_, err := tx.Subscription(e.Subject)
	return "/gemerkt/" + tx.LinkToken(e.Subject), err
}

// listMatches writes into a mail what it is about, with the reasons, for who wants that. What is not public any more is left out.
func (s *Server) listMatches(tx *store.Tx, e engagement.Event, m *Mail) error {
	profile, err := tx.Profile(e.To.Account)
	switch {
	case err != nil:
		return err
	case profile.Restricted(): // meanwhile
		return engagement.ErrNotFound
	}
	matcher := matching.New(matching.Default().For(*s.instance.Load()), profile, tx.Now())
	f := format{words: s.words, lang: languageOf(m.Lang).Lang, zone: s.zone}
	for _, id := range strings.Fields(e.Args["ids"]) {
		o, err := tx.Opportunity(engagement.ID(id))
		if errors.Is(err, engagement.ErrNotFound) || err == nil && (!o.Open() || !engagement.Can(engagement.Actor{}, engagement.Read, o.Thing())) {
			continue
		}
		if err != nil {
			return err
		}
		org, err := tx.Organization(o.Organization)
		if err != nil {
			return err
		}
		list, err := candidates(tx, []*engagement.Opportunity{&o})
		if err != nil {
			return err
		}
		result := matcher.Assess(list[0])
		m.More = append(m.More, say("mail.matches.item", "title", o.Title, "organization", org.Name, "reasons", strings.Join(f.reasons(matcher.Explain(&result).Pro), " · "), "link", s.base.String()+"/a/"+o.Code))
	}
	return nil
}

// askQuery reads a search that was kept, as [Server.askSearch] reads the address.
func (s *Server) askQuery(r *Request, query string) asked {
	typed, err := url.ParseQuery(query)
	if err != nil {
		typed = url.Values{}
	}
	f := &Form{Path: "/angebote", fields: searchFields, values: url.Values{}, submitted: true, request: r}
	for _, field := range searchFields {
		f.read(field, typed)
	}
	return s.ask(f)
}
