package web_test

import (
	"context"
	"strings"
	"testing"

	"seestern/web"
)

// WEB-25, what is hashed
func TestAPasswordHash(t *testing.T) {
	ctx := t.Context()
	hash, err := web.HashPassword(ctx, "ein ganzer Satz, grün")
	if err != nil {
		t.Fatal(err)
	}
	again, err := web.HashPassword(ctx, "ein ganzer Satz, grün")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || hash == again {
		t.Errorf("got %q and %q", hash, again)
	}
	for _, test := range []struct {
		says, hash, password string
		want                 bool
	}{
		{"fits its password", hash, "ein ganzer Satz, grün", true},
		{"fits the same letters composed differently", hash, "ein ganzer Satz, gru\u0308n", true},
		{"does not fit another password", hash, "ein ganzer Satz, gruen", false},
		{"keeps spaces", hash, " ein ganzer Satz, grün", false},
		{"does not fit a very long password", hash, strings.Repeat("a", 5000), false},
		{"that is empty fits nothing", "", "", false},
		{"that is empty fits no dummy either", "", "seestern", false},
	} {
		t.Run(test.says, func(t *testing.T) {
			got, err := web.CheckPassword(ctx, test.hash, test.password)
			if err != nil || got != test.want {
				t.Errorf("got %t, %v, want %t", got, err, test.want)
			}
		})
	}
	for _, broken := range []string{"plain", "$argon2i$v=19$m=1,t=1,p=1$AAAA$AAAA", "$argon2id$v=18$m=1,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=1,t=1,p=1$*$AAAA"} {
		t.Run("of an unknown kind is an error: "+broken, func(t *testing.T) {
			if ok, err := web.CheckPassword(ctx, broken, "x"); err == nil || ok {
				t.Errorf("got %t, %v", ok, err)
			}
		})
	}
	t.Run("is not made of a password that no form accepts", func(t *testing.T) {
		if _, err := web.HashPassword(ctx, strings.Repeat("a", 1025)); err == nil {
			t.Error("no error")
		}
	})
	t.Run("is not waited for by somebody who left", func(t *testing.T) {
		gone, cancel := context.WithCancel(ctx)
		cancel()
		defer web.OccupyHashing()()
		if _, err := web.HashPassword(gone, "ein ganzer Satz"); err == nil {
			t.Error("no error")
		}
	})
}

// WEB-25
func TestANewPassword(t *testing.T) {
	for _, test := range []struct {
		password string
		staff    bool
		want     string // key of the error; "": accepted
	}{
		{"kurz", false, "error.password.short"},
		{"elf Zeichen", false, "error.password.short"},
		{"zwölf Zeichn", false, ""},
		{"vierzehn Zeich", true, "error.password.short"},
		{"fünfzehn Zeiche", true, ""},
		{"der mond ist aus käse und lacht", false, ""},
		{strings.Repeat("Satz mit Sinn ", 10), false, ""},
		{strings.Repeat("x", 1025), false, "error.password.long"},
		{"Ehrenamt2026!", false, "error.password.common"},
		{"passwortpasswort", false, "error.password.common"},
		{"123456789012345", false, "error.password.common"},
		{"aaaaaaaaaaaaaaaa", false, "error.password.common"},
		{"Köpenick-Köpenick", false, "error.password.common"},
		{"grace.hopper2026", false, "error.password.common"},
	} {
		t.Run(test.password[:min(20, len(test.password))], func(t *testing.T) {
			if got := web.PasswordError(test.password, test.staff, "Mitmachen in Treptow-Köpenick", "grace.hopper@mail.example"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
