package pss_test

import (
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

// verdict says whether a pod is refused.
type verdict func(*corev1.Pod) bool

// library is a policy library of Go functions: a rule's CEL texts are keys to
// the functions, so that merged rules can be judged as well.
type library struct {
	pin    policy.Pin
	rules  []policy.Rule
	meant  map[string]verdict // by CEL text; shared between libraries
	oracle *pss.Oracle
}

// libraries gives an upstream library under names of its own and a built-in
// one, both with a rule for each control, at parity.
func libraries(t testing.TB) (upstream, builtin *library) {
	t.Helper()
	oracle, err := pss.NewOracle(pss.Latest)
	if err != nil {
		t.Fatal(err)
	}
	meant := map[string]verdict{}
	upstream = &library{policy.Pin{Source: "https://example.org/library"}, nil, meant, oracle}
	builtin = &library{policy.Pin{Source: "builtin"}, nil, meant, oracle}
	for _, c := range oracle.Controls() {
		upstream.add("up-"+string(c.ID), c.Profile, upstream.check(c.ID))
		builtin.add("in-"+string(c.ID), c.Profile, builtin.check(c.ID))
	}
	return upstream, builtin
}

// libraryAt gives the built-in library of a version, beside others that share
// what CEL texts mean.
func libraryAt(version string, beside *library) ([]policy.Rule, error) {
	oracle, err := pss.NewOracle(version)
	if err != nil {
		return nil, err
	}
	l := &library{policy.Pin{Source: "builtin", Ref: version}, nil, beside.meant, oracle}
	for _, c := range oracle.Controls() {
		l.pin.Ref = c.Since
		l.add("in-"+string(c.ID), c.Profile, l.check(c.ID))
	}
	for i := range l.rules {
		l.rules[i].Origin.Pin.Ref = ""
	}
	return l.rules, nil
}

// check is the verdict of a control.
func (l *library) check(id policy.Control) verdict {
	return func(p *corev1.Pod) bool { return l.oracle.Refuses(id, p) }
}

func (l *library) add(name string, profile policy.Profile, verdicts ...verdict) {
	rule := policy.Rule{
		Name: name, Title: "Title of " + name, Profile: profile,
		Origin: policy.Origin{Pin: l.pin, Path: name + ".yaml", Line: 7, Policy: name, Rule: "rule"},
		Match:  []policy.Filter{{Line: 9, Resources: []policy.Resources{{Resources: []string{"pods"}}}}},
	}
	for i, v := range verdicts {
		text := fmt.Sprintf("%s/%s/%d", l.pin.Source+l.pin.Ref, name, i)
		l.meant[text] = v
		rule.Validations = append(rule.Validations, policy.Validation{Expression: policy.Expression{CEL: text, Line: 12}})
	}
	l.rules = append(l.rules, rule)
}

func (l *library) remove(names ...string) {
	l.rules = slices.DeleteFunc(l.rules, func(r policy.Rule) bool { return slices.Contains(names, r.Name) })
}

// replace gives a rule another meaning.
func (l *library) replace(name string, profile policy.Profile, verdicts ...verdict) {
	l.remove(name)
	l.add(name, profile, verdicts...)
}

func (l *library) judge(rules []policy.Rule, pods []*corev1.Pod) ([][]bool, error) {
	out := make([][]bool, 0, len(rules))
	for _, r := range rules {
		verdicts := make([]bool, 0, len(pods))
		for _, p := range pods {
			verdicts = append(verdicts, slices.ContainsFunc(r.Validations, func(v policy.Validation) bool {
				return l.meant[v.Expression.CEL](p)
			}))
		}
		out = append(out, verdicts)
	}
	return out, nil
}

// except is a verdict that admits what another one describes.
func except(v, admitted verdict) verdict {
	return func(p *corev1.Pod) bool { return v(p) && !admitted(p) }
}

func either(vs ...verdict) verdict {
	return func(p *corev1.Pod) bool {
		return slices.ContainsFunc(vs, func(v verdict) bool { return v(p) })
	}
}

func isWindows(p *corev1.Pod) bool { return p.Spec.OS != nil && p.Spec.OS.Name == corev1.Windows }

// containers gives all containers of a pod, as the plain kind.
func containers(p *corev1.Pod) []corev1.Container {
	out := slices.Concat(p.Spec.InitContainers, p.Spec.Containers)
	for _, c := range p.Spec.EphemeralContainers {
		out = append(out, corev1.Container(c.EphemeralContainerCommon))
	}
	return out
}

// hostPort refuses every host port in a range.
func hostPort(from, to int32) verdict {
	return func(p *corev1.Pod) bool {
		for _, c := range containers(p) {
			for _, port := range c.Ports {
				if port.HostPort >= from && port.HostPort <= to {
					return true
				}
			}
		}
		return false
	}
}

// only keeps the containers that a verdict sees to some of them.
func only(v verdict, keep func(*corev1.PodSpec)) verdict {
	return func(p *corev1.Pod) bool {
		p = p.DeepCopy()
		keep(&p.Spec)
		return v(p)
	}
}
