package store_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

// populate fills a database a little, in many tables.
func populate(t testing.TB, s *store.Store) (org engagement.Organization, o engagement.Opportunity, a engagement.Account) {
	t.Helper()
	a = putAccount(t, s, "person")
	org = putOrganization(t, s, "verein")
	o = putOpportunity(t, s, org.ID, "Vorlesen", nil)
	update(t, s, func(tx *store.Tx) error {
		if err := tx.PutInstance(&engagement.Instance{Name: "Mitmachen"}); err != nil {
			return err
		}
		if err := tx.PutMembership(engagement.Membership{Account: a.ID, Organization: org.ID, Role: engagement.Manager, Since: tx.Now()}); err != nil {
			return err
		}
		if err := tx.PutSession(engagement.Session{Hash: "session", Account: a.ID, Created: tx.Now(), LastUsed: tx.Now()}); err != nil {
			return err
		}
		if err := tx.PutToken(engagement.Token{Hash: "token", Purpose: engagement.TokenSignIn, Subject: a.ID, Expires: tx.Now().Add(hour)}); err != nil {
			return err
		}
		if err := tx.PutActorKey(store.ActorKey{Owner: "instance", Fragment: "main-key", Private: []byte("private"), Public: "public"}); err != nil {
			return err
		}
		if err := tx.PutRemoteActor(store.RemoteActor{IRI: "https://b.example/x", Keys: []store.RemoteKey{{ID: "https://b.example/x#k"}}}); err != nil {
			return err
		}
		if _, _, err := tx.Seen("actor", "activity", []byte{0, 1, 2}); err != nil {
			return err
		}
		p := store.Payload{Activity: "activity", Object: "object", Kind: "Create", Bytes: []byte("bytes")}
		n, err := tx.PutPayload(p)
		if err != nil {
			return err
		}
		if err := tx.PutDelivery(n, p, "b.example", "https://b.example/inbox", store.Normal); err != nil {
			return err
		}
		erased, err := tx.PutPayload(store.Payload{Activity: "erased", Bytes: []byte{}})
		if err != nil || erased == n {
			return errors.Join(err, errors.New("two payloads with one number"))
		}
		return tx.Emit(engagement.Event{ID: tx.NewID(), For: engagement.Wire, Subject: o.ID, At: tx.Now()})
	})
	return org, o, a
}

func TestABackupIsRestoredIntoEitherEngine(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, from store.Config) {
		s := storetest.Open(t, from)
		org, o, a := populate(t, s)
		file := filepath.Join(t.TempDir(), "backup")
		if err := s.Backup(ctx, file); err != nil {
			t.Fatal(err)
		}
		if mode := fileMode(t, file); mode != 0o600 {
			t.Errorf("the backup has mode %v, want 0600", mode)
		}
		if left, err := filepath.Glob(file + "?*"); err != nil || len(left) > 0 {
			t.Errorf("beside the backup there is %v", left)
		}
		storetest.EachConfig(t, func(t *testing.T, to store.Config) {
			if _, err := store.Restore(ctx, to, file); err != nil {
				t.Fatal(err)
			}
			r := storetest.Open(t, to)
			t.Run("has everything", func(t *testing.T) {
				view(t, r, func(tx *store.Tx) error {
					got, err := tx.Opportunity(o.ID)
					if diff := cmp.Diff(o, got); diff != "" || err != nil {
						t.Errorf("opportunity: %v\n%s", err, diff)
					}
					actor, err := tx.Actor(a.ID)
					if err != nil || actor.Members[org.ID] != engagement.Manager {
						t.Errorf("actor: got %+v, %v", actor, err)
					}
					hits, err := tx.Search(engagement.Search{Text: "vorlesen"}, store.Viewer{})
					if err != nil || hits.Total != 1 {
						t.Errorf("search: got %d hits, %v", hits.Total, err)
					}
					keys, err := tx.ActorKeys("instance")
					if err != nil || len(keys) != 1 || string(keys[0].Private) != "private" {
						t.Errorf("keys: got %+v, %v", keys, err)
					}
					if seen, err := tx.WasSeen("actor", "activity"); !seen || err != nil {
						t.Errorf("seen: got %v, %v", seen, err)
					}
					if _, err := tx.RemoteActorByKey("https://b.example/x#k"); err != nil {
						t.Errorf("key of a remote actor: %v", err)
					}
					return nil
				})
			})
			t.Run("signs everybody out", func(t *testing.T) {
				view(t, r, func(tx *store.Tx) error {
					if _, err := tx.Session("session"); !errors.Is(err, engagement.ErrNotFound) {
						t.Errorf("session: got %v", err)
					}
					if _, err := tx.Token("token", engagement.TokenSignIn); !errors.Is(err, engagement.ErrNotFound) {
						t.Errorf("token: got %v", err)
					}
					if epoch, err := tx.Epoch(); epoch != 1 || err != nil {
						t.Errorf("epoch: got %d, %v; want 1", epoch, err)
					}
					return nil
				})
			})
			t.Run("sends nothing before it is claimed", func(t *testing.T) {
				p := &sender{t: t, s: r}
				if got := len(leaseEvents(t, r, "one", 5)) + len(p.lease(5)); got != 0 {
					t.Errorf("got %d things to send", got)
				}
				if err := r.Claim(ctx); err != nil {
					t.Fatal(err)
				}
				if err := r.Claim(ctx); !errors.Is(err, engagement.ErrConflict) {
					t.Errorf("second claim: got %v, want ErrConflict", err)
				}
				if events, deliveries := leaseEvents(t, r, "one", 5), p.lease(5); len(events) != 1 || len(deliveries) != 1 {
					t.Errorf("got %d events and %d deliveries, want 1 and 1", len(events), len(deliveries))
				}
			})
			t.Run("goes on numbering where the other ended", func(t *testing.T) {
				emit(t, r, "next")
				if got := len(leaseEvents(t, r, "one", 5)); got != 1 {
					t.Errorf("got %d events, want the new one", got)
				}
			})
			t.Run("is refused for a database that is not empty", func(t *testing.T) {
				if _, err := store.Restore(ctx, to, file); !errors.Is(err, store.ErrNotEmpty) {
					t.Errorf("got %v, want ErrNotEmpty", err)
				}
			})
		})
	})
}

func TestABackupIsNotWrittenOverAFile(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	file := filepath.Join(t.TempDir(), "backup")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(ctx, file); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v, want ErrExist", err)
	}
	if data, err := os.ReadFile(file); string(data) != "mine" || err != nil {
		t.Errorf("got %q, %v", data, err)
	}
}

func TestADamagedBackupIsRefused(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	populate(t, s)
	file := filepath.Join(t.TempDir(), "backup")
	if err := s.Backup(ctx, file); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{
		"cut in half":    data[:len(data)/2],
		"overwritten":    slices.Concat(data[:8192], make([]byte, 8192), data[16384:]),
		"of no database": []byte("text"),
		"empty":          {},
	} {
		t.Run(name, func(t *testing.T) {
			bad := filepath.Join(t.TempDir(), "bad")
			if err := os.WriteFile(bad, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			to := storetest.SQLite(t)
			if _, err := store.Restore(ctx, to, bad); err == nil {
				t.Error("it was restored")
			}
			if _, err := os.Stat(to.DSN); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("it left a database behind: %v", err)
			}
		})
	}
}

func TestNothingIsRestoredUnderTheLogOfAKilledServer(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	file := filepath.Join(t.TempDir(), "backup")
	if err := s.Backup(ctx, file); err != nil {
		t.Fatal(err)
	}
	to := storetest.SQLite(t)
	if err := os.WriteFile(to.DSN+"-wal", []byte("changes"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Restore(ctx, to, file); !errors.Is(err, store.ErrNotEmpty) {
		t.Errorf("got %v, want ErrNotEmpty", err)
	}
	if left, err := os.ReadDir(filepath.Dir(to.DSN)); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v, want the log only", left, err)
	}
}

// FLT-24: what was deleted after the backup stays deleted, by a file that is no part of it.
func TestARestoreDeletesAgainWhatWasDeletedSince(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, from store.Config) {
		from.Journal = filepath.Join(t.TempDir(), "deletions.log")
		s := storetest.Open(t, from)
		org, o, a := populate(t, s)
		kept := putOpportunity(t, s, org.ID, "kept", nil)
		var m engagement.MatchRequest
		update(t, s, func(tx *store.Tx) error {
			m = newRequest(tx, o)
			return tx.PutMatchRequest(&m)
		})
		guest := engagement.SignUp{Occasion: putOccasion(t, s, org.ID, "Treffen").ID, Name: "Gast", State: engagement.SignUpAccepted}
		update(t, s, func(tx *store.Tx) error {
			guest.ID, guest.Version = tx.NewSecretID(), 0
			return tx.PutSignUp(&guest)
		})
		told := engagement.Subscription{Email: "leser@mail.example", Query: "q=lesen"}
		update(t, s, func(tx *store.Tx) error {
			told.ID, told.Version = tx.NewSecretID(), 0
			return tx.PutSubscription(&told)
		})
		reader := putAccount(t, s, "reader")
		update(t, s, func(tx *store.Tx) error {
			return tx.PutCalendarFeed(&engagement.CalendarFeed{Account: reader.ID, Secret: "calendar"})
		})
		trusts := engagement.HelperLink{ID: "helper-link", Person: reader.ID, Helper: putAccount(t, s, "daughter").ID}
		update(t, s, func(tx *store.Tx) error {
			trusts.Version = 0
			return tx.PutHelperLink(&trusts)
		})
		file := filepath.Join(t.TempDir(), "backup")
		if err := s.Backup(ctx, file); err != nil {
			t.Fatal(err)
		}
		update(t, s, func(tx *store.Tx) error {
			canceled := guest
			canceled.State, canceled.Name = engagement.SignUpCanceled, ""
			return errors.Join(tx.PutSignUp(&canceled), tx.DeleteSubscription(told.ID), tx.DeleteCalendarFeed(reader.ID), tx.DeleteHelperLink(trusts.ID), tx.DeleteMatchRequest(m.ID), tx.DeleteOpportunity(o.ID), tx.DeleteAccount(a.ID), tx.DeleteRemoteActor("https://b.example/x"))
		})
		for range 2 {
			if err := s.WriteJournal(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if mode := fileMode(t, from.Journal); mode != 0o600 {
			t.Errorf("the journal has mode %v, want 0600", mode)
		}
		journal, err := os.ReadFile(from.Journal)
		if err != nil || strings.Count(string(journal), "\n") != 8 {
			t.Fatalf("the journal says %q, %v; want 8 lines", journal, err)
		}
		for _, secret := range []string{string(a.ID), a.Username, a.Email, string(m.ID)} {
			if secret != "" && strings.Contains(string(journal), secret) {
				t.Errorf("the journal names %q", secret)
			}
		}
		storetest.EachConfig(t, func(t *testing.T, to store.Config) {
			to.Journal = from.Journal
			if again, err := store.Restore(ctx, to, file); again != 8 || err != nil {
				t.Fatalf("deleted again: %d, %v; want 8", again, err)
			}
			r := storetest.Open(t, to)
			view(t, r, func(tx *store.Tx) error {
				for what, find := range map[string]func() error{
					"opportunity":  func() error { _, err := tx.Opportunity(o.ID); return err },
					"account":      func() error { _, err := tx.Account(a.ID); return err },
					"subscription": func() error { _, err := tx.Subscription(told.ID); return err },
					"calendar":     func() error { _, err := tx.CalendarFeedBySecret("calendar"); return err },
					"helper link":  func() error { _, err := tx.HelperLink(trusts.ID); return err },
					"sign-up":      func() error { _, err := tx.SignUp(guest.ID); return err },
					"request":      func() error { _, err := tx.MatchRequest(m.ID); return err },
					"actor":        func() error { _, err := tx.RemoteActor("https://b.example/x"); return err },
				} {
					if err := find(); !errors.Is(err, engagement.ErrNotFound) {
						t.Errorf("%s: got %v, want ErrNotFound", what, err)
					}
				}
				_, err := tx.Opportunity(kept.ID)
				return err
			})
			if err := r.WriteJournal(ctx); err != nil {
				t.Fatal(err)
			}
			if now, err := os.ReadFile(from.Journal); err != nil || string(now) != string(journal) {
				t.Errorf("the journal is now %q, %v; want %q", now, err, journal)
			}
		})
	})
}

// FLT-28: every row acknowledged before the backup began is in it.
func TestABackupWhileOthersWrite(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := s.Update(ctx, func(tx *store.Tx) error { return tx.PutOnce(store.Once{Key: fmt.Sprint(done)}) }); err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			done++
			mu.Unlock()
		}
	})
	for range 5 {
		mu.Lock()
		acknowledged := done
		mu.Unlock()
		file := filepath.Join(t.TempDir(), "backup")
		if err := s.Backup(ctx, file); err != nil {
			t.Fatal(err)
		}
		to := storetest.SQLite(t)
		if _, err := store.Restore(ctx, to, file); err != nil {
			t.Fatal(err)
		}
		r := storetest.Open(t, to)
		view(t, r, func(tx *store.Tx) error {
			for i := range acknowledged {
				if _, err := tx.Once(fmt.Sprint(i)); err != nil {
					t.Errorf("row %d of %d: %v", i, acknowledged, err)
				}
			}
			return nil
		})
	}
	close(stop)
	wg.Wait()
}
