package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/vapchart/vapchart/internal/manifest"
)

// splitManifest gives the documents of a file: of YAML, or of JSON in which
// objects follow one another, as `jq .items[]` writes them.
func splitManifest(name string, data []byte) ([]manifest.Document, error) {
	objects := jsonStream(data)
	if len(objects) < 2 {
		return manifest.Split(name, data)
	}
	var out []manifest.Document
	for _, object := range objects {
		docs, err := manifest.Split(name, object)
		if err != nil {
			return nil, err
		}
		out = append(out, docs...)
	}
	return out, nil
}

// jsonStream gives the objects of a stream of JSON, each behind as many empty
// lines as stand before it in the file; nothing if the data is anything else.
func jsonStream(data []byte) [][]byte {
	var out [][]byte
	dec := json.NewDecoder(bytes.NewReader(data))
	for {
		var object json.RawMessage
		err := dec.Decode(&object)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil || object[0] != '{' {
			return nil
		}
		before := data[:int(dec.InputOffset())-len(object)]
		out = append(out, append(bytes.Repeat([]byte("\n"), bytes.Count(before, []byte("\n"))), object...))
	}
}
