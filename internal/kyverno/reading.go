package kyverno

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

// reading collects what is found while one policy, or one rule of it, is read.
// It goes on after a fault, so that a run shows all of them.
type reading struct {
	kinds      kindTable
	cel        *celReader
	apiVersion string
	profile    policy.Profile
	lines      lines
	origin     policy.Origin

	errs    []error
	refusal *policy.Unsupported // the first one
}

// ofRule gives the reading of one rule. What makes the whole policy
// unsupported makes each of its rules so.
func (r *reading) ofRule(name string, line int) *reading {
	rule := *r
	rule.origin.Rule, rule.origin.Line, rule.errs = name, line, nil
	if r.refusal != nil {
		refusal := *r.refusal
		refusal.Origin = rule.origin
		rule.refusal = &refusal
	}
	return &rule
}

// errorf records a fault of the input. A line of 0 stands for the rule's own,
// for what is missing.
func (r *reading) errorf(line int, format string, args ...any) {
	if line == 0 {
		line = r.origin.Line
	}
	fault := &manifest.Error{File: r.origin.Path, Line: line, Msg: fmt.Sprintf(format, args...)}
	r.errs = append(r.errs, fmt.Errorf("read %s: %w", r.origin, fault))
}

// refuse records that the rule cannot be native. One reason is enough for a
// rule; the first one found stays.
func (r *reading) refuse(line int, reason policy.Reason, format string, args ...any) {
	if r.refusal != nil {
		return
	}
	r.refusal = &policy.Unsupported{
		Origin: r.origin, Line: line, Reason: reason, Detail: fmt.Sprintf(format, args...),
	}
}

// word checks a value that must be one of a few words, or absent.
func (r *reading) word(t text, field string, allowed ...string) string {
	if t.Line != 0 && !slices.Contains(allowed, t.Value) {
		r.errorf(t.Line, "%s: unknown word %q, want %s", field, t.Value, strings.Join(allowed, ", "))
	}
	return t.Value
}

// list gives the values of a list, of which none may be empty.
func (r *reading) list(values []text, field string) []string {
	for _, v := range values {
		if v.Value == "" {
			r.errorf(v.Line, "%s holds an empty value", field)
		}
	}
	return plain(values)
}
