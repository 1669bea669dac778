package convert

import (
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/vapchart/vapchart/internal/policy"
)

const (
	pods      = "pods"
	ephemeral = "pods/ephemeralcontainers"
)

// widen gives the resources that a rule judges natively. A rule on pods also gets
// the subresource by which `kubectl debug` adds containers, else that walks past
// it, and version v1 by name, since a wildcard switches the API server's type
// checking off. A rule of a profile judges creation and update whatever upstream
// lists: the standard makes no difference between them.
func widen(r policy.Rule, resources []policy.Resources) []policy.Resources {
	var out []policy.Resources
	for _, res := range resources {
		if onPods(res) {
			if r.Profile != policy.Other {
				res.Operations = []string{"CREATE", "UPDATE"}
			}
			if judgesUpdates(res.Operations) && !slices.Contains(res.Resources, ephemeral) {
				res.Resources = append(slices.Clone(res.Resources), ephemeral)
			}
			if len(res.Groups) == 1 && res.Groups[0] == "" {
				res.Versions = []string{"v1"}
			}
		}
		out = append(out, res)
	}
	return out
}

// resourceRules gives the native form of resources.
func resourceRules(resources []policy.Resources) []admissionv1.NamedRuleWithOperations {
	var out []admissionv1.NamedRuleWithOperations
	for _, res := range resources {
		scope := admissionv1.ScopeType(res.Scope)
		if scope == "" {
			scope = admissionv1.AllScopes
		}
		rule := admissionv1.NamedRuleWithOperations{ResourceNames: res.Names}
		rule.APIGroups, rule.APIVersions, rule.Resources, rule.Scope = res.Groups, res.Versions, res.Resources, &scope
		for _, op := range res.Operations {
			rule.Operations = append(rule.Operations, admissionv1.OperationType(op))
		}
		out = append(out, rule)
	}
	return out
}

// unchangedPod gives the match condition by which a rule does not judge a pod
// update that leaves what it reads as it was. Without it no finalizer could be
// removed from a pod that violated the rule before the rule came, and the pod
// would hang in Terminating.
//
// The rules of the standard read the spec (and AppArmor's annotations, which
// the API server does not let change). Any other rule may read labels or
// annotations too, and then judges a change of these.
func unchangedPod(r policy.Rule) ([]admissionv1.MatchCondition, error) {
	var onPod, onOther bool
	for _, f := range r.Match {
		for _, res := range f.Resources {
			if onPods(res) && (r.Profile != policy.Other || judgesUpdates(res.Operations)) {
				onPod = true
			}
			if !onPods(res) || len(withoutPods(res.Resources)) > 0 {
				onOther = true
			}
		}
	}
	if !onPod {
		return nil, nil
	}
	terms := []string{"request.operation != 'UPDATE'", "object.spec != oldObject.spec"}
	if onOther {
		terms = append([]string{"request.resource.resource != 'pods'"}, terms...)
	}
	if r.Profile == policy.Other {
		metadata, err := readsMetadata(r)
		if err != nil {
			return nil, err
		}
		if metadata {
			terms = append(terms,
				"object.metadata.?labels.orValue({}) != oldObject.metadata.?labels.orValue({})",
				"object.metadata.?annotations.orValue({}) != oldObject.metadata.?annotations.orValue({})")
		}
	}
	return []admissionv1.MatchCondition{{Name: conditionUnchanged, Expression: strings.Join(terms, " || ")}}, nil
}

// onPods says whether resources include pods themselves; `*` is left alone, as
// a rule on everything is not a rule on pods.
func onPods(res policy.Resources) bool {
	return slices.Contains(res.Resources, pods) && (slices.Contains(res.Groups, "") || slices.Contains(res.Groups, "*"))
}

func withoutPods(resources []string) []string {
	return slices.DeleteFunc(slices.Clone(resources), func(s string) bool { return s == pods || s == ephemeral })
}

func judgesUpdates(operations []string) bool {
	return slices.Contains(operations, "UPDATE") || slices.Contains(operations, "*")
}
