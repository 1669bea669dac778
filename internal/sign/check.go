package sign

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/vapchart/vapchart/internal/policy"
)

// Who is the key behind a signature.
type Who struct {
	Name        string // its user ids
	Fingerprint string // of the primary key, capital hex digits
}

// String gives both on one line.
func (w Who) String() string { return w.Name + " (" + w.Fingerprint + ")" }

func who(e *openpgp.Entity) Who {
	return Who{Name: strings.Join(names(e), ", "), Fingerprint: fingerprint(e)}
}

// Verifier checks signatures by a keyring as it is at one time.
type Verifier struct {
	Keys Keyring
	Now  time.Time
}

// Detached is Keyring.Detached at the verifier's time.
func (v Verifier) Detached(data, signature []byte) (Who, error) {
	return v.Keys.Detached(data, signature, v.Now)
}

// Clear is Keyring.Clear at the verifier's time.
func (v Verifier) Clear(document []byte) ([]byte, Who, error) { return v.Keys.Clear(document, v.Now) }

// Detached says who of the keyring made the armored signature of data. That
// nobody did is an error. So is a key that has expired by now or was revoked.
func (k Keyring) Detached(data, signature []byte, now time.Time) (Who, error) {
	block, rest, err := decode(signature)
	if err != nil {
		return Who{}, err
	}
	if len(bytes.TrimSpace(rest)) > 0 || !canonical(signature, block) {
		return Who{}, errors.New("there is more in it than a signature")
	}
	return k.check(data, block, now)
}

// Clear says who of the keyring signed the text within document, and gives it.
func (k Keyring) Clear(document []byte, now time.Time) ([]byte, Who, error) {
	block, signature, err := split(document)
	if err != nil {
		return nil, Who{}, err
	}
	packets, rest, err := decode(signature)
	if err != nil {
		return nil, Who{}, err
	}
	if len(bytes.TrimSpace(rest)) > 0 || !canonical(signature, packets) {
		return nil, Who{}, errors.New("there is more in it than a signature")
	}
	by, err := k.check(block.Bytes, packets, now)
	return block.Plaintext, by, err
}

// Text gives the text within a signed document, whoever signed it.
func Text(document []byte) ([]byte, error) {
	block, _, err := split(document)
	if err != nil {
		return nil, err
	}
	return block.Plaintext, nil
}

// split gives the text of a signed document and the signature behind it. Nothing
// may stand around the two, and nothing within that readers pass over.
func split(document []byte) (block *clearsign.Block, signature []byte, err error) {
	block, rest := clearsign.Decode(document)
	if block == nil {
		return nil, nil, errors.New("it is no signed text")
	}
	i := bytes.LastIndex(document, []byte("\n-----BEGIN PGP SIGNATURE-----"))
	head, body, ok := bytes.Cut(document, []byte("\n\n"))
	first, hash, _ := bytes.Cut(head, []byte("\n"))
	if !ok || i < len(head)+2 || len(bytes.TrimSpace(rest)) > 0 || string(first) != "-----BEGIN PGP SIGNED MESSAGE-----" ||
		!slices.Contains([]string{"Hash: SHA256", "Hash: SHA384", "Hash: SHA512"}, string(hash)) {
		return nil, nil, errors.New("there is more in it than a signed text")
	}
	// The decoder passes over spaces at line ends; a text that we sign has none.
	if text := unescape(body[:i-len(head)-2]); !bytes.Equal(bytes.TrimRight(text, "\n"), bytes.TrimRight(block.Plaintext, "\n")) {
		return nil, nil, errors.New("its text is not in its plain form")
	}
	return block, document[i+1:], nil
}

// unescape takes the dash escapes from the text of a signed document.
func unescape(text []byte) []byte {
	lines := bytes.Split(text, []byte("\n"))
	for i, l := range lines {
		lines[i] = bytes.TrimPrefix(l, []byte("- "))
	}
	return bytes.Join(lines, []byte("\n"))
}

// decode takes the armor from a signature.
func decode(signature []byte) (packets, rest []byte, err error) {
	in := bytes.NewReader(signature)
	block, err := armor.Decode(in)
	if err != nil {
		return nil, nil, fmt.Errorf("read signature: %w", err)
	}
	if block.Type != openpgp.SignatureType {
		return nil, nil, fmt.Errorf("read signature: it is a %s", block.Type)
	}
	if packets, err = io.ReadAll(block.Body); err != nil {
		return nil, nil, fmt.Errorf("read signature: %w", err)
	}
	_, end, _ := bytes.Cut(signature, []byte("-----END PGP SIGNATURE-----"))
	return packets, end, nil
}

// canonical says whether the armor is as gpg or this package writes it, so that
// nothing can hide in its headers or between its lines.
func canonical(signature, packets []byte) bool {
	for _, checksum := range []bool{true, false} {
		var out bytes.Buffer
		w, err := armor.EncodeWithChecksumOption(&out, openpgp.SignatureType, nil, checksum)
		if err != nil {
			return false
		}
		_, werr := w.Write(packets)
		if errors.Join(werr, w.Close()) != nil {
			return false
		}
		if bytes.Equal(bytes.TrimRight(out.Bytes(), "\n"), bytes.TrimRight(signature, "\n")) {
			return true
		}
	}
	return false
}

// check verifies one signature packet over data, and that it is nothing but that:
// readers pass over a wrong length and the two bytes of the digest that it shows.
func (k Keyring) check(data, packets []byte, now time.Time) (Who, error) {
	if !whole(packets) {
		return Who{}, errors.New("it is not one whole signature")
	}
	config := &packet.Config{Time: func() time.Time { return now }}
	signature, e, err := openpgp.VerifyDetachedSignature(k.keys, bytes.NewReader(data), bytes.NewReader(packets), config)
	switch {
	case errors.Is(err, pgperrors.ErrUnknownIssuer):
		return Who{}, policy.WithHint(errors.New("no key of the keyring made it"),
			"if this is the right release, the keyring lacks the key; ask whoever publishes it, never the bundle")
	case errors.Is(err, pgperrors.ErrKeyExpired):
		return who(e), policy.WithHint(errors.New("its key has expired"), "get the key anew from whoever publishes it, in case it was prolonged")
	case err != nil:
		return Who{}, err
	}
	hash, err := signature.PrepareVerify()
	if err != nil {
		return Who{}, err
	}
	hash.Write(data)
	hash.Write(signature.HashSuffix)
	if !bytes.HasPrefix(hash.Sum(nil), signature.HashTag[:]) {
		return Who{}, errors.New("it shows another digest than it signs")
	}
	return who(e), nil
}

// whole says whether the bytes are one packet with the length that it states, in
// the forms that a signature's size can take.
func whole(p []byte) bool {
	switch {
	case len(p) < 3:
		return false
	case p[0] == 0xC2 && p[1] < 192: // the present header, one byte of length
		return int(p[1]) == len(p)-2
	case p[0] == 0xC2: // two bytes of length
		return p[1] < 224 && (int(p[1])-192)<<8+int(p[2])+192 == len(p)-3
	case p[0] == 0x88: // the older header, which gpg writes
		return int(p[1]) == len(p)-2
	default:
		return p[0] == 0x89 && int(p[1])<<8+int(p[2]) == len(p)-3
	}
}
