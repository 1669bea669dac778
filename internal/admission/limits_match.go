package admission

import (
	"fmt"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// constraintLimits are those of a policy, which must say what it is about.
func constraintLimits(at *field.Path, m *admissionregistrationv1.MatchResources) field.ErrorList {
	if m == nil {
		return field.ErrorList{field.Required(at, "")}
	}
	errs := matchLimits(at, m)
	if len(m.ResourceRules) == 0 {
		errs = append(errs, field.Required(at.Child("resourceRules"), ""))
	}
	return errs
}

// matchLimits are those of a policy and a binding.
func matchLimits(at *field.Path, m *admissionregistrationv1.MatchResources) field.ErrorList {
	errs := oneOf(at.Child("matchPolicy"), *m.MatchPolicy, admissionregistrationv1.Exact, admissionregistrationv1.Equivalent)
	options := metav1validation.LabelSelectorValidationOptions{}
	errs = append(errs, metav1validation.ValidateLabelSelector(m.NamespaceSelector, options, at.Child("namespaceSelector"))...)
	errs = append(errs, metav1validation.ValidateLabelSelector(m.ObjectSelector, options, at.Child("objectSelector"))...)
	for i, r := range m.ResourceRules {
		errs = append(errs, ruleLimits(at.Child("resourceRules").Index(i), r)...)
	}
	for i, r := range m.ExcludeResourceRules {
		errs = append(errs, ruleLimits(at.Child("excludeResourceRules").Index(i), r)...)
	}
	return errs
}

func ruleLimits(at *field.Path, r admissionregistrationv1.NamedRuleWithOperations) field.ErrorList {
	var errs field.ErrorList
	names := sets.New[string]()
	for i, name := range r.ResourceNames {
		at := at.Child("resourceNames").Index(i)
		errs = append(errs, messages(at, name, pathSegment(name, false))...)
		errs = append(errs, unique(at, names, name)...)
	}
	errs = append(errs, wildcardAlone(at.Child("operations"), r.Operations, admissionregistrationv1.OperationAll)...)
	for i, op := range r.Operations {
		errs = append(errs, oneOf(at.Child("operations").Index(i), op, admissionregistrationv1.OperationAll,
			admissionregistrationv1.Create, admissionregistrationv1.Update,
			admissionregistrationv1.Delete, admissionregistrationv1.Connect)...)
	}
	errs = append(errs, wildcardAlone(at.Child("apiGroups"), r.APIGroups, "*")...)
	errs = append(errs, wildcardAlone(at.Child("apiVersions"), r.APIVersions, "*")...)
	for i, v := range r.APIVersions {
		errs = append(errs, required(at.Child("apiVersions").Index(i), v)...)
	}
	errs = append(errs, resourceLimits(at.Child("resources"), r.Resources)...)
	return append(errs, oneOf(at.Child("scope"), *r.Scope, admissionregistrationv1.ClusterScope,
		admissionregistrationv1.NamespacedScope, admissionregistrationv1.AllScopes)...)
}

// wildcardAlone wants at least one item, and the wildcard not beside others.
func wildcardAlone[T comparable](at *field.Path, items []T, wildcard T) field.ErrorList {
	if len(items) == 0 {
		return field.ErrorList{field.Required(at, "")}
	}
	if len(items) > 1 && slices.Contains(items, wildcard) {
		return field.ErrorList{field.Invalid(at, items, "if '*' is there, nothing else must be")}
	}
	return nil
}

// resourceLimits wants no resource that a wildcard beside it covers.
func resourceLimits(at *field.Path, resources []string) field.ErrorList {
	if len(resources) == 0 {
		return field.ErrorList{field.Required(at, "")}
	}
	var errs field.ErrorList
	for i, r := range resources {
		if r == "" {
			errs = append(errs, field.Required(at.Index(i), ""))
			continue
		}
		for j, wide := range resources {
			if i != j && covers(wide, r) {
				errs = append(errs, field.Invalid(at.Index(i), r, fmt.Sprintf("if '%s' is there, '%s' must not be", wide, r)))
				break
			}
		}
	}
	return errs
}

// covers says whether a wildcard makes a resource or subresource superfluous.
func covers(wide, narrow string) bool {
	res, sub, hasSub := strings.Cut(wide, "/")
	r, s, narrowSub := strings.Cut(narrow, "/")
	switch {
	case wide == narrow:
		return false
	case wide == "*/*":
		return true
	case !hasSub || !narrowSub:
		return wide == "*" && !narrowSub
	default:
		return res == r && sub == "*" || sub == s && res == "*"
	}
}
