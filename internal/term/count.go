package term

import (
	"fmt"
	"strings"
	"unicode"
)

// Count returns a number with its noun, such as "2 pods".
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Some joins the first names of a list and counts the others.
func Some(names []string) string {
	const shown = 6
	if len(names) <= shown {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}

// OneLine returns text that comes from a manifest without control characters, which
// could break the line or steer the terminal.
func OneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s))
}

// More counts pods beyond those that are shown, in brackets; empty for none.
func More(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (and %s more)", Count(n, "pod", "pods"))
}
