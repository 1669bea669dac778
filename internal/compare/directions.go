package compare

import (
	"slices"
)

// Directions gives the directions in which a verdict can change, the gravest first.
func Directions() []Direction {
	return []Direction{Denied, Admitted, Warned, Unwarned, Audited, Unaudited}
}

// Order sorts directions, the gravest first.
func Order(a, b Direction) int {
	return slices.Index(Directions(), a) - slices.Index(Directions(), b)
}
