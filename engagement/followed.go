package engagement

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// Followed is an actor on another server whose events are shown here, once a moderator has released them: a group or calendar of other
// software.
type Followed struct {
	Actor   string        `class:"pub"` // IRI
	Host    string        `class:"pub"`
	Handle  string        `class:"pub"` // @name@host
	Name    string        `class:"pub"`
	URL     string        `class:"pub"` // page
	Follow  ID            `class:"tec"` // activity id of our Follow
	State   FollowedState `class:"org"`
	Created time.Time     `class:"org"`
	Version int           `class:"tec"`

	Posts []FollowedPost `class:"pub"` // what it wrote besides events, newest first
}

// FollowedPost is something that a followed actor wrote for everybody: shown as a link with its title, and read there.
type FollowedPost struct {
	IRI       string
	Title     string
	URL       string // page
	Published time.Time
	Updated   time.Time // zero: never
	Hidden    bool      // an admin does not want it here
}

// followedPosts is how many are kept of each actor.
const followedPosts = 10

// ByNewest orders posts.
func ByNewest(a, b FollowedPost) int { return b.Published.Compare(a.Published) }

// FollowedState says whether the other side has accepted.
type FollowedState string

const (
	FollowedAsked    FollowedState = "asked"
	FollowedAccepted FollowedState = "accepted"
	FollowedRefused  FollowedState = "refused"
)

// FollowActor asks an account on another server for its events. Asking again is allowed after a refusal.
func FollowActor(tx Tx, by Actor, account Elsewhere) (Followed, error) {
	f := Followed{Actor: account.IRI, Handle: account.Handle, Name: account.Name, URL: account.Page, Host: account.Handle[strings.LastIndex(account.Handle, "@")+1:]}
	if err := must(by, Create, Thing{Noun: APartner}); err != nil {
		return f, err
	}
	old, err := tx.Followed(f.Actor)
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return f, err
	case old.State != FollowedRefused:
		return old, ErrConflict
	}
	f.Follow, f.State, f.Created, f.Version = tx.NewSecretID(), FollowedAsked, tx.Now(), old.Version
	if err := tx.PutFollowed(&f); err != nil {
		return f, err
	}
	if err := tx.Emit(Event{ID: f.Follow, For: Wire, Kind: WireFollow, Subject: ID(f.Actor), At: tx.Now()}); err != nil {
		return f, err
	}
	return f, audit(tx, by, Admin, AuditEntry{Action: "event.follow", Object: ID(f.Actor), New: string(f.State)})
}

// MoveFollowed goes along with an account that has another one now: that is asked for its events, and the former one, with its events, is
// left. It returns ErrNotFound if the former one is not followed.
func MoveFollowed(tx Tx, former string, to Elsewhere) error {
	f, err := tx.Followed(former)
	if err != nil {
		return err
	}
	if f.State != FollowedRefused {
		if _, err := FollowActor(tx, System, to); err != nil && !errors.Is(err, ErrConflict) { // followed already
			return err
		}
	}
	return UnfollowActor(tx, System, former)
}

// FollowListed settles what the list of an actor's followers says of us. A follow that its other side does not know has ended; one that this
// side does not know, or has given up, is taken back.
func FollowListed(tx Tx, actor string, listed bool) error {
	f, err := tx.Followed(actor)
	unknown := errors.Is(err, ErrNotFound)
	switch {
	case err != nil && !unknown:
		return err
	case listed && (unknown || f.State == FollowedRefused):
		id := f.Follow
		if unknown {
			id = tx.NewSecretID()
		}
		return takeFollowBack(tx, actor, id)
	case listed && f.State == FollowedAsked, !listed && f.State == FollowedAccepted:
		return FollowedAnswered(tx, actor, listed)
	}
	return nil
}

func takeFollowBack(tx Tx, actor string, follow ID) error {
	return tx.Emit(Event{ID: tx.NewSecretID(), For: Wire, Kind: WireUndo, Subject: ID(actor), At: tx.Now(), Args: map[string]string{"follow": string(follow)}})
}

// UnfollowActor ends it. The events of the actor go.
func UnfollowActor(tx Tx, by Actor, actor string) error {
	if err := must(by, Remove, Thing{Noun: APartner}); err != nil {
		return err
	}
	f, err := tx.Followed(actor)
	if err != nil {
		return err
	}
	if err := takeFollowBack(tx, actor, f.Follow); err != nil {
		return err
	}
	if err := tx.DeleteFollowed(actor); err != nil {
		return err
	}
	return audit(tx, by, Admin, AuditEntry{Action: "event.unfollow", Object: ID(actor), Old: string(f.State)})
}

// FollowedAnswered records the answer of an actor to our Follow.
func FollowedAnswered(tx Tx, actor string, accepted bool) error {
	f, err := tx.Followed(actor)
	if err != nil {
		return err
	}
	f.State = FollowedRefused
	if accepted {
		f.State = FollowedAccepted
	}
	return tx.PutFollowed(&f)
}

// PostFollowed keeps a post, or its new version. It returns ErrNotFound for an actor that is not followed and ErrConflict for a version that is
// not newer.
func PostFollowed(tx Tx, actor string, p FollowedPost) error {
	f, err := tx.Followed(actor)
	switch {
	case err != nil:
		return err
	case f.State != FollowedAccepted:
		return ErrNotFound
	}
	if i := f.post(p.IRI); i >= 0 {
		old := f.Posts[i]
		if !p.Updated.After(old.Updated) {
			return ErrConflict
		}
		p.Hidden, p.Published = old.Hidden, old.Published
		f.Posts = slices.Delete(f.Posts, i, i+1)
	}
	f.Posts = append(f.Posts, p)
	slices.SortStableFunc(f.Posts, ByNewest)
	f.Posts = f.Posts[:min(len(f.Posts), followedPosts)]
	return tx.PutFollowed(&f)
}

// UnpostFollowed forgets a post of an actor, if it is known.
func UnpostFollowed(tx Tx, actor, iri string) error {
	f, err := tx.Followed(actor)
	if err != nil {
		return err
	}
	i := f.post(iri)
	if i < 0 {
		return nil
	}
	f.Posts = slices.Delete(f.Posts, i, i+1)
	return tx.PutFollowed(&f)
}

// HideFollowedPost takes a post out of the lists, or puts it back.
func HideFollowedPost(tx Tx, by Actor, actor, iri string, hide bool) error {
	if err := must(by, Change, Thing{Noun: APartner}); err != nil {
		return err
	}
	f, err := tx.Followed(actor)
	if err != nil {
		return err
	}
	i := f.post(iri)
	if i < 0 {
		return ErrNotFound
	}
	f.Posts[i].Hidden = hide
	if err := tx.PutFollowed(&f); err != nil {
		return err
	}
	return audit(tx, by, Admin, AuditEntry{Action: map[bool]string{true: "post.hide", false: "post.show"}[hide], Object: ID(iri)})
}

// post is the place of a post in the list, -1 if it is not there.
func (f Followed) post(iri string) int {
	return slices.IndexFunc(f.Posts, func(p FollowedPost) bool { return p.IRI == iri })
}
