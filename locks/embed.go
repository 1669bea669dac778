// Package locks holds the known-good locks: one for every version of the policy
// library that this release was proven with, `<ref>.lock.yaml`.
package locks

import "embed"

// FS holds the lock files.
//
//go:embed *.lock.yaml
var FS embed.FS
