package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/term"
)

// Exit codes of every verb.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitFindings = 3
)

func exitCode(err error) int {
	var usage term.UsageError
	var found term.Findings
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &found):
		return exitFindings
	default:
		return exitFailed
	}
}

// explain prints every error of a run, one a line, each hint once at the end.
// There is nobody to tell if even that cannot be written.
func explain(w io.Writer, err error) {
	if err == nil {
		return
	}
	var out bytes.Buffer
	defer func() { _, _ = w.Write(out.Bytes()) }()
	var usage term.UsageError
	var hints []string
	list := term.Flatten(err)
	for _, e := range list {
		fmt.Fprintf(&out, "error: %v\n", e)
		if h := policy.HintOf(e); h != "" && !slices.Contains(hints, h) {
			hints = append(hints, h)
		}
	}
	if errors.As(err, &usage) {
		hints = append(hints, "vapchart help shows the verbs and flags")
	}
	for _, h := range hints {
		fmt.Fprintf(&out, "hint: %s\n", h)
	}
	if len(list) > 1 {
		fmt.Fprintf(&out, "%d errors\n", len(list))
	}
}
