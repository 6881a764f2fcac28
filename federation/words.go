package federation

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"seestern/engagement"
)

// Codec turns nouns into documents and documents into nouns. It knows no store and no network.
type Codec struct {
	Base  Base
	Words func(engagement.Lang) Words
	Pages Pages
}

// Words are the few sentences and labels that stand inside documents, in one language. The codec itself knows none.
type Words struct {
	Text   func(key string, args map[string]any) string         // sentence "wire.…"; the argument n decides about the plural
	Label  func(vocabulary string, code engagement.Code) string // of a code of engagement's vocabularies
	Day    func(engagement.Date) string                         // a calendar day as people write it
	Number func(float64) string                                 // with the decimal sign of the language
	Span   func(from, to time.Time) string                      // days and clock times, in the zone of from
}

// Pages are the addresses of the pages for people as paths on this instance, "/angebote/k3v9qd2x-vorlesen".
type Pages struct {
	Opportunity   func(engagement.Opportunity) string
	HelpOffer     func(engagement.HelpOffer) string
	Organization  func(engagement.Organization) string
	Announcement  func(engagement.Announcement) string
	Board         func(engagement.Board) string
	Presence      func(engagement.Presence) string
	Occasion      func(engagement.Occasion) string
	SignUp        func(engagement.Occasion) string                    // the form of an occasion
	Organizations func() string                                       // all of them
	Search        func(words string) string                           // opportunities that mention the words
	Open          func(object string) string                          // the page of a thing by its id, as it stands in an address
	Help          func(object string) string                          // the same, to help with it
	Interest      func(o engagement.Opportunity, token string) string // the form in which somebody from another server goes on
}

// page makes an absolute address of a path.
func (c Codec) page(path string) string { return c.Base.String() + path }

// wireLang is the language tag of texts. Simple German is German to other servers.
func wireLang(l engagement.Lang) string {
	if l == "" || l == "ls" {
		return "de"
	}
	return string(l)
}

// content is a text for people and its language, which other servers learn only from contentMap.
func content(html string, lang engagement.Lang) Doc {
	return Doc{"content": html, "contentMap": Doc{wireLang(lang): html}}
}

func (w Words) text(key string, pairs ...any) string {
	args := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		args[pairs[i].(string)] = pairs[i+1]
	}
	return w.Text(key, args)
}

// labels are the labels of codes in a row.
func (w Words) labels(vocabulary string, codes []engagement.Code) string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = w.Label(vocabulary, c)
	}
	return strings.Join(out, ", ")
}

// when says when something takes place: commitment, rhythm, hours, days of the week, dates.
func (w Words) when(o engagement.Opportunity) string {
	var parts []string
	add := func(s string) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if o.Commitment != "" {
		add(w.Label("commitment", o.Commitment))
	}
	if o.Rhythm != "" {
		add(w.Label("rhythm", o.Rhythm))
	}
	add(w.hours(o.HoursMin, o.HoursMax))
	add(w.week(o))
	switch {
	case o.StartsOn != "" && o.StartsOn == o.EndsOn, o.StartsOn != "" && o.EndsOn == "" && o.Commitment == "einmalig":
		add(w.Day(o.StartsOn))
	case o.StartsOn != "" && o.EndsOn != "":
		add(w.text("wire.day.between", "from", w.Day(o.StartsOn), "until", w.Day(o.EndsOn)))
	case o.StartsOn != "":
		add(w.text("wire.day.from", "from", w.Day(o.StartsOn)))
	case o.EndsOn != "":
		add(w.text("wire.day.until", "until", w.Day(o.EndsOn)))
	}
	return strings.Join(parts, ", ")
}

// hours are the hours of one occurrence.
func (w Words) hours(least, most float64) string {
	switch {
	case least == 0 && most == 0:
		return ""
	case least == 0 || most == 0 || least == most:
		return w.text("wire.hours", "n", plural(max(least, most)), "hours", w.Number(max(least, most)))
	}
	return w.text("wire.hours.range", "from", w.Number(least), "hours", w.Number(most))
}

// plural is a whole number that takes the same plural as n: one and a half is not one.
func plural(n float64) int {
	if n == 1 {
		return 1
	}
	return 2
}

// week names the slots of the week. Days in a row with the same dayparts are named together.
func (w Words) week(o engagement.Opportunity) string {
	days := engagement.Weekdays.Codes()
	parts := make([]engagement.Grid, len(days))
	for i, day := range days {
		for j, part := range engagement.Dayparts.Codes() {
			if o.Grid.Has(engagement.Slot(day, part)) {
				parts[i] |= 1 << j
			}
		}
	}
	var rows []string
	for i := 0; i < len(days); {
		j := i
		for j+1 < len(days) && parts[j+1] == parts[i] {
			j++
		}
		if parts[i] != 0 {
			rows = append(rows, w.span(days[i], days[j])+" "+w.dayparts(parts[i]))
		}
		i = j + 1
	}
	week := strings.Join(rows, "; ")
	if week != "" && o.Grid.Slots() > 1 && !o.AllSlots {
		return w.text("wire.week.any", "week", week)
	}
	return week
}

func (w Words) span(first, last engagement.Code) string {
	if first == last {
		return w.Label("weekday", first)
	}
	return w.text("wire.week.span", "from", w.Label("weekday", first), "until", w.Label("weekday", last))
}

func (w Words) dayparts(bits engagement.Grid) string {
	var codes []engagement.Code
	for j, part := range engagement.Dayparts.Codes() {
		if bits&(1<<j) != 0 {
			codes = append(codes, part)
		}
	}
	return w.labels("daypart", codes)
}

// where says where something takes place: places at public precision, or online and the like.
func (w Words) where(o engagement.Opportunity) string {
	var parts []string
	for _, p := range o.PublicPlaces() {
		parts = append(parts, address(p))
	}
	if o.Mode != "" && o.Mode != "vor-ort" {
		parts = append(parts, w.Label("mode", o.Mode))
	}
	return strings.Join(parts, "; ")
}

// address is a place as one writes it on an envelope, in one line.
func address(p engagement.Place) string {
	var parts []string
	for _, s := range []string{p.Name, street(p), strings.TrimSpace(p.Postcode + " " + p.Locality)} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

func street(p engagement.Place) string { return strings.TrimSpace(p.Street + " " + p.House) }

// facts are the lines about an opportunity that a person must know before they answer.
func (w Words) facts(o engagement.Opportunity) []string {
	var lines []string
	add := func(key string, name string, value string) {
		if value != "" {
			lines = append(lines, w.text(key, name, value))
		}
	}
	add("wire.when", "when", w.when(o))
	add("wire.where", "where", w.where(o))
	if o.MinAge > 0 {
		lines = append(lines, w.text("wire.age", "n", o.MinAge))
	}
	add("wire.proofs", "proofs", w.labels("proof", o.Proofs))
	add("wire.load", "load", o.Load)
	if status := w.status(o); status != "" {
		lines = append(lines, status)
	}
	return lines
}

// status says whether there are places.
func (w Words) status(o engagement.Opportunity) string {
	switch wireStatus(o.State) {
	case "paused":
		return w.text("wire.paused")
	case "filled":
		if o.Waitlist {
			return w.text("wire.filled.waitlist")
		}
		return w.text("wire.filled")
	case "closed":
		return w.text("wire.closed")
	}
	if free, limited := o.Free(); limited {
		return w.text("wire.free", "n", free)
	}
	return ""
}

// hashtag is a tag of a Note and the link to it in its content.
func (c Codec) hashtag(name string) (tag Doc, html string) {
	href := c.page(c.Pages.Search(name))
	return Doc{"type": "Hashtag", "name": "#" + name, "href": href}, link(href, "tag", "#"+name)
}

// quantity is an amount as FEP-0837 writes it: the value is a text.
func quantity(unit string, n float64) Doc {
	return Doc{"hasUnit": unit, "hasNumericalValue": strconv.FormatFloat(n, 'f', -1, 64)}
}

// hostAndPath is an address as people read it.
func hostAndPath(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Host + strings.TrimSuffix(u.Path, "/")
}
