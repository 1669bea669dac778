package proof_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/policy"
)

// profiles gives the words of a mode, the loosest first.
func profiles() []policy.Profile {
	return []policy.Profile{"privileged", policy.Baseline, policy.Restricted}
}

// TestThreeModes tries every combination of the three modes, by names and by
// labels, with pods that violate one rule of either profile. What is enforced is
// neither warned about nor audited.
func TestThreeModes(t *testing.T) {
	entries := map[string]entry{}
	for _, profile := range profiles() {
		for _, warn := range profiles() {
			for _, audit := range profiles() {
				entries[strings.Join([]string{string(profile), string(warn), string(audit)}, "-")] = entry{profile: profile, warn: warn, audit: audit}
			}
		}
	}
	keys := values{"kube-system": nil}
	labelled := install(t, with(silent(), values{"namespaceBinding": "label"}))
	for name, e := range entries {
		keys[name] = e.values()
		labelled.label(name, map[string]string{"profile": string(e.profile), "warn": string(e.warn), "audit": string(e.audit)})
	}
	named := install(t, with(silent(), values{"namespaces": keys}))
	seen, pods := map[string]bool{}, indicators(t)
	for name, e := range entries {
		for _, pod := range pods {
			want := e.effect(pod)
			if pod.rule == "disallow-capabilities-adding-capabilities" && e.effect(pods[2]) != want {
				continue // the capability is refused by both profiles; each alone is tried by the others
			}
			seen[want] = true
			for kind, w := range map[string]*world{"name": named, "label": labelled} {
				if got := w.effect(t, name, pod); got != want {
					t.Errorf("%s in %s by %s: denied, warned, audited %s, want %s", pod.name, name, kind, got, want)
				}
			}
		}
	}
	if len(seen) < 5 {
		t.Errorf("only these were tried: %v", seen)
	}
}

// TestDefaultsByLabel holds what a namespace without labels gets, and that a
// misspelt or empty profile is the strictest.
func TestDefaultsByLabel(t *testing.T) {
	root := indicators(t)[2]
	for _, fallback := range profiles() {
		w := install(t, values{"namespaceBinding": "label", "controllers": "off",
			"defaults": values{"profile": string(fallback), "warn": "restricted", "audit": "privileged"}})
		w.label("unlabelled", nil)
		w.label("misspelt", map[string]string{"profile": "restrictd"})
		w.label("empty", map[string]string{"profile": ""})
		w.label("unknown-exception", map[string]string{"profile": "restricted", "geopi": "include"})
		w.label("open", map[string]string{"profile": "privileged", "warn": "privileged"})
		w.label("excluded", map[string]string{"profile": "restricted", root.rule: "exclude"})
		w.label("not-quite-excluded", map[string]string{"profile": "restricted", root.rule: "excluded"})
		for name, want := range map[string]bool{"unlabelled": fallback == policy.Restricted, "misspelt": true, "empty": true,
			"unknown-exception": true, "open": false, "excluded": false, "not-quite-excluded": true} {
			review := w.ask(t, name, admission.Request{Object: root.object})
			if review.Allowed() == want {
				t.Errorf("%s, defaults %s: denied is %t", name, fallback, !want)
			}
			if got, wantWarning := len(review.Warnings()) > 0, name == "unlabelled" && fallback != policy.Restricted; got != wantWarning && name != "misspelt" && name != "empty" {
				t.Errorf("%s, defaults %s: warned is %t", name, fallback, got)
			}
		}
	}
}

// TestFullNamesStayOutByLabel holds that a full name which the values expressly
// give privileged is left alone whatever its labels, in that mode alone, and that
// nothing else of the keys counts where labels do.
func TestFullNamesStayOutByLabel(t *testing.T) {
	root := indicators(t)[2]
	w := install(t, parse(t, `
namespaceBinding: label
controllers: "off"
defaults: {profile: restricted, warn: restricted, audit: restricted}
namespaces:
  open: {profile: privileged}
  quiet: {profile: privileged, warn: privileged}
  glob-*: {profile: privileged}
  looser: {profile: baseline}
  nothing: {}
`))
	for _, name := range []string{"kube-system", "open", "quiet", "glob-a", "looser", "nothing", "other"} {
		w.label(name, nil)
	}
	for name, denied := range map[string]bool{"kube-system": false, "open": false, "quiet": false, "glob-a": true, "looser": true, "nothing": true, "other": true} {
		if got := !w.ask(t, name, admission.Request{Object: root.object}).Allowed(); got != denied {
			t.Errorf("%s without labels: denied is %t", name, got)
		}
		w.label(name, map[string]string{"profile": "privileged", "warn": "restricted"})
		warned := name != "quiet" && name != "kube-system"
		if got := len(w.ask(t, name, admission.Request{Object: root.object}).Warnings()) > 0; got != warned {
			t.Errorf("%s, labelled: warned is %t", name, got)
		}
	}
}

// TestWhatAddsNothingIsNotRendered counts policies by what their bindings do.
func TestWhatAddsNothingIsNotRendered(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	for text, want := range map[string]string{
		"defaults: {profile: privileged, warn: privileged, audit: privileged}":                                                                    "",
		"defaults: {profile: restricted, warn: restricted, audit: restricted}":                                                                    "[Deny] 21",
		"defaults: {profile: restricted, warn: baseline, audit: privileged}":                                                                      "[Deny] 21",
		"defaults: {profile: baseline, warn: restricted, audit: restricted}":                                                                      "[Deny] 13, [Warn Audit] 8",
		"defaults: {profile: baseline, warn: restricted, audit: baseline}":                                                                        "[Deny] 13, [Warn] 8",
		"defaults: {profile: privileged, warn: baseline, audit: restricted}":                                                                      "[Audit] 8, [Warn Audit] 13",
		"defaults: {profile: privileged, warn: privileged, audit: restricted}":                                                                    "[Audit] 21",
		"namespaces: {kube-system: null, a: {profile: restricted}}\ndefaults: {profile: privileged, warn: privileged, audit: privileged}":         "[Deny] 21",
		"namespaces: {kube-system: null, \"a*\": {profile: privileged}}\ndefaults: {profile: restricted, warn: privileged, audit: privileged}":    "[Deny] 21",
		"namespaces: {kube-system: null, a: {exclude: [disallow-host-path]}}\ndefaults: {profile: baseline, warn: privileged, audit: privileged}": "[Deny] 13",
	} {
		v := with(values{"controllers": "off"}, parse(t, text))
		objs := load(t, v)
		count := map[string]int{}
		for _, b := range objs.Bindings {
			count[fmt.Sprint(b.Spec.ValidationActions)]++
			if slices.Contains(b.Spec.ValidationActions, admissionv1.Deny) && slices.Contains(b.Spec.ValidationActions, admissionv1.Warn) {
				t.Errorf("%s denies and warns", b.Name)
			}
		}
		var got []string
		for actions, n := range count {
			got = append(got, fmt.Sprint(actions, " ", n))
		}
		slices.Sort(got)
		if strings.Join(got, ", ") != want || len(objs.Policies) != len(objs.Bindings) {
			t.Errorf("%s\nrenders %d policies, bindings %v, want %s", text, len(objs.Policies), got, want)
		}
	}
}

// TestExclude holds that an excluded rule is off where it is excluded, and
// nothing else is.
func TestExclude(t *testing.T) {
	root := indicators(t)[2]
	pid := indicators(t)[0]
	w := install(t, parse(t, `
defaults: {profile: restricted, warn: restricted, audit: restricted}
controllers: "off"
namespaces: {legacy: {exclude: [require-run-as-non-root-user]}, "x-*": {profile: privileged, exclude: [require-run-as-non-root-user]}}`))
	for name, want := range map[string]string{"legacy": "false false false", "legacy2": "true false false", "other": "true false false", "x-1": "false false false", "x": "true false false"} {
		if got := w.effect(t, name, root); got != want {
			t.Errorf("root in %s: %s, want %s", name, got, want)
		}
	}
	for name, want := range map[string]string{"legacy": "true false false", "x-1": "false true true"} {
		if got := w.effect(t, name, pid); got != want {
			t.Errorf("hostPID in %s: %s, want %s", name, got, want)
		}
	}
}
