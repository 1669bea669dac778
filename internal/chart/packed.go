package chart

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/helmpath"
	"sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/tree"
)

// maxUnpacked bounds what Unpack takes, in bytes of all files together.
const maxUnpacked = 64 << 20

// Unpack gives the files of a chart that Archive packed.
func Unpack(name string, archive []byte) (tree.Tree, error) {
	zip, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, fmt.Errorf("unpack chart: %w", err)
	}
	out := tree.New()
	for tr := tar.NewReader(io.LimitReader(zip, maxUnpacked)); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("unpack chart: %w", err)
		}
		file, ok := strings.CutPrefix(h.Name, name+"/")
		if h.Typeflag != tar.TypeReg || !ok {
			return nil, fmt.Errorf("unpack chart: %q is no plain file of %s", h.Name, name)
		}
		data, err := io.ReadAll(tr)
		if err != nil {
			return nil, fmt.Errorf("unpack chart: %s: %w", file, err)
		}
		if err := out.Add(file, data); err != nil {
			return nil, fmt.Errorf("unpack chart: %w", err)
		}
	}
}

// Provenance gives the text that `helm package --sign` would sign for a packed
// chart in a file of the given name: what the chart says of itself, and the
// archive's digest. Helm does not offer the text without a file and a clock.
func Provenance(file string, archive []byte) ([]byte, error) {
	c, err := loader.LoadArchive(bytes.NewReader(archive))
	if err != nil {
		return nil, fmt.Errorf("read chart: %w", err)
	}
	facts, err := yaml.Marshal(c.Metadata)
	if err != nil {
		return nil, fmt.Errorf("write provenance: %w", err)
	}
	sum := sha256.Sum256(archive)
	files, err := yaml.Marshal(map[string]any{"files": map[string]string{file: "sha256:" + hex.EncodeToString(sum[:])}})
	if err != nil {
		return nil, fmt.Errorf("write provenance: %w", err)
	}
	// A line of three dashes has a meaning in a signed text, so three dots part
	// the two documents.
	return bytes.Join([][]byte{facts, files}, []byte("\n...\n")), nil
}

// Metadata gives what a packed chart says of itself as JSON, which is how a
// registry keeps it.
func Metadata(archive []byte) ([]byte, error) {
	c, err := loader.LoadArchive(bytes.NewReader(archive))
	if err != nil {
		return nil, fmt.Errorf("read chart: %w", err)
	}
	return json.Marshal(c.Metadata)
}

// RegistryConfig gives the file in which Helm keeps credentials of registries,
// where nothing else is said.
func RegistryConfig() string { return helmpath.ConfigPath("registry", "config.json") }
