// Command seestern runs and administers an instance of Seestern: a federated platform for volunteering.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"seestern/engagement"
	"seestern/web"

	_ "time/tzdata" // Europe/Berlin on machines without a zone database
)

// version is set by the build: -ldflags "-X main.version=1.0.0".
var version = "1.0"

type commands struct {
	Config string `short:"c" default:"config.toml" type:"path" help:"Configuration file."`
	JSON   bool   `name:"json" help:"Print machine-readable JSON."`

	Serve        serveCommand         `cmd:"" help:"Run the instance."`
	Doctor       doctorCommand        `cmd:"" help:"Check configuration, database, clock, address, mail and assets; print the effective configuration."`
	Health       healthCommand        `cmd:"" help:"Exit 0 if the running instance answers."`
	Setup        setupCommand         `cmd:"" help:"Set the instance up without the browser, or change it."`
	Account      accountCommands      `cmd:"" help:"People who can sign in."`
	Audit        auditCommands        `cmd:"" help:"The log of who did what."`
	Organization organizationCommands `cmd:"" help:"Organizations of this instance."`
	Opportunity  opportunityCommands  `cmd:"" help:"Opportunities of this instance."`
	Attestation  attestationCommands  `cmd:"" help:"Who vouches for organizations."`
	Board        boardCommands        `cmd:"" help:"Pages of places and topics that people can follow."`
	Event        occasionCommands     `cmd:"" help:"Events, and who on other servers is followed for theirs."`
	Announce     announceCommand      `cmd:"" help:"Publish news of an organization."`
	Announcement announcementCommands `cmd:"" help:"News and what became of them."`
	Request      requestCommands      `cmd:"" help:"Match requests, without personal data."`
	Partner      partnerCommands      `cmd:"" help:"Partner instances."`
	Keys         keyCommands          `cmd:"" help:"Signing keys of the instance and its organizations."`
	Host         hostCommands         `cmd:"" help:"Other servers and how they are treated."`
	Delivery     deliveryCommands     `cmd:"" help:"The queue of outgoing activities."`
	Geo          geoCommands          `cmd:"" help:"Places."`
	Backup       backupCommand        `cmd:"" help:"Write a verified copy of the database while the instance runs."`
	Restore      restoreCommand       `cmd:"" help:"Put a backup in place of the database; the instance must not run."`
	Claim        claimCommand         `cmd:"" help:"Confirm that a restored database is the one live instance: mail and federation go out again."`
	Demo         demoCommand          `cmd:"" help:"Run three instances with demo data on this machine."`
	Version      versionCommand       `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program: 0 for success, 1 for a failure, 2 for wrong use or configuration.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	syscall.Umask(0o077) // nothing this program writes is for others
	var c commands
	parser, err := kong.New(&c, kong.Name("seestern"), kong.Description("A federated platform for volunteering."), kong.Writers(out, errs))
	if err != nil {
		panic(err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(errs, "seestern: %v (seestern --help lists commands, and each has a --help of its own)\n", err)
		return 2
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(&console{config: c.Config, json: c.JSON, out: out, errs: errs})
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		fmt.Fprintln(errs, "seestern:", err)
		return 2
	}
	fmt.Fprintln(errs, "seestern:", explainError(err))
	return 1
}

// usageError is a mistake of the operator that only other flags or another configuration can mend.
type usageError struct{ error }

// console is what a command reads from and prints to.
type console struct {
	config string // path of the configuration file
	json   bool
	out    io.Writer
	errs   io.Writer
}

// print shows v as JSON, or else the lines of text.
func (c *console) print(v any, lines ...string) error {
	if c.json {
		e := json.NewEncoder(c.out)
		e.SetEscapeHTML(false)
		return e.Encode(v)
	}
	for _, l := range lines {
		if _, err := fmt.Fprintln(c.out, l); err != nil {
			return err
		}
	}
	return nil
}

// explainError turns failures of the rules into sentences that name the field and say what would be right.
func explainError(err error) string {
	words, loadErr := web.LoadCatalogue()
	if loadErr != nil {
		return err.Error()
	}
	var many engagement.Invalids
	var one *engagement.Invalid
	switch {
	case errors.As(err, &many):
	case errors.As(err, &one):
		many = engagement.Invalids{one}
	default:
		return err.Error()
	}
	text := "not saved:"
	for _, e := range many {
		field := e.Field
		if as, renamed := flagNames[field]; renamed {
			field = as
		}
		text += fmt.Sprintf("\n  %s: %s%s", field, words.T("en", e.Key, e.Args), hint(e))
	}
	return text
}

// flagNames are fields whose flag has another name.
var flagNames = map[string]string{"grid": "slots", "places": "place", "skills": "skills_required or skills_helpful", "hours": "hours_min and hours_max"}

// hint says what the sentences for pages leave to the page: the choices of a list, the form of a date.
func hint(e *engagement.Invalid) string {
	choices := map[string]*engagement.Vocabulary{
		"areas": engagement.Areas, "topics": engagement.Topics, "activities": engagement.Activities, "target_groups": engagement.TargetGroups,
		"skills": engagement.Skills, "licenses": engagement.Licenses, "commitment": engagement.Commitments, "rhythm": engagement.Rhythms,
		"precision": engagement.PublicPrecisions, "access": engagement.AccessFeatures, "proofs": engagement.Proofs,
		"proof_basis": engagement.ProofBases, "min_age": engagement.MinAges, "minor_policy": engagement.MinorPolicies, "team_size": engagement.TeamSizes,
		"guidance": engagement.Guidances, "expenses": engagement.Expenses, "allowance": engagement.Allowances, "insurance": engagement.Insurances,
		"visibility": engagement.Visibilities, "contact_via": engagement.ContactVias, "legal_form": engagement.LegalForms, "level": engagement.AttestationLevels,
	}
	list := choices[e.Field]
	switch {
	case e.Key == "error.date.unknown":
		return " Here: 2026-12-31."
	case list != nil && slices.Contains([]string{"error.choice.unknown", "error.choice.empty", "error.choice.few"}, e.Key):
		return fmt.Sprintf(" It has: %s.", join(list.Codes()))
	case e.Field == "slots":
		return fmt.Sprintf(" A slot is a day and a part of it, like di-nachmittag; days: %s; parts: %s; beside them: %s.",
			join(engagement.Weekdays.Codes()), join(engagement.Dayparts.Codes()), join(engagement.TimeFlags.Codes()))
	}
	return ""
}

// join lists codes.
func join[T ~string](codes []T) string {
	list := make([]string, len(codes))
	for i, c := range codes {
		list[i] = string(c)
	}
	return strings.Join(list, ", ")
}

// when is a time for JSON: null if there is none.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type versionCommand struct{}

func (versionCommand) Run(c *console) error {
	return c.print(map[string]string{"version": version}, "seestern "+version)
}
