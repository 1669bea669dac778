package chart

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"

	"github.com/vapchart/vapchart/internal/tree"
)

// Archive packs the chart as `helm package` does, but so that the same tree
// gives the same bytes: names sorted, no times, no owners. Helm's own writer
// stamps the present time on every file.
func Archive(name string, t tree.Tree) ([]byte, error) {
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("archive chart: %w", err)
	}
	tw := tar.NewWriter(zip)
	for _, file := range t.Paths() {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: name + "/" + file, Mode: 0o644, Size: int64(len(t[file])), Format: tar.FormatUSTAR}
		if err := tw.WriteHeader(h); err != nil {
			return nil, fmt.Errorf("archive chart: %s: %w", file, err)
		}
		if _, err := tw.Write(t[file]); err != nil {
			return nil, fmt.Errorf("archive chart: %s: %w", file, err)
		}
	}
	if err := tw.Close(); err != nil {
		return nil, fmt.Errorf("archive chart: %w", err)
	}
	if err := zip.Close(); err != nil {
		return nil, fmt.Errorf("archive chart: %w", err)
	}
	return out.Bytes(), nil
}
