package pss

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/policy"
)

// Known is what assessments of several libraries share: the probes, and the verdicts
// of every rule that was judged by them. The zero value is not usable. It is for one
// assessment at a time, and for one judge.
type Known struct {
	probes   *probeResults
	verdicts map[string][]bool // by what a rule says
}

// NewKnown makes the probes, and knows no verdict yet.
func NewKnown() *Known { return &Known{newProbeResults(), map[string][]bool{}} }

// verdictCache keeps verdicts, so that a rule is judged once however many versions of
// the standard hold it. The pods are the same all the time.
type verdictCache struct {
	judge Judge
	known map[string][]bool // by what a rule says
}

// refuses is a Judge. The rules may share names, unlike those for the judge that
// it asks for what it does not know: of each name there is one in a call.
func (d *verdictCache) refuses(rules []policy.Rule, pods []*corev1.Pod) ([][]bool, error) {
	keys := make([]string, len(rules))
	var open []policy.Rule
	asked := map[string]bool{}
	for i, r := range rules {
		key, err := text(r)
		if err != nil {
			return nil, err
		}
		keys[i] = key
		if d.known[key] == nil && !asked[key] {
			asked[key] = true
			open = append(open, r)
		}
	}
	for len(open) > 0 {
		var now, later []policy.Rule
		taken := map[string]bool{}
		for _, r := range open {
			if taken[r.Name] {
				later = append(later, r)
				continue
			}
			taken[r.Name] = true
			now = append(now, r)
		}
		if err := d.ask(now, pods); err != nil {
			return nil, err
		}
		open = later
	}
	out := make([][]bool, len(rules))
	for i, key := range keys {
		out[i] = d.known[key]
	}
	return out, nil
}

// ask has the pods judged by rules of different names.
func (d *verdictCache) ask(rules []policy.Rule, pods []*corev1.Pod) error {
	refused, err := d.judge(rules, pods)
	if err != nil {
		return err
	}
	if len(refused) != len(rules) {
		return fmt.Errorf("judge probes: verdicts of %d rules, want %d", len(refused), len(rules))
	}
	for i, r := range rules {
		if len(refused[i]) != len(pods) {
			return fmt.Errorf("judge probes by %s: %d verdicts, want %d", r.Name, len(refused[i]), len(pods))
		}
		key, err := text(r)
		if err != nil {
			return err
		}
		d.known[key] = refused[i]
	}
	return nil
}

// text gives all of a rule that a verdict can come from. Where it is written and
// what it is called are no part of that.
func text(r policy.Rule) (string, error) {
	framed := frame(r)
	for _, v := range r.Variables {
		framed.Variables = append(framed.Variables, policy.Variable{Name: v.Name, Expression: unplaced(v.Expression)})
	}
	for _, v := range r.Validations {
		framed.Validations = append(framed.Validations, policy.Validation{Expression: unplaced(v.Expression)})
	}
	data, err := json.Marshal(framed)
	if err != nil {
		return "", fmt.Errorf("judge probes by %s: %w", r.Name, err)
	}
	return string(data), nil
}

func unplaced(e policy.Expression) policy.Expression { return policy.Expression{CEL: e.CEL} }
