package federation

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"seestern/engagement"
	"seestern/store"
)

// Sign puts the signature of this instance on claims, the JSON of a credential (VC-JWT, RFC 7515 with EdDSA). It uses the key with which the
// instance vouches for organizations, which everybody can read in its actor; the first time it makes that key and announces it. It returns
// ErrNotFound while the instance shows itself to nobody.
func (s *Service) Sign(ctx context.Context, claims []byte) ([]byte, error) {
	var key Key
	read := func(tx *store.Tx) (err error) {
		key, err = s.assertionKey(tx)
		return err
	}
	err := s.store.View(ctx, read)
	if errors.Is(err, engagement.ErrNotFound) {
		err = s.store.Update(ctx, func(tx *store.Tx) error {
			if err := read(tx); !errors.Is(err, engagement.ErrNotFound) { // made meanwhile
				return err
			}
			i, err := tx.Instance()
			if err != nil {
				return err
			}
			if !i.Federates() {
				return fmt.Errorf("key of attestations: %w", engagement.ErrNotFound)
			}
			return errors.Join(s.makeAssertionKey(tx, i, engagement.Event{ID: tx.NewID(), At: tx.Now()}), read(tx))
		})
	}
	if err != nil {
		return nil, err
	}
	private, ok := key.Private.(ed25519.PrivateKey)
	if !ok {
		return nil, errKeyType
	}
	return signJWT(claims, key.ID, private)
}

// signJWT is the compact form of claims with their signature. The header has the key itself beside its id: whoever trusts the id compares them.
func signJWT(claims []byte, keyID string, key ed25519.PrivateKey) ([]byte, error) {
	b64 := base64.RawURLEncoding
	header, err := json.Marshal(map[string]any{
		"alg": "EdDSA", "typ": "JWT", "kid": keyID,
		"jwk": map[string]string{"kty": "OKP", "crv": "Ed25519", "x": b64.EncodeToString(key.Public().(ed25519.PublicKey))},
	})
	if err != nil {
		return nil, err
	}
	signed := b64.AppendEncode(append(b64.AppendEncode(nil, header), '.'), claims)
	return b64.AppendEncode(append(signed, '.'), ed25519.Sign(key, signed)), nil
}
