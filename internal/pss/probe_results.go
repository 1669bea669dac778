package pss

import (
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/policy"
)

// probeResults is every probe, and what each revision of a check says of it. All
// versions of the standard share it.
type probeResults struct {
	probes []Probe
	pods   []*corev1.Pod      // of the probes, in the same order
	said   map[revised][]bool // by probe: does this revision refuse it
}

// revised is one revision of a control.
type revised struct {
	control policy.Control
	since   string
}

func newProbeResults() *probeResults {
	b := &probeResults{probes: Probes(), said: map[revised][]bool{}}
	for _, p := range b.probes {
		b.pods = append(b.pods, p.Pod)
	}
	return b
}

// says gives the verdicts of one check on every probe.
func (b *probeResults) says(c check) []bool {
	key := revised{c.ID, c.Since}
	if b.said[key] == nil {
		verdicts := make([]bool, len(b.pods))
		for i, pod := range b.pods {
			verdicts[i] = c.refuses(pod)
		}
		b.said[key] = verdicts
	}
	return b.said[key]
}

// versionResults is every probe with what one version of the standard says of it.
type versionResults struct {
	*probeResults
	oracle *Oracle
	labels map[policy.Profile][][]policy.Control // by probe: the controls of the profile that refuse it
	alone  map[policy.Control][]bool             // by probe: does this control refuse it
}

// at asks the oracle of a version for all labels. A control without probes
// that it refuses, by itself in its profile, is an error: what implements it
// could not be told.
func (b *probeResults) at(version string) (*versionResults, error) {
	oracle, err := NewOracle(version)
	if err != nil {
		return nil, err
	}
	out := &versionResults{b, oracle, map[policy.Profile][][]policy.Control{}, map[policy.Control][]bool{}}
	for _, c := range oracle.checks {
		out.alone[c.ID] = b.says(c)
	}
	for _, profile := range []policy.Profile{policy.Baseline, policy.Restricted} {
		labels := make([][]policy.Control, len(b.probes))
		for _, id := range oracle.Runs(profile) {
			for i, refused := range out.alone[id] {
				if refused {
					labels[i] = append(labels[i], id)
				}
			}
		}
		out.labels[profile] = labels
	}
	var errs []error
	for _, c := range oracle.Controls() {
		if !slices.ContainsFunc(out.labels[c.Profile], only(c.ID)) {
			errs = append(errs, fmt.Errorf("probe control %s of %s: no probe is refused by it alone", c.ID, c.Since))
		}
	}
	return out, errors.Join(errs...)
}
