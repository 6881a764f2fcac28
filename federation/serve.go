package federation

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"seestern/engagement"
	"seestern/store"
)

// mountReads mounts everything that is read: ids, collections, discovery. What lies below /ap/ and is none of it answers like an
// unknown id.
func (s *Service) mountReads(r *mux.Router) {
	get := func(path string, h handler) {
		r.Path(path).Methods(http.MethodGet, http.MethodHead).Handler(s.handle(s.sparingly(h)))
	}
	get("/.well-known/webfinger", s.served(s.getFinger))
	get("/.well-known/host-meta", s.served(s.getHostMeta))
	get("/.well-known/nodeinfo", s.served(s.getNodeInfoIndex))
	get("/nodeinfo/{version}", s.served(s.getNodeInfo))
	get("/ap/actor", s.getInstance)
	get("/ap/inbox", s.getInbox)
	get("/ap/actor/{part:outbox|followers|following}", s.getInstancePart)
	get("/ap/collections/opportunities", s.getOpportunities)
	get("/ap/{kind:[a-z-]+}/{key}", s.getThing)
	get("/ap/{kind:org|board}/{key}/{part:inbox|outbox|followers|following}", s.getActorPart)
	get("/ap/{kind:board}/{key}/{part:moderators}", s.getActorPart)
	get("/ap/{kind:org|board}/{key}"+listPath, s.getFollowersHere)
	get("/ap/{kind:person}/{key}/{part:inbox|outbox|followers|following}", s.getPersonPart)
}

// maxReads is how often a network may read in a requestSpan, signed or not: a signature is looked at only where it matters.
const maxReads = 1200

// sparingly keeps one network from making us read and render without end.
func (s *Service) sparingly(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if source := s.source(r); source != "" {
			if err := s.reads.take(source, s.now()); err != nil {
				return err
			}
		}
		return h(w, r)
	}
}

// mountRest answers what no other route took.
func (s *Service) mountRest(r *mux.Router) {
	none := s.handle(func(w http.ResponseWriter, r *http.Request) error {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			return engagement.ErrNotFound
		}
		w.Header().Set("Allow", "GET, HEAD")
		return ErrMethod
	})
	r.PathPrefix("/ap/").Handler(none)
	r.PathPrefix("/nodeinfo/").Handler(none)
	for _, path := range []string{"webfinger", "host-meta", "nodeinfo"} {
		r.Path("/.well-known/" + path).Handler(none)
	}
}

// answer is a document about to be served.
type answer struct {
	body      []byte
	mediaType string // ContentType if empty
	page      string // path of the page for people, empty if there is none
	public    bool   // the same for everybody: may be cached and read by scripts of other sites
	gone      bool   // the body is a Tombstone
}

// write serves an answer: the page to who would rather have it, 304 to who has it already.
func (s *Service) write(w http.ResponseWriter, r *http.Request, a answer) error {
	h := w.Header()
	h.Set("Vary", "Accept, Signature")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-store")
	if a.mediaType == "" {
		a.mediaType = ContentType
		if WantsPage(r.Header) && !a.gone {
			if a.page == "" {
				return fmt.Errorf("no page: %w", engagement.ErrNotFound)
			}
			http.Redirect(w, r, s.page(a.page), http.StatusSeeOther)
			return nil
		}
	}
	status := http.StatusOK
	if a.public {
		sum := sha256.Sum256(a.body)
		etag := `"` + hex.EncodeToString(sum[:16]) + `"`
		h.Set("Cache-Control", "public, max-age=180")
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("ETag", etag)
		if slices.Contains(splitList(r.Header.Get("If-None-Match")), etag) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	if a.gone {
		status = http.StatusGone
	}
	h.Set("Content-Type", a.mediaType)
	w.WriteHeader(status)
	_, _ = w.Write(a.body) // the client went away: nobody to tell
	return nil
}

func splitList(header string) []string {
	list := strings.Split(header, ",")
	for i, v := range list {
		list[i] = strings.TrimPrefix(strings.TrimSpace(v), "W/")
	}
	return list
}

// WantsActivity reports whether the client of a page would rather have the document behind it. The page then answers 303 to the
// document's id, and shows that id in a Link header and a <link> in any case.
func WantsActivity(r *http.Request) bool { return WantsDocument(r.Header) }

// getInstance is the actor of this instance. It is served to everybody: without it nobody could verify what we ask or send, and its
// signature is never looked at, because two instances that verify each other's questions would never come to an answer.
func (s *Service) getInstance(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.reader(r); err != nil {
		return err
	}
	i, err := s.instance(r.Context())
	if err != nil {
		return err
	}
	key, err := s.publicKey(r.Context(), s.Base.Actor())
	if err != nil {
		return err
	}
	var d Doc
	if err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		d, err = s.instanceDocument(tx, i, key)
		return err
	}); err != nil {
		return err
	}
	return s.serveDoc(w, r, d, answer{page: "/", public: true})
}

func (s *Service) instance(ctx context.Context) (i engagement.Instance, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		i, err = tx.Instance()
		return err
	})
	return i, err
}

// serveDoc renders a document and serves it as a says.
func (s *Service) serveDoc(w http.ResponseWriter, r *http.Request, d Doc, a answer) (err error) {
	if a.body, err = d.Bytes(); err != nil {
		return err
	}
	return s.write(w, r, a)
}

// getInbox is what there is to see of an inbox: that it exists.
func (s *Service) getInbox(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.reader(r); err != nil {
		return err
	}
	return s.serveDoc(w, r, Collection(s.Base.Inbox(), 0, ""), answer{})
}

// getInstancePart is a collection of the instance actor: whom it is partner of is public, it is the directory of the network.
func (s *Service) getInstancePart(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.reader(r); err != nil {
		return err
	}
	part := mux.Vars(r)["part"]
	id := s.Base.Actor() + "/" + part
	var partners []string
	err := s.store.View(r.Context(), func(tx *store.Tx) error {
		list, err := tx.Partners()
		for _, p := range list {
			if active(p) {
				partners = append(partners, p.Actor)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	d := Collection(id, 0, "")
	switch part {
	case "following":
		d = CollectionOf(id, partners)
	case "followers":
		d = Collection(id, len(partners), "")
	}
	return s.serveDoc(w, r, d, answer{public: true})
}

// getActorPart is a collection of an organization or a board. Who follows it is nobody's business.
func (s *Service) getActorPart(w http.ResponseWriter, r *http.Request) error {
	who, err := s.reader(r)
	if err != nil {
		return err
	}
	kind, key, part := Kind(mux.Vars(r)["kind"]), mux.Vars(r)["key"], mux.Vars(r)["part"]
	t, err := s.find(r.Context(), string(kind), key)
	if err != nil {
		return err
	}
	if t.gone != nil {
		return hidden(string(kind), key)
	}
	readers := t.readers
	if part == "outbox" {
		readers = audience{public: true}
	}
	if err := who.admit(r.Context(), readers); err != nil {
		return err
	}
	actor := s.Base.ID(kind, key)
	d := Collection(actor+"/"+part, 0, "")
	switch part {
	case "outbox":
		read := s.published
		if kind == KindBoard {
			read = s.announced
		}
		d, err = s.outbox(r, actor, engagement.ID(key), read)
	case "moderators":
		d, err = s.moderators(r.Context(), actor, engagement.ID(key))
	case "followers":
		err = s.store.View(r.Context(), func(tx *store.Tx) error {
			n, err := tx.CountFollowers(s.Base.owner(actor))
			d = Collection(actor+"/followers", n, "")
			return err
		})
	}
	if err != nil {
		return err
	}
	return s.serveDoc(w, r, d, answer{page: t.page, public: readers.identity || who.mode == "open"})
}

// outboxPage is how many activities stand on a page of an outbox.
const outboxPage = 20

// outbox is what one of our actors has said to everybody, newest first. The cursor counts the activities before the page.
func (s *Service) outbox(r *http.Request, actor string, id engagement.ID, read func(*store.Tx, engagement.ID) ([]Doc, error)) (Doc, error) {
	var all []Doc
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		all, err = read(tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	newestFirst(all)
	outbox := actor + "/outbox"
	cursor := r.FormValue("cursor")
	if cursor == "" {
		return Collection(outbox, len(all), PageID(outbox, "0")), nil
	}
	first, err := strconv.Atoi(cursor)
	if err != nil || first < 0 || first > len(all) {
		return nil, fmt.Errorf("cursor %q: %w", cursor, engagement.ErrNotFound)
	}
	page, next := all[first:min(first+outboxPage, len(all))], ""
	if first+outboxPage < len(all) {
		next = strconv.Itoa(first + outboxPage)
	}
	return Page(outbox, cursor, next, page), nil
}

// newestFirst sorts activities.
func newestFirst(all []Doc) {
	slices.SortStableFunc(all, func(a, b Doc) int { return strings.Compare(b["published"].(string), a["published"].(string)) })
}

// published is what an organization has published for everybody.
func (s *Service) published(tx *store.Tx, id engagement.ID) ([]Doc, error) {
	org, err := tx.Organization(id)
	if err != nil || org.State != engagement.OrganizationActive {
		return nil, err
	}
	return s.everythingPublished(tx, org, outboxPage*outboxPage)
}

// everythingPublished is the same whatever has become of the organization, with so much of its news.
func (s *Service) everythingPublished(tx *store.Tx, org engagement.Organization, news int) (all []Doc, err error) {
	id := org.ID
	boards, err := tx.Boards()
	if err != nil {
		return nil, err
	}
	opportunities, err := tx.OpportunitiesOf(id)
	if err != nil {
		return nil, err
	}
	for _, o := range opportunities {
		if !o.Live() || o.Visibility != "offen" {
			continue
		}
		d, err := s.Codec.Opportunity(o, org, boards.Of(o)...)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	offers, err := tx.HelpOffersOf(id)
	if err != nil {
		return nil, err
	}
	for _, h := range offers {
		if !h.Live() || h.Visibility != "offen" {
			continue
		}
		d, err := s.Codec.HelpOffer(h, org)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	announcements, err := tx.AnnouncementsOf(id, time.Time{}, news)
	if err != nil {
		return nil, err
	}
	for _, a := range announcements {
		d, err := s.Codec.Announcement(a, org, boards.OfNews(org)...)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	occasions, err := tx.OccasionsOf(id)
	if err != nil {
		return nil, err
	}
	for _, o := range occasions {
		if !o.Live() {
			continue
		}
		d, err := s.Codec.Occasion(o, org, boards.OfOccasion(o, org)...)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	for i, o := range all {
		all[i] = Doc{
			"id": o["id"].(string) + "#create", "type": "Create", "actor": s.Base.OrganizationID(org), "published": o["published"],
			"to": o["to"], "cc": o["cc"], "audience": o["audience"], "object": o,
		}
	}
	return all, nil
}

// getPersonPart is the inbox of a person, for whom it concerns, or what else belongs to a public presence. How many follow a person is
// nobody's business.
func (s *Service) getPersonPart(w http.ResponseWriter, r *http.Request) error {
	who, err := s.reader(r)
	if err != nil {
		return err
	}
	key, part := mux.Vars(r)["key"], mux.Vars(r)["part"]
	t, err := s.find(r.Context(), string(KindPerson), key)
	if err != nil {
		return err
	}
	if t.page == "" && (part != "inbox" || t.public) { // pseudonymous, or has ended
		return hidden("person", key)
	}
	if err := who.admit(r.Context(), t.readers); err != nil {
		return err
	}
	d := Collection(s.Base.ID(KindPerson, key)+"/"+part, 0, "")
	if part == "followers" || part == "following" {
		delete(d, "totalItems")
	}
	return s.serveDoc(w, r, d, answer{page: t.page, public: t.public && who.mode == "open"})
}

// opportunitiesPage is how many whole documents stand on a page of the collection that partners copy from.
const opportunitiesPage = 50

// getOpportunities is the collection that partners copy from: everything there is now, the latest version first. Partners find what
// is for partners too. With updated_since nothing older is listed.
func (s *Service) getOpportunities(w http.ResponseWriter, r *http.Request) error {
	who, err := s.reader(r)
	if err != nil {
		return err
	}
	if err := who.admit(r.Context(), audience{public: true, partners: true}); err != nil {
		return err
	}
	partner, err := who.isPartner(r.Context())
	if err != nil {
		return err
	}
	cursor, err := readCursor(r.FormValue("cursor"))
	if err != nil {
		return err
	}
	if since := r.FormValue("updated_since"); since != "" {
		if cursor.since, err = time.Parse(time.RFC3339, since); err != nil {
			return fmt.Errorf("updated_since %q: %w", since, ErrMalformed)
		}
	}
	var d Doc
	err = s.store.View(r.Context(), func(tx *store.Tx) error {
		if r.FormValue("cursor") == "" {
			n, err := tx.CountShared(!partner)
			if err != nil {
				return err
			}
			offers, err := tx.CountSharedHelpOffers(!partner)
			if err != nil {
				return err
			}
			occasions, err := tx.CountComingOccasions(tx.Now())
			if err != nil {
				return err
			}
			news, err := tx.CountAnnouncements(tx.Now().Add(-engagement.NewsShared))
			d = Collection(s.Base.Opportunities(), n+offers+occasions+news, PageID(s.Base.Opportunities(), cursor.String()))
			return err
		}
		d, err = s.opportunities(tx, !partner, cursor)
		return err
	})
	if err != nil {
		return err
	}
	return s.serveDoc(w, r, d, answer{public: !partner && who.mode == "open"})
}

// shared is an entry of the collection: an opportunity, a help offer, an event or a piece of news.
type shared struct {
	id           engagement.ID
	changed      time.Time
	organization engagement.ID
	render       func(engagement.Organization) (Doc, error)
}

// sharedSince are the entries after a place in the collection, the latest version first.
func (s *Service) sharedSince(tx *store.Tx, publicOnly bool, c cursor) (list []shared, err error) {
	boards, err := tx.Boards()
	if err != nil {
		return nil, err
	}
	opportunities, err := tx.OpportunitiesChanged(publicOnly, c.before, c.id, opportunitiesPage)
	if err != nil {
		return nil, err
	}
	for _, o := range opportunities {
		list = append(list, shared{o.ID, o.Changed, o.Organization, func(org engagement.Organization) (Doc, error) {
			return s.Codec.Opportunity(o.Opportunity, org, boards.Of(o.Opportunity)...)
		}})
	}
	offers, err := tx.HelpOffersChanged(publicOnly, c.before, c.id, opportunitiesPage)
	if err != nil {
		return nil, err
	}
	for _, h := range offers {
		list = append(list, shared{h.ID, h.VersionTime(), h.Organization, func(org engagement.Organization) (Doc, error) { return s.Codec.HelpOffer(h, org) }})
	}
	occasions, err := tx.OccasionsChanged(tx.Now(), c.before, c.id, opportunitiesPage)
	if err != nil {
		return nil, err
	}
	for _, o := range occasions {
		list = append(list, shared{o.ID, o.VersionTime(), o.Organization, func(org engagement.Organization) (Doc, error) {
			return s.Codec.Occasion(o, org, boards.OfOccasion(o, org)...)
		}})
	}
	news, err := tx.AnnouncementsChanged(tx.Now().Add(-engagement.NewsShared), c.before, c.id, opportunitiesPage)
	if err != nil {
		return nil, err
	}
	for _, n := range news {
		list = append(list, shared{n.ID, n.VersionTime(), n.Organization, func(org engagement.Organization) (Doc, error) {
			return s.Codec.Announcement(n, org, boards.OfNews(org)...)
		}})
	}
	slices.SortFunc(list, func(a, b shared) int {
		return cmp.Or(b.changed.Compare(a.changed), strings.Compare(string(b.id), string(a.id)))
	})
	return list[:min(len(list), opportunitiesPage)], nil
}

func (s *Service) opportunities(tx *store.Tx, publicOnly bool, c cursor) (Doc, error) {
	list, err := s.sharedSince(tx, publicOnly, c)
	if err != nil {
		return nil, err
	}
	after := func(e shared) string { return cursor{before: e.changed, id: e.id, since: c.since}.String() }
	items, next, size := []Doc{}, "", 0
	if len(list) == opportunitiesPage {
		next = after(list[len(list)-1])
	}
	for n, entry := range list {
		if entry.changed.Before(c.since) {
			next = ""
			break
		}
		org, err := tx.Organization(entry.organization)
		if err != nil {
			return nil, err
		}
		if org.State != engagement.OrganizationActive {
			continue
		}
		d, err := entry.render(org)
		if err != nil {
			return nil, err
		}
		raw, err := whole(d)
		if err != nil {
			return nil, err
		}
		if size += len(raw); size > maxPage/2 && len(items) > 0 { // long texts: the rest stands on the next page
			next = after(list[n-1])
			break
		}
		items = append(items, d)
	}
	return Page(s.Base.Opportunities(), c.String(), next, items), nil
}

// cursor is a place in the collection: after the version of an entry.
type cursor struct {
	before time.Time // zero: at the beginning
	id     engagement.ID
	since  time.Time // nothing older is listed
}

func (c cursor) String() string {
	if c.before.IsZero() && c.since.IsZero() {
		return "0"
	}
	at := func(t time.Time) string {
		if t.IsZero() {
			return "0"
		}
		return strconv.FormatInt(t.UnixMilli(), 36)
	}
	return at(c.before) + "_" + string(c.id) + "_" + at(c.since)
}

func readCursor(text string) (c cursor, err error) {
	if text == "" || text == "0" {
		return c, nil
	}
	parts := strings.Split(text, "_")
	if len(parts) != 3 {
		return c, fmt.Errorf("cursor %q: %w", text, ErrMalformed)
	}
	at := func(text string) (t time.Time) {
		n, e := strconv.ParseInt(text, 36, 64)
		if err = errors.Join(err, e); n > 0 {
			t = time.UnixMilli(n)
		}
		return t
	}
	c = cursor{before: at(parts[0]), id: engagement.ID(parts[1]), since: at(parts[2])}
	if err != nil {
		return c, fmt.Errorf("cursor %q: %w: %w", text, ErrMalformed, err)
	}
	return c, nil
}
