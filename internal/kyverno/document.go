package kyverno

import (
	"strings"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

// reader holds what all files of a run share.
type reader struct {
	pin   policy.Pin
	kinds kindTable
	cel   *celReader
}

func newReader(pin policy.Pin) (*reader, error) {
	kinds, err := parseKinds(kindsText)
	if err != nil {
		return nil, err
	}
	cel, err := newCELReader()
	if err != nil {
		return nil, err
	}
	return &reader{pin, kinds, cel}, nil
}

// file reads one file, which must hold one policy.
func (rd *reader) file(f File) outcome {
	doc, err := manifest.One(f.Path, f.Data)
	if err != nil {
		return outcome{errs: []error{err}}
	}
	apiVersion, kind := doc.TypeMeta()
	group, version, _ := strings.Cut(apiVersion, "/")
	for _, k := range policyKinds() {
		if k.group != group || k.kind != kind {
			continue
		}
		if !k.serves(version) {
			return outcome{errs: []error{doc.Errorf("unknown version %s of %s, want %s", apiVersion, kind, k.versions)}}
		}
		return k.read(rd, f, doc)
	}
	if kind == "" {
		return outcome{errs: []error{doc.Errorf("not a policy: it has no kind")}}
	}
	return outcome{errs: []error{doc.Errorf("not a Kyverno policy: %s of apiVersion %q", kind, apiVersion)}}
}

// policyKind is a kind that Kyverno has for policies.
type policyKind struct {
	group, kind string
	versions    string // comma-separated; empty for any, where the kind is refused anyway
	read        func(*reader, File, manifest.Document) outcome
}

func (k policyKind) serves(version string) bool {
	for v := range strings.SplitSeq(k.versions, ", ") {
		if v == version || k.versions == "" {
			return true
		}
	}
	return false
}

func policyKinds() []policyKind {
	const old, current = "kyverno.io", "policies.kyverno.io"
	kinds := []policyKind{
		{old, "ClusterPolicy", "v1, v2beta1", (*reader).clusterPolicy},
		{current, "ValidatingPolicy", "v1alpha1, v1beta1, v1", (*reader).validatingPolicy},
		{old, "Policy", "", refused(policy.Namespaced)},
		{current, "NamespacedValidatingPolicy", "", refused(policy.Namespaced)},
	}
	for _, k := range []string{
		"CleanupPolicy", "ClusterCleanupPolicy", "GlobalContextEntry", "PolicyException", "UpdateRequest",
	} {
		kinds = append(kinds, policyKind{old, k, "", refused(policy.NotValidation)})
	}
	for _, k := range []string{
		"DeletingPolicy", "GeneratingPolicy", "ImageValidatingPolicy", "MutatingPolicy", "PolicyException",
		"NamespacedDeletingPolicy", "NamespacedGeneratingPolicy", "NamespacedImageValidatingPolicy", "NamespacedMutatingPolicy",
	} {
		kinds = append(kinds, policyKind{current, k, "", refused(policy.NotValidation)})
	}
	return kinds
}

// refused reads no more of a policy than its name: the kind alone decides, and
// its schema is not ours to know.
func refused(reason policy.Reason) func(*reader, File, manifest.Document) outcome {
	return func(rd *reader, f File, doc manifest.Document) outcome {
		var named struct {
			Metadata metadata       `yaml:"metadata"`
			Rest     map[string]any `yaml:",inline"`
		}
		if err := doc.Decode(&named); err != nil {
			return outcome{errs: []error{err}}
		}
		r := rd.reading(f, doc, named.Metadata)
		if len(r.errs) > 0 {
			return outcome{errs: r.errs}
		}
		_, kind := doc.TypeMeta()
		r.refuse(doc.Line, reason, "kind %s", kind)
		var out outcome
		out.take(r, policy.Rule{})
		return out
	}
}
