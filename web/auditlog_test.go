package web_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
	"seestern/web"
)

func TestTheAuditLogIsReadByAdmins(t *testing.T) {
	h := newHouse(t)
	h.update(func(tx *store.Tx) error {
		ada, err := tx.AccountByLogin("manager1@mail.example")
		if err != nil {
			return err
		}
		for n := range 60 {
			at := tx.Now().Add(time.Duration(n-60) * 24 * time.Hour)
			if err := tx.Audit(engagement.AuditEntry{At: at, Account: ada.ID, Role: engagement.Manager, Action: "opportunity.change", New: "=formula"}); err != nil {
				return err
			}
		}
		return tx.Audit(engagement.AuditEntry{At: tx.Now(), Action: "instance.change", New: "open"})
	})
	h.moderator.Get("/verwaltung/protokoll").Want(403)
	page := h.admin.Get("/verwaltung/protokoll").Want(200)
	if got := page.Find(".s-table tbody tr"); len(got) != 50 || !strings.Contains(page.Text(".s-table"), "Einstellungen geändert open") {
		t.Errorf("%d rows on the first page", len(got))
	}
	if got := h.admin.Get("/verwaltung/protokoll?kind=instance").Want(200).Text(".s-table tbody"); strings.Contains(got, "opportunity.change") || !strings.Contains(got, "Das Programm") {
		t.Errorf("of the instance: %q", got)
	}
	if got := h.admin.Get("/verwaltung/protokoll?login=manager1@mail.example&from-tag=20&from-monat=11&from-jahr=2026&until-tag=21&until-monat=11&until-jahr=2026").Want(200).Find(".s-table tbody tr"); len(got) != 2 {
		t.Errorf("of two days: %d rows", len(got))
	}
	h.update(func(tx *store.Tx) error {
		return tx.Audit(engagement.AuditEntry{At: tx.Now(), Action: "lookup", New: "3"})
	})
	if got := h.admin.Get("/verwaltung/protokoll?kind=lookup").Want(200).Find(".s-table tbody tr"); len(got) != 1 {
		t.Errorf("of an act of one word: %d rows", len(got))
	}
	h.admin.Get("/verwaltung/protokoll?login=nobody@mail.example").Want(422)
	file := h.admin.Get("/verwaltung/protokoll?kind=opportunity").Form("main form[action*=/speichern]").Submit().Want(200)
	if got := strings.Count(file.Body, "\r\n"); got != 61 || !strings.Contains(file.Body, "\"'=formula\"") {
		t.Errorf("%d lines: %.300s", got, file.Body)
	}
	if got := h.admin.Get("/verwaltung/protokoll").Text(".s-table tbody"); !strings.Contains(got, "Protokoll gespeichert 60") {
		t.Errorf("the export is not recorded: %q", got)
	}
}

// auditedActions are all acts that engagement records, read from its source: those written out, and those made of a beginning and a code; of the
// latter the beginnings, too.
func auditedActions(t *testing.T) (actions, beginnings []string) {
	t.Helper()
	files, err := filepath.Glob("../engagement/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source: %v", err)
	}
	written := regexp.MustCompile(`"((?:account|advice|assignment|assistance|attestation|audit|barrier|board|call|certificate|delivery|directed|event|help-offer|helper|host|hours|instance|opportunity|organization|outlines|partner|post|presence|reply|report|request|role|shift)\.[a-z-]+)"|Action: +"([a-z-]+(?:\.[a-z-]+)?)"`)
	begun := regexp.MustCompile(`Action: +"([a-z-]+)\." \+`)
	helped := regexp.MustCompile(`helped\(tx, by, "([a-z-]+)"`)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range written.FindAllSubmatch(source, -1) {
			actions = append(actions, string(m[1])+string(m[2]))
		}
		for _, m := range begun.FindAllSubmatch(source, -1) {
			beginnings = append(beginnings, string(m[1]))
		}
		for _, m := range helped.FindAllSubmatch(source, -1) {
			actions = append(actions, "helper."+string(m[1]))
		}
	}
	for _, e := range engagement.RequestEvents {
		actions = append(actions, "request."+string(e))
	}
	for _, d := range []engagement.Decision{engagement.DecideApprove, engagement.DecideAsk, engagement.DecideReject, engagement.DecideHide, engagement.DecideRestore, engagement.DecideSuspend} {
		actions = append(actions, "opportunity."+string(d), "help-offer."+string(d))
	}
	return actions, beginnings
}

func TestEveryActInTheAuditLogHasWords(t *testing.T) {
	words, err := web.LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	actions, beginnings := auditedActions(t)
	kinds := map[string]bool{}
	for _, a := range append(beginnings, actions...) {
		kind, _, _ := strings.Cut(a, ".")
		kinds[kind] = true
	}
	if got, want := slices.Sorted(slices.Values(web.AuditKinds)), slices.Sorted(maps.Keys(kinds)); !slices.Equal(got, want) {
		t.Errorf("the filter offers %q, recorded are %q", got, want)
	}
	if len(actions) < 130 {
		t.Fatalf("only %d acts were found in the source", len(actions))
	}
	for _, a := range actions {
		for _, lang := range []web.Lang{web.German, web.English, web.Simple} {
			if !words.Has(lang, "auditlog.did."+a) {
				t.Errorf("%s: no words for %s", lang, a)
			}
		}
		if did := "auditlog.did." + a; words.T(web.Simple, did, nil) == words.T(web.German, did, nil) {
			t.Errorf("%s is as hard in simple language", did)
		}
	}
}
