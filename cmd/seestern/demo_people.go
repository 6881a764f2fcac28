package main

import (
	"errors"
	"fmt"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
)

// demoTalents are what the volunteers of the demo can do, in turn. The first two say nothing: visitors of the demo fill their profiles.
var demoTalents = []struct {
	skills, activities, languages []engagement.Code
	slots                         []engagement.Code
}{
	{[]engagement.Code{"moderation", "protokoll"}, []engagement.Code{"moderieren"}, []engagement.Code{"de", "en"}, []engagement.Code{"di-abend", "do-abend"}},
	{[]engagement.Code{"moderation", "lesefoerderung"}, []engagement.Code{"vorlesen", "moderieren"}, []engagement.Code{"de", "tr"}, []engagement.Code{"di-nachmittag", "di-abend"}},
	{[]engagement.Code{"moderation", "gespraechsfuehrung"}, []engagement.Code{"vorlesen", "moderieren"}, []engagement.Code{"de"}, []engagement.Code{"do-nachmittag", "sa-vormittag"}},
}

// fillProfiles gives volunteers a profile near the organizations, lets them be reached in every way, and makes the officer a member of every
// office, so that invitations and searches find somebody.
func (i *demoInstance) fillProfiles(tx *store.Tx, homes []string, places *geo.Gazetteer) error {
	for n, p := range demoPeople {
		a, err := tx.AccountByLogin(p.username)
		if err != nil {
			return err
		}
		if p.role != "" || p.username == "volunteer1" || p.username == "volunteer2" {
			continue
		}
		talent, home := demoTalents[n%len(demoTalents)], homes[n%len(homes)]
		profile := engagement.Profile{Account: a.ID, AgeBand: "27-59", HomeName: home, RadiusKM: 10, Travel: "oepnv", Activities: talent.activities}
		if found := places.Lookup(home); len(found) > 0 {
			profile.Home = found[0].Point
		}
		profile.Grid, _ = engagement.ParseGrid(talent.slots)
		for _, c := range talent.skills {
			profile.Skills = append(profile.Skills, engagement.Skill{Code: c})
		}
		for _, c := range talent.languages {
			profile.Languages = append(profile.Languages, engagement.LanguageSkill{Code: string(c)})
		}
		who := engagement.Actor{Account: a.ID}
		err = engagement.SaveProfile(tx, who, &profile)
		for _, way := range engagement.Switches.Codes() {
			err = errors.Join(err, engagement.AllowReach(tx, who, way, true))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.username, err)
		}
	}
	return nil
}

// joinOffice makes the officer a member of an office.
func joinOffice(tx *store.Tx, org engagement.Organization) error {
	if org.Kind != "office" {
		return nil
	}
	officer, err := tx.AccountByLogin("officer_north")
	if err != nil {
		return err
	}
	return tx.PutMembership(engagement.Membership{Account: officer.ID, Organization: org.ID, Role: engagement.Member, Since: tx.Now()})
}
