package federation

// meanings says what activities mean, by type. A meaning is found without the store and without the network; every other type is
// understood by nobody here, and that is no error (P8).
var meanings = map[string]func(*Service, arrival) (effect, error){
	"Follow": (*Service).meansFollow,
	"Accept": (*Service).meansAnswer,
	"Reject": (*Service).meansAnswer,
	"Undo":   (*Service).meansUndo,
	"Block":  (*Service).meansBlock,
	"Flag":   (*Service).meansFlag,
	"Move":   (*Service).meansMove,

	"Create":   (*Service).meansObject,
	"Update":   (*Service).meansObject,
	"Delete":   (*Service).meansDelete,
	"Join":     (*Service).meansJoin,
	"Leave":    (*Service).meansLeave,
	"Like":     (*Service).meansLike,
	"Announce": (*Service).meansAnnounce,

	"Offer":           (*Service).meansMatch,
	"TentativeAccept": (*Service).meansMatch,
	"TentativeReject": (*Service).meansMatch,
}

// meaning is the sixth gate: the one object an activity is about, read, and what is to be done with it. What cannot be read, or is
// nothing to us, is ErrIgnored.
func (s *Service) meaning(a arrival) (effect, error) {
	read := meanings[a.Type]
	if read == nil {
		return nil, violation("P8", "%s is no activity of ours", a.Type)
	}
	return read(s, a)
}

// meansObject sorts what is published or changed by what it is.
func (s *Service) meansObject(a arrival) (effect, error) {
	switch {
	case MatchEvent(a.Envelope) != "":
		return s.meansMatch(a)
	case a.Object == nil:
		return nil, violation("P5", "%s does not carry its object", a.ID)
	case a.Type == "Update" && a.ObjectID == a.Actor:
		return s.meansActor(a)
	case IsProposal(a.Object) && a.Object.String("purpose") == "offer":
		return s.meansHelpOffer(a)
	case IsProposal(a.Object):
		return s.meansOpportunity(a)
	case hasType(a.Object, "Event"):
		return s.meansOccasion(a)
	case isPost(a.Object):
		return s.meansPost(a)
	case IsAnnouncement(a.Object):
		return s.meansAnnouncement(a)
	}
	return s.meansNote(a)
}
