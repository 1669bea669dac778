package chart_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
)

// twoInOne gives a library of which one rule enforces two controls, and no rule a third.
func twoInOne(t *testing.T) chart.Input {
	t.Helper()
	in := input(t)
	in.Controls = []policy.Control{"hostNamespaces", "hostPorts", "runAsUser", "sysctls"}
	for i, controls := range [][]policy.Control{{"hostNamespaces", "hostPorts"}, {"runAsUser"}, {"hostPorts"}} {
		in.Rules[i].Rule.Controls = controls
	}
	return in
}

func TestControls(t *testing.T) {
	in := twoInOne(t)
	// What a rule enforced in an earlier version of the standard counts as well.
	earlier := in.Rules[1]
	earlier.Rule.Controls = []policy.Control{"runAsNonRoot"}
	in.Rules[1].Earlier = []chart.Rule{earlier}
	files := build(t, in)
	got, err := chart.ReadControls(files)
	want := chart.Controls{"hostNamespaces": {"no-host-pid"}, "hostPorts": {"no-host-pid"}, "runAsNonRoot": {"need-user"}, "runAsUser": {"need-user"}, "sysctls": {}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	rules, err := chart.Rules(files)
	if err != nil {
		t.Fatal(err)
	}
	of := map[string][]policy.Control{}
	for _, r := range rules {
		of[r.Name] = r.Controls
	}
	if wantOf := map[string][]policy.Control{"need-user": {"runAsNonRoot", "runAsUser"}, "no-host-pid": {"hostNamespaces", "hostPorts"}, "service-types": nil}; !reflect.DeepEqual(of, wantOf) {
		t.Errorf("rules have %v, want %v", of, wantOf)
	}
	if none, err := chart.ReadControls(tree.New()); err != nil || none != nil {
		t.Errorf("a chart without controls: %v, %v", none, err)
	}
	if _, err := chart.ReadControls(tree.Tree{"files/controls.yaml": []byte("controls: [x]\n")}); err == nil {
		t.Error("a file that is none of controls is read")
	}
}

// TestRuleNamedLikeAControl wants a rule refused that values could not tell from a
// control.
func TestRuleNamedLikeAControl(t *testing.T) {
	in := twoInOne(t)
	in.Controls = append(in.Controls, "need-user")
	_, err := chart.Build(in)
	if err == nil || err.Error() != "build chart: p.yaml:7: the rule need-user has the name of a control; values could mean either" {
		t.Errorf("got %v", err)
	}
}

// TestExcludeControls wants a control to mean the rules that enforce it alone. One that
// enforces another as well is not dropped with one of the two, and values that would
// have it so are refused.
func TestExcludeControls(t *testing.T) {
	files := build(t, twoInOne(t))
	const pods = "{hostPID: true, containers: [{name: a, image: b}]}"
	for exclude, want := range map[string]string{
		"hostPorts":                            "!namespaces.site.exclude: rule no-host-pid enforces hostPorts and also hostNamespaces: exclude all of these, or the rule by its name",
		"hostPorts, hostNamespaces":            "need-user",
		"hostPorts, no-host-pid":               "need-user",
		"no-host-pid":                          "need-user",
		"runAsUser":                            "no-host-pid",
		"runAsUser, need-user":                 "no-host-pid",
		"runAsUser, hostPorts, hostNamespaces": "",
		"sysctls":                              "need-user no-host-pid",
		"sysctl":                               `!namespaces.site.exclude: unknown rule or control "sysctl", near it: sysctls`,
		"service-types":                        "!namespaces.site.exclude: rule service-types is of profile other, which does not hold here",
	} {
		var names []any
		for name := range strings.SplitSeq(exclude, ", ") {
			names = append(names, name)
		}
		values := map[string]any{"controllers": "off", "namespaces": map[string]any{"site": map[string]any{"profile": "restricted", "exclude": names}}}
		rendered, err := chart.Render(files, values, chart.Release{Name: "ps", Namespace: "ps", Kubernetes: cluster})
		if fault, refused := strings.CutPrefix(want, "!"); refused || err != nil {
			if err == nil || !refused || !strings.Contains(err.Error(), "meant:\n  "+fault+"\n") {
				t.Errorf("exclude %s: got %v, want %s", exclude, err, fault)
			}
			continue
		}
		if got := denials(t, rendered, "", pods); got != want {
			t.Errorf("exclude %s: denied by %q, want %q", exclude, got, want)
		}
	}
	rendered := render(t, files, byLabel())
	for labels, want := range map[string]string{
		"runAsUser: exclude":                          "no-host-pid",
		"runAsUser: excluded":                         "need-user no-host-pid",
		"runAsUser: include":                          "need-user no-host-pid",
		"hostPorts: exclude":                          "need-user no-host-pid", // of two controls
		"hostPorts: exclude, hostNamespaces: exclude": "need-user no-host-pid",
		"hostPorts: exclude, no-host-pid: exclude":    "need-user",
		"sysctls: exclude":                            "need-user no-host-pid",
	} {
		if got := denials(t, rendered, "profile: restricted, "+labels, pods); got != want {
			t.Errorf("labels %s: denied by %q, want %q", labels, got, want)
		}
	}
}

func denials(t *testing.T, rendered chart.Rendered, labels, spec string) string {
	t.Helper()
	var denied []string
	for _, d := range judge(t, rendered, labels, spec).Denials() {
		denied = append(denied, d.Policy)
	}
	return strings.Join(denied, " ")
}

// TestUnknownExcludes wants what no exclude can name told with file and line.
func TestUnknownExcludes(t *testing.T) {
	layers, err := chart.ReadLayers(valuesFiles(t, `
namespaces:
  a: {exclude: [hostPorts, need-user, hostport, no-host-pd]}
  b:
    exclude:
    - seccompProfile_x
  c: {exclude: [host], other: 1}
  d: null
`))
	if err != nil {
		t.Fatal(err)
	}
	files := build(t, twoInOne(t))
	err = chart.CheckKeys(files, layers)
	got := strings.ReplaceAll(err.Error(), layers[0].File, "values.yaml")
	want := `read values: values.yaml:3: namespaces.a.exclude: the chart knows no rule or control "hostport", near it: hostPorts
read values: values.yaml:3: namespaces.a.exclude: the chart knows no rule or control "no-host-pd", near it: no-host-pid
read values: values.yaml:6: namespaces.b.exclude: the chart knows no rule or control "seccompProfile_x"
read values: values.yaml:7: namespaces.c.other: the chart knows no such key, only audit, exceptions, exclude, profile, warn
read values: values.yaml:7: namespaces.c.exclude: the chart knows no rule or control "host", near it: hostNamespaces, hostPorts`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
