package store_test

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

// canaries are texts that are in no file after their owner was deleted, as they are written and as they are analysed (DEL-02).
var canaries = []string{"Zwiebelfisch", "zwiebelfisch", "Bülbül", "bulbul", "buelbuel", "kanarienvogel@mail.example", "0815-4711"}

// files reads everything in the directory of an SQLite database, by name.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if all[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// traces are the canaries found in files.
func traces(all map[string][]byte) (found []string) {
	for name, data := range all {
		for _, canary := range canaries {
			if bytes.Contains(data, []byte(canary)) {
				found = append(found, canary+" in "+name)
			}
		}
	}
	slices.Sort(found)
	return found
}

// DEL-02
func TestNothingOfADeletedPersonStaysOnDisk(t *testing.T) {
	c := storetest.SQLite(t)
	c.Clock = (&storetest.Clock{}).Now
	nothingStays(t, storetest.Open(t, c), func() map[string][]byte { return files(t, filepath.Dir(c.DSN)) }, func() {})
}

// DEL-03: on PostgreSQL that takes what the README tells operators to do.
func TestNothingOfADeletedPersonStaysInThePostgresFiles(t *testing.T) {
	c := storetest.Postgres(t)
	c.Clock = (&storetest.Clock{}).Now
	s := storetest.Open(t, c)
	db, err := sql.Open("pgx", c.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	run := func(statements ...string) {
		t.Helper()
		for _, statement := range statements {
			if _, err := db.ExecContext(ctx, statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
	}
	var dir, name string
	if err := db.QueryRowContext(ctx, `SELECT current_setting('data_directory') || '/base/' || oid, datname FROM pg_database WHERE datname = current_database()`).Scan(&dir, &name); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadDir(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the files of the server are not here: %v", err)
		}
		t.Skipf("the files of the server are not here: %v", err)
	}
	nothingStays(t, s, func() map[string][]byte {
		run(`CHECKPOINT`)
		return files(t, dir)
	}, func() { run(`ANALYZE`, `VACUUM FULL`, `REINDEX DATABASE "`+name+`"`, `SELECT pg_switch_wal()`) })
}

// nothingStays writes much about a person, deletes the person, cleans and looks into the files of the database.
func nothingStays(t *testing.T, s *store.Store, files func() map[string][]byte, clean func()) {
	t.Helper()
	org := putOrganization(t, s, "verein")
	for range 50 { // neighbours on the same pages
		putOpportunity(t, s, org.ID, "Vorlesen", func(o *engagement.Opportunity) { o.Description = strings.Repeat("Lorem ipsum. ", 100) })
	}
	long := strings.Repeat("Zwiebelfisch Bülbül 0815-4711 ", 120) // longer than a page
	var a engagement.Account
	var m engagement.MatchRequest
	o := putOpportunity(t, s, org.ID, "Bülbül hilft", func(o *engagement.Opportunity) { o.Description = long })
	update(t, s, func(tx *store.Tx) error {
		a = engagement.Account{ID: tx.NewID(), Name: "Zwiebelfisch", Email: "kanarienvogel@mail.example", Phone: "0815-4711"}
		if err := tx.PutAccount(&a); err != nil {
			return err
		}
		if err := tx.PutProfile(&engagement.Profile{Account: a.ID, HomeName: "Bülbül"}); err != nil {
			return err
		}
		if err := tx.PutToken(engagement.Token{Hash: "h", Purpose: engagement.TokenSignIn, Subject: a.ID, Email: a.Email, Expires: tx.Now().Add(hour)}); err != nil {
			return err
		}
		for i, c := range []engagement.AdviceRequest{{Account: a.ID}, {Email: a.Email}} {
			c.ID, c.Name, c.Phone, c.Text = engagement.ID([]string{"of the account", "before it"}[i]), "Zwiebelfisch", "0815-4711", long
			if err := tx.PutAdvice(&c); err != nil {
				return err
			}
		}
		if err := tx.PutBarrier(&engagement.Barrier{ID: "barrier", Email: a.Email, Phone: "0815-4711", Text: long}); err != nil {
			return err
		}
		h := engagement.HelpOffer{ID: tx.NewID(), Code: "zwiebelf", Organization: org.ID, Account: a.ID, Title: "Zwiebelfisch", Text: long, State: engagement.Submitted}
		if err := tx.PutHelpOffer(&h); err != nil {
			return err
		}
		public := engagement.Presence{ID: "5f0c6e1d8a9b4c2e8f7a6b5c4d3e2f10", Account: a.ID, Handle: "zwiebelfisch", Name: "Zwiebelfisch", Summary: long}
		if err := tx.PutPresence(&public); err != nil {
			return err
		}
		for _, told := range []engagement.Subscription{{Account: a.ID, Query: "q=Zwiebelfisch"}, {Email: a.Email, Query: "q=Bülbül", Search: engagement.Search{Text: "Zwiebelfisch"}}} {
			told.ID = tx.NewSecretID()
			if err := tx.PutSubscription(&told); err != nil {
				return err
			}
		}
		m = newRequest(tx, o)
		m.Account, m.Contact, m.Text = a.ID, engagement.Contact{Name: a.Name, Email: a.Email, Phone: a.Phone}, long
		m.Card = engagement.Card{"name": "Zwiebelfisch", "note": long}
		if err := tx.PutMatchRequest(&m); err != nil {
			return err
		}
		shift := engagement.Shift{ID: tx.NewSecretID(), Opportunity: o.ID, Organization: org.ID, State: engagement.ShiftPlanned, Starts: tx.Now(), Ends: tx.Now().Add(hour)}
		if err := tx.PutShift(&shift); err != nil {
			return err
		}
		u := engagement.ShiftSignUp{ID: tx.NewSecretID(), Shift: shift.ID, Request: m.ID, Account: a.ID, Text: long}
		if err := tx.PutShiftSignUp(&u); err != nil {
			return err
		}
		for _, r := range []engagement.Report{{ID: tx.NewSecretID(), Number: "M-1", Account: a.ID}, {ID: tx.NewSecretID(), Number: "M-2", Email: a.Email}} {
			if err := tx.PutReport(&r); err != nil {
				return err
			}
		}
		if err := tx.Emit(engagement.Event{ID: tx.NewID(), For: engagement.Mail, Subject: m.ID, At: tx.Now(), To: engagement.Recipient{Account: a.ID}, Args: map[string]string{"name": "Zwiebelfisch"}}); err != nil {
			return err
		}
		p := store.Payload{Activity: "card", Object: "card", Subject: m.ID, Kind: "Create", Private: true, Bytes: []byte(long)}
		n, err := tx.PutPayload(p)
		if err != nil {
			return err
		}
		return tx.PutDelivery(n, p, "b.example", "https://b.example/ap/inbox", store.Normal)
	})
	// Changes leave older versions behind, too.
	update(t, s, func(tx *store.Tx) error {
		m.Text = "Zwiebelfisch, geändert"
		return tx.PutMatchRequest(&m)
	})
	o.Description = "Bülbül, kürzer"
	update(t, s, func(tx *store.Tx) error { return tx.PutOpportunity(&o) })
	if found := traces(files()); len(found) < len(canaries)-2 {
		t.Fatalf("the canaries are not in the files to begin with: %v", found)
	}

	update(t, s, func(tx *store.Tx) error {
		if err := tx.DeleteOpportunity(o.ID); err != nil {
			return err
		}
		_, err := engagement.EraseAccount(tx, a.ID)
		return err
	})
	mails, err := s.LeaseEvents(ctx, engagement.Mail, "postman", 9, time.Minute)
	if err != nil || len(mails) == 0 {
		t.Fatalf("got %d mails, %v; want the last word to the person", len(mails), err)
	}
	for _, e := range mails {
		update(t, s, func(tx *store.Tx) error { return tx.EventDone(e) })
	}
	if _, err := s.Purge(ctx); err != nil {
		t.Fatal(err)
	}
	clean()
	if found := traces(files()); len(found) > 0 {
		t.Errorf("found %v", found)
	}
}

func TestPurge(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		a := putAccount(t, s, "person")
		update(t, s, func(tx *store.Tx) error {
			for _, session := range []engagement.Session{
				{Hash: "session", Account: a.ID, Created: tx.Now(), LastUsed: tx.Now()},
				{Hash: "staff", Account: a.ID, Created: tx.Now(), LastUsed: tx.Now(), Staff: true},
			} {
				if err := tx.PutSession(session); err != nil {
					return err
				}
			}
			if err := tx.PutToken(engagement.Token{Hash: "token", Purpose: engagement.TokenInvite, Expires: tx.Now().Add(7 * day)}); err != nil {
				return err
			}
			if err := tx.PutOnce(store.Once{Key: "once"}); err != nil {
				return err
			}
			if _, _, err := tx.Seen("actor", "activity", nil); err != nil {
				return err
			}
			if err := tx.Remember("actor", "object"); err != nil {
				return err
			}
			if err := tx.Bury("actor", "https://b.example/gone"); err != nil {
				return err
			}
			if err := tx.Audit(engagement.AuditEntry{At: tx.Now(), Object: "thing"}); err != nil {
				return err
			}
			for id, ruling := range map[engagement.ID]engagement.Ruling{"decided report": {At: tx.Now()}, "open report": {}} {
				r := engagement.Report{ID: id, Number: string(id), State: engagement.ReportDecided, Ruling: ruling, Received: tx.Now()}
				if ruling.At.IsZero() {
					r.State = engagement.ReportReceived
				}
				if err := tx.PutReport(&r); err != nil {
					return err
				}
			}
			if err := tx.PutRemoteActor(store.RemoteActor{IRI: "https://b.example/stranger", Host: "b.example", Fetched: tx.Now()}); err != nil {
				return err
			}
			if err := tx.PutRemoteActor(store.RemoteActor{IRI: "https://b.example/writer", Host: "b.example", Fetched: tx.Now()}); err != nil {
				return err
			}
			for what, ended := range map[string]time.Time{"closed case": tx.Now(), "open case": {}} {
				if err := tx.PutAdvice(&engagement.AdviceRequest{ID: engagement.ID(what), Received: tx.Now(), Ended: ended}); err != nil {
					return err
				}
			}
			if err := tx.PutConsentProof(engagement.ConsentProof{Person: "mark", Given: tx.Now(), Ended: tx.Now()}); err != nil {
				return err
			}
			m := engagement.Message{ID: "message", From: engagement.RemotePerson{Actor: "https://b.example/writer"}, Received: tx.Now()}
			if err := tx.PutMessage(&m); err != nil {
				return err
			}
			if err := tx.PutBlock(store.Block{Owner: "org/1", Actor: "https://b.example/stranger"}, ""); err != nil {
				return err
			}
			if err := tx.PutRemoteActor(store.RemoteActor{IRI: "https://b.example/follower", Host: "b.example", Fetched: tx.Now()}); err != nil {
				return err
			}
			return tx.PutFollower(store.Follower{Owner: "org/1", Actor: "https://b.example/follower", Host: "b.example"})
		})
		emit(t, s, "done")
		handled := leaseEvents(t, s, "one", 1)[0]
		update(t, s, func(tx *store.Tx) error { return tx.EventDone(handled) })
		org := putOrganization(t, s, "verein")
		o := putOpportunity(t, s, org.ID, "public", nil)
		alive := putOpportunity(t, s, org.ID, "another", nil)
		sent := &sender{t: t, s: s}
		for _, id := range []engagement.ID{o.ID, alive.ID} {
			sent.put("Create", "https://a.example/ap/opportunity/"+string(id), "b.example/inbox", store.Normal)
		}
		update(t, s, func(tx *store.Tx) error { return tx.DeleteOpportunity(o.ID) })

		exists := func(t *testing.T, what string) bool {
			t.Helper()
			var err error
			there := true
			view(t, s, func(tx *store.Tx) error {
				switch what {
				case "session", "staff":
					_, err = tx.Session(what)
				case "token":
					_, err = tx.Token(what, engagement.TokenInvite)
				case "once":
					_, err = tx.Once(what)
				case "seen":
					there, _ = tx.WasSeen("actor", "activity")
				case "remembered":
					there, _ = tx.Remembered("actor", "object")
				case "tombstone of another server":
					there, _ = tx.Buried("https://b.example/gone")
				case "own tombstone":
					there, _ = tx.Buried(string(o.ID))
				case "audit":
					list, _ := tx.AuditOf("thing")
					there = len(list) > 0
				case "closed case", "open case":
					_, err = tx.Advice(engagement.ID(what))
				case "proof of a consent":
					list, _ := tx.ConsentProofs("mark", "")
					there = len(list) > 0
				case "message":
					_, err = tx.Message("message")
				case "block":
					_, err = tx.Block("org/1", "https://b.example/stranger")
				case "inbox of an opportunity that is gone":
					list, _ := tx.Recipients("https://a.example/ap/opportunity/" + string(o.ID))
					there = len(list) > 0
				case "inbox of an opportunity":
					list, _ := tx.Recipients("https://a.example/ap/opportunity/" + string(alive.ID))
					there = len(list) > 0
				case "decided report", "open report":
					_, err = tx.Report(engagement.ID(what))
				case "stranger", "follower":
					_, err = tx.RemoteActor("https://b.example/" + what)
				case "event":
					list, _ := tx.Events(engagement.Wire, store.Done, 10)
					there = len(list) > 0
				}
				return nil
			})
			return there && err == nil
		}
		purge := func(t *testing.T) {
			t.Helper()
			if _, err := s.Purge(ctx); err != nil {
				t.Fatal(err)
			}
		}
		elapsed := time.Duration(0)
		for _, step := range []struct {
			after time.Duration
			gone  []string
		}{
			{engagement.StaffSessionIdle, []string{"staff"}},
			{engagement.SessionIdle, []string{"session"}},
			{day, []string{"once"}},
			{7 * day, []string{"token", "event"}},
			{30 * day, []string{"remembered", "stranger", "block", "inbox of an opportunity that is gone"}},
			{90 * day, []string{"seen", "message", "closed case"}},
			{365 * day, []string{"tombstone of another server", "audit", "decided report"}},
			{engagement.ConsentProofKept, []string{"proof of a consent"}},
		} {
			clock.Forward(step.after - time.Minute - elapsed)
			purge(t)
			for _, what := range step.gone {
				if !exists(t, what) {
					t.Errorf("%s is gone before %s", what, step.after)
				}
			}
			clock.Forward(2 * time.Minute)
			elapsed = step.after + time.Minute
			purge(t)
			for _, what := range step.gone {
				if exists(t, what) {
					t.Errorf("%s is still there after %s", what, step.after)
				}
			}
		}
		for _, what := range []string{"own tombstone", "follower", "open report", "inbox of an opportunity"} {
			if !exists(t, what) {
				t.Errorf("%s is gone", what)
			}
		}
	})
}
