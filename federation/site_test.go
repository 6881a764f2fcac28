package federation_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/mux"
	_ "github.com/jackc/pgx/v5/stdlib"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
	"seestern/store/storetest"
)

// site is a complete instance as other servers see it: service, real database, real HTTP. Two organizations of its own, the
// opportunity opp of org with two places, and whatever a test adds.
type site struct {
	t       testing.TB
	name    string // host
	base    federation.Base
	world   *fedtest.World
	clock   *storetest.Clock
	config  store.Config
	store   *store.Store
	service *federation.Service
	host    *fedtest.Host

	org, other engagement.Organization
	opp        engagement.Opportunity
}

// eachSite runs a test with an instance at https://me.test, on every engine.
func eachSite(t *testing.T, test func(t *testing.T, s *site)) {
	t.Helper()
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		world := fedtest.New(t)
		test(t, newSite(t, world, "me.test", c))
	})
}

// newSite serves an instance in a world. The clock of the world is that of its first instance.
func newSite(t testing.TB, world *fedtest.World, name string, config store.Config, change ...func(*federation.Config)) *site {
	t.Helper()
	s := &site{t: t, name: name, base: mustBase(t, "https://"+name), world: world, clock: &storetest.Clock{}, config: config}
	s.config.BaseURL, s.config.Clock = s.base.String(), s.clock.Now
	world.Now = s.clock.Now
	s.open(change...)
	s.update(func(tx *store.Tx) error {
		i := engagement.NewInstance()
		i.Name, i.Regions, i.Public, i.Created = "Mitmachen in "+name, []string{"ags:11000000"}, true, tx.Now()
		s.org, s.other = s.organization(tx, "leseinsel"), s.organization(tx, "sportfreunde")
		s.opp = s.opportunity(tx, s.org, "Vorlesen in der Grundschule")
		return tx.PutInstance(&i)
	})
	router := mux.NewRouter()
	router.PathPrefix("/").HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		routes := mux.NewRouter()
		s.service.Routes(routes)
		routes.ServeHTTP(w, r)
	})
	s.host = world.Serve(name, router)
	return s
}

// open starts the instance on its database, as a process does that starts or starts again.
func (s *site) open(change ...func(*federation.Config)) {
	s.t.Helper()
	s.store = storetest.Open(s.t, s.config)
	codec := testCodec(s.t, s.base.String())
	config := federation.Config{
		Base: s.base, Store: s.store, Words: codec.Words, Pages: codec.Pages, Version: "1.0.0", Clock: s.clock.Now,
		Client: federation.ClientConfig{Allow: s.world.Allow(), Lookup: s.world.Lookup, Roots: s.world.Roots()},
		Log:    slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	for _, c := range change {
		c(&config)
	}
	var err error
	if s.service, err = federation.New(config); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) organization(tx *store.Tx, handle string) engagement.Organization {
	s.t.Helper()
	o := engagement.Organization{
		ID: tx.NewID(), Code: s.code(tx), Handle: handle, Kind: "association", Name: "Verein " + handle, State: engagement.OrganizationActive,
		Place: engagement.Place{Locality: "Berlin-Köpenick"}, ContactMail: handle + "@mail.example", Created: tx.Now(),
	}
	s.check(tx.PutOrganization(&o))
	return o
}

func (s *site) opportunity(tx *store.Tx, org engagement.Organization, title string) engagement.Opportunity {
	s.t.Helper()
	o := engagement.Opportunity{
		ID: tx.NewID(), Code: s.code(tx), Organization: org.ID, Kind: "engagement", Title: title, Description: "Wir suchen zwei Menschen, die vorlesen.",
		Areas: []engagement.Code{"schule-kita"}, Activities: []engagement.Code{"vorlesen"}, Commitment: "regelmaessig", Mode: "vor-ort",
		Places:   []engagement.Place{{Postcode: "12555", Locality: "Berlin-Köpenick", Precision: "ortsteil"}},
		Capacity: 2, Visibility: "offen", State: engagement.Published, Published: tx.Now(), Confirmed: tx.Now(), Material: 1,
	}
	s.check(tx.PutOpportunity(&o))
	return o
}

func (s *site) code(tx *store.Tx) string {
	code, err := tx.NewCode()
	s.check(err)
	return code
}

func (s *site) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) update(f func(*store.Tx) error) {
	s.t.Helper()
	s.check(s.store.Update(context.Background(), f))
}

func (s *site) view(f func(*store.Tx) error) {
	s.t.Helper()
	s.check(s.store.View(context.Background(), f))
}

// work does everything that is due.
func (s *site) work() {
	s.t.Helper()
	s.check(s.service.Work(context.Background()))
}

// setMode changes the federation mode.
func (s *site) setMode(mode engagement.Code) {
	s.t.Helper()
	s.update(func(tx *store.Tx) error {
		i, err := tx.Instance()
		s.check(err)
		i.Mode = mode
		return tx.PutInstance(&i)
	})
}

// partner makes a host an active partner of level vertraut and returns its instance actor.
func (s *site) partner(host string, change ...func(*engagement.Partner)) *fedtest.Actor {
	s.t.Helper()
	actor := s.world.Host(host).Actor("instance")
	actor.Change(func(d map[string]any) {
		d["type"] = "Application"
		d["implements"] = []any{map[string]any{"href": "https://w3id.org/seestern/ns#profile-1", "name": "Seestern profile 1"}}
	})
	s.update(func(tx *store.Tx) error {
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

// known makes the instance know an actor: it sends something that has no effect.
func (s *site) known(actors ...*fedtest.Actor) {
	s.t.Helper()
	for _, a := range actors {
		s.want(a, a.Activity("View", s.base.Actor()), http.StatusAccepted)
	}
}

func (s *site) orgIRI() string { return s.base.OrganizationID(s.org) }
func (s *site) oppIRI() string { return s.base.OpportunityID(s.opp) }
func (s *site) inbox() string  { return s.orgIRI() + "/inbox" }

// want posts an activity to the shared inbox and compares the status.
func (s *site) want(a *fedtest.Actor, activity any, want int) {
	s.t.Helper()
	s.wantAt(a, s.base.Inbox(), activity, want)
}

func (s *site) wantAt(a *fedtest.Actor, inbox string, activity any, want int) {
	s.t.Helper()
	if got := a.Post(inbox, activity); got.Status != want {
		s.t.Errorf("%v by %s: got status %d, want %d", activity, a.ID, got.Status, want)
	}
}

// followers are the actors that follow the organization.
func (s *site) followers() []string {
	s.t.Helper()
	var list []string
	s.view(func(tx *store.Tx) error {
		followers, err := tx.Followers("org/" + string(s.org.ID))
		for _, f := range followers {
			list = append(list, f.Actor)
		}
		return err
	})
	slices.Sort(list)
	return list
}

// sent are the types of the activities that are queued, in order, each with its number of inboxes if that is not one.
func (s *site) sent() []string {
	s.t.Helper()
	var list []string
	s.view(func(tx *store.Tx) error {
		for _, state := range []store.QueueState{store.Waiting, store.Done} {
			rows, err := tx.Deliveries(state, "", 1000)
			if err != nil {
				return err
			}
			for _, d := range slices.Backward(rows) {
				list = append(list, d.Kind)
			}
		}
		return nil
	})
	return list
}

// request is the only match request.
func (s *site) request() engagement.MatchRequest {
	s.t.Helper()
	all := s.requests()
	if len(all) != 1 {
		s.t.Fatalf("got %d match requests, want 1", len(all))
	}
	return all[0]
}

func (s *site) requests() (all []engagement.MatchRequest) {
	s.t.Helper()
	s.view(func(tx *store.Tx) (err error) {
		all, err = tx.MatchRequests("", 1000)
		return err
	})
	return all
}

// unchanged is NOSTATE: it runs f and compares the whole database before and after.
func (s *site) unchanged(f func()) {
	s.t.Helper()
	before := s.dump()
	f()
	if diff := cmp.Diff(before, s.dump()); diff != "" {
		s.t.Errorf("the database has changed:\n%s", diff)
	}
}

// dump is every row of every table as text, but for the audit log.
func (s *site) dump() map[string][]string {
	s.t.Helper()
	driver, dsn := "sqlite", "file:"+(&url.URL{Path: s.config.DSN}).EscapedPath()
	tables := `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'search_text%'`
	if strings.HasPrefix(s.config.DSN, "postgres") {
		driver, dsn = "pgx", s.config.DSN
		tables = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
	}
	db, err := sql.Open(driver, dsn)
	s.check(err)
	defer db.Close()
	all := map[string][]string{}
	for _, table := range s.rows(db, tables) {
		if table != "audit" {
			all[table] = s.rows(db, "SELECT * FROM "+table)
			slices.Sort(all[table])
		}
	}
	if len(all) < 20 {
		s.t.Fatalf("the dump has %d tables only", len(all))
	}
	return all
}

func (s *site) rows(db *sql.DB, query string) (all []string) {
	s.t.Helper()
	rows, err := db.Query(query)
	s.check(err)
	defer rows.Close()
	names, err := rows.Columns()
	s.check(err)
	for rows.Next() {
		values, targets := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			targets[i] = &values[i]
		}
		s.check(rows.Scan(targets...))
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = fmt.Sprint(v)
			if raw, ok := v.([]byte); ok {
				texts[i] = string(raw)
			}
		}
		all = append(all, strings.Join(texts, "|"))
	}
	s.check(rows.Err())
	return all
}

// stopAt makes the service stop once at the n-th time it comes to a step.
func (s *site) stopAt(step string, n int) {
	s.service.OnStep(func(now string) error {
		if now != step {
			return nil
		}
		if n--; n == 0 {
			return federation.ErrStopped
		}
		return nil
	})
}

var _ = errors.New
var _ netip.Addr
