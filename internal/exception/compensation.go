// Package exception owns what an exception can allow: the allow keys of the
// chart's values, and for each rule of the built-in library that a key touches
// the compensation, the checks that take the rule's place in a namespace where
// an exception is in force. They hold exactly what the standard holds, less
// what the exception allows.
//
// A compensation is data, in policies/exceptions. It adds to the standard of one
// version, so where a revision of the rule changes what it has to say, there is
// one for each (see package policies). Its CEL reads variables that
// the chart puts before it:
//
//   - exExceptions, list<string>: the names of the exceptions in force that
//     touch the rule;
//   - exNote, string: what every message ends with, such as
//     ` (rule disallow-host-path, exception geoip)`;
//   - the variables of each key that the compensation lists (see Keys), which
//     hold the union over the exceptions in force.
package exception

import (
	"github.com/vapchart/vapchart/internal/policy"
)

// Compensation is what takes a rule's place.
type Compensation struct {
	Rule    string         // the rule whose place it takes
	Control policy.Control // of a built-in rule; empty where For has merged several
	Allows  []string       // names of the keys that touch the rule, in the order of Keys
	Since   string         // the version of the standard from which on it is right; empty as above

	Variables   []policy.Variable // all begin with `ex`, so that they clash with no rule's
	Validations []policy.Validation
}

// Folder is where Read finds the compensations, one file for each rule, named
// after it.
const Folder = "exceptions"

// Names that the CEL of a compensation can rely on, and prefixes that keep its
// own variables apart from those of the rules.
const (
	ExceptionsVariable = "exExceptions" // list<string>
	NoteVariable       = "exNote"       // string

	ownPrefix      = "exOf" // of variables in the files
	borrowedPrefix = "exBy" // of variables that come from a built-in rule
)
