package engagement

import (
	"cmp"
	"net/url"
	"strings"
)

// duplicate is the reason for which a copy is hidden that came on another way, too.
const duplicate Code = "doppelt"

// settle shows, of opportunities that look the same and come from different places, the one nearest to its source, and hides the others
// (domain.md §3.12). When the one that is shown ends, the next one takes its place. What a moderator hid or released stays as it is.
func settle(tx Tx, fingerprint string) error {
	same, err := tx.OpportunitiesByFingerprint(fingerprint)
	if err != nil || len(same) < 2 {
		return err
	}
	var best *Opportunity
	nearest, decided := 0, false // by a moderator, who did not want it to be seen: it does not come back under another address
	for i := range same {
		o := &same[i]
		decided = decided || o.State == Suspended || o.State == Hidden && !o.Duplicates()
		if !o.contends() {
			continue
		}
		near, err := o.nearness(tx)
		if err != nil {
			return err
		}
		if best == nil || cmp.Or(cmp.Compare(near, nearest), best.Published.Compare(o.Published), strings.Compare(string(best.ID), string(o.ID))) > 0 {
			best, nearest = o, near
		}
	}
	for i := range same {
		o := &same[i]
		switch {
		case o.Local() || !o.contends():
			continue
		case o.Duplicates() && o.Origin == best.Origin && !decided:
			o.State, o.Hidden, o.Reason = o.Hidden, "", ""
		case !o.Duplicates() && o.Origin != best.Origin && o.Reason != duplicate:
			o.State, o.Hidden, o.Reason = Hidden, o.State, duplicate
		default:
			continue
		}
		if err := tx.PutOpportunity(o); err != nil {
			return err
		}
	}
	return nil
}

// contends says whether an opportunity is to be seen here, or would be without another one that looks the same.
func (o Opportunity) contends() bool {
	state := o.State
	if o.Duplicates() {
		state = o.Hidden
	}
	return (state == Published || state == Paused || state == Filled) && o.Visibility != "intern" && !o.Directed()
}

// Duplicates says whether a copy is hidden because it came on another way, too; a moderator gives a reason in words.
func (o Opportunity) Duplicates() bool {
	return !o.Local() && o.State == Hidden && o.Reason == duplicate && o.ReasonText == ""
}

// nearness is how near to its source an opportunity comes from: own ones are nearest, then those of the instance that the organization
// itself has, at the address of its web site.
func (o Opportunity) nearness(tx Tx) (int, error) {
	if o.Local() {
		return 2, nil
	}
	org, err := tx.Organization(o.Organization)
	if err != nil {
		return 0, err
	}
	if site, err := url.Parse(org.Web); err == nil && strings.TrimPrefix(site.Hostname(), "www.") == o.Origin {
		return 1, nil
	}
	return 0, nil
}
