package engagement

import (
	"errors"
	"slices"
	"time"

	"seestern/geo"
)

// Board is a page of a place or a topic that people anywhere can follow (UI: Ortsseite, Themenseite). Nobody writes on it: what is
// public here and fits its rule stands there, and goes to whoever follows it.
type Board struct {
	ID           ID         `class:"tec"`
	Handle       string     `class:"pub"` // as of organizations, and of none of them; ends the address of its page
	Kind         BoardKind  `class:"pub"`
	Name         string     `class:"pub"` // ≤ 100
	Summary      string     `class:"pub"` // ≤ 500
	Place        Place      `class:"pub"` // of a place: its middle
	RadiusKM     float64    `class:"pub"` // of a place: how far it reaches, 1–100
	Areas        []Code     `class:"pub"` // of a topic: one of these, or of the topics, is enough; 0–5
	Topics       []Code     `class:"pub"` // 0–10
	Organization ID         `class:"pub"` // who looks after it; empty: the instance
	State        BoardState `class:"pub"`
	Created      time.Time  `class:"pub"`
	Updated      time.Time  `class:"pub"` // zero until the first change
	Version      int        `class:"tec"`
}

// BoardKind is what a board is about.
type BoardKind string

const (
	PlaceBoard BoardKind = "ort"
	TopicBoard BoardKind = "thema"
)

// BoardState is the life of a board. An archived one gets nothing new and no followers, and keeps its handle.
type BoardState string

const (
	BoardActive   BoardState = "active"
	BoardArchived BoardState = "archived"
)

// Farthest and least reach of the board of a place, in kilometres.
const (
	leastBoardKM = 1
	mostBoardKM  = 100
)

// Search finds what stands on the board.
func (b Board) Search() Search {
	if b.Kind == PlaceBoard {
		return Search{Center: b.Place.Public().Point, RadiusKM: b.RadiusKM}
	}
	return Search{Topics: slices.Concat(b.Areas, b.Topics)}
}

// Takes says whether an opportunity fits the board's rule, as its search does.
func (b Board) Takes(o Opportunity) bool {
	if b.Kind == PlaceBoard {
		return slices.ContainsFunc(o.PublicPlaces(), b.reaches)
	}
	return slices.ContainsFunc(slices.Concat(o.Areas, o.Topics), func(c Code) bool {
		return slices.Contains(b.Areas, AreaOf(c)) || slices.Contains(b.Topics, c)
	})
}

// TakesNewsOf says whether the news of an organization stand on the board: those of its place do, and those of organizations that are
// active in one of its areas.
func (b Board) TakesNewsOf(o Organization) bool {
	if b.Kind == PlaceBoard {
		return b.reaches(o.Place.Public())
	}
	return b.takesEventsOf(o)
}

// takesEventsOf says whether the events of an organization stand on the board of a topic, wherever they are.
func (b Board) takesEventsOf(o Organization) bool {
	return b.Kind == TopicBoard && slices.ContainsFunc(o.Areas, func(c Code) bool { return slices.Contains(b.Areas, c) })
}

// TakesOccasion says whether an occasion of an organization stands on the board: one of its place, or of its topic.
func (b Board) TakesOccasion(o Occasion, by Organization) bool {
	return b.Kind == PlaceBoard && b.reaches(o.Place.Public()) || b.takesEventsOf(by)
}

func (b Board) reaches(p Place) bool {
	return p.Known() && geo.Distance(p.Point, b.Place.Public().Point) <= b.RadiusKM
}

// Boards are the active boards of the instance.
type Boards []Board

// Of are those that announce an opportunity: only what is for everybody, and of this instance.
func (all Boards) Of(o Opportunity) []Board {
	return all.that(func(b Board) bool { return o.Local() && o.Visibility == "offen" && b.Takes(o) })
}

// OfNews are those that announce the news of an organization.
func (all Boards) OfNews(o Organization) []Board {
	return all.that(func(b Board) bool { return b.TakesNewsOf(o) })
}

// OfOccasion are those that announce an occasion of an organization: those of its place and of its topics.
func (all Boards) OfOccasion(o Occasion, by Organization) []Board {
	return all.that(func(b Board) bool { return o.Local() && b.TakesOccasion(o, by) })
}

func (all Boards) that(take func(Board) bool) (some []Board) {
	for _, b := range all {
		if take(b) {
			some = append(some, b)
		}
	}
	return some
}

// check finds everything that keeps the board from being stored, and forgets what its kind does not have.
func (b *Board) check(tx Tx) error {
	var bad Invalids
	bad.Text("name", b.Name, 2, 100)
	bad.Text("summary", b.Summary, 0, 500)
	checkHandle(&bad, b.Handle)
	switch b.Kind {
	case PlaceBoard:
		b.Areas, b.Topics = nil, nil
		if !b.Place.Known() {
			bad.Add("place", "error.place.empty")
		}
		if b.RadiusKM < leastBoardKM || b.RadiusKM > mostBoardKM {
			bad.Add("radius", "error.radius.range", "from", leastBoardKM, "to", mostBoardKM)
		}
	case TopicBoard:
		b.Place, b.RadiusKM = Place{}, 0
		bad.Codes("areas", Areas, b.Areas, 0, 5)
		bad.Codes("topics", Topics, b.Topics, 0, 10)
		if len(b.Areas)+len(b.Topics) == 0 {
			bad.Add("areas", "error.choice.few", "n", 1)
		}
	default:
		bad.Add("kind", "error.choice.empty")
	}
	if b.Organization != "" {
		o, err := tx.Organization(b.Organization)
		switch {
		case errors.Is(err, ErrNotFound), err == nil && (!o.Local() || o.State != OrganizationActive):
			bad.Add("organization", "error.organization.unknown")
		case err != nil:
			return err
		}
	}
	return bad.Err()
}

// AddBoard opens a board. Its handle is made from the name when none is given, and is never given out twice.
func AddBoard(tx Tx, by Actor, b Board) (Board, error) {
	if err := must(by, Create, Thing{Noun: ABoard}); err != nil {
		return b, err
	}
	given := b.Handle != ""
	if !given {
		b.Handle = Handle(b.Name)
	}
	if err := b.check(tx); err != nil {
		return b, err
	}
	var err error
	if b.Handle, err = unusedHandle(tx, b.Handle, given); err != nil {
		return b, err
	}
	b.ID, b.State, b.Created, b.Updated, b.Version = tx.NewID(), BoardActive, tx.Now(), time.Time{}, 0
	if err := tx.PutBoard(&b); err != nil {
		return b, err
	}
	return b, audit(tx, by, Admin, AuditEntry{Action: "board.add", Object: b.ID, New: string(b.State)})
}

// EditBoard replaces what may change: all but kind, handle and state. What stood on the board stays with those who got it. Who looks
// after the board is for an admin to say.
func EditBoard(tx Tx, by Actor, b Board) (Board, error) {
	old, err := tx.Board(b.ID)
	if err != nil {
		return b, err
	}
	if err := must(by, Change, old.Thing()); err != nil {
		return b, err
	}
	b.Handle, b.Kind, b.State, b.Created = old.Handle, old.Kind, old.State, old.Created
	if !Can(by, Create, Thing{Noun: ABoard}) {
		b.Organization = old.Organization
	}
	if err := b.check(tx); err != nil {
		return b, err
	}
	b.Updated = tx.Now()
	if err := tx.PutBoard(&b); err != nil {
		return b, err
	}
	return b, emit(tx, WireUpdate, b.ID)
}

// ArchiveBoard ends a board or, with on false, opens it again.
func ArchiveBoard(tx Tx, by Actor, id ID, on bool) (Board, error) {
	b, err := tx.Board(id)
	if err != nil {
		return b, err
	}
	if err := must(by, Decide, b.Thing()); err != nil {
		return b, err
	}
	from, to := BoardActive, BoardArchived
	if !on {
		from, to = to, from
	}
	if b.State != from {
		return b, ErrConflict
	}
	b.State, b.Updated = to, tx.Now()
	if err := tx.PutBoard(&b); err != nil {
		return b, err
	}
	if err := audit(tx, by, Moderator, AuditEntry{Action: "board.archive", Object: b.ID, Old: string(from), New: string(to)}); err != nil {
		return b, err
	}
	return b, emit(tx, WireUpdate, b.ID)
}
