package rules

import (
	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/policy"
)

// Set is the rules of one library, as read and as converted.
type Set struct {
	Converted []convert.Objects
	LeftOut   []*policy.Unsupported
}
