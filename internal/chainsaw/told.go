package chainsaw

// Suite is a Chainsaw suite.
type Suite struct {
	Folder     string
	Rules      int // that have one
	Exceptions int
	Samples    int        // objects that they try
	Missing    []Untested // rules and exceptions that have none, by reason
	Differs    []Difference
}

// Difference is a resource of an upstream test that gets another verdict than
// the test expects.
type Difference struct{ Resource, File string }

// Untested is the rules and exceptions that have no test for one reason.
type Untested struct {
	Why   string
	Names []string
}
