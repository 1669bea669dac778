package release

import (
	"errors"
	"fmt"

	"github.com/vapchart/vapchart/internal/tree"
)

// Signer signs files and texts.
type Signer interface {
	Detached(data []byte) ([]byte, error)
	Clear(text []byte) ([]byte, error)
}

// Sign adds the signatures to a bundle: over SHA256SUMS, and Helm's over the
// chart, whose text it is given.
func Sign(bundle tree.Tree, chart, version string, s Signer, provenance []byte) error {
	sums, err := s.Detached(bundle[SumsFile])
	signed, clearErr := s.Clear(provenance)
	if err := errors.Join(err, clearErr); err != nil {
		return fmt.Errorf("sign release: %w", err)
	}
	return errors.Join(bundle.Add(SignatureFile, sums), bundle.Add(ProvenanceFile(chart, version), signed))
}
