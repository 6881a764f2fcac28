package engagement_test

import (
	"errors"
	"strings"
	"testing"

	. "seestern/engagement"
	"seestern/store"
)

func TestNewsInBothForms(t *testing.T) {
	eachHouse(t, func(h *house) {
		today := DateOf(h.clock.Now())
		announce := func(news News) (n Announcement, err error) {
			err = h.s.Update(ctx, func(tx *store.Tx) (err error) {
				n, err = Announce(tx, h.manager, h.org.ID, news)
				return err
			})
			return n, err
		}
		edit := func(id ID, news News) (n Announcement, err error) {
			err = h.s.Update(ctx, func(tx *store.Tx) (err error) {
				n, err = EditAnnouncement(tx, h.manager, id, news)
				return err
			})
			return n, err
		}
		long := News{Title: "Vorlesen zu dritt", Teaser: "Drei Generationen lesen vor.", Text: strings.Repeat("a", LongAnnouncementLimit)}
		with := func(n News, change func(*News)) News {
			change(&n)
			return n
		}
		short := News{Text: strings.Repeat("ä", AnnouncementLimit), UrgentUntil: today.Add(14)}
		for name, c := range map[string]struct {
			news       News
			field, key string
		}{
			"nothing":                                {News{}, "text", "error.text.empty"},
			"a long text without a title":            {with(short, func(n *News) { n.Text += "ä" }), "title", "error.news.long"},
			"an article that is too long":            {with(long, func(n *News) { n.Text += "a" }), "text", "error.text.long"},
			"an article without a teaser":            {with(long, func(n *News) { n.Teaser = "" }), "teaser", "error.text.empty"},
			"an article without a title":             {with(long, func(n *News) { n.Title = "" }), "title", "error.text.empty"},
			"a title that is too long":               {with(long, func(n *News) { n.Title = strings.Repeat("a", NewsTitleLimit+1) }), "title", "error.text.long"},
			"a teaser that is too long":              {with(long, func(n *News) { n.Teaser = strings.Repeat("a", NewsTeaserLimit+1) }), "teaser", "error.text.long"},
			"an urgent article":                      {with(long, func(n *News) { n.UrgentUntil = today }), "urgent_until", "error.urgent.news"},
			"a call that was urgent until yesterday": {with(short, func(n *News) { n.UrgentUntil = today.Add(-1) }), "urgent_until", "error.date.past"},
			"a call that is urgent for 15 days":      {with(short, func(n *News) { n.UrgentUntil = today.Add(15) }), "urgent_until", "error.urgent.far"},
			"a day that is none":                     {with(short, func(n *News) { n.UrgentUntil = "2026-02-30" }), "urgent_until", "error.date.unknown"},
		} {
			_, err := announce(c.news)
			h.refuses(name, err, c.field, c.key)
		}
		article, err := announce(long)
		h.must(err)
		call, err := announce(short)
		h.must(err)
		if !article.Long || call.Long || !call.Urgent(h.clock.Now()) {
			h.t.Errorf("got %+v and %+v", article, call)
		}
		_, err = edit(call.ID, with(long, func(n *News) { n.Text = "kurz" }))
		h.refuses("a note that becomes an article", err, "title", "error.news.short")
		_, err = edit(article.ID, News{Text: "kurz"})
		h.refuses("an article that becomes a note", err, "title", "error.text.empty")
		_, err = edit(call.ID, with(short, func(n *News) { n.UrgentUntil = today.Add(15) }))
		h.refuses("a longer end", err, "urgent_until", "error.urgent.far")
		h.clock.Forward(20 * day)
		if call, err = edit(call.ID, with(short, func(n *News) { n.Text = "Erledigt." })); err != nil || call.Urgent(h.clock.Now()) {
			h.t.Errorf("a call that has ended cannot be edited: %v, urgent: %v", err, call.Urgent(h.clock.Now()))
		}
		h.update(func(tx *store.Tx) error { return WithdrawAnnouncement(tx, h.manager, article.ID) })
		h.update(func(tx *store.Tx) (err error) { article, err = tx.Announcement(article.ID); return err })
		if article.Title+article.Teaser+article.Text != "" || !article.Long {
			h.t.Errorf("a withdrawn article keeps %+v", article)
		}
		if _, err = edit(article.ID, long); !errors.Is(err, ErrConflict) {
			h.t.Errorf("a withdrawn article is edited: %v", err)
		}
	})
}

// refuses checks what a rule found wrong first.
func (h *house) refuses(what string, err error, field, key string) {
	h.t.Helper()
	var several Invalids
	var one *Invalid
	if errors.As(err, &several) {
		one = several[0]
	} else {
		errors.As(err, &one)
	}
	if one == nil || one.Field != field || one.Key != key {
		h.t.Errorf("%s: got %v, want %s %s", what, err, field, key)
	}
}
