package compare

import (
	"github.com/vapchart/vapchart/internal/sample"
)

// Place is a namespace that stands for all where both sides hold the same. What its
// name and its labels decide on either side is theirs to say.
type Place struct {
	Name   string            `json:"namespace"`
	For    string            `json:"for"` // whom it stands for, such as "mw-*" or "namespaces that no key matches"
	Before map[string]string `json:"-"`   // labels
	After  map[string]string `json:"-"`   // labels
}

// Direction is how an answer changed.
type Direction string

// The directions, the gravest first. Of an object that is denied on both sides, and
// of one whose denial changed, nothing else is told.
const (
	Denied    Direction = "newly denied"
	Admitted  Direction = "newly admitted"
	Warned    Direction = "newly warned"
	Unwarned  Direction = "no longer warned"
	Audited   Direction = "newly audited"
	Unaudited Direction = "no longer audited"
)

// Change is a change of answers in one place by the same rules.
type Change struct {
	Direction Direction     `json:"direction"`
	Place     Place         `json:"place"`
	Rules     []string      `json:"rules"`   // that say so now, or said so before; sorted
	Message   string        `json:"message"` // what the first of them says of the witness
	Witness   sample.Sample `json:"witness"` // the smallest sample that shows it
	Like      int           `json:"like"`    // how many other samples show it too
}

// Comparison is what came of comparing.
type Comparison struct {
	Places  int      `json:"places"`
	Samples int      `json:"samples"`
	Changes []Change `json:"changes"` // by place as given, then by direction, the simplest first
}

// Count gives how many changes are of a direction.
func (c Comparison) Count(d Direction) int {
	n := 0
	for _, change := range c.Changes {
		if change.Direction == d {
			n++
		}
	}
	return n
}
