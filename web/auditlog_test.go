package web_test

import (
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/store"
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
	if got := page.Find(".s-table tbody tr"); len(got) != 50 || !strings.Contains(page.Text(".s-table"), "instance.change open") {
		t.Errorf("%d rows on the first page", len(got))
	}
	if got := h.admin.Get("/verwaltung/protokoll?kind=instance").Want(200).Text(".s-table tbody"); strings.Contains(got, "opportunity") || !strings.Contains(got, "Das Programm") {
		t.Errorf("of the instance: %q", got)
	}
	if got := h.admin.Get("/verwaltung/protokoll?login=manager1@mail.example&from-tag=20&from-monat=11&from-jahr=2026&until-tag=21&until-monat=11&until-jahr=2026").Want(200).Find(".s-table tbody tr"); len(got) != 2 {
		t.Errorf("of two days: %d rows", len(got))
	}
	h.admin.Get("/verwaltung/protokoll?login=nobody@mail.example").Want(422)
	file := h.admin.Get("/verwaltung/protokoll?kind=opportunity").Form("main form[action*=/speichern]").Submit().Want(200)
	if got := strings.Count(file.Body, "\r\n"); got != 61 || !strings.Contains(file.Body, "\"'=formula\"") {
		t.Errorf("%d lines: %.300s", got, file.Body)
	}
	if got := h.admin.Get("/verwaltung/protokoll").Text(".s-table tbody"); !strings.Contains(got, "audit.export 60") {
		t.Errorf("the export is not recorded: %q", got)
	}
}
