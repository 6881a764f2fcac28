package engagement

import "time"

// Event announces a change to whoever must act on it after the commit: the federation (Wire) or the postman (Mail).
// It is written in the transaction of the change and handled at least once.
type Event struct {
	ID      ID                // names the activity on the wire; unique
	For     Audience          // who handles it
	Kind    string            // Wire: one of the Wire* kinds; Mail: name of the mail
	Subject ID                // the noun it is about
	At      time.Time         // instant of the change
	After   time.Time         // not handled before; zero: at once
	Step    *Step             // Wire: the move of a match request
	To      Recipient         // Mail: who gets it
	Args    map[string]string // arguments, for example the token of a link; erased once the event is handled
}

// Audience is the consumer of an event.
type Audience string

const (
	Wire Audience = "wire"
	Mail Audience = "mail"
)

// Kinds of wire events. The federation renders the present state of the subject, so a later event of the same subject may
// overtake an earlier one without harm; a match step is rendered from its own fields.
const (
	WireCreate       = "create"        // opportunity, help offer, announcement, occasion: first publication
	WireUpdate       = "update"        // opportunity, help offer, announcement, occasion, organization, board, public presence, instance
	WireDelete       = "delete"        // opportunity, help offer, announcement, occasion, organization, public presence
	WireMove         = "move"          // organization: it has another account now
	WireAttest       = "attest"        // organization: somebody here vouches for it
	WireMatch        = "match"         // match request: see Step
	WireFollow       = "follow"        // partner: ask to be partners
	WireAccept       = "accept"        // partner: accept their Follow
	WireReject       = "reject"        // partner: refuse their Follow
	WireUndo         = "undo"          // partner: take our Follow back
	WireKeys         = "keys"          // every actor of the instance but pseudonymous persons gets a new key
	WireTrust        = "trust"         // partner: the new key of an actor there is accepted; args actor
	WireMessage      = "message"       // answer to a message of somebody on another server
	WireFlag         = "flag"          // report: tell the server that the reported thing comes from; args text
	WireAnswer       = "answer"        // direct note to somebody on another server who showed interest; subject is the match request
	WireLetFollow    = "let-follow"    // public presence: accept a Follow; args actor
	WireRefuseFollow = "refuse-follow" // public presence: refuse a Follow, or end it; args actor
	WireJoin         = "join"          // sign-up of an account of another server: answer to its Join
)

// Mails by name. Their texts are web's; the subject of each is the ID in the comment.
const (
	MailTest                 = "test"                  // – ; never queued
	MailRegister             = "register"              // – ; args token
	MailKnownAddress         = "known-address"         // account
	MailSignIn               = "sign-in"               // account; args token
	MailReset                = "reset"                 // account; args token
	MailAccessChanged        = "access-changed"        // account
	MailNewDevice            = "new-device"            // account: somebody signed in with a kind of browser not seen before
	MailSecondFactor         = "second-factor"         // account: the second factor or its codes are others, or it is off
	MailEmailConfirm         = "email-confirm"         // account: a new address; args token
	MailEmailChanged         = "email-changed"         // account, to the old address; args token
	MailConfirm              = "request-confirm"       // match request; args token
	MailRequestSent          = "request-sent"          // match request
	MailRequestNews          = "request-news"          // match request: the state changed, to the person
	MailRequestReminder      = "request-reminder"      // match request: a decision of the person is open
	MailRequestUnanswered    = "request-unanswered"    // match request: honest message, to the person
	MailRequestNew           = "request-new"           // match request, to the organization
	MailRequestRemind        = "request-remind"        // match request, to the organization: please answer
	MailRequestChanged       = "request-changed"       // match request: released, withdrawn, cancelled by the person; to the organization
	MailRequestHandover      = "request-handover"      // match request, to the advisers
	MailUndelivered          = "request-undelivered"   // match request: the other instance cannot be reached
	MailMessage              = "message"               // organization: somebody elsewhere wrote to it
	MailMention              = "mention"               // organization: somebody elsewhere wrote about it in public; args address
	MailInvite               = "team-invite"           // organization; args token
	MailNewCase              = "moderation-new"        // organization, opportunity, help offer, report, message or advice request, to the moderators or advisers
	MailReportUrgent         = "report-urgent"         // report: somebody may be in danger; to the moderators
	MailReportReceived       = "report-received"       // report: it came; to who reported
	MailReportDecided        = "report-decided"        // report, to who reported
	MailContentDecision      = "content-decision"      // report: what was decided about their content, and why; to the organization
	MailOrganizationDecision = "organization-decision" // organization
	MailOpportunityDecision  = "opportunity-decision"  // opportunity
	MailOpportunityRemind    = "opportunity-remind"    // opportunity: is it still true?
	MailOpportunityExpired   = "opportunity-expired"   // opportunity
	MailAttestationEnds      = "attestation-ends"      // organization: a statement about it ends in a month; to it and to the advisers
	MailSignUpConfirm        = "sign-up-confirm"       // sign-up; args token
	MailSignUpNews           = "sign-up-news"          // sign-up: its state changed, to the person
	MailSignUpNew            = "sign-up-new"           // occasion, to the organization: somebody waits for its word
	MailOccasionChanged      = "event-changed"         // sign-up: the occasion is at another time or place, or not at all
	MailShiftRemind          = "shift-remind"          // sign-up for a shift: it is soon
	MailShiftNews            = "shift-news"            // sign-up for a shift: a place is kept, it is at another time, or the organization counts on the person
	MailShiftCanceled        = "shift-canceled"        // sign-up for a shift: it does not take place, or not with the person
	MailShiftGivenBack       = "shift-given-back"      // shift, to the organization: somebody does not come after all, at short notice
	MailOccasionDecision     = "event-decision"        // occasion
	MailHelpOfferDecision    = "help-offer-decision"   // help offer
	MailHelpOfferRemind      = "help-offer-remind"     // help offer: is it still true?
	MailHelpOfferExpired     = "help-offer-expired"    // help offer
	MailHelpOfferAnswer      = "help-offer-answer"     // match request: an organization asks, to who offers help
	MailInvitation           = "invitation"            // invitation, to who is invited
	MailCallRelease          = "call-release"          // call: it waits for a second person; to the organization or the advisers
	MailInviteRemind         = "invite-remind"         // account: a permission to be invited or found ends soon
	MailSubscriptionConfirm  = "subscription-confirm"  // subscription; args token
	MailSubscriptionEnds     = "subscription-ends"     // subscription: soon
	MailSearchNews           = "search-news"           // subscription: what its search finds anew; args n
	MailMatches              = "matches"               // subscription: what is new and fits the profile; args n, and ids if they are to be listed
	MailHelperAsked          = "helper-asked"          // helper link: somebody would like the reader to act for them
	MailHelperAccepted       = "helper-accepted"       // helper link: who was asked acts for the reader
	MailHelperDeclined       = "helper-declined"       // helper link: who was asked does not
	MailHelperEnded          = "helper-ended"          // helper link: nobody acts by it any more; to the other of the two
	MailFollowAsked          = "follow-asked"          // account: somebody would like to follow the public presence
	MailPresenceEnded        = "presence-ended"        // account: a moderator ended the public presence
	MailDeletionPlanned      = "deletion-planned"      // account: it will be deleted as asked; args token
	MailAccountUnused        = "account-unused"        // account: nobody uses it, it will be deleted; args token
	MailExportReady          = "export-ready"          // account: the file with the person's data
	MailAccountDeleted       = "account-deleted"       // –: it is gone
	MailTakeOver             = "take-over"             // account: the person can take it over; args token
	MailShortlisted          = "shortlist"             // –; args codes, of the opportunities
	MailBarrierNew           = "barrier-new"           // barrier, to the admins
	MailBarrierReceived      = "barrier-received"      // barrier, to who reported it
	MailBarrierAnswered      = "barrier-answered"      // barrier, to who reported it
	MailAdviceReceived       = "advice-received"       // advice request: it came; to who asks
	MailHoursWaiting         = "hours-waiting"         // organization: somebody wrote down hours; args stop
	MailHoursDecided         = "hours-decided"         // account: an organization answered; args stop
	MailCertificateAsked     = "certificate-asked"     // certificate: somebody asks for it; to the organization; args stop
	MailCertificateNews      = "certificate-news"      // certificate: issued, declined or revoked; to the person; args stop
	MailBackupMissing        = "backup-missing"        // –; to the admins
	MailPartnerRequest       = "partner-request"       // –; to the admins; args host
	MailPartnerKeys          = "partner-keys"          // –; to the admins; args host
	MailHostLimited          = "host-limited"          // –; to the admins; args host
	MailHostAsked            = "host-asked"            // –; to the admins: another one wants it suspended; args host
	MailRoleAsked            = "role-asked"            // –; to the admins: another one wants somebody to moderate or administrate
	MailPartnerLimited       = "partner-limited"       // –; a moderator gave a partner a lower level; to the admins; args host
)

// StrangerMails are the mails that somebody without an account can cause to be sent to any address; their number is limited.
var StrangerMails = []string{MailRegister, MailKnownAddress, MailSignIn, MailReset, MailConfirm, MailInvite, MailReportReceived, MailSignUpConfirm, MailSubscriptionConfirm, MailAdviceReceived, MailShortlisted, MailTakeOver, MailEmailConfirm}

// AccountMails are those of [StrangerMails] that do not count in the limit of all addresses together.
var AccountMails = []string{MailSignIn, MailReset, MailKnownAddress}

// Step is one move of a match request as it goes over the wire.
type Step struct {
	Event  RequestEvent
	Number int       // counts up per sender and match, first is 1
	Reason Code      // decline or withdrawal reason
	Text   string    // plain text, only if the person ticked that it is sent
	Ask    []string  // wished card fields
	Until  time.Time // end of validity of this step
	Undoes ID        // activity id of the Accept that is undone
}

// Recipient says to whom a mail goes. Exactly one of Account, Organization, Role and Address is set, but for the one account of a role that
// the postman has found.
type Recipient struct {
	Account      ID     // a person with an account
	Organization ID     // the contact mailbox of an organization
	Role         Role   // everybody with this staff role
	Address      string // somebody without an account, with Lang
	Lang         Lang   // language of the mail when Address is set
}
