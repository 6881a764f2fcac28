package engagement

import (
	"cmp"
	"slices"
	"time"
)

// Consent is that somebody agreed to one purpose, and the proof of it. What is agreed to again later is another consent.
type Consent struct {
	Purpose   Code      // vocabulary consent_purpose
	Text      string    // version of the words that were agreed to, see [ConsentText]
	Given     time.Time // by the person
	Until     time.Time // when it ends by itself; zero: never
	Withdrawn time.Time // zero: it was not
	Asked     bool      // the person was told that it ends soon
	Paper     string    // number of the form that was signed; empty: it was given here
	TakenBy   ID        // account of who took the paper
}

// Purposes of a [Consent].
const (
	ConsentSensitive    Code = "art9-angaben"         // wishes of Art. 9 GDPR may be used for suggestions
	ByVolunteerCenter   Code = "by-volunteer-center"  // the volunteer center may invite
	ByOrganizations     Code = "by-verified-orgs"     // organizations that somebody checked may
	ByAdministration    Code = "by-administration"    // offices may
	ByPartnerInstances  Code = "by-partner-instances" // organizations of partners may have the person invited
	ExpertiseSearchable Code = "expertise-searchable" // officers may count and see anonymous cards
	ConsentCheckPage    Code = "nachweis-pruefseite"  // whoever has the code of a certificate sees parts of it
)

// ConsentText is the version of the words that people agree to. Whoever changes the meaning of such words raises it.
const ConsentText = "2026-11"

// Limits of consents.
const (
	switchLife    = 12                  // months until a switch turns itself off
	consentRemind = 30 * 24 * time.Hour // before the end
	consentKept   = 36                  // months for which it can be proven after its end, also when the account is deleted
)

// ConsentProofKept is that span for a [ConsentProof], by years with a day more.
const ConsentProofKept = consentKept / 12 * 366 * 24 * time.Hour

// Active says whether the consent holds.
func (c Consent) Active(now time.Time) bool {
	return c.Withdrawn.IsZero() && (c.Until.IsZero() || now.Before(c.Until))
}

// Ending says whether the person was told that it ends soon; giving it again prolongs it.
func (c Consent) Ending(now time.Time) bool { return c.Active(now) && c.Asked }

// ended is when it stopped to hold; zero: it has no end.
func (c Consent) ended() time.Time {
	if c.Withdrawn.IsZero() {
		return c.Until
	}
	return c.Withdrawn
}

// due is when a timer has to look at it next; zero: never.
func (c Consent) due(now time.Time) time.Time {
	switch {
	case c.Active(now) && c.Until.IsZero():
		return time.Time{}
	case c.Active(now) && !c.Asked:
		return c.Until.Add(-consentRemind)
	case c.Active(now):
		return c.Until
	}
	return c.ended().AddDate(0, consentKept, 0)
}

// Consent is the one for a purpose that holds; false: there is none.
func (p Profile) Consent(purpose Code, now time.Time) (Consent, bool) {
	i := p.consent(purpose, now)
	if i < 0 {
		return Consent{}, false
	}
	return p.Consents[i], true
}

// Withdraw takes a consent back. What depended on it ends at once.
func Withdraw(tx Tx, by Actor, purpose Code) error {
	p, err := ownProfile(tx, by)
	if err != nil {
		return err
	}
	if p.consent(purpose, tx.Now()) < 0 {
		return nil // it has ended already
	}
	switch purpose {
	case ConsentSensitive:
		p.Sensitive = false
		return SaveProfile(tx, by, &p)
	case ConsentAssisted:
		return withdrawHelpers(tx, by)
	case ConsentCheckPage:
		return hideCertificates(tx, by)
	}
	return AllowReach(tx, by, purpose, false)
}

func (p Profile) consent(purpose Code, now time.Time) int {
	return slices.IndexFunc(p.Consents, func(c Consent) bool { return c.Purpose == purpose && c.Active(now) })
}

// agree gives or takes back a consent. One that is given again while it holds stays, unless it ends soon.
func (p *Profile) agree(purpose Code, on bool, now, until time.Time) {
	i := p.consent(purpose, now)
	if on && i >= 0 && !p.Consents[i].Asked {
		return
	}
	p.Consents = slices.Clone(p.Consents) // the caller's may be looked at again
	if i >= 0 {
		p.Consents[i].Withdrawn = now
	}
	if on {
		p.Consents = append(p.Consents, Consent{Purpose: purpose, Text: ConsentText, Given: now, Until: until})
	}
}

// ConsentProof is what is left of a consent when the account is deleted: what was agreed to and when, and nothing of the profile.
type ConsentProof struct {
	Person  string    `class:"per"` // see [ConsentMark]
	Purpose Code      `class:"per"`
	Text    string    `class:"per"` // version of the words
	Paper   string    `class:"per"` // number of the form that was signed; empty: it was given here
	Given   time.Time `class:"per"`
	Ended   time.Time `class:"per"` // withdrawn, over, or when the account was deleted; the proof is kept for 36 months from then on
}

// ConsentMark stands for a person in the proofs of their consents. Who knows the address can find them on this instance; the address does
// not follow from it.
func ConsentMark(tx Tx, email string) string { return tx.LinkToken("consents of " + ID(email)) }

// ConsentProofs are the proofs of all consents of a person with that mark. Those that hold have no end.
func (p Profile) ConsentProofs(mark string, now time.Time) (proofs []ConsentProof) {
	for _, c := range p.Consents {
		proof := ConsentProof{Person: mark, Purpose: c.Purpose, Text: c.Text, Paper: c.Paper, Given: c.Given}
		if !c.Active(now) {
			proof.Ended = c.ended()
		}
		proofs = append(proofs, proof)
	}
	return proofs
}

// keepProofs keeps what proves the consents of somebody whose account is deleted; now they end.
func keepProofs(tx Tx, a Account) error {
	p, err := tx.Profile(a.ID)
	if err != nil {
		return err
	}
	for _, proof := range p.ConsentProofs(ConsentMark(tx, cmp.Or(a.Email, string(a.ID))), tx.Now()) {
		if proof.Ended.IsZero() {
			proof.Ended = tx.Now()
		}
		if err := tx.PutConsentProof(proof); err != nil {
			return err
		}
	}
	return nil
}
