package chart_test

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/kyverno"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
)

const cluster = "1.33"

// library is three rules, one of each profile. Their CEL and texts hold what
// would break a template that touched them.
const library = `
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata:
  name: no-host-pid
  annotations: {policies.kyverno.io/title: "No {{ host }} | PID"}
spec:
  rules:
  - name: pid
    match: {any: [{resources: {kinds: [Pod]}}]}
    validate:
      cel:
        expressions:
        - expression: "!object.spec.?hostPID.orValue(false) && '{{ .Values.x }}' != ''"
          message: 'hostPID is {{ not }} allowed: "yes" & <no>'
---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata:
  name: need-user
spec:
  rules:
  - name: user
    match: {any: [{resources: {kinds: [Pod]}}]}
    validate:
      cel:
        expressions:
        - expression: "object.spec.?securityContext.?runAsUser.orValue(0) > 0"
          message: runAsUser must be set
---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata:
  name: service-types
spec:
  rules:
  - name: types
    match: {any: [{resources: {kinds: [Service]}}]}
    validate:
      cel:
        paramKind: {apiVersion: v1, kind: ConfigMap}
        paramRef: {name: service-types, namespace: default, parameterNotFoundAction: Deny}
        expressions:
        - expression: "object.spec.type in params.data"
          message: this type is not allowed
`

func input(t *testing.T) chart.Input {
	t.Helper()
	pin := policy.Pin{Source: "https://example.org/policies", Ref: "release/1", Commit: strings.Repeat("ab", 20)}
	in := chart.Input{Name: "pod-security", Version: "1.2.3", Folder: "charts/pod-security", Pin: pin, Kubernetes: "1.30", License: []byte("licence\n")}
	profiles := []policy.Profile{policy.Baseline, policy.Restricted, policy.Other}
	for i, text := range strings.Split(library, "---\n") {
		read, err := kyverno.Read(pin, []kyverno.File{{Path: "p.yaml", Profile: profiles[i], Data: []byte(text)}})
		if err != nil {
			t.Fatal(err)
		}
		objs, err := convert.All(read.Rules)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range objs {
			in.Rules = append(in.Rules, chart.Rule{Objects: o})
		}
	}
	return in
}

func build(t *testing.T, in chart.Input) tree.Tree {
	t.Helper()
	out, err := chart.Build(in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// byLabel gives values for label binding where nothing holds by default.
func byLabel() map[string]any {
	return map[string]any{"namespaceBinding": "label", "controllers": "off",
		"defaults": map[string]any{"profile": "privileged", "warn": "privileged", "audit": "privileged"}}
}

func render(t *testing.T, files tree.Tree, values map[string]any) chart.Rendered {
	t.Helper()
	out, err := chart.Render(files, values, chart.Release{Name: "ps", Namespace: "ps", Kubernetes: cluster})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestTemplatesDoNotTouchRules holds that what a rule says reaches the object
// as it was converted, whatever stands in it.
func TestTemplatesDoNotTouchRules(t *testing.T) {
	in := input(t)
	bound := byLabel()
	bound["other"] = map[string]any{"service-types": map[string]any{"actions": []any{"Deny"}}}
	objs, err := admission.Load(render(t, build(t, in), bound).Objects)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range in.Rules {
		found := false
		for _, got := range objs.Policies {
			if got.Name != want.Rule.Name {
				continue
			}
			found = true
			a, _ := manifest.Encode(got.Spec.Validations)
			b, _ := manifest.Encode(want.Policy.Spec.Validations)
			if !bytes.Equal(a, b) {
				t.Errorf("%s: got\n%s\nwant\n%s", got.Name, a, b)
			}
			if got.Annotations["vapchart.dev/commit"] != in.Pin.Commit {
				t.Errorf("%s: annotations are %v", got.Name, got.Annotations)
			}
		}
		if !found {
			t.Errorf("%s is not rendered", want.Rule.Name)
		}
	}
}

// TestLabels judges pods in namespaces with every label that matters.
func TestLabels(t *testing.T) {
	files := build(t, input(t))
	const hostPID, root, both, none = "{hostPID: true, securityContext: {runAsUser: 1}, containers: [{name: a, image: b}]}",
		"{containers: [{name: a, image: b}]}", "{hostPID: true, containers: [{name: a, image: b}]}",
		"{securityContext: {runAsUser: 1}, containers: [{name: a, image: b}]}"
	for _, c := range []struct {
		labels, spec string
		denied       string // names of policies, in order
		warned       int
		audited      bool
	}{
		{"", both, "", 0, false},
		{"profile: baseline", both, "no-host-pid", 0, false},
		{"profile: restricted", both, "need-user no-host-pid", 0, false},
		{"profile: restricted", root, "need-user", 0, false},
		{"profile: restricted", none, "", 0, false},
		{"profile: privileged", both, "", 0, false},
		{"profile: restrictd", both, "need-user no-host-pid", 0, false}, // a typo does not open
		{"profile: restricted, no-host-pid: exclude", both, "need-user", 0, false},
		{"profile: restricted, no-host-pid: excluded", hostPID, "no-host-pid", 0, false},
		{"warn: restricted", both, "", 2, false},
		{"warn: baseline", both, "", 1, false},
		{"warn: restricted, need-user: exclude", both, "", 1, false},
		{"profile: baseline, warn: restricted", both, "no-host-pid", 1, false}, // enforced is not warned about
		{"profile: restricted, warn: restricted, audit: restricted", both, "need-user no-host-pid", 0, false},
		{"audit: restricted", both, "", 0, true},
		{"profile: baseline, audit: restricted", root, "", 0, true},
	} {
		t.Run(c.labels, func(t *testing.T) {
			review := judge(t, render(t, files, byLabel()), c.labels, c.spec)
			var denied []string
			for _, d := range review.Denials() {
				denied = append(denied, d.Policy)
			}
			annotations, err := review.AuditAnnotations()
			if got := strings.Join(denied, " "); got != c.denied || len(review.Warnings()) != c.warned || (len(annotations) > 0) != c.audited || err != nil {
				t.Errorf("denied by %q, want %q; warnings %v, want %d; audit %v, %v", got, c.denied, review.Warnings(), c.warned, annotations, err)
			}
		})
	}
}

func judge(t *testing.T, r chart.Rendered, labels, spec string) *admission.Review {
	t.Helper()
	var namespaced []string
	for _, l := range strings.Split(labels, ", ") {
		if l != "" {
			namespaced = append(namespaced, "pod-security.wmf.org/"+l)
		}
	}
	docs, err := manifest.Split("t", []byte("apiVersion: v1\nkind: Namespace\nmetadata: {name: site, labels: {"+
		strings.Join(namespaced, ", ")+"}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: site}\nspec: "+spec+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	objs, err := admission.Load(append(r.Objects, docs[0]))
	if err != nil {
		t.Fatal(err)
	}
	j, err := admission.NewJudge(objs, admission.Options{})
	if err != nil {
		t.Fatal(err)
	}
	pod, err := admission.Decode(docs[1])
	if err != nil {
		t.Fatal(err)
	}
	review, err := j.Review(context.Background(), admission.Request{Object: pod.Unstructured})
	if err != nil {
		t.Fatal(err)
	}
	return review
}

// TestWrongValues holds that a value that cannot be meant stops the rendering
// and is named.
func TestWrongValues(t *testing.T) {
	files := build(t, input(t))
	rule := func(v map[string]any) map[string]any {
		return map[string]any{"other": map[string]any{"service-types": v}}
	}
	for _, c := range []struct {
		name   string
		values map[string]any
		want   string
	}{
		{"unknown key", map[string]any{"labeldomain": "x"}, "labeldomain"},
		{"bad domain", map[string]any{"labelDomain": "Not A Domain"}, "labelDomain"},
		{"empty domain", map[string]any{"labelDomain": ""}, "labelDomain"},
		{"unknown rule", map[string]any{"other": map[string]any{"no-such-rule": map[string]any{"actions": []any{"Deny"}}}}, "no-such-rule"},
		{"rule of a profile", map[string]any{"other": map[string]any{"no-host-pid": map[string]any{"actions": []any{"Deny"}}}}, "no-host-pid"},
		{"no actions", rule(map[string]any{}), "actions"},
		{"unknown action", rule(map[string]any{"actions": []any{"Refuse"}}), "actions"},
		{"deny and warn", rule(map[string]any{"actions": []any{"Deny", "Warn"}}), "actions"},
		{"unknown selector key", rule(map[string]any{"actions": []any{"Deny"}, "namespaceSelector": map[string]any{"labels": 1}}), "namespaceSelector"},
		{"param by name and selector", rule(map[string]any{"actions": []any{"Deny"}, "paramRef": map[string]any{"name": "a", "selector": map[string]any{}}}), "paramRef"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := chart.Render(files, c.values, chart.Release{Name: "ps", Namespace: "ps", Kubernetes: cluster})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to name %s", err, c.want)
			}
		})
	}
}

func TestOldClusterIsRefused(t *testing.T) {
	_, err := chart.Render(build(t, input(t)), nil, chart.Release{Name: "ps", Namespace: "ps", Kubernetes: "1.29"})
	if err == nil || !strings.Contains(err.Error(), "1.29") {
		t.Errorf("got %v", err)
	}
}

func TestNotes(t *testing.T) {
	notes := render(t, build(t, input(t)), map[string]any{"labelDomain": "psp.example.org", "namespaceBinding": "label",
		"other": map[string]any{"service-types": map[string]any{"actions": []any{"Deny", "Audit"}}}}).Notes
	for _, want := range []string{"policies of release-1-abababababab: baseline has 1 rules, restricted 2", "psp.example.org/profile", "service-types  Deny, Audit", "would be refused: warned about"} {
		if !strings.Contains(notes, want) {
			t.Errorf("no %q in\n%s", want, notes)
		}
	}
}

// TestHelm does with the chart what people do, by Helm's own code: lint it,
// package it, install it as a dry run.
func TestHelm(t *testing.T) {
	files := build(t, input(t))
	if err := chart.Lint(context.Background(), "pod-security", files, nil, cluster); err != nil {
		t.Errorf("lint: %v", err)
	}
	if err := chart.Lint(context.Background(), "pod-security", files, map[string]any{"nope": 1}, cluster); err == nil {
		t.Error("lint takes a value that the schema does not know")
	}
	dir := filepath.Join(t.TempDir(), "pod-security")
	if err := files.Write(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	pack := action.NewPackage()
	pack.Destination = t.TempDir()
	archive, err := pack.Run(dir, nil)
	if err != nil || filepath.Base(archive) != "pod-security-1.2.3.tgz" {
		t.Fatalf("package: %s, %v", archive, err)
	}
	loaded, err := loader.Load(archive)
	if err != nil {
		t.Fatal(err)
	}
	install := action.NewInstall(&action.Configuration{Log: func(string, ...any) {}})
	install.ClientOnly, install.DryRun, install.DryRunOption = true, true, "client"
	install.ReleaseName, install.Namespace = "ps", "ps"
	install.KubeVersion = &chartutil.KubeVersion{Version: "v1.33.0", Major: "1", Minor: "33"}
	release, err := install.Run(loaded, nil)
	if err != nil || strings.Count(release.Manifest, "kind: ValidatingAdmissionPolicy\n") != 4 {
		t.Errorf("install: %v", err)
	}
}

// TestArchive holds that the archive is the chart, and the same bytes each time
// whatever the umask.
func TestArchive(t *testing.T) {
	files := build(t, input(t))
	first, err := chart.Archive("pod-security", files)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Umask(syscall.Umask(0o077))
	second, err := chart.Archive("pod-security", build(t, input(t)))
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("two archives differ, %v", err)
	}
	loaded, err := loader.LoadArchive(io.NopCloser(bytes.NewReader(first)))
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Metadata.Version != "1.2.3" || loaded.Metadata.AppVersion != "release-1-abababababab" || len(loaded.Raw) != len(files) {
		t.Errorf("the archive holds %s %s with %d files", loaded.Metadata.Version, loaded.Metadata.AppVersion, len(loaded.Raw))
	}
}
