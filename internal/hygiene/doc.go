// Package hygiene holds tests of the code base itself: who may import what, how
// large a file may grow, what may not stand in a package. It has no code.
package hygiene
