package engagement

import (
	"time"

	"seestern/geo"
)

// Tx is what a rule may ask of the memory; *store.Tx satisfies it. Every method belongs to the caller's transaction.
//
// Reads return [ErrNotFound] for what does not exist. Put inserts when Version is 0 and otherwise replaces the row of exactly
// that Version, returning [ErrStale] if it has moved on; it raises Version in place, so a rule may Put the same value again.
type Tx interface {
	Now() time.Time           // one instant for the whole transaction, UTC, whole milliseconds
	NewID() ID                // UUIDv7: rows and public objects
	NewSecretID() ID          // UUIDv4: whatever must not be guessed or show its age
	NewToken() string         // 128 random bits as 32 hex digits
	LinkToken(id ID) string   // 32 hex digits only this instance can derive from id: the manage link of a match request
	NewCode() (string, error) // 8 letters of the short-code alphabet, unused on this instance

	Instance() (Instance, error) // NewInstance before the set-up
	PutInstance(*Instance) error
	KeepPicture(id, instead ID) error // for good, in the place of another, which is deleted; either may be empty. ErrNotFound if it is gone

	PutOutlines(OutlineLayer, []geo.Line) error // instead of those of the layer
	DeleteOutlines(layer Code) error

	Account(ID) (Account, error)
	AccountByLogin(login string) (Account, error) // e-mail address or user name, any case
	AccountsWithRole(Role) ([]Account, error)
	CountAccounts() (int, error)
	PutAccount(*Account) error
	DueAccounts(before time.Time, limit int) ([]Account, error)
	DeleteAccount(ID) error                                     // with sessions, tokens, memberships and profile
	PutToken(Token) error                                       // replaces older ones of the same purpose, subject and address
	Token(hash string, purpose TokenPurpose) (Token, error)     // as TakeToken, and leaves it
	TakeToken(hash string, purpose TokenPurpose) (Token, error) // ErrNotFound when unknown, used, expired or of another purpose
	DeleteSessions(account ID, except string) error             // except: hash of the session that stays, or ""

	SessionsOf(account ID) ([]Session, error) // the last used first
	DeleteSession(hash string) error
	DeleteTokens(subject ID, purpose TokenPurpose) error
	DeleteTokensFrom(subject ID, purpose TokenPurpose, expires time.Time) error
	DeleteTokensTo(subject ID, purpose TokenPurpose, email string) error
	SecondFactor(account ID) (SecondFactor, error)
	PutSecondFactor(*SecondFactor) error
	DeleteSecondFactor(account ID) error
	Export(account ID) (Export, error)
	PutExport(e *Export, file []byte) error // file: what is ready, or nil
	DueExports(before time.Time, limit int) ([]Export, error)
	DeleteExport(account ID) error
	Barrier(ID) (Barrier, error)
	OpenBarriers(limit int) ([]Barrier, error) // oldest first
	PutBarrier(*Barrier) error
	HelperLink(ID) (HelperLink, error)
	HelperLinksOf(account ID) ([]HelperLink, error) // of the person or the helper, oldest first
	PutHelperLink(*HelperLink) error
	DeleteHelperLink(ID) error
	CountPersonal(account ID) (map[string]int, error) // records about a person by table

	Organization(ID) (Organization, error)
	OrganizationByHandle(handle string) (Organization, error) // own ones only
	OrganizationByIRI(iri string) (Organization, error)       // copies
	PutOrganization(*Organization) error
	Memberships(organization ID) ([]Membership, error)
	MembershipsOf(account ID) ([]Membership, error)
	PutMembership(Membership) error
	DeleteMembership(account, organization ID) error

	Attestation(ID) (Attestation, error)
	Attestations(organization ID) ([]Attestation, error) // all, of whatever state
	PutAttestation(*Attestation) error
	DeleteAttestation(ID) error
	DueAttestations(before time.Time, limit int) ([]Attestation, error)

	Opportunity(ID) (Opportunity, error)
	OpportunityByIRI(iri string) (Opportunity, error) // copies
	PutOpportunity(*Opportunity) error
	DeleteOpportunity(ID) error // leaves a tombstone when it was ever public
	OpportunitiesOf(organization ID) ([]Opportunity, error)
	CountPublished(organization ID) (int, error) // opportunities of it that were ever published
	OpportunitiesByFingerprint(fingerprint string) ([]Opportunity, error)
	CountAtPoint(o Opportunity, most int) (int, error) // copies of one host that differ at one exact place

	HelpOffer(ID) (HelpOffer, error)
	HelpOfferByIRI(iri string) (HelpOffer, error) // copies
	PutHelpOffer(*HelpOffer) error
	DeleteHelpOffer(ID) error                            // leaves a tombstone when it was ever public
	HelpOffersOf(organization ID) ([]HelpOffer, error)   // newest first
	HelpOffersOfAccount(account ID) ([]HelpOffer, error) // newest first
	DueHelpOffers(before time.Time, limit int) ([]HelpOffer, error)

	Profile(account ID) (Profile, error) // the zero Profile of the account if none was saved
	PutProfile(*Profile) error
	DueProfiles(before time.Time, limit int) ([]Profile, error)
	PutConsentProof(ConsentProof) error

	DirectedRequests(since time.Time) ([]Opportunity, error) // own ones and copies that were sent or came since then, newest first
	Invitation(ID) (Invitation, error)
	InvitationsOf(account ID) ([]Invitation, error)     // newest first
	InvitationsTo(opportunity ID) ([]Invitation, error) // oldest first
	PutInvitation(*Invitation) error

	Call(ID) (Call, error)
	CallsFor(opportunity ID) ([]Call, error) // newest first
	OpenCalls() ([]Call, error)              // not closed, oldest first
	PutCall(*Call) error
	LookupsSince(since time.Time, key string) ([]Lookup, error) // newest first
	CountLookups(account, organization ID, since time.Time) (int, error)
	PutLookup(l *Lookup, key string) error
	Show(lookup, account ID) error // notes that a search may show the person's card
	ShownIn(lookup ID) ([]ID, error)

	MatchRequest(ID) (MatchRequest, error)
	PutMatchRequest(*MatchRequest) error
	DeleteMatchRequest(ID) error
	RequestsFor(subject ID) ([]MatchRequest, error)                                    // for an opportunity or help offer, oldest first
	RequestsOfPerson(account ID, email string, opportunity ID) ([]MatchRequest, error) // home; by account, or by address when account is empty
	RequestsOfAccount(account ID) ([]MatchRequest, error)                              // newest first
	Unsay(request ID) error                                                            // takes what somebody wrote out of what was not sent yet

	OpenRequestsWith(host string) ([]MatchRequest, error)          // not final, with that host as home or origin
	InterestOf(actor string, opportunity ID) (MatchRequest, error) // newest request via fediverse of that IRI

	Hours(ID) (HoursEntry, error)
	HoursFrom(cause ID) (HoursEntry, error)
	HoursOf(account ID) ([]HoursEntry, error)        // the last day first
	OpenHours(organization ID) ([]HoursEntry, error) // the first day first
	PutHours(*HoursEntry) error
	DeleteHours(ID) error

	Certificate(ID) (Certificate, error)
	CertificatesOf(account ID) ([]Certificate, error) // the last asked for first
	NextStatus() (int, error)                         // of a status list, from 1; never one that was given
	PutCertificate(*Certificate) error
	DeleteCertificate(ID) error

	Subscription(ID) (Subscription, error)
	SubscriptionsOf(account ID, email string) ([]Subscription, error) // of an account, or of an address without one; oldest first
	PutSubscription(*Subscription) error
	DeleteSubscription(ID) error // with its token and waiting mail

	Announcement(ID) (Announcement, error)
	AnnouncementByIRI(iri string) (Announcement, error) // copies
	PutAnnouncement(*Announcement) error
	StandingAnnouncements(organization ID) ([]Announcement, error) // published or hidden: all that were not withdrawn
	DeleteAnnouncement(ID) error                                   // a copy
	DeleteAnnouncementsOf(organization ID) error                   // copies

	Occasion(ID) (Occasion, error)
	OccasionByIRI(iri string) (Occasion, error) // copies
	PutOccasion(*Occasion) error
	DeleteOccasion(ID) error // a copy
	OccasionsOf(organization ID) ([]Occasion, error)
	OccasionsInSeries(series string) ([]Occasion, error) // that were not withdrawn, the first to begin first
	Series(ID) (Series, error)
	PutSeries(*Series) error
	DueSeries(before time.Time, limit int) ([]Series, error)
	SignUp(ID) (SignUp, error)
	PutSignUp(*SignUp) error
	DeleteSignUp(ID) error
	SignUpsFor(occasion ID) ([]SignUp, error) // oldest first
	SignUpsOf(account ID) ([]SignUp, error)   // newest first

	Shift(ID) (Shift, error)
	PutShift(*Shift) error
	ShiftsFor(opportunity ID) ([]Shift, error) // the first to begin first
	ShiftsInSeries(series ID) ([]Shift, error) // the first to begin first
	DueShifts(before time.Time, limit int) ([]Shift, error)
	ShiftSeries(ID) (ShiftSeries, error)
	PutShiftSeries(*ShiftSeries) error
	DueShiftSeries(before time.Time, limit int) ([]ShiftSeries, error)
	ShiftSignUp(ID) (ShiftSignUp, error)
	PutShiftSignUp(*ShiftSignUp) error
	ShiftSignUpsFor(shift ID) ([]ShiftSignUp, error)  // oldest first
	ShiftSignUpsBy(request ID) ([]ShiftSignUp, error) // oldest first
	ShiftSignUpsOf(account ID) ([]ShiftSignUp, error) // oldest first
	DeleteShiftSignUps(request ID) error              // with waiting mail

	PutCalendarFeed(*CalendarFeed) error
	DeleteCalendarFeed(account ID) error // if there is one

	Followed(actor string) (Followed, error)
	PutFollowed(*Followed) error
	DeleteFollowed(actor string) error // with the copies of its events

	Board(ID) (Board, error)
	BoardByHandle(handle string) (Board, error)

	Presence(ID) (Presence, error)                    // also one that has ended
	PresenceOf(account ID) (Presence, error)          // open
	PresenceByHandle(handle string) (Presence, error) // also one that has ended
	PutPresence(*Presence) error
	FollowWishes(presence ID) ([]FollowWish, error)         // oldest first
	AnswerFollow(presence ID, actor string, yes bool) error // a refused one is kept until it is told
	PutBoard(*Board) error

	Message(ID) (Message, error)
	MessagesTo(organization ID) ([]Message, error) // oldest first; for the empty ID those that moderators read
	CountMessagesFrom(actor string, since time.Time) (int, error)
	PutMessage(*Message) error
	DeleteMessage(ID) error

	Report(ID) (Report, error)
	ReportBySecret(hash string) (Report, error) // by the hash of the link token of its ID or Statement
	ReportsAbout(object ID) ([]Report, error)   // oldest first
	PutReport(*Report) error
	Unsend(events []ID) error // those that nobody has begun to handle
	Tally(what string, code Code, n int) error

	Advice(ID) (AdviceRequest, error)
	AdviceToDo(limit int) ([]AdviceRequest, error) // that have not ended, oldest first
	AdviceOf(account ID) ([]AdviceRequest, error)
	PutAdvice(*AdviceRequest) error

	Reaction(ID) (Reaction, error)
	PutReaction(Reaction) error
	DeleteReaction(actor, iri string) error

	Partner(host string) (Partner, error)
	Partners() ([]Partner, error)
	PutPartner(*Partner) error

	HostRule(host string) (HostRule, error) // the ordinary one of the host if nobody decided anything
	PutHostRule(HostRule) error
	KnownHosts() ([]string, error)                         // every host that something here belongs to
	OpenInterestsFrom(host string) ([]MatchRequest, error) // via fediverse, not final
	CopiedOrganizations(host string) ([]string, error)     // IRIs
	ForgetHost(host string) error                          // its followers, reactions, sign-ups, events and actors, and what waits for it
	RetryDeliveries(host string) (int64, error)            // of all hosts for the empty one

	Emit(Event) error
	Audit(AuditEntry) error
	CountMails(address string, since time.Time) (int, error) // StrangerMails to that address, sent or waiting; for the empty one those to all but [AccountMails]

	DueRequests(before time.Time, limit int) ([]MatchRequest, error)     // open ones with DueAt, ExpiresAt or CardUntil passed, or unconfirmed ones too old
	DueOpportunities(before time.Time, limit int) ([]Opportunity, error) // see Opportunity timers: next due time passed
	DeleteCopiesOf(host string, publicToo bool) error                    // mirrored opportunities, help offers and occasions of an ended partner
}
