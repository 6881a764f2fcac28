// Command matching measures package matching against a relevance that is not its own formula and against the orders that platforms
// use, and prints the figures as Markdown. Start it as `make bench-matching`, or with -seed N for a draw of your own.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"time"

	"seestern/engagement"
	"seestern/matching"
)

// Seeds of the figures. Nothing of the configuration was tuned on any of them: its weights are those that were agreed before, and how
// attention works was chosen on seeds 1 to 40 of both distributions. One draw says little about attention, as a few requests more or less
// are more than its effect: it is measured on twenty. The oracle was written with looks at seed 1, there only at how common each grade is,
// and left alone when the first order was measured; the tool was tried on seed 1, too. Seeds that were looked at before attention took the
// form it has (7001, 7002, 9001 to 9010) are given up: these here were named before it was changed and run when that was done.
const (
	heldOut = 7101 // distribution town
	shifted = 7102 // distribution rural

	firstFair = 7101 // of those on which attention is measured, in both distributions
	fairSeeds = 20
)

type options struct {
	seed    uint64
	size    size
	labels  string
	program string
	port    int
}

func main() {
	var o options
	flag.Uint64Var(&o.seed, "seed", 0, "seed of both distributions; 0 takes the held-out ones")
	flag.IntVar(&o.size.people, "volunteers", full.people, "volunteers to draw")
	flag.IntVar(&o.size.offers, "opportunities", full.offers, "opportunities to draw")
	flag.IntVar(&o.size.organizations, "organizations", full.organizations, "organizations to draw")
	flag.StringVar(&o.labels, "labels", "web/locale/de/codes.json", "German names of the codes")
	flag.StringVar(&o.program, "program", "", "built program whose demo is run with recorded traffic; empty leaves that out")
	flag.IntVar(&o.port, "port", 18081, "first of seven ports of that demo")
	read := flag.Bool("gold", false, "print the gold set as text to judge, and nothing else")
	again := flag.Bool("again", false, "with -gold: in the order of the second pass")
	flag.Parse()

	l, err := readLabels(o.labels)
	if err == nil && *read {
		printGold(os.Stdout, l, *again)
		return
	}
	if err == nil {
		err = run(o, l)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/matching:", err)
		os.Exit(1)
	}
}

func run(o options, l labels) error {
	r := &report{out: os.Stdout}
	r.line("# Matching\n\nConfiguration %s. Good means a relevance of 2 or 3; in brackets 95 %% intervals of %d bootstrap samples of volunteers.", matching.Default().Version, resamples)
	r.line("Nothing was tuned on these draws: the weights are those agreed before, attention was chosen on seeds 1 to 40, the oracle was written with looks at seed 1 and left alone since.")
	worlds := []*world{generate(heldOut, town, o.size), generate(shifted, rural, o.size)}
	fair := uint64(firstFair)
	if o.seed != 0 {
		fair = o.seed
		worlds = []*world{generate(o.seed, town, o.size), generate(o.seed, rural, o.size)}
	}
	r.study("Held-out data", examine(worlds[0], l), 0)
	r.fairness(fair, town, o.size)
	r.study("Shifted data", examine(worlds[1], l), least)
	r.fairness(fair, rural, o.size)
	if err := r.gold(l); err != nil {
		return err
	}
	r.line("\n## The rest")
	r.head()
	p50, p95 := latency(worlds[0])
	r.row("ranking 5,000 opportunities on one core, p50 and p95", fmt.Sprintf("%.1f ms, %.1f ms", p50, p95), "p95 ≤ 20 ms", p95 <= 20)
	if o.program != "" {
		found, saw, err := traffic(o)
		if err != nil {
			return err
		}
		r.row("recorded requests and answers between instances with personal data before consent", saw, "0", found == 0)
	}
	r.line("")
	if len(r.missed) == 0 {
		r.line("No aim was missed.")
	}
	for _, aim := range r.missed {
		r.line("Missed: %s.", aim)
	}
	return nil
}

// latency ranks 5,000 opportunities, drawn from a world again and again, for many of its people on one core: milliseconds, the fastest of
// three for each of them, as the machine may have other work.
func latency(w *world) (p50, p95 float64) {
	const many = 5000
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	base := w.candidates(0, false)
	candidates := make([]matching.Candidate, many)
	for i := range candidates {
		c := base[i%len(base)]
		o := *c.Opportunity
		o.ID = engagement.ID(fmt.Sprintf("%s-%d", o.ID, i))
		o.Organization = engagement.ID(fmt.Sprintf("%s-%d", o.Organization, i%20))
		c.Opportunity = &o
		candidates[i] = c
	}
	var times []float64
	for _, p := range w.people[:min(200, len(w.people))] {
		fastest := math.Inf(1)
		for range 3 {
			start := time.Now()
			matching.New(w.config(p.community), p.told, now).Rank(candidates)
			fastest = min(fastest, time.Since(start).Seconds()*1000)
		}
		times = append(times, fastest)
	}
	slices.Sort(times)
	return times[len(times)/2], times[len(times)*95/100]
}

// privacy is the line of the demo's check about the traffic it recorded.
var privacy = regexp.MustCompile(`no personal byte left B so far: ((\d+) of \d+ recorded .*)`)

// traffic runs the main job of the demo between real instances, whose traffic is recorded.
func traffic(o options) (found int, saw string, err error) {
	command := exec.Command(o.program, "demo", "--check", "--port", strconv.Itoa(o.port))
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		return 0, "", err
	}
	if err := command.Start(); err != nil {
		return 0, "", err
	}
	found = -1
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if match := privacy.FindStringSubmatch(lines.Text()); match != nil {
			saw = match[1]
			if found, err = strconv.Atoi(match[2]); err != nil {
				return 0, "", err
			}
		}
	}
	if err := command.Wait(); err != nil {
		return 0, "", fmt.Errorf("demo --check: %w", err)
	}
	if found < 0 {
		return 0, "", errors.New("demo --check says nothing about recorded traffic")
	}
	return found, saw, nil
}
