package federation

import (
	"slices"
	"time"

	"github.com/go-fed/activity/streams/vocab"

	"seestern/engagement"
)

// postTypes are what is not read here but pointed to, if somebody who is followed publishes it (protocol.md §6.3).
var postTypes = []string{"Question", "Page", "Article", "Image", "Video", "Audio", "Document"}

// isPost says whether something that was published may be such a thing: for everybody, and answering nobody.
func isPost(m Map) bool {
	return slices.Contains(postTypes, m.Type()) && m["inReplyTo"] == nil && slices.Contains(m.Recipients("to"), Public)
}

// ReadPost reads what an actor tells of something it published, by the rules O1, O6 and O7; now is the time of arrival. What has no title is
// called by its first words.
func ReadPost(m Map, author string, now time.Time) (engagement.FollowedPost, error) {
	f := engagement.FollowedPost{IRI: m.ID()}
	if by := m.IRIs("attributedTo"); !SameOrigin(f.IRI, author) || !slices.Contains(by, author) {
		return f, violation("O1", "%q is by %q", f.IRI, by)
	}
	common := Map{"id": f.IRI, "type": "Note", "url": m["url"], "published": m["published"], "updated": m["updated"]} // the same whatever it is
	note, err := read[vocab.ActivityStreamsNote](common, "Note", "url", "published", "updated")
	if err != nil {
		return f, violation("O2", "%s: %v", f.IRI, err)
	}
	for _, from := range []string{"name", "summary", "content"} {
		text, _ := plainText(firstText(m, from))
		if f.Title = cut(cleanLine(text), maxTitle); f.Title != "" {
			break
		}
	}
	if f.URL = pageOf(note.GetActivityStreamsUrl()); !SameOrigin(f.URL, f.IRI) {
		f.URL = f.IRI
	}
	f.Published, f.Updated = timeOf(note.GetActivityStreamsPublished()), timeOf(note.GetActivityStreamsUpdated())
	latest := now.Add(clockSkew)
	switch {
	case f.Title == "":
		return f, violation("O6", "%s says nothing", f.IRI)
	case f.Published.IsZero(), f.Published.After(latest), f.Updated.After(latest):
		return f, violation("O7", "%s was published %q", f.IRI, m.String("published"))
	}
	return f, nil
}
