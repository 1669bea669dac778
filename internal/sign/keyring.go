// Package sign owns OpenPGP: keyrings, signatures over files and texts, and what
// a signature says of who made it. It is the only package that knows the format.
package sign

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp"

	"github.com/vapchart/vapchart/internal/policy"
)

// Keyring is a set of keys, public or secret.
type Keyring struct{ keys openpgp.EntityList }

// ReadKeyring reads what `gpg --export` and `gpg --export-secret-keys` write,
// with or without --armor. The name is used in errors only.
func ReadKeyring(name string, data []byte) (Keyring, error) {
	read := openpgp.ReadKeyRing
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("-----BEGIN PGP")) {
		read = openpgp.ReadArmoredKeyRing
	}
	keys, err := read(bytes.NewReader(data))
	if err == nil && len(keys) == 0 {
		err = errors.New("it holds no key")
	}
	if err != nil {
		return Keyring{}, policy.WithHint(fmt.Errorf("read keyring %s: %w", name, err),
			"export the keys: gpg --export >keys.gpg to verify, gpg --export-secret-keys >keys.gpg to sign")
	}
	return Keyring{keys}, nil
}

// find gives the one secret key whose name or fingerprint holds id, as `helm
// package --key` finds it; with no id the keyring may hold only one.
func (k Keyring) find(id string) (*openpgp.Entity, error) {
	var found []*openpgp.Entity
	for _, e := range k.keys {
		names := append(names(e), fingerprint(e))
		if e.PrivateKey == nil || !slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, id) }) {
			continue
		}
		if slices.Contains(names, id) {
			return e, nil
		}
		found = append(found, e)
	}
	const hint = "name a key of the keyring with --key: its name, its address or its fingerprint"
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return nil, policy.WithHint(fmt.Errorf("find key %q: %d secret keys fit", id, len(found)), hint)
	case !slices.ContainsFunc(k.keys, func(e *openpgp.Entity) bool { return e.PrivateKey != nil }):
		return nil, policy.WithHint(fmt.Errorf("find key %q: the keyring holds no secret key", id),
			"export it with gpg --export-secret-keys and name that file with --keyring")
	default:
		return nil, policy.WithHint(fmt.Errorf("find key %q: no secret key of the keyring has that name", id), hint)
	}
}

// names gives the user ids of a key, sorted.
func names(e *openpgp.Entity) []string {
	var out []string
	for n := range e.Identities {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// fingerprint gives that of the primary key in capital hex digits.
func fingerprint(e *openpgp.Entity) string { return fmt.Sprintf("%X", e.PrimaryKey.Fingerprint) }
