package store_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
	"seestern/store/storetest"
)

// filled is a value of T in which every field says something, the same for the same seed.
func filled[T any](seed int) T {
	var v T
	fill(reflect.ValueOf(&v).Elem(), &seed)
	return v
}

func fill(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.UnixMilli(1_700_000_000_000 + int64(*n)).UTC()))
		return
	case engagement.Date:
		v.SetString(fmt.Sprintf("2026-%02d-%02d", *n%12+1, *n%28+1))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8, reflect.Uint32:
		v.SetUint(uint64(*n % 200))
		return
	case reflect.Uint64:
		v.SetUint(uint64(*n))
	case reflect.Float64:
		v.SetFloat(float64(*n) + 0.1)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i), n)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), n)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, n)
		fill(value, n)
		v.SetMapIndex(key, value)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	default:
		panic("cannot fill " + v.Type().String())
	}
}

// round puts a noun and gets it back.
func round[T any](t *testing.T, s *store.Store, put func(*store.Tx) error, read func(*store.Tx) (T, error), want *T) {
	t.Helper()
	t.Run(reflect.TypeFor[T]().Name()+" comes back as it was put", func(t *testing.T) {
		t.Helper()
		update(t, s, put)
		if diff := cmp.Diff(*want, get(t, s, read)); diff != "" {
			t.Errorf("put and got differ (-put +got):\n%s", diff)
		}
	})
}

func TestNounsComeBackWithEveryField(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		org := filled[engagement.Organization](100)
		org.Version, org.Origin, org.IRI = 0, "", ""
		round(t, s, func(tx *store.Tx) error { return tx.PutOrganization(&org) },
			func(tx *store.Tx) (engagement.Organization, error) { return tx.Organization(org.ID) }, &org)

		o := filled[engagement.Opportunity](300)
		o.Version, o.Organization, o.State, o.Visibility = 0, org.ID, engagement.Published, "offen"
		round(t, s, func(tx *store.Tx) error { return tx.PutOpportunity(&o) },
			func(tx *store.Tx) (engagement.Opportunity, error) { return tx.Opportunity(o.ID) }, &o)

		h := filled[engagement.HelpOffer](450)
		h.Version, h.Organization = 0, org.ID
		round(t, s, func(tx *store.Tx) error { return tx.PutHelpOffer(&h) },
			func(tx *store.Tx) (engagement.HelpOffer, error) { return tx.HelpOffer(h.ID) }, &h)

		a := filled[engagement.Account](500)
		a.Version, a.Roles = 0, []engagement.Role{engagement.Admin, engagement.Moderator}
		round(t, s, func(tx *store.Tx) error { return tx.PutAccount(&a) },
			func(tx *store.Tx) (engagement.Account, error) { return tx.Account(a.ID) }, &a)

		second := filled[engagement.SecondFactor](550)
		second.Version, second.Account = 0, a.ID
		round(t, s, func(tx *store.Tx) error { return tx.PutSecondFactor(&second) },
			func(tx *store.Tx) (engagement.SecondFactor, error) { return tx.SecondFactor(a.ID) }, &second)

		p := filled[engagement.Profile](600)
		p.Version, p.Account = 0, a.ID
		round(t, s, func(tx *store.Tx) error { return tx.PutProfile(&p) },
			func(tx *store.Tx) (engagement.Profile, error) { return tx.Profile(a.ID) }, &p)

		proof := filled[engagement.ConsentProof](640)
		round(t, s, func(tx *store.Tx) error { return tx.PutConsentProof(proof) },
			func(tx *store.Tx) (engagement.ConsentProof, error) { return first(tx.ConsentProofs(proof.Person, "")) }, &proof)
		round(t, s, func(tx *store.Tx) error { return nil },
			func(tx *store.Tx) (engagement.ConsentProof, error) { return first(tx.ConsentProofs("", proof.Paper)) }, &proof)

		invited := filled[engagement.Invitation](650)
		invited.Version, invited.Account, invited.Opportunity = 0, a.ID, o.ID
		round(t, s, func(tx *store.Tx) error { return tx.PutInvitation(&invited) },
			func(tx *store.Tx) (engagement.Invitation, error) { return tx.Invitation(invited.ID) }, &invited)

		call := filled[engagement.Call](660)
		call.Version, call.Opportunity = 0, o.ID
		round(t, s, func(tx *store.Tx) error { return tx.PutCall(&call) },
			func(tx *store.Tx) (engagement.Call, error) { return tx.Call(call.ID) }, &call)

		lookup := filled[engagement.Lookup](670)
		lookup.Version = 0
		round(t, s, func(tx *store.Tx) error { return tx.PutLookup(&lookup, "key") },
			func(tx *store.Tx) (engagement.Lookup, error) { return first(tx.LookupsSince(time.Time{}, "key")) }, &lookup)

		m := filled[engagement.MatchRequest](700)
		m.Version = 0
		round(t, s, func(tx *store.Tx) error { return tx.PutMatchRequest(&m) },
			func(tx *store.Tx) (engagement.MatchRequest, error) { return tx.MatchRequest(m.ID) }, &m)

		n := filled[engagement.Announcement](800)
		n.Version, n.Organization = 0, org.ID
		round(t, s, func(tx *store.Tx) error { return tx.PutAnnouncement(&n) },
			func(tx *store.Tx) (engagement.Announcement, error) { return tx.Announcement(n.ID) }, &n)

		i := filled[engagement.Instance](900)
		i.Version = 0
		round(t, s, func(tx *store.Tx) error { return tx.PutInstance(&i) }, (*store.Tx).Instance, &i)

		partner := filled[engagement.Partner](1000)
		partner.Version = 0
		round(t, s, func(tx *store.Tx) error { return tx.PutPartner(&partner) },
			func(tx *store.Tx) (engagement.Partner, error) { return tx.Partner(partner.Host) }, &partner)

		member := engagement.Membership{Account: a.ID, Organization: org.ID, Role: engagement.Manager, Since: time.UnixMilli(1).UTC()}
		round(t, s, func(tx *store.Tx) error { return tx.PutMembership(member) },
			func(tx *store.Tx) (engagement.Membership, error) { return first(tx.Memberships(org.ID)) }, &member)

		session := filled[engagement.Session](1100)
		session.Account, session.Helps = a.ID, a.ID
		round(t, s, func(tx *store.Tx) error { return tx.PutSession(session) },
			func(tx *store.Tx) (engagement.Session, error) { return tx.Session(session.Hash) }, &session)

		token := filled[engagement.Token](1200)
		token.Expires = time.Now().Add(hour).UTC().Truncate(time.Millisecond)
		round(t, s, func(tx *store.Tx) error { return tx.PutToken(token) },
			func(tx *store.Tx) (engagement.Token, error) { return tx.Token(token.Hash, token.Purpose) }, &token)

		reaction := filled[engagement.Reaction](1300)
		round(t, s, func(tx *store.Tx) error { return tx.PutReaction(reaction) },
			func(tx *store.Tx) (engagement.Reaction, error) { return tx.Reaction(reaction.ID) }, &reaction)

		entry := filled[engagement.AuditEntry](1400)
		round(t, s, func(tx *store.Tx) error { return tx.Audit(entry) },
			func(tx *store.Tx) (engagement.AuditEntry, error) { return first(tx.AuditOf(entry.Object)) }, &entry)

		oc := filled[engagement.Occasion](1420)
		oc.Version, oc.Organization, oc.State = 0, org.ID, engagement.OccasionScheduled
		round(t, s, func(tx *store.Tx) error { return tx.PutOccasion(&oc) },
			func(tx *store.Tx) (engagement.Occasion, error) { return tx.Occasion(oc.ID) }, &oc)

		series := filled[engagement.Series](1430)
		series.Version, series.Organization = 0, org.ID
		round(t, s, func(tx *store.Tx) error { return tx.PutSeries(&series) },
			func(tx *store.Tx) (engagement.Series, error) { return tx.Series(series.ID) }, &series)

		guest := filled[engagement.SignUp](1440)
		guest.Version, guest.Occasion, guest.Account = 0, oc.ID, a.ID
		round(t, s, func(tx *store.Tx) error { return tx.PutSignUp(&guest) },
			func(tx *store.Tx) (engagement.SignUp, error) { return first(tx.SignUpsFor(oc.ID)) }, &guest)

		agreed := filled[engagement.MatchRequest](2100)
		agreed.Version = 0
		update(t, s, func(tx *store.Tx) error { return tx.PutMatchRequest(&agreed) })

		shift := filled[engagement.Shift](1446)
		shift.Version, shift.Opportunity = 0, o.ID
		round(t, s, func(tx *store.Tx) error { return tx.PutShift(&shift) },
			func(tx *store.Tx) (engagement.Shift, error) { return first(tx.ShiftsFor(o.ID)) }, &shift)

		shifts := filled[engagement.ShiftSeries](1447)
		shifts.Version, shifts.Opportunity = 0, o.ID
		round(t, s, func(tx *store.Tx) error { return tx.PutShiftSeries(&shifts) },
			func(tx *store.Tx) (engagement.ShiftSeries, error) { return tx.ShiftSeries(shifts.ID) }, &shifts)

		comes := filled[engagement.ShiftSignUp](1448)
		comes.Version, comes.Shift, comes.Request, comes.Account = 0, shift.ID, agreed.ID, a.ID
		round(t, s, func(tx *store.Tx) error { return tx.PutShiftSignUp(&comes) },
			func(tx *store.Tx) (engagement.ShiftSignUp, error) { return first(tx.ShiftSignUpsOf(a.ID)) }, &comes)

		feed := filled[engagement.CalendarFeed](1449)
		feed.Version, feed.Account = 0, a.ID
		round(t, s, func(tx *store.Tx) error { return tx.PutCalendarFeed(&feed) },
			func(tx *store.Tx) (engagement.CalendarFeed, error) { return tx.CalendarFeedBySecret(feed.Secret) }, &feed)

		told := filled[engagement.Subscription](1443)
		told.Version, told.Account = 0, a.ID
		round(t, s, func(tx *store.Tx) error { return tx.PutSubscription(&told) },
			func(tx *store.Tx) (engagement.Subscription, error) { return first(tx.SubscriptionsOf(a.ID, "")) }, &told)

		followed := filled[engagement.Followed](1445)
		followed.Version = 0
		round(t, s, func(tx *store.Tx) error { return tx.PutFollowed(&followed) },
			func(tx *store.Tx) (engagement.Followed, error) { return tx.Followed(followed.Actor) }, &followed)

		board := filled[engagement.Board](1450)
		board.Version = 0
		round(t, s, func(tx *store.Tx) error { return tx.PutBoard(&board) },
			func(tx *store.Tx) (engagement.Board, error) { return tx.Board(board.ID) }, &board)

		said := filled[engagement.Attestation](1470)
		said.Version, said.Organization = 0, org.ID
		round(t, s, func(tx *store.Tx) error { return tx.PutAttestation(&said) },
			func(tx *store.Tx) (engagement.Attestation, error) { return first(tx.Attestations(org.ID)) }, &said)

		presence := filled[engagement.Presence](1470)
		presence.Version = 0
		round(t, s, func(tx *store.Tx) error { return tx.PutPresence(&presence) },
			func(tx *store.Tx) (engagement.Presence, error) { return tx.PresenceByHandle(presence.Handle) }, &presence)

		onBoard := store.BoardEntry{Board: board.ID, Subject: "opportunity", Version: 3, At: time.UnixMilli(1460).UTC()}
		round(t, s, func(tx *store.Tx) error { return tx.PutBoardEntry(onBoard) },
			func(tx *store.Tx) (store.BoardEntry, error) { return first(tx.BoardEntries(board.ID, 9)) }, &onBoard)

		report := filled[engagement.Report](1470)
		report.Version = 0
		round(t, s, func(tx *store.Tx) error { return tx.PutReport(&report) },
			func(tx *store.Tx) (engagement.Report, error) { return tx.Report(report.ID) }, &report)

		place := filled[geo.Place](1500)
		round(t, s, func(tx *store.Tx) error { return tx.ReplacePlaces("DE", []geo.Place{place}) },
			func(tx *store.Tx) (geo.Place, error) { return first(tx.Places()) }, &place)

		layer, outline := filled[engagement.OutlineLayer](1510), engagement.Outline{Line: geo.Line{{Lat: 52.5, Lon: 13.4}, {Lat: 52.51, Lon: 13.41}}}
		outline.Layer = layer.Layer
		round(t, s, func(tx *store.Tx) error { return tx.PutOutlines(layer, []geo.Line{outline.Line}) },
			func(tx *store.Tx) (engagement.OutlineLayer, error) { return first(tx.OutlineLayers()) }, &layer)
		round(t, s, func(tx *store.Tx) error { return nil },
			func(tx *store.Tx) (engagement.Outline, error) {
				return first(tx.Outlines(geo.Box{South: 52, West: 13, North: 53, East: 14}))
			}, &outline)

		actor := filled[store.RemoteActor](1600)
		round(t, s, func(tx *store.Tx) error { return tx.PutRemoteActor(actor) },
			func(tx *store.Tx) (store.RemoteActor, error) { return tx.RemoteActor(actor.IRI) }, &actor)

		block := filled[store.Block](1650)
		block.Actor = actor.IRI
		round(t, s, func(tx *store.Tx) error { return tx.PutBlock(block, actor.Inbox) },
			func(tx *store.Tx) (store.Block, error) { return tx.Block(block.Owner, block.Actor) }, &block)

		hours := filled[engagement.HoursEntry](1670)
		hours.Version, hours.Account = 0, a.ID
		round(t, s, func(tx *store.Tx) error { return tx.PutHours(&hours) },
			func(tx *store.Tx) (engagement.HoursEntry, error) { return tx.Hours(hours.ID) }, &hours)

		certificate := filled[engagement.Certificate](1675)
		certificate.Version, certificate.Account = 0, a.ID
		round(t, s, func(tx *store.Tx) error { return tx.PutCertificate(&certificate) },
			func(tx *store.Tx) (engagement.Certificate, error) { return tx.Certificate(certificate.ID) }, &certificate)

		barrier := filled[engagement.Barrier](1670)
		barrier.Version = 0
		round(t, s, func(tx *store.Tx) error { return tx.PutBarrier(&barrier) },
			func(tx *store.Tx) (engagement.Barrier, error) { return tx.Barrier(barrier.ID) }, &barrier)

		link := filled[engagement.HelperLink](1676)
		link.Version, link.Person, link.Helper = 0, a.ID, ""
		round(t, s, func(tx *store.Tx) error { return tx.PutHelperLink(&link) },
			func(tx *store.Tx) (engagement.HelperLink, error) { return tx.HelperLink(link.ID) }, &link)

		advice := filled[engagement.AdviceRequest](1680)
		advice.Version = 0
		round(t, s, func(tx *store.Tx) error { return tx.PutAdvice(&advice) },
			func(tx *store.Tx) (engagement.AdviceRequest, error) { return tx.Advice(advice.ID) }, &advice)

		message := filled[engagement.Message](1660)
		message.Version, message.From.Actor = 0, actor.IRI
		round(t, s, func(tx *store.Tx) error { return tx.PutMessage(&message) },
			func(tx *store.Tx) (engagement.Message, error) { return tx.Message(message.ID) }, &message)

		peer := filled[store.Peer](1700)
		round(t, s, func(tx *store.Tx) error { return tx.PutPeer(peer) },
			func(tx *store.Tx) (store.Peer, error) { return tx.Peer(peer.Host) }, &peer)

		follower := filled[store.Follower](1800)
		round(t, s, func(tx *store.Tx) error { return tx.PutFollower(follower) },
			func(tx *store.Tx) (store.Follower, error) { return tx.Follower(follower.Owner, follower.Actor) }, &follower)

		key := filled[store.ActorKey](1900)
		key.Private = []byte("private")
		round(t, s, func(tx *store.Tx) error { return tx.PutActorKey(key) },
			func(tx *store.Tx) (store.ActorKey, error) { return first(tx.ActorKeys(key.Owner)) }, &key)

		payload := filled[store.Payload](2000)
		payload.Bytes = []byte(`{"a":"ä"}`)
		round(t, s, func(tx *store.Tx) error { _, err := tx.PutPayload(payload); return err },
			func(tx *store.Tx) (store.Payload, error) { return tx.Payload(payload.Activity) }, &payload)
	})
}

// first is the only element of a list.
func first[T any](list []T, err error) (one T, _ error) {
	if err == nil && len(list) != 1 {
		err = fmt.Errorf("got %d elements, want 1", len(list))
	}
	if err != nil {
		return one, err
	}
	return list[0], nil
}

func TestMissingThingsAreNotFound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		view(t, s, func(tx *store.Tx) error {
			for name, err := range map[string]error{
				"Account": second(tx.Account("x")), "AccountByLogin": second(tx.AccountByLogin("x")), "Organization": second(tx.Organization("x")),
				"OrganizationByHandle": second(tx.OrganizationByHandle("x")), "OrganizationByIRI": second(tx.OrganizationByIRI("")),
				"Opportunity": second(tx.Opportunity("x")), "OpportunityByCode": second(tx.OpportunityByCode("x")), "OpportunityByIRI": second(tx.OpportunityByIRI("")),
				"MatchRequest": second(tx.MatchRequest("x")), "MatchRequestByOffer": second(tx.MatchRequestByOffer("")), "MatchRequestBySecret": second(tx.MatchRequestBySecret("")),
				"InterestOf": second(tx.InterestOf("", "")), "Announcement": second(tx.Announcement("x")), "Partner": second(tx.Partner("x")), "Session": second(tx.Session("x")),
				"Token": second(tx.Token("x", "y")), "Once": second(tx.Once("x")), "RemoteActor": second(tx.RemoteActor("x")), "RemoteActorByKey": second(tx.RemoteActorByKey("x")),
				"Follower": second(tx.Follower("x", "y")), "Tombstone": second(tx.Tombstone("x")), "Payload": second(tx.Payload("x")), "Alias": second(tx.Alias("x")),
				"Board": second(tx.Board("x")), "BoardByHandle": second(tx.BoardByHandle("x")), "BoardEntry": second(tx.BoardEntry("x", "y")), "Message": second(tx.Message("x")), "Report": second(tx.Report("x")), "ReportBySecret": second(tx.ReportBySecret("x")),
				"Block": second(tx.Block("x", "y")), "BlockByActivity": second(tx.BlockByActivity("x", "y")), "Raw": second(tx.Raw("x")), "Occasion": second(tx.Occasion("x")),
				"OccasionByCode": second(tx.OccasionByCode("x")), "OccasionByIRI": second(tx.OccasionByIRI("")), "SignUp": second(tx.SignUp("x")), "Series": second(tx.Series("x")),
				"SignUpBySecret": second(tx.SignUpBySecret("")), "Followed": second(tx.Followed("x")), "FollowedBy": second(tx.FollowedBy("")), "Actor": second(tx.Actor("x")),
				"HelpOffer": second(tx.HelpOffer("x")), "HelpOfferByCode": second(tx.HelpOfferByCode("x")), "HelpOfferByIRI": second(tx.HelpOfferByIRI("x")),
				"Advice": second(tx.Advice("x")), "Certificate": second(tx.Certificate("x")), "CertificateByCode": second(tx.CertificateByCode("")), "Hours": second(tx.Hours("x")), "HoursFrom": second(tx.HoursFrom("")), "Invitation": second(tx.Invitation("x")), "Call": second(tx.Call("x")), "InvitationBySecret": second(tx.InvitationBySecret("x")),
				"HelperLink": second(tx.HelperLink("x")), "Shift": second(tx.Shift("x")), "ShiftSeries": second(tx.ShiftSeries("x")), "ShiftSignUp": second(tx.ShiftSignUp("x")),
				"ShiftSignUpBySecret": second(tx.ShiftSignUpBySecret("")), "CalendarFeed": second(tx.CalendarFeed("x")), "CalendarFeedBySecret": second(tx.CalendarFeedBySecret("")),
				"SecondFactor": second(tx.SecondFactor("x")), "Subscription": second(tx.Subscription("x")), "SubscriptionBySecret": second(tx.SubscriptionBySecret("x")),
			} {
				if !errors.Is(err, engagement.ErrNotFound) {
					t.Errorf("%s: got %v, want ErrNotFound", name, err)
				}
			}
			return nil
		})
	})
}

func second[T any](_ T, err error) error { return err }

// Export, deletion and log tests depend on the data class of every field and column (domain.md §0).
func TestEveryFieldAndColumnHasADataClass(t *testing.T) {
	classes := []string{"pub", "org", "per", "sen", "tec"}
	for _, noun := range []any{
		engagement.Account{},
		engagement.AdviceRequest{},
		engagement.Barrier{},
		engagement.Announcement{},
		engagement.Attestation{},
		engagement.AuditEntry{},
		engagement.Board{},
		engagement.CalendarFeed{},
		engagement.Call{},
		engagement.Certificate{},
		engagement.Followed{},
		engagement.HelperLink{},
		engagement.HelpOffer{},
		engagement.HostRule{},
		engagement.HoursEntry{},
		engagement.Instance{},
		engagement.Invitation{},
		engagement.Lookup{},
		engagement.MatchRequest{},
		engagement.Message{},
		engagement.Membership{},
		engagement.Occasion{},
		engagement.Opportunity{},
		engagement.Organization{},
		engagement.Partner{},
		engagement.Presence{},
		engagement.Profile{},
		engagement.Report{},
		engagement.Reaction{},
		engagement.SecondFactor{},
		engagement.Series{},
		engagement.Session{},
		engagement.Shift{},
		engagement.ShiftSeries{},
		engagement.ShiftSignUp{},
		engagement.SignUp{},
		engagement.Subscription{},
		engagement.Token{},
	} {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(noun)) {
			if class := f.Tag.Get("class"); !slices.Contains(classes, class) {
				t.Errorf("field %T.%s has class %q", noun, f.Name, class)
			}
		}
	}
	classified := map[string]bool{}
	for name, text := range store.MigrationFiles(t) {
		for column, class := range columnClasses(t, name, text) {
			if !slices.Contains(classes, class) {
				t.Errorf("column %s in %s has class %q", column, name, class)
			}
			classified[column] = true
		}
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, column := range store.Columns(t, s) {
			if strings.HasPrefix(column, "goose_db_version.") || strings.HasPrefix(column, "search_text.") {
				continue // of the migration tool; an index without text of its own
			}
			if !classified[column] {
				t.Errorf("column %s has no class in the migrations", column)
			}
		}
	})
}

var (
	createTable = regexp.MustCompile(`(?s)CREATE TABLE (\w+) \(\n(.*?)\n\);`)
	addColumn   = regexp.MustCompile(`ALTER TABLE (\w+) ADD COLUMN (\w+) [^-\n]*-- (\w+)`)
	columnLine  = regexp.MustCompile(`^  ([a-z_0-9]+) .*?(?:-- (\w+).*)?$`)
)

// columnClasses reads the class behind every column of a migration.
func columnClasses(t *testing.T, name, text string) map[string]string {
	classes := map[string]string{}
	for _, table := range createTable.FindAllStringSubmatch(text, -1) {
		for line := range strings.SplitSeq(table[2], "\n") {
			if strings.HasPrefix(line, "  PRIMARY KEY") || strings.HasPrefix(line, "  UNIQUE") {
				continue
			}
			found := columnLine.FindStringSubmatch(line)
			if found == nil {
				t.Fatalf("%s: cannot read %q", name, line)
			}
			classes[table[1]+"."+found[1]] = found[2]
		}
	}
	for _, column := range addColumn.FindAllStringSubmatch(text, -1) {
		classes[column[1]+"."+column[2]] = column[3]
	}
	return classes
}

// The documents of nouns hold the fields by their Go names: who renames one needs a migration.
func TestTheShapeOfStoredDocuments(t *testing.T) {
	var shape strings.Builder
	for _, noun := range []any{
		engagement.Account{},
		engagement.AdviceRequest{},
		engagement.Barrier{},
		engagement.Announcement{},
		engagement.AuditEntry{},
		engagement.Board{},
		engagement.CalendarFeed{},
		engagement.Call{},
		engagement.Certificate{},
		engagement.Event{},
		engagement.Followed{},
		engagement.HelperLink{},
		engagement.HelpOffer{},
		engagement.HoursEntry{},
		engagement.Instance{},
		engagement.Invitation{},
		engagement.Lookup{},
		engagement.MatchRequest{},
		engagement.Message{},
		engagement.Occasion{},
		engagement.Opportunity{},
		engagement.Organization{},
		engagement.Partner{},
		engagement.Presence{},
		engagement.Profile{},
		engagement.Report{},
		engagement.Reaction{},
		engagement.SecondFactor{},
		engagement.Series{},
		engagement.Shift{},
		engagement.ShiftSeries{},
		engagement.ShiftSignUp{},
		engagement.SignUp{},
		engagement.Subscription{},
		engagement.Token{},
		geo.Place{},
		store.Once{},
		store.Peer{},
		store.RemoteActor{},
	} {
		describe(&shape, reflect.TypeOf(noun), "", nil)
	}
	golden(t, "documents.txt", shape.String())
}

func describe(b *strings.Builder, typ reflect.Type, path string, above []reflect.Type) {
	switch {
	case path == "":
		path = typ.String()
	case typ.Kind() == reflect.Slice, typ.Kind() == reflect.Pointer, typ.Kind() == reflect.Map:
		describe(b, typ.Elem(), path+"[]", above)
		return
	case typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() || slices.Contains(above, typ):
		kind := typ.Kind().String()
		if typ == reflect.TypeFor[time.Time]() {
			kind = "time"
		}
		fmt.Fprintf(b, "%s %s\n", path, kind)
		return
	}
	for i := range typ.NumField() {
		describe(b, typ.Field(i).Type, path+"."+typ.Field(i).Name, append(above, typ))
	}
}

var updateGolden = flag.Bool("update", false, "write the golden files")

// golden compares with a file under testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *updateGolden {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}
