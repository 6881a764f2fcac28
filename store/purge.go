package store

import (
	"context"
	"fmt"
	"time"

	"seestern/engagement"
)

const (
	day1         = 24 * time.Hour
	rememberLife = 30 * day1
)

// keyOfObject is the last part of an IRI of ours, a UUID, in SQL: the id of what it means.
const keyOfObject = `substr(recipient.object, length(recipient.object) - 35)`

// retention says what is deleted when (domain.md §5.4, security.md §5.4). $1 is the time before which a row is too old.
var retention = []struct {
	what string
	keep time.Duration
	sql  string
}{
	{"sessions unused", engagement.SessionIdle, `DELETE FROM session WHERE last_used < $1`},
	{"sessions over", engagement.SessionLife, `DELETE FROM session WHERE created < $1`},
	{"staff sessions unused", engagement.StaffSessionIdle, `DELETE FROM session WHERE staff = 1 AND last_used < $1`},
	{"staff sessions over", engagement.StaffSessionLife, `DELETE FROM session WHERE staff = 1 AND created < $1`},
	{"tokens", 0, `DELETE FROM token WHERE expires <= $1`},
	{"form results", onceLife, `DELETE FROM once WHERE at < $1`},
	{"events handled (R-26)", engagement.MailKept, `DELETE FROM event WHERE ended > 0 AND ended < $1 AND state IN ('done', 'dropped')`},
	{"events parked", 30 * day1, `DELETE FROM event WHERE ended > 0 AND ended < $1`},
	{"jobs parked", 30 * day1, `DELETE FROM job WHERE ended > 0 AND ended < $1`},
	{"deliveries ended", 7 * day1, `DELETE FROM delivery WHERE ended > 0 AND ended < $1 AND lane = 'normal'`},
	{"deliveries of the priority lane ended", 30 * day1, `DELETE FROM delivery WHERE ended > 0 AND ended < $1`},
	{"payloads without delivery", 7 * day1, `DELETE FROM payload WHERE created < $1 AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.payload = payload.n)`},
	{"inboxes that got what is gone", 30 * day1, `DELETE FROM recipient WHERE since < $1
		AND NOT EXISTS (SELECT 1 FROM opportunity o WHERE o.id = ` + keyOfObject + `)
		AND NOT EXISTS (SELECT 1 FROM help_offer h WHERE h.id = ` + keyOfObject + `)
		AND NOT EXISTS (SELECT 1 FROM announcement n WHERE n.id = ` + keyOfObject + `)
		AND NOT EXISTS (SELECT 1 FROM occasion e WHERE e.id = ` + keyOfObject + `)`},
	{"activity ids", 90 * day1, `DELETE FROM seen WHERE at < $1`},
	{"early deletes", rememberLife, `DELETE FROM remembered WHERE at < $1`},
	{"tombstones (R-10)", engagement.TombstoneKept, `DELETE FROM tombstone WHERE own = 0 AND at < $1`},
	{"audit (R-25)", engagement.AuditKept, `DELETE FROM audit WHERE at < $1`},
	{"messages (R-02)", engagement.MessageKept, `DELETE FROM message WHERE last < $1`},
	{"reports decided (R-20)", engagement.ReportKept, `DELETE FROM report WHERE ended > 0 AND ended < $1`},
	{"barriers answered", engagement.BarrierKept, `DELETE FROM barrier WHERE answered > 0 AND answered < $1`},
	{"cases of the volunteer center (R-18)", engagement.AdviceLife, `DELETE FROM advice WHERE ended > 0 AND ended < $1`},
	{"aliases", 400 * day1, `DELETE FROM alias WHERE at < $1`},
	{"keys retired", 30 * day1, `DELETE FROM actor_key WHERE retired > 0 AND retired < $1`},
	{"actors without relation", 30 * day1, `DELETE FROM remote_actor WHERE fetched < $1
		AND NOT EXISTS (SELECT 1 FROM follower f WHERE f.actor = remote_actor.iri)
		AND NOT EXISTS (SELECT 1 FROM reaction r WHERE r.actor = remote_actor.iri)
		AND NOT EXISTS (SELECT 1 FROM message m WHERE m.actor = remote_actor.iri)
		AND NOT EXISTS (SELECT 1 FROM organization o WHERE o.iri = remote_actor.iri)
		AND NOT EXISTS (SELECT 1 FROM match_request m WHERE m.remote = remote_actor.iri OR m.person = remote_actor.iri)
		AND NOT EXISTS (SELECT 1 FROM sign_up u WHERE u.actor = remote_actor.iri AND u.actor <> '')
		AND NOT EXISTS (SELECT 1 FROM followed f WHERE f.actor = remote_actor.iri)
		AND NOT EXISTS (SELECT 1 FROM partner p WHERE p.host = remote_actor.host)`},
	{"hosts without contact", 30 * day1, `DELETE FROM peer WHERE seen < $1 AND standing = '' AND ` + notPaused + `
		AND NOT EXISTS (SELECT 1 FROM partner p WHERE p.host = peer.host)
		AND NOT EXISTS (SELECT 1 FROM follower f WHERE f.host = peer.host)
		AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.host = peer.host AND d.state = 'waiting')`},
	{"hosts beyond ten thousand", 0, `DELETE FROM peer WHERE seen < $1 AND standing = '' AND ` + notPaused + ` AND host IN (SELECT host FROM peer ORDER BY seen DESC LIMIT 1000000 OFFSET 10000)
		AND NOT EXISTS (SELECT 1 FROM partner p WHERE p.host = peer.host)`},
	{"copies of organizations without content", 90 * day1, `DELETE FROM organization WHERE origin <> '' AND updated < $1
		AND NOT EXISTS (SELECT 1 FROM opportunity o WHERE o.organization = organization.id)
		AND NOT EXISTS (SELECT 1 FROM help_offer h WHERE h.organization = organization.id)
		AND NOT EXISTS (SELECT 1 FROM announcement n WHERE n.organization = organization.id)`},
	{"sign-ups not confirmed (R-01)", engagement.ConfirmLife, `DELETE FROM sign_up WHERE state = 'unconfirmed' AND created < $1`},
	{"subscriptions not confirmed (R-01)", engagement.SubscriptionKept, `DELETE FROM subscription WHERE next = 0 AND created < $1`},
	{"sign-ups for what is over", engagement.SignUpLife, `DELETE FROM sign_up WHERE occasion IN (SELECT id FROM occasion WHERE ends < $1)`},
	{"shifts that are over (R-05)", engagement.ShiftLife, `DELETE FROM shift WHERE ends < $1`},
	{"copies of events that are over", 90 * day1, `DELETE FROM occasion WHERE ends < $1 AND origin <> ''`},
	{"helpers who did not answer", engagement.HelperAskedLife, `DELETE FROM helper_link WHERE accepted = 0 AND asked < $1`},
	{"invitations answered or lapsed (R-08)", engagement.InvitationKept, `DELETE FROM invitation WHERE ended > 0 AND ended < $1`},
	{"calls closed (R-08)", engagement.InvitationKept, `DELETE FROM call WHERE ended > 0 AND ended < $1`},
	{"questions about people (R-25)", engagement.LookupKept, `DELETE FROM lookup WHERE at < $1`},
	{"pictures that nothing uses", pictureDraft, `DELETE FROM picture WHERE kept = 0 AND created < $1`},
	{"proofs of consents (R-14)", engagement.ConsentProofKept, `DELETE FROM consent_proof WHERE ended < $1`},
	{"search rows", 30 * day1, `DELETE FROM search WHERE gone > 0 AND gone < $1`},
}

// Purged says how many rows of a kind were deleted.
type Purged struct {
	What string
	Rows int64
}

// Purge deletes what has been kept long enough, and on SQLite removes its last traces from the files. It runs once a day.
func (s *Store) Purge(ctx context.Context) ([]Purged, error) {
	var done []Purged
	for _, r := range retention {
		err := s.Update(ctx, func(tx *Tx) error {
			n, err := tx.exec(r.sql, ms(tx.now.Add(-r.keep)))
			if n > 0 {
				done = append(done, Purged{r.what, n})
			}
			return err
		})
		if err != nil {
			return done, fmt.Errorf("purge %s: %w", r.what, err)
		}
	}
	return done, s.engine.tidy(ctx, s.now())
}
