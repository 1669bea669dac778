// Package policies holds the built-in policy library: the Pod Security
// Standards as ClusterPolicies of Kyverno, one for each control of Pod Security
// Admission (PSA). A policy's annotations name its control
// (vapchart.dev/control) and the version of the standard that brought this
// revision (vapchart.dev/since). The folders are laid out as in Kyverno's own
// library, and rules bear its names where it has any, so that one selection
// fits both.
//
// FS is the library by the newest version of the standard, At that of any other.
// Older revisions lie in revisions/<since>, below the path that the newest has;
// a revision holds until the next one. The same goes for the compensations in
// exceptions, whose field since says from which version on they are right: one
// that several revisions of its rule can share is there once.
//
// The CEL is made to be read by people and moved by programs: every read goes
// through object.spec or object.metadata, what a list may hold is a variable,
// and variables of one name say the same in every rule of a profile of one
// version. Each expression passes the API server's type checker by itself. That
// is what dyn() is for: to the checker the three kinds of container are three
// types, whose lists cannot be joined.
package policies

import "embed"

// FS holds the library, by the paths that a selection in vapchart.yaml names,
// such as pod-security-cel/baseline.
//
//go:embed pod-security-cel
//go:embed exceptions
var FS embed.FS

//go:embed revisions
var revisions embed.FS
