package federation_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
	"seestern/store/storetest"
)

// script answers the deliveries of one inbox with statuses in turn; the last one repeats. It records every request.
type script struct {
	mu       sync.Mutex
	statuses []int
	header   http.Header
	got      []fedtest.Activity
}

// scripted makes an actor whose own and shared inbox answer by a script.
func scripted(a *fedtest.Actor, statuses ...int) *script {
	s := &script{statuses: statuses, header: http.Header{}}
	a.Answer(func(got fedtest.Activity) int {
		if got.Type() == "Accept" { // of the Follow
			return http.StatusAccepted
		}
		return s.next(got)
	})
	return s
}

func (s *script) next(got fedtest.Activity) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, got)
	status := s.statuses[0]
	if len(s.statuses) > 1 {
		s.statuses = s.statuses[1:]
	}
	return status
}

func (s *script) set(statuses ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.statuses = statuses
}

func (s *script) requests() []fedtest.Activity {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

// mailbox is a follower of whom there is nothing but an inbox, which answers by a script.
type mailbox struct {
	script
	host *fedtest.Host
}

// mailboxes are followers of an organization, each on a host of its own.
func (s *peer) mailboxes(org engagement.Organization, n int) []*mailbox {
	s.t.Helper()
	list := make([]*mailbox, n)
	s.update(func(tx *store.Tx) error {
		for i := range list {
			host := s.world.Host(fmt.Sprintf("h%d.test", i))
			list[i] = &mailbox{script: script{statuses: []int{202}}, host: host}
			f := store.Follower{Owner: "org/" + string(org.ID), Actor: host.URL("/u"), Host: host.Name, Inbox: host.URL("/inbox"), Follow: host.URL("/f"), State: store.FollowAccepted}
			if err := tx.PutFollower(f); err != nil {
				return err
			}
		}
		return nil
	})
	for _, m := range list {
		m.host.Document("/u", map[string]any{"id": m.host.URL("/u"), "type": "Organization", "preferredUsername": "u", "inbox": m.host.URL("/inbox")})
		m.host.Handle("/inbox", func(w http.ResponseWriter, r *http.Request) {
			a := fedtest.Activity{Request: fedtest.Request{Host: r.Host, Method: r.Method, Target: r.RequestURI, Header: r.Header.Clone()}}
			a.Body, _ = io.ReadAll(r.Body)
			_ = json.Unmarshal(a.Body, &a.JSON)
			w.WriteHeader(m.next(a))
		})
	}
	return list
}

// ofKind are the deliveries of a type.
func ofKind(kind string, rows []store.DeliveryRow) (found []store.DeliveryRow) {
	for _, d := range rows {
		if d.Kind == kind {
			found = append(found, d)
		}
	}
	return found
}

// within reports whether a wait is the given one, give or take the fifth by which all waits vary.
func within(wait, want time.Duration) bool {
	return wait >= want*8/10 && wait <= want*12/10
}

// FLT-14, FLT-15, FLT-16.
func TestWhatAnAnswerMeansForADelivery(t *testing.T) {
	rows := []struct {
		statuses []int
		state    store.QueueState // after the first answer
		wait     time.Duration    // until the next try, if it waits
		class    string
	}{
		{statuses: []int{200, 201, 202, 204, 206, 299}, state: store.Done},
		{statuses: []int{301, 302, 307, 308}, state: store.Waiting, wait: time.Minute, class: "document"},
		{statuses: []int{400, 405, 406, 413, 415, 418, 422}, state: store.Parked, class: "missing"},
		{statuses: []int{401, 403}, state: store.Waiting, wait: 5 * time.Minute, class: "refused"},
		{statuses: []int{404}, state: store.Waiting, wait: time.Minute, class: "missing"},
		{statuses: []int{410}, state: store.Waiting, wait: 5 * time.Minute, class: "gone"},
		{statuses: []int{408, 425, 429, 500, 502, 503, 504}, state: store.Waiting, wait: time.Minute, class: "server"},
	}
	s, org := newInstance(t)
	readers, n := s.mailboxes(org, 28), 0
	for _, row := range rows {
		for _, status := range row.statuses {
			readers[n].set(status)
			n++
		}
	}
	s.announce(org, "Sprechstunde: mittwochs.")
	settle(t, s)
	found := map[string]store.DeliveryRow{}
	for _, state := range []store.QueueState{store.Waiting, store.Done, store.Parked, store.Dropped} {
		for _, d := range s.deliveries(state) {
			found[d.Host] = d
		}
	}
	n = 0
	for _, row := range rows {
		for _, status := range row.statuses {
			reader := readers[n]
			n++
			t.Run(fmt.Sprint(status), func(t *testing.T) {
				if got := len(reader.requests()); got != 1 {
					t.Errorf("got %d requests, want 1", got)
				}
				d := found[reader.host.Name]
				if d.State != row.state || d.Class != row.class || row.wait > 0 && !within(d.Next.Sub(s.clock.Now()), row.wait) {
					t.Errorf("got %s, class %q and a wait of %s, want %s, %q and %s", d.State, d.Class, d.Next.Sub(s.clock.Now()), row.state, row.class, row.wait)
				}
			})
		}
	}
}

func TestAnInboxThatIsNotFoundForTwoDaysIsGone(t *testing.T) {
	s, org := newInstance(t)
	reader := s.mailboxes(org, 1)[0]
	reader.set(404)
	s.announce(org, "Sprechstunde: mittwochs.")
	followers := func() (n int) {
		s.view(func(tx *store.Tx) (err error) {
			n, err = tx.CountFollowers("org/" + string(org.ID))
			return err
		})
		return n
	}
	pass(t, 47*time.Hour, time.Hour, s)
	if waiting := s.deliveries(store.Waiting); len(waiting) != 1 || followers() != 1 {
		t.Fatalf("after 47 hours %v wait for %d followers", waiting, followers())
	}
	reader.host.Reply("/u", fedtest.Reply{Status: http.StatusNotFound})
	pass(t, 24*time.Hour, time.Hour, s) // longer than any pause between two tries
	if waiting := s.deliveries(store.Waiting); len(waiting) != 0 || followers() != 0 {
		t.Errorf("after 71 hours %v wait for %d followers", waiting, followers())
	}
}

func TestWhatTheLackOfAnAnswerMeansForADelivery(t *testing.T) {
	for name, row := range map[string]struct {
		trouble func(*fedtest.World, *fedtest.Host)
		class   string
	}{
		"connection refused": {func(_ *fedtest.World, h *fedtest.Host) { h.Close() }, "network"},
		"no such name": {func(w *fedtest.World, h *fedtest.Host) {
			w.Name(h.Name, addresses())
			h.Reopen() // there is no connection any more
		}, "dns"},
		"certificate expired": {func(w *fedtest.World, h *fedtest.Host) {
			expired(w, h)
		}, "tls"},
		"connection cut after the request": {func(_ *fedtest.World, h *fedtest.Host) {
			h.Handle("/inbox", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		}, "network"},
	} {
		t.Run(name, func(t *testing.T) {
			s, org := newInstance(t)
			host := s.world.Host("good.test")
			s.follow(org, host.Actor("reader"))
			row.trouble(s.world, host)
			s.announce(org, "Sprechstunde: mittwochs.")
			settle(t, s)
			found := ofKind("Create", s.deliveries(store.Waiting))
			if len(found) != 1 || found[0].Class != row.class || !within(found[0].Next.Sub(s.clock.Now()), time.Minute) {
				t.Errorf("got %+v, want class %s", found, row.class)
			}
		})
	}
}

func TestRetryAfterIsHonouredWithinADay(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"120": 2 * time.Minute, "999999999": 24 * time.Hour, "-5": time.Minute, "5": time.Minute, "soon": time.Minute,
		"Wed, 25 Nov 2026 13:00:00 GMT": 3 * time.Hour, "Wed, 25 Nov 2020 13:00:00 GMT": time.Minute,
	} {
		t.Run(value, func(t *testing.T) {
			s, org := newInstance(t)
			host := s.world.Host("good.test")
			s.follow(org, host.Actor("reader"))
			tries := 0
			host.Handle("/inbox", func(w http.ResponseWriter, r *http.Request) {
				tries++
				w.Header().Set("Retry-After", value)
				w.WriteHeader(http.StatusTooManyRequests)
			})
			s.announce(org, "Sprechstunde: mittwochs.")
			settle(t, s)
			found := ofKind("Create", s.deliveries(store.Waiting))
			if len(found) != 1 || !within(found[0].Next.Sub(s.clock.Now()), want) {
				t.Fatalf("got %v, want a wait of %s", found, want)
			}
			s.announce(org, "Noch eine Neuigkeit.")
			settle(t, s)
			if want > 2*time.Minute && tries != 1 {
				t.Errorf("the host was asked %d times although it wants to be left alone", tries)
			}
		})
	}
}

// FLT-17.
func TestEveryAttemptSendsTheSameBytesWithANewSignature(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		org := s.organization("beispielverein")
		reader := s.world.Host("good.test").Actor("reader")
		s.follow(org, reader)
		answers := scripted(reader, 500, 500, 202)
		s.announce(org, "Sprechstunde: mittwochs.")
		settle(t, s)
		pass(t, 10*time.Minute, time.Minute, s)

		got := answers.requests()
		if len(got) != 3 {
			t.Fatalf("got %d attempts, want 3", len(got))
		}
		key := s.publicKey(s.base.OrganizationID(org))
		dates := map[string]bool{}
		for _, a := range got {
			if !bytes.Equal(a.Body, got[0].Body) {
				t.Error("the bytes differ")
			}
			id, err := a.Verify(key, s.clock.Now())
			if err != nil || id != s.base.OrganizationID(org)+"#main-key" {
				t.Errorf("signature of %q: %v", id, err)
			}
			dates[a.Header.Get("Date")] = true
		}
		if len(dates) != 3 {
			t.Errorf("the dates are %v", dates)
		}
	})
}

func TestFollowersOnOneServerCostOneRequest(t *testing.T) {
	s, org := newInstance(t)
	big, small := s.world.Host("big.test").Actor("reader"), s.world.Host("small.test").Actor("alone")
	small.Change(func(d map[string]any) { delete(d, "endpoints") })
	s.follow(org, big, small)
	s.update(func(tx *store.Tx) error {
		f, err := tx.Follower("org/"+string(org.ID), big.ID)
		for n := 2; n <= 50 && err == nil; n++ {
			f.Actor, f.Inbox, f.Follow = fmt.Sprintf("%s%d", big.ID, n), fmt.Sprintf("%s%d/inbox", big.ID, n), fmt.Sprintf("%s/f/%d", big.ID, n)
			err = tx.PutFollower(f)
		}
		return err
	})
	before := [2]int{len(big.Host.Requests()), len(small.Host.Requests())}
	s.announce(org, "Sprechstunde: mittwochs.")
	settle(t, s)
	if got := [2]int{len(big.Host.Requests()) - before[0], len(small.Host.Requests()) - before[1]}; got != [2]int{1, 1} {
		t.Errorf("got %v requests, want one each", got)
	}
	if got := big.Host.Asked("/inbox"); got != 1 {
		t.Errorf("the shared inbox got %d", got)
	}
	if got := len(of("Create", small.Inbox())); got != 1 {
		t.Errorf("the inbox of the one without a shared one got %d", got)
	}
}

// What an organization publishes first goes to all followers at once, and none of the deliveries finds a key.
func TestTheFirstKeyIsMadeOnce(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		org := s.organization("beispielverein")
		list := s.mailboxes(org, 30)
		var made atomic.Int32
		s.service.OnStep(func(step string) error {
			if step == "make key" {
				made.Add(1)
			}
			return nil
		})
		s.announce(org, "Sprechstunde: mittwochs.")
		settle(t, s)
		for _, m := range list {
			if len(m.requests()) != 1 {
				t.Errorf("%s got %d", m.host.Name, len(m.requests()))
			}
		}
		if made.Load() != 1 {
			t.Errorf("%d keys were made", made.Load())
		}
	})
}

// Each step of the way from a change to its effect elsewhere; see FLT-02.
func TestWhateverIsInterruptedHappensOnceInTheEnd(t *testing.T) {
	for _, step := range []string{"lease event", "queued", "rendered", "lease", "send", "answer", "write back"} {
		t.Run("interrupted at "+step, func(t *testing.T) {
			eachPeer(t, func(t *testing.T, s *peer) {
				org := s.organization("beispielverein")
				readers := []*fedtest.Actor{s.world.Host("good.test").Actor("reader"), s.world.Host("other.test").Actor("reader")}
				s.follow(org, readers...)
				stopped := 0
				s.service.OnStep(func(at string) error {
					if at == step || strings.HasPrefix(at, step+" to ") {
						stopped++
						return federation.ErrStopped
					}
					return nil
				})
				s.announce(org, "Sprechstunde: mittwochs.")
				settle(t, s)
				if stopped == 0 {
					t.Fatal("the step was never reached")
				}
				s.start() // a new process
				pass(t, 10*time.Minute, time.Minute, s)

				ids := map[string]bool{}
				for _, reader := range readers {
					got := of("Create", reader.Inbox())
					if len(got) == 0 {
						t.Errorf("%s got nothing", reader.ID)
					}
					for _, a := range got {
						ids[a.JSON["id"].(string)] = true
					}
				}
				if len(ids) != 1 {
					t.Errorf("the activity has %d ids", len(ids))
				}
				if left := s.deliveries(store.Waiting); len(left) != 0 {
					t.Errorf("left over: %v", left)
				}
			})
		})
	}
}

func TestAChangeAndItsAnnouncementCommitTogether(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		org := s.organization("beispielverein")
		err := s.store.Update(t.Context(), func(tx *store.Tx) error {
			if _, err := engagement.Announce(tx, engagement.System, org.ID, engagement.News{Text: "Sprechstunde: mittwochs."}); err != nil {
				return err
			}
			return errors.New("the process dies here")
		})
		if err == nil {
			t.Fatal("the change was committed")
		}
		s.view(func(tx *store.Tx) error {
			events, err := tx.Events(engagement.Wire, store.Waiting, 10)
			news, err2 := tx.AnnouncementsOf(org.ID, time.Time{}, 10)
			if len(events) != 0 || len(news) != 0 {
				t.Errorf("got %d events and %d announcements", len(events), len(news))
			}
			return errors.Join(err, err2)
		})
	})
}

func TestADeadHostIsLeftAloneAndThenGetsEverything(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		org := s.organization("beispielverein")
		reader := s.world.Host("good.test").Actor("reader")
		s.follow(org, reader)
		answers := scripted(reader, 503)
		for n := range 6 {
			s.announce(org, fmt.Sprintf("Neuigkeit %d", n))
		}
		settle(t, s)
		if got := len(answers.requests()); got != 5 {
			t.Fatalf("got %d attempts before the breaker opened, want 5", got)
		}
		var waits []time.Duration
		last := s.clock.Now()
		for range 12 * 60 {
			before := len(answers.requests())
			pass(t, time.Minute, time.Minute, s)
			switch got := len(answers.requests()) - before; {
			case got > 1:
				t.Fatalf("%d probes at once", got)
			case got == 1:
				waits, last = append(waits, s.clock.Now().Sub(last)), s.clock.Now()
			}
		}
		want := []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour, time.Hour}
		if len(waits) < len(want) || !slices.Equal(waits[:len(want)], want) {
			t.Fatalf("the waits between probes are %v, want %v", waits, want)
		}
		answers.set(202)
		pass(t, time.Hour, time.Minute, s)
		if got := len(of("Create", reader.Inbox())); got != 6 {
			t.Errorf("got %d of 6 within an hour", got)
		}
		s.view(func(tx *store.Tx) error {
			p, err := tx.Peer("good.test")
			if p.Open || p.Failures != 0 {
				t.Errorf("the breaker is %+v", p)
			}
			return err
		})
	})
}

// RES-19: dead hosts stand in nobody's way.
func TestADeadHostDelaysNobody(t *testing.T) {
	s, org := newInstance(t)
	dead, alive := s.world.Host("dead.test").Actor("reader"), s.world.Host("alive.test").Actor("reader")
	s.follow(org, dead, alive)
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	dead.Host.Reply("/inbox", fedtest.Reply{Until: hang})
	arrived := make(chan struct{}, 100)
	alive.Answer(func(fedtest.Activity) int { arrived <- struct{}{}; return 202 })
	for n := range 10 {
		s.announce(org, fmt.Sprintf("Neuigkeit %d", n))
	}
	done := make(chan error)
	go func() { done <- s.service.Work(t.Context()) }()
	for range 10 { // all of them while the first one to the dead host is still in flight
		<-arrived
	}
	if got := dead.Host.Asked("/inbox"); got > 2 { // one of them was the Accept
		t.Errorf("the dead host was asked %d times meanwhile", got)
	}
	dead.Host.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// FLT-20.
func TestThreeDaysOfPartitionLoseNothing(t *testing.T) {
	s, org := newInstance(t)
	readers := s.mailboxes(org, 20)
	for _, r := range readers[:10] {
		r.host.Close()
	}
	for day := range 3 {
		s.announce(org, fmt.Sprintf("Neuigkeit von Tag %d", day))
		pass(t, 24*time.Hour, time.Hour, s)
	}
	for _, r := range readers[10:] {
		if got := len(r.requests()); got != 3 {
			t.Errorf("%s, which was there all the time, got %d of 3", r.host.Name, got)
		}
	}
	for _, r := range readers[:10] {
		r.host.Reopen()
	}
	pass(t, 2*time.Hour, 5*time.Minute, s)
	for _, r := range readers[:10] {
		got := r.requests()
		if len(got) != 3 {
			t.Errorf("%s got %d of 3 within two hours", r.host.Name, len(got))
		}
		for n, a := range got {
			if text := fmt.Sprint(a.JSON["object"].(map[string]any)["content"]); !bytes.Contains([]byte(text), fmt.Appendf(nil, "Tag %d", n)) {
				t.Errorf("%s got %s as number %d", r.host.Name, text, n)
			}
		}
	}
	s.view(func(tx *store.Tx) error {
		n, err := tx.CountFollowers("org/" + string(org.ID))
		if n != 20 {
			t.Errorf("%d of 20 followers are left", n)
		}
		return err
	})
}

func TestWhenNobodyAnswersItIsOurOwnOutage(t *testing.T) {
	s, org := newInstance(t)
	readers := s.mailboxes(org, 12)
	for _, r := range readers {
		r.host.Close()
	}
	s.announce(org, "Sprechstunde: mittwochs.")
	pass(t, time.Hour, time.Minute, s)
	frozen := 0
	s.view(func(tx *store.Tx) error {
		for n := range readers {
			p, err := tx.Peer(fmt.Sprintf("h%d.test", n))
			if err != nil {
				return err
			}
			if p.Failures < 5 && p.OpenSince.IsZero() {
				frozen++
			}
		}
		return nil
	})
	if frozen != 12 {
		t.Errorf("%d of 12 hosts do not count as failing", frozen)
	}
	for _, r := range readers {
		r.host.Reopen()
	}
	pass(t, 2*time.Minute, time.Minute, s)
	for _, r := range readers {
		if got := len(r.requests()); got != 1 {
			t.Errorf("%s got %d within two minutes", r.host.Name, got)
		}
	}
}

func TestADeleteReachesEveryInboxThatEverGotTheObject(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		org := s.organization("beispielverein")
		former, reader := s.world.Host("former.test").Actor("reader"), s.world.Host("good.test").Actor("reader")
		follow, _ := former.Follow(s.base.OrganizationID(org))
		s.follow(org, reader)
		o := s.opportunity(org, "Vorlesen in der Grundschule")
		settle(t, s)
		if got := former.Post(s.base.Inbox(), former.Activity("Undo", follow)); got.Status != 202 {
			t.Fatalf("Undo answered %d", got.Status)
		}
		late := s.world.Host("late.test").Actor("reader")
		s.follow(org, late)
		s.update(func(tx *store.Tx) error {
			_, err := engagement.WithdrawOpportunity(tx, engagement.System, o.ID)
			return err
		})
		settle(t, s)
		for a, want := range map[*fedtest.Actor]int{former: 1, reader: 1, late: 0} {
			got := of("Delete", a.Inbox())
			if len(got) != want {
				t.Errorf("%s got %d Deletes, want %d", a.ID, len(got), want)
			}
			for _, d := range got {
				tomb := d.JSON["object"].(map[string]any)
				if tomb["type"] != "Tombstone" || tomb["id"] != s.base.OpportunityID(o) || bytes.Contains(d.Body, []byte("Vorlesen")) {
					t.Errorf("the Delete is %s", d.Body)
				}
			}
		}
	})
}

func TestNewerTakesThePlaceOfOlder(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		org := s.organization("beispielverein")
		reader := s.world.Host("good.test").Actor("reader")
		s.follow(org, reader)
		a := s.announce(org, "Erste Fassung")
		settle(t, s)
		answers := scripted(reader, 503)
		edit := func(text string) {
			s.clock.Forward(time.Second)
			s.update(func(tx *store.Tx) error {
				_, err := engagement.EditAnnouncement(tx, engagement.System, a.ID, engagement.News{Text: text})
				return err
			})
			settle(t, s)
		}
		edit("Zweite Fassung")
		edit("Dritte Fassung")
		if waiting := ofKind("Update", s.deliveries(store.Waiting)); len(waiting) != 1 {
			t.Errorf("%d Updates wait, want the newest only", len(waiting))
		}
		b := s.announce(org, "Gleich wieder weg")
		settle(t, s)
		s.update(func(tx *store.Tx) error {
			return errors.Join(engagement.WithdrawAnnouncement(tx, engagement.System, a.ID), engagement.WithdrawAnnouncement(tx, engagement.System, b.ID))
		})
		settle(t, s)
		for _, d := range s.deliveries(store.Waiting) {
			if d.Kind != "Delete" || d.Lane != store.Priority {
				t.Errorf("%s waits in lane %s", d.Kind, d.Lane)
			}
		}
		answers.set(202)
		pass(t, 2*time.Hour, time.Minute, s)
		if got := len(of("Delete", reader.Inbox())); got != 2 {
			t.Errorf("%d Deletes arrived, want 2", got)
		}
		if got := of("Update", reader.Inbox()); len(got) != 0 {
			t.Errorf("Updates of what is deleted arrived: %v", got)
		}
	})
}

func TestNewsAreGivenUpAfterAWeekAndDeletesAfterAMonth(t *testing.T) {
	s, org := newInstance(t)
	reader := s.world.Host("good.test").Actor("reader")
	s.follow(org, reader)
	gone := s.announce(org, "Erste Neuigkeit")
	settle(t, s)
	reader.Host.Close()
	s.announce(org, "Zweite Neuigkeit")
	s.update(func(tx *store.Tx) error { return engagement.WithdrawAnnouncement(tx, engagement.System, gone.ID) })
	pass(t, 6*24*time.Hour, time.Hour, s)
	if got := len(s.deliveries(store.Waiting)); got != 2 {
		t.Fatalf("%d wait after six days, want 2", got)
	}
	pass(t, 3*24*time.Hour, time.Hour, s)
	if dropped, waiting := ofKind("Create", s.deliveries(store.Dropped)), s.deliveries(store.Waiting); len(dropped) != 1 || len(waiting) != 1 || waiting[0].Kind != "Delete" {
		t.Fatalf("after nine days %v are dropped and %v wait", dropped, waiting)
	}
	s.announce(org, "Dritte Neuigkeit")
	settle(t, s)
	if got := ofKind("Create", s.deliveries(store.Waiting)); len(got) != 0 {
		t.Errorf("news are queued for a host that has been dead for more than a week")
	}
	pass(t, 20*24*time.Hour, 6*time.Hour, s)
	if got := ofKind("Delete", s.deliveries(store.Waiting)); len(got) != 1 {
		t.Fatalf("after 29 days %d Deletes wait, want 1", len(got))
	}
	reader.Host.Reopen()
	pass(t, 2*time.Hour, 10*time.Minute, s)
	if got := len(of("Delete", reader.Inbox())); got != 1 {
		t.Errorf("%d Deletes arrived, want 1", got)
	}
}

func TestAnInboxThatIsGoneTakesItsFollowersWithIt(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		org := s.organization("beispielverein")
		gone, moved := s.world.Host("gone.test").Actor("reader"), s.world.Host("moved.test").Actor("reader")
		s.follow(org, gone, moved)
		gone.SetGone()
		moved.Host.Reply("/inbox", fedtest.Reply{Status: http.StatusGone})
		moved.Change(func(d map[string]any) {
			d["inbox"], d["endpoints"] = moved.ID+"/inbox", map[string]any{}
		})
		s.announce(org, "Sprechstunde: mittwochs.")
		settle(t, s)
		pass(t, 10*time.Minute, time.Minute, s)
		var left []string
		s.view(func(tx *store.Tx) error {
			followers, err := tx.Followers("org/" + string(org.ID))
			for _, f := range followers {
				left = append(left, f.Actor+" "+f.Inbox)
			}
			return err
		})
		if want := []string{moved.ID + " " + moved.ID + "/inbox"}; !slices.Equal(left, want) {
			t.Errorf("followers are %v, want %v", left, want)
		}
		if got := len(of("Create", moved.Inbox())); got != 1 {
			t.Errorf("the one who moved got %d", got)
		}
		if left := s.deliveries(store.Waiting); len(left) != 0 {
			t.Errorf("left over: %v", left)
		}
	})
}

func TestWhoDoesNotBelieveUsIsAskedFourMoreTimesInADay(t *testing.T) {
	s, org := newInstance(t)
	reader := s.world.Host("good.test").Actor("reader")
	s.follow(org, reader)
	answers := scripted(reader, 503, 503, 503, 401)
	s.announce(org, "Sprechstunde: mittwochs.")
	settle(t, s)
	pass(t, 36*time.Hour, 5*time.Minute, s)
	if got := len(answers.requests()); got != 3+5 {
		t.Errorf("got %d attempts, want 3 and then 5", got)
	}
	if got := ofKind("Create", s.deliveries(store.Parked)); len(got) != 1 {
		t.Errorf("parked: %v", got)
	}
}

// FLT-25: a clock that is wrong makes every signature invalid; the admin reads why.
func TestAWrongClockIsNamedWhenSignaturesAreNotAccepted(t *testing.T) {
	for _, off := range []time.Duration{0, -2 * time.Hour, 2 * time.Hour} {
		s, org := newInstance(t)
		reader := s.world.Host("good.test").Actor("reader")
		s.follow(org, reader)
		reader.Host.Handle("/inbox", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", s.clock.Now().Add(off).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusUnauthorized)
		})
		s.announce(org, "Sprechstunde: mittwochs.")
		settle(t, s)
		want := "status 401"
		if off != 0 {
			want = "status 401; its clock and the one of this machine differ by 2h0m"
		}
		got := ofKind("Create", s.deliveries(store.Waiting))
		if len(got) != 1 || !strings.HasPrefix(got[0].Error, want) || off == 0 && got[0].Error != want {
			t.Errorf("%s: got %+v, want %q", off, got, want)
		}
	}
}

func TestNothingIsSentToASuspendedHost(t *testing.T) {
	s, org := newInstance(t)
	reader := s.world.Host("sub.evil.test").Actor("reader")
	s.follow(org, reader)
	s.announce(org, "Vorher")
	reader.Host.Close()
	settle(t, s)
	s.update(func(tx *store.Tx) error { return tx.PutPeer(store.Peer{Host: "evil.test", Standing: store.Suspended}) })
	reader.Host.Reopen()
	s.announce(org, "Nachher")
	pass(t, time.Hour, 10*time.Minute, s)
	if got := of("Create", reader.Inbox()); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestTheLastStepOfAMatchRequestIsKnownToBeThereOrNot(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		org := a.organization("verein")
		o, other := a.opportunity(org, "Vorlesen in der Grundschule"), a.opportunity(org, "Garten pflegen am Nachmittag")
		settle(t, a, b)
		a.server.Close()
		m := b.wish(mustCopy(t, b, a, o).ID)
		settle(t, b)
		if got := b.request(m.ID); got.Delivery != engagement.DeliveryQueued {
			t.Errorf("while the other instance is away the Offer is %s", got.Delivery)
		}
		pass(t, 6*24*time.Hour, time.Hour, b)
		a.server.Reopen()
		pass(t, 2*time.Hour, 10*time.Minute, a, b)
		if got := b.request(m.ID); got.Delivery != engagement.DeliveryDelivered {
			t.Errorf("when it is back the Offer is %s", got.Delivery)
		}

		a.server.Close()
		second := b.wish(mustCopy(t, b, a, other).ID)
		settle(t, b)
		pass(t, 8*24*time.Hour, 2*time.Hour, b)
		if got := b.request(second.ID); got.Delivery != engagement.DeliveryUnreachable || got.State != engagement.Interested {
			t.Errorf("after more than a week the Offer is %s and the request %s", got.Delivery, got.State)
		}
		mails := 0
		b.view(func(tx *store.Tx) error {
			events, err := tx.Events(engagement.Mail, store.Waiting, 1000)
			for _, e := range events {
				if e.Kind == engagement.MailUndelivered && e.Subject == second.ID {
					mails++
				}
			}
			return err
		})
		if mails != 1 {
			t.Errorf("the volunteer got %d mails about it, want 1", mails)
		}
	})
}

// expired serves a host with a certificate of yesterday.
func expired(w *fedtest.World, h *fedtest.Host) {
	h.UseTLS(func(c *tls.Config) {
		c.Certificates = []tls.Certificate{w.Certificate(fedtest.CertificateOptions{Name: h.Name, Expires: time.Now().Add(-24 * time.Hour)})}
	})
}

func TestAStepThatTakesAnotherBackComesAfterIt(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		partners(t, a, b)
		o := a.opportunity(a.organization("verein"), "Vorlesen in der Grundschule")
		settle(t, a, b)
		a.server.Close()
		m := b.wish(mustCopy(t, b, a, o).ID)
		settle(t, b)
		pass(t, 21*time.Minute, time.Minute, b) // three failures: the next try is in an hour
		b.update(func(tx *store.Tx) error {
			_, err := engagement.WithdrawRequest(tx, engagement.Actor{Request: m.ID}, m.ID, "")
			return err
		})
		settle(t, b)
		a.server.Reopen()
		before := len(a.server.Requests())
		pass(t, 3*time.Hour, 10*time.Minute, a, b)
		var types []string
		for _, r := range a.server.Requests()[before:] {
			var d struct{ Type string }
			if r.Method == http.MethodPost && json.Unmarshal(r.Body, &d) == nil {
				types = append(types, d.Type)
			}
		}
		if want := []string{"Offer", "Undo"}; !slices.Equal(types, want) {
			t.Errorf("got %v, want %v", types, want)
		}
		if got := a.requestFor(o.ID); got.State != engagement.WithdrawnRequest {
			t.Errorf("the organization sees %s", got.State)
		}
	})
}

// DEL-05: what an admin has sent again is not what was deleted meanwhile.
func TestWhatIsDeletedIsNotSentAgain(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		org := s.organization("beispielverein")
		reader := s.world.Host("good.test").Actor("reader")
		s.follow(org, reader)
		answers := scripted(reader, 400)
		a := s.announce(org, "Gleich wieder weg")
		settle(t, s)
		if parked := ofKind("Create", s.deliveries(store.Parked)); len(parked) != 1 {
			t.Fatalf("parked: %v", parked)
		}
		answers.set(202)
		s.update(func(tx *store.Tx) error { return engagement.WithdrawAnnouncement(tx, engagement.System, a.ID) })
		settle(t, s)
		s.update(func(tx *store.Tx) error { _, err := tx.RetryDeliveries("good.test"); return err })
		settle(t, s)
		if created, deleted := len(of("Create", answers.requests())), len(of("Delete", answers.requests())); created != 1 || deleted != 1 {
			t.Errorf("got %d Creates and %d Deletes, want one each", created, deleted)
		}
	})
}

func TestADeleteDoesNotWaitForWhatItCancels(t *testing.T) {
	eachPeer(t, func(t *testing.T, s *peer) {
		org := s.organization("beispielverein")
		reader := s.world.Host("good.test").Actor("reader")
		s.follow(org, reader)
		var a engagement.Announcement
		answers := script{statuses: []int{503, 202}}
		reader.Answer(func(got fedtest.Activity) int {
			if got.Type() == "Create" { // deleted while it is on its way
				s.update(func(tx *store.Tx) error { return engagement.WithdrawAnnouncement(tx, engagement.System, a.ID) })
				if err := s.service.Work(t.Context()); err != nil {
					t.Error(err)
				}
			}
			return answers.next(got)
		})
		a = s.announce(org, "Gleich wieder weg")
		settle(t, s)
		pass(t, 2*time.Second, time.Second, s)
		if created, deleted := len(of("Create", answers.requests())), len(of("Delete", answers.requests())); created != 1 || deleted != 1 {
			t.Errorf("got %d Creates and %d Deletes, want one each", created, deleted)
		}
	})
}

func TestAStepThatIsNeverReportedCountsAsUndelivered(t *testing.T) {
	w, clock := newWorld(t)
	a, b := newPeer(t, w, clock, "a.test", storetest.SQLite(t)), newPeer(t, w, clock, "b.test", storetest.SQLite(t))
	partners(t, a, b)
	o := a.opportunity(a.organization("verein"), "Vorlesen in der Grundschule")
	settle(t, a, b)
	m := b.wish(mustCopy(t, b, a, o).ID)
	deaths := 0
	b.service.OnStep(func(step string) error {
		if step == "send to a.test" {
			deaths++
			return federation.ErrStopped
		}
		return nil
	})
	pass(t, 20*24*time.Hour, time.Hour, b)
	if got := b.request(m.ID); got.Delivery != engagement.DeliveryUnreachable || deaths != 20 || len(b.deliveries(store.Parked)) != 1 {
		t.Errorf("after %d deaths the Offer is %s, and %v are put aside", deaths, got.Delivery, b.deliveries(store.Parked))
	}
}

// A host that was dead for long and asks now is answered.
func TestADeadHostThatAsksIsAnswered(t *testing.T) {
	s, org := newInstance(t)
	reader := s.world.Host("good.test").Actor("reader")
	s.update(func(tx *store.Tx) error {
		now := tx.Now()
		return tx.PutPeer(store.Peer{Host: "good.test", Open: true, OpenSince: now.AddDate(0, 0, -8), LastFailure: now.Add(-time.Hour), Failures: 20, Probe: now.Add(time.Minute)})
	})
	s.follow(org, reader)
	pass(t, 2*time.Minute, time.Minute, s)
	if got := len(of("Accept", reader.Inbox())); got != 1 {
		t.Errorf("got %d Accepts, want one", got)
	}
}
