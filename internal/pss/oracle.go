package pss

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/vapchart/vapchart/internal/policy"
)

// Oracle answers as Pod Security Admission would at one version of the
// standard. It runs PSA's own checks, each alone.
type Oracle struct {
	checks []check
}

// NewOracle gives the oracle for a version as PSA writes it in a namespace's
// labels: "latest" or "v1.35". A version newer than this build knows is
// answered by the newest one, as PSA does.
func NewOracle(version string) (*Oracle, error) {
	v, err := api.ParseVersion(version)
	if err != nil {
		return nil, fmt.Errorf("read standard version %q: %w", version, err)
	}
	return &Oracle{checksAt(v)}, nil
}

// Controls gives the controls of this version in the order of the package's
// Controls.
func (o *Oracle) Controls() []Info { return infos(o.checks) }

// Runs gives the controls that PSA asks for a profile. Restricted holds those
// of baseline too, less the ones that a restricted control overrides.
func (o *Oracle) Runs(profile policy.Profile) []policy.Control {
	running := o.running(profile)
	out := make([]policy.Control, 0, len(running))
	for _, c := range running {
		out = append(out, c.ID)
	}
	return out
}

// Refuses tells whether the control, asked alone, refuses the pod. A control
// that this version does not hold refuses nothing.
func (o *Oracle) Refuses(id policy.Control, pod *corev1.Pod) bool {
	i := slices.IndexFunc(o.checks, func(c check) bool { return c.ID == id })
	return i >= 0 && o.checks[i].refuses(pod)
}

// Refused gives the controls of a profile that refuse the pod; none means that
// PSA admits it.
func (o *Oracle) Refused(profile policy.Profile, pod *corev1.Pod) []policy.Control {
	var out []policy.Control
	for _, c := range o.running(profile) {
		if c.refuses(pod) {
			out = append(out, c.ID)
		}
	}
	return out
}

func (o *Oracle) running(profile policy.Profile) []check {
	var overridden []policy.Control
	if profile == policy.Restricted {
		for _, c := range o.checks {
			overridden = append(overridden, c.Overrides...)
		}
	}
	var out []check
	for _, c := range o.checks {
		held := c.Profile == profile || (profile == policy.Restricted && c.Profile == policy.Baseline)
		if held && !slices.Contains(overridden, c.ID) {
			out = append(out, c)
		}
	}
	return out
}

func (c check) refuses(pod *corev1.Pod) bool {
	return !c.judge(&pod.ObjectMeta, &pod.Spec).Allowed
}
