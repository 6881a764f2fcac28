package engagement

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// HostRule is what an admin has decided about another server. Partners are another matter: see [Partner].
type HostRule struct {
	Host     string   `class:"org"`
	Standing Standing `class:"org"`
	Paused   bool     `class:"org"` // what is for it waits here until somebody resumes
	Note     string   `class:"org"` // why, for colleagues and the exported list

	Automatic bool `class:"org"` // limited because it sent too much; no admin has decided about it since
	Asked     ID   `class:"per"` // the admin who wants it suspended, until another one agrees; empty: nobody
}

// Standing is how a host is treated.
type Standing string

const (
	OrdinaryHost  Standing = ""
	LimitedHost   Standing = "limited"   // heard, but nothing unsolicited reaches people
	SuspendedHost Standing = "suspended" // nothing in, nothing out, nothing shown; with its subdomains
)

// strictness orders standings.
var strictness = map[Standing]int{OrdinaryHost: 0, LimitedHost: 1, SuspendedHost: 2}

const hostNoteLimit = 500

// Covers says whether a rule about domain reaches host: itself, and what is below it. Labels count, not letters.
func Covers(domain, host string) bool {
	name, _, port := strings.Cut(host, ":")
	return host == domain || port && name == domain || strings.HasSuffix(name, "."+domain)
}

// NormalizeHost reads the name of a server as people write it: with or without scheme, in any case, international or not.
func NormalizeHost(text string) (string, error) {
	host := strings.ToLower(strings.TrimSpace(text))
	host = strings.TrimPrefix(strings.TrimPrefix(host, "https://"), "http://")
	name, port, hasPort := strings.Cut(strings.TrimSuffix(host, "/"), ":")
	name, err := idna.Lookup.ToASCII(name)
	n, portErr := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil, name == "", len(name) > 253, hasPort && (portErr != nil || n == 0 || strconv.FormatUint(n, 10) != port),
		strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "", slices.Contains(strings.Split(name, "."), ""):
		return "", &Invalid{Field: "host", Key: "error.host.shape"}
	case hasPort:
		return name + ":" + port, nil
	}
	return name, nil
}

// PauseHost holds back what is for a host until it is resumed; nothing is lost meanwhile.
func PauseHost(tx Tx, by Actor, host string, on bool) (HostRule, error) {
	return changeHost(tx, by, TheDeliveries, host, map[bool]string{true: "host.pause", false: "host.resume"}[on], func(r *HostRule) { r.Paused = on })
}

// RetryDeliveries has everything that waits for a host or was given up tried now; for all hosts with an empty name. It returns how many.
func RetryDeliveries(tx Tx, by Actor, host string) (int64, error) {
	if err := must(by, Change, Thing{Noun: TheDeliveries}); err != nil {
		return 0, err
	}
	n, err := tx.RetryDeliveries(host)
	if err != nil {
		return 0, err
	}
	return n, audit(tx, by, Admin, AuditEntry{Action: "delivery.retry", Object: ID(host), New: strconv.FormatInt(n, 10)})
}

// LimitHost keeps what a host sends unasked away from people.
func LimitHost(tx Tx, by Actor, own, host, note string) (HostRule, error) {
	return setStanding(tx, by, own, HostRule{Host: host, Standing: LimitedHost, Note: note})
}

// LimitFlooder limits a host that has sent more than it may for too long. What is decided about it already stays, and so do partners. With
// tell the admins get a mail.
func LimitFlooder(tx Tx, host string, tell bool) error {
	r, err := tx.HostRule(host)
	if err != nil || r.Standing != OrdinaryHost {
		return err
	}
	partners, err := tx.Partners()
	if err != nil {
		return err
	}
	r.Standing, r.Automatic = LimitedHost, true
	if activePartner(partners, r) != "" {
		return nil
	}
	if err := tx.PutHostRule(r); err != nil {
		return err
	}
	if tell {
		if err := mail(tx, MailHostLimited, "", Recipient{Role: Admin}, map[string]string{"host": host}); err != nil {
			return err
		}
	}
	return audit(tx, System, Admin, AuditEntry{Action: "host.limit-flood", Object: ID(host), New: string(r.Standing)})
}

// SuspendHost ends everything with a host and what is below it: its copies and followers go, open requests end with a message, and from
// now on nothing is exchanged. Two admins have to want it: after the first it is limited, as far as a partner can be. own is the host of this instance.
func SuspendHost(tx Tx, by Actor, own, host, note string) (HostRule, error) {
	return setStanding(tx, by, own, HostRule{Host: host, Standing: SuspendedHost, Note: note})
}

// limitHost is a moderator's way to limit the host of what was reported. One that is limited or suspended already stays so.
func limitHost(tx Tx, by Actor, host string) error {
	if err := must(by, Decide, Thing{Noun: AHost}); err != nil {
		return err
	}
	r, err := tx.HostRule(host)
	if err != nil || r.Standing != OrdinaryHost {
		return err
	}
	r.Standing = LimitedHost
	partners, err := tx.Partners()
	if err != nil {
		return err
	}
	if p := activePartner(partners, r); p != "" {
		return &Invalid{Field: "outcome", Key: "error.host.partner", Args: map[string]any{"host": p}}
	}
	return r.apply(tx, by, nil)
}

func setStanding(tx Tx, by Actor, own string, r HostRule) (HostRule, error) {
	if err := must(by, Change, Thing{Noun: AHost}); err != nil {
		return r, err
	}
	var bad Invalids
	bad.Text("note", r.Note, 0, hostNoteLimit)
	partners, err := tx.Partners()
	if err != nil {
		return r, err
	}
	switch {
	case Covers(r.Host, own):
		bad.Add("host", "error.host.own")
	case r.Standing == LimitedHost && activePartner(partners, r) != "":
		bad.Add("host", "error.host.partner", "host", activePartner(partners, r))
	}
	if err := bad.Err(); err != nil {
		return r, err
	}
	known, err := tx.KnownHosts()
	if err != nil {
		return r, err
	}
	return r, r.apply(tx, by, known)
}

// activePartner is a partner that the rule would hit, if there is one.
func activePartner(partners []Partner, r HostRule) string {
	for _, p := range partners {
		hit := p.Host == r.Host || r.Standing == SuspendedHost && Covers(r.Host, p.Host)
		if hit && (p.State == PartnerActive || p.State == PartnerPaused) {
			return p.Host
		}
	}
	return ""
}

// apply stores the standing and note of a rule; a pause stays what it is.
func (r *HostRule) apply(tx Tx, by Actor, known []string) error {
	old, err := tx.HostRule(r.Host)
	if err != nil {
		return err
	}
	r.Paused, r.Automatic = old.Paused, false
	if r.Standing == SuspendedHost && old.Standing != SuspendedHost && !by.System && (old.Asked == "" || old.Asked == by.Account) {
		return r.ask(tx, by, old)
	}
	if err := tx.PutHostRule(*r); err != nil {
		return err
	}
	if r.Standing == SuspendedHost {
		for _, host := range known {
			if !Covers(r.Host, host) {
				continue
			}
			if err := expel(tx, host); err != nil {
				return err
			}
		}
	}
	action := map[Standing]string{OrdinaryHost: "host.allow", LimitedHost: "host.limit", SuspendedHost: "host.suspend"}[r.Standing]
	as := Admin
	if !by.Has(Admin) && by.Has(Moderator) {
		as = Moderator
	}
	return audit(tx, by, as, AuditEntry{Action: action, Object: ID(r.Host), Old: string(old.Standing), New: string(r.Standing)})
}

// ask calls another admin, who has to agree that a host is suspended.
func (r *HostRule) ask(tx Tx, by Actor, old HostRule) error {
	r.Asked, r.Standing = by.Account, LimitedHost
	p, err := tx.Partner(r.Host)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if p.State == PartnerActive || p.State == PartnerPaused {
		r.Standing = old.Standing
	}
	if *r == old {
		return nil
	}
	if err := tx.PutHostRule(*r); err != nil {
		return err
	}
	if err := mail(tx, MailHostAsked, "", Recipient{Role: Admin}, map[string]string{"host": r.Host}); err != nil {
		return err
	}
	return audit(tx, by, Admin, AuditEntry{Action: "host.propose", Object: ID(r.Host), Old: string(old.Standing), New: string(SuspendedHost)})
}

// AllowHost makes a host an ordinary one again. What was removed comes back only when it is sent again.
func AllowHost(tx Tx, by Actor, host string) (HostRule, error) {
	return changeHost(tx, by, AHost, host, "host.allow", func(r *HostRule) { r.Standing, r.Note, r.Automatic, r.Asked = OrdinaryHost, "", false, "" })
}

func changeHost(tx Tx, by Actor, noun Noun, host, action string, change func(*HostRule)) (HostRule, error) {
	if err := must(by, Change, Thing{Noun: noun}); err != nil {
		return HostRule{}, err
	}
	r, err := tx.HostRule(host)
	if err != nil {
		return r, err
	}
	old := r
	change(&r)
	if r == old {
		return r, nil
	}
	if err := tx.PutHostRule(r); err != nil {
		return r, err
	}
	return r, audit(tx, by, Admin, AuditEntry{Action: action, Object: ID(host), Old: string(old.Standing), New: string(r.Standing)})
}

// expel removes what a host has here. It is told nothing.
func expel(tx Tx, host string) error {
	p, err := tx.Partner(host)
	if err == nil && p.State != PartnerEnded {
		err = p.end(tx)
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	open, err := tx.OpenRequestsWith(host)
	if err != nil {
		return err
	}
	interests, err := tx.OpenInterestsFrom(host)
	if err != nil {
		return err
	}
	for _, m := range append(open, interests...) {
		if err := m.abandon(tx); err != nil {
			return err
		}
	}
	copies, err := tx.CopiedOrganizations(host)
	if err != nil {
		return err
	}
	for _, iri := range copies {
		if err := UnmirrorOrganization(tx, iri); err != nil {
			return err
		}
	}
	return tx.ForgetHost(host)
}

// ---- block lists ----

// blockListHead are the columns of the lists that admins of other fediverse servers exchange.
var blockListHead = []string{"#domain", "#severity", "#reject_media", "#reject_reports", "#public_comment", "#obfuscate"}

const blockListRows = 10000

// BlockListLimit is the longest list that is read, in bytes.
const BlockListLimit = 900_000

// severities are the words of those lists. Media of other servers are never loaded, so "noop" asks for nothing here.
var severities = map[string]Standing{"suspend": SuspendedHost, "silence": LimitedHost, "noop": OrdinaryHost}

// ReadBlockList reads a list. Every row that cannot be read is named by its line, and then there is no list at all.
func ReadBlockList(in io.Reader) ([]BlockRow, error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord = -1
	var bad Invalids
	head, err := r.Read()
	if err != nil {
		bad.Add("list", "error.blocklist.head")
		return nil, bad
	}
	column := map[string]int{}
	for i, name := range head {
		column[strings.TrimPrefix(strings.ToLower(strings.Trim(name, "\ufeff ")), "#")] = i + 1
	}
	if column["domain"] == 0 || column["severity"] == 0 {
		bad.Add("list", "error.blocklist.head")
		return nil, bad
	}
	var rows []BlockRow
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			bad.Add("list", "error.blocklist.row", "line", broken.Line)
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read block list: %w", err)
		}
		cell := func(name string) string {
			if i := column[name]; i > 0 && i <= len(record) {
				return strings.TrimSpace(record[i-1])
			}
			return ""
		}
		line, _ := r.FieldPos(0)
		host, err := NormalizeHost(cell("domain"))
		standing, known := severities[cell("severity")]
		switch note := cell("public_comment"); {
		case err != nil:
			bad.Add("list", "error.blocklist.domain", "line", line, "x", cell("domain"))
		case !known:
			bad.Add("list", "error.blocklist.severity", "line", line, "x", cell("severity"))
		case len(rows) == blockListRows:
			bad.Add("list", "error.blocklist.long", "n", blockListRows)
			return nil, bad
		default:
			rows = append(rows, BlockRow{line, HostRule{Host: host, Standing: standing, Note: shorten(note, hostNoteLimit)}})
		}
	}
	return rows, bad.Err()
}

// BlockRow is one line of a list.
type BlockRow struct {
	Line int
	HostRule
}

func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// ImportBlockList applies a list: all of it, or nothing with the lines that are refused. It makes nothing milder. With try nothing is
// changed; what would change is returned in both cases.
func ImportBlockList(tx Tx, by Actor, own string, rows []BlockRow, try bool) ([]HostRule, error) {
	if err := must(by, Change, Thing{Noun: AHost}); err != nil {
		return nil, err
	}
	partners, err := tx.Partners()
	if err != nil {
		return nil, err
	}
	known, err := tx.KnownHosts()
	if err != nil {
		return nil, err
	}
	var bad Invalids
	var changes []HostRule
	for _, row := range rows {
		if row.Standing == OrdinaryHost {
			continue
		}
		if Covers(row.Host, own) {
			bad.Add("list", "error.blocklist.own", "line", row.Line, "x", row.Host)
			continue
		}
		if p := activePartner(partners, row.HostRule); p != "" {
			bad.Add("list", "error.blocklist.partner", "line", row.Line, "x", p)
			continue
		}
		old, err := tx.HostRule(row.Host)
		if err != nil {
			return nil, err
		}
		if strictness[row.Standing] > strictness[old.Standing] {
			changes = append(changes, row.HostRule)
		}
	}
	if err := bad.Err(); err != nil || try {
		return changes, err
	}
	for _, r := range changes {
		if err := r.apply(tx, by, known); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// WriteBlockList writes the hosts with a standing in the form that other servers read.
func WriteBlockList(out io.Writer, rules []HostRule) error {
	w := csv.NewWriter(out)
	if err := w.Write(blockListHead); err != nil {
		return err
	}
	for _, r := range rules {
		severity := map[Standing]string{LimitedHost: "silence", SuspendedHost: "suspend"}[r.Standing]
		closed := strconv.FormatBool(r.Standing == SuspendedHost)
		if err := w.Write([]string{r.Host, severity, closed, closed, r.Note, "false"}); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
