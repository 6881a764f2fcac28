package federation

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// Lookup reads what another instance says about itself, for an admin who wants to be its partner. The address is a host or the base
// URL. An address that leads to no instance is an *engagement.Invalid of the field "address".
func (s *Service) Lookup(ctx context.Context, address string) (engagement.Partner, error) {
	i, err := s.instance(ctx)
	if err != nil {
		return engagement.Partner{}, err
	}
	if !i.Federates() {
		return engagement.Partner{}, fmt.Errorf("federation is off: %w", engagement.ErrForbidden)
	}
	a, d, err := s.readInstance(ctx, address)
	if err != nil {
		return engagement.Partner{}, fmt.Errorf("%w: %w", &engagement.Invalid{Field: "address", Key: "error.partner.unknown"}, err)
	}
	return partnerOf(a), s.keyring.Learn(ctx, d)
}

// readInstance finds the instance actor of a server by its NodeInfo (FEP-2677).
func (s *Service) readInstance(ctx context.Context, address string) (a Actor, d Document, err error) {
	origin, err := s.originOf(address)
	if err != nil {
		return a, d, err
	}
	raw, _, err := s.client.GetPlain(ctx, origin+"/.well-known/nodeinfo", "application/json", JRDType)
	if err != nil {
		return a, d, err
	}
	id, err := ReadNodeInfoIndex(raw)
	if err != nil {
		return a, d, err
	}
	if !SameOrigin(id, origin) {
		return a, d, fmt.Errorf("%s names %q as its instance actor", origin, id)
	}
	if d, err = s.client.Get(ctx, id); err != nil {
		return a, d, err
	}
	if a, err = ReadActor(d.Raw); err == nil && (!instanceTypes[a.Type] || a.Inbox == "") {
		err = fmt.Errorf("%s is a %s with inbox %q", a.ID, a.Type, a.Inbox)
	}
	return a, d, err
}

// originOf reads a host or base URL as people write it.
func (s *Service) originOf(address string) (string, error) {
	address = strings.TrimSuffix(strings.TrimSpace(address), "/")
	if !strings.Contains(address, "://") {
		address = s.Base.Scheme + "://" + address
	}
	origin, err := Origin(address)
	if err == nil {
		err = s.Base.CheckPeer(origin)
	}
	return origin, err
}

// LookupActor reads an organization or another account elsewhere, by "@name@host" or by the address of its document. A handle is
// believed only if the account it leads to gives itself that name (protocol.md §3.3).
func (s *Service) LookupActor(ctx context.Context, address string) (Actor, error) {
	i, err := s.instance(ctx)
	if err != nil {
		return Actor{}, err
	}
	id := strings.TrimSpace(address)
	name, host, isHandle := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(id, "acct:"), "@"), "@")
	isHandle = isHandle && !strings.Contains(id, "://")
	if !isHandle {
		host = HostOf(id)
	}
	switch {
	case !i.Federates(), i.Mode == "partners" && !s.isPartner(ctx, host):
		return Actor{}, fmt.Errorf("look up %q: %w", address, engagement.ErrForbidden)
	case isHandle:
		if id, err = s.finger(ctx, name, host, true); err != nil {
			return Actor{}, fmt.Errorf("look up %q: %w", address, err)
		}
	}
	d, err := s.client.Get(ctx, id)
	if err != nil {
		return Actor{}, fmt.Errorf("look up %q: %w", address, err)
	}
	a, err := ReadActor(d.Raw)
	if err == nil && isHandle && !strings.EqualFold(a.Account, name) {
		err = fmt.Errorf("%s calls itself %q", a.ID, a.Account)
	}
	if err != nil {
		return a, fmt.Errorf("look up %q: %w", address, err)
	}
	return a, s.keyring.Learn(ctx, d)
}

// Elsewhere is [Service.LookupActor] for somebody an organization of ours may have been or become. An address that leads to nobody is an
// *engagement.Invalid of the field "address".
func (s *Service) Elsewhere(ctx context.Context, address string) (engagement.Elsewhere, error) {
	a, err := s.LookupActor(ctx, address)
	if err != nil {
		return engagement.Elsewhere{}, fmt.Errorf("%w: %w", &engagement.Invalid{Field: "address", Key: "error.account.unknown"}, err)
	}
	return a.Elsewhere(), nil
}

// Picture retrieves a picture of at most 512 KiB, as any reader of a web page would; nobody is named to whoever has it.
func (s *Service) Picture(ctx context.Context, address string) ([]byte, error) {
	return s.client.GetImage(ctx, address)
}

// finger asks WebFinger for the actor behind a handle. Another domain in the answer is asked once, and has to say the same.
func (s *Service) finger(ctx context.Context, name, host string, mayMove bool) (string, error) {
	origin, rest, err := splitIRI(s.Base.Scheme + "://" + host)
	if err == nil && rest != "" {
		err = errors.New("more than a host")
	}
	if err == nil {
		err = s.Base.CheckPeer(origin)
	}
	if err != nil {
		return "", fmt.Errorf("host of handle: %w", err)
	}
	handle := strings.ToLower(name + "@" + host)
	raw, _, err := s.client.GetPlain(ctx, origin+"/.well-known/webfinger?resource=acct:"+url.QueryEscape(handle), JRDType, "application/json")
	if err != nil {
		return "", err
	}
	subject, actor, err := ReadFinger(raw)
	if err != nil || strings.EqualFold(subject, handle) {
		return actor, err
	}
	movedName, movedHost, ok := strings.Cut(subject, "@")
	if !ok || !mayMove {
		return "", fmt.Errorf("handle %s leads to %q", handle, subject)
	}
	again, err := s.finger(ctx, movedName, movedHost, false)
	if err == nil && again != actor {
		err = fmt.Errorf("handle %s leads to %s and %s", handle, actor, again)
	}
	return actor, err
}

// syncPartner has everything copied that a partner has, once the partnership is active.
func (s *Service) syncPartner(tx *store.Tx, p engagement.Partner) error {
	if !active(p) {
		return nil
	}
	return tx.PutJob(store.Job{Queue: jobPartner, Key: p.Host})
}

// watchPartners makes sure that every partner has its nightly job.
func (s *Service) watchPartners(ctx context.Context) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		partners, err := tx.Partners()
		if err != nil {
			return err
		}
		for _, p := range partners {
			if !active(p) {
				continue
			}
			if err := tx.PutJob(store.Job{Queue: jobPartner, Key: p.Host, At: nextNight(tx.Now(), p.Host)}); err != nil {
				return err
			}
		}
		return nil
	})
}

// nextNight is when a partner is compared with next: between two and five in the morning, not all of them at once.
func nextNight(now time.Time, host string) time.Time {
	h := fnv.New32a()
	h.Write([]byte(host))
	offset := 2*time.Hour + time.Duration(h.Sum32()%10_800)*time.Second
	for day := engagement.DateOf(now); ; day = day.Add(1) {
		if at := day.Time().Add(offset); at.After(now) {
			return at
		}
	}
}

// Limits of copying from a partner (P-5).
const (
	maxPages   = 200
	maxObjects = 10_000
	pageEvery  = time.Second
	orgLife    = 24 * time.Hour // how long the description of an organization is believed
)

// syncJob copies what a partner has and removes copies of what it has no longer. Nothing is concluded from silence: when the partner
// does not answer, everything stays as it is.
func (s *Service) syncJob(ctx context.Context, j store.LeasedJob) error {
	var p engagement.Partner
	err := s.store.View(ctx, func(tx *store.Tx) (err error) {
		p, err = tx.Partner(j.Key)
		return ignore(err, engagement.ErrNotFound)
	})
	if err != nil {
		return err
	}
	if p.State != engagement.PartnerActive && p.State != engagement.PartnerPaused || p.Level == "gesperrt" {
		return s.store.Update(ctx, func(tx *store.Tx) error { return tx.JobDone(j) })
	}
	syncErr := s.syncWith(ctx, p)
	if syncErr != nil {
		s.log.Warn("partner could not be compared with", "host", p.Host, "err", syncErr)
	}
	return s.store.Update(ctx, func(tx *store.Tx) error {
		next := nextNight(tx.Now(), p.Host)
		if soon := tx.Now().Add(delay(j.Failures, s.jitter())); syncErr != nil && soon.Before(next) {
			return tx.JobFailed(j, syncErr.Error(), soon)
		}
		return tx.JobAgain(j, next)
	})
}

func (s *Service) syncWith(ctx context.Context, p engagement.Partner) error {
	d, err := s.client.Get(ctx, p.Actor)
	if err != nil {
		return err
	}
	a, err := ReadActor(d.Raw)
	if err != nil {
		return err
	}
	if err := s.keyring.Learn(ctx, d); err != nil {
		return err
	}
	var held map[string]time.Time
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		now, err := tx.Partner(p.Host)
		if err == nil && len(now.Suspects) > 0 {
			err = fmt.Errorf("%s shows a new key without a word: %w", p.Actor, engagement.ErrForbidden)
		}
		if err == nil {
			err = engagement.DescribePartner(tx, partnerOf(a))
		}
		if err == nil {
			err = engagement.PartnerContact(tx, p.Host)
		}
		if err == nil {
			held, err = tx.CopiesOf(p.Host)
		}
		return err
	})
	if err != nil || len(a.Streams) == 0 {
		return err
	}
	listed, err := s.copyPages(ctx, p, a.Streams[0])
	if err != nil {
		return err
	}
	for iri := range held {
		if !listed[iri] {
			if err := s.recheck(ctx, p, iri); err != nil {
				return err
			}
		}
	}
	return nil
}

// copyPages reads a collection to its end and keeps what is on it. It returns the ids it saw; an error if they are not all.
func (s *Service) copyPages(ctx context.Context, p engagement.Partner, collection string) (map[string]bool, error) {
	listed, asked := map[string]bool{}, map[string]bool{}
	for next := collection; next != ""; {
		switch {
		case !SameOrigin(next, p.Actor), asked[next], len(asked) >= maxPages, len(listed) >= maxObjects:
			return nil, fmt.Errorf("collection %s has no end: %q after %d pages with %d objects", collection, next, len(asked), len(listed))
		case len(asked) > 0:
			if err := s.pause(ctx, pageEvery); err != nil {
				return nil, err
			}
		}
		asked[next] = true
		d, err := s.client.GetPage(ctx, next)
		if err != nil {
			return nil, err
		}
		page, err := ReadCollection(d.Raw)
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			listed[item.ID()] = true
		}
		if err := s.copyItems(ctx, p, page.Items); err != nil {
			return nil, err
		}
		if next = page.Next; page.First != "" {
			next = page.First
		}
	}
	return listed, nil
}

// copyItems keeps what is on a page, all in one transaction, after their authors have been read.
func (s *Service) copyItems(ctx context.Context, p engagement.Partner, items []Map) error {
	var copies []func(*store.Tx) error
	for _, item := range items {
		keep, author, err := s.copyOf(p, item)
		if err == nil {
			err = s.knowAuthor(ctx, p, author)
		}
		if errors.Is(err, ErrIgnored) {
			s.log.Info("thing of partner not copied", "id", item.ID(), "why", err)
			continue
		}
		if err != nil {
			return err
		}
		copies = append(copies, keep)
	}
	return s.store.Update(ctx, func(tx *store.Tx) error {
		for _, keep := range copies {
			if err := keep(tx); errors.Is(err, ErrIgnored) {
				s.log.Info("thing of partner not copied", "why", err)
			} else if err != nil {
				return err
			}
		}
		return nil
	})
}

// copyOf reads an item of a collection and says how to keep it, and whose it is.
func (s *Service) copyOf(p engagement.Partner, item Map) (keep func(*store.Tx) error, author string, err error) {
	raw, err := encode(item)
	if err != nil {
		return nil, "", err
	}
	if item.String("purpose") == "offer" {
		found, err := ReadHelpOffer(item, s.now())
		return func(tx *store.Tx) error { return s.mirrorHelpOffer(tx, p, found, raw) }, found.Author, err
	}
	if hasType(item, "Event") {
		found, err := ReadOccasion(item, s.now())
		return func(tx *store.Tx) error { return s.keepOccasion(tx, found) }, found.Author, err
	}
	if IsAnnouncement(item) {
		found, err := ReadAnnouncement(item, s.now())
		return func(tx *store.Tx) error { return s.mirrorAnnouncement(tx, p, found) }, found.Author, err
	}
	found, err := ReadOpportunity(item, s.now())
	if found.Directed() {
		return func(tx *store.Tx) error { return s.recopyDirected(tx, p, found) }, found.Author, err
	}
	return func(tx *store.Tx) error {
		_, err := s.mirrorOpportunity(tx, p, found, raw)
		return err
	}, found.Author, err
}

// knowAuthor makes sure that the author of an opportunity is kept here as it describes itself now. What is wrong with it is wrong with
// its opportunities too.
func (s *Service) knowAuthor(ctx context.Context, p engagement.Partner, author string) error {
	fresh := false
	err := s.store.View(ctx, func(tx *store.Tx) error {
		org, err := tx.OrganizationByIRI(author)
		fresh = err == nil && tx.Now().Sub(org.Updated) < orgLife
		return ignore(err, engagement.ErrNotFound)
	})
	if err != nil || fresh {
		return err
	}
	if HostOf(author) != p.Host {
		return violation("O1", "%s is not of partner %s", author, p.Host)
	}
	d, err := s.client.Get(ctx, author)
	if err != nil {
		if ClassOf(err).Passing() {
			return err
		}
		return violation("O1", "%s: %v", author, err)
	}
	a, err := ReadActor(d.Raw)
	if err != nil {
		return err
	}
	if err := s.keyring.Learn(ctx, d); err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx *store.Tx) error {
		_, err := s.mirrorOrganization(tx, p, a)
		return err
	})
}

// recheck asks for something that its partner does not list any more (P-6): gone is gone, changed is changed, and silence says
// nothing.
func (s *Service) recheck(ctx context.Context, p engagement.Partner, iri string) error {
	d, err := s.client.Get(ctx, iri)
	switch {
	case absent(err):
		return s.store.Update(ctx, func(tx *store.Tx) error {
			for _, unmirror := range []func(engagement.Tx, string) error{
				engagement.UnmirrorOpportunity, engagement.UnmirrorHelpOffer, engagement.UnmirrorOccasion, engagement.UnmirrorAnnouncement,
			} {
				if err := ignore(unmirror(tx, iri), engagement.ErrNotFound); err != nil {
					return err
				}
			}
			return nil
		})
	case err != nil:
		s.log.Info("copy could not be compared", "id", iri, "err", err)
		return nil
	case hasType(d.Raw, "Event"):
		return s.copyOccasion(ctx, d.Raw)
	case !active(p):
		return nil
	}
	return s.copyItems(ctx, p, []Map{d.Raw})
}

// absent says whether an answer was that there is no such thing.
func absent(err error) bool {
	var e *RequestError
	return errors.As(err, &e) && (e.Status == http.StatusNotFound || e.Status == http.StatusGone)
}
