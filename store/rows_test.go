package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
	"seestern/store/storetest"
)

func TestIdsAndTokens(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		update(t, s, func(tx *store.Tx) error {
			seen := map[string]bool{}
			for range 1000 {
				id, secret, token := string(tx.NewID()), string(tx.NewSecretID()), tx.NewToken()
				if id[14] != '7' || secret[14] != '4' || len(token) != 32 || len(id) != 36 {
					t.Fatalf("got %s, %s, %s", id, secret, token)
				}
				for _, one := range []string{id, secret, token, newCode(tx)} {
					if seen[one] {
						t.Fatalf("%s came twice", one)
					}
					seen[one] = true
				}
			}
			if got, want := string(tx.NewID())[:13], fmt.Sprintf("%08x-%04x", clock.Now().UnixMilli()>>16, clock.Now().UnixMilli()&0xffff); got != want {
				t.Errorf("an id begins with %s, want the time %s", got, want)
			}
			if a, again, b := tx.LinkToken("a"), tx.LinkToken("a"), tx.LinkToken("b"); a != again || a == b || len(a) != 32 {
				t.Errorf("link tokens: %s, %s, %s", a, again, b)
			}
			for range 100 {
				if code := newCode(tx); len(code) != 8 || strings.Trim(code, "23456789abcdefghjkmnpqrstuvwxyz") != "" {
					t.Errorf("got code %q", code)
				}
			}
			return nil
		})
	})
}

func TestTokens(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		put := func(hash string, purpose engagement.TokenPurpose, email string) {
			t.Helper()
			update(t, s, func(tx *store.Tx) error {
				return tx.PutToken(engagement.Token{Hash: hash, Purpose: purpose, Subject: "s", Email: email, Expires: tx.Now().Add(hour)})
			})
		}
		take := func(hash string, purpose engagement.TokenPurpose) error {
			return s.Update(ctx, func(tx *store.Tx) error { return second(tx.TakeToken(hash, purpose)) })
		}
		put("old", engagement.TokenReset, "a@mail.example")
		put("new", engagement.TokenReset, "a@mail.example")
		put("other", engagement.TokenReset, "b@mail.example")
		put("purpose", engagement.TokenSignIn, "a@mail.example")
		for _, c := range []struct {
			name, hash string
			purpose    engagement.TokenPurpose
			want       error
		}{
			{"replaced by a newer one", "old", engagement.TokenReset, engagement.ErrNotFound},
			{"for another purpose", "new", engagement.TokenSignIn, engagement.ErrNotFound},
			{"the newest", "new", engagement.TokenReset, nil},
			{"used", "new", engagement.TokenReset, engagement.ErrNotFound},
			{"of another address", "other", engagement.TokenReset, nil},
			{"unknown", "x", engagement.TokenReset, engagement.ErrNotFound},
		} {
			if err := take(c.hash, c.purpose); !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %v", c.name, err, c.want)
			}
		}
		clock.Forward(hour)
		if err := take("purpose", engagement.TokenSignIn); !errors.Is(err, engagement.ErrNotFound) {
			t.Errorf("expired: got %v", err)
		}
	})
}

func TestSessions(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		a := putAccount(t, s, "person")
		update(t, s, func(tx *store.Tx) error {
			for _, hash := range []string{"one", "two", "three"} {
				if err := tx.PutSession(engagement.Session{Hash: hash, Account: a.ID, Created: tx.Now(), LastUsed: tx.Now()}); err != nil {
					return err
				}
			}
			return tx.PutToken(engagement.Token{Hash: "reset", Purpose: engagement.TokenReset, Subject: a.ID, Expires: tx.Now().Add(hour)})
		})
		clock.Forward(time.Minute)
		update(t, s, func(tx *store.Tx) error { return tx.TouchSession("two") })
		sessions := get(t, s, func(tx *store.Tx) ([]engagement.Session, error) { return tx.SessionsOf(a.ID) })
		if len(sessions) != 3 || sessions[0].Hash != "two" || !sessions[0].LastUsed.Equal(clock.Now()) {
			t.Errorf("got %+v, want the last used first", sessions)
		}
		update(t, s, func(tx *store.Tx) error { return tx.DeleteSessions(a.ID, "two") })
		view(t, s, func(tx *store.Tx) error {
			for hash, want := range map[string]error{"one": engagement.ErrNotFound, "two": nil, "three": engagement.ErrNotFound} {
				if err := second(tx.Session(hash)); !errors.Is(err, want) {
					t.Errorf("%s: got %v, want %v", hash, err, want)
				}
			}
			if err := second(tx.Token("reset", engagement.TokenReset)); !errors.Is(err, engagement.ErrNotFound) {
				t.Errorf("the reset link still works: %v", err)
			}
			return nil
		})
		update(t, s, func(tx *store.Tx) error { return tx.DeleteAccount(a.ID) })
		view(t, s, func(tx *store.Tx) error {
			if err := second(tx.Session("two")); !errors.Is(err, engagement.ErrNotFound) {
				t.Errorf("the session outlived its account: %v", err)
			}
			if gone, err := tx.Buried(string(a.ID)); !gone || err != nil {
				t.Errorf("no tombstone: %v, %v", gone, err)
			}
			return nil
		})
	})
}

func TestRolesAndMemberships(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a, org := putAccount(t, s, "person"), putOrganization(t, s, "verein")
		update(t, s, func(tx *store.Tx) error {
			a.Roles = []engagement.Role{engagement.Moderator, engagement.Admin}
			if err := tx.PutAccount(&a); err != nil {
				return err
			}
			if err := tx.PutMembership(engagement.Membership{Account: a.ID, Organization: org.ID, Role: engagement.Member, Since: tx.Now()}); err != nil {
				return err
			}
			return tx.PutMembership(engagement.Membership{Account: a.ID, Organization: org.ID, Role: engagement.Manager, Since: tx.Now().Add(hour)})
		})
		actor := get(t, s, func(tx *store.Tx) (engagement.Actor, error) { return tx.Actor(a.ID) })
		if !actor.Has(engagement.Admin) || !actor.Has(engagement.Moderator) || actor.Members[org.ID] != engagement.Manager || actor.Account != a.ID {
			t.Errorf("got %+v", actor)
		}
		admins := get(t, s, func(tx *store.Tx) ([]engagement.Account, error) { return tx.AccountsWithRole(engagement.Admin) })
		if len(admins) != 1 || admins[0].ID != a.ID {
			t.Errorf("got admins %+v", admins)
		}
		update(t, s, func(tx *store.Tx) error {
			a.Roles = []engagement.Role{engagement.Moderator}
			return errors.Join(tx.PutAccount(&a), tx.DeleteMembership(a.ID, org.ID))
		})
		actor = get(t, s, func(tx *store.Tx) (engagement.Actor, error) { return tx.Actor(a.ID) })
		if actor.Has(engagement.Admin) || len(actor.Members) != 0 {
			t.Errorf("after it was taken away: got %+v", actor)
		}
	})
}

func TestTheDirectoryOfOrganizations(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, name := range []string{"zebra", "ärzte", "Apfel", "birne", "hidden_draft"} {
			update(t, s, func(tx *store.Tx) error {
				o := engagement.Organization{ID: tx.NewID(), Code: newCode(tx), Handle: name, Name: name, State: engagement.OrganizationActive}
				if strings.HasPrefix(name, "hidden") {
					o.State = engagement.OrganizationDraft
				}
				return tx.PutOrganization(&o)
			})
		}
		update(t, s, func(tx *store.Tx) error {
			for host, state := range map[string]engagement.PartnerState{"b.example": engagement.PartnerActive, "c.example": engagement.PartnerEnded} {
				if err := tx.PutPartner(&engagement.Partner{Host: host, State: state}); err != nil {
					return err
				}
				if err := tx.PutOrganization(&engagement.Organization{ID: tx.NewID(), Code: newCode(tx), Name: "Kopie " + host, Origin: host, IRI: "https://" + host, State: engagement.OrganizationActive}); err != nil {
					return err
				}
			}
			return nil
		})
		names := func(d store.Directory) (all []string) {
			for {
				page := get(t, s, func(tx *store.Tx) ([]engagement.Organization, error) { return tx.Organizations(d) })
				for _, o := range page {
					all = append(all, o.Name)
					d.After = o.ID
				}
				if len(page) < d.Limit {
					return all
				}
			}
		}
		for _, c := range []struct {
			name string
			d    store.Directory
			want []string
		}{
			{"all in pages of two, by name", store.Directory{Limit: 2}, []string{"Apfel", "ärzte", "birne", "Kopie b.example", "zebra"}},
			{"own ones", store.Directory{Limit: 10, OnlyHere: true}, []string{"Apfel", "ärzte", "birne", "zebra"}},
			{"by a part of the name, folded", store.Directory{Limit: 10, Text: "AERZ"}, []string{"ärzte"}},
			{"by wildcards, which are none", store.Directory{Limit: 10, Text: "%_"}, nil},
		} {
			if got := names(c.d); !slices.Equal(got, c.want) {
				t.Errorf("%s: got %v, want %v", c.name, got, c.want)
			}
		}
	})
}

func TestLookingUpRequests(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		org := putOrganization(t, s, "verein")
		o := putOpportunity(t, s, org.ID, "Vorlesen", nil)
		put := func(name string, change func(m *engagement.MatchRequest)) {
			t.Helper()
			update(t, s, func(tx *store.Tx) error {
				m := newRequest(tx, o)
				m.Text = name
				change(&m)
				return tx.PutMatchRequest(&m)
			})
			clock.Forward(time.Minute)
		}
		now := clock.Now()
		put("urgent", func(m *engagement.MatchRequest) {
			m.DueAt, m.Account, m.Person = now.Add(hour), "account", "5f0c6e1d8a9b4c2e8f7a6b5c4d3e2f10"
		})
		put("idle", func(m *engagement.MatchRequest) { m.State = engagement.Talking })
		put("later", func(m *engagement.MatchRequest) { m.DueAt, m.Contact.Email = now.Add(2*hour), "a@mail.example" })
		put("ended", func(m *engagement.MatchRequest) { m.State, m.EndedAt = engagement.Declined, now })
		put("ended after", func(m *engagement.MatchRequest) { m.State, m.EndedAt = engagement.Declined, now })
		put("unconfirmed", func(m *engagement.MatchRequest) { m.State = engagement.Unconfirmed })
		put("wire", func(m *engagement.MatchRequest) {
			m.Home, m.Person, m.Offer, m.Accept, m.Agreement = "b.example", "https://b.example/ap/org/1", "https://b.example/offer", "accept", "agreement"
			m.Secret, m.EscalatedAt = "secret", now
		})
		put("case", func(m *engagement.MatchRequest) {
			m.Home, m.Person, m.Handle, m.State, m.EndedAt = "b.example", "https://b.example/ap/org/1", "2", engagement.Declined, now
		})
		put("older interest", func(m *engagement.MatchRequest) {
			m.Via, m.Remote = "fediverse", engagement.RemotePerson{Actor: "https://m.example/u", Note: "n1"}
		})
		put("interest", func(m *engagement.MatchRequest) {
			m.Via, m.Remote = "fediverse", engagement.RemotePerson{Actor: "https://m.example/u", Note: "n2"}
		})
		text := func(m engagement.MatchRequest, err error) []string {
			if err != nil {
				return []string{err.Error()}
			}
			return []string{m.Text}
		}
		list := func(all []engagement.MatchRequest, err error) (names []string) {
			for _, m := range all {
				names = append(names, m.Text)
			}
			return names
		}
		view(t, s, func(tx *store.Tx) error {
			for name, c := range map[string]struct{ got, want []string }{
				"of the organization": {list(tx.RequestsOfOrganization(org.ID, 20)), []string{"urgent", "later", "idle", "interest", "older interest", "wire", "case", "ended after", "ended"}},
				"of the account":      {list(tx.RequestsOfAccount("account")), []string{"urgent"}},
				"of nobody":           {list(tx.RequestsOfAccount("")), nil},
				"of a person":         {list(tx.RequestsOfPerson("account", "", o.ID)), []string{"urgent"}},
				"of an address":       {list(tx.RequestsOfPerson("", "a@mail.example", o.ID)), []string{"later"}},
				"of no address":       {list(tx.RequestsOfPerson("", "", o.ID)), nil},
				"with a host":         {list(tx.OpenRequestsWith("b.example")), []string{"wire"}},
				"with no host":        {list(tx.OpenRequestsWith("")), nil},
				"by secret":           {text(tx.MatchRequestBySecret("secret")), []string{"wire"}},
				"by offer":            {text(tx.MatchRequestByOffer("https://b.example/offer")), []string{"wire"}},
				"by accept":           {text(tx.MatchRequestByAccept("accept")), []string{"wire"}},
				"by agreement":        {text(tx.MatchRequestByAgreement("agreement")), []string{"wire"}},
				"by person":           {text(tx.MatchRequestByPerson("5f0c6e1d8a9b4c2e8f7a6b5c4d3e2f10")), []string{"urgent"}},
				"of an asker":         {list(tx.RequestsOfAsker("https://b.example/ap/org/1")), []string{"wire", "case"}},
				"of no asker":         {list(tx.RequestsOfAsker("")), nil},
				"by note":             {text(tx.MatchRequestByNote("n1")), []string{"older interest"}},
				"newest interest":     {text(tx.InterestOf("https://m.example/u", o.ID)), []string{"interest"}},
			} {
				if name == "of the organization" {
					// those without a due time may stand in any order among themselves
					slices.Sort(c.got[2:6])
					slices.Sort(c.want[2:6])
				}
				if !slices.Equal(c.got, c.want) {
					t.Errorf("%s: got %v, want %v", name, c.got, c.want)
				}
			}
			counts, err := tx.CountRequests(org.ID)
			if want := map[engagement.RequestState]int{engagement.Interested: 5, engagement.Talking: 1, engagement.Declined: 3}; !maps.Equal(counts, want) || err != nil {
				t.Errorf("counts: got %v, %v; want %v", counts, err, want)
			}
			open, err := tx.CountOpenRequests(org.ID)
			if want := map[engagement.ID]int{o.ID: 6}; !maps.Equal(open, want) || err != nil {
				t.Errorf("open: got %v, %v; want %v", open, err, want)
			}
			return nil
		})
	})
}

func TestTimersFindWhatIsDue(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		org := putOrganization(t, s, "verein")
		o := putOpportunity(t, s, org.ID, "Vorlesen", nil)
		var m engagement.MatchRequest
		update(t, s, func(tx *store.Tx) error {
			m = newRequest(tx, o)
			m.ExpiresAt = tx.Now().Add(14 * day)
			return tx.PutMatchRequest(&m)
		})
		for _, c := range []struct {
			after                   time.Duration
			requests, opportunities int
		}{{0, 0, 0}, {14*day - time.Second, 0, 0}, {14 * day, 1, 0}, {75 * day, 1, 1}} {
			at := clock.Now().Add(c.after)
			view(t, s, func(tx *store.Tx) error {
				requests, err := tx.DueRequests(at, 10)
				opportunities, err2 := tx.DueOpportunities(at, 10)
				if len(requests) != c.requests || len(opportunities) != c.opportunities {
					t.Errorf("after %s: got %d requests and %d opportunities, want %d and %d", c.after, len(requests), len(opportunities), c.requests, c.opportunities)
				}
				return errors.Join(err, err2)
			})
		}
	})
}

func TestWhatPartnersCopy(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		org := putOrganization(t, s, "verein")
		for _, title := range []string{"first", "second", "third"} {
			putOpportunity(t, s, org.ID, title, nil)
			clock.Forward(time.Minute)
		}
		putOpportunity(t, s, org.ID, "partners", func(o *engagement.Opportunity) { o.Visibility = "verbund" })
		putOpportunity(t, s, org.ID, "here", func(o *engagement.Opportunity) { o.Visibility = "instanz" })
		putOpportunity(t, s, org.ID, "draft", func(o *engagement.Opportunity) { o.State = engagement.Draft })
		putOpportunity(t, s, org.ID, "copy", func(o *engagement.Opportunity) { o.Origin, o.IRI = "b.example", "https://b.example/1" })
		titles := func(publicOnly bool) (all []string) {
			var before time.Time
			var id engagement.ID
			for {
				page := get(t, s, func(tx *store.Tx) ([]store.ChangedOpportunity, error) {
					return tx.OpportunitiesChanged(publicOnly, before, id, 2)
				})
				for _, c := range page {
					all, before, id = append(all, c.Title), c.Changed, c.ID
				}
				if len(page) < 2 {
					return all
				}
			}
		}
		if got, want := titles(true), []string{"third", "second", "first"}; !slices.Equal(got, want) {
			t.Errorf("public: got %v, want %v", got, want)
		}
		if got, want := titles(false), []string{"partners", "third", "second", "first"}; !slices.Equal(got, want) {
			t.Errorf("for partners: got %v, want %v", got, want)
		}
		for publicOnly, want := range map[bool]int{true: 3, false: 4} {
			if got := get(t, s, func(tx *store.Tx) (int, error) { return tx.CountShared(publicOnly) }); got != want {
				t.Errorf("got %d shared, want %d", got, want)
			}
		}
		copies := get(t, s, func(tx *store.Tx) (map[string]time.Time, error) { return tx.CopiesOf("b.example") })
		if len(copies) != 1 || !copies["https://b.example/1"].Equal(clock.Now()) {
			t.Errorf("got copies %v", copies)
		}
		update(t, s, func(tx *store.Tx) error { return tx.DeleteCopiesOf("b.example", false) })
		if copies := get(t, s, func(tx *store.Tx) (map[string]time.Time, error) { return tx.CopiesOf("b.example") }); len(copies) != 1 {
			t.Errorf("the public copy is gone with the others")
		}
		update(t, s, func(tx *store.Tx) error { return tx.DeleteCopiesOf("b.example", true) })
		if copies := get(t, s, func(tx *store.Tx) (map[string]time.Time, error) { return tx.CopiesOf("b.example") }); len(copies) != 0 {
			t.Errorf("got copies %v", copies)
		}
	})
}

// FLT-21, CON-12: the same activity has its effect once.
func TestActivitiesAreSeenOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		see := func(actor, activity, body string) (fresh, same bool) {
			t.Helper()
			update(t, s, func(tx *store.Tx) (err error) {
				fresh, same, err = tx.Seen(actor, activity, []byte(body))
				return err
			})
			return fresh, same
		}
		for _, c := range []struct {
			name, actor, activity, body string
			fresh, same                 bool
		}{
			{"new", "a", "1", "x", true, true},
			{"repeated", "a", "1", "x", false, true},
			{"with other bytes", "a", "1", "y", false, false},
			{"of another actor", "b", "1", "x", true, true},
			{"whose pair only looks the same", "a\n1", "", "x", true, true},
		} {
			if fresh, same := see(c.actor, c.activity, c.body); fresh != c.fresh || same != c.same {
				t.Errorf("%s: got %v, %v; want %v, %v", c.name, fresh, same, c.fresh, c.same)
			}
		}
		t.Run("by many at once", func(t *testing.T) {
			fresh := make([]bool, 20)
			for _, err := range parallel(20, func(i int) error {
				return s.Update(ctx, func(tx *store.Tx) (err error) {
					fresh[i], _, err = tx.Seen("a", "many", nil)
					return err
				})
			}) {
				if err != nil {
					t.Error(err)
				}
			}
			if n := len(slices.DeleteFunc(fresh, func(f bool) bool { return !f })); n != 1 {
				t.Errorf("it was new %d times, want once", n)
			}
		})
		t.Run("not if the effect failed", func(t *testing.T) {
			wrong := errors.New("wrong")
			err := s.Update(ctx, func(tx *store.Tx) error {
				if _, _, err := tx.Seen("a", "failed", nil); err != nil {
					return err
				}
				return wrong
			})
			if fresh, _ := see("a", "failed", ""); !errors.Is(err, wrong) || !fresh {
				t.Errorf("got %v, fresh %v", err, fresh)
			}
		})
	})
}

// D6: only the same actor's later object is stopped, and for 30 days.
func TestEarlyDeletesAreRemembered(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		update(t, s, func(tx *store.Tx) error { return tx.Remember("a", "object") })
		for _, c := range []struct {
			after         time.Duration
			actor, object string
			want          bool
		}{{0, "a", "object", true}, {0, "b", "object", false}, {0, "a", "other", false}, {29 * day, "a", "object", true}, {2 * day, "a", "object", false}} {
			clock.Forward(c.after)
			if got := get(t, s, func(tx *store.Tx) (bool, error) { return tx.Remembered(c.actor, c.object) }); got != c.want {
				t.Errorf("%+v: got %v", c, got)
			}
		}
	})
}

func TestFollowers(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		first := clock.Now()
		put := func(owner, actor, shared string, state store.FollowState) {
			t.Helper()
			update(t, s, func(tx *store.Tx) error {
				return tx.PutFollower(store.Follower{
					Owner: owner, Actor: "https://" + actor, Host: hostOf(actor), Inbox: "https://" + actor + "/inbox", SharedInbox: shared,
					Follow: "https://" + actor + "/follow", State: state,
				})
			})
			clock.Forward(time.Minute)
		}
		put("org/1", "b.example/1", "https://b.example/inbox", store.FollowAccepted)
		put("org/1", "b.example/2", "https://b.example/inbox", store.FollowAccepted)
		put("org/1", "c.example/1", "", store.FollowAccepted)
		put("org/1", "d.example/1", "", store.FollowPending)
		put("org/2", "b.example/1", "https://b.example/inbox", store.FollowAccepted)
		put("org/1", "b.example/1", "https://b.example/inbox", store.FollowAccepted) // again
		view(t, s, func(tx *store.Tx) error {
			inboxes, err := tx.FollowerInboxes("org/1")
			want := []store.Recipient{{Host: "b.example", Inbox: "https://b.example/inbox"}, {Host: "c.example", Inbox: "https://c.example/1/inbox"}}
			if !slices.Equal(inboxes, want) || err != nil {
				t.Errorf("inboxes: got %v, %v; want %v", inboxes, err, want)
			}
			if n, err := tx.CountFollowers("org/1"); n != 3 || err != nil {
				t.Errorf("got %d followers, %v; want 3", n, err)
			}
			f, err := tx.Follower("org/1", "https://b.example/1")
			if !f.Since.Equal(first) || err != nil {
				t.Errorf("follows since %v, %v; want %v", f.Since, err, first)
			}
			if f, err := tx.FollowerByFollow("https://d.example/1", "https://d.example/1/follow"); f.State != store.FollowPending || err != nil {
				t.Errorf("by follow: got %+v, %v", f, err)
			}
			return nil
		})
		update(t, s, func(tx *store.Tx) error { return tx.DeleteFollowersOf("", "https://b.example/1") })
		if n := get(t, s, func(tx *store.Tx) (int, error) { return tx.CountFollowers("org/2") }); n != 0 {
			t.Errorf("org/2 has %d followers, want none", n)
		}
	})
}

func TestKeysOfRemoteActors(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		put := func(iri string, keys ...string) {
			t.Helper()
			a := store.RemoteActor{IRI: iri, Host: "b.example"}
			for _, k := range keys {
				a.Keys = append(a.Keys, store.RemoteKey{ID: k, Public: "pem of " + k})
			}
			update(t, s, func(tx *store.Tx) error { return tx.PutRemoteActor(a) })
		}
		put("a", "a#1", "a#2")
		put("a", "a#2", "a#3") // exactly the keys it lists now
		for key, want := range map[string]error{"a#1": engagement.ErrNotFound, "a#2": nil, "a#3": nil} {
			view(t, s, func(tx *store.Tx) error {
				if _, err := tx.RemoteActorByKey(key); !errors.Is(err, want) {
					t.Errorf("%s: got %v, want %v", key, err, want)
				}
				return nil
			})
		}
		update(t, s, func(tx *store.Tx) error {
			if err := tx.PutReaction(engagement.Reaction{ID: tx.NewID(), Subject: "s", Kind: engagement.Like, Actor: "a", IRI: "like"}); err != nil {
				return err
			}
			return tx.DeleteRemoteActor("a")
		})
		view(t, s, func(tx *store.Tx) error {
			if counts, err := tx.CountReactions("s"); len(counts) != 0 || err != nil {
				t.Errorf("reactions outlived their actor: %v, %v", counts, err)
			}
			gone, err := tx.Buried("a")
			if !gone {
				t.Error("no tombstone")
			}
			return err
		})
	})
}

func TestPrivateKeysAreEncrypted(t *testing.T) {
	c := storetest.SQLite(t)
	s := storetest.Open(t, c)
	private := []byte("-----BEGIN PRIVATE KEY----- very private")
	key := store.ActorKey{Owner: "org/1", Fragment: "main-key", Private: private, Public: "public"}
	update(t, s, func(tx *store.Tx) error { return tx.PutActorKey(key) })
	for name, data := range files(t, strings.TrimSuffix(c.DSN, "/seestern.db")) {
		if bytes.Contains(data, []byte("very private")) {
			t.Errorf("the key is readable in %s", name)
		}
	}
	keys := get(t, s, func(tx *store.Tx) ([]store.ActorKey, error) { return tx.ActorKeys("org/1") })
	if len(keys) != 1 || !bytes.Equal(keys[0].Private, private) {
		t.Errorf("got %+v", keys)
	}
	store.Exec(t, s, `UPDATE actor_key SET owner = 'org/2'`)
	if err := s.View(ctx, func(tx *store.Tx) error { return second(tx.ActorKeys("org/2")) }); err == nil {
		t.Error("a key can be moved to another actor")
	}
}

func TestReactions(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		put := func(actor, iri string, kind engagement.ReactionKind, shown bool) {
			t.Helper()
			update(t, s, func(tx *store.Tx) error {
				return tx.PutReaction(engagement.Reaction{ID: tx.NewID(), Subject: "s", Kind: kind, Actor: actor, IRI: iri, Shown: shown, At: tx.Now()})
			})
			clock.Forward(time.Minute)
		}
		put("a", "like", engagement.Like, false)
		put("a", "like", engagement.Like, false) // again
		put("b", "like", engagement.Like, false) // another actor's own
		put("a", "reply", engagement.Reply, false)
		put("b", "reply", engagement.Reply, true)
		view(t, s, func(tx *store.Tx) error {
			counts, err := tx.CountReactions("s")
			if want := map[engagement.ReactionKind]int{engagement.Like: 2, engagement.Reply: 2}; !maps.Equal(counts, want) || err != nil {
				t.Errorf("got %v, %v; want %v", counts, err, want)
			}
			shown, err := tx.Reactions("s", engagement.Reply, true)
			if len(shown) != 1 || shown[0].Actor != "b" || err != nil {
				t.Errorf("shown: got %+v, %v", shown, err)
			}
			waiting, err := tx.RepliesToRelease(10)
			if len(waiting) != 1 || waiting[0].Actor != "a" || err != nil {
				t.Errorf("waiting: got %+v, %v", waiting, err)
			}
			return nil
		})
		update(t, s, func(tx *store.Tx) error { return tx.DeleteReaction("b", "like") })
		if counts := get(t, s, func(tx *store.Tx) (map[engagement.ReactionKind]int, error) { return tx.CountReactions("s") }); counts[engagement.Like] != 1 {
			t.Errorf("got %v", counts)
		}
	})
}

func TestRepliesGoWithTheAnnouncement(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		n := engagement.Announcement{Organization: putOrganization(t, s, "news").ID, Text: "Neues", State: engagement.AnnouncementPublished}
		update(t, s, func(tx *store.Tx) error {
			n.ID, n.Code = tx.NewID(), newCode(tx)
			r := engagement.Reaction{ID: tx.NewID(), Subject: n.ID, Kind: engagement.Reply, Actor: "a", IRI: "reply", Text: "Wann?", At: tx.Now()}
			return errors.Join(tx.PutAnnouncement(&n), tx.PutReaction(r), tx.PutAnnouncement(&n))
		})
		replies := func() int {
			return len(get(t, s, func(tx *store.Tx) ([]engagement.Reaction, error) { return tx.Reactions(n.ID, engagement.Reply, false) }))
		}
		if got := replies(); got != 1 {
			t.Errorf("while it is published: got %d replies, want 1", got)
		}
		n.State = engagement.AnnouncementWithdrawn
		update(t, s, func(tx *store.Tx) error { return tx.PutAnnouncement(&n) })
		if got := replies(); got != 0 {
			t.Errorf("after it was withdrawn: got %d replies, want none", got)
		}
	})
}

func TestUrgentCallsEndByThemselves(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		org, other := putOrganization(t, s, "calls"), putOrganization(t, s, "suspended")
		other.State = engagement.OrganizationSuspended
		update(t, s, func(tx *store.Tx) error {
			for _, n := range []engagement.Announcement{
				{Text: "never", State: engagement.AnnouncementPublished},
				{Text: "later", UrgentUntil: "2026-12-05", State: engagement.AnnouncementPublished},
				{Text: "today", UrgentUntil: "2026-12-01", State: engagement.AnnouncementPublished},
				{Text: "over", UrgentUntil: "2026-11-30", State: engagement.AnnouncementPublished},
				{Text: "withdrawn", UrgentUntil: "2026-12-05", State: engagement.AnnouncementWithdrawn},
				{Text: "of a suspended organization", UrgentUntil: "2026-12-05", State: engagement.AnnouncementPublished, Organization: other.ID},
			} {
				n.ID, n.Code, n.Published = tx.NewID(), newCode(tx), tx.Now()
				if n.Organization == "" {
					n.Organization = org.ID
				}
				if err := tx.PutAnnouncement(&n); err != nil {
					return err
				}
			}
			return tx.PutOrganization(&other)
		})
		var got []string
		for _, n := range get(t, s, func(tx *store.Tx) ([]engagement.Announcement, error) { return tx.UrgentAnnouncements("2026-12-01", 5) }) {
			got = append(got, n.Text)
		}
		if want := []string{"today", "later"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestFormsAreAnsweredOnce(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		key := func() (store.Once, error) {
			var once store.Once
			err := s.View(ctx, func(tx *store.Tx) (err error) {
				once, err = tx.Once("k")
				return err
			})
			return once, err
		}
		for _, location := range []string{"", "/fertig"} { // claimed, then answered
			update(t, s, func(tx *store.Tx) error { return tx.PutOnce(store.Once{Key: "k", Location: location}) })
			if got, err := key(); got.Location != location || !got.At.Equal(clock.Now()) || err != nil {
				t.Errorf("got %+v, %v", got, err)
			}
		}
		clock.Forward(24 * hour)
		if _, err := key(); !errors.Is(err, engagement.ErrNotFound) {
			t.Errorf("after a day: got %v", err)
		}
		update(t, s, func(tx *store.Tx) error { return tx.PutOnce(store.Once{Key: "k"}) })
		update(t, s, func(tx *store.Tx) error { return tx.DropOnce("k") })
		if _, err := key(); !errors.Is(err, engagement.ErrNotFound) {
			t.Errorf("after it was given back: got %v", err)
		}
	})
}

func TestImportedPlacesAreReplacedFileByFile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, f := range []struct {
			source string
			names  []string
		}{{"DE", []string{"alt"}}, {"AT", []string{"Wien"}}, {"DE", []string{"Aachen", "Berlin"}}} {
			before := get(t, s, (*store.Tx).PlacesVersion)
			update(t, s, func(tx *store.Tx) error {
				var places []geo.Place
				for _, n := range f.names {
					places = append(places, geo.Place{Name: n})
				}
				return tx.ReplacePlaces(f.source, places)
			})
			if after := get(t, s, (*store.Tx).PlacesVersion); after == before {
				t.Errorf("the version did not change: %q", after)
			}
		}
		var names []string
		for _, p := range get(t, s, (*store.Tx).Places) {
			names = append(names, p.Name)
		}
		if want := []string{"Wien", "Aachen", "Berlin"}; !slices.Equal(names, want) {
			t.Errorf("got %v, want %v", names, want)
		}
	})
}

func TestOutlinesAreReplacedLayerByLayerAndFoundByWhereTheyAre(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		north := geo.Line{{Lat: 52, Lon: 13}, {Lat: 53, Lon: 13}}
		south := geo.Line{{Lat: -34, Lon: 150}, {Lat: -33, Lon: 151}}
		put := func(layer engagement.Code, lines ...geo.Line) {
			update(t, s, func(tx *store.Tx) error {
				return tx.PutOutlines(engagement.OutlineLayer{Layer: layer, Lines: len(lines)}, lines)
			})
		}
		put("region", north)
		put("teil", north, south)
		in := func(south, west, north, east float64) (found []string) {
			for _, o := range get(t, s, func(tx *store.Tx) ([]engagement.Outline, error) {
				return tx.Outlines(geo.Box{South: south, West: west, North: north, East: east})
			}) {
				found = append(found, fmt.Sprint(o.Layer, o.Line[0].Lat))
			}
			return found
		}
		for name, row := range map[string]struct{ got, want []string }{
			"all":       {in(-90, -180, 90, 180), []string{"region52", "teil52", "teil-34"}},
			"north":     {in(52.5, 12, 52.6, 14), []string{"region52", "teil52"}},
			"its edge":  {in(53, 13, 54, 14), []string{"region52", "teil52"}},
			"beside it": {in(52, 13.1, 53, 14), nil},
			"south":     {in(-40, 140, -33.5, 160), []string{"teil-34"}},
		} {
			if !slices.Equal(row.got, row.want) {
				t.Errorf("%s: got %v, want %v", name, row.got, row.want)
			}
		}
		put("teil", south)
		if got := in(-90, -180, 90, 180); !slices.Equal(got, []string{"region52", "teil-34"}) {
			t.Errorf("replaced: got %v", got)
		}
		update(t, s, func(tx *store.Tx) error { return tx.DeleteOutlines("region") })
		if layers := get(t, s, (*store.Tx).OutlineLayers); len(layers) != 1 || layers[0].Layer != "teil" || len(in(-90, -180, 90, 180)) != 1 {
			t.Errorf("one removed: %v", layers)
		}
	})
}
