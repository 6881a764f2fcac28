package store

import "seestern/engagement"

// Subscription is somebody's wish to be told what is new.
func (tx *Tx) Subscription(id engagement.ID) (engagement.Subscription, error) {
	return doc[engagement.Subscription](tx, `SELECT doc FROM subscription WHERE id = $1`, string(id))
}

// SubscriptionBySecret finds it by the hash of the token of its link.
func (tx *Tx) SubscriptionBySecret(hash string) (engagement.Subscription, error) {
	return doc[engagement.Subscription](tx, `SELECT doc FROM subscription WHERE secret = $1`, hash)
}

// SubscriptionsOf are those of an account, or of an address that has none here, oldest first.
func (tx *Tx) SubscriptionsOf(account engagement.ID, email string) ([]engagement.Subscription, error) {
	if account != "" {
		return docs[engagement.Subscription](tx, `SELECT doc FROM subscription WHERE account = $1 ORDER BY created, id`, string(account))
	}
	return docs[engagement.Subscription](tx, `SELECT doc FROM subscription WHERE email = $1 AND email <> '' ORDER BY created, id`, email)
}

// DueSubscriptions are confirmed ones for which news are to be looked for now.
func (tx *Tx) DueSubscriptions(limit int) ([]engagement.Subscription, error) {
	return docs[engagement.Subscription](tx, `SELECT doc FROM subscription WHERE next > 0 AND next <= $1 ORDER BY next, id LIMIT $2`, ms(tx.now), limit)
}

// PutSubscription writes it.
func (tx *Tx) PutSubscription(s *engagement.Subscription) error {
	return tx.put("subscription", "id", string(s.ID), &s.Version, s,
		column{"account", null(s.Account)},
		column{"email", s.Email},
		column{"secret", engagement.Hash(tx.LinkToken(s.ID))},
		column{"next", ms(s.Next)},
		column{"created", ms(s.Created)})
}

// nounSubscription stands on tombstones: a backup that is restored must not bring back mails that somebody has ended.
const nounSubscription = "subscription"

// DeleteSubscription erases it with its token and waiting mail.
func (tx *Tx) DeleteSubscription(id engagement.ID) error {
	for _, s := range []string{
		`DELETE FROM subscription WHERE id = $1`,
		`DELETE FROM token WHERE subject = $1`,
		`DELETE FROM event WHERE audience = 'mail' AND subject = $1`,
	} {
		if err := tx.run(s, string(id)); err != nil {
			return err
		}
	}
	return tx.bury(nounSubscription, string(id), false)
}
