package federation

import (
	"cmp"
	"errors"
	"slices"

	"seestern/engagement"
	"seestern/store"
)

// Limits of reports (protocol.md §5.11).
const (
	maxFlagged = 20 // things that one report is about
	maxFlags   = 10 // reports per day of servers that are no partners
)

// Flag reports things of another server to it: the account they belong to first, because that is what readers take for the subject. It is
// the instance that reports, so nobody learns who did.
func (c Codec) Flag(event engagement.ID, account string, things []string, reason engagement.Code, text string) Doc {
	return Doc{
		"id": c.Base.ActivityID(event), "type": "Flag", "actor": c.Base.Actor(), "object": append([]string{account}, things...),
		"to": []string{account}, "content": cut(text, engagement.ForwardTextLimit), "seestern:reason": string(reason),
	}
}

// Flagged is a report of another server.
type Flagged struct {
	Things []string // ids, at most maxFlagged
	Reason engagement.Code
	Text   string // plain; untrusted: to be shown as a quotation
}

// ReadFlag reads a report. Servers name one thing or several, alone or embedded; most leave out whom it is for.
func ReadFlag(e Envelope) (Flagged, error) {
	f := Flagged{Things: e.Raw.IRIs("object"), Reason: codeOf(e.Raw, "seestern:reason")}
	f.Things = f.Things[:min(len(f.Things), maxFlagged)]
	if len(f.Things) == 0 {
		return f, violation("§5.11", "%s reports nothing", e.ID)
	}
	text, _ := plainText(cmp.Or(firstText(e.Raw, "content"), firstText(e.Raw, "summary"))) // Lemmy says it in the summary
	f.Text = cut(text, engagement.FlagTextLimit)
	return f, nil
}

// meansFlag is another server that reports something. A moderator looks at it; nothing happens by itself, and nobody is told.
func (s *Service) meansFlag(a arrival) (effect, error) {
	f, err := ReadFlag(a.Envelope)
	if err != nil {
		return nil, err
	}
	return func(tx *store.Tx) error {
		in := engagement.ForeignReport{Host: a.From.Host, Actor: a.Actor, Reason: f.Reason, Text: f.Text}
		var accounts []engagement.ID
		for _, iri := range f.Things {
			about, err := s.reportable(tx, iri)
			switch {
			case errors.Is(err, engagement.ErrNotFound):
			case err != nil:
				return err
			case about.Noun == engagement.AnOrganization:
				accounts = append(accounts, about.Organization.ID)
			default:
				in.Objects = append(in.Objects, about.ID())
			}
		}
		in.Objects = slices.Concat(in.Objects, accounts) // what somebody wrote says more than who wrote it
		_, err := engagement.ReceiveReport(tx, in)
		if errors.Is(err, engagement.ErrNotFound) || errors.Is(err, engagement.ErrTooMany) {
			return violation("§5.11", "%s: %v", a.ID, err)
		}
		return err
	}, nil
}

// reportable is the public thing with an id, ours or a copy.
func (s *Service) reportable(tx *store.Tx, iri string) (about engagement.Reportable, err error) {
	if id, ours := s.Base.ParseID(iri); ours {
		if id.Part != "" || id.Fragment != "" {
			return about, engagement.ErrNotFound
		}
		about, err = engagement.Reported(tx, engagement.ID(id.Key))
	} else if o, findErr := tx.OpportunityByIRI(iri); findErr == nil {
		about, err = engagement.Reported(tx, o.ID)
	} else if o, findErr := tx.OrganizationByIRI(iri); findErr == nil {
		about, err = engagement.Reported(tx, o.ID)
	} else if o, findErr := tx.OccasionByIRI(iri); findErr == nil {
		about, err = engagement.Reported(tx, o.ID)
	} else if h, findErr := tx.HelpOfferByIRI(iri); findErr == nil {
		about, err = engagement.Reported(tx, h.ID)
	} else if n, findErr := tx.AnnouncementByIRI(iri); findErr == nil {
		about, err = engagement.Reported(tx, n.ID)
	} else {
		err = findErr
	}
	if err == nil && !engagement.Can(engagement.Actor{}, engagement.Read, about.Thing()) {
		err = engagement.ErrNotFound
	}
	return about, err
}

// flagTarget is the account whose server is told of a report.
func (s *Service) flagTarget(tx *store.Tx, report engagement.ID) (r engagement.Report, account string, things []string, err error) {
	if r, err = tx.Report(report); err != nil {
		return r, "", nil, err
	}
	about, err := engagement.Reported(tx, r.Object)
	if err != nil {
		return r, "", nil, err
	}
	switch about.Noun {
	case engagement.AnOpportunity:
		things = []string{about.Opportunity.IRI}
	case engagement.AnAnnouncement:
		things = []string{about.Announcement.IRI}
	case engagement.AHelpOffer:
		things = []string{about.HelpOffer.IRI}
	case engagement.AnOccasion:
		return r, about.Occasion.Author, []string{about.Occasion.IRI}, nil
	case engagement.AReaction:
		return r, about.Reply.Actor, []string{about.Reply.IRI}, nil
	}
	org, err := tx.Organization(about.Owner)
	return r, org.IRI, things, err
}

// renderFlag tells the server that something reported comes from.
func (s *Service) renderFlag(tx *store.Tx, _ engagement.Instance, e engagement.Event) error {
	r, account, things, err := s.flagTarget(tx, e.Subject)
	if err != nil {
		return ifGone(err)
	}
	actor, err := tx.RemoteActor(account)
	if err != nil {
		return ifGone(err)
	}
	return s.enqueue(tx, parcel{
		doc: s.Flag(e.ID, account, things, r.Reason, e.Args["text"]), signer: ownerInstance, object: s.Base.ActivityID(e.ID), private: true,
		inboxes: []store.Recipient{inboxAt(actor.Inbox)},
	})
}
