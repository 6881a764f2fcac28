package main

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/web"
)

//go:embed demo/*.json demo/*.md
var demoFiles embed.FS

// demoPassword signs in every account of the demo. It is printed, and the instances listen on this machine only.
const demoPassword = "Seestern hat fuenf Arme"

type demoCommand struct {
	Check    bool     `help:"Run the main job through the pages of the three instances, print what happened, and stop."`
	Dir      string   `type:"path" help:"Folder for configuration and data; a temporary one if left out."`
	Port     int      `default:"8081" help:"First of seven ports: three instances, the mailbox, and three more behind them with --check."`
	Database []string `placeholder:"URL" help:"PostgreSQL URL of an empty database; give it three times. SQLite files if left out."`
}

// demoInstance is one of the three instances and its process.
type demoInstance struct {
	name    string // tk, fz, ac
	title   string // "Mitmachen in Treptow-Köpenick (Demo)"
	dir     string
	base    string // http://localhost:8081
	listen  string
	config  string // path of the configuration file
	process *exec.Cmd
}

// demoContent is the file of one instance.
type demoContent struct {
	Setup         setupInput   `json:"setup"`
	Boards        []boardInput `json:"boards"`
	Organizations []struct {
		Organization  organizationInput  `json:"organization"`
		Opportunities []opportunityInput `json:"opportunities"`
		HelpOffers    []helpOfferInput   `json:"help_offers"`
		Announcements []newsInput        `json:"announcements"`
		Events        []occasionInput    `json:"events"`
	} `json:"organizations"`
	Attestations []attestationInput `json:"attestations"`
}

func (d *demoCommand) Run(ctx context.Context, c *console) error {
	if len(d.Database) != 0 && len(d.Database) != 3 || slices.ContainsFunc(d.Database, func(s string) bool { return !isPostgres(s) }) {
		return usageError{errors.New("--database: give three empty databases, one for each instance, like postgres://user@host/name")}
	}
	if err := d.portsFree(ctx); err != nil {
		return err
	}
	if d.Dir == "" {
		dir, err := os.MkdirTemp("", "seestern-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		d.Dir = dir
	}
	instances, err := d.prepare(ctx, c)
	if err != nil {
		return err
	}
	defer func() {
		for _, i := range instances {
			i.stop()
		}
	}()
	if d.Check {
		return d.check(ctx, c, instances)
	}
	for _, i := range instances {
		if err := i.start(ctx, c); err != nil {
			return err
		}
	}
	if err := befriend(ctx, instances); err != nil {
		return err
	}
	mailbox := net.JoinHostPort("localhost", strconv.Itoa(d.Port+3))
	if err := serveMailbox(ctx, mailbox, instances); err != nil {
		return err
	}
	d.greet(c, instances, mailbox)
	<-ctx.Done()
	return nil
}

// portsFree refuses to start beside a program that would answer in the place of an instance.
func (d *demoCommand) portsFree(ctx context.Context) error {
	last := d.Port + 3
	if d.Check {
		last = d.Port + 6
	}
	if d.Port < 1 || last > 65535 {
		return usageError{fmt.Errorf("--port: %d must be from 1 to 65529", d.Port)}
	}
	for port := d.Port; port <= last; port++ {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return fmt.Errorf("--port: the demo needs %d to %d, and %w", d.Port, last, err)
		}
		if err := l.Close(); err != nil {
			return err
		}
	}
	return nil
}

// prepare writes the three configurations and fills the three databases. A folder that was prepared before is used again.
func (d *demoCommand) prepare(ctx context.Context, c *console) ([]*demoInstance, error) {
	var instances []*demoInstance
	for n, name := range []string{"tk", "fz", "ac"} {
		port := d.Port + n
		i := &demoInstance{name: name, dir: filepath.Join(d.Dir, name), base: fmt.Sprintf("http://localhost:%d", port), listen: fmt.Sprintf("127.0.0.1:%d", port)}
		if d.Check { // a recorder stands in front
			i.listen = fmt.Sprintf("127.0.0.1:%d", d.Port+4+n)
		}
		i.config = filepath.Join(i.dir, "config.toml")
		content, err := readDemo(name)
		if err != nil {
			return nil, err
		}
		i.title = content.Setup.Name
		instances = append(instances, i)
		database := "seestern.db"
		if len(d.Database) > 0 {
			database = d.Database[n]
		}
		fresh, err := i.configure(database)
		if err != nil {
			return nil, err
		}
		if !fresh {
			continue
		}
		if err := i.fill(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("demo data of %s: %w", name, err), os.Remove(i.config)) // the next run fills it again
		}
	}
	return instances, nil
}

func (i *demoInstance) configure(database string) (fresh bool, err error) {
	_, err = os.Stat(i.config)
	fresh = errors.Is(err, os.ErrNotExist)
	if err := os.MkdirAll(i.dir, 0o700); err != nil {
		return false, err
	}
	text := fmt.Sprintf(`base_url = %q
listen = %q
[database]
url = %q
[mail]
transport = "folder"
from = "%s@seestern.example"
[federation]
allow_addresses = ["127.0.0.0/8", "::1/128"]
[web]
second_factor = false
[log]
level = "warn"
`, i.base, i.listen, database, i.name)
	return fresh, os.WriteFile(i.config, []byte(text), 0o600)
}

func readDemo(name string) (content demoContent, err error) {
	raw, err := demoFiles.ReadFile("demo/" + name + ".json")
	if err != nil {
		return content, err
	}
	return content, json.Unmarshal(raw, &content)
}

// fill writes the demo data into an empty database.
func (i *demoInstance) fill(ctx context.Context) error {
	content, err := readDemo(i.name)
	if err != nil {
		return err
	}
	config, err := ReadConfig(i.config)
	if err != nil {
		return err
	}
	in, err := openInstance(ctx, config, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer in.close()
	hash, err := web.HashPassword(ctx, demoPassword)
	if err != nil {
		return err
	}
	places, err := in.gazetteer(ctx)
	if err != nil {
		return err
	}
	return in.store.Update(ctx, func(tx *store.Tx) error {
		settings := engagement.NewInstance()
		settings.Public, settings.Texts = true, map[string]string{}
		for _, page := range engagement.RequiredTexts {
			text, err := demoFiles.ReadFile("demo/" + page + ".md")
			if err != nil {
				return err
			}
			settings.Texts[page+".de"] = strings.NewReplacer("OPERATOR", content.Setup.Operator, "PHONE", content.Setup.ContactPhone, "MAIL", content.Setup.ContactMail).Replace(string(text))
		}
		if err := content.Setup.apply(&settings, places); err != nil {
			return err
		}
		if err := engagement.EditInstance(tx, engagement.System, settings); err != nil {
			return err
		}
		if err := i.fillPeople(tx, hash); err != nil {
			return err
		}
		for _, b := range content.Boards {
			if _, err := addBoard(tx, b, places); err != nil {
				return fmt.Errorf("%s: %w", b.Name, err)
			}
		}
		var homes []string
		for n, o := range content.Organizations {
			org, err := addOrganization(tx, o.Organization, places)
			if err != nil {
				return fmt.Errorf("%s: %w", o.Organization.Name, err)
			}
			if err := errors.Join(i.fillTeam(tx, org, n, hash), joinOffice(tx, org)); err != nil {
				return err
			}
			homes = append(homes, o.Organization.Place)
			for _, opportunity := range o.Opportunities {
				if _, err := addOpportunity(tx, org.ID, opportunity, places); err != nil {
					return fmt.Errorf("%s: %w", *opportunity.Title, err)
				}
			}
			for _, in := range o.Events {
				if _, err := addOccasion(tx, org.ID, in, places); err != nil {
					return fmt.Errorf("%s: %w", in.Title, err)
				}
			}
			for _, in := range o.HelpOffers {
				if err := addHelpOffer(tx, org.ID, in, places); err != nil {
					return fmt.Errorf("%s: %w", in.Title, err)
				}
			}
			for _, in := range o.Announcements {
				news, err := in.news()
				if err != nil {
					return err
				}
				if _, err := engagement.Announce(tx, engagement.System, org.ID, news); err != nil {
					return fmt.Errorf("%s: %w", o.Organization.Name, err)
				}
			}
		}
		if err := i.fillProfiles(tx, homes, places); err != nil {
			return err
		}
		for _, in := range content.Attestations {
			in.Until = engagement.DateOf(tx.Now()).Add(365)
			if _, err := addAttestation(tx, in); err != nil {
				return fmt.Errorf("%s: %w", in.Handle, err)
			}
		}
		return nil
	})
}

// demoPeople have an account on every instance.
var demoPeople = []struct {
	username, name string
	role           engagement.Role
}{
	{"admin1", "Verwaltung", engagement.Admin},
	{"moderator1", "Moderation", engagement.Moderator},
	{"adviser1", "Beratung", engagement.Adviser},
	{"mediator1", "Vermittlung", engagement.Mediator},
	{"facilitator1", "Prozessbegleitung", engagement.Facilitator},
	{"officer_north", "Amt Nord", engagement.Officer},
	{"volunteer1", "Robin F.", ""},
	{"volunteer2", "Kim S.", ""},
	{"volunteer3", "Sascha M.", ""},
	{"volunteer4", "Alex T.", ""},
	{"volunteer5", "Luca B.", ""},
	{"volunteer6", "Charlie W.", ""},
	{"volunteer7", "Jona P.", ""},
	{"volunteer8", "Mika R.", ""},
	{"volunteer9", "Noa D.", ""},
	{"volunteer10", "Toni G.", ""},
	{"volunteer11", "Sam L.", ""},
	{"volunteer12", "Elia K.", ""},
}

func (i *demoInstance) fillPeople(tx *store.Tx, hash string) error {
	for _, p := range demoPeople {
		a, err := engagement.NewAccount(tx, p.name, p.username+"@"+i.name+".mail.example", p.username, hash, "de")
		if err != nil {
			return err
		}
		if p.role != "" {
			if err := engagement.GrantRole(tx, engagement.System, a.ID, p.role, true); err != nil {
				return err
			}
		}
	}
	return i.fillAssisted(tx)
}

// fillAssisted gives the volunteer center an account that it keeps for somebody without e-mail.
func (i *demoInstance) fillAssisted(tx *store.Tx) error {
	adviser, err := tx.AccountByLogin("adviser1")
	if err != nil {
		return err
	}
	_, err = engagement.OpenAssisted(tx, engagement.Actor{Account: adviser.ID, Roles: []engagement.Role{engagement.Adviser}}, engagement.Assisting{
		Name: "Uli H.", Phone: "+49 30 23125 042", AgeBand: "60-plus", Lang: "de", Paper: engagement.Paper{Signed: engagement.DateOf(tx.Now()), Form: "B-1"},
	})
	return err
}

// fillTeam gives the first two organizations manager_a and member_a, manager_b and member_b, the others managers named after their handle.
func (i *demoInstance) fillTeam(tx *store.Tx, org engagement.Organization, n int, hash string) error {
	team := map[string]engagement.Role{org.Handle: engagement.Manager}
	if n < 2 {
		team = map[string]engagement.Role{"manager_" + "ab"[n:n+1]: engagement.Manager, "member_" + "ab"[n:n+1]: engagement.Member}
	}
	for username, role := range team {
		a, err := engagement.NewAccount(tx, "Team "+org.ContactRole, username+"@"+i.name+".mail.example", username, hash, "de")
		if err != nil {
			return err
		}
		if err := tx.PutMembership(engagement.Membership{Account: a.ID, Organization: org.ID, Role: role, Since: tx.Now()}); err != nil {
			return err
		}
	}
	return nil
}

// start runs the instance as a process of its own and waits until it answers.
func (i *demoInstance) start(ctx context.Context, c *console) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	i.process = exec.Command(self, "serve", "--config", i.config)
	i.process.Stderr, i.process.Stdout = c.errs, c.errs
	i.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := i.process.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	for {
		if err := health(ctx, i.listen); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s did not start: %w", i.name, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// stop ends the process in order.
func (i *demoInstance) stop() {
	if i.process != nil && i.process.Process != nil {
		_ = i.process.Process.Signal(syscall.SIGTERM)
		_ = i.process.Wait()
	}
}

// command runs another command of this program for the instance, as an operator would.
func (i *demoInstance) command(ctx context.Context, args ...string) (out []byte, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var errs strings.Builder
	command := exec.CommandContext(ctx, self, append(args, "--config", i.config)...)
	command.Stderr = &errs
	if out, err = command.Output(); err != nil {
		return nil, fmt.Errorf("%v on %s: %w: %s", args, i.name, err, errs.String())
	}
	return out, nil
}

// partnership is the state of another instance as a partner, empty if it is none.
func (i *demoInstance) partnership(ctx context.Context, other *demoInstance) (engagement.PartnerState, error) {
	out, err := i.command(ctx, "partner", "list", "--json")
	if err != nil {
		return "", err
	}
	var list []struct {
		Host  string
		State engagement.PartnerState
	}
	if err := json.Unmarshal(out, &list); err != nil {
		return "", err
	}
	for _, p := range list {
		if "http://"+p.Host == other.base {
			return p.State, nil
		}
	}
	return "", nil
}

// befriend makes every instance a trusted partner of every other: one asks, the other accepts.
func befriend(ctx context.Context, instances []*demoInstance) error {
	for n, a := range instances {
		for _, b := range instances[n+1:] {
			if state, err := a.partnership(ctx, b); err != nil || state != "" {
				if err != nil {
					return err
				}
				continue // from an earlier start
			}
			if _, err := a.command(ctx, "partner", "add", b.base, "--level", "vertraut"); err != nil {
				return err
			}
		}
	}
	for n, b := range instances {
		for _, a := range instances[:n] {
			if err := eventually(ctx, func() error {
				state, err := b.partnership(ctx, a)
				if err == nil && state != engagement.PartnerActive {
					_, err = b.command(ctx, "partner", "accept", a.base, "--level", "vertraut")
				}
				return err
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// eventually repeats what may need the other instance first, for at most checkTime.
func eventually(ctx context.Context, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (d *demoCommand) greet(c *console, instances []*demoInstance, mailbox string) {
	fmt.Fprintf(c.out, "\nThree instances are running. Stop with Ctrl-C.\n\n")
	for _, i := range instances {
		fmt.Fprintf(c.out, "  %s  %s\n", i.base, i.title)
	}
	fmt.Fprintf(c.out, "  http://%s  mailbox: everything the instances send\n\n", mailbox)
	fmt.Fprintf(c.out, `Sign in on any of them with the password %q as

  volunteer1 … volunteer12   people who want to help
  manager_a, member_a        team of the first organization, _b of the second; others: the handle of the organization
  admin1, moderator1, adviser1, mediator1, facilitator1, officer_north

Try: on %s as volunteer1, search near 10318 and help with "Vorlesen in der Grundschule"; on %s as manager_a, answer.
There, too: as officer_north, search for people who can moderate, and invite them; as manager_a, invite people for an opportunity. They are
asked within 15 minutes, in the daytime of a working day; as volunteer5 you see it.
`, demoPassword, instances[1].base, instances[0].base)
}
