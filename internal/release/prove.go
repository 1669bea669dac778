package release

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/sign"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
)

// VerifyOptions are the flags of the verb `verify`: the file of a keyring, the version
// that the bundle has to be of, and the folder of its record. Each may be empty.
type VerifyOptions struct{ Keyring, Version, Record string }

// Prove names every stage: open, hold against what is expected, make again.
func Prove(ctx context.Context, s term.Streams, name string, f VerifyOptions) error {
	proof := Proof{Version: f.Version, Lock: lockFits, Rebuild: rebuild}
	if f.Keyring != "" {
		keys, err := readKeyring(f.Keyring)
		if err != nil {
			return err
		}
		proof.Signed = sign.Verifier{Keys: keys, Now: s.Time()}
	}
	if f.Record != "" {
		record, err := readRecord(f.Record)
		if err != nil {
			return err
		}
		proof.Record = record
	}
	o, err := open(name)
	if err != nil {
		return verifyError(name, err)
	}
	proof.Bundle, proof.Name = o.bundle, o.name
	v, err := Verify(ctx, proof)
	if err != nil {
		return verifyError(name, err)
	}
	switch {
	case v.Signer != "":
		err = s.Result("signature  by %s", v.Signer)
	case v.Signed:
		s.Note("the signature was not looked at; name the keys with --keyring")
	default:
		s.Note("the release is not signed: nobody can tell who made it")
	}
	return errors.Join(err, tellVerified(s, v))
}

// readRecord reads the folder of a record. One that lacks a file of it would agree
// with any release.
func readRecord(dir string) (tree.Tree, error) {
	record, err := tree.Read(dir)
	if err != nil {
		return nil, fmt.Errorf("read record: %w", err)
	}
	var errs []error
	for _, name := range []string{RecordFile, SumsFile} {
		if _, ok := record[name]; !ok {
			errs = append(errs, policy.WithHint(fmt.Errorf("read record: no %s/%s", filepath.ToSlash(filepath.Clean(dir)), name),
				"name the folder of one release, such as "+ReleasesDir+"/0.1.0"))
		}
	}
	return record, errors.Join(errs...)
}

// tellVerified says what was proven, and what was not though it fits: an answer of
// "all" has to be true.
func tellVerified(s term.Streams, v Verified) error {
	rest := 0
	for _, n := range v.NotRebuilt {
		rest += len(n.Files)
	}
	all := "all"
	if rest > 0 {
		all = fmt.Sprintf("all but %d", rest)
	}
	held := "only the digests hold"
	if v.Signer != "" {
		held = "only the digests and the signature hold"
	}
	err := s.Result("verified   %s %s: %d files, %s as their sources give them", v.Record.Chart, v.Record.Version, v.Files, all)
	for _, n := range v.NotRebuilt {
		it := "them"
		if len(n.Files) == 1 {
			it = "it"
		}
		err = errors.Join(err, s.Result("not made   %s: %s; %s %s", strings.Join(n.Files, ", "), n.Why, held, it))
	}
	return err
}

// verifyError puts the bundle's name before what is wrong with it. Findings are
// told apart from what kept the tool from looking.
func verifyError(name string, err error) error {
	var found *Finding
	err = fmt.Errorf("verify %s: %w", filepath.ToSlash(name), err)
	if errors.As(err, &found) || errors.Is(err, ErrDamaged) {
		return term.Finding(err)
	}
	return err
}
