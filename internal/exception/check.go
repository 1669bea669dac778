package exception

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

// check finds what is wrong with one file.
func (s source) check(rules map[string]policy.Control) error {
	var errs []error
	fail := func(line int, format string, args ...any) {
		errs = append(errs, &manifest.Error{File: s.doc.File, Line: line, Msg: fmt.Sprintf(format, args...)})
	}
	if _, ok := rules[s.Rule]; !ok {
		fail(s.doc.LineOf("rule"), "rule %q is not a built-in one", s.Rule)
	}
	if want := s.Rule + ".yaml"; path.Base(s.doc.File) != want {
		fail(s.doc.LineOf("rule"), "the file is not called %s", want)
	}
	if !strings.HasPrefix(s.Since, "v1.") {
		fail(s.doc.LineOf("since"), "since is %q, want the version from which on it is right, such as v1.0", s.Since)
	}
	s.checkKeys(fail)
	s.checkVariables(fail)
	s.checkValidations(fail)
	return errors.Join(errs...)
}

type failFunc func(line int, format string, args ...any)

func (s source) checkKeys(fail failFunc) {
	line := s.doc.LineOf("allows")
	if len(s.Allows) == 0 {
		fail(line, "allows is empty, want the keys that touch the rule")
	}
	for i, name := range s.Allows {
		key, ok := find(name)
		switch {
		case !ok:
			fail(line, "allows: there is no key %q", name)
		case slices.Contains(s.Allows[:i], name):
			fail(line, "allows: %s is there twice", name)
		case s.Control != "" && !slices.Contains(key.Controls, s.Control):
			fail(line, "allows: %s does not touch control %s", name, s.Control)
		}
	}
}

// known gives the variables that expressions can use before the first of the
// file's own.
func (s source) known() []string {
	out := []string{ExceptionsVariable, NoteVariable}
	for _, name := range s.Allows {
		key, _ := find(name)
		for _, v := range key.Variables {
			out = append(out, v.Name)
		}
	}
	return out
}

func (s source) checkVariables(fail failFunc) {
	known := s.known()
	for i, v := range s.Variables {
		line := s.doc.LineOf("variables", i)
		switch {
		case !strings.HasPrefix(v.Name, ownPrefix) || v.Name == ownPrefix:
			fail(line, "variable %q does not begin with %s", v.Name, ownPrefix)
		case slices.Contains(known, v.Name):
			fail(line, "variable %s is there twice", v.Name)
		}
		checkCEL(v.Expression, known, fail)
		known = append(known, v.Name)
	}
}

func (s source) checkValidations(fail failFunc) {
	known := s.known()
	for _, v := range s.Variables {
		known = append(known, v.Name)
	}
	if len(s.Validations) == 0 {
		fail(s.doc.Line, "validations is empty: the rule would hold nothing")
	}
	for i, v := range s.Validations {
		line := s.doc.LineOf("validations", i)
		if strings.TrimSpace(v.Message) == "" || strings.Contains(v.Message, "\n") {
			fail(line, "message is not one line of text")
		}
		checkCEL(v.Expression, known, fail)
		checkCEL(v.MessageExpression, known, fail)
		if !endsWithNote(v.MessageExpression.CEL) {
			fail(line, "messageExpression does not end with + variables.%s", NoteVariable)
		}
	}
}

// checkCEL parses an expression and looks at what it reads.
func checkCEL(e policy.Expression, known []string, fail failFunc) {
	if strings.TrimSpace(e.CEL) == "" {
		fail(e.Line, "expression is missing")
		return
	}
	names, roots, err := reads(e.CEL)
	if err != nil {
		fail(e.Line, "cel: %v", err)
		return
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			fail(e.Line, "cel: there is no variable %s", n)
		}
	}
	for _, r := range roots {
		fail(e.Line, "cel: reads %s, want object.spec, object.metadata, request.namespace or variables", r)
	}
}

// sameVariables wants variables of one name to say the same in all files, so
// that compensations can be merged.
func sameVariables(all []source) error {
	first := map[string]source{}
	text := map[string]string{}
	var errs []error
	for _, s := range all {
		for i, v := range s.Variables {
			at, ok := first[v.Name]
			if !ok {
				first[v.Name], text[v.Name] = s, v.Expression.CEL
			} else if text[v.Name] != v.Expression.CEL {
				errs = append(errs, &manifest.Error{File: s.doc.File, Line: s.doc.LineOf("variables", i),
					Msg: fmt.Sprintf("variable %s says something else in %s", v.Name, at.doc.File)})
			}
		}
	}
	return errors.Join(errs...)
}

// covered wants every key to be listed by a compensation of each of its
// controls, so far as rules hold them; else an exception would open only half of
// what it says.
func covered(all []source, rules map[string]policy.Control) error {
	held := slices.Collect(maps.Values(rules))
	var errs []error
	for _, k := range Keys() {
		for _, c := range k.Controls {
			if !slices.Contains(held, c) {
				continue
			}
			lists := func(s source) bool { return s.Control == c && slices.Contains(s.Allows, k.Name) }
			if !slices.ContainsFunc(all, lists) {
				errs = append(errs, &manifest.Error{File: Folder,
					Msg: fmt.Sprintf("no compensation for control %s lists key %s", c, k.Name)})
			}
		}
	}
	return errors.Join(errs...)
}
