package psa

import (
	"fmt"
	"slices"
)

// LabelEnforce is the label by which Pod Security Admission refuses pods.
const LabelEnforce = "pod-security.kubernetes.io/enforce"

// Finding is a namespace where Pod Security Admission refuses what an exception in
// force allows: it is asked before any policy, and knows none.
type Finding struct {
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

// Join makes a finding for each namespace and exception, in the order in which they
// come. Labels are those of the namespaces, by name.
func Join(shadowed []Shadowed, labels map[string]map[string]string) []Finding {
	var out []Finding
	for _, r := range shadowed {
		i := slices.IndexFunc(out, func(f Finding) bool { return f.Namespace == r.Namespace && f.Exception == r.Exception })
		if i < 0 {
			f := Finding{Namespace: r.Namespace, Label: LabelEnforce, Exception: r.Exception, Words: r.Words}
			f.Value = labels[r.Namespace][LabelEnforce]
			f.Hint = fmt.Sprintf("kubectl label namespace %s %s=privileged --overwrite; the policies of the release hold the profile there", r.Namespace, LabelEnforce)
			out, i = append(out, f), len(out)
		}
		out[i].Allows = append(out[i].Allows, r.Text)
	}
	return out
}
