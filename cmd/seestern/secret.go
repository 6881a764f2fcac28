package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// writeNewSecret makes a key file of 32 random bytes in hex that only its owner can read, and says so. If there is one, or another
// process makes it meanwhile, that one stays.
func writeNewSecret(path string) (made bool, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("secret_file: %w", err)
	}
	key := make([]byte, 32)
	rand.Read(key)
	_, err = fmt.Fprintln(f, hex.EncodeToString(key))
	return true, errors.Join(err, f.Sync(), f.Close())
}

func parseSecret(path, text string) ([]byte, error) {
	key, err := hex.DecodeString(text)
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("secret_file: %s must hold 64 hex digits", path)
	}
	return key, nil
}
