// Command bench runs the benchmarks of the whole program and prints their figures as one table, with the aims of
// ARCHITECTURE.md beside those that have one. Start it as `make bench`, or with -bench REGEXP for some of them.
package main

import (
	"bufio"
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

var packages = []string{"./geo", "./matching", "./store", "./federation", "./web", "./cmd/seestern"}

// An aim is a limit for one figure of one benchmark and of all its sub-benchmarks, or of one of those.
type aim struct {
	benchmark string // without "Benchmark"; with a sub-benchmark, for that one alone
	unit      string // as given to b.ReportMetric
	most      float64
	least     float64 // instead of most
}

var aims = []aim{
	{benchmark: "Search", unit: "p95-ms", most: 10},
	{benchmark: "SearchPostgres", unit: "p95-ms", most: 10},
	{benchmark: "SearchMillion", unit: "p95-ms", most: 50},
	{benchmark: "SearchMillionPostgres", unit: "p95-ms", most: 50},
	{benchmark: "Digest", unit: "s", most: 60},
	{benchmark: "SearchPage", unit: "p95-ms", most: 25},
	{benchmark: "PlainPage", unit: "p95-ms", most: 2},
	{benchmark: "ManyReaders/mixed", unit: "p99-ms", most: 100},
	{benchmark: "ManyReaders/mixed", unit: "views/s", least: 990},
	{benchmark: "Paint", unit: "lcp-s", most: 2},
	{benchmark: "Paint", unit: "shift", most: 0.05},
	{benchmark: "Rank", unit: "p95-ms", most: 20},
	{benchmark: "Inbox/flood", unit: "activities/s", least: 2000},
	{benchmark: "Inbox/2000", unit: "p99-ms", most: 50},
	{benchmark: "Delivery", unit: "%rsa", least: 70},
	{benchmark: "DeadHosts", unit: "%longer", most: 10},
	{benchmark: "DeletesOfStrangers", unit: "us-each", most: 50},
	{benchmark: "Migration", unit: "s", most: 300},
	{benchmark: "IdleMemory", unit: "MB", most: 60},
	{benchmark: "ColdStart", unit: "s", most: 0.5},
	{benchmark: "PageWeight", unit: "KB", most: 100},
	{benchmark: "PageWeight", unit: "requests", most: 8},
}

// A figure is one value-unit pair of one line of output.
type figure struct {
	benchmark string
	value     string
	unit      string
}

func main() {
	which := flag.String("bench", ".", "benchmarks to run, a regular expression as for go test")
	long := flag.String("benchtime", "2s", "duration of each, as for go test")
	flag.Parse()
	if err := run(*which, *long); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(which, long string) error {
	args := append([]string{"test", "-tags", "browser", "-run", "^$", "-bench", which, "-benchtime", long, "-timeout", "4h", "-p", "1"}, packages...)
	test := exec.Command("go", args...)
	test.Stderr = os.Stderr
	out, err := test.StdoutPipe()
	if err != nil {
		return err
	}
	if err := test.Start(); err != nil {
		return err
	}
	figures, readErr := collect(io.TeeReader(out, os.Stderr))
	printTable(figures)
	return cmp.Or(test.Wait(), readErr)
}

var result = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\t(.*)$`)

// collect reads the output of go test to its end.
func collect(out io.Reader) (figures []figure, err error) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		match := result.FindStringSubmatch(lines.Text())
		if match == nil {
			continue
		}
		for pair := range strings.SplitSeq(match[2], "\t") {
			if value, unit, ok := strings.Cut(strings.TrimSpace(pair), " "); ok {
				figures = append(figures, figure{match[1], value, unit})
			}
		}
	}
	return figures, lines.Err()
}

func printTable(figures []figure) {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "\nbenchmark\tfigure\tunit\taim\t\n")
	for _, f := range figures {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t\n", f.benchmark, f.value, f.unit, f.verdict())
	}
	table.Flush()
	for _, a := range aims {
		if !slices.ContainsFunc(figures, a.covers) {
			fmt.Printf("not measured: %s in %s\n", a.benchmark, a.unit)
		}
	}
}

// verdict says the aim for f and whether f misses it; it is empty if there is none.
func (f figure) verdict() string {
	for _, a := range aims {
		if !a.covers(f) {
			continue
		}
		value, err := strconv.ParseFloat(f.value, 64)
		text, met := fmt.Sprintf("≤ %g", a.most), value <= a.most
		if a.least > 0 {
			text, met = fmt.Sprintf("≥ %g", a.least), value >= a.least
		}
		if !met || err != nil {
			text += " MISSED"
		}
		return text
	}
	return ""
}

func (a aim) covers(f figure) bool {
	name, _, _ := strings.Cut(f.benchmark, "/")
	return (f.benchmark == a.benchmark || name == a.benchmark) && f.unit == a.unit
}
