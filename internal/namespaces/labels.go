package namespaces

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/policy"
)

// psaDomain begins the labels of Pod Security Admission.
const psaDomain = "pod-security.kubernetes.io/"

// Privileged is the standard's third profile, which refuses nothing.
const Privileged policy.Profile = "privileged"

// Tried is a pod that tries what a control allows.
type Tried struct {
	Text string // completes "a pod …"
	Pod  *corev1.Pod
}

// Standard is what a cluster's Pod Security Admission does, and the pods to ask it
// about. None of them is changed.
type Standard struct {
	// Version is the one that it judges by: that of the values or, where that is
	// newer than the cluster, the cluster's own.
	Version string
	// Refused gives the controls by which it refuses a pod at a profile.
	Refused func(profile policy.Profile, pod *corev1.Pod) []policy.Control
	Probes  []Tried
	Tries   []exception.Sample          // for the exceptions of the values
	Rules   map[string][]policy.Control // the controls of each rule, by its name
}

// Labels gives the labels that the values want on namespaces, by full name: with
// label binding those of their domain, and with `engine: psa` those of Pod Security
// Admission. A name without any is not there.
//
// Where the policies stay, for exceptions or excluded rules, each mode of Pod
// Security Admission gets the strictest profile that says nothing against what these
// allow. Where they step aside and controllers are to be warned about, what warns and
// audits reaches as far as what is enforced: by these modes alone Pod Security
// Admission speaks of controllers.
func Labels(v Values, s Standard) map[string]map[string]string {
	out := map[string]map[string]string{}
	known := map[string]map[string]string{} // by entry: many namespaces are alike
	for _, name := range v.Names() {
		e := *v.Namespaces[name]
		labels := known[e.key()]
		if labels == nil {
			labels = v.domainLabels(e)
			if e.Engine == PSA {
				maps.Copy(labels, v.psaLabels(e, s))
			}
			known[e.key()] = labels
		}
		if len(labels) > 0 {
			out[name] = maps.Clone(labels)
		}
	}
	return out
}

// domainLabels gives the labels that bind a namespace.
func (v Values) domainLabels(e Entry) map[string]string {
	labels := map[string]string{}
	if v.NamespaceBinding != "label" {
		return labels
	}
	for key, value := range map[string]string{"profile": e.Profile, "warn": e.Warn, "audit": e.Audit} {
		labels[v.LabelDomain+"/"+key] = value
	}
	for _, rule := range e.Exclude {
		labels[v.LabelDomain+"/"+rule] = "exclude"
	}
	for _, name := range e.Exceptions {
		labels[v.LabelDomain+"/"+name] = "include"
	}
	return labels
}

// psaLabels gives the labels of Pod Security Admission: a profile and a version for
// each of its three modes, so that nothing is left to the cluster's own defaults.
func (v Values) psaLabels(e Entry, s Standard) map[string]string {
	labels := map[string]string{}
	for mode, profile := range v.modes(e) {
		if e.Keeps() {
			profile, _ = s.strictest(e, profile)
		}
		labels[psaDomain+mode] = string(profile)
		labels[psaDomain+mode+"-version"] = v.StandardVersion
	}
	return labels
}

// modes gives the profile that the values want in each mode of Pod Security
// Admission.
func (v Values) modes(e Entry) map[string]policy.Profile {
	enforce, warn, audit := policy.Profile(e.Profile), policy.Profile(e.Warn), policy.Profile(e.Audit)
	if e.Left() && fmt.Sprint(v.Controllers) == "warn" {
		warn, audit = stricter(warn, enforce), stricter(audit, enforce)
	}
	return map[string]policy.Profile{"enforce": enforce, "warn": warn, "audit": audit}
}

// Refusing gives the names, sorted, where these labels have Pod Security Admission
// refuse pods.
func Refusing(labels map[string]map[string]string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if level := labels[name][psaDomain+"enforce"]; level != "" && level != string(Privileged) {
			out = append(out, name)
		}
	}
	return out
}

// profiles gives the three, the loosest first.
func profiles() []policy.Profile {
	return []policy.Profile{Privileged, policy.Baseline, policy.Restricted}
}

func stricter(a, b policy.Profile) policy.Profile {
	if slices.Index(profiles(), a) < slices.Index(profiles(), b) {
		return b
	}
	return a
}
