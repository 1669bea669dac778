package e2e_test

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestEngine: a namespace that is left to Pod Security Admission is judged by it,
// as its message says, and by the policies as soon as a label is not as it must be.
// What warns goes the same way. In one that is not left to it the policies judge
// whatever its labels.
func TestEngine(t *testing.T) {
	for _, binding := range []string{"name", "label"} {
		t.Run("by "+binding, func(t *testing.T) { leftToPSA(t, binding) })
	}
}

func leftToPSA(t *testing.T, binding string) {
	web, kept, warned := "left-"+binding, "kept-"+binding, "warned-"+binding
	v := values{"namespaceBinding": binding, "namespaces": values{
		web:    values{"profile": "restricted", "engine": "psa"},
		kept:   values{"profile": "restricted"},
		warned: values{"profile": "privileged", "warn": "restricted", "engine": "psa"},
	}}
	w := install(t, v)
	enforced := map[string]string{domain + "/profile": "restricted"}
	for _, mode := range []string{"enforce", "warn", "audit"} {
		enforced[psa(mode)], enforced[psa(mode+"-version")] = "restricted", "latest"
	}
	namespace(t, w, web, enforced)
	namespace(t, w, kept, map[string]string{domain + "/profile": "restricted", psa("warn"): "restricted", psa("warn-version"): "latest"})
	namespace(t, w, warned, map[string]string{domain + "/warn": "restricted", psa("warn"): "restricted", psa("warn-version"): "latest",
		psa("audit"): "restricted", psa("audit-version"): "latest"})

	refused, passes := object(t, "bad", bad), object(t, "good", good)
	if got := create(t, control.Config, refused, web, true); !got.byPSA() || got.denial() != "" || len(got.warnings) > 0 {
		t.Errorf("Pod Security Admission does not refuse it alone: %v, %v", got.err, got.warnings)
	}
	if got := create(t, control.Config, passes, web, true); got.err != nil || len(got.warnings) > 0 {
		t.Errorf("a pod that complies: %v, %v", got.err, got.warnings)
	}
	if got := create(t, control.Config, refused, kept, true); got.denial() == "" {
		t.Errorf("in a namespace of engine policies: %v", got.err)
	}
	if got := create(t, control.Config, refused, warned, true); got.err != nil || len(got.warnings) > 0 {
		t.Errorf("where Pod Security Admission warns: %v, %v", got.err, got.warnings)
	}

	// Whoever refuses it: probe finds nothing missing, and finds it if nobody does.
	probe := &probeWorld{values: v, kubeconfig: control.Kubeconfig}
	if got := probe.probe(t, t.Context(), []string{web, kept, warned}); got.code != 0 {
		t.Errorf("probe: exit code %d\n%s", got.code, got)
	}

	update := waysToWrite(w)["update"]
	for _, change := range [][2]string{{"enforce", ""}, {"enforce", "privileged"}} {
		if err := w.label(t, update, web, psa(change[0]), change[1]); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the policies judge again", func() error {
			if got := create(t, control.Config, refused, web, true); got.denial() == "" {
				return got.err
			}
			return nil
		})
		if got := create(t, control.Config, refused, web, true); got.denial() == "" {
			t.Errorf("%s=%q: no policy refuses it: %v", change[0], change[1], got.err)
		}
	}
	if err := w.label(t, update, warned, psa("warn"), ""); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the policies warn again", func() error {
		got := create(t, control.Config, refused, warned, true)
		if len(got.warnings) == 0 {
			return errors.New("nothing is said")
		}
		return got.err
	})
}

// TestEngineOnAndOff: while values leave namespaces to Pod Security Admission and take
// them back, name by name and by default, pods are offered without pause to a
// namespace that has its labels and to one that does not. None that violates passes.
func TestEngineOnAndOff(t *testing.T) {
	of := func(fallback string, names ...string) values {
		keys := values{}
		for _, name := range names {
			keys[name] = values{"profile": "restricted", "engine": "psa"}
		}
		return values{"controllers": "off", "namespaces": keys,
			"defaults": values{"profile": "restricted", "warn": "privileged", "audit": "privileged", "engine": fallback}}
	}
	w := install(t, of("policies"))
	unset := strings.Replace(good, "seccompProfile: {type: RuntimeDefault}", "seccompProfile: null", 1)
	violating := map[string]string{ // what the labels' own version of the standard lets pass, where they have one
		"switched-right": bad, "switched-wrong": unset, "switched-none": bad,
	}
	for name, labels := range map[string]map[string]string{
		"switched-right": {psa("enforce"): "restricted", psa("enforce-version"): "latest"},
		"switched-wrong": {psa("enforce"): "restricted", psa("enforce-version"): "v1.0"},
		"switched-none":  nil,
	} {
		namespace(t, w, name, labels)
	}
	for _, step := range []struct {
		what string
		to   values
	}{
		{"on by name", of("policies", "switched-right", "switched-wrong", "switched-none")},
		{"for fewer names", of("policies", "switched-none")},
		{"on by default", of("psa")},
		{"off", of("policies")},
	} {
		var all []*offering
		for name, text := range violating {
			all = append(all, offer(t, name, []offered{
				{name: "good in " + name, object: object(t, "good", good)},
				{name: "bad in " + name, object: object(t, "bad", text), refused: true, orPSA: true},
			}))
		}
		time.Sleep(time.Second)
		w.upgrade(t, step.to)
		time.Sleep(2 * time.Second)
		for _, o := range all {
			o.never(t, step.what)
		}
	}
}

func psa(label string) string { return "pod-security.kubernetes.io/" + label }
