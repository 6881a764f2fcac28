package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// Postman turns mail events into mails and sends them. It belongs to the program, which starts and stops it; several processes may run
// one each.
type Postman struct {
	Server *Server
	Store  *store.Store
	Post   Post
	Log    *slog.Logger
}

const (
	mailLease = 2 * time.Minute
	mailBatch = 10
)

// mailPauses are the waits after each failure; together they are longer than two days, then the mail is parked for the operator.
var mailPauses = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 24 * time.Hour}

// Run sends mails until ctx ends.
func (p Postman) Run(ctx context.Context) error {
	wake, stop := p.Store.Wake()
	defer stop()
	host, _ := os.Hostname() // only names the holder of a lease
	owner := fmt.Sprintf("mail-%s-%d", host, os.Getpid())
	retry := time.NewTicker(time.Minute) // failed mails become due without a commit
	defer retry.Stop()
	for {
		n, err := p.round(ctx, owner)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			p.Log.Error("mail", "error", err)
		}
		if n == mailBatch {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-retry.C:
		}
	}
}

// round sends the mails that are due, at most one batch, and returns how many it took.
func (p Postman) round(ctx context.Context, owner string) (int, error) {
	events, err := p.Store.LeaseEvents(ctx, engagement.Mail, owner, mailBatch, mailLease)
	failed := []error{err}
	for _, e := range events {
		failed = append(failed, p.handle(ctx, e))
	}
	return len(events), errors.Join(failed...)
}

// handle sends the mails of one event and ends it, or puts it off.
func (p Postman) handle(ctx context.Context, e store.LeasedEvent) error {
	if e.To.Role != "" && e.To.Account == "" {
		return p.address(ctx, e)
	}
	failed := p.deliver(ctx, e.Event)
	if ctx.Err() != nil {
		return nil // the lease runs out, and somebody sends it
	}
	err := p.Store.Update(ctx, func(tx *store.Tx) error {
		switch {
		case failed == nil:
			return tx.EventDone(e)
		case e.Failures < len(mailPauses):
			return tx.EventFailed(e, failed.Error(), tx.Now().Add(mailPauses[e.Failures]))
		}
		return tx.EventFailed(e, failed.Error(), time.Time{})
	})
	if err := errors.Join(failed, err); err != nil {
		return fmt.Errorf("%s %s: %w", e.Kind, e.ID, err)
	}
	return nil
}

// address makes one event for each of those with a role: a mailbox that refuses must neither keep the others waiting nor send them the same
// mail again with every try.
func (p Postman) address(ctx context.Context, e store.LeasedEvent) error {
	return p.Store.Update(ctx, func(tx *store.Tx) error {
		staff, err := tx.AccountsWithRole(e.To.Role)
		if err != nil {
			return err
		}
		for _, a := range staff {
			one := e.Event
			one.ID, one.To.Account = tx.NewID(), a.ID
			if err := tx.Emit(one); err != nil {
				return err
			}
		}
		return tx.EventDone(e)
	})
}

func (p Postman) deliver(ctx context.Context, e engagement.Event) error {
	var m Mail
	err := p.Store.View(ctx, func(tx *store.Tx) (err error) {
		if m, err = mailOf(tx, e); err != nil || e.Kind != engagement.MailMatches {
			return err
		}
		return p.Server.listMatches(tx, e, &m)
	})
	if errors.Is(err, engagement.ErrNotFound) {
		return nil // what it was about, or who should read it, is gone meanwhile
	}
	if err != nil {
		return err
	}
	message, err := p.Server.Compose(ctx, m)
	if err != nil {
		return err
	}
	if err := p.Post.Send(ctx, message); err != nil {
		// Mail servers repeat addresses in their answers; logs must not.
		return errors.New(strings.ReplaceAll(err.Error(), m.To, "…"))
	}
	return nil
}

// mailOf is the mail of an event. It returns engagement.ErrNotFound if nobody is to read it.
func mailOf(tx *store.Tx, e engagement.Event) (m Mail, err error) {
	path, ok := mailPaths[e.Kind]
	if !ok {
		return m, fmt.Errorf("mail of unknown kind %q", e.Kind)
	}
	to, err := path(tx, e)
	if err != nil {
		return m, err
	}
	if m, err = readerOf(tx, e.To); err != nil {
		return m, err
	}
	m.ID, m.Kind, m.Path = e.ID, e.Kind, to
	if stoppable[e.Kind] {
		m.Off = "/abbestellen/" + tx.LinkToken(e.Subject)
	}
	if token := e.Args["stop"]; token != "" {
		m.Off = "/abbestellen/" + token
	}
	m.Args = map[string]any{}
	if n, err := strconv.Atoi(e.Args["n"]); err == nil {
		m.Args["n"] = n
	}
	if address := e.Args["address"]; address != "" {
		m.Args["x"] = address
	}
	return m, nil
}

// stoppable are the mails that end with one click. The token for that is the link token of what they are about.
var stoppable = map[string]bool{
	engagement.MailInvitation: true, engagement.MailSearchNews: true, engagement.MailMatches: true, engagement.MailSubscriptionEnds: true,
	engagement.MailShiftRemind: true, engagement.MailShiftNews: true,
}

// readerOf is the address, name and language of a recipient; engagement.ErrNotFound if there is no address.
func readerOf(tx *store.Tx, to engagement.Recipient) (m Mail, err error) {
	m = Mail{To: to.Address, Lang: to.Lang}
	switch {
	case to.Account != "":
		var a engagement.Account
		a, err = tx.Account(to.Account)
		m = Mail{To: a.Email, Name: a.Name, Lang: a.Lang}
	case to.Organization != "":
		var o engagement.Organization
		o, err = tx.Organization(to.Organization)
		m = Mail{To: o.ContactMail, Lang: "de"}
	}
	if err == nil && m.To == "" {
		err = engagement.ErrNotFound
	}
	return m, err
}

// mailPaths are the pages that the buttons of mails open, by kind. A page behind a token shows what will happen and a button, because
// programs that check mail open links.
var mailPaths = map[string]func(tx *store.Tx, e engagement.Event) (string, error){
	engagement.MailBarrierNew:           fixedPath(barrierDesk),
	engagement.MailBarrierReceived:      barrierPath,
	engagement.MailBarrierAnswered:      barrierPath,
	engagement.MailTest:                 fixedPath(mailCheckPath),
	engagement.MailRegister:             tokenPath("/registrieren/bestaetigen/"),
	engagement.MailKnownAddress:         fixedPath("/anmelden"),
	engagement.MailSignIn:               tokenPath("/anmelden/link/"),
	engagement.MailReset:                tokenPath("/passwort-vergessen/neu/"),
	engagement.MailAccessChanged:        fixedPath("/anmelden"),
	engagement.MailNewDevice:            fixedPath(ownDevices),
	engagement.MailSecondFactor:         fixedPath(ownSecond),
	engagement.MailEmailConfirm:         tokenPath("/konto/email/"),
	engagement.MailEmailChanged:         tokenPath("/konto/email/zurueck/"),
	engagement.MailConfirm:              tokenPath("/anfrage/bestaetigen/"),
	engagement.MailRequestSent:          personPath,
	engagement.MailRequestNews:          personPath,
	engagement.MailRequestReminder:      personPath,
	engagement.MailRequestUnanswered:    personPath,
	engagement.MailUndelivered:          undeliveredPath,
	engagement.MailRequestNew:           teamPath,
	engagement.MailRequestRemind:        teamPath,
	engagement.MailRequestChanged:       teamPath,
	engagement.MailRequestHandover:      casePath,
	engagement.MailMention:              organizationPath,
	engagement.MailMessage:              messagesPath,
	engagement.MailInvite:               tokenPath("/einladung/"),
	engagement.MailReportUrgent:         fixedPath("/moderation"),
	engagement.MailReportReceived:       reporterPath,
	engagement.MailReportDecided:        reporterPath,
	engagement.MailContentDecision:      authorPath,
	engagement.MailNewCase:              casePath,
	engagement.MailOrganizationDecision: organizationPath,
	engagement.MailAttestationEnds:      publicOrganizationPath,
	engagement.MailOpportunityDecision:  opportunitiesPath,
	engagement.MailOpportunityRemind:    opportunitiesPath,
	engagement.MailOpportunityExpired:   opportunitiesPath,
	engagement.MailSignUpConfirm:        tokenPath("/anmeldung/bestaetigen/"),
	engagement.MailSignUpNews:           guestPath,
	engagement.MailOccasionChanged:      guestPath,
	engagement.MailSignUpNew:            occasionGuestsPath,
	engagement.MailOccasionDecision:     occasionGuestsPath,
	engagement.MailShiftRemind:          ownShiftsPath,
	engagement.MailShiftNews:            ownShiftsPath,
	engagement.MailShiftCanceled:        ownShiftsPath,
	engagement.MailShiftGivenBack:       shiftPath,
	engagement.MailHelpOfferDecision:    offerPath,
	engagement.MailHelpOfferRemind:      offerPath,
	engagement.MailHelpOfferExpired:     offerPath,
	engagement.MailHelpOfferAnswer:      personPath,
	engagement.MailInvitation:           invitationPath,
	engagement.MailCallRelease:          callPath,
	engagement.MailInviteRemind:         fixedPath(ownReach),
	engagement.MailSubscriptionConfirm:  tokenPath("/gemerkt/bestaetigen/"),
	engagement.MailSubscriptionEnds:     subscriptionPath,
	engagement.MailSearchNews:           subscriptionPath,
	engagement.MailMatches:              fixedPath(notifications + "/neues"),
	engagement.MailHelperAsked:          fixedPath(ownHelpers),
	engagement.MailHelperAccepted:       fixedPath(ownHelpers),
	engagement.MailHelperDeclined:       fixedPath(ownHelpers),
	engagement.MailHelperEnded:          fixedPath(ownHelpers),
	engagement.MailFollowAsked:          fixedPath(ownPresence),
	engagement.MailPresenceEnded:        fixedPath("/meine"),
	engagement.MailDeletionPlanned:      tokenPath("/konto/behalten/"),
	engagement.MailAccountUnused:        tokenPath("/konto/behalten/"),
	engagement.MailExportReady:          fixedPath(ownExport),
	engagement.MailAccountDeleted:       fixedPath("/"),
	engagement.MailAdviceReceived:       fixedPath("/"),
	engagement.MailShortlisted:          listPath,
	engagement.MailTakeOver:             tokenPath("/konto/uebernehmen/"),
	engagement.MailHoursWaiting:         teamHoursPathOf,
	engagement.MailHoursDecided:         fixedPath(ownHours),
	engagement.MailCertificateAsked:     teamCertificatePath,
	engagement.MailCertificateNews:      certificatePath,
	engagement.MailBackupMissing:        fixedPath("/verwaltung"),
	engagement.MailPartnerRequest:       fixedPath("/verwaltung/netzwerk"),
	engagement.MailPartnerKeys:          fixedPath("/verwaltung/netzwerk"),
	engagement.MailHostLimited:          fixedPath("/verwaltung/netzwerk"),
	engagement.MailHostAsked:            func(_ *store.Tx, e engagement.Event) (string, error) { return hostPath(e.Args["host"]), nil },
	engagement.MailRoleAsked:            fixedPath("/verwaltung/personen"),
	engagement.MailPartnerLimited:       fixedPath("/verwaltung/netzwerk"),
}

func fixedPath(path string) func(*store.Tx, engagement.Event) (string, error) {
	return func(*store.Tx, engagement.Event) (string, error) { return path, nil }
}

func tokenPath(path string) func(*store.Tx, engagement.Event) (string, error) {
	return func(_ *store.Tx, e engagement.Event) (string, error) { return path + e.Args["token"], nil }
}

// listPath is a shortlist.
func listPath(_ *store.Tx, e engagement.Event) (string, error) {
	return shortlistPath(strings.Fields(e.Args["codes"])), nil
}

// casePath is where advisers, moderators or admins find new cases.
func casePath(_ *store.Tx, e engagement.Event) (string, error) {
	switch e.To.Role {
	case engagement.Adviser:
		return "/vermittlung", nil
	case engagement.Admin:
		return "/verwaltung", nil
	}
	return "/moderation", nil
}

// invitationPath is the page of an invitation.
func invitationPath(tx *store.Tx, e engagement.Event) (string, error) {
	i, err := tx.Invitation(e.Subject)
	return "/meine/einladungen/" + string(i.ID), err
}

// callPath is where somebody can release a call.
func callPath(tx *store.Tx, e engagement.Event) (string, error) {
	c, err := tx.Call(e.Subject)
	if err != nil {
		return "", err
	}
	o, err := tx.Organization(c.Organization)
	return callDesk(c.Way, o), err
}

// callDesk is the list of calls in the way of a switch on behalf of an organization.
func callDesk(way engagement.Code, o engagement.Organization) string {
	switch way {
	case engagement.ByVolunteerCenter:
		return centerCalls
	case engagement.ByAdministration:
		return officeCalls
	}
	return "/meine/organisationen/" + o.Code + callTab
}

// offerPath is where who offers help sees it.
func offerPath(tx *store.Tx, e engagement.Event) (string, error) {
	h, err := tx.HelpOffer(e.Subject)
	if err != nil || h.Account != "" {
		return "/meine/ich-biete", err
	}
	o, err := tx.Organization(h.Organization)
	return "/meine/organisationen/" + o.Code + "/wir-bieten", err
}

// personPath is the status page of a request, for the person, or for the organization that offers help itself.
func personPath(tx *store.Tx, e engagement.Event) (string, error) {
	m, err := tx.MatchRequest(e.Subject)
	switch {
	case err != nil:
		return "", err
	case m.Account != "":
		return "/meine/anfragen/" + string(m.ID), nil
	case m.Answers():
		o, err := tx.Organization(m.Center)
		return "/meine/organisationen/" + o.Code + "/wir-bieten/anfrage/" + string(m.ID), err
	}
	return "/anfrage/" + tx.LinkToken(m.ID), nil
}

// teamPath is the page of a request in the workspace of its organization.
func teamPath(tx *store.Tx, e engagement.Event) (string, error) {
	m, err := tx.MatchRequest(e.Subject)
	if err != nil {
		return "", err
	}
	o, err := tx.Organization(m.Organization)
	return "/meine/organisationen/" + o.Code + "/anfragen/" + string(m.ID), err
}

// undeliveredPath leads whoever is on this side to the request.
func undeliveredPath(tx *store.Tx, e engagement.Event) (string, error) {
	m, err := tx.MatchRequest(e.Subject)
	if err == nil && e.To.Organization == m.Organization {
		return teamPath(tx, e)
	}
	return personPath(tx, e)
}

// teamHoursPathOf is where an organization confirms hours.
func teamHoursPathOf(tx *store.Tx, e engagement.Event) (string, error) {
	path, err := organizationPath(tx, e)
	return path + hoursTab, err
}

// teamCertificatePath is where an organization confirms a certificate.
func teamCertificatePath(tx *store.Tx, e engagement.Event) (string, error) {
	c, err := tx.Certificate(e.Subject)
	if err != nil {
		return "", err
	}
	o, err := tx.Organization(c.Organization)
	return "/meine/organisationen/" + o.Code + certificateTab + "/" + string(c.ID), err
}

// certificatePath is the page of a certificate for its person.
func certificatePath(tx *store.Tx, e engagement.Event) (string, error) {
	c, err := tx.Certificate(e.Subject)
	return ownCertificates + "/" + string(c.ID), err
}

// ownShiftsPath is where a person sees their shifts.
func ownShiftsPath(tx *store.Tx, e engagement.Event) (string, error) {
	u, err := tx.ShiftSignUp(e.Subject)
	if err != nil {
		return "", err
	}
	e.Subject = u.Request
	path, err := personPath(tx, e)
	return path + "/schichten", err
}

// shiftPath is the page of a shift in the workspace of its organization.
func shiftPath(tx *store.Tx, e engagement.Event) (string, error) {
	s, err := tx.Shift(e.Subject)
	if err != nil {
		return "", err
	}
	o, err := tx.Organization(s.Organization)
	return "/meine/organisationen/" + o.Code + shiftTab + "/schichten/" + string(s.ID), err
}

func messagesPath(tx *store.Tx, e engagement.Event) (string, error) {
	path, err := organizationPath(tx, e)
	return path + "/nachrichten", err
}

// reporterPath is the page of a report, for who reported.
func reporterPath(tx *store.Tx, e engagement.Event) (string, error) {
	return "/entscheidungen/" + tx.LinkToken(e.Subject), nil
}

// authorPath is the page with the decision about somebody's content.
func authorPath(tx *store.Tx, e engagement.Event) (string, error) {
	r, err := tx.Report(e.Subject)
	return "/entscheidungen/" + tx.LinkToken(r.Statement), err
}

// guestPath is the page of a sign-up, for the person.
func guestPath(tx *store.Tx, e engagement.Event) (string, error) {
	s, err := tx.SignUp(e.Subject)
	return "/anmeldung/" + tx.LinkToken(s.ID), err
}

// occasionGuestsPath is the page of an occasion in the workspace of its organization; of one that was removed, the list.
func occasionGuestsPath(tx *store.Tx, e engagement.Event) (string, error) {
	o, err := tx.Occasion(e.Subject)
	if err != nil {
		return "", err
	}
	org, err := tx.Organization(o.Organization)
	path := "/meine/organisationen/" + org.Code + "/termine"
	if o.State != engagement.OccasionWithdrawn {
		path += "/" + o.Code + "/anmeldungen"
	}
	return path, err
}

// publicOrganizationPath is the page of an organization that everybody sees.
func publicOrganizationPath(tx *store.Tx, e engagement.Event) (string, error) {
	o, err := tx.Organization(e.Subject)
	return organizationPage(o), err
}

func organizationPath(tx *store.Tx, e engagement.Event) (string, error) {
	o, err := tx.Organization(e.Subject)
	return "/meine/organisationen/" + o.Code, err
}

func opportunitiesPath(tx *store.Tx, e engagement.Event) (string, error) {
	o, err := tx.Opportunity(e.Subject)
	if err != nil {
		return "", err
	}
	org, err := tx.Organization(o.Organization)
	return "/meine/organisationen/" + org.Code + "/angebote", err
}
