package release

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/sign"
	"github.com/vapchart/vapchart/internal/term"
)

// SigningOptions are in the words of `helm package`.
type SigningOptions struct{ Key, Keyring, PassphraseFile string }

// signer reads and unlocks the key.
func (f SigningOptions) signer(s term.Streams) (*sign.Signer, error) {
	keys, err := readKeyring(f.Keyring)
	if err != nil {
		return nil, err
	}
	passphrase, err := f.passphrase(s)
	if err != nil {
		return nil, err
	}
	when, err := signingTime(s)
	if err != nil {
		return nil, err
	}
	return keys.Signer(f.Key, passphrase, when)
}

// passphrase gives the first line of its file, as Helm takes it.
func (f SigningOptions) passphrase(s term.Streams) ([]byte, error) {
	var data []byte
	var err error
	switch f.PassphraseFile {
	case "":
		return nil, nil
	case "-":
		data, err = io.ReadAll(s.In)
	default:
		data, err = os.ReadFile(f.PassphraseFile)
	}
	if err != nil {
		return nil, fmt.Errorf("read passphrase: %w", err)
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), nil
}

// signingTime is now, or what SOURCE_DATE_EPOCH says, which also asks for the
// same signature each time.
func signingTime(s term.Streams) (sign.When, error) {
	const name = "SOURCE_DATE_EPOCH"
	text := s.Getenv(name)
	if text == "" {
		return sign.When{Time: s.Time()}, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return sign.When{}, policy.WithHint(fmt.Errorf("read %s: %q is no count of seconds", name, text),
			"set it to that of the commit: git log -1 --format=%ct")
	}
	return sign.When{Time: time.Unix(seconds, 0), Fixed: true}, nil
}

func readKeyring(file string) (sign.Keyring, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return sign.Keyring{}, policy.WithHint(fmt.Errorf("read keyring: %w", err), "name a file that gpg --export or gpg --export-secret-keys wrote")
	}
	return sign.ReadKeyring(file, data)
}
