package main

import (
	"fmt"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
)

// helpOfferInput is what somebody offers, as JSON of the demo.
type helpOfferInput struct {
	Volunteer  string            `json:"volunteer"` // user name; empty: the organization itself
	Kind       engagement.Code   `json:"kind"`
	Title      string            `json:"title"`
	Text       string            `json:"text"`
	Areas      []engagement.Code `json:"areas"`
	Activities []engagement.Code `json:"activities"`
	Languages  []engagement.Code `json:"languages"`
	Slots      []engagement.Code `json:"slots"`
	Mode       engagement.Code   `json:"mode"`
	Place      string            `json:"place"`
	RadiusKM   float64           `json:"radius_km"`
	Quantity   int               `json:"quantity"`
}

// addHelpOffer publishes it in the name of an organization, that of a volunteer as if it had been checked.
func addHelpOffer(tx *store.Tx, org engagement.ID, in helpOfferInput, places *geo.Gazetteer) error {
	h := engagement.HelpOffer{
		Organization: org, Kind: in.Kind, Title: in.Title, Text: in.Text, Areas: in.Areas, Activities: in.Activities, Languages: in.Languages, Mode: in.Mode,
		RadiusKM: in.RadiusKM, Quantity: in.Quantity,
	}
	var unknown []engagement.Code
	if h.Grid, unknown = engagement.ParseGrid(in.Slots); len(unknown) > 0 {
		return fmt.Errorf("slots: %v", unknown)
	}
	if in.Place != "" {
		place, err := resolve(places, in.Place)
		if err != nil {
			return err
		}
		h.Place = engagement.PlaceOf(place)
	}
	if in.Volunteer == "" {
		_, err := engagement.OfferOwnHelp(tx, engagement.System, h)
		return err
	}
	a, err := tx.AccountByLogin(in.Volunteer)
	if err != nil {
		return err
	}
	if h, err = engagement.OfferHelp(tx, engagement.Actor{Account: a.ID}, h, "ab-18"); err != nil {
		return err
	}
	_, err = engagement.DecideHelpOffer(tx, engagement.System, h.ID, engagement.DecideApprove, "", "")
	return err
}
