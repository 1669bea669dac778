package pss_test

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/kyverno"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/policies"
)

// builtinRules reads the embedded library.
func builtinRules(t testing.TB) []policy.Rule {
	t.Helper()
	return readRules(t, policy.Pin{Source: "builtin"}, policies.FS, "pod-security-cel")
}

// readRules reads the baseline and restricted policies below a folder.
func readRules(t testing.TB, pin policy.Pin, fsys fs.FS, folder string) []policy.Rule {
	t.Helper()
	var files []kyverno.File
	for _, profile := range []policy.Profile{policy.Baseline, policy.Restricted} {
		for _, name := range policyFiles(t, fsys, path.Join(folder, string(profile))) {
			data, err := fs.ReadFile(fsys, name)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, kyverno.File{Path: name, Profile: profile, Data: data})
		}
	}
	result, err := kyverno.Read(pin, files)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range result.Unsupported {
		t.Error(u)
	}
	return result.Rules
}

// policyFiles gives the policies of a library's folder: <name>/<name>.yaml.
func policyFiles(t testing.TB, fsys fs.FS, folder string) []string {
	t.Helper()
	found, err := fs.Glob(fsys, folder+"/*/[^.]*.yaml")
	if err != nil || len(found) == 0 {
		t.Fatalf("no policies in %s: %v", folder, err)
	}
	return found
}

// load converts rules to objects that refuse, as a namespace bound to all of
// them meets them.
func load(rules ...policy.Rule) (*admission.Objects, error) {
	converted, err := convert.All(rules)
	if err != nil {
		return nil, err
	}
	var objects []runtime.Object
	for _, o := range converted {
		o.Binding.Spec.ValidationActions = []admissionv1.ValidationAction{admissionv1.Deny}
		objects = append(objects, o.Policy, o.Binding)
	}
	return admission.FromObjects(objects...)
}

// newJudge makes one judge of all rules.
func newJudge(rules ...policy.Rule) (*admission.Judge, error) {
	objs, err := load(rules...)
	if err != nil {
		return nil, err
	}
	return admission.NewJudge(objs, admission.Options{})
}

// judgeByAdmission is a pss.Judge by the API server's own code.
func judgeByAdmission(rules []policy.Rule, pods []*corev1.Pod) ([][]bool, error) {
	judge, err := newJudge(rules...)
	if err != nil {
		return nil, err
	}
	out := make([][]bool, len(rules))
	for i := range rules {
		out[i] = make([]bool, len(pods))
	}
	for p, pod := range pods {
		object, err := admission.FromTyped(pod)
		if err != nil {
			return nil, err
		}
		review, err := judge.Review(context.Background(), admission.Request{Object: object})
		if err != nil {
			return nil, err
		}
		for _, d := range review.Denials() {
			r := slices.IndexFunc(rules, func(r policy.Rule) bool { return r.Name == d.Policy })
			out[r][p] = true
		}
	}
	return out, nil
}

// remembering asks the judge once for each set of rules. The probes are the same
// in all assessments.
func remembering(judge pss.Judge) pss.Judge {
	known := map[string][][]bool{}
	return func(rules []policy.Rule, pods []*corev1.Pod) ([][]bool, error) {
		key := fmt.Sprint(rules)
		if known[key] == nil {
			refused, err := judge(rules, pods)
			if err != nil {
				return nil, err
			}
			known[key] = refused
		}
		return known[key], nil
	}
}

func lines(words []string) string { return strings.Join(words, "\n") + "\n" }
