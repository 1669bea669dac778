package upstream

import (
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
)

// PinOf gives the pin that a source asks for: the same as that of what is
// fetched from it, without the commit, which only fetching can tell.
func PinOf(src project.Upstream) policy.Pin {
	pin := policy.Pin{Source: nameOf(src)}
	switch {
	case src.Git != nil:
		pin.Ref = src.Git.Ref
	case src.Directory != nil:
		pin.Ref = src.Directory.Ref
	}
	return pin
}
