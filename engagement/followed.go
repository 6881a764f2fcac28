package engagement

import (
	"errors"
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
}

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
