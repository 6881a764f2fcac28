package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
)

func TestAnUpdate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		t.Run("that fails leaves nothing, neither rows nor events", func(t *testing.T) {
			wrong := errors.New("wrong")
			err := s.Update(ctx, func(tx *store.Tx) error {
				a := engagement.Account{ID: tx.NewID(), Email: "gone@mail.example"}
				if err := tx.PutAccount(&a); err != nil {
					return err
				}
				if err := tx.Emit(engagement.Event{ID: tx.NewID(), For: engagement.Mail, At: tx.Now(), To: engagement.Recipient{Account: a.ID}}); err != nil {
					return err
				}
				return wrong
			})
			if !errors.Is(err, wrong) {
				t.Fatalf("got %v, want the error of the function", err)
			}
			view(t, s, func(tx *store.Tx) error {
				if _, err := tx.AccountByLogin("gone@mail.example"); !errors.Is(err, engagement.ErrNotFound) {
					t.Errorf("account: got %v, want ErrNotFound", err)
				}
				if n, err := tx.CountMails("gone@mail.example", time.Time{}); n != 0 || err != nil {
					t.Errorf("mails: got %d, %v, want 0", n, err)
				}
				return nil
			})
		})
		t.Run("that panics leaves nothing and the store usable", func(t *testing.T) {
			func() {
				defer func() {
					if recover() == nil {
						t.Error("the panic did not come through")
					}
				}()
				s.Update(ctx, func(tx *store.Tx) error {
					a := engagement.Account{ID: tx.NewID(), Email: "panic@mail.example"}
					if err := tx.PutAccount(&a); err != nil {
						t.Error(err)
					}
					panic("on purpose")
				})
			}()
			putAccount(t, s, "after_panic")
			view(t, s, func(tx *store.Tx) error {
				if _, err := tx.AccountByLogin("panic@mail.example"); !errors.Is(err, engagement.ErrNotFound) {
					t.Errorf("got %v, want ErrNotFound", err)
				}
				return nil
			})
		})
		t.Run("has one instant, in whole milliseconds and UTC", func(t *testing.T) {
			update(t, s, func(tx *store.Tx) error {
				now := tx.Now()
				if again := tx.Now(); !again.Equal(now) || now.Location() != time.UTC || now.Nanosecond()%1e6 != 0 {
					t.Errorf("got %v and %v", now, again)
				}
				return nil
			})
		})
		t.Run("of a canceled context does not run", func(t *testing.T) {
			canceled, cancel := context.WithCancel(ctx)
			cancel()
			err := s.Update(canceled, func(tx *store.Tx) error {
				t.Error("it ran")
				return nil
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want canceled", err)
			}
		})
	})
}

func TestAViewCannotWrite(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		err := s.View(ctx, func(tx *store.Tx) error {
			a := engagement.Account{ID: tx.NewID(), Email: "a@mail.example"}
			return tx.PutAccount(&a)
		})
		if err == nil {
			t.Error("it wrote")
		}
	})
}

func TestAViewSeesOneMoment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		putAccount(t, s, "first")
		view(t, s, func(tx *store.Tx) error {
			before, err := tx.CountAccounts()
			if err != nil {
				return err
			}
			putAccount(t, s, "second")
			after, err := tx.CountAccounts()
			if before != 1 || after != 1 {
				t.Errorf("got %d and then %d, want 1 both times", before, after)
			}
			return err
		})
	})
}

func TestTheStateNamesWhatIsCommitted(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		s, other := storetest.Open(t, c), storetest.Open(t, c)
		alone := !strings.HasPrefix(c.DSN, "postgres") // on a server the transactions of other databases are seen, too
		state := func() string {
			t.Helper()
			state, err := s.State(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return state
		}
		seen := map[string]bool{state(): true}
		for i, writer := range []*store.Store{s, other, s, other} {
			before := state()
			update(t, writer, func(tx *store.Tx) error {
				a := engagement.Account{ID: tx.NewID(), Name: "somebody", Username: strconv.Itoa(i), Created: tx.Now()}
				err := tx.PutAccount(&a)
				if got := state(); alone && got != before {
					t.Errorf("an open transaction made %q out of %q", got, before)
				}
				return err
			})
			got := state()
			if seen[got] {
				t.Fatalf("commit %d left %q", i, got)
			}
			seen[got] = true
			update(t, writer, func(tx *store.Tx) error { _, err := tx.CountAccounts(); return err })
			if again := state(); alone && again != got {
				t.Errorf("reading made %q out of %q", again, got)
			}
		}
	})
}

func TestAVersion(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		org := putOrganization(t, s, "version")
		if org.Version != 1 {
			t.Fatalf("got version %d after the first put, want 1", org.Version)
		}
		t.Run("grows in place, so the same value can be put again", func(t *testing.T) {
			update(t, s, func(tx *store.Tx) error {
				org.Summary = "eins"
				if err := tx.PutOrganization(&org); err != nil {
					return err
				}
				org.Summary = "zwei"
				return tx.PutOrganization(&org)
			})
			got := get(t, s, func(tx *store.Tx) (engagement.Organization, error) { return tx.Organization(org.ID) })
			if got.Summary != "zwei" || got.Version != 3 || org.Version != 3 {
				t.Errorf("got %q version %d, kept version %d", got.Summary, got.Version, org.Version)
			}
		})
		t.Run("that has moved on is stale, and stays as it was", func(t *testing.T) {
			old := org
			old.Version, old.Summary = 1, "alt"
			err := s.Update(ctx, func(tx *store.Tx) error { return tx.PutOrganization(&old) })
			if !errors.Is(err, engagement.ErrStale) || !errors.Is(err, engagement.ErrConflict) {
				t.Errorf("got %v, want ErrStale", err)
			}
			if old.Version != 1 {
				t.Errorf("got version %d, want 1", old.Version)
			}
		})
		t.Run("of something deleted is stale", func(t *testing.T) {
			a := putAccount(t, s, "deleted")
			update(t, s, func(tx *store.Tx) error { return tx.DeleteAccount(a.ID) })
			if err := s.Update(ctx, func(tx *store.Tx) error { return tx.PutAccount(&a) }); !errors.Is(err, engagement.ErrStale) {
				t.Errorf("got %v, want ErrStale", err)
			}
		})
	})
}

func TestUnique(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		org := putOrganization(t, s, "first")
		o := putOpportunity(t, s, org.ID, "first", nil)
		putAccount(t, s, "taken")
		for name, put := range map[string]func(tx *store.Tx) error{
			"e-mail address": func(tx *store.Tx) error {
				return tx.PutAccount(&engagement.Account{ID: tx.NewID(), Email: "TAKEN@mail.example"})
			},
			"user name": func(tx *store.Tx) error {
				return tx.PutAccount(&engagement.Account{ID: tx.NewID(), Username: "taken"})
			},
			"handle": func(tx *store.Tx) error {
				return tx.PutOrganization(&engagement.Organization{ID: tx.NewID(), Code: newCode(tx), Handle: "first"})
			},
			"short code over nouns": func(tx *store.Tx) error {
				return tx.PutAnnouncement(&engagement.Announcement{ID: tx.NewID(), Code: org.Code, Organization: org.ID})
			},
			"short code of opportunities": func(tx *store.Tx) error {
				return tx.PutOpportunity(&engagement.Opportunity{ID: tx.NewID(), Code: o.Code, Organization: org.ID})
			},
		} {
			t.Run(name, func(t *testing.T) {
				if err := s.Update(ctx, put); !errors.Is(err, engagement.ErrConflict) {
					t.Errorf("got %v, want ErrConflict", err)
				}
			})
		}
		t.Run("none of something is not unique", func(t *testing.T) {
			for range 2 {
				update(t, s, func(tx *store.Tx) error { return tx.PutAccount(&engagement.Account{ID: tx.NewID()}) })
				update(t, s, func(tx *store.Tx) error {
					m := newRequest(tx, o)
					return tx.PutMatchRequest(&m)
				})
			}
		})
		t.Run("handles of copies may be the same", func(t *testing.T) {
			update(t, s, func(tx *store.Tx) error {
				return tx.PutOrganization(&engagement.Organization{ID: tx.NewID(), Code: newCode(tx), Handle: "first", Origin: "b.example", IRI: "https://b.example/ap/org/1"})
			})
		})
		t.Run("what belongs to nothing is not found", func(t *testing.T) {
			err := s.Update(ctx, func(tx *store.Tx) error { return tx.PutProfile(&engagement.Profile{Account: tx.NewID()}) })
			if !errors.Is(err, engagement.ErrNotFound) {
				t.Errorf("got %v, want ErrNotFound", err)
			}
		})
	})
}

// CON-02, CON-08, CON-09: many at once.
func TestManyUpdatesAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		t.Run("never take more places than there are", func(t *testing.T) {
			org := putOrganization(t, s, "places")
			o := putOpportunity(t, s, org.ID, "places", func(o *engagement.Opportunity) { o.Capacity = 10 })
			errs := parallel(50, func(int) error {
				return s.Update(ctx, func(tx *store.Tx) error {
					o, err := tx.Opportunity(o.ID)
					if err != nil {
						return err
					}
					if free, _ := o.Free(); free == 0 {
						return engagement.ErrConflict
					}
					o.Taken++
					return tx.PutOpportunity(&o)
				})
			})
			done := 0
			for _, err := range errs {
				switch {
				case err == nil:
					done++
				case !errors.Is(err, engagement.ErrConflict):
					t.Error(err)
				}
			}
			got := get(t, s, func(tx *store.Tx) (engagement.Opportunity, error) { return tx.Opportunity(o.ID) })
			if done != 10 || got.Taken != 10 {
				t.Errorf("got %d successes and %d places taken, want 10 and 10", done, got.Taken)
			}
		})
		t.Run("use a token once", func(t *testing.T) {
			update(t, s, func(tx *store.Tx) error {
				return tx.PutToken(engagement.Token{Hash: "once", Purpose: engagement.TokenSignIn, Expires: tx.Now().Add(hour)})
			})
			errs := parallel(50, func(int) error {
				return s.Update(ctx, func(tx *store.Tx) error {
					_, err := tx.TakeToken("once", engagement.TokenSignIn)
					return err
				})
			})
			if got := successes(t, errs, engagement.ErrNotFound); got != 1 {
				t.Errorf("got %d successes, want 1", got)
			}
		})
		t.Run("make one account of an address", func(t *testing.T) {
			errs := parallel(50, func(int) error {
				return s.Update(ctx, func(tx *store.Tx) error {
					if _, err := tx.AccountByLogin("same@mail.example"); err == nil {
						return engagement.ErrConflict
					}
					return tx.PutAccount(&engagement.Account{ID: tx.NewID(), Email: "same@mail.example"})
				})
			})
			if got := successes(t, errs, engagement.ErrConflict); got != 1 {
				t.Errorf("got %d successes, want 1", got)
			}
		})
		t.Run("do not both do what only one may, though they write different rows", func(t *testing.T) {
			org := putOrganization(t, s, "skew")
			o := putOpportunity(t, s, org.ID, "skew", nil)
			errs := parallel(20, func(int) error {
				return s.Update(ctx, func(tx *store.Tx) error {
					open, err := tx.RequestsFor(o.ID)
					if err != nil {
						return err
					}
					if len(open) > 0 {
						return engagement.ErrConflict
					}
					m := newRequest(tx, o)
					return tx.PutMatchRequest(&m)
				})
			})
			if got := successes(t, errs, engagement.ErrConflict); got != 1 {
				t.Errorf("got %d requests, want 1", got)
			}
		})
		t.Run("fail one by one: the others are kept", func(t *testing.T) {
			wrong := errors.New("wrong")
			errs := parallel(60, func(i int) error {
				return s.Update(ctx, func(tx *store.Tx) error {
					if err := tx.PutOnce(store.Once{Key: "k" + string(rune('A'+i))}); err != nil {
						return err
					}
					if i%3 == 0 {
						return wrong
					}
					return nil
				})
			})
			for i, err := range errs {
				if (i%3 == 0) != errors.Is(err, wrong) {
					t.Errorf("%d: got %v", i, err)
				}
				view(t, s, func(tx *store.Tx) error {
					if _, err := tx.Once("k" + string(rune('A'+i))); (i%3 == 0) != errors.Is(err, engagement.ErrNotFound) {
						t.Errorf("row %d: got %v", i, err)
					}
					return nil
				})
			}
		})
	})
}

// successes counts the nil errors; every other one must be the expected.
func successes(t *testing.T, errs []error, expected error) (n int) {
	t.Helper()
	for _, err := range errs {
		switch {
		case err == nil:
			n++
		case !errors.Is(err, expected):
			t.Error(err)
		}
	}
	return n
}

// FLT-09: another process holds the file.
func TestASQLiteFileThatAnotherProcessHolds(t *testing.T) {
	c := storetest.SQLite(t)
	s := storetest.Open(t, c)
	other, err := sql.Open("sqlite", "file:"+c.DSN+"?_pragma=busy_timeout(0)&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	hold, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("for a moment is waited for", func(t *testing.T) {
		var released sync.WaitGroup
		released.Go(func() {
			time.Sleep(200 * time.Millisecond) // the time of the other process, not of a result
			if err := hold.Rollback(); err != nil {
				t.Error(err)
			}
		})
		putAccount(t, s, "waited")
		released.Wait()
	})
	t.Run("for too long makes all who wait busy within ten seconds", func(t *testing.T) {
		if testing.Short() {
			t.Skip("waits for seconds")
		}
		hold, err := other.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer hold.Rollback()
		start := time.Now()
		for _, err := range parallel(5, func(int) error {
			return s.Update(ctx, func(tx *store.Tx) error { return nil })
		}) {
			if !errors.Is(err, store.ErrBusy) {
				t.Errorf("got %v, want ErrBusy", err)
			}
		}
		if took := time.Since(start); took > 11*time.Second {
			t.Errorf("took %s", took)
		}
		view(t, s, func(tx *store.Tx) error {
			_, err := tx.AccountByLogin("waited")
			return err
		})
	})
}

// FLT-06: a full disk, here a limit of pages.
func TestAFullDisk(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	org := putOrganization(t, s, "verein")
	o := putOpportunity(t, s, org.ID, "before", nil)
	pages, err := strconv.Atoi(store.Pragma(t, s, "page_count")["writer"])
	if err != nil {
		t.Fatal(err)
	}
	store.WriterPragma(t, s, fmt.Sprint("max_page_count = ", pages+20))
	big := strings.Repeat("x", 20_000)
	var refused []error
	for range 20 {
		o.Description = big
		errs := parallel(4, func(i int) error {
			return s.Update(ctx, func(tx *store.Tx) error {
				m := newRequest(tx, o)
				m.Text = big
				return tx.PutMatchRequest(&m)
			})
		})
		refused = append(refused, slices.DeleteFunc(errs, func(err error) bool { return err == nil })...)
	}
	if len(refused) == 0 {
		t.Fatal("everything fit")
	}
	for _, err := range refused {
		if !errors.Is(err, store.ErrFull) {
			t.Errorf("got %v, want ErrFull", err)
		}
	}
	kept := get(t, s, func(tx *store.Tx) ([]engagement.MatchRequest, error) { return tx.RequestsFor(o.ID) })
	if got, want := len(kept), 80-len(refused); got != want {
		t.Errorf("%d requests are kept, want the %d that were acknowledged", got, want)
	}
	store.WriterPragma(t, s, "max_page_count = 1000000")
	putOpportunity(t, s, org.ID, "after", nil) // it recovers by itself
}

// FLT-07: after an error of the disk nothing is written any more.
func TestABrokenDisk(t *testing.T) {
	c := storetest.SQLite(t)
	s := storetest.Open(t, c)
	populate(t, s)
	if _, err := s.Purge(ctx); err != nil { // empties the log: what is read comes from the file
		t.Fatal(err)
	}
	file, err := os.OpenFile(c.DSN, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt(bytes.Repeat([]byte{0xff}, int(info.Size())-4096), 4096); err != nil {
		t.Fatal(err)
	}
	// The file stays open until the test ends: closing it would drop the locks of SQLite.
	t.Cleanup(func() { file.Close() })
	another := func() error {
		return s.Update(ctx, func(tx *store.Tx) error {
			return tx.PutAccount(&engagement.Account{ID: tx.NewID(), Username: strings.Repeat("x", 5000)})
		})
	}
	store.WriterPragma(t, s, "shrink_memory")
	if err := another(); !errors.Is(err, store.ErrBroken) {
		t.Fatalf("got %v, want ErrBroken", err)
	}
	<-s.Broken()
	if err := s.Update(ctx, func(tx *store.Tx) error { return nil }); !errors.Is(err, store.ErrBroken) {
		t.Errorf("the next one: got %v, want ErrBroken", err)
	}
}

// FLT-30: the server goes away in the middle of a transaction.
func TestALostConnectionIsRepeated(t *testing.T) {
	c := storetest.Postgres(t)
	s := storetest.Open(t, c)
	admin, err := sql.Open("pgx", c.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	cutOnce := func(runs *int) error {
		if *runs++; *runs > 1 {
			return nil
		}
		_, err := admin.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		return err
	}
	runs := 0
	update(t, s, func(tx *store.Tx) error {
		if err := tx.PutOnce(store.Once{Key: "first"}); err != nil {
			return err
		}
		if err := cutOnce(&runs); err != nil {
			return err
		}
		return tx.PutOnce(store.Once{Key: "second"})
	})
	if runs != 2 {
		t.Errorf("it ran %d times, want twice", runs)
	}
	runs = 0
	view(t, s, func(tx *store.Tx) error {
		if _, err := tx.Once("first"); err != nil {
			return err
		}
		if err := cutOnce(&runs); err != nil {
			return err
		}
		_, err := tx.Once("second")
		return err
	})
}

func TestOnlyOneServerUsesAnSQLiteFile(t *testing.T) {
	c := storetest.SQLite(t)
	first, second := storetest.Open(t, c), storetest.Open(t, c)
	release, err := first.LockServer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.LockServer(ctx); !errors.Is(err, store.ErrServed) {
		t.Errorf("got %v, want ErrServed", err)
	}
	putAccount(t, second, "a_command_may_write") // commands work beside a server
	release()
	release, err = second.LockServer(ctx)
	if err != nil {
		t.Errorf("after release: %v", err)
	} else {
		release()
	}
}

func TestSeveralServersShareAPostgreSQLDatabase(t *testing.T) {
	c := storetest.Postgres(t)
	for range 2 {
		release, err := storetest.Open(t, c).LockServer(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer release()
	}
}

func TestWake(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		here, elsewhere := storetest.Open(t, c), storetest.Open(t, c)
		wake, stop := here.Wake()
		defer stop()
		emit := func(s *store.Store) {
			t.Helper()
			update(t, s, func(tx *store.Tx) error {
				return tx.Emit(engagement.Event{ID: tx.NewID(), For: engagement.Wire, At: tx.Now()})
			})
		}
		t.Run("comes after a commit here", func(t *testing.T) {
			emit(here)
			<-wake
		})
		t.Run("does not come when there is nothing to do", func(t *testing.T) {
			putAccount(t, here, "quiet")
			select {
			case <-wake:
				t.Error("it came")
			default:
			}
		})
		t.Run("comes after a commit of another process", func(t *testing.T) {
			listening, cancel := context.WithCancel(ctx)
			var wg sync.WaitGroup
			wg.Go(func() {
				if err := here.Listen(listening); err != nil {
					t.Error(err)
				}
			})
			emit(elsewhere)
			<-wake
			cancel()
			wg.Wait()
		})
	})
}

func TestSQLiteSettingsAndFileModes(t *testing.T) {
	c := storetest.SQLite(t)
	s := storetest.Open(t, c)
	putAccount(t, s, "somebody")
	for pragma, want := range map[string]string{
		"busy_timeout": "5000", "journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1", "trusted_schema": "0",
		"temp_store": "2", "cell_size_check": "1",
	} {
		for name, got := range store.Pragma(t, s, pragma) {
			if got != want {
				t.Errorf("%s of the %s is %s, want %s", pragma, name, got, want)
			}
		}
	}
	if got := store.Pragma(t, s, "query_only")["reader"]; got != "1" {
		t.Errorf("query_only of the reader is %s, want 1", got)
	}
	files, err := filepath.Glob(filepath.Dir(c.DSN) + "/*")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 2 {
		t.Fatalf("got files %v, want at least database and log", files)
	}
	for _, name := range files {
		if mode := fileMode(t, name); mode&0o077 != 0 {
			t.Errorf("%s has mode %v, want it for its owner only", name, mode)
		}
	}
}

func TestAClosedSQLiteDatabaseIsOneFile(t *testing.T) {
	c := storetest.SQLite(t)
	s, err := store.Open(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	putAccount(t, s, "somebody")
	view(t, s, func(tx *store.Tx) error {
		_, err := tx.CountAccounts()
		return err
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(c.DSN + "-*"); err != nil || len(left) > 0 {
		t.Errorf("beside it there is %v", left)
	}
}

func TestAFileThatOthersCanReadIsRefused(t *testing.T) {
	c := storetest.SQLite(t)
	if err := os.WriteFile(c.DSN, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(ctx, c); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("got %v, want a refusal that says what to do", err)
	}
}

func TestAPathWithStrangeCharacters(t *testing.T) {
	c := storetest.SQLite(t)
	c.DSN = filepath.Join(filepath.Dir(c.DSN), "zwölf 12%20 & mehr.db")
	putAccount(t, storetest.Open(t, c), "somebody")
	again := storetest.Open(t, c)
	if n := get(t, again, (*store.Tx).CountAccounts); n != 1 {
		t.Errorf("got %d accounts, want 1", n)
	}
	c.DSN = "seestern.db?mode=ro"
	if _, err := store.Open(ctx, c); err == nil || !strings.Contains(err.Error(), "no path") {
		t.Errorf("got %v, want a refusal of parameters", err)
	}
}
