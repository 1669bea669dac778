package pss

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/vapchart/vapchart/internal/policy"
)

// Enforced is what Pod Security Admission refuses in a namespace by its labels.
type Enforced struct {
	oracle  *Oracle // nil where nothing is
	profile policy.Profile
}

// EnforcedBy reads the labels of a namespace as Pod Security Admission does: a
// misspelt profile is restricted, a misspelt version the latest. Kubernetes is the minor
// version of the cluster, which knows no newer version of the standard. Where a cluster
// sets defaults of its own these are not known, so without the label nothing is refused.
func EnforcedBy(labels map[string]string, kubernetes string) Enforced {
	none := api.LevelVersion{Level: api.LevelPrivileged, Version: api.LatestVersion()}
	// A policy is given even where labels are misspelt.
	p, _ := api.PolicyToEvaluate(labels, api.Policy{Enforce: none, Audit: none, Warn: none})
	if p.Enforce.Level == api.LevelPrivileged {
		return Enforced{}
	}
	version := p.Enforce.Version
	if own, err := api.ParseVersion("v" + kubernetes); err == nil && (version.Latest() || own.Older(version)) {
		version = own
	}
	return Enforced{&Oracle{checksAt(version)}, policy.Profile(p.Enforce.Level)}
}

// Refused gives the controls for which a pod is refused; none if it is admitted.
func (e Enforced) Refused(pod *corev1.Pod) []policy.Control {
	if e.oracle == nil {
		return nil
	}
	return e.oracle.Refused(e.profile, pod)
}
