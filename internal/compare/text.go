package compare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/vapchart/vapchart/internal/term"
)

// Verdicts is what changes between two sets of policies.
type Verdicts struct{ Comparison }

// Text writes one line if nothing changes, else one for each change: the direction,
// the place, the rules, and the smallest pod that shows it.
func (v Verdicts) Text(w io.Writer) error {
	var out bytes.Buffer
	by := fmt.Sprintf("%s in %s", term.Count(v.Samples, "pod", "pods"), term.Count(v.Places, "kind of namespace", "kinds of namespaces"))
	if len(v.Changes) == 0 {
		fmt.Fprintf(&out, "verdicts   unchanged: %s\n", by)
	} else {
		var counts []string
		for _, d := range []Direction{Denied, Admitted, Warned, Unwarned, Audited, Unaudited} {
			if n := v.Count(d); n > 0 {
				counts = append(counts, fmt.Sprintf("%d %s", n, d))
			}
		}
		fmt.Fprintf(&out, "verdicts   %s: %s\n", strings.Join(counts, ", "), by)
	}
	for _, c := range v.Changes {
		fmt.Fprintf(&out, "  %s in %s: %s, rule %s%s\n", c.Direction, Where(c.Place), term.OneLine(c.Witness.Text), strings.Join(c.Rules, " and "), term.More(c.Like))
	}
	_, err := out.WriteTo(w)
	return err
}

// Where names a place by whom it stands for, and the namespace that was asked about
// where that is not the same.
func Where(p Place) string {
	if p.For == "" || p.For == p.Name {
		return p.Name
	}
	return p.For
}

// JSON writes all of it, with the pod that shows each change.
func (v Verdicts) JSON(w io.Writer) error {
	if v.Changes == nil {
		v.Changes = []Change{}
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v.Comparison); err != nil {
		return fmt.Errorf("report verdicts: %w", err)
	}
	_, err := out.WriteTo(w)
	return err
}
