package store

import (
	"time"

	"seestern/engagement"
)

// MatchRequest is the record of this side.
func (tx *Tx) MatchRequest(id engagement.ID) (engagement.MatchRequest, error) {
	return doc[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE id = $1`, string(id))
}

// MatchRequestBySecret finds it by the hash of the token of its manage link.
func (tx *Tx) MatchRequestBySecret(hash string) (engagement.MatchRequest, error) {
	return doc[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE secret = $1`, hash)
}

// MatchRequestByOffer finds it by the IRI of its Offer.
func (tx *Tx) MatchRequestByOffer(iri string) (engagement.MatchRequest, error) {
	return doc[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE offer = $1`, iri)
}

// MatchRequestByAccept finds it by the id of our Accept or the IRI of theirs.
func (tx *Tx) MatchRequestByAccept(id string) (engagement.MatchRequest, error) {
	return doc[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE accept = $1`, id)
}

// MatchRequestByAgreement finds it by the id or IRI of its agreement.
func (tx *Tx) MatchRequestByAgreement(id string) (engagement.MatchRequest, error) {
	return doc[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE agreement = $1`, id)
}

// RequestsOfAsker are all requests of an actor of another instance, oldest first.
func (tx *Tx) RequestsOfAsker(iri string) ([]engagement.MatchRequest, error) {
	return docs[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE asker = $1 AND asker <> '' ORDER BY created, id`, iri)
}

// MatchRequestByPerson finds it by our pseudonymous person (32 hex digits).
func (tx *Tx) MatchRequestByPerson(person string) (engagement.MatchRequest, error) {
	return doc[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE person = $1`, person)
}

// MatchRequestByNumber finds it by its reference number for people.
func (tx *Tx) MatchRequestByNumber(number string) (engagement.MatchRequest, error) {
	return doc[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE number = $1`, number)
}

// MatchRequestByNote finds the request via fediverse that began with a note.
func (tx *Tx) MatchRequestByNote(iri string) (engagement.MatchRequest, error) {
	return doc[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE note = $1 AND note <> '' ORDER BY created DESC LIMIT 1`, iri)
}

// InterestOf is the newest request via fediverse of an actor for an opportunity.
func (tx *Tx) InterestOf(actor string, opportunity engagement.ID) (engagement.MatchRequest, error) {
	return doc[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE remote = $1 AND remote <> '' AND opportunity = $2 ORDER BY created DESC, id LIMIT 1`, actor, string(opportunity))
}

// InterestsOf are all requests via fediverse of an actor, oldest first.
func (tx *Tx) InterestsOf(actor string) ([]engagement.MatchRequest, error) {
	return docs[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE remote = $1 AND remote <> '' ORDER BY created, id`, actor)
}

// PutMatchRequest writes it.
func (tx *Tx) PutMatchRequest(m *engagement.MatchRequest) error {
	accept := m.AcceptIRI
	if accept == "" {
		accept = string(m.Accept)
	}
	answer := m.DueAt
	if answer.IsZero() {
		answer = m.ExpiresAt
	}
	person, asker := m.Person, ""
	if m.Home != "" {
		person, asker = "", m.Person
	}
	return tx.put("match_request", "id", string(m.ID), &m.Version, m,
		column{"number", m.Number},
		column{"opportunity", string(m.Subject())},
		column{"organization", string(m.Organization)},
		column{"center", string(m.Center)},
		column{"host", m.Home + m.Origin},
		column{"account", string(m.Account)},
		column{"email", m.Contact.Email},
		column{"secret", null(m.Secret)},
		column{"person", null(person)},
		column{"asker", asker},
		column{"offer", null(m.Offer)},
		column{"accept", null(accept)},
		column{"agreement", null(m.Agreement)},
		column{"remote", m.Remote.Actor},
		column{"note", m.Remote.Note},
		column{"state", string(m.State)},
		column{"final", bit(m.State.Final())},
		column{"answer", ms(answer)},
		column{"due", ms(m.Due())},
		column{"escalated", ms(m.EscalatedAt)},
		column{"created", ms(m.Created)})
}

// DeleteMatchRequest erases it, with tokens, waiting mail and undelivered activities about it, except those that take something back.
func (tx *Tx) DeleteMatchRequest(id engagement.ID) error {
	n, err := tx.exec(`DELETE FROM match_request WHERE id = $1`, string(id))
	if err != nil {
		return err
	}
	if n == 0 {
		return engagement.ErrNotFound
	}
	for _, s := range []string{
		`DELETE FROM token WHERE subject = $1`,
		`DELETE FROM event WHERE audience = 'mail' AND subject = $1`,
		`DELETE FROM alias WHERE subject = $1`,
		`DELETE FROM payload WHERE subject = $1 AND subject <> '' AND NOT EXISTS
			(SELECT 1 FROM delivery d WHERE d.payload = payload.n AND d.lane = 'priority' AND d.state = 'waiting')`,
	} {
		if err := tx.run(s, string(id)); err != nil {
			return err
		}
	}
	return tx.bury("match request", string(id), false)
}

// Unsay takes what somebody wrote out of what was not sent yet about a request: the words of steps, and an Offer or a card
// that has not arrived.
func (tx *Tx) Unsay(request engagement.ID) error {
	steps, err := list(tx, func(row func(...any) error) (e LeasedEvent, err error) {
		var text []byte
		if err := row(&e.n, &text); err != nil {
			return e, err
		}
		return e, decode(text, &e.Event)
	}, `SELECT n, doc FROM event WHERE audience = 'wire' AND subject = $1`, string(request))
	if err != nil {
		return err
	}
	for _, e := range steps {
		if err := tx.forgetWords(e); err != nil {
			return err
		}
	}
	if err := tx.run(`UPDATE delivery SET state = 'dropped', error = 'taken back', ended = $2
		WHERE kind IN ('Offer', 'Create', 'Update') AND state = 'waiting' AND (owner = '' OR next <= $2) AND payload IN (SELECT n FROM payload WHERE subject = $1 AND subject <> '')`, string(request), ms(tx.now)); err != nil {
		return err
	}
	return tx.run(`UPDATE payload SET bytes = $2 WHERE subject = $1 AND subject <> '' AND private = 1
		AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.payload = payload.n AND d.state = 'waiting')`, string(request), []byte{})
}

// RequestsFor are all requests for an opportunity or a help offer, oldest first.
func (tx *Tx) RequestsFor(subject engagement.ID) ([]engagement.MatchRequest, error) {
	return docs[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE opportunity = $1 ORDER BY created, id`, string(subject))
}

// RequestsOfPerson are the requests of one person for an opportunity, oldest first: by account, or by address when account is empty.
func (tx *Tx) RequestsOfPerson(account engagement.ID, email string, opportunity engagement.ID) ([]engagement.MatchRequest, error) {
	if account != "" {
		return docs[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE account = $1 AND account <> '' AND opportunity = $2 ORDER BY created, id`, string(account), string(opportunity))
	}
	return docs[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE email = $1 AND email <> '' AND opportunity = $2 ORDER BY created, id`, email, string(opportunity))
}

// RequestsOfAccount are the requests of an account, newest first.
func (tx *Tx) RequestsOfAccount(account engagement.ID) ([]engagement.MatchRequest, error) {
	return docs[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE account = $1 AND account <> '' ORDER BY created DESC, id`, string(account))
}

// RequestsOfOrganization are the requests that an own organization may see: open ones by when it should act, then ended ones, newest first.
func (tx *Tx) RequestsOfOrganization(organization engagement.ID, limit int) ([]engagement.MatchRequest, error) {
	return docs[engagement.MatchRequest](tx, `SELECT doc FROM match_request
		WHERE organization = $1 AND state NOT IN ('unconfirmed', 'awaiting_guardian')
		ORDER BY final, CASE WHEN final = 1 THEN -created WHEN answer = 0 THEN 9007199254740991 ELSE answer END, id LIMIT $2`, string(organization), limit)
}

// AnswersToOrganization are the answers to what an organization offers itself, newest first. Of those to its volunteers it learns nothing.
func (tx *Tx) AnswersToOrganization(organization engagement.ID, limit int) ([]engagement.MatchRequest, error) {
	return docs[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE center = $1 AND center <> '' AND account = '' ORDER BY created DESC, id LIMIT $2`, string(organization), limit)
}

// CountRequests counts the requests an own organization may see, by state.
func (tx *Tx) CountRequests(organization engagement.ID) (map[engagement.RequestState]int, error) {
	return counts[engagement.RequestState](tx, `SELECT state, count(*) FROM match_request
		WHERE organization = $1 AND state NOT IN ('unconfirmed', 'awaiting_guardian') GROUP BY state`, string(organization))
}

// CountOpenRequests counts the open requests of opportunities.
func (tx *Tx) CountOpenRequests(organization engagement.ID) (map[engagement.ID]int, error) {
	return counts[engagement.ID](tx, `SELECT opportunity, count(*) FROM match_request
		WHERE organization = $1 AND final = 0 AND state NOT IN ('unconfirmed', 'awaiting_guardian') GROUP BY opportunity`, string(organization))
}

// OpenRequestsWith are the requests that are not final and have a host as home or origin.
func (tx *Tx) OpenRequestsWith(host string) ([]engagement.MatchRequest, error) {
	return docs[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE host = $1 AND host <> '' AND final = 0 ORDER BY created, id`, host)
}

// MatchRequests are all requests after an id, for the operator's command line.
func (tx *Tx) MatchRequests(after engagement.ID, limit int) ([]engagement.MatchRequest, error) {
	return docs[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE id > $1 ORDER BY id LIMIT $2`, string(after), limit)
}

// DueRequests are those a timer has to look at: see [engagement.MatchRequest.Due].
func (tx *Tx) DueRequests(before time.Time, limit int) ([]engagement.MatchRequest, error) {
	return docs[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE due > 0 AND due <= $1 ORDER BY due, id LIMIT $2`, ms(before), limit)
}

// AskedFor says for which of the opportunities there is a confirmed request that was made since then.
func (tx *Tx) AskedFor(opportunities []engagement.ID, since time.Time) (map[engagement.ID]bool, error) {
	asked := map[engagement.ID]bool{}
	for in, ids := range portions(opportunities, text) {
		found, err := list(tx, func(row func(...any) error) (id string, err error) { return id, row(&id) },
			`SELECT DISTINCT opportunity FROM match_request WHERE state NOT IN ('unconfirmed', 'awaiting_guardian')
			AND opportunity IN `+in+` AND created >= `+placeholder(len(ids)+1), append(ids, ms(since))...)
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			asked[engagement.ID(id)] = true
		}
	}
	return asked, nil
}

// AgreedWith are the requests with an organization that are agreed and not over, oldest first.
func (tx *Tx) AgreedWith(organization engagement.ID) ([]engagement.MatchRequest, error) {
	return docs[engagement.MatchRequest](tx, `SELECT doc FROM match_request WHERE organization = $1 AND final = 0 AND state IN ('agreed', 'active') ORDER BY created, id`,
		string(organization))
}
