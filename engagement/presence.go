package engagement

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// Presence is the public presence of a volunteer (UI: Öffentliches Profil): a name and a few words of their own choice at an address that
// people on any server may ask to follow. Nothing else of the account is in it, nothing leads from it to the account, and match requests
// are never made with it.
type Presence struct {
	ID      ID        `class:"pub"` // 32 random hexadecimal digits, like the tokens of pseudonymous persons: ends the id of the actor
	Account ID        `class:"per"` // whose it is; empty once it has ended
	Handle  string    `class:"pub"` // as of organizations, and of none of them; never given out again; empty once it has ended
	Hash    string    `class:"tec"` // of the handle, by which it is known afterwards; set by the memory
	Name    string    `class:"pub"` // 2–60; empty once it has ended
	Summary string    `class:"pub"` // ≤ 500
	Created time.Time `class:"pub"`
	Updated time.Time `class:"pub"` // zero until the first change
	Ended   time.Time `class:"pub"` // zero: it is open
	Version int       `class:"tec"`
}

// Open says whether it is there for everybody.
func (p Presence) Open() bool { return p.Ended.IsZero() }

// presenceFrom is the age from which people may decide themselves to be public (domain.md §3.11).
const presenceFrom = 16

// MayBePublic says whether the person said that they are old enough for a public presence.
func (p Profile) MayBePublic() bool {
	youngest, _, known := Ages(p.AgeBand)
	return known && youngest >= presenceFrom
}

func (p *Presence) check(bad *Invalids) {
	p.Name, p.Summary = strings.TrimSpace(p.Name), strings.TrimSpace(p.Summary)
	bad.Text("name", p.Name, 2, 60)
	bad.Text("summary", p.Summary, 0, 500)
	for _, f := range []struct{ field, text string }{{"name", p.Name}, {"summary", p.Summary}} {
		if found := privateContact(f.text, "", ""); found != "" {
			bad.Add(f.field, "error.text."+found)
		}
	}
}

// OpenPresence makes somebody public who wants it and is old enough. Consent is what they ticked after they read what it means.
func OpenPresence(tx Tx, by Actor, p Presence, consent bool) (Presence, error) {
	if err := must(by, Create, Thing{Noun: APresence, Person: by.Account}); err != nil {
		return p, err
	}
	if _, err := tx.PresenceOf(by.Account); !errors.Is(err, ErrNotFound) {
		return p, errors.Join(err, ErrConflict)
	}
	profile, err := tx.Profile(by.Account)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return p, err
	}
	var bad Invalids
	p.check(&bad)
	p.Handle = strings.ToLower(p.Handle)
	checkHandle(&bad, p.Handle)
	if !profile.MayBePublic() {
		bad.Add("", "error.presence.age", "n", presenceFrom)
	}
	if !consent {
		bad.Add("consent", "error.presence.consent")
	}
	if err := bad.Err(); err != nil {
		return p, err
	}
	if _, err := unusedHandle(tx, p.Handle, true); err != nil {
		return p, err
	}
	p.ID, p.Account, p.Created, p.Updated, p.Ended, p.Version = ID(tx.NewToken()), by.Account, tx.Now(), time.Time{}, time.Time{}, 0
	return p, tx.PutPresence(&p)
}

// EditPresence changes name and words. Whoever follows is told.
func EditPresence(tx Tx, by Actor, name, summary string) (Presence, error) {
	p, err := tx.PresenceOf(by.Account)
	if err != nil {
		return p, err
	}
	if err := must(by, Change, p.Thing()); err != nil {
		return p, err
	}
	var bad Invalids
	p.Name, p.Summary = name, summary
	p.check(&bad)
	if err := bad.Err(); err != nil {
		return p, err
	}
	p.Updated = tx.Now()
	if err := tx.PutPresence(&p); err != nil {
		return p, err
	}
	return p, emit(tx, WireUpdate, p.ID)
}

// EndPresence ends a public presence for good: its person does so at any time, a moderator for what must not be there. Every server that
// knows it is told to delete it, and only its id and a hash of its handle are kept, so that nobody else gets them.
func EndPresence(tx Tx, by Actor, id ID) error {
	p, err := tx.Presence(id)
	if err != nil {
		return err
	}
	action := Remove
	if p.Account != by.Account {
		action = Decide
	}
	if err := must(by, action, p.Thing()); err != nil {
		return err
	}
	if !p.Open() {
		return ErrConflict
	}
	account := p.Account
	if err := p.Retire(tx); err != nil || action == Remove {
		return err
	}
	if err := mail(tx, MailPresenceEnded, account, Recipient{Account: account}, nil); err != nil {
		return err
	}
	return audit(tx, by, Moderator, AuditEntry{Action: "presence.end", Object: p.ID})
}

// Retire keeps nothing of it but what nobody else may get, and has everybody told.
func (p *Presence) Retire(tx Tx) error {
	p.Account, p.Handle, p.Name, p.Summary, p.Ended = "", "", "", "", tx.Now()
	if err := tx.PutPresence(p); err != nil {
		return err
	}
	return emit(tx, WireDelete, p.ID)
}

// FollowWish is somebody on another server who follows, or would like to.
type FollowWish struct {
	Actor    string    // IRI
	Host     string    // of its server
	Accepted bool      // else it waits for a word
	Since    time.Time // when it was asked
}

// AnswerFollow lets somebody follow, or not: then also nobody who did so before.
func AnswerFollow(tx Tx, by Actor, actor string, yes bool) error {
	p, err := tx.PresenceOf(by.Account)
	if err != nil {
		return err
	}
	if err := must(by, Decide, p.Thing()); err != nil {
		return err
	}
	wishes, err := tx.FollowWishes(p.ID)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(wishes, func(w FollowWish) bool { return w.Actor == actor })
	if at < 0 {
		return ErrNotFound
	}
	if yes && wishes[at].Accepted {
		return ErrConflict
	}
	if err := tx.AnswerFollow(p.ID, actor, yes); err != nil {
		return err
	}
	kind := WireLetFollow
	if !yes {
		kind = WireRefuseFollow
	}
	return tx.Emit(Event{ID: tx.NewID(), For: Wire, Kind: kind, Subject: p.ID, At: tx.Now(), Args: map[string]string{"actor": actor}})
}

// FollowAsked tells the person that somebody would like to follow, unless another one waits already.
func FollowAsked(tx Tx, p Presence) error {
	wishes, err := tx.FollowWishes(p.ID)
	if err != nil {
		return err
	}
	if count(wishes, func(w FollowWish) bool { return !w.Accepted }) > 1 {
		return nil
	}
	return mail(tx, MailFollowAsked, p.Account, Recipient{Account: p.Account}, nil)
}

// Thing describes the public presence to [Can].
func (p Presence) Thing() Thing { return Thing{Noun: APresence, Person: p.Account, Public: p.Open()} }
