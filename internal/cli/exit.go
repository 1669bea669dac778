package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
)

// Exit codes of every verb.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitFindings = 3
)

// usageError is a command line that cannot be meant.
type usageError struct{ error }

// findings is what a verb found when it did its work: drift, denials, gaps.
type findings struct{ error }

func (f findings) Unwrap() error { return f.error }

func exitCode(err error) int {
	var usage usageError
	var found findings
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
	var usage usageError
	var hints []string
	list := flatten(err)
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

// flatten gives the single errors that a joined error is made of, and keeps the
// words and the hint that were put around the whole.
func flatten(err error) []error {
	if errors.Is(err, context.Canceled) {
		return []error{errors.New("interrupted, nothing was changed")}
	}
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return []error{err}
	}
	parts := joined.Unwrap()
	prefix, _, _ := strings.Cut(err.Error(), parts[0].Error())
	hint := policy.HintOf(err)
	var out []error
	for _, part := range parts {
		for _, one := range flatten(part) {
			if strings.TrimSpace(prefix) != "" {
				one = fmt.Errorf("%s%w", prefix, one)
			}
			if policy.HintOf(one) == "" && hint != "" {
				one = policy.WithHint(one, hint)
			}
			out = append(out, one)
		}
	}
	return out
}
