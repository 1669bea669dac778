package term

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
)

// UsageError is a command line that cannot be meant: exit code 2.
type UsageError struct{ error }

// Usage marks an error as one of usage.
func Usage(err error) error { return UsageError{err} }

// Findings is what a verb found when it did its work, such as drift, denials or gaps:
// exit code 3.
type Findings struct{ error }

// Finding marks an error as something that was found.
func Finding(err error) error { return Findings{err} }

// Unwrap returns what was found.
func (f Findings) Unwrap() error { return f.error }

// Flatten gives the single errors that a joined error is made of, and keeps the
// words and the hint that were put around the whole.
func Flatten(err error) []error {
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
		for _, one := range Flatten(part) {
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
