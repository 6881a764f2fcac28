package web_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"seestern/engagement"
	"seestern/store"
	"seestern/store/storetest"
	"seestern/web/webtest"
)

// CON-07: rights that are taken away while a request is on its way are not used by it any more.
func TestARightThatIsTakenAwayIsNotUsed(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, config store.Config) {
		h := newHouseOn(t, config)
		account := func(tx *store.Tx, name string) engagement.ID {
			a, err := tx.AccountByLogin(name + "@mail.example")
			if err != nil {
				t.Fatal(err)
			}
			return a.ID
		}
		revoke := func(name string, role engagement.Role) func() {
			return func() {
				h.update(func(tx *store.Tx) error {
					return engagement.GrantRole(tx, engagement.System, account(tx, name), role, false)
				})
			}
		}
		for _, test := range []struct {
			says    string
			form    func() *webtest.Form
			without func()
			done    func(tx *store.Tx) bool
		}{
			{
				"a moderator's, who hides an opportunity",
				func() *webtest.Form {
					return h.moderator.Get("/moderation/angebot/"+h.opportunity.Code).Form(mainForm).Set("decision", "hide").Set("reason", "irrefuehrend")
				},
				revoke("moderator1", engagement.Moderator),
				func(tx *store.Tx) bool {
					o, err := tx.Opportunity(h.opportunity.ID)
					return err != nil || o.State != engagement.Published
				},
			},
			{
				"a manager's, who describes the organization",
				func() *webtest.Form {
					return h.manager.Get("/meine/organisationen/"+h.org.Code+"/angaben").Form(mainForm).Set("summary", "Hier war jemand, der nicht mehr durfte.")
				},
				func() {
					h.update(func(tx *store.Tx) error { return tx.DeleteMembership(account(tx, "manager1"), h.org.ID) })
				},
				func(tx *store.Tx) bool {
					o, err := tx.Organization(h.org.ID)
					return err != nil || o.Summary != h.org.Summary
				},
			},
			{
				"a person's whose sessions have ended",
				func() *webtest.Form {
					return h.adviser.Get("/meine/angaben").Form(mainForm).Set("age", "27-59")
				},
				func() {
					h.update(func(tx *store.Tx) error { return tx.DeleteSessions(account(tx, "adviser1"), "") })
				},
				func(tx *store.Tx) bool {
					p, err := tx.Profile(account(tx, "adviser1"))
					return err != nil || p.AgeBand != ""
				},
			},
			{
				"an admin's, who makes another one",
				func() *webtest.Form {
					return h.admin.Get("/verwaltung/personen").Form(mainForm).Set("login", "manager1@mail.example").Set("role", "admin")
				},
				revoke("admin1", engagement.Admin),
				func(tx *store.Tx) bool {
					a, err := tx.Account(account(tx, "manager1"))
					return err != nil || len(a.Roles) > 0
				},
			},
		} {
			t.Run(test.says, func(t *testing.T) {
				test.form().SubmitMeanwhile(test.without).Want(403)
				h.update(func(tx *store.Tx) error {
					if test.done(tx) {
						t.Error("it was done")
					}
					return nil
				})
			})
		}
	})
}

// TestChangesAreMadeWithPresentRights keeps handlers from the way around [web.Request.update].
func TestChangesAreMadeWithPresentRights(t *testing.T) {
	apart := map[string]bool{
		"update":  true,                              // the way itself
		"session": true, "Claim": true, "Keep": true, // the memory of the frame
		"enter": true, "begin": true, "signOut": true, // begin and end sessions
		"handle": true, "address": true, "TellNews": true, "makeExport": true, // the postman, and what gives work to him
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.SelectorExpr)
				if !ok || call.Sel.Name != "Update" {
					return true
				}
				if found++; !apart[f.Name.Name] {
					t.Errorf("%s: %s calls Update, not Request.update", name, f.Name.Name)
				}
				return true
			})
		}
	}
	if found < len(apart) {
		t.Errorf("only %d calls were found", found)
	}
}
