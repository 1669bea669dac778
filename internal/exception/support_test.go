package exception_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/kyverno"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/policies"
)

// grant is what exceptions allow: values of CEL variables by name.
type grant map[string]any

// readRules reads the rules of a library, with their controls.
func readRules(t testing.TB, fsys fs.FS) []policy.Rule {
	t.Helper()
	var files []kyverno.File
	for _, profile := range []policy.Profile{policy.Baseline, policy.Restricted} {
		names, err := fs.Glob(fsys, "pod-security-cel/"+string(profile)+"/*/[^.]*.yaml")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			data, err := fs.ReadFile(fsys, name)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, kyverno.File{Path: name, Profile: profile, Data: data})
		}
	}
	result, err := kyverno.Read(policy.Pin{Source: "builtin"}, files)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := exception.Label(result.Rules, fsys)
	if err != nil || len(rules) < 14 {
		t.Fatalf("%d rules, %v", len(rules), err)
	}
	return rules
}

// library is what the tool embeds, at one version of the standard.
type library struct {
	version string
	rules   []policy.Rule
	comps   []exception.Compensation
	revised []string // rules that say, or are compensated by, something else than at any newer version
}

// readLibrary reads the newest library.
func readLibrary(t testing.TB) library {
	t.Helper()
	return readLibraryAt(t, pss.Latest)
}

func readLibraryAt(t testing.TB, version string) library {
	t.Helper()
	fsys, err := policies.At(version)
	if err != nil {
		t.Fatal(err)
	}
	comps, err := exception.Read(fsys)
	if err != nil {
		t.Fatalf("%s: %v", version, err)
	}
	lib := library{version: version, rules: readRules(t, fsys), comps: comps}
	for _, r := range lib.rules {
		lib.revised = append(lib.revised, r.Name)
	}
	return lib
}

// read keeps what everyLibrary gives: many tests ask for it, and reading takes a
// while.
var read struct {
	sync.Once
	all []library
}

// everyLibrary gives the newest library, of which every rule is tried, and all
// older ones, of which only what they revise is.
func everyLibrary(t testing.TB) []library {
	t.Helper()
	read.Do(func() { read.all = readEveryLibrary(t) })
	if len(read.all) < 7 {
		t.Fatalf("%d libraries of all versions", len(read.all))
	}
	return slices.Clone(read.all)
}

func readEveryLibrary(t testing.TB) []library {
	t.Helper()
	out := []library{readLibrary(t)}
	seen := map[string]bool{}
	known := func(lib library, r policy.Rule) bool {
		i := slices.IndexFunc(lib.comps, func(c exception.Compensation) bool { return c.Rule == r.Name })
		key := fmt.Sprint(r.Name, r.Variables, r.Validations)
		if i >= 0 {
			key += fmt.Sprint(lib.comps[i])
		}
		before := seen[key]
		seen[key] = true
		return before
	}
	for _, r := range out[0].rules {
		known(out[0], r)
	}
	for _, version := range slices.Backward(policies.Versions()) {
		lib := readLibraryAt(t, version)
		lib.revised = nil
		for _, r := range lib.rules {
			if !known(lib, r) {
				lib.revised = append(lib.revised, r.Name)
			}
		}
		if len(lib.revised) > 0 {
			out = append(out, lib)
		}
	}
	return out
}

// tried gives those of the rules that this version is to be tried with.
func (lib library) tried(rules []policy.Rule) []policy.Rule {
	return slices.DeleteFunc(slices.Clone(rules), func(r policy.Rule) bool { return !slices.Contains(lib.revised, r.Name) })
}

// excepted gives each rule as it is in a namespace with exceptions: its own
// checks are off where one is in force, and the compensation is on, both in one
// policy. Rules that no key touches stay as they are.
func (lib library) excepted(t testing.TB, g grant) []policy.Rule {
	t.Helper()
	var out []policy.Rule
	for _, r := range lib.rules {
		c, ok, err := exception.For(r, lib.rules, lib.rules, lib.comps)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			r = compensate(r, c, g)
		}
		out = append(out, r)
	}
	return out
}

func compensate(r policy.Rule, c exception.Compensation, g grant) policy.Rule {
	r.Variables = slices.Concat(r.Variables, prelude(r.Name, c, g), c.Variables)
	var validations []policy.Validation
	guard := func(list []policy.Validation, when string) {
		for _, v := range list {
			v.Expression.CEL = "variables.exExceptions.size() " + when + " 0 || (" + v.Expression.CEL + ")"
			validations = append(validations, v)
		}
	}
	guard(r.Validations, ">")
	guard(c.Validations, "==")
	r.Validations = validations
	return r
}

// prelude gives the variables that a chart puts before those of a compensation.
func prelude(rule string, c exception.Compensation, g grant) []policy.Variable {
	variable := func(name, cel string) policy.Variable {
		return policy.Variable{Name: name, Expression: policy.Expression{CEL: cel}}
	}
	out := []policy.Variable{
		variable("exExceptions", "['mine']"),
		variable("exNote", "' (rule "+rule+", exception ' + variables.exExceptions.join(' and ') + ')'"),
	}
	for _, k := range exception.Keys() {
		if !slices.Contains(c.Allows, k.Name) {
			continue
		}
		for _, v := range k.Variables {
			out = append(out, variable(v.Name, literal(v.Type, g[v.Name])))
		}
	}
	return out
}

func literal(celType string, value any) string {
	switch v := value.(type) {
	case nil:
		if celType == "bool" {
			return "false"
		}
		return "[]"
	case bool:
		return strconv.FormatBool(v)
	case []string:
		var out []string
		for _, s := range v {
			out = append(out, strconv.Quote(s))
		}
		return "[" + strings.Join(out, ", ") + "]"
	case [][]int:
		var out []string
		for _, r := range v {
			out = append(out, fmt.Sprintf("[%d, %d]", r[0], r[1]))
		}
		return "[" + strings.Join(out, ", ") + "]"
	}
	panic(fmt.Sprintf("no literal for %T", value))
}

func load(t testing.TB, rules []policy.Rule) *admission.Objects {
	t.Helper()
	converted, err := convert.All(rules)
	if err != nil {
		t.Fatal(err)
	}
	var objects []runtime.Object
	for _, o := range converted {
		o.Binding.Spec.ValidationActions = []admissionv1.ValidationAction{admissionv1.Deny}
		objects = append(objects, o.Policy, o.Binding)
	}
	objs, err := admission.FromObjects(objects...)
	if err != nil {
		t.Fatal(err)
	}
	return objs
}

func newJudge(t testing.TB, rules []policy.Rule) *admission.Judge {
	t.Helper()
	judge, err := admission.NewJudge(load(t, rules), admission.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return judge
}

func review(t testing.TB, judge *admission.Judge, s sample) *admission.Review {
	t.Helper()
	r, err := judge.Review(context.Background(), admission.Request{Object: s.object})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range r.Evaluations {
		for _, f := range e.Failures {
			if f.Broken {
				t.Fatalf("%s: %s", f.Policy, f.Message)
			}
		}
	}
	return r
}

// denying gives the rules that refuse the pod, sorted.
func denying(t testing.TB, judge *admission.Judge, s sample) []string {
	t.Helper()
	var out []string
	for _, d := range review(t, judge, s).Denials() {
		out = append(out, d.Policy)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sample is a pod as it reaches admission, with the API's defaults.
type sample struct {
	name   string
	pod    *corev1.Pod
	object *unstructured.Unstructured // the same
}

// samples gives the probes of package pss and PSA's own newest fixtures, as they
// reach admission.
func samples(t testing.TB) []sample {
	t.Helper()
	var out []sample
	for _, p := range pss.Probes() {
		out = append(out, sampleOf(t, p.Name, p.Pod))
	}
	text, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission").Output()
	if err != nil {
		t.Fatalf("find k8s.io/pod-security-admission: %v", err)
	}
	root := filepath.Join(strings.TrimSpace(string(text)), "test", "testdata")
	newest := ""
	for _, c := range pss.Controls() {
		if len(c.Since) > len(newest) || len(c.Since) == len(newest) && c.Since > newest {
			newest = c.Since
		}
	}
	files, err := filepath.Glob(filepath.Join(root, "*", newest, "*", "*.yaml"))
	if err != nil || len(files) < 130 {
		t.Fatalf("%d fixtures of %s, %v", len(files), newest, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pod := &corev1.Pod{}
		if err := yaml.UnmarshalStrict(data, pod); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		name, _ := filepath.Rel(root, file)
		out = append(out, sampleOf(t, name, pod))
	}
	return out
}

func sampleOf(t testing.TB, name string, pod *corev1.Pod) sample {
	t.Helper()
	object, err := admission.FromTyped(pod)
	if err != nil {
		t.Fatal(err)
	}
	out := sample{name, &corev1.Pod{}, object}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, out.pod); err != nil {
		t.Fatal(err)
	}
	return out
}
