package federation

import (
	"errors"
	"net/url"
	"path"
	"slices"
	"strings"

	"seestern/engagement"
	"seestern/store"
)

// textTypes are what texts of people come as.
var textTypes = []string{"Note", "Question", "Article", "Page"}

// maxReply is how many characters of a reply are kept.
const maxReply = 2000

// meansNote is a text of somebody on another server, or its new version (protocol.md §6.4).
func (s *Service) meansNote(a arrival) (effect, error) {
	if !slices.Contains(textTypes, a.Object.Type()) {
		return nil, violation("§6.3", "a %s is nothing to us", a.Object.Type())
	}
	n, err := ReadNote(a.Object)
	if err != nil {
		return nil, err
	}
	n.To, n.Cc = a.Audience(), nil
	switch {
	case n.Author != a.Actor:
		return nil, violation("O1", "%s is by %s", n.ID, n.Author)
	case a.Limited:
		return nil, violation("§1.4", "%s may not bother people", a.From.Host)
	}
	return func(tx *store.Tx) error { return s.receiveNote(tx, a, n) }, nil
}

func (s *Service) receiveNote(tx *store.Tx, a arrival, n Note) error {
	deleted, err := tx.Remembered(a.Actor, n.ID)
	switch {
	case err != nil:
		return err
	case deleted:
		return violation("D6", "%s was deleted before", n.ID)
	}
	if known, err := editNote(tx, a, n); known || err != nil {
		return err
	}
	author, err := s.sender(tx, a)
	switch {
	case err != nil:
		return err
	case author.Type == "" || instanceTypes[author.Type]:
		return violation("§6.4", "%s is a machine", a.Actor)
	case n.Public():
		return s.receiveReply(tx, n, author)
	}
	return s.receiveMessage(tx, n, author)
}

// editNote takes over the new version of a note that had an effect here. The same note does not come twice.
func editNote(tx *store.Tx, a arrival, n Note) (known bool, err error) {
	m, err := tx.MatchRequestByNote(n.ID)
	if err == nil && m.Remote.Actor == a.Actor {
		if a.Type != "Update" {
			return true, violation("§6.4", "%s came before", n.ID)
		}
		return true, engagement.EditInterest(tx, m, cut(n.Text, engagement.RequestTextLimit))
	}
	if ignore(err, engagement.ErrNotFound) != nil {
		return false, err
	}
	if known, err := editMessage(tx, a, n); known || err != nil {
		return known, err
	}
	r, err := tx.ReactionByIRI(a.Actor, n.ID)
	switch {
	case err != nil:
		return false, ignore(err, engagement.ErrNotFound)
	case a.Type != "Update":
		return true, violation("§6.4", "%s came before", n.ID)
	case !n.Public():
		return true, tx.DeleteReaction(a.Actor, n.ID)
	case r.Text == cut(n.Text, maxReply):
		return true, nil
	}
	r.Text, r.Shown = cut(n.Text, maxReply), false // a moderator has released another text
	return true, tx.PutReaction(r)
}

// How much waits for moderators. What comes beyond it is not kept.
const (
	maxReplies    = 20  // of one author, per day
	maxUnreleased = 100 // about one thing
)

// receiveReply keeps a public answer to something of ours for a moderator to release. To somebody who answers an opportunity or an
// occasion we explain how to take part. Of a post about something else the organizations that it mentions learn.
func (s *Service) receiveReply(tx *store.Tx, n Note, author store.RemoteActor) error {
	about, err := s.subject(tx, n.InReplyTo)
	if errors.Is(err, engagement.ErrNotFound) {
		return s.receiveMention(tx, n)
	}
	if err == nil {
		err = s.mayReply(tx, n, about)
	}
	if err != nil {
		return err
	}
	err = tx.PutReaction(engagement.Reaction{
		ID: tx.NewID(), Subject: about.id(), Kind: engagement.Reply, Actor: author.IRI, Handle: author.Handle, IRI: n.ID, Text: cut(n.Text, maxReply), At: tx.Now(),
	})
	if err != nil || about.announcement.ID != "" || author.Type != "Person" {
		return err
	}
	if about.occasion.ID != "" {
		return s.answerOnce(tx, n, author, about.organization, about.id(), AnswerOccasion, s.Pages.Occasion(about.occasion))
	}
	why, page := AnswerPublic, s.Pages.Opportunity(about.opportunity)
	if !about.takesRequests(tx) {
		why, page = AnswerClosed, s.similar(about.opportunity)
	}
	return s.answerOnce(tx, n, author, about.organization, about.id(), why, page)
}

// mayReply is a violation if too much of an author, or about a thing, waits already.
func (s *Service) mayReply(tx *store.Tx, n Note, about subject) error {
	waiting, err := tx.CountWaiting(about.id())
	if err != nil {
		return err
	}
	if waiting >= maxUnreleased || s.inbox.replies.take(n.Author, tx.Now()) != nil {
		return violation("§6.4", "too much waits for moderators: %s of %s", n.ID, n.Author)
	}
	return nil
}

// receiveMention notifies the organizations that a public post mentions, within the limits of automatic answers.
func (s *Service) receiveMention(tx *store.Tx, n Note) error {
	known := false
	for _, iri := range n.Mentions {
		org, err := s.organization(tx, iri)
		if errors.Is(err, ErrIgnored) {
			continue
		}
		if err != nil {
			return err
		}
		known = true
		may, err := s.mayAnswer(tx, n, org, "mention "+org.ID)
		if err == nil && may {
			err = engagement.NotifyMention(tx, org.ID, n.ID)
		}
		if err != nil {
			return err
		}
	}
	if !known {
		return violation("§6.4", "%s is about nothing of ours", n.ID)
	}
	return nil
}

// receiveMessage takes a message that is not for everybody. About an opportunity, and to its organization, it is interest.
func (s *Service) receiveMessage(tx *store.Tx, n Note, author store.RemoteActor) error {
	about, err := s.mentioned(tx, n)
	if ignore(err, engagement.ErrNotFound) != nil {
		return err
	}
	if about.opportunity.ID != "" && slices.Contains(n.To, s.Base.OrganizationID(about.organization)) {
		return s.receiveInterest(tx, n, author, about)
	}
	return s.receiveDirect(tx, n, author)
}

// receiveInterest records the message as a request via fediverse.
func (s *Service) receiveInterest(tx *store.Tx, n Note, author store.RemoteActor, about subject) error {
	in := engagement.Interest{
		Opportunity: about.opportunity.ID, Text: cut(n.Text, engagement.RequestTextLimit),
		From: engagement.RemotePerson{Actor: author.IRI, Handle: author.Handle, Note: n.ID, FollowersToo: n.ForFollowers()},
	}
	m, isNew, err := engagement.ReceiveInterest(tx, in)
	switch {
	case errors.Is(err, engagement.ErrGone) && author.Type == "Person":
		return s.answerOnce(tx, n, author, about.organization, about.id(), AnswerClosed, s.similar(about.opportunity))
	case errors.Is(err, engagement.ErrGone):
		return violation("§6.4", "%s is about something that has ended", n.ID)
	case err != nil:
		return err
	case !isNew:
		return engagement.FollowUpInterest(tx, m, in)
	case author.Type != "Person":
		return nil
	}
	if may, err := s.mayAnswer(tx, n, about.organization, about.id()); err != nil || !may {
		return err
	}
	return engagement.AnswerInterest(tx, m)
}

// subject is what of ours a text is about: an opportunity, an announcement or an occasion.
type subject struct {
	opportunity  engagement.Opportunity
	announcement engagement.Announcement
	occasion     engagement.Occasion
	organization engagement.Organization
}

func (s subject) id() engagement.ID { return s.opportunity.ID + s.announcement.ID + s.occasion.ID }

func (s subject) takesRequests(tx *store.Tx) bool {
	return s.opportunity.Open() && !s.opportunity.Over(tx.Now())
}

// mentioned is what a note is about: what it answers, else the first of our things whose id or page it links.
func (s *Service) mentioned(tx *store.Tx, n Note) (subject, error) {
	for _, iri := range append([]string{n.InReplyTo}, n.Links...) {
		if about, err := s.subject(tx, iri); !errors.Is(err, engagement.ErrNotFound) {
			return about, err
		}
	}
	return subject{}, engagement.ErrNotFound
}

// subject is the public thing of ours that an IRI means: its id, its page, or a name it got in a conversation.
func (s *Service) subject(tx *store.Tx, iri string) (about subject, err error) {
	id, isID := s.Base.ParseID(iri)
	switch {
	case iri == "":
		return about, engagement.ErrNotFound
	case isID && id.Part == "" && (id.Kind == KindOpportunity || id.Kind == KindAnnouncement || id.Kind == KindEvent):
		return s.subjectByID(tx, engagement.ID(id.Key))
	case !isID && s.Base.Owns(iri):
		return s.subjectByPage(tx, iri)
	case isID && id.Part == "" && id.Kind == KindNote:
		if about, err = s.subjectByID(tx, engagement.ID(id.Key)); err == nil && about.occasion.Note {
			return about, nil
		}
		if ignore(err, engagement.ErrNotFound) != nil {
			return subject{}, err
		}
	}
	key, err := tx.Alias(iri)
	if err != nil {
		return subject{}, err
	}
	if m, err := tx.MatchRequest(key); err == nil {
		key = m.Opportunity
	}
	return s.subjectByID(tx, key)
}

func (s *Service) subjectByID(tx *store.Tx, id engagement.ID) (about subject, err error) {
	about.opportunity, err = tx.Opportunity(id)
	organization, public := about.opportunity.Organization, about.opportunity.Local() && about.opportunity.Thing().Public
	if errors.Is(err, engagement.ErrNotFound) {
		about.announcement, err = tx.Announcement(id)
		organization, public = about.announcement.Organization, about.announcement.Local() && about.announcement.State == engagement.AnnouncementPublished
	}
	if errors.Is(err, engagement.ErrNotFound) {
		about.occasion, err = tx.Occasion(id)
		organization, public = about.occasion.Organization, about.occasion.Local() && about.occasion.Live()
	}
	if err != nil {
		return about, err
	}
	about.organization, err = tx.Organization(organization)
	if err == nil && (!public || about.organization.State != engagement.OrganizationActive) {
		return subject{}, engagement.ErrNotFound
	}
	return about, err
}

// subjectByPage finds a thing by the address of its page, whose last part begins with the thing's short code.
func (s *Service) subjectByPage(tx *store.Tx, address string) (about subject, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return about, engagement.ErrNotFound
	}
	code, _, _ := strings.Cut(path.Base(u.Path), "-")
	_, id, err := tx.Code(code)
	if err != nil {
		return about, err
	}
	about, err = s.subjectByID(tx, id)
	if err != nil {
		return about, err
	}
	page := s.Pages.Opportunity(about.opportunity)
	switch {
	case about.announcement.ID != "":
		page = s.Pages.Announcement(about.announcement)
	case about.occasion.ID != "":
		page = s.Pages.Occasion(about.occasion)
	}
	if path.Dir(page) != path.Dir(u.Path) {
		return subject{}, engagement.ErrNotFound
	}
	return about, nil
}

func unknownSubject(err error, n Note) error {
	if errors.Is(err, engagement.ErrNotFound) {
		return violation("§6.4", "%s is about nothing of ours", n.ID)
	}
	return err
}

// similar is the page with opportunities like one that takes no requests.
func (s *Service) similar(o engagement.Opportunity) string {
	words := ""
	if len(o.Activities) > 0 {
		words = s.Words("").Label("activity", o.Activities[0])
	}
	return s.Pages.Search(words)
}

// answerOnce answers a note automatically, in the name of an organization, if that may be.
func (s *Service) answerOnce(tx *store.Tx, n Note, author store.RemoteActor, org engagement.Organization, thread engagement.ID, why AutomaticAnswer, page string) error {
	may, err := s.mayAnswer(tx, n, org, thread)
	switch {
	case err != nil:
		return err
	case !may || author.Inbox == "":
		return nil
	}
	id, from := tx.NewSecretID(), s.Base.OrganizationID(org)
	to := engagement.RemotePerson{Actor: author.IRI, Handle: author.Handle, Note: n.ID}
	d := s.DirectNote(id, tx.Now(), org, to, s.AnswerBody(why, page))
	ours := s.Base.ID(KindNote, string(id))
	if err := tx.PutAlias(ours, thread); err != nil {
		return err
	}
	return s.enqueue(tx, parcel{doc: d, signer: s.Base.owner(from), object: ours, private: true, inboxes: []store.Recipient{inboxAt(author.Inbox)}})
}

// mayAnswer says whether a note may get an automatic answer, and counts it as given: one for each thread and author, a few for each
// author and organization, and none to an answer of ours, so that two machines never keep talking.
func (s *Service) mayAnswer(tx *store.Tx, n Note, org engagement.Organization, thread engagement.ID) (bool, error) {
	if id, ok := s.Base.ParseID(n.InReplyTo); ok && id.Kind == KindNote {
		return false, nil
	}
	if blocked, err := s.hasBlocked(tx, s.Base.OrganizationID(org), n.Author); blocked || err != nil {
		return false, err
	}
	mark := "answer " + string(thread)
	if answered, err := tx.Remembered(n.Author, mark); answered || err != nil {
		return false, err
	}
	now, organization := tx.Now(), string(org.ID)+org.IRI
	if s.inbox.authors.full(n.Author, now) || s.inbox.answers.take(organization, now) != nil || s.inbox.authors.take(n.Author, now) != nil {
		return false, nil
	}
	return true, tx.Remember(n.Author, mark)
}

// meansLike is somebody who likes something of ours. It counts, and is never interest.
func (s *Service) meansLike(a arrival) (effect, error) {
	return func(tx *store.Tx) error { return s.react(tx, a, engagement.Like) }, nil
}

// react counts a like or a share, once for each actor and thing.
func (s *Service) react(tx *store.Tx, a arrival, kind engagement.ReactionKind) error {
	about, err := s.subject(tx, a.ObjectID)
	if err != nil {
		return unknownSubject(err, Note{ID: a.ID})
	}
	undone, err := tx.Remembered(a.Actor, a.ID)
	switch {
	case err != nil:
		return err
	case undone || a.Limited:
		return violation("D6", "%s does not count", a.ID)
	}
	if _, err := tx.ReactionOf(a.Actor, about.id(), kind); !errors.Is(err, engagement.ErrNotFound) {
		return orIgnored(err, "§6.3", a.ID)
	}
	author, err := s.sender(tx, a)
	if err != nil {
		return err
	}
	if kind == engagement.Share { // who answers the share answers the thing
		if err := tx.PutAlias(a.ID, about.id()); err != nil {
			return err
		}
	}
	return tx.PutReaction(engagement.Reaction{
		ID: tx.NewID(), Subject: about.id(), Kind: kind, Actor: a.Actor, Handle: author.Handle, IRI: a.ID, At: tx.Now(),
	})
}

// undoReaction takes a like or a share back, by its id or by what it was about.
func (s *Service) undoReaction(tx *store.Tx, a arrival, about Reply) (bool, error) {
	r, err := tx.ReactionByIRI(a.Actor, about.ID)
	if errors.Is(err, engagement.ErrNotFound) && about.Actor == a.Actor {
		kind := map[string]engagement.ReactionKind{"Like": engagement.Like, "Announce": engagement.Share}[about.Type]
		of, subjectErr := s.subject(tx, about.Object)
		if kind == "" || subjectErr != nil {
			return false, ignore(subjectErr, engagement.ErrNotFound)
		}
		r, err = tx.ReactionOf(a.Actor, of.id(), kind)
	}
	if err != nil || r.Kind == engagement.Reply {
		return false, ignore(err, engagement.ErrNotFound)
	}
	return true, tx.DeleteReaction(a.Actor, r.IRI)
}
