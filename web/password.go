package web

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Cost of a password hash (argon2id): about 45 ms and 19 MiB, so two at once are what a small machine can spare.
const (
	argonMemory  = 19 * 1024 // KiB
	argonTime    = 2
	argonThreads = 1
	argonKey     = 32 // bytes
	argonSalt    = 16
	argonAtOnce  = 2
)

// Lengths of a password: characters at least, bytes at most (longer ones are refused before they cost anything).
const (
	PasswordMin      = 12
	PasswordMinStaff = 15
	passwordMaxBytes = 1024
)

var hashing = make(chan struct{}, argonAtOnce)

// HashPassword is the stored form of a password, a PHC string. It waits for its turn and must not run inside a transaction.
func HashPassword(ctx context.Context, password string) (string, error) {
	if len(password) > passwordMaxBytes {
		return "", fmt.Errorf("password of %d bytes", len(password))
	}
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	key, err := argon(ctx, password, salt, argonTime, argonMemory, argonThreads)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, b64(salt), b64(key)), nil
}

// dummyHash costs as much to check as a real one and matches nothing that anybody types.
var dummyHash = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
	base64.RawStdEncoding.EncodeToString(make([]byte, argonSalt)), base64.RawStdEncoding.EncodeToString(make([]byte, argonKey)))

// CheckPassword says whether the password belongs to the hash. With an empty hash (no such account, or one without a
// password) it takes as long and says no.
func CheckPassword(ctx context.Context, hash, password string) (bool, error) {
	known := hash != ""
	if !known {
		hash = dummyHash
	}
	var version, memory, time, threads int
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errors.New("password hash of unknown kind")
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &time, &threads); err != nil || version != argon2.Version {
		return false, fmt.Errorf("password hash with unknown parameters %s %s", parts[2], parts[3])
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("salt of a password hash: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, fmt.Errorf("password hash: %w", err)
	}
	if len(password) > passwordMaxBytes {
		password = "" // nobody's: forms refuse such a password before it is stored
	}
	got, err := argon(ctx, password, salt, uint32(time), uint32(memory), uint8(threads))
	if err != nil {
		return false, err
	}
	return known && subtle.ConstantTimeCompare(got, want) == 1, nil
}

func argon(ctx context.Context, password string, salt []byte, time, memory uint32, threads uint8) ([]byte, error) {
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, time, memory, threads, argonKey), nil
}

// commonPasswords are the beginnings of what people type when a password must be long. Everything that is one of them,
// repeated or with digits around it, is refused.
var commonPasswords = []string{
	"passwort", "password", "qwertz", "qwerty", "asdfgh", "yxcvbn", "zxcvbn", "hallo", "geheim", "sicherheit", "schatz", "liebe", "iloveyou",
	"willkommen", "welcome", "sommer", "winter", "frühling", "herbst", "fussball", "fußball", "berlin", "ehrenamt", "freiwillig", "engagement",
	"administrator", "admin", "master", "login", "letmein", "abc", "test", "seestern",
}

// checkPassword adds an error to the form when a new password is too short, too long, or made of one of the words that
// everybody tries first: the common ones and those of the context (name of the site, place, name and address of the person).
func checkPassword(f *Form, field string, staff bool, context ...string) {
	p := f.Text(field)
	least := PasswordMin
	if staff {
		least = PasswordMinStaff
	}
	switch {
	case p == "":
	case utf8.RuneCountInString(p) < least:
		f.Bad(field, "error.password.short", "n", least)
	case len(p) > passwordMaxBytes:
		f.Bad(field, "error.password.long", "n", passwordMaxBytes)
	case guessable(p, context):
		f.Bad(field, "error.password.common")
	}
}

func guessable(password string, context []string) bool {
	rest := strings.ToLower(password)
	words := append([]string{}, commonPasswords...)
	for _, c := range context {
		words = append(words, strings.FieldsFunc(strings.ToLower(c), func(r rune) bool { return strings.ContainsRune(" @.-,_()", r) })...)
	}
	for _, w := range words {
		if utf8.RuneCountInString(w) > 2 {
			rest = strings.ReplaceAll(rest, w, "")
		}
	}
	different := map[rune]bool{}
	for _, c := range strings.Trim(rest, "0123456789!?.,-_*+# ") {
		different[c] = true
	}
	return len(different) < 4 // nothing of its own is left: "Ehrenamt2026!", "aaaaaaaaaaaa", "123456789012"
}
