package build

import (
	"github.com/vapchart/vapchart/internal/chainsaw"
	"github.com/vapchart/vapchart/internal/compare"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/psa"
)

// Result is what a build made, for the terminal.
type Result struct {
	Pin       policy.Pin
	Read      int // rules that the source holds and that can be native
	LeftOut   []*policy.Unsupported
	Corrected []ControlLine
	Deviates  []ControlLine // with standard: upstream
	Additions []string
	Rules     map[policy.Profile]int // in the chart
	Folder    string
	Version   string
	Archive   string // path of the archive; empty where none was written
	Checked   bool   // nothing was written, since it was there already
	Clusters  []Cluster
	Tests     chainsaw.Suite
}

// ControlLine is one control and what is to be said about it.
type ControlLine struct {
	Control policy.Control
	Rule    string
	Why     string
}

// Cluster is what was made for one cluster.
type Cluster struct {
	Name       string
	Folder     string
	Objects    int
	Namespaces int              // Namespace objects, for their labels
	Changes    []Change         // by the operator's kustomization
	Verdicts   compare.Verdicts // what these change
	BesidePSA  psa.Found        // where labels of Pod Security Admission refuse what is admitted
}

// Change is what the operator's own kustomization makes of one object.
type Change struct {
	Object  string // kind and name
	What    string // what is done to it, on one line
	Weakens string // why less is refused, warned about or audited; empty where it is not
}
