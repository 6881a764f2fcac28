package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/gorilla/mux"
	"golang.org/x/sync/errgroup"

	"seestern/engagement"
	"seestern/federation"
	"seestern/matching"
	"seestern/store"
	"seestern/web"
)

type serveCommand struct{}

// Limits of the listener (security.md §6.5).
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 60 * time.Second
	maxHeaderBytes    = 32 << 10
	shutdownTimeout   = 20 * time.Second
)

func (serveCommand) Run(ctx context.Context, c *console) error {
	config, err := ReadConfig(c.config)
	if err != nil {
		return usageError{err}
	}
	signal.Ignore(syscall.SIGPIPE) // whoever reads the log may go away; the instance stays
	lines, flush := passOn(c.errs, config.logger)
	defer flush()
	log := config.logger(lines)
	slog.SetDefault(log)
	if err := checkClock(time.Now()); err != nil {
		return usageError{err}
	}
	i, err := openInstance(ctx, config, log)
	if err != nil {
		return err
	}
	defer i.close()
	if err := i.mayBePublic(ctx); err != nil {
		return err
	}
	release, err := i.store.LockServer(ctx)
	if err != nil {
		return err
	}
	defer release()
	if config.Local() {
		log.Warn("the base URL has a local name: plain http and private addresses are possible; for demonstration and tests only", "base_url", config.BaseURL)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", config.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return i.serve(ctx, c, log, listener)
}

// mayBePublic refuses to show an instance to visitors that lacks what the law asks for.
func (i *instance) mayBePublic(ctx context.Context) error {
	return i.store.View(ctx, func(tx *store.Tx) error {
		settings, err := tx.Instance()
		if err != nil || !settings.Public {
			return err
		}
		if missing := settings.MissingTexts(); len(missing) > 0 {
			return usageError{fmt.Errorf("the instance is public but has no %s; give it with seestern setup --imprint, --privacy and --accessibility", strings.Join(missing, ", "))}
		}
		return nil
	})
}

// serve runs the parts of the instance until ctx ends, then finishes what is in flight.
func (i *instance) serve(ctx context.Context, c *console, log *slog.Logger, listener net.Listener) error {
	places, err := i.gazetteer(ctx)
	if err != nil {
		return err
	}
	secret, err := i.secret()
	if err != nil {
		return err
	}
	service, err := i.federation(log)
	if err != nil {
		return err
	}
	pages, err := web.New(web.Options{
		Base: i.BaseURL, Secret: secret, Proxies: prefixes(i.Web.TrustedProxies), Log: log, Store: i.store, Places: places,
		StaffAlone: !i.Web.SecondFactor,
		Mail:       i.mailSetup(),
		Tiles:      i.path(i.Web.TileFolder),
		Network:    web.Network{Partner: service.Lookup, Account: service.Elsewhere, Archive: service.Archive, Picture: service.Picture, Sign: service.Sign, ID: wireID(i.base), Wanted: federation.WantsActivity},
	})
	if err != nil {
		return err
	}
	if err := i.inviteSetup(ctx, c); err != nil {
		return err
	}
	if err := store.RemoveScratch(i.scratch(), time.Now()); err != nil {
		log.Warn("copies of the database that a killed process left", "error", err)
	}
	copies, err := i.backups(log)
	if err != nil {
		return fmt.Errorf("backup.folder: %w", err)
	}
	server := &http.Server{
		Handler: i.routes(service, pages), ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}

	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		return server.Shutdown(stop)
	})
	g.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-i.store.Broken(): // whoever started the process starts it again and so opens the database anew
			return store.ErrBroken
		}
	})
	workers := map[string]func(context.Context) error{
		"store":      i.store.Listen,
		"federation": service.Run,
		"mail":       web.Postman{Server: pages, Store: i.store, Post: i.post(), Log: log}.Run,
		"clock":      clock{i.store, pages, log}.run,
		"search": func(ctx context.Context) error {
			if err := i.store.ReadIndex(ctx); err != nil && ctx.Err() == nil { // the first search tries again
				log.Warn("read the search index", "error", err)
			}
			return nil
		},
	}
	if copies != nil {
		workers["backups"] = copies.run
	}
	for name, work := range workers {
		g.Go(func() error {
			if err := work(ctx); err != nil && ctx.Err() == nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	debug.FreeOSMemory() // starting leaves tables behind that running never needs: about a third of the memory
	log.Info("ready", "base_url", i.BaseURL, "listen", listener.Addr().String(), "version", version)
	return g.Wait()
}

// routes puts what other servers ask for before the pages.
func (i *instance) routes(service *federation.Service, pages http.Handler) http.Handler {
	r := mux.NewRouter().SkipClean(true)
	r.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte("ok\n"))
	}).Methods(http.MethodGet, http.MethodHead)
	service.Routes(r)
	r.PathPrefix("/").Handler(pages)
	return r
}

// wireID is the ActivityPub id of what a page shows.
func wireID(base federation.Base) func(noun string, id engagement.ID) string {
	kinds := map[string]federation.Kind{
		store.NounOpportunity: federation.KindOpportunity, store.NounOrganization: federation.KindOrganization, store.NounAnnouncement: federation.KindAnnouncement,
		store.NounBoard: federation.KindBoard, store.NounOccasion: federation.KindEvent, store.NounHelpOffer: federation.KindHelpOffer,
	}
	return func(noun string, id engagement.ID) string {
		if noun == "" {
			return base.Actor()
		}
		return base.ID(kinds[noun], string(id))
	}
}

// federation builds the part that talks to other servers.
func (i *instance) federation(log *slog.Logger) (*federation.Service, error) {
	words, err := wireWords()
	if err != nil {
		return nil, err
	}
	proxies := prefixes(i.Web.TrustedProxies)
	return federation.New(federation.Config{
		Base: i.base, Store: i.store, Client: federation.ClientConfig{Allow: prefixes(i.Federation.AllowAddresses)},
		Words: words, Pages: federation.Pages(web.PublicPaths()), KeyBits: i.Federation.KeyBits, Version: version, HideVersion: i.Federation.HideVersion,
		Repository: sourceURL, Homepage: homeURL, Log: log,
		Source: func(r *http.Request) netip.Addr { return web.ClientAddress(r, proxies) },
	})
}

// Where the program comes from; other servers and the page /quellcode show it.
const (
	sourceURL = "https://code.example/seestern"
	homeURL   = "https://seestern.example"
)

// mailSetup is what pages say and do about mail.
func (i *instance) mailSetup() web.MailSetup {
	m := web.MailSetup{Transport: i.Mail.Transport, From: i.Mail.From}
	switch m.Transport {
	case "smtp":
		m.Server, m.Post = net.JoinHostPort(i.Mail.Host, fmt.Sprint(i.Mail.Port)), i.post()
	case "folder":
		m.Server, m.Post = i.path(i.Mail.Folder), i.post()
	}
	return m
}

// post is how mail leaves.
func (i *instance) post() web.Post {
	switch m := i.Mail; m.Transport {
	case "smtp":
		password := ""
		if m.PasswordFile != "" {
			var err error
			if password, err = i.readSecret("mail.password_file", m.PasswordFile); err != nil {
				return failingPost{err}
			}
		}
		return web.SMTP{Address: net.JoinHostPort(m.Host, fmt.Sprint(m.Port)), Security: m.TLS, User: m.Username, Password: password, From: m.From, Name: i.base.Host}
	case "folder":
		return web.Folder{Dir: i.path(m.Folder), From: m.From}
	}
	return failingPost{errors.New("mail.transport is none")}
}

// failingPost keeps mails in the queue, with the reason, until the configuration is mended.
type failingPost struct{ err error }

func (p failingPost) Send(context.Context, web.Message) error { return p.err }

func prefixes(list []string) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(list))
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s)) // checked with the configuration
	}
	return out
}

// inviteSetup prints the one-time address of the set-up pages as long as nobody has an account.
func (i *instance) inviteSetup(ctx context.Context, c *console) error {
	var key string
	err := i.store.Update(ctx, func(tx *store.Tx) (err error) {
		key, err = engagement.InviteSetup(tx)
		return err
	})
	if err == nil && key != "" {
		fmt.Fprintf(c.errs, "\nThis instance is new. Open this address to set it up (it works until the first account is made):\n\n  %s/einrichten?schluessel=%s\n\n", i.BaseURL, key)
	}
	return err
}

// clock does what is due: timers of the rules every minute, retention once a day.
type clock struct {
	store *store.Store
	pages *web.Server
	log   *slog.Logger
}

// littleSpace says what stops when the disk is nearly full.
const littleSpace = "less than 500 MB are free for the database: nothing new is taken in, only what ends something, sign-ins and administration"

// tickLimit is how many records of a noun one transaction of the clock handles.
const tickLimit = 50

func (c clock) run(ctx context.Context) error {
	minute := time.NewTicker(time.Minute)
	defer minute.Stop()
	for purged, invited := (time.Time{}), (time.Time{}); ; {
		if time.Since(invited) > inviteEvery {
			if err := c.invite(ctx); err != nil && ctx.Err() == nil {
				c.log.Error("invitations", "error", err)
			}
			invited = time.Now()
		}
		if time.Since(purged) > 24*time.Hour {
			if _, err := c.store.Purge(ctx); err != nil && ctx.Err() == nil {
				c.log.Error("retention", "error", err)
			}
			if end, err := c.store.SealAudit(ctx); err == nil {
				c.anchorAudit(end)
			}
			purged = time.Now()
		}
		_, sealed := c.store.SealAudit(ctx)
		if err := errors.Join(c.tick(ctx), sealed, c.tellNews(ctx), c.pages.MakeExports(ctx), c.store.WriteJournal(ctx)); err != nil && ctx.Err() == nil {
			c.log.Error("clock", "error", err)
		}
		if c.store.Tight() {
			c.log.Warn(littleSpace)
		}
		c.warnOfBacklog(ctx)
		select {
		case <-ctx.Done():
			return c.store.WriteJournal(context.WithoutCancel(ctx))
		case <-minute.C:
		}
	}
}

// backlog is how long something may wait that nobody has taken up before the operator hears of it (security.md §4.2).
const backlog = time.Minute

// warnOfBacklog tells when a worker does not keep up, or has stopped.
func (c clock) warnOfBacklog(ctx context.Context) {
	err := c.store.View(ctx, func(tx *store.Tx) error {
		for _, audience := range []engagement.Audience{engagement.Wire, engagement.Mail} {
			oldest, err := tx.OldestWaiting(audience)
			if err != nil {
				return err
			}
			if age := tx.Now().Sub(oldest); !oldest.IsZero() && age > backlog {
				c.log.Warn("work waits", "for", audience, "age", age.Round(time.Second).String())
			}
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		c.log.Error("age of the queue", "error", err)
	}
}

// inviteEvery is how often people are looked for whom a call, or a directed request of a partner, fits.
const inviteEvery = 15 * time.Minute

// round is something for which people are looked for, with those whom it fits.
type round struct {
	id     engagement.ID
	people []engagement.ID
	ask    func(tx engagement.Tx, id engagement.ID, people []engagement.ID) (int, error)
}

// invite asks people of this instance because of its own calls, and on behalf of the partners that directed requests to it. Comparing everybody
// takes long and writes nothing, so it keeps no writer waiting; what protects a person is looked at again when they are asked.
func (c clock) invite(ctx context.Context) error {
	rounds, err := c.rounds(ctx)
	for _, r := range rounds {
		var n int
		askErr := c.store.Update(ctx, func(tx *store.Tx) (err error) {
			n, err = r.ask(tx, r.id, r.people)
			return err
		})
		if askErr != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", r.id, askErr))
		} else if n > 0 {
			c.log.Info("people invited", "for", r.id)
		}
	}
	return err
}

// rounds are the open calls and directed requests; none at hours at which nobody is asked.
func (c clock) rounds(ctx context.Context) (rounds []round, err error) {
	err = c.store.View(ctx, func(tx *store.Tx) error {
		rounds = nil
		settings, err := tx.Instance()
		if err != nil || engagement.Quiet(tx.Now(), settings.Land) {
			return err
		}
		reachable := map[engagement.Code][]engagement.Profile{}
		add := func(r round, o engagement.Opportunity, way engagement.Code, narrow engagement.Criteria) (err error) {
			if _, read := reachable[way]; !read {
				if reachable[way], err = tx.ReachableProfiles(way); err != nil {
					return err
				}
			}
			shifts, err := tx.ShiftTimes([]engagement.ID{o.ID})
			if err != nil {
				return err
			}
			about := matching.Candidate{Opportunity: &o, Shifts: shifts[o.ID]}
			r.people = matching.Whom(matching.Default().For(settings), about, matching.Narrow(narrow, reachable[way]), tx.Now())
			rounds = append(rounds, r)
			return nil
		}
		calls, err := tx.OpenCalls()
		if err != nil {
			return err
		}
		for _, call := range calls {
			o, err := tx.Opportunity(call.Opportunity)
			if err != nil {
				return err
			}
			if err := add(round{id: call.ID, ask: engagement.InviteFor}, o, call.Way, call.Narrow); err != nil {
				return err
			}
		}
		came, err := tx.DirectedRequests(tx.Now().Add(-engagement.DirectedLife))
		if err != nil {
			return err
		}
		for _, o := range came {
			if !o.Invites(tx.Now()) {
				continue
			}
			if err := add(round{id: o.ID, ask: engagement.Invite}, o, engagement.ByPartnerInstances, engagement.Criteria{}); err != nil {
				return err
			}
		}
		return nil
	})
	return rounds, err
}

// tellNews looks for what is new for whoever wants to be told.
func (c clock) tellNews(ctx context.Context) error {
	for more := true; more; {
		var err error
		if more, err = c.pages.TellNews(ctx); err != nil {
			return fmt.Errorf("news for subscriptions: %w", err)
		}
	}
	return nil
}

func (c clock) tick(ctx context.Context) error {
	for more := true; more; {
		if err := c.store.Update(ctx, func(tx *store.Tx) (err error) {
			more, err = engagement.Tick(tx, tickLimit)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}
