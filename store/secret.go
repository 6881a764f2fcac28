package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"seestern/engagement"
)

// secrets are the keys derived from the one secret of the configuration.
type secrets struct {
	seal  cipher.AEAD // actor keys at rest
	link  []byte      // manage links
	audit []byte      // seals of the audit log
	mark  string      // tells whether the right secret was configured
}

func newSecrets(secret []byte) (s secrets, err error) {
	if len(secret) != 32 {
		return s, fmt.Errorf("the secret has %d bytes instead of 32", len(secret))
	}
	derive := func(purpose string) []byte {
		key, e := hkdf.Key(sha256.New, secret, nil, "seestern "+purpose, 32)
		err = errors.Join(err, e)
		return key
	}
	s.link = derive("link tokens")
	s.audit = derive("audit log")
	s.mark = hex.EncodeToString(derive("check")[:8])
	block, e := aes.NewCipher(derive("actor keys"))
	if err = errors.Join(err, e); err != nil {
		return s, err
	}
	s.seal, err = cipher.NewGCM(block)
	return s, err
}

func (s secrets) fingerprint() string { return s.mark }

// encrypt seals plain; bound says what it belongs to, so that it cannot be moved to another row.
func (tx *Tx) encrypt(plain []byte, bound string) ([]byte, error) {
	seal := tx.store.keys.seal
	nonce := make([]byte, seal.NonceSize())
	if err := tx.random(nonce); err != nil {
		return nil, err
	}
	return seal.Seal(nonce, nonce, plain, []byte(bound)), nil
}

func (tx *Tx) decrypt(sealed []byte, bound string) ([]byte, error) {
	seal := tx.store.keys.seal
	if len(sealed) < seal.NonceSize() {
		return nil, errors.New("sealed value is too short")
	}
	return seal.Open(nil, sealed[:seal.NonceSize()], sealed[seal.NonceSize():], []byte(bound))
}

func (tx *Tx) random(b []byte) error {
	_, err := io.ReadFull(tx.store.config.Random, b)
	return err
}

// must16 are 16 random bytes. A system without randomness cannot run.
func (tx *Tx) must16() (b [16]byte) {
	if err := tx.random(b[:]); err != nil {
		panic(fmt.Errorf("no randomness: %w", err))
	}
	return b
}

// NewID is a UUIDv7 of the instant of the transaction.
func (tx *Tx) NewID() engagement.ID {
	return engagement.ID(uuidOf(tx.must16(), 7, tx.now))
}

// NewSecretID is a UUIDv4: random all over.
func (tx *Tx) NewSecretID() engagement.ID {
	return engagement.ID(uuidOf(tx.must16(), 4, time.Time{}))
}

func uuidOf(b [16]byte, version byte, t time.Time) string {
	if version == 7 {
		ms := uint64(t.UnixMilli())
		for i := range 6 {
			b[i] = byte(ms >> (40 - 8*i))
		}
	}
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80
	return uuid.UUID(b).String()
}

// NewToken is 128 random bits as 32 hex digits.
func (tx *Tx) NewToken() string {
	b := tx.must16()
	return hex.EncodeToString(b[:])
}

// LinkToken is the token of the manage link of a match request: 32 hex digits that only this instance can derive from its id.
func (tx *Tx) LinkToken(id engagement.ID) string {
	mac := hmac.New(sha256.New, tx.store.keys.link)
	io.WriteString(mac, string(id))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}
