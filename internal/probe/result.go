package probe

import (
	"github.com/vapchart/vapchart/internal/psa"
	"github.com/vapchart/vapchart/internal/term"
)

// Result is what a live cluster does beside what the values say.
type Result struct {
	Cluster    string          `json:"cluster"`    // address of the API server
	Kubernetes string          `json:"kubernetes"` // its minor version
	User       string          `json:"user"`       // that asked; empty if the cluster does not tell
	Objects    []ObjectFinding `json:"objects"`
	Labels     []psa.Finding   `json:"labels"`
	Cells      []Cell          `json:"cells"`
	// Controls are the columns of the matrix, in order.
	Controls []string `json:"controls"`
}

// Differences counts what is not as the values say: objects and cells.
func (p Result) Differences() int {
	return p.WrongObjects() + Count(p.Cells, func(c Cell) bool { return c.Difference })
}

// WrongObjects counts the installed objects that are not as the values say.
func (p Result) WrongObjects() int {
	n := 0
	for _, f := range p.Objects {
		if f.Problem.Difference() {
			n++
		}
	}
	return n
}

// Unlearned gives the namespaces of which nothing was learned, in order, each with
// the words of a refusal.
func (p Result) Unlearned() (namespaces, words []string) {
	learned := map[string]bool{}
	for _, c := range p.Cells {
		learned[c.Namespace] = learned[c.Namespace] || c.Outcome != Unknown
	}
	for _, c := range p.Cells {
		if _, open := learned[c.Namespace]; open && !learned[c.Namespace] {
			namespaces, words = append(namespaces, c.Namespace), append(words, term.OneLine(c.Got.Words))
			delete(learned, c.Namespace)
		}
	}
	return namespaces, words
}

// Count says how many cells are of a kind.
func Count(cells []Cell, is func(Cell) bool) int {
	n := 0
	for _, c := range cells {
		if is(c) {
			n++
		}
	}
	return n
}
