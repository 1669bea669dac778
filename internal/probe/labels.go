package probe

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// labelEnforce is the label by which Pod Security Admission refuses pods.
const labelEnforce = "pod-security.kubernetes.io/enforce"

// LabelFinding is a namespace where Pod Security Admission refuses what an
// exception in force allows: it is asked before any policy, and knows none.
type LabelFinding struct {
	Namespace string   `json:"namespace"`
	Label     string   `json:"label"`
	Value     string   `json:"value"` // empty where the default of the whole cluster refuses
	Exception string   `json:"exception"`
	Allows    []string `json:"allows"` // each completes "a pod …"
	Words     string   `json:"words"`  // of the refusal
	Hint      string   `json:"hint"`
}

// Shadowed is a pod that an exception in force allows and Pod Security Admission
// refuses.
type Shadowed struct {
	Namespace, Exception string
	Text                 string // completes "a pod …"
	Words                string // of the refusal
}

// LabelFindings gives a finding for each namespace and exception of which Pod
// Security Admission refuses a pod that the values allow, in the order of the
// cells.
func LabelFindings(cells []Cell, namespaces []corev1.Namespace) []LabelFinding {
	labels := map[string]map[string]string{}
	for _, ns := range namespaces {
		labels[ns.Name] = ns.Labels
	}
	var shadowed []Shadowed
	for _, c := range cells {
		if c.ByLabel() {
			shadowed = append(shadowed, Shadowed{c.Namespace, c.Exception, c.Text, c.Got.Words})
		}
	}
	return JoinShadowed(shadowed, labels)
}

// JoinShadowed gives a finding for each namespace and exception, in the order in
// which they come. Labels are those of the namespaces, by name.
func JoinShadowed(shadowed []Shadowed, labels map[string]map[string]string) []LabelFinding {
	var out []LabelFinding
	for _, r := range shadowed {
		i := slices.IndexFunc(out, func(f LabelFinding) bool { return f.Namespace == r.Namespace && f.Exception == r.Exception })
		if i < 0 {
			f := LabelFinding{Namespace: r.Namespace, Label: labelEnforce, Exception: r.Exception, Words: r.Words}
			f.Value = labels[r.Namespace][labelEnforce]
			f.Hint = fmt.Sprintf("kubectl label namespace %s %s=privileged --overwrite; the policies of the release hold the profile there", r.Namespace, labelEnforce)
			out, i = append(out, f), len(out)
		}
		out[i].Allows = append(out[i].Allows, r.Text)
	}
	return out
}

// ByLabel says whether Pod Security Admission refuses what an exception in force
// allows.
func (c Cell) ByLabel() bool {
	return c.Outcome == Hidden && c.Allowed && len(c.Expected.Denials) == 0
}
