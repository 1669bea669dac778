package probe

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/psa"
)

// LabelFindings makes a finding for each namespace and exception where Pod Security
// Admission refuses a pod that the values allow, in the order of the cells.
func LabelFindings(cells []Cell, namespaces []corev1.Namespace) []psa.Finding {
	labels := map[string]map[string]string{}
	for _, ns := range namespaces {
		labels[ns.Name] = ns.Labels
	}
	var shadowed []psa.Shadowed
	for _, c := range cells {
		if c.ByLabel() {
			shadowed = append(shadowed, psa.Shadowed{Namespace: c.Namespace, Exception: c.Exception, Text: c.Text, Words: c.Got.Words})
		}
	}
	return psa.Join(shadowed, labels)
}

// ByLabel says whether Pod Security Admission refuses what an exception in force
// allows.
func (c Cell) ByLabel() bool {
	return c.Outcome == Hidden && c.Allowed && len(c.Expected.Denials) == 0
}
