package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/vapchart/vapchart/internal/verdict"
)

// Verdicts is what changes between two sets of policies.
type Verdicts struct{ verdict.Comparison }

// Text writes one line if nothing changes, else one for each change: the direction,
// the place, the rules, and the smallest pod that shows it.
func (v Verdicts) Text(w io.Writer) error {
	var out bytes.Buffer
	by := fmt.Sprintf("%s in %s", plural(v.Samples, "pod", "pods"), plural(v.Places, "kind of namespace", "kinds of namespaces"))
	if len(v.Changes) == 0 {
		fmt.Fprintf(&out, "verdicts   unchanged: %s\n", by)
	} else {
		var counts []string
		for _, d := range []verdict.Direction{verdict.Denied, verdict.Admitted, verdict.Warned, verdict.Unwarned, verdict.Audited, verdict.Unaudited} {
			if n := v.Count(d); n > 0 {
				counts = append(counts, fmt.Sprintf("%d %s", n, d))
			}
		}
		fmt.Fprintf(&out, "verdicts   %s: %s\n", strings.Join(counts, ", "), by)
	}
	for _, c := range v.Changes {
		fmt.Fprintf(&out, "  %s in %s: %s, rule %s%s\n", c.Direction, where(c.Place), oneLine(c.Witness.Text), strings.Join(c.Rules, " and "), more(c.Like))
	}
	_, err := out.WriteTo(w)
	return err
}

// where names a place by whom it stands for, and the namespace that was asked about
// where that is not the same.
func where(p verdict.Place) string {
	if p.For == "" || p.For == p.Name {
		return p.Name
	}
	return p.For
}

func more(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (and %s more)", plural(n, "pod", "pods"))
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// JSON writes all of it, with the pod that shows each change.
func (v Verdicts) JSON(w io.Writer) error {
	if v.Changes == nil {
		v.Changes = []verdict.Change{}
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
