package release

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/sign"
	"github.com/vapchart/vapchart/internal/tree"
)

// Proof is what a bundle is held against.
type Proof struct {
	Bundle tree.Tree
	Name   string // what the bundle is called, without an ending; empty where that says nothing
	// Version is the one that is expected, Record the files of the committed
	// record; either may be empty.
	Version string
	Record  tree.Tree
	// Signed checks a signature; nil where there is no keyring to do it with.
	Signed Signed

	// Stages that other packages can do. Each gives what it finds as an error.
	Lock    func(lock []byte, vendored tree.Tree) error
	Rebuild func(ctx context.Context, bundle tree.Tree, r Record) (Rebuilt, error)
}

// Signed says who signed something: a file with a signature beside it, and a
// text with one around it.
type Signed interface {
	Detached(data, signature []byte) (sign.Who, error)
	Clear(document []byte) ([]byte, sign.Who, error)
}

// Rebuilt is what the sources in a bundle give.
type Rebuilt struct {
	Bundle     tree.Tree // unsigned
	Chart      tree.Tree // what is in the packed chart
	Unpacked   tree.Tree // the same of the bundle that is verified
	Provenance []byte    // the text that a signature over the chart must be of
}

// Verified is what was found out about a bundle that is whole.
type Verified struct {
	Record Record
	Files  int
	Signer string // empty: nobody, or it was not looked at
	Signed bool
	// NotRebuilt are the files that the tool wrote and that nothing but their
	// digests, and a signature that was looked at, hold.
	NotRebuilt []NotRebuilt
}

// NotRebuilt are files that could not be made again as they were, sorted, and why.
type NotRebuilt struct {
	Files []string
	Why   string
}

// Finding is something that is wrong with a bundle. An error of another kind
// says that it could not be found out.
type Finding struct{ Err error }

// Error gives what is wrong, Unwrap the error behind it.
func (f *Finding) Error() string { return f.Err.Error() }

// Unwrap gives the error behind the finding.
func (f *Finding) Unwrap() error { return f.Err }

func finding(format string, args ...any) error { return &Finding{fmt.Errorf(format, args...)} }

// Verify holds a bundle against its signature, its checksums, its record and its
// lock, and then against what its own sources give. Stages end at the first that
// finds something; what that one finds comes joined, each a *Finding.
func Verify(ctx context.Context, p Proof) (Verified, error) {
	signer, err := p.signature()
	if err != nil {
		return Verified{}, err
	}
	record, err := p.contents()
	if err != nil {
		return Verified{}, err
	}
	out := Verified{Record: record, Files: len(p.Bundle), Signer: signer, Signed: p.Bundle[SignatureFile] != nil}
	if err := errors.Join(p.record(record)...); err != nil {
		return out, err
	}
	if err := p.Lock(p.Bundle[LockFile], p.Bundle.Below(VendoredDir)); err != nil {
		return out, err
	}
	rebuilt, err := p.Rebuild(ctx, p.Bundle, record)
	if err != nil {
		return out, err
	}
	if out.NotRebuilt, err = p.same(record, rebuilt); err != nil {
		return out, err
	}
	return out, p.provenance(record, rebuilt, signer)
}

// signature checks the one over SHA256SUMS, by which all else stands.
func (p Proof) signature() (string, error) {
	signature, signed := p.Bundle[SignatureFile]
	switch {
	case p.Signed == nil:
		return "", nil
	case !signed:
		return "", policy.WithHint(finding("%s: it is missing, the release is not signed", SignatureFile), "verify without --keyring if it is meant to be unsigned")
	}
	by, err := p.Signed.Detached(p.Bundle[SumsFile], signature)
	if err != nil {
		return "", policy.WithHint(finding("%s: the signature is not good: %w", SignatureFile, err), policy.HintOf(err))
	}
	return by.String(), nil
}

// contents holds every file against SHA256SUMS and reads the record.
func (p Proof) contents() (Record, error) {
	data, ok := p.Bundle[SumsFile]
	if !ok {
		return Record{}, finding("%s: it is missing", SumsFile)
	}
	sums, err := parseSums(data)
	if err != nil {
		return Record{}, &Finding{err}
	}
	// The record says which signatures there may be; until it is proven, what it
	// says can only make this stricter or looser by one file.
	record, err := ParseRecord(RecordFile, p.Bundle[RecordFile])
	extra := []string{SignatureFile}
	if err == nil {
		extra = Signatures(record.Chart, record.Version)
	}
	var errs []error
	for _, e := range checkSums(p.Bundle, sums, extra) {
		errs = append(errs, &Finding{e})
	}
	if len(errs) == 0 && err != nil {
		errs = append(errs, &Finding{err})
	}
	return record, errors.Join(errs...)
}

// record holds the record against the bundle, and against what the bundle is
// taken for: an older release is whole in itself, and still not the one asked for.
func (p Proof) record(r Record) []error {
	var errs []error
	if name := Name(r.Chart, r.Version); p.Name != "" && p.Name != name {
		errs = append(errs, finding("%s: it is %s, but is called %s", RecordFile, name, p.Name))
	}
	if p.Version != "" && p.Version != r.Version {
		errs = append(errs, finding("%s: it is of version %s, not of %s", RecordFile, r.Version, p.Version))
	}
	for _, name := range p.Record.Paths() {
		if name != SignatureFile && !bytes.Equal(p.Record[name], p.Bundle[name]) {
			errs = append(errs, finding("%s: it is not what is recorded of release %s", name, r.Version))
		}
	}
	there, err := digests(listed(p.Bundle, r.Chart, r.Version))
	if err != nil {
		return append(errs, err)
	}
	all := maps.Clone(there)
	maps.Copy(all, r.Digests)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if there[name] != r.Digests[name] {
			errs = append(errs, finding("%s: the digest of %s is %q, the record says %q", RecordFile, name, there[name], r.Digests[name]))
		}
	}
	return errs
}

// provenance checks Helm's signature: the text of this chart, by the signer of
// the release.
func (p Proof) provenance(r Record, made Rebuilt, signer string) error {
	name := ProvenanceFile(r.Chart, r.Version)
	document, there := p.Bundle[name]
	if _, signed := p.Bundle[SignatureFile]; there != signed {
		return finding("%s: of it and %s there is only one", name, SignatureFile)
	}
	if !there {
		return nil
	}
	text, err := sign.Text(document)
	by := sign.Who{}
	if err == nil && p.Signed != nil {
		text, by, err = p.Signed.Clear(document)
	}
	switch {
	case err != nil:
		return policy.WithHint(finding("%s: the signature is not good: %w", name, err), policy.HintOf(err))
	case p.Signed != nil && by.String() != signer:
		return finding("%s: it is signed by %s, the release by %s", name, by, signer)
	case !bytes.Equal(bytes.TrimSpace(text), bytes.TrimSpace(made.Provenance)):
		return finding("%s: it is of another chart", name)
	}
	return nil
}
