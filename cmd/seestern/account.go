package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"seestern/engagement"
	"seestern/store"
	"seestern/web"
)

type accountCommands struct {
	Add    accountAdd    `cmd:"" help:"Make an account."`
	List   accountList   `cmd:"" help:"List accounts: id, roles, month of the last use, and the day on which they are deleted."`
	Role   accountRole   `cmd:"" help:"Give a role to an account or take it away."`
	Age    accountAge    `cmd:"" help:"Correct the age group of somebody who said that they are under 16, which they cannot do themselves."`
	Delete accountDelete `cmd:"" help:"Delete an account, after two weeks in which it can be kept."`
	Keep   accountKeep   `cmd:"" help:"Keep an account that is about to be deleted."`
	Erased accountErased `cmd:"" help:"What was deleted with accounts in the last year: when, how many records, and a pseudonym."`
	Unlock accountUnlock `cmd:"" help:"Take a lost second factor away; staff set up another at the next sign-in."`

	Consents accountConsents `cmd:"" help:"List what somebody agreed to, also when the account is deleted (for 36 months)."`
}

type accountAdd struct {
	Email         string            `required:"" help:"E-mail address; it counts as confirmed."`
	Name          string            `required:"" help:"What the person wants to be called."`
	Username      string            `help:"Second name to sign in with."`
	PasswordStdin bool              `help:"Read a password from standard input; otherwise sign-in is by mail link."`
	Lang          string            `default:"de" enum:"de,en,ls" help:"Language of mails."`
	Role          []engagement.Role `help:"Staff role; may be repeated: adviser, officer, facilitator, moderator, mediator, admin."`
	Member        []string          `placeholder:"HANDLE" help:"Organization the person is a member of; may be repeated."`
	Manager       []string          `placeholder:"HANDLE" help:"Organization the person manages; may be repeated."`
}

func (a *accountAdd) Run(ctx context.Context, c *console) error {
	hash := ""
	if a.PasswordStdin {
		password, _ := bufio.NewReader(os.Stdin).ReadString('\n') // without a line there is no password
		if password = strings.TrimRight(password, "\r\n"); password == "" {
			return usageError{errors.New("password: standard input has none; write it in one line")}
		}
		least := web.PasswordMin
		if len(a.Role) > 0 {
			least = web.PasswordMinStaff
		}
		if utf8.RuneCountInString(password) < least {
			return &engagement.Invalid{Field: "password", Key: "error.password.short", Args: map[string]any{"n": least}}
		}
		var err error
		if hash, err = web.HashPassword(ctx, password); err != nil {
			return err
		}
	}
	return c.with(ctx, func(i *instance) error {
		var made engagement.Account
		err := i.store.Update(ctx, func(tx *store.Tx) error {
			email, err := engagement.NormalizeEmail(a.Email)
			if err != nil {
				return err
			}
			if made, err = engagement.NewAccount(tx, a.Name, email, a.Username, hash, engagement.Lang(a.Lang)); err != nil {
				return err
			}
			for _, role := range a.Role {
				if err := engagement.GrantRole(tx, engagement.System, made.ID, role, true); err != nil {
					return err
				}
			}
			for role, handles := range map[engagement.Role][]string{engagement.Member: a.Member, engagement.Manager: a.Manager} {
				for _, handle := range handles {
					o, err := organization(tx, handle)
					if err != nil {
						return err
					}
					if err := tx.PutMembership(engagement.Membership{Account: made.ID, Organization: o.ID, Role: role, Since: tx.Now()}); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		return c.print(map[string]any{"id": made.ID}, string(made.ID))
	})
}

type accountList struct{}

func (accountList) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		type row struct {
			ID         engagement.ID     `json:"id"`
			Roles      []engagement.Role `json:"roles"`
			LastActive string            `json:"last_active"`
			Until      string            `json:"delete_after,omitempty"`
		}
		rows, lines := []row{}, []string{}
		err := i.store.View(ctx, func(tx *store.Tx) error {
			return pages(tx.Accounts, func(a engagement.Account) engagement.ID {
				until, note := "", ""
				if !a.DeleteAfter.IsZero() {
					until = a.DeleteAfter.Format(time.DateOnly)
					note = "  deleted on " + until
				}
				rows = append(rows, row{a.ID, append([]engagement.Role{}, a.Roles...), a.LastActive.Format("2006-01"), until})
				lines = append(lines, fmt.Sprintf("%s  %s  %s%s", a.ID, a.LastActive.Format("2006-01"), join(a.Roles), note))
				return a.ID
			})
		})
		if err != nil {
			return err
		}
		return c.print(rows, lines...)
	})
}

type accountAge struct {
	Login string          `arg:"" help:"E-mail address or user name."`
	Band  engagement.Code `arg:"" help:"12-13, 14-15, 16-17, 18-26, 27-59 or 60-plus."`
}

func (a *accountAge) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		if err := i.store.Update(ctx, func(tx *store.Tx) error {
			found, err := tx.AccountByLogin(strings.ToLower(a.Login))
			if err != nil {
				return fmt.Errorf("account %q: %w", a.Login, err)
			}
			p, err := tx.Profile(found.ID)
			if err != nil {
				return err
			}
			p.AgeBand, p.AgeSaid = a.Band, time.Time{}
			return engagement.SaveProfile(tx, engagement.System, &p)
		}); err != nil {
			return err
		}
		return c.print(map[string]any{"age": a.Band}, fmt.Sprintf("%s has the age group %s", a.Login, a.Band))
	})
}

type accountRole struct {
	Login string          `arg:"" help:"E-mail address or user name."`
	Role  engagement.Role `arg:"" help:"adviser, officer, facilitator, moderator, mediator or admin."`
	Off   bool            `help:"Take the role away."`
}

func (a *accountRole) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		var changed engagement.Account
		if err := i.store.Update(ctx, func(tx *store.Tx) error {
			found, err := tx.AccountByLogin(strings.ToLower(a.Login))
			if err != nil {
				return fmt.Errorf("account %q: %w", a.Login, err)
			}
			if err := engagement.GrantRole(tx, engagement.System, found.ID, a.Role, !a.Off); err != nil {
				return err
			}
			changed, err = tx.Account(found.ID)
			return err
		}); err != nil {
			return err
		}
		roles := append([]engagement.Role{}, changed.Roles...)
		return c.print(map[string]any{"id": changed.ID, "roles": roles}, fmt.Sprintf("%s has the roles: %s", a.Login, join(roles)))
	})
}

type accountDelete struct {
	Login string `arg:"" help:"E-mail address or user name."`
	Now   bool   `help:"At once, without time of grace."`
}

func (a *accountDelete) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		var done engagement.Erased
		var planned engagement.Account
		err := i.store.Update(ctx, func(tx *store.Tx) error {
			found, err := tx.AccountByLogin(strings.ToLower(a.Login))
			if err != nil {
				return fmt.Errorf("account %q: %w", a.Login, err)
			}
			if a.Now {
				done, err = engagement.EraseAccount(tx, found.ID)
				return err
			}
			if done.Alone, err = engagement.ManagedAlone(tx, found.ID); err != nil {
				return err
			}
			planned, err = engagement.AskDeletion(tx, engagement.System, found.ID)
			return err
		})
		if err != nil {
			return err
		}
		alone, lines := []string{}, []string{}
		for _, o := range done.Alone {
			alone = append(alone, o.Handle)
			lines = append(lines, fmt.Sprintf("%s has nobody else to manage it", o.Handle))
		}
		if !a.Now {
			day := planned.DeleteAfter.Format(time.DateOnly)
			return c.print(map[string]any{"delete_after": day, "without_manager": alone}, append([]string{"deleted on " + day}, lines...)...)
		}
		return c.print(map[string]any{
			"requests": done.Requests, "recalled": done.Shared, "help_offers": done.HelpOffers, "sign_ups": done.SignUps, "records": done.Records, "without_manager": alone,
		}, append([]string{fmt.Sprintf("deleted, with %d requests, %d help offers and %d sign-ups; other instances are asked to delete %d contact cards",
			done.Requests, done.HelpOffers, done.SignUps, done.Shared)}, lines...)...)
	})
}

type accountKeep struct {
	Login string `arg:"" help:"E-mail address or user name."`
}

func (a *accountKeep) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		err := i.store.Update(ctx, func(tx *store.Tx) error {
			found, err := tx.AccountByLogin(strings.ToLower(a.Login))
			if err != nil {
				return fmt.Errorf("account %q: %w", a.Login, err)
			}
			_, err = engagement.KeepAccount(tx, engagement.System, found.ID)
			return err
		})
		if err != nil {
			return err
		}
		return c.print(map[string]any{"kept": true}, "it stays")
	})
}

type accountErased struct{}

func (accountErased) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		type row struct {
			At      time.Time     `json:"at"`
			Account engagement.ID `json:"pseudonym"`
			Records string        `json:"records"`
		}
		rows, lines := []row{}, []string{}
		err := i.store.View(ctx, func(tx *store.Tx) error {
			entries, err := tx.AuditActs(engagement.ActionErase, mostErased)
			for _, e := range entries {
				rows = append(rows, row{e.At, e.Object, e.New})
				lines = append(lines, fmt.Sprintf("%s  %s  %s", e.At.Format(time.DateTime), e.Object, e.New))
			}
			return err
		})
		if err != nil {
			return err
		}
		return c.print(rows, lines...)
	})
}

// mostErased is how many deletions are listed.
const mostErased = 10000

type accountUnlock struct {
	Login string `arg:"" help:"E-mail address or user name. Be sure who asks for it: whoever knows the password gets in."`
}

func (a *accountUnlock) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		err := i.store.Update(ctx, func(tx *store.Tx) error {
			found, err := tx.AccountByLogin(strings.ToLower(a.Login))
			if err != nil {
				return fmt.Errorf("account %q: %w", a.Login, err)
			}
			if err := engagement.EndSecondFactor(tx, engagement.System, found.ID, true); err != nil {
				return fmt.Errorf("second factor of %q: %w", a.Login, err)
			}
			return nil
		})
		if err != nil {
			return err
		}
		return c.print(map[string]any{"unlocked": true}, "The second factor is gone, and all sessions have ended. The person was told by mail, and it is in the audit log.")
	})
}

type accountConsents struct {
	Who string `arg:"" help:"E-mail address or user name; of a deleted account the address, or the number of the form that was signed."`
}

func (a *accountConsents) Run(ctx context.Context, c *console) error {
	return c.with(ctx, func(i *instance) error {
		var proofs []engagement.ConsentProof
		err := i.store.View(ctx, func(tx *store.Tx) error {
			found, err := tx.AccountByLogin(strings.ToLower(a.Who))
			if errors.Is(err, engagement.ErrNotFound) {
				proofs, err = tx.ConsentProofs(engagement.ConsentMark(tx, strings.ToLower(a.Who)), a.Who)
				return err
			}
			if err != nil {
				return fmt.Errorf("account %q: %w", a.Who, err)
			}
			p, err := tx.Profile(found.ID)
			proofs = p.ConsentProofs("", tx.Now())
			return err
		})
		if err != nil {
			return err
		}
		all, lines := []map[string]any{}, []string{}
		for _, p := range proofs {
			ended := ""
			if !p.Ended.IsZero() {
				ended = p.Ended.Format(time.DateOnly)
			}
			all = append(all, map[string]any{"purpose": p.Purpose, "text": p.Text, "paper": p.Paper, "given": p.Given.Format(time.DateOnly), "ended": ended})
			lines = append(lines, fmt.Sprintf("%s, words of %s, %s – %s %s", p.Purpose, p.Text, p.Given.Format(time.DateOnly), ended, p.Paper))
		}
		return c.print(map[string]any{"list": all}, lines...)
	})
}

// pages reads a list in portions; each returns the id of the element it was given.
func pages[T any](read func(after engagement.ID, limit int) ([]T, error), each func(T) engagement.ID) error {
	const portion = 500
	for after := engagement.ID(""); ; {
		list, err := read(after, portion)
		for _, x := range list {
			after = each(x)
		}
		if err != nil || len(list) < portion {
			return err
		}
	}
}
