package federation

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-fed/activity/streams/vocab"

	"seestern/engagement"
)

// DirectNote is a note to one person on another server, wrapped in its Create; body is the HTML after the mention, without which
// Mastodon notifies nobody. Note and activity share the event's id.
func (c Codec) DirectNote(event engagement.ID, at time.Time, org engagement.Organization, to engagement.RemotePerson, body string) Doc {
	mention := `<a href="` + html.EscapeString(to.Actor) + `" class="u-url mention">` + html.EscapeString(to.Handle) + `</a> `
	text := "<p>" + mention + strings.TrimPrefix(body, "<p>")
	author := c.Base.OrganizationID(org)
	return c.Create(event, at, content(text, "").with(Doc{
		"id": c.Base.ID(KindNote, string(event)), "type": "Note", "attributedTo": author, "inReplyTo": to.Note,
		"published": stamp(at), "to": []string{to.Actor}, "cc": []string{}, "attachment": []Doc{},
		"tag": []Doc{{"type": "Mention", "href": to.Actor, "name": to.Handle}},
	}))
}

// AutomaticAnswer says why somebody on another server gets an answer nobody wrote; its value is the sentence.
type AutomaticAnswer string

const (
	AnswerThanks AutomaticAnswer = "wire.answer.thanks" // to a direct message about an open opportunity; the address is the personal form
	AnswerPublic AutomaticAnswer = "wire.answer.public" // to a public reply; the address is the opportunity's page
	AnswerClosed AutomaticAnswer = "wire.answer.closed" // the opportunity takes no requests; the address leads to others
	AnswerWhere  AutomaticAnswer = "wire.answer.where"  // a message to a board or the instance; the address is where to look
	AnswerSignUp AutomaticAnswer = "wire.answer.signup" // to a Join that has no effect; the address is the form
	// AnswerOccasion answers a public reply to an occasion, or a Join of one without sign-up; the address is its page.
	AnswerOccasion AutomaticAnswer = "wire.answer.event"
)

// AnswerBody is the body of a direct note that answers automatically and leads to a page of ours, given as path.
func (c Codec) AnswerBody(why AutomaticAnswer, path string) string {
	w := c.Words("")
	address := c.page(path)
	return "<p>" + html.EscapeString(w.text(string(why))) + " " + link(address, "nofollow noopener", hostAndPath(address)) + "</p>" +
		"<p>" + html.EscapeString(w.text("wire.direct")) + "</p>"
}

// Answer renders the event with which a request via fediverse is answered: the personal link of the first, automatic answer, or the
// words of the organization.
func (c Codec) Answer(e engagement.Event, m engagement.MatchRequest, o engagement.Opportunity, org engagement.Organization) Doc {
	body := ""
	switch token := e.Args["token"]; {
	case token != "":
		body = c.AnswerBody(AnswerThanks, c.Pages.Interest(o, token))
	case e.Step != nil && e.Step.Text != "":
		body = plainHTML(e.Step.Text)
	default:
		body = plainHTML(c.Words("").text("wire.answer.declined"))
	}
	return c.DirectNote(e.ID, e.At, org, m.Remote, body)
}

// maxNote is how many characters of a note are kept.
const maxNote = 5000

// Note is a text of somebody on another server.
type Note struct {
	ID        string
	Author    string
	InReplyTo string
	Text      string   // plain, at most maxNote characters; untrusted: to be shown as a quotation
	Lang      string   // language tag, empty if not told
	Links     []string // all addresses in it, in normal form
	Mentions  []string // ids of the actors it mentions
	To, Cc    []string
	Published time.Time // zero if not told
	Updated   time.Time
}

// ReadNote reads a note, or anything else with a text, of an author on the same server.
func ReadNote(m Map) (Note, error) {
	n := Note{ID: m.ID(), Author: m.IRI("attributedTo"), InReplyTo: m.IRI("inReplyTo"), To: m.Recipients("to"), Cc: m.Recipients("cc")}
	if !SameOrigin(n.ID, n.Author) {
		return n, violation("O1", "%q is by %q", n.ID, n.Author)
	}
	t, err := read[vocab.ActivityStreamsNote](m, "Note", "published", "updated")
	if err != nil {
		return n, violation("O2", "%s: %v", n.ID, err)
	}
	body, links := plainText(firstText(m, "content"))
	n.Text, n.Lang = cut(body, maxNote), string(langOf(m))
	if n.Text == "" { // a vote is a note with a name instead of a text
		return n, violation("O6", "%s has no text", n.ID)
	}
	for _, l := range append(links, bareLinks.FindAllString(body, maxTags)...) {
		if iri, err := NormalizeIRI(strings.TrimRight(l, ".,;:!?)")); err == nil && !slices.Contains(n.Links, iri) {
			n.Links = append(n.Links, iri)
		}
	}
	for _, tag := range m.Maps("tag") {
		if tag.String("type") == "Mention" && tag.IRI("href") != "" {
			n.Mentions = append(n.Mentions, tag.IRI("href"))
		}
	}
	n.Published, n.Updated = timeOf(t.GetActivityStreamsPublished()), timeOf(t.GetActivityStreamsUpdated())
	return n, nil
}

var bareLinks = regexp.MustCompile(`https?://[^\s<>"]+`)

// Public says whether everybody can read the note, listed or not.
func (n Note) Public() bool { return slices.Contains(n.To, Public) || slices.Contains(n.Cc, Public) }

// ForFollowers says whether a note that is not public is more than a message: the followers of somebody can read it too.
func (n Note) ForFollowers() bool {
	followers := func(iri string) bool { return strings.HasSuffix(iri, "/followers") }
	return !n.Public() && (slices.ContainsFunc(n.To, followers) || slices.ContainsFunc(n.Cc, followers))
}
