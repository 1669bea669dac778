package sign

import (
	"bytes"
	"crypto"
	"fmt"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/vapchart/vapchart/internal/policy"
)

// Signer signs with one key.
type Signer struct {
	entity *openpgp.Entity
	config *packet.Config
	key    *packet.PrivateKey
}

// When says which time signatures bear. Fixed asks for the same bytes each time:
// no salt is added then, and RSA and Ed25519 keys sign alike.
type When struct {
	Time  time.Time
	Fixed bool
}

// Signer unlocks the secret key that id names (see find) and prepares it to sign.
// The passphrase may be empty where the key has none.
func (k Keyring) Signer(id string, passphrase []byte, when When) (*Signer, error) {
	e, err := k.find(id)
	if err != nil {
		return nil, err
	}
	if e.PrivateKey.Encrypted {
		if len(passphrase) == 0 {
			return nil, policy.WithHint(fmt.Errorf("unlock key %s: it has a passphrase", fingerprint(e)),
				"name a file that holds it with --passphrase-file, or - for standard input")
		}
		if err := e.DecryptPrivateKeys(passphrase); err != nil {
			return nil, policy.WithHint(fmt.Errorf("unlock key %s: %w", fingerprint(e), err), "see that the passphrase is that of this key")
		}
	}
	salt := !when.Fixed
	config := &packet.Config{
		DefaultHash: crypto.SHA512, Time: func() time.Time { return when.Time },
		NonDeterministicSignaturesViaNotation: &salt,
	}
	key, ok := e.SigningKey(when.Time)
	if !ok || key.PrivateKey == nil || key.PrivateKey.Dummy() {
		return nil, policy.WithHint(fmt.Errorf("use key %s: it cannot sign at %s", fingerprint(e), when.Time.UTC().Format(time.RFC3339)),
			"see with gpg --list-keys whether it is expired, revoked, younger than that or not for signing")
	}
	return &Signer{entity: e, config: config, key: key.PrivateKey}, nil
}

// Who names the key that signs.
func (s *Signer) Who() Who { return who(s.entity) }

// Detached gives the armored signature of data, as `gpg --detach-sign --armor`.
func (s *Signer) Detached(data []byte) ([]byte, error) {
	var out bytes.Buffer
	if err := openpgp.ArmoredDetachSign(&out, s.entity, bytes.NewReader(data), s.config); err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// Clear gives the text with its signature around it, as `gpg --clear-sign`.
func (s *Signer) Clear(text []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := clearsign.Encode(&out, s.key, s.config)
	if err != nil {
		return nil, fmt.Errorf("sign text: %w", err)
	}
	if _, err := w.Write(text); err != nil {
		return nil, fmt.Errorf("sign text: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("sign text: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
