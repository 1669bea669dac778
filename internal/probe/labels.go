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

// LabelFindings gives a finding for each namespace and exception of which Pod
// Security Admission refuses a pod that the values allow, in the order of the
// cells.
func LabelFindings(cells []Cell, namespaces []corev1.Namespace) []LabelFinding {
	var out []LabelFinding
	for _, c := range cells {
		if !c.ByLabel() {
			continue
		}
		i := slices.IndexFunc(out, func(f LabelFinding) bool { return f.Namespace == c.Namespace && f.Exception == c.Exception })
		if i < 0 {
			f := LabelFinding{Namespace: c.Namespace, Label: labelEnforce, Exception: c.Exception, Words: c.Got.Words}
			if n := slices.IndexFunc(namespaces, func(ns corev1.Namespace) bool { return ns.Name == c.Namespace }); n >= 0 {
				f.Value = namespaces[n].Labels[labelEnforce]
			}
			f.Hint = fmt.Sprintf("kubectl label namespace %s %s=privileged --overwrite; the policies of the release hold the profile there", c.Namespace, labelEnforce)
			out, i = append(out, f), len(out)
		}
		out[i].Allows = append(out[i].Allows, c.Text)
	}
	return out
}

// ByLabel says whether Pod Security Admission refuses what an exception in force
// allows.
func (c Cell) ByLabel() bool {
	return c.Outcome == Hidden && c.Allowed && len(c.Expected.Denials) == 0
}
