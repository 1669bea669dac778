package convert

import (
	"reflect"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vapchart/vapchart/internal/policy"
)

// Names of the match conditions that stand for Kyverno's filters. They are
// prefixed so that a policy's own condition cannot clash with them.
const (
	conditionMatch     = "vapchart-match"
	conditionExclude   = "vapchart-exclude"
	conditionUnchanged = "vapchart-unchanged"
)

// constraints gives the native match constraints of a rule, and match
// conditions for what these cannot say: wildcards, subjects, and filters that
// differ in more than their resources.
func constraints(r policy.Rule) (*admissionv1.MatchResources, []admissionv1.MatchCondition, error) {
	out := &admissionv1.MatchResources{MatchPolicy: matchPolicy(r)}
	match, exclude := slices.Clone(r.Match), slices.Clone(r.Exclude)
	for _, filters := range [][]policy.Filter{match, exclude} {
		for i := range filters {
			filters[i].Resources = widen(r, filters[i].Resources)
		}
	}

	var err error
	if out.NamespaceSelector, err = liftNamespaceSelectors(r, match, exclude); err != nil {
		return nil, nil, err
	}
	if len(match) == 1 {
		liftNames(&match[0])
		if s := match[0].Selector; s != nil && !hasWildcard(s) {
			out.ObjectSelector, match[0].Selector = labelSelector(s), nil
		}
	}
	for _, f := range match {
		out.ResourceRules = append(out.ResourceRules, resourceRules(f.Resources)...)
	}

	var conditions []admissionv1.MatchCondition
	if cel := anyOf(match, true); cel != "" {
		conditions = append(conditions, admissionv1.MatchCondition{Name: conditionMatch, Expression: cel})
	}
	var rest []policy.Filter
	for _, f := range exclude {
		if empty(f) { // it was a namespaceSelector alone
			continue
		}
		liftNames(&f)
		if bare(f) {
			out.ExcludeResourceRules = append(out.ExcludeResourceRules, resourceRules(f.Resources)...)
			continue
		}
		rest = append(rest, f)
	}
	if cel := anyOf(rest, false); cel != "" {
		conditions = append(conditions, admissionv1.MatchCondition{Name: conditionExclude, Expression: "!(" + cel + ")"})
	}
	return out, conditions, nil
}

func matchPolicy(r policy.Rule) *admissionv1.MatchPolicyType {
	p := admissionv1.Equivalent
	if len(r.Match) > 0 && r.Match[0].MatchPolicy != "" {
		p = admissionv1.MatchPolicyType(r.Match[0].MatchPolicy)
	}
	return &p
}

// liftNamespaceSelectors takes the selectors on namespace labels out of the
// filters. Only the match constraints can hold one: match conditions are
// evaluated without the namespace object. So all filters must agree, and an
// exclusion must be one whose negation is a selector again.
func liftNamespaceSelectors(r policy.Rule, match, exclude []policy.Filter) (*metav1.LabelSelector, error) {
	refuse := func(f policy.Filter, detail string) error {
		return &policy.Unsupported{Origin: r.Origin, Line: f.Line, Reason: policy.MixedSelectors, Detail: detail}
	}
	var out *metav1.LabelSelector
	first := match[0].NamespaceSelector
	for i := range match {
		if !reflect.DeepEqual(first, match[i].NamespaceSelector) {
			return nil, refuse(match[i], "filters with different namespaceSelectors")
		}
		match[i].NamespaceSelector = nil
	}
	if first != nil {
		if hasWildcard(first) {
			return nil, refuse(match[0], "a namespaceSelector with wildcards")
		}
		out = labelSelector(first)
	}
	for i := range exclude {
		s := exclude[i].NamespaceSelector
		if s == nil {
			continue
		}
		exclude[i].NamespaceSelector = nil
		inverse, ok := invert(s)
		if !ok || !empty(exclude[i]) {
			return nil, refuse(exclude[i], "an exclusion by namespaceSelector together with something else")
		}
		if out == nil {
			out = &metav1.LabelSelector{}
		}
		out.MatchExpressions = append(out.MatchExpressions, inverse)
	}
	return out, nil
}

// invert gives the requirement that holds exactly where the selector does not;
// there is one only if the selector has a single requirement.
func invert(s *policy.Selector) (metav1.LabelSelectorRequirement, bool) {
	all := labelSelector(s)
	for k, v := range all.MatchLabels {
		all.MatchExpressions = append(all.MatchExpressions,
			metav1.LabelSelectorRequirement{Key: k, Operator: metav1.LabelSelectorOpIn, Values: []string{v}})
	}
	if len(all.MatchExpressions) != 1 || hasWildcard(s) {
		return metav1.LabelSelectorRequirement{}, false
	}
	out := all.MatchExpressions[0]
	switch out.Operator {
	case metav1.LabelSelectorOpIn:
		out.Operator = metav1.LabelSelectorOpNotIn
	case metav1.LabelSelectorOpNotIn:
		out.Operator = metav1.LabelSelectorOpIn
	case metav1.LabelSelectorOpExists:
		out.Operator = metav1.LabelSelectorOpDoesNotExist
	case metav1.LabelSelectorOpDoesNotExist:
		out.Operator = metav1.LabelSelectorOpExists
	}
	return out, true
}

// liftNames moves exact object names into the filter's resources, where the API
// has a place for them.
func liftNames(f *policy.Filter) {
	if len(f.Names) == 0 || len(f.Resources) == 0 || slices.ContainsFunc(f.Names, isWildcard) {
		return
	}
	for _, res := range f.Resources {
		if len(res.Names) > 0 {
			return
		}
	}
	f.Resources = slices.Clone(f.Resources)
	for i := range f.Resources {
		f.Resources[i].Names = f.Names
	}
	f.Names = nil
}

// bare says whether resources are all that a filter asks for.
func bare(f policy.Filter) bool {
	if len(f.Resources) == 0 {
		return false
	}
	f.Resources = nil
	return empty(f)
}

func empty(f policy.Filter) bool {
	return len(f.Resources) == 0 && len(f.Names) == 0 && len(f.Namespaces) == 0 && len(f.Annotations) == 0 &&
		f.Selector == nil && f.NamespaceSelector == nil && len(f.Subjects) == 0
}

func labelSelector(s *policy.Selector) *metav1.LabelSelector {
	out := &metav1.LabelSelector{MatchLabels: s.MatchLabels}
	for _, e := range s.MatchExpressions {
		out.MatchExpressions = append(out.MatchExpressions, metav1.LabelSelectorRequirement{
			Key: e.Key, Operator: metav1.LabelSelectorOperator(e.Operator), Values: e.Values})
	}
	return out
}
