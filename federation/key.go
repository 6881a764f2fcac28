package federation

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// Key is a private key of a local actor.
type Key struct {
	ID      string        // as the actor's document names its public half: <actor>#main-key
	Private crypto.Signer // *rsa.PrivateKey or ed25519.PrivateKey
}

// PublicKey is a key of another server's actor that passed all checks of its type.
type PublicKey struct {
	ID    string
	Owner string           // id of the actor whose document lists the key
	Key   crypto.PublicKey // *rsa.PublicKey (2048 to 4096 bit, e = 65537) or ed25519.PublicKey
}

const (
	maxPEM     = 8 << 10 // bytes
	rsaBits    = 2048    // of keys we make
	minRSABits = 2048
	maxRSABits = 4096 // verifying with 65,536 bit would cost 0.4 s
	exponent   = 65537
)

var errKeyType = errors.New("key is neither RSA of 2048 to 4096 bit with e = 65537 nor Ed25519")

// GenerateKey makes an RSA key of 2048 bit; it takes 50 to 110 ms, see KeyPool.
func GenerateKey() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, rsaBits) }

// EncodePublicKey writes the PEM form (SPKI) that publicKeyPem carries.
func EncodePublicKey(key crypto.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", fmt.Errorf("encode public key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), nil
}

// fingerprint tells keys apart, whatever they are called.
func fingerprint(key crypto.PublicKey) [sha256.Size]byte {
	der, _ := x509.MarshalPKIXPublicKey(key) // never fails for the types we accept
	return sha256.Sum256(der)
}

// ParsePublicKey reads publicKeyPem: one RSA key as SPKI or PKCS#1, at most 8 KiB, nothing after it.
func ParsePublicKey(text string) (crypto.PublicKey, error) {
	if len(text) > maxPEM {
		return nil, errors.New("public key PEM longer than 8 KiB")
	}
	block, rest := pem.Decode([]byte(text))
	if block == nil || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("public key is not exactly one PEM block")
	}
	var key any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	default:
		return nil, fmt.Errorf("public key PEM of type %q", block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("public key PEM: %w", err)
	}
	k, ok := key.(*rsa.PublicKey)
	if !ok || k.N.BitLen() < minRSABits || k.N.BitLen() > maxRSABits || k.E != exponent {
		return nil, errKeyType
	}
	return k, nil
}

// EncodePrivateKey writes a private key as PKCS#8 PEM. Encrypting it for storage is the caller's work.
func EncodePrivateKey(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode private key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// ParsePrivateKey reads what EncodePrivateKey wrote.
func ParsePrivateKey(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, errors.New("private key is not a PKCS#8 PEM block")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		return k, nil
	case ed25519.PrivateKey:
		return k, nil
	}
	return nil, errKeyType
}

// multicodec of an Ed25519 public key, in front of its 32 bytes.
var ed25519Prefix = []byte{0xed, 0x01}

// EncodeMultikey writes publicKeyMultibase: "z" and base58 of the multicodec prefix and the key.
func EncodeMultikey(key ed25519.PublicKey) string {
	return "z" + encodeBase58(append(bytes.Clone(ed25519Prefix), key...))
}

// ParseMultikey reads publicKeyMultibase of an Ed25519 key.
func ParseMultikey(text string) (ed25519.PublicKey, error) {
	digits, ok := strings.CutPrefix(text, "z")
	if !ok || len(digits) > 64 {
		return nil, errKeyType
	}
	raw, err := decodeBase58(digits)
	if err != nil {
		return nil, err
	}
	key, ok := bytes.CutPrefix(raw, ed25519Prefix)
	if !ok || len(key) != ed25519.PublicKeySize {
		return nil, errKeyType
	}
	return ed25519.PublicKey(key), nil
}

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

func encodeBase58(raw []byte) string {
	n, mod := new(big.Int).SetBytes(raw), new(big.Int)
	var reversed []byte
	for n.Sign() > 0 {
		n.DivMod(n, big.NewInt(58), mod)
		reversed = append(reversed, base58[mod.Int64()])
	}
	for _, b := range raw {
		if b != 0 {
			break
		}
		reversed = append(reversed, base58[0])
	}
	for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
		reversed[i], reversed[j] = reversed[j], reversed[i]
	}
	return string(reversed)
}

func decodeBase58(digits string) ([]byte, error) {
	n, zeros := new(big.Int), 0
	for i := range len(digits) {
		value := strings.IndexByte(base58, digits[i])
		if value < 0 {
			return nil, errors.New("not base58")
		}
		if value == 0 && zeros == i {
			zeros++
		}
		n.Add(n.Mul(n, big.NewInt(58)), big.NewInt(int64(value)))
	}
	return append(make([]byte, zeros), n.Bytes()...), nil
}

// KeyPool keeps RSA keys ready, because every pseudonymous person needs one and a click must not wait for it.
type KeyPool struct {
	keys chan *rsa.PrivateKey
}

// NewKeyPool makes an empty pool for n keys. It fills while Run runs.
func NewKeyPool(n int) *KeyPool { return &KeyPool{keys: make(chan *rsa.PrivateKey, n)} }

// Run keeps the pool full until ctx ends. It returns the error of ctx, or of the random source.
func (p *KeyPool) Run(ctx context.Context) error {
	for {
		key, err := GenerateKey()
		if err != nil {
			return fmt.Errorf("key pool: %w", err)
		}
		select {
		case p.keys <- key:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Take is a key that nobody else has: from the pool, or made at once when the pool is empty.
func (p *KeyPool) Take() (*rsa.PrivateKey, error) {
	select {
	case key := <-p.keys:
		return key, nil
	default:
		return GenerateKey()
	}
}
