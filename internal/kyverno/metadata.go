package kyverno

import (
	"strings"

	kubevalidation "k8s.io/apimachinery/pkg/util/validation"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

// metadata is what a rule takes from an object's metadata. The rest of it is
// Kubernetes' and says nothing about a verdict.
type metadata struct {
	Name        text            `yaml:"name"`
	Namespace   text            `yaml:"namespace"`
	Annotations map[string]text `yaml:"annotations"`
	Rest        map[string]any  `yaml:",inline"`
}

// title is what the library's catalogue calls the policy, on one line.
func (m metadata) title() string {
	return strings.Join(strings.Fields(m.Annotations["policies.kyverno.io/title"].Value), " ")
}

// reading begins the reading of a policy with its name.
func (rd *reader) reading(f File, doc manifest.Document, m metadata) *reading {
	apiVersion, _ := doc.TypeMeta()
	r := &reading{
		kinds: rd.kinds, cel: rd.cel, apiVersion: apiVersion, profile: f.Profile, lines: splitLines(f.Data),
		origin: policy.Origin{Pin: rd.pin, Path: f.Path, Line: doc.Line, Policy: m.Name.Value},
	}
	if m.Name.Value == "" {
		r.errs = append(r.errs, doc.Errorf("metadata.name is missing"))
	} else {
		r.objectName(m.Name.Value, m.Name.Line, "metadata.name")
	}
	return r
}

// clusterWide refuses a namespace on a kind that has none.
func (r *reading) clusterWide(m metadata) {
	if m.Namespace.Line != 0 {
		r.errorf(m.Namespace.Line, "metadata.namespace: the policy is cluster-wide, it has no namespace")
	}
}

// joinedName gives the name that the rule has from now on, and checks that
// Kubernetes takes it for an object and, in a profile, for a label key.
// Kyverno's rule names may hold capital letters, objects' names may not.
func (r *reading) joinedName(line int) string {
	name := policy.JoinName(r.origin.Policy, strings.ToLower(r.origin.Rule))
	if !isObjectName(r.origin.Policy) {
		return name // said of the policy already
	}
	r.objectName(name, line, "joined name")
	if limit := kubevalidation.LabelValueMaxLength; r.profile != policy.Other && len(name) > limit {
		r.errorf(line, "joined name %q has %d characters, a rule of a profile is a label key and may have %d",
			name, len(name), limit)
	}
	return name
}

func isObjectName(name string) bool { return kubevalidation.IsDNS1123Subdomain(name) == nil }

func (r *reading) objectName(name string, line int, what string) {
	switch limit := kubevalidation.DNS1123SubdomainMaxLength; {
	case len(name) > limit:
		r.errorf(line, "%s has %d characters, Kubernetes takes %d", what, len(name), limit)
	case !isObjectName(name):
		r.errorf(line, "%s %q is no name for Kubernetes, want lower-case letters, digits, - and .", what, name)
	}
}
