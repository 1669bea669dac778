package kyverno

import "strings"

// lines is a file, line by line.
type lines []string

func splitLines(data []byte) lines { return strings.Split(string(data), "\n") }

// locate gives the line of the file at which the byte at offset of t's value
// stands. YAML folds lines together, so the file's lines are looked up in the
// value one after the other; where an escape hides one, the last line that was
// found is the answer.
func (l lines) locate(t text, offset int) int {
	line, pos := t.Line, 0
	for i := t.Line; i >= 1 && i <= len(l); i++ {
		words := strings.TrimSpace(l[i-1])
		if words == "" {
			continue
		}
		at := strings.Index(t.Value[pos:], words)
		switch {
		case at < 0 && i == t.Line:
			continue // the first line holds the key as well
		case at < 0 || pos+at > offset:
			return line
		}
		line, pos = i, pos+at+len(words)
	}
	return line
}
