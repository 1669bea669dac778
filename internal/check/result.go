package check

// Result is what would become of every object that was judged, in the order in
// which they were read.
type Result []Decision

// Denied counts the objects that would be denied.
func (c Result) Denied() int {
	n := 0
	for _, d := range c {
		if d.Verdict == Denied {
			n++
		}
	}
	return n
}
