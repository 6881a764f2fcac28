package web_test

import (
	"errors"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
)

func TestAnOfficeVouchesForAnOrganization(t *testing.T) {
	h := newHouse(t)
	office := h.organization("Amt für Beteiligung (Demo)", func(o *engagement.Organization) { o.Kind, o.LegalForm = "office", "oeffentliche-stelle" })
	officer := h.place(h.person("officer1", withRole(engagement.Officer), memberOf(office, engagement.Member)))
	public, path := "/organisationen/"+h.org.Code, "/organisationen/"+h.org.Code+"/bestaetigung"

	t.Run("which is not for everybody", func(t *testing.T) {
		h.manager.Get(path).Want(404)
		h.moderator.Get(path).Want(404)
		if got := h.visitor().Get(public).Want(200).Text("main"); strings.Contains(got, "bestätigen") {
			t.Errorf("a visitor is offered %q", got)
		}
		if page := h.admin.Get(path).Want(200); page.Has("#basis") {
			t.Error("an admin may vouch")
		}
	})
	t.Run("and loses nothing that was typed", func(t *testing.T) {
		form := officer.Get(public).Click("Diese Organisation bestätigen").Want(200).Form(mainForm)
		page := form.Set("by", string(office.ID)).Set("level", "register-geprueft").Set("basis", "Register eingesehen").Set("until-jahr", "2031").Submit().Want(422)
		if got := page.Text("#until-error"); !strings.Contains(got, "24 Monate") || page.Form(mainForm).Values.Get("basis") != "Register eingesehen" {
			t.Errorf("got %q, %v", got, page.Form(mainForm).Values)
		}
	})
	t.Run("so that everybody sees who, when and why", func(t *testing.T) {
		form := officer.Get(path).Want(200).Form(mainForm)
		page := form.Set("by", string(office.ID)).Set("level", "register-geprueft").Set("basis", "Register eingesehen").Submit().Want(200)
		if !strings.HasPrefix(page.Path, public) {
			t.Errorf("leads to %s", page.Path)
		}
		got := h.visitor().Get(public).Want(200).Text("main")
		for _, want := range []string{"Register geprüft", "Geprüft von Amt für Beteiligung (Demo) am", "Grundlage: Register eingesehen", "Gültig bis"} {
			if !strings.Contains(got, want) {
				t.Errorf("without %q: %q", want, got)
			}
		}
	})
	t.Run("until it is revoked", func(t *testing.T) {
		officer.Get(path).Want(200).Form("main form[action*=widerrufen]").Submit().Want(200)
		if got := h.visitor().Get(public).Text("main"); strings.Contains(got, "Grundlage") {
			t.Errorf("got %q", got)
		}
	})
}

func TestWhatAPartnerVouchesForIsShownWhenItsLevelIsAccepted(t *testing.T) {
	h := newHouse(t)
	far := h.organization("Verein am See", func(o *engagement.Organization) {
		o.Origin, o.IRI, o.Handle = "b.example", "https://b.example/ap/org/1", "see"
	})
	h.update(func(tx *store.Tx) error {
		p := engagement.Partner{Host: "b.example", Actor: "https://b.example/ap/actor", Name: "Mitmachen am See", State: engagement.PartnerActive, Level: "geprueft", Contact: tx.Now(), Created: tx.Now()}
		a := engagement.Attestation{
			ID: tx.NewSecretID(), Organization: far.ID, Issuer: "b.example", IRI: "https://b.example/ap/attestation/1", Level: "register-geprueft", Basis: "Register <b>eingesehen</b>",
			Stated: tx.Now(), Until: tx.Now().AddDate(1, 0, 0), Read: tx.Now(),
		}
		gold := a
		gold.ID, gold.IRI, gold.Level, gold.Basis = tx.NewSecretID(), a.IRI+"2", "gold <3", "Ehrenurkunde"
		return errors.Join(tx.PutPartner(&p), tx.PutAttestation(&a), tx.PutAttestation(&gold))
	})
	public := "/organisationen/" + far.Code
	if got := h.visitor().Get(public).Want(200).Text("main"); strings.Contains(got, "Grundlage") {
		t.Errorf("shown though nobody accepted it: %q", got)
	}
	h.admin.Get("/verwaltung/netzwerk/b.example").Want(200).Form("main form[action=/verwaltung/netzwerk/b.example]").Set("attests", "register-geprueft").Submit().Want(200)
	if got := h.visitor().Get(public).Want(200).Text("main"); !strings.Contains(got, "Geprüft von Mitmachen am See (b.example) am") || !strings.Contains(got, "Register <b>eingesehen</b>") || !strings.Contains(got, "gold <3") {
		t.Errorf("got %q", got)
	}
	if got := h.admin.Get(public).Want(200).Text("main"); strings.Contains(got, "Diese Organisation bestätigen") {
		t.Error("somebody here may vouch for it")
	}
}
