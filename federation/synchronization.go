package federation

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"seestern/engagement"
	"seestern/store"
)

// The two ends of a follow can come to know different things: an Undo gets lost, a database is restored. With what an actor tells its
// followers it says in a header what it knows of those on the receiving server, as one number; where that is not what the receiver
// knows, the receiver asks for the list and settles the difference (FEP-8fcf). A server learns of nobody but its own accounts.

// syncHeader is covered by the signature.
const syncHeader = "Collection-Synchronization"

// jobFollow is the queue of actors that see our follow differently; key: IRI, data: the address of their list.
const jobFollow = "follow"

const (
	maxListed    = 1000 // followers on one server; where there are more, nothing is compared
	maxListPages = 5    // of a list of another server
	maxCompared  = 10   // lists asked for per registrable domain and hour
)

// synchronization is what the header says.
type synchronization struct {
	collection string // the followers of the sender
	url        string // the list of those on the receiving server, which alone may read it
	digest     string
}

func (y synchronization) String() string {
	return fmt.Sprintf(`collectionId="%s", url="%s", digest="%s"`, y.collection, y.url, y.digest)
}

func readSynchronization(line string) (y synchronization, err error) {
	params, err := parseSignature(line)
	if err == nil {
		y.digest = strings.ToLower(params["digest"])
		y.collection, err = NormalizeIRI(params["collectionId"])
	}
	if err == nil {
		y.url, err = NormalizeIRI(params["url"])
	}
	return y, err
}

// signedSynchronization is the header of a request if its signature covers it; empty if not.
func signedSynchronization(h http.Header, covered []string) string {
	lines := h.Values(syncHeader)
	if len(lines) != 1 || len(lines[0]) > maxSignature || !slices.Contains(covered, strings.ToLower(syncHeader)) {
		return ""
	}
	return lines[0]
}

// digestOf is the number that a list of actors comes to, in whatever order they stand.
func digestOf(actors []string) string {
	var digest [sha256.Size]byte
	for _, actor := range actors {
		for i, b := range sha256.Sum256([]byte(actor)) {
			digest[i] ^= b
		}
	}
	return hex.EncodeToString(digest[:])
}

// ---- our followers ----

// listPath is where a server finds which of its accounts follow an actor of ours.
const listPath = "/synchronization"

// synchronizations are the headers for deliveries; empty for one unless an organization or a board tells its followers something, and some of
// them are on the server it goes to.
func (s *Service) synchronizations(tx *store.Tx, leased []store.LeasedDelivery) ([]string, error) {
	of := map[string][]int{} // numbers of deliveries, by signer
	for i, d := range leased {
		if s.tellsFollowers(d) {
			of[d.Signer] = append(of[d.Signer], i)
		}
	}
	headers := make([]string, len(leased))
	for signer, which := range of {
		var hosts []string
		for _, i := range which {
			hosts = append(hosts, leased[i].Host)
		}
		followers, err := tx.FollowersOn(signer, hosts, maxListed+1)
		if err != nil {
			return nil, err
		}
		actor := s.Base.actorOf(signer)
		for _, i := range which {
			if here := followers[leased[i].Host]; len(here) > 0 && len(here) <= maxListed {
				headers[i] = synchronization{actor + "/followers", actor + listPath, digestOf(here)}.String()
			}
		}
	}
	return headers, nil
}

func (s *Service) tellsFollowers(d store.LeasedDelivery) bool {
	actor := s.Base.actorOf(d.Signer)
	id, ok := s.Base.ParseID(actor)
	return ok && id.Fragment == "" && slices.Contains(news, d.Kind) && bytes.Contains(d.Bytes, []byte(`"`+actor+`/followers"`))
}

// getFollowersHere tells a server which of its own accounts follow an organization or a board. To everybody else there is no such list.
func (s *Service) getFollowersHere(w http.ResponseWriter, r *http.Request) error {
	who, err := s.reader(r)
	if err != nil {
		return err
	}
	kind, key := mux.Vars(r)["kind"], mux.Vars(r)["key"]
	t, err := s.find(r.Context(), kind, key)
	if err != nil {
		return err
	}
	if t.gone != nil || who.mode == "partners" && !who.partner {
		return hidden(kind, key)
	}
	if err := who.admit(r.Context(), audience{host: who.host}); err != nil {
		return err
	}
	actor := s.Base.ID(Kind(kind), key)
	var followers []string
	err = s.store.View(r.Context(), func(tx *store.Tx) error {
		on, err := tx.FollowersOn(s.Base.owner(actor), []string{who.host}, maxListed+1)
		followers = on[who.host]
		return err
	})
	if err != nil {
		return err
	}
	if len(followers) > maxListed { // a part of them would say that the others do not follow
		return hidden(kind, key)
	}
	return s.serveDoc(w, r, CollectionOf(actor+listPath, followers), answer{})
}

// ---- whom we follow ----

// compareFollows looks at what the sender of an activity says of who follows it here. Whether it is right is found out by a job.
func (s *Service) compareFollows(ctx context.Context, a arrival) {
	if a.From.synchronization == "" || a.Suspect {
		return
	}
	if err := s.compare(ctx, a); err != nil {
		s.log.Info("follows not compared", "actor", a.Actor, "why", err)
	}
}

func (s *Service) compare(ctx context.Context, a arrival) error {
	said, err := readSynchronization(a.From.synchronization)
	if err != nil {
		return err
	}
	differs := false
	err = s.store.View(ctx, func(tx *store.Tx) error {
		actor, err := tx.RemoteActor(a.Actor)
		switch {
		case errors.Is(err, engagement.ErrNotFound): // we have nothing to do with it
			return nil
		case err != nil:
			return err
		case said.collection != actor.Followers, !SameOrigin(said.url, a.Actor):
			return violation("8fcf", "%s speaks of %s at %s", a.Actor, said.collection, said.url)
		}
		f, partner, err := s.followedNow(tx, a.Actor)
		var here []string
		if f.State == engagement.FollowedAccepted {
			here = []string{s.Base.Actor()}
		}
		differs = !partner && said.digest != digestOf(here)
		return err
	})
	if err != nil || !differs {
		return err
	}
	if err := s.inbox.compared.take(registrable(a.From.Host), a.Now); err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx *store.Tx) error {
		return tx.PutJob(store.Job{Queue: jobFollow, Key: a.Actor, Data: map[string]string{"url": said.url}})
	})
}

// followedNow is our follow of an actor; the zero value if there is none. Partnerships have rules of their own, and are not compared.
func (s *Service) followedNow(tx *store.Tx, actor string) (f engagement.Followed, partner bool, err error) {
	p, err := tx.Partner(HostOf(actor))
	if ignore(err, engagement.ErrNotFound) != nil {
		return f, false, err
	}
	f, err2 := tx.Followed(actor)
	return f, err == nil && p.Actor == actor, ignore(err2, engagement.ErrNotFound)
}

// followJob asks an actor's server whether we are on the list of its followers, and settles the difference. If the list cannot be had, the
// next activity of the actor will ask again.
func (s *Service) followJob(ctx context.Context, j store.LeasedJob) error {
	var before engagement.Followed
	err := s.store.View(ctx, func(tx *store.Tx) (err error) {
		before, _, err = s.followedNow(tx, j.Key)
		return err
	})
	if err != nil {
		return err
	}
	listed, err := s.listed(ctx, j.Key, j.Data["url"])
	if err != nil {
		s.log.Info("list of followers not read", "actor", j.Key, "why", err)
	}
	known := err == nil
	return s.store.Update(ctx, func(tx *store.Tx) error {
		now, partner, err := s.followedNow(tx, j.Key)
		if err != nil {
			return err
		}
		if known && !partner && now.Version == before.Version { // else it changed while we asked
			if err := engagement.FollowListed(tx, j.Key, listed); err != nil {
				return err
			}
		}
		return tx.JobDone(j)
	})
}

// listed says whether we are on a list of an actor's followers.
func (s *Service) listed(ctx context.Context, actor, list string) (bool, error) {
	for next, n := list, 0; next != ""; n++ {
		if n == maxListPages {
			return false, violation("8fcf", "the list of %s has no end", actor)
		}
		d, err := s.client.GetPage(ctx, next)
		switch {
		case err != nil:
			return false, err
		case !SameOrigin(d.ID, actor), !hasType(d.Raw, "OrderedCollection", "OrderedCollectionPage", "Collection", "CollectionPage"):
			return false, violation("8fcf", "%s is no list of %s", d.ID, actor)
		}
		first := d.Raw.Map("first") // some servers embed the first page, without an id of its own
		for _, page := range []Map{d.Raw, first} {
			for _, v := range append(page.List("orderedItems"), page.List("items")...) {
				if iriOf(v) == s.Base.Actor() {
					return true, nil
				}
			}
		}
		next = d.Raw.IRI("next")
		if n == 0 && next == "" {
			next = cmp.Or(d.Raw.IRI("first"), first.IRI("next"))
		}
		if next != "" && !SameOrigin(next, actor) {
			return false, violation("8fcf", "the list of %s goes on at %s", actor, next)
		}
	}
	return false, nil
}
