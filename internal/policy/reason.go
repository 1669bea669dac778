package policy

import "fmt"

// Reason is why a rule cannot be a native admission policy. The list is closed:
// a new reason is a change of the program, never of its input.
type Reason string

// The reasons, each with what it means to the reader of a report.
const (
	NotValidation   Reason = "not-a-validation" // it mutates, generates, cleans up or verifies images
	NotCEL          Reason = "not-cel"          // it validates by pattern, deny, foreach or podSecurity
	Namespaced      Reason = "namespaced"       // it is a namespaced policy; native ones are cluster-wide
	ExternalContext Reason = "external-context" // it reads data from outside the request
	RequesterRoles  Reason = "requester-roles"  // it asks for the requester's roles, which admission does not tell
	UnknownKind     Reason = "unknown-kind"     // it names a kind whose resource is not known here
	KyvernoFunction Reason = "kyverno-function" // its CEL calls what only Kyverno provides
	NotAdmission    Reason = "not-admission"    // it never judges requests: background scans or plain JSON
	MixedSelectors  Reason = "mixed-selectors"  // its filters differ by namespace labels
)

// Unsupported says that a rule was understood and cannot be expressed natively.
// It is an error, so that a build stops by it unless told to skip such rules.
type Unsupported struct {
	Origin Origin
	Line   int // of the offending field; Origin.Line where it is the whole rule
	Reason Reason
	Detail string // the field or word in question
}

// Error gives one line: the rule, its place, the reason and the detail.
func (u *Unsupported) Error() string {
	return fmt.Sprintf("convert %s: %s:%d: %s: %s", u.Origin, u.Origin.Path, u.Line, u.Reason, u.Detail)
}
