package federation_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation/fedtest"
	"seestern/store"
	"seestern/store/storetest"
)

// victim is an instance in a process of its own, which is killed: the test binary, started again.
type victim struct {
	DSN          string
	Secret       []byte
	Moved        time.Duration // of the clock
	Map          fedtest.Map
	Organization engagement.ID // that announces
	Step         string        // at which it kills itself
	Times        int           // when it comes there for this time
}

const asVictim = "SEESTERN_TEST_VICTIM"

// TestVictim is the process that TestKill9 starts and kills. It prints where it listens; then it announces every line it reads, and prints the
// line when that is committed.
func TestVictim(t *testing.T) {
	text := os.Getenv(asVictim)
	if text == "" {
		return // nobody is after it
	}
	var v victim
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	s := &peer{t: t, world: fedtest.Visit(t, v.Map), clock: &storetest.Clock{}, base: mustBase(t, "https://me.test")}
	s.clock.Forward(v.Moved)
	s.config = store.Config{DSN: v.DSN, Secret: v.Secret, BaseURL: s.base.String(), Clock: s.clock.Now, Log: slog.New(slog.DiscardHandler)}
	s.store = storetest.Open(t, s.config)
	s.start()
	var times atomic.Int32
	s.service.OnStep(func(step string) error {
		if v.Step != "" && strings.HasPrefix(step, v.Step) && times.Add(1) == int32(v.Times) {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		return nil
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 4)
	go func() { ended <- http.Serve(listener, s.handler) }()
	go func() { ended <- s.service.Run(t.Context()) }()
	go func() { ended <- s.store.Listen(t.Context()) }()
	fmt.Println(listener.Addr())
	go func() {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			s.announce(engagement.Organization{ID: v.Organization}, lines.Text())
			fmt.Println(lines.Text())
		}
		ended <- lines.Err()
	}()
	t.Fatal(<-ended)
}

// steps are all places where the inbox and the workers can be stopped in every cycle; a first key is made only once.
var steps = []string{
	"I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11", "I12",
	"lease event", "prepare", "rendered", "queued", "lease", "send to", "answer", "write back", "conclude",
}

// What was acknowledged has its effect, once, however often the instance is killed while activities come in and go out. SEESTERN_KILLS is the
// number of kills; make soak sets it to 1,000.
func TestKill9(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		kills := len(steps) + 6
		if n, err := strconv.Atoi(os.Getenv("SEESTERN_KILLS")); err == nil {
			kills = n
		}
		w, clock := newWorld(t)
		k := &killing{house: furnish(newPeer(t, w, clock, "me.test", c)), random: rand.New(rand.NewPCG(uint64(kills), 9)), acknowledged: map[string][]string{}}
		for i := range 2 {
			k.senders = append(k.senders, k.actor("good.test", fmt.Sprint("org", i), indexable), k.actor("social.test", fmt.Sprint("writer", i), person))
		}
		k.follow(k.org, k.senders...)
		for n := range kills {
			k.cycle(n)
		}
		k.start() // from here on the instance lives in this process again
		for _, p := range k.pending {
			k.want(p.by, p.activity, http.StatusAccepted)
			k.acknowledge(p.kind, p.name)
		}
		pass(t, 48*time.Hour, time.Hour, k.peer)
		k.compare()
	})
}

const (
	betweenKills = 90 * time.Second // longer than what a dead process has leased
	mostEach     = 12               // activities of one sender in a cycle
)

// killing is the driver: what was sent and what was acknowledged.
type killing struct {
	*house
	random  *rand.Rand
	senders []*fedtest.Actor // each sends one activity after the other

	mu           sync.Mutex
	acknowledged map[string][]string // names by kind
	pending      []parcel            // sent and not acknowledged; its sender tries again
	serial       int
}

// parcel is an activity on its way. The name is by what its effect is found.
type parcel struct {
	kind, name string
	by         *fedtest.Actor
	activity   map[string]any
}

func (k *killing) acknowledge(kind, name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.acknowledged[kind] = append(k.acknowledged[kind], name)
}

func (k *killing) nextSerial() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.serial++
	return k.serial
}

// next is something new that somebody sends. The first thing of a cycle may be a message, because one about each opportunity counts.
func (k *killing) next(by *fedtest.Actor, first bool) parcel {
	n := k.nextSerial()
	switch writer := by.Host.Name == "social.test"; {
	case writer && first:
		return parcel{"message", by.ID + " about " + string(k.opp.ID), by, noteOf(by, "Gern!", map[string]any{"to": []string{k.orgIRI()}, "inReplyTo": k.oppIRI()})}
	case !writer && n%2 == 0:
		path := fmt.Sprint("/opp/", n)
		return parcel{"Create", by.Host.URL(path), by, carry(by, "Create", k.proposal(by, path))}
	}
	follow := by.Activity("Follow", k.orgIRI())
	return parcel{"Follow", follow["id"].(string), by, follow}
}

// cycle starts the instance, lets everybody send, and kills it: every other time at a step, else when it wants to.
func (k *killing) cycle(n int) {
	k.t.Helper()
	k.clock.Forward(betweenKills)
	k.opp = k.opportunity(k.org, fmt.Sprint("Vorlesen ", n), func(o *engagement.Opportunity) { o.Capacity = 50 })
	v := victim{
		DSN: k.config.DSN, Secret: k.config.Secret, Moved: k.clock.Now().Sub((&storetest.Clock{}).Now()), Map: k.world.Map(), Organization: k.org.ID,
	}
	after := len(k.senders) * mostEach
	if n < len(steps) || n%2 == 0 {
		v.Step, v.Times = steps[n%len(steps)], 1+k.random.IntN(3)
	} else {
		after = 1 + k.random.IntN(after)
	}
	environment, err := json.Marshal(v)
	k.check(err)
	command := exec.Command(os.Args[0], "-test.run", "^TestVictim$")
	command.Env = append(os.Environ(), asVictim+"="+string(environment))
	var errs bytes.Buffer
	command.Stderr = &errs
	in, err := command.StdinPipe()
	k.check(err)
	out, err := command.StdoutPipe()
	k.check(err)
	k.check(command.Start())
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		k.t.Fatalf("the instance did not start: %v %s", command.Wait(), errs.String())
	}
	k.handler = httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: lines.Text()})

	var left atomic.Int32
	left.Store(int32(after))
	var senders sync.WaitGroup
	old := k.pending
	k.pending = nil
	for i, by := range k.senders {
		senders.Go(func() {
			var mine []parcel
			for _, p := range old {
				if p.by == by {
					mine = append(mine, p)
				}
			}
			fresh := 0
			for range mostEach {
				if len(mine) == 0 {
					mine = append(mine, k.next(by, fresh == 0))
					fresh++
				}
				if by.Post(k.base.Inbox(), mine[0].activity).Status != http.StatusAccepted {
					break // a sender waits before it tries again
				}
				k.acknowledge(mine[0].kind, mine[0].name)
				mine = mine[1:]
				if left.Add(-1) == 0 {
					_ = command.Process.Kill()
				}
			}
			k.mu.Lock()
			defer k.mu.Unlock()
			k.pending = append(k.pending, mine...)
		})
		if i > 0 {
			continue
		}
		senders.Go(func() { // the organization
			for range 3 {
				text := fmt.Sprintf("Neuigkeit %d.", k.nextSerial())
				if _, err := fmt.Fprintln(in, text); err != nil || !lines.Scan() || lines.Text() != text {
					return
				}
				k.acknowledge("Announce", text)
			}
		})
	}
	senders.Wait()
	_ = command.Process.Kill()
	if err := command.Wait(); !strings.Contains(fmt.Sprint(err), "killed") {
		k.t.Fatalf("the instance ended by itself: %v %s", err, errs.String())
	}
}

// compare looks for the effect of everything that was acknowledged, and for effects that came twice.
func (k *killing) compare() {
	k.t.Helper()
	requests := map[string]int{}
	mails := map[engagement.ID]int{}
	k.view(func(tx *store.Tx) error {
		list, err := tx.Events(engagement.Mail, store.Waiting, 1_000_000)
		for _, e := range list {
			if e.Kind == engagement.MailRequestNew {
				mails[e.Subject]++
			}
		}
		return err
	})
	after := engagement.ID("")
	for more := true; more; {
		k.view(func(tx *store.Tx) error {
			list, err := tx.MatchRequests(after, 1000)
			for _, m := range list {
				name := m.Remote.Actor + " about " + string(m.Opportunity)
				requests[name]++
				if n := mails[m.ID]; n != 1 {
					k.t.Errorf("the organization got %d mails about %s", n, name)
				}
				after = m.ID
			}
			more = len(list) > 0
			return err
		})
	}
	answers, news := map[string]map[string]bool{}, map[string]map[string]bool{}
	note := func(m map[string]map[string]bool, key string, a fedtest.Activity) {
		if m[key] == nil {
			m[key] = map[string]bool{}
		}
		m[key][fmt.Sprint(a.JSON["id"])] = true
	}
	for _, by := range k.senders {
		for _, a := range by.Inbox() {
			switch object, _ := a.JSON["object"].(map[string]any); a.Type() {
			case "Accept":
				note(answers, fmt.Sprint(object["id"]), a)
			case "Create":
				note(news, strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(object["content"]), "<p>"), "</p>"), a)
			}
		}
	}
	total := 0
	for kind, names := range k.acknowledged {
		total += len(names)
		for _, name := range names {
			effects := 0
			switch kind {
			case "Follow":
				effects = len(answers[name])
			case "message":
				effects = requests[name]
			case "Announce":
				effects = len(news[name])
			case "Create":
				if _, there := k.copied(name); there {
					effects = 1
				}
			}
			if effects != 1 {
				k.t.Errorf("%s %s was acknowledged and has had its effect %d times", kind, name, effects)
			}
		}
	}
	for _, state := range []store.QueueState{store.Waiting, store.Parked, store.Dropped} {
		for _, d := range k.deliveries(state) {
			k.t.Errorf("%s: %s %s to %s after %d failures: %s", state, d.Kind, d.Activity, d.Host, d.Failures, d.Error)
		}
	}
	k.view(func(tx *store.Tx) error {
		for _, state := range []store.QueueState{store.Waiting, store.Parked, store.Dropped} {
			events, err := tx.Events(engagement.Wire, state, 100)
			if err != nil {
				return err
			}
			for _, e := range events {
				k.t.Errorf("%s: event %s about %s after %d failures: %s", state, e.Kind, e.Subject, e.Failures, e.Error)
			}
		}
		return nil
	})
	k.t.Logf("%d acknowledged activities", total)
}
