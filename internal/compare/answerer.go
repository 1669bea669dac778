package compare

import (
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/vapchart/vapchart/internal/admission"
)

// Answerer makes what answers about pods by what a chart renders to. Policies about
// other kinds are left out, since to find that out for each pod takes longer than
// many a rule.
func Answerer(rendered *admission.Objects) (admission.Ask, error) {
	objs := *rendered
	objs.Policies = slices.DeleteFunc(slices.Clone(objs.Policies), func(p admission.Policy) bool { return !aboutPods(p) })
	by, err := admission.NewJudge(&objs, admission.Options{Authorize: admission.Grant})
	if err != nil {
		return nil, err
	}
	return by.Ask, nil
}

// aboutPods says whether a policy may match a pod.
func aboutPods(p admission.Policy) bool {
	return p.Spec.MatchConstraints == nil || slices.ContainsFunc(p.Spec.MatchConstraints.ResourceRules, func(r admissionv1.NamedRuleWithOperations) bool {
		return slices.ContainsFunc(r.Resources, func(name string) bool { return name == "pods" || strings.HasPrefix(name, "*") })
	})
}
