package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/vapchart/vapchart/internal/bump"
)

// BumpJSON writes all of it.
func BumpJSON(b bump.Result, w io.Writer) error {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(b); err != nil {
		return fmt.Errorf("report bump: %w", err)
	}
	_, err := out.WriteTo(w)
	return err
}
