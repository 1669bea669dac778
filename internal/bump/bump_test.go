package bump_test

import (
	"reflect"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/bump"
	"github.com/vapchart/vapchart/internal/policy"
)

// rule makes a rule of one validation.
func rule(name, cel string, change ...func(*policy.Rule)) bump.Rule {
	r := policy.Rule{
		Name: name, Profile: policy.Baseline, Controls: []policy.Control{"privileged"},
		Origin:      policy.Origin{Path: "set/baseline/" + name + "/" + name + ".yaml", Policy: name, Line: len(cel)},
		Match:       []policy.Filter{{Line: len(cel), Resources: []policy.Resources{{Resources: []string{"pods"}, Operations: []string{"CREATE"}}}}},
		Validations: []policy.Validation{{Expression: policy.Expression{CEL: cel, Line: 3}, Message: "no such pod"}},
	}
	for _, c := range change {
		c(&r)
	}
	return bump.Rule{Rule: r}
}

func TestKindOfChange(t *testing.T) {
	const cel = "object.spec.containers.all(c, has(c.image) && c.image != 'x')"
	is := func(change func(*policy.Rule)) bump.Rule { return rule("r", cel, change) }
	for name, c := range map[string]struct {
		after bump.Rule
		kind  bump.Kind
		parts string
	}{
		"nothing":         {rule("r", cel), bump.Same, ""},
		"layout":          {rule("r", "object.spec.containers\n  .all(c, (has(c.image)) && c.image != \"x\")"), bump.Formatting, "validation"},
		"a blank in text": {rule("r", strings.Replace(cel, "'x'", "'x '", 1)), bump.Meaning, "validation"},
		"a loop variable": {rule("r", "object.spec.containers.all(d, has(d.image) && d.image != 'x')"), bump.Meaning, "validation"},
		"no CEL":          {rule("r", cel+" &&"), bump.Meaning, "validation"},
		"words":           {is(func(r *policy.Rule) { r.Validations[0].Message = "not this pod" }), bump.Message, "message of validation"},
		"blanks in words": {is(func(r *policy.Rule) { r.Validations[0].Message = "no  such\npod" }), bump.Formatting, "message of validation"},
		"title":           {is(func(r *policy.Rule) { r.Title = "A rule" }), bump.Message, "title"},
		"reason":          {is(func(r *policy.Rule) { r.Validations[0].Reason = "Forbidden" }), bump.Message, "reason of validation"},
		"message of CEL": {is(func(r *policy.Rule) {
			r.Validations[0].MessageExpression.CEL = "'no ' + object.kind"
		}), bump.Message, "message of validation"},
		"operations": {is(func(r *policy.Rule) { r.Match[0].Resources[0].Operations = []string{"CREATE", "UPDATE"} }), bump.Meaning, "match"},
		"lines":      {is(func(r *policy.Rule) { r.Match[0].Line, r.Origin.Line = 99, 99 }), bump.Same, ""},
		"profile":    {is(func(r *policy.Rule) { r.Profile = policy.Restricted }), bump.Meaning, "profile"},
		"failure":    {is(func(r *policy.Rule) { r.FailurePolicy = "Ignore" }), bump.Meaning, "failurePolicy"},
		"fail said":  {is(func(r *policy.Rule) { r.FailurePolicy = "Fail" }), bump.Same, ""},
		"precondition": {is(func(r *policy.Rule) {
			r.Conditions = []policy.Condition{{Name: "n", Expression: policy.Expression{CEL: "true"}}}
		}), bump.Meaning, "number of preconditions (1, was 0)"},
		"older form": {func() bump.Rule {
			r := rule("r", cel)
			r.Earlier = []policy.Rule{r.Rule}
			return r
		}(), bump.Meaning, "forms at older versions of the standard"},
	} {
		d, err := bump.Compare([]bump.Rule{rule("r", cel)}, []bump.Rule{c.after})
		if err != nil {
			t.Fatal(err)
		}
		kind, parts := bump.Same, ""
		if len(d.Changed) == 1 {
			kind, parts = d.Changed[0].Kind, strings.Join(d.Changed[0].Parts, ", ")
		}
		if kind != c.kind || d.Kind() != c.kind || parts != c.parts {
			t.Errorf("%s: %s (%s), want %s (%s)", name, kind, parts, c.kind, c.parts)
		}
	}
}

func TestRenames(t *testing.T) {
	const cel = "object.spec.containers.all(c, c.?securityContext.?privileged.orValue(false) == false)"
	elsewhere := func(r *policy.Rule) { r.Origin.Path = "vpol/" + strings.TrimPrefix(r.Origin.Path, "set/") }
	home := func(name string) func(*policy.Rule) {
		return func(r *policy.Rule) { r.Origin.Path = "vpol/baseline/" + name + "/x.yaml" }
	}
	other := func(r *policy.Rule) { r.Controls = []policy.Control{"hostPorts"} }
	for name, c := range map[string]struct {
		before, after []bump.Rule
		want          string // from->to, else + and -
	}{
		"the same tree":                        {[]bump.Rule{rule("a", cel)}, []bump.Rule{rule("b", "("+cel+")", elsewhere)}, "a->b"},
		"other format, the same policy":        {[]bump.Rule{rule("a", cel)}, []bump.Rule{rule("b", "variables.x.all(c, true)", home("a"))}, "a->b"},
		"the same tree, other controls":        {[]bump.Rule{rule("a", cel)}, []bump.Rule{rule("b", cel, other)}, "+b -a"},
		"the same controls, nothing in common": {[]bump.Rule{rule("a", cel)}, []bump.Rule{rule("b", "object.kind != 'Pod'", elsewhere)}, "+b -a"},
		"two that are alike, the nearer wins": {
			[]bump.Rule{rule("a", cel)},
			[]bump.Rule{rule("b", strings.Replace(cel, "== false", "!= true", 1)), rule("c", cel)}, "a->c +b",
		},
		"a name that stays is no rename": {[]bump.Rule{rule("a", cel)}, []bump.Rule{rule("a", "true"), rule("b", cel)}, "+b"},
	} {
		d, err := bump.Compare(c.before, c.after)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range d.Renamed {
			got = append(got, r.From+"->"+r.To)
			if r.Why == "" {
				t.Errorf("%s: %s has no reason", name, r.From)
			}
		}
		for _, n := range d.Added {
			got = append(got, "+"+n)
		}
		for _, n := range d.Removed {
			got = append(got, "-"+n)
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: %s, want %s", name, text, c.want)
		}
	}
}

func TestNext(t *testing.T) {
	for _, c := range []struct {
		now    string
		effect bump.Effect
		want   string
	}{
		{"1.2.3", bump.Effect{}, "1.2.4"},
		{"1.2.3", bump.Effect{Optional: true}, "1.3.0"},
		{"1.2.3", bump.Effect{Looser: true}, "1.3.0"},
		{"1.2.3", bump.Effect{Stricter: true}, "1.3.0"},
		{"1.2.3", bump.Effect{Stricter: true, Enforced: true, Looser: true}, "2.0.0"},
		{"1.2.3", bump.Effect{Renamed: true}, "2.0.0"},
		{"0.2.3", bump.Effect{}, "0.2.4"},
		{"0.2.3", bump.Effect{Looser: true}, "0.2.4"},
		{"0.2.3", bump.Effect{Stricter: true, Enforced: true}, "0.3.0"},
	} {
		if got, why, err := bump.Next(c.now, c.effect); err != nil || got != c.want || why == "" {
			t.Errorf("%s with %+v: %s (%s), %v, want %s", c.now, c.effect, got, why, err, c.want)
		}
	}
	if _, _, err := bump.Next("one", bump.Effect{}); err == nil {
		t.Error("a version that is none is taken")
	}
}

func TestMentions(t *testing.T) {
	const file = `# no-a in a comment
exclude: [no-a, no-ab, x-no-a]
labels: {"example.org/no-a": exclude}
---
other: {gone: {actions: [Deny]}}
patch: |-
  - op: add
    name: no-a-controllers-warn
`
	got, err := bump.Mentions("f.yaml", []byte(file), map[string]string{"no-a": "no-b", "gone": ""})
	if err != nil {
		t.Fatal(err)
	}
	want := []bump.Mention{
		{"f.yaml", 2, "no-a", "no-b", "no-a"},
		{"f.yaml", 3, "no-a", "no-b", "example.org/no-a"},
		{"f.yaml", 5, "gone", "", "gone"},
		{"f.yaml", 8, "no-a", "no-b", "name: no-a-controllers-warn"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if _, err := bump.Mentions("f.yaml", []byte("a: [\n"), map[string]string{"x": ""}); err == nil {
		t.Error("a broken file is passed over")
	}
}

func TestBoundary(t *testing.T) {
	base := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i"}}}}
	rules := []policy.Rule{
		rule("ports", "object.spec.containers.all(c, c.?ports.orValue([]).all(p, p.?hostPort.orValue(0) < 1024))").Rule,
		rule("team", "has(object.metadata.labels.team)").Rule,
	}
	tries, err := bump.Boundary(base, rules)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]*corev1.Pod{}
	for _, try := range tries {
		names[try.Name] = try.Pod
	}
	for _, want := range []string{"boundary/hostPort=1023", "boundary/hostPort=1024", "boundary/hostPort=1025@init", "boundary/labels=team"} {
		if names[want] == nil {
			t.Errorf("no %s among %d", want, len(tries))
		}
	}
	if p := names["boundary/hostPort=1025@init"]; p == nil || p.Spec.InitContainers[0].Ports[0].HostPort != 1025 || len(p.Spec.Containers[0].Ports) > 0 {
		t.Errorf("the init container has no port: %+v", p)
	}
	if names["boundary/hostPort=-1"] != nil || len(base.Spec.InitContainers) > 0 {
		t.Error("a port that there is not, or the base changed")
	}
}

func TestChangelog(t *testing.T) {
	e := bump.Entry{Version: "0.2.0", Date: "2030-01-02", Present: "a", Next: "b", Why: "only looser", Sections: []bump.Section{{Title: "Added"}, {Title: "Changed", Items: []string{"this", "that"}}}}
	const entry = "## 0.2.0 - 2030-01-02\n\nPolicies of b, before of a: only looser.\n\n### Changed\n\n- this\n- that\n"
	for name, c := range map[string]struct{ now, before, after string }{
		"entries":    {"# C\n\n## 0.1.0\n\nold\n", "# C\n\n", "\n## 0.1.0\n\nold\n"},
		"unreleased": {"# C\n\n## [Unreleased]\n\n- x\n\n## 0.1.0\n", "# C\n\n## [Unreleased]\n\n- x\n\n", "\n## 0.1.0\n"},
		"a head":     {"# C", "# C\n\n", ""},
	} {
		got, err := bump.Changelog([]byte(c.now), e)
		if want := c.before + entry + c.after; err != nil || string(got) != want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, want)
		}
	}
	got, err := bump.Changelog(nil, e)
	if err != nil || !strings.HasPrefix(string(got), "# Changelog\n") || !strings.HasSuffix(string(got), entry) {
		t.Errorf("%v\n%s", err, got)
	}
}
