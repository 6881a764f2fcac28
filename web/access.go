package web

import (
	"errors"
	"slices"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// accessArea is what people see of who has looked at something of theirs.
var accessArea = area{
	name:   "access",
	simple: true,
	pages:  map[string]any{"access": accessPage{}},
	routes: []route{{path: ownAccess, get: (*Server).access, who: signedIn, helps: helpsPaper}},
}

// accessPage is who saw or searched something of a person.
type accessPage struct {
	Page
	Rows []accessRow
}

type accessRow struct {
	At      time.Time
	By      string // organization or office
	Key     string // what it did
	Skill   engagement.Code
	Purpose string
	Title   string // of what it was about
}

const (
	ownAccess  = ownData + "/zugriffe"
	accessRows = 200
)

func (s *Server) access(w *Response, r *Request) error {
	p := &accessPage{Page: r.Page("access.title")}
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		p.Rows, err = accesses(tx, r.Session.Account.ID)
		return err
	})
	if err != nil {
		return err
	}
	return w.Page(p)
}

// accesses are the searches that showed a card of the person, the invitations to them, and who read their contact, newest first.
func accesses(tx *store.Tx, account engagement.ID) (rows []accessRow, err error) {
	add := func(row accessRow, organization, opportunity engagement.ID) error {
		o, err := tx.Organization(organization)
		if errors.Is(err, engagement.ErrNotFound) {
			return nil
		}
		row.By = o.Name
		if err == nil && opportunity != "" {
			var about engagement.Opportunity
			if about, err = tx.Opportunity(opportunity); errors.Is(err, engagement.ErrNotFound) {
				err = nil
			}
			row.Title = about.Title
		}
		rows = append(rows, row)
		return err
	}
	lookups, err := tx.LookupsAbout(account, accessRows)
	if err != nil {
		return nil, err
	}
	for _, l := range lookups {
		if err := add(accessRow{At: l.At, Key: "access.searched", Skill: l.Criteria.Skill, Purpose: l.Purpose}, l.Organization, ""); err != nil {
			return nil, err
		}
	}
	invitations, err := tx.InvitationsOf(account)
	if err != nil {
		return nil, err
	}
	for _, i := range invitations {
		if err := add(accessRow{At: i.Created, Key: "access.invited"}, i.Organization, i.Opportunity); err != nil {
			return nil, err
		}
	}
	entries, err := tx.AuditAbout(account, accessRows)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		row := accessRow{At: e.At, Key: "access.contact"}
		var of, about engagement.ID
		switch {
		case helpKeys[e.Action] != "":
			if row, err = helpRow(tx, e, helpKeys[e.Action]); err == nil {
				rows = append(rows, row)
				continue
			}
		case e.Action == engagement.ActionReadContact:
			var m engagement.MatchRequest
			m, err = tx.MatchRequest(e.Object)
			of, about = m.Organization, m.Opportunity
		case e.Action == engagement.ActionReadGuest:
			var guest engagement.SignUp
			var o engagement.Occasion
			if guest, err = tx.SignUp(e.Object); err == nil {
				o, err = tx.Occasion(guest.Occasion)
			}
			row.Title, of = o.Title, o.Organization
		default:
			continue
		}
		if err == nil {
			err = add(row, of, about)
		}
		if err != nil && !errors.Is(err, engagement.ErrNotFound) {
			return nil, err
		}
	}
	slices.SortStableFunc(rows, func(a, b accessRow) int { return b.At.Compare(a.At) })
	return rows, nil
}

// helpKeys are what advisers do with an assisted account, and what is done for a person, as it is told to the person.
var helpKeys = map[string]string{
	"assistance.open": "access.assisted.open", "assistance.paper": "access.assisted.paper", "assistance.withdraw": "access.assisted.withdraw",
	"assistance.change": "access.assisted.change", "assistance.read": "access.assisted.read", "assistance.offer": "access.assisted.offer",
	"assistance.offer-back": "access.assisted.offer-back", "helper.accept": "access.helper.accept", "helper.leave": "access.helper.leave", "helper.certificate": "access.helper.certificate",
	"helper.start": "access.helper.start", "helper.stop": "access.helper.stop",
	"helper.profile": "access.helper.profile", "helper.request": "access.helper.request", "helper.release": "access.helper.release",
	"helper.unshare": "access.helper.unshare", "helper.no": "access.helper.no", "helper.reconfirm": "access.helper.reconfirm",
	"helper.handover": "access.helper.handover", "helper.advice": "access.helper.advice", "helper.agree": "access.helper.agree",
	"helper.hours": "access.helper.hours", "helper.shift-take": "access.helper.shift-take", "helper.shift-back": "access.helper.shift-back",
}

// helpRow says who did something for the person, and about what.
func helpRow(tx *store.Tx, e engagement.AuditEntry, key string) (accessRow, error) {
	row := accessRow{At: e.At, Key: key}
	switch a, err := tx.Account(e.Account); {
	case err == nil:
		row.By = a.Name
	case !errors.Is(err, engagement.ErrNotFound):
		return row, err
	}
	m, err := tx.MatchRequest(e.Object)
	if err == nil {
		var about engagement.Opportunity
		about, err = tx.Opportunity(m.Opportunity)
		row.Title = about.Title
	}
	if errors.Is(err, engagement.ErrNotFound) {
		err = nil
	}
	return row, err
}
