package proof_test

import (
	"slices"
	"testing"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

func newOracle(t testing.TB) *pss.Oracle { return oracleOf(t, pss.Latest) }

func oracleOf(t testing.TB, version string) *pss.Oracle {
	t.Helper()
	oracle, err := pss.NewOracle(version)
	if err != nil {
		t.Fatal(err)
	}
	return oracle
}

// expected gives the controls that must refuse the pod in a place: those of its
// profile that Pod Security Admission finds violated, each by what the
// exceptions leave of the pod for it.
func (c catalogue) expected(oracle *pss.Oracle, at place, s sample) []policy.Control {
	var out []policy.Control
	for _, info := range oracle.Controls() {
		if at.profile == policy.Baseline && info.Profile != policy.Baseline {
			continue
		}
		pod := s.pod
		for _, name := range at.exceptions {
			for _, key := range exception.Keys() {
				if c[name][key.Name] == nil || !slices.Contains(key.Controls, info.ID) {
					continue
				}
				if pod == s.pod {
					pod = pod.DeepCopy()
				}
				c[name].take(key.Name, pod)
			}
		}
		if oracle.Refuses(info.ID, pod) {
			out = append(out, info.ID)
		}
	}
	slices.Sort(out)
	return out
}

// refusing gives the controls whose policies deny.
func (w *world) refusing(r *admission.Review) []policy.Control {
	var out []policy.Control
	for _, d := range r.Denials() {
		out = append(out, policy.Control(w.controls[d.Policy]))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
