package convert

import (
	"fmt"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/vapchart/vapchart/internal/policy"
)

// The pod template of a controller, in CEL: a PodTemplate keeps it at the top, a
// CronJob inside its job, all others in the spec. The types differ, hence dyn().
const (
	templateOf    = "(has(dyn(object).template) ? dyn(object).template : has(dyn(object).spec.jobTemplate) ? dyn(object).spec.jobTemplate.spec.template : dyn(object).spec.template)"
	oldTemplateOf = "(has(dyn(oldObject).template) ? dyn(oldObject).template : has(dyn(oldObject).spec.jobTemplate) ? dyn(oldObject).spec.jobTemplate.spec.template : dyn(oldObject).spec.template)"

	podTemplate, oldPodTemplate = "podTemplate", "oldPodTemplate"
)

// OnControllers gives a rule on pods as it applies to the pod templates of
// Deployments and their like; nil where it has no such form: it is of no
// profile, is not about pods, or looks at the pod's own name and labels. The
// rule's CEL is rewritten on its syntax tree to read `variables.podTemplate`.
func OnControllers(o Objects) (*admissionv1.ValidatingAdmissionPolicySpec, error) {
	if !hasControllers(o) {
		return nil, nil
	}
	conditions := rewriter{"object": templateOf, "oldObject": oldTemplateOf}
	spec := admissionv1.ValidatingAdmissionPolicySpec{
		FailurePolicy:    o.Policy.Spec.FailurePolicy,
		ParamKind:        o.Policy.Spec.ParamKind,
		MatchConstraints: controllerResources(),
		MatchConditions:  []admissionv1.MatchCondition{{Name: conditionUnchanged, Expression: "request.operation != 'UPDATE' || " + templateOf + " != " + oldTemplateOf}},
	}
	for _, c := range o.Rule.Conditions {
		cel, err := conditions.rewrite(c.Expression.CEL)
		if err != nil {
			return nil, fmt.Errorf("convert %s: %s:%d: %w", o.Rule.Origin, o.Rule.Origin.Path, c.Expression.Line, err)
		}
		spec.MatchConditions = append(spec.MatchConditions, admissionv1.MatchCondition{Name: c.Name, Expression: cel})
	}
	variables, validations, err := OnTemplate(o.Policy.Spec.Variables, o.Policy.Spec.Validations)
	if err != nil {
		return nil, fmt.Errorf("convert %s: %s: %w", o.Rule.Origin, o.Rule.Origin.Position(), err)
	}
	spec.Variables = append([]admissionv1.Variable{
		{Name: podTemplate, Expression: templateOf},
		{Name: oldPodTemplate, Expression: "request.operation == 'UPDATE' ? " + oldTemplateOf + " : dyn(null)"},
	}, variables...)
	spec.Validations = validations
	return &spec, nil
}

// OnTemplate rewrites variables and validations that read a pod so that they
// read the pod template that OnControllers' first variables hold.
func OnTemplate(variables []admissionv1.Variable, validations []admissionv1.Validation) ([]admissionv1.Variable, []admissionv1.Validation, error) {
	w := rewriter{"object": "variables." + podTemplate, "oldObject": "variables." + oldPodTemplate}
	var outVariables []admissionv1.Variable
	for _, v := range variables {
		if v.Name == podTemplate || v.Name == oldPodTemplate {
			return nil, nil, fmt.Errorf("the rule has a variable named %s", v.Name)
		}
		cel, err := w.rewrite(v.Expression)
		if err != nil {
			return nil, nil, err
		}
		outVariables = append(outVariables, admissionv1.Variable{Name: v.Name, Expression: cel})
	}
	var outValidations []admissionv1.Validation
	for _, v := range validations {
		var err error
		if v.Expression, err = w.rewrite(v.Expression); err != nil {
			return nil, nil, err
		}
		if v.MessageExpression != "" {
			if v.MessageExpression, err = w.rewrite(v.MessageExpression); err != nil {
				return nil, nil, err
			}
		}
		outValidations = append(outValidations, v)
	}
	return outVariables, outValidations, nil
}

func hasControllers(o Objects) bool {
	onPod := false
	for _, f := range o.Rule.Match {
		for _, res := range f.Resources {
			if !onPods(res) || len(withoutPods(res.Resources)) > 0 {
				return false
			}
			onPod = true
		}
	}
	constraints := o.Policy.Spec.MatchConstraints
	plain := constraints.ObjectSelector == nil && len(constraints.ExcludeResourceRules) == 0
	for _, c := range o.Policy.Spec.MatchConditions {
		plain = plain && c.Name != conditionMatch && c.Name != conditionExclude
	}
	return onPod && plain && o.Rule.Profile != policy.Other && len(o.Rule.AuditAnnotations) == 0
}

// controllerResources are the kinds that Pod Security Admission warns about.
func controllerResources() *admissionv1.MatchResources {
	equivalent := admissionv1.Equivalent
	namespaced := admissionv1.NamespacedScope
	out := &admissionv1.MatchResources{MatchPolicy: &equivalent}
	for _, g := range []struct {
		group     string
		resources []string
	}{
		{"", []string{"podtemplates", "replicationcontrollers"}},
		{"apps", []string{"daemonsets", "deployments", "replicasets", "statefulsets"}},
		{"batch", []string{"cronjobs", "jobs"}},
	} {
		rule := admissionv1.NamedRuleWithOperations{}
		rule.Operations = []admissionv1.OperationType{admissionv1.Create, admissionv1.Update}
		rule.APIGroups, rule.APIVersions, rule.Resources, rule.Scope = []string{g.group}, []string{"v1"}, g.resources, &namespaced
		out.ResourceRules = append(out.ResourceRules, rule)
	}
	return out
}
