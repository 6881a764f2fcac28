package federation_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "github.com/jackc/pgx/v5/stdlib"

	"seestern/engagement"
	"seestern/federation/fedtest"
	"seestern/store"
	"seestern/store/storetest"
)

// house is the instance of the test catalogue (security-cases.md §1.2): two organizations, of which org seeks two people, and the partner
// good.test.
type house struct {
	*peer
	org, other engagement.Organization
	opp        engagement.Opportunity
	mode       engagement.Code
}

// eachHouse runs a test with an instance at https://me.test, on every engine.
func eachHouse(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	eachPeer(t, func(t *testing.T, s *peer) { test(t, furnish(s)) })
}

// newHouse is such an instance on SQLite, for tests that are about the way to the database and not about the database.
func newHouse(t testing.TB) *house {
	t.Helper()
	w, clock := newWorld(t)
	return furnish(newPeer(t, w, clock, "me.test", storetest.SQLite(t)))
}

func furnish(s *peer) *house {
	s.t.Helper()
	h := &house{peer: s, mode: "open", org: s.organization("leseinsel"), other: s.organization("sportfreunde")}
	h.opp = s.opportunity(h.org, "Vorlesen in der Grundschule", func(o *engagement.Opportunity) { o.Capacity, o.Waitlist = 2, true })
	h.befriend("good.test")
	settle(s.t, s)
	return h
}

// befriend makes a scripted host an active partner and returns its instance actor.
func (h *house) befriend(host string, change ...func(*engagement.Partner)) *fedtest.Actor {
	h.t.Helper()
	actor := h.world.Host(host).Actor("instance")
	actor.Change(func(d map[string]any) { d["type"] = "Application" })
	h.update(func(tx *store.Tx) error {
		p := engagement.Partner{
			Host: host, Actor: actor.ID, Name: host, State: engagement.PartnerActive, Level: "vertraut", Capability: "profile-1",
			Follow: tx.NewSecretID(), Followed: true, Follower: actor.Host.URL("/a/follow"), Following: true, Contact: tx.Now(), Created: tx.Now(),
		}
		for _, c := range change {
			c(&p)
		}
		return tx.PutPartner(&p)
	})
	return actor
}

// suspend changes how a host is treated.
func (h *house) setStanding(host string, standing store.Standing) {
	h.t.Helper()
	h.update(func(tx *store.Tx) error { return tx.PutPeer(store.Peer{Host: host, Standing: standing}) })
}

// meet makes the instance know actors: each sends something that has no effect.
func (h *house) meet(actors ...*fedtest.Actor) {
	h.t.Helper()
	for _, a := range actors {
		h.want(a, a.Activity("View", h.base.Actor()), http.StatusAccepted)
	}
}

// actor is somebody on a virtual host whom the instance knows; change alters the document.
func (h *house) actor(host, name string, change ...func(map[string]any)) *fedtest.Actor {
	h.t.Helper()
	h.clock.Forward(100 * time.Millisecond) // strangers' keys are looked up ten a second
	a := h.world.Host(host).Actor(name)
	for _, c := range change {
		a.Change(c)
	}
	h.meet(a)
	return a
}

// person makes a document that of a person.
func person(d map[string]any) { d["type"] = "Person" }

func (h *house) orgIRI() string { return h.base.OrganizationID(h.org) }
func (h *house) oppIRI() string { return h.base.OpportunityID(h.opp) }
func (h *house) inbox() string  { return h.orgIRI() + "/inbox" }

// want posts an activity to the shared inbox and compares the status.
func (h *house) want(a *fedtest.Actor, activity any, want int) {
	h.t.Helper()
	h.wantAt(a, h.base.Inbox(), activity, want)
}

func (h *house) wantAt(a *fedtest.Actor, inbox string, activity any, want int) {
	h.t.Helper()
	if got := a.Post(inbox, activity); got.Status != want {
		h.t.Errorf("%s of %s: got status %d, want %d", kindOf(activity), a.ID, got.Status, want)
	}
}

func kindOf(activity any) any {
	if m, ok := activity.(map[string]any); ok {
		return m["type"]
	}
	return "activity"
}

// followers are the actors that follow the organization, by id.
func (h *house) followers() []string {
	h.t.Helper()
	var list []string
	h.view(func(tx *store.Tx) error {
		followers, err := tx.Followers("org/" + string(h.org.ID))
		for _, f := range followers {
			list = append(list, f.Actor)
		}
		return err
	})
	slices.Sort(list)
	return list
}

// requests are all match requests.
func (h *house) requests() (all []engagement.MatchRequest) {
	h.t.Helper()
	h.view(func(tx *store.Tx) (err error) {
		all, err = tx.MatchRequests("", 1000)
		return err
	})
	return all
}

// interest is the request via fediverse of somebody.
func (h *house) interest(a *fedtest.Actor) engagement.MatchRequest {
	h.t.Helper()
	for _, m := range h.requests() {
		if m.Remote.Actor == a.ID {
			return m
		}
	}
	h.t.Fatalf("%s has shown no interest", a.ID)
	return engagement.MatchRequest{}
}

// reactions are the reactions of a kind to the opportunity.
func (h *house) reactions(kind engagement.ReactionKind) (all []engagement.Reaction) {
	h.t.Helper()
	h.view(func(tx *store.Tx) (err error) {
		all, err = tx.Reactions(h.opp.ID, kind, false)
		return err
	})
	return all
}

// offer is M0: a pseudonymous person of a partner would like to help.
func (h *house) offer(person *fedtest.Actor, members ...map[string]any) map[string]any {
	return person.Activity("Offer", map[string]any{"type": "Agreement", "stipulates": h.commitment()}, append([]map[string]any{{
		"to": []string{h.orgIRI()}, "endTime": h.clock.Now().AddDate(0, 0, 14).Format("2006-01-02T15:04:05Z"),
	}}, members...)...)
}

func (h *house) commitment() map[string]any {
	return map[string]any{
		"type": "Commitment", "satisfies": h.oppIRI() + "#primary", "resourceQuantity": map[string]any{"hasUnit": "one", "hasNumericalValue": "1"},
	}
}

// noteOf is a note of somebody, wrapped in its Create; members are added to the note.
func noteOf(a *fedtest.Actor, text string, members map[string]any) map[string]any {
	create := a.Activity("Create", nil)
	object := map[string]any{"id": create["id"].(string) + "/note", "type": "Note", "attributedTo": a.ID, "content": "<p>" + text + "</p>"}
	for name, value := range members {
		object[name] = value
	}
	create["object"], create["to"], create["cc"] = object, object["to"], object["cc"]
	return create
}

// unchanged is the oracle NOSTATE: it runs f and compares the whole database before and after.
func (h *house) unchanged(f func()) {
	h.t.Helper()
	before := h.dump()
	f()
	if diff := cmp.Diff(before, h.dump()); diff != "" {
		h.t.Errorf("the database has changed:\n%s", diff)
	}
}

// dump is every row of every table as text, but for the audit log.
func (h *house) dump() map[string][]string {
	h.t.Helper()
	driver, dsn := "sqlite", "file:"+(&url.URL{Path: h.config.DSN}).EscapedPath()
	tables := `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'search_text%'`
	if strings.HasPrefix(h.config.DSN, "postgres") {
		driver, dsn = "pgx", h.config.DSN
		tables = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
	}
	db, err := sql.Open(driver, dsn)
	h.check(err)
	defer db.Close()
	all := map[string][]string{}
	for _, table := range h.rows(db, tables) {
		if table != "audit" {
			all[table] = h.rows(db, "SELECT * FROM "+table)
			slices.Sort(all[table])
		}
	}
	if len(all) < 20 || len(all["organization"]) == 0 {
		h.t.Fatalf("this is no dump: %d tables, %d organizations", len(all), len(all["organization"]))
	}
	return all
}

func (h *house) rows(db *sql.DB, query string) (all []string) {
	h.t.Helper()
	rows, err := db.Query(query)
	h.check(err)
	defer rows.Close()
	names, err := rows.Columns()
	h.check(err)
	for rows.Next() {
		values, targets := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			targets[i] = &values[i]
		}
		h.check(rows.Scan(targets...))
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = fmt.Sprint(v)
			if raw, ok := v.([]byte); ok {
				texts[i] = string(raw)
			}
		}
		all = append(all, strings.Join(texts, "|"))
	}
	h.check(rows.Err())
	return all
}

func (h *house) check(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// proposal is an opportunity of an organization of another instance, as it stands inside an activity.
func (h *house) proposal(org *fedtest.Actor, path string, members ...map[string]any) map[string]any {
	id := org.Host.URL(path)
	object := map[string]any{
		"id": id, "type": "Note", "attributedTo": org.ID, "name": "Kochen für viele", "content": "<p>Wir kochen freitags.</p>",
		"published": h.stamp(-time.Hour), "to": []string{"https://www.w3.org/ns/activitystreams#Public"}, "cc": []string{org.ID + "/followers"}, "purpose": "request",
		"publishes": map[string]any{
			"type": "Intent", "id": id + "#primary", "action": "deliverService", "availableQuantity": map[string]any{"hasUnit": "one", "hasNumericalValue": "3"},
		},
		"seestern:details": map[string]any{"seestern:version": 1, "seestern:kind": "engagement", "seestern:status": "open", "seestern:visibility": "offen"},
	}
	for _, more := range members {
		for name, value := range more {
			object[name] = value
		}
	}
	return object
}

// stamp is the time on the clock and a bit, as it stands in documents.
func (h *house) stamp(d time.Duration) string {
	return h.clock.Now().Add(d).Format("2006-01-02T15:04:05Z")
}

// carry is an activity about an object, for whom the object is for.
func carry(a *fedtest.Actor, kind string, object map[string]any) map[string]any {
	return a.Activity(kind, object, map[string]any{"to": object["to"], "cc": object["cc"]})
}

// copied is the copy of an opportunity elsewhere.
func (h *house) copied(iri string) (o engagement.Opportunity, exists bool) {
	h.t.Helper()
	h.view(func(tx *store.Tx) (err error) {
		o, err = tx.OpportunityByIRI(iri)
		exists = err == nil
		if errors.Is(err, engagement.ErrNotFound) {
			return nil
		}
		return err
	})
	return o, exists
}

// indexable is an organization that wants to be found.
func indexable(d map[string]any) { d["indexable"] = true }
