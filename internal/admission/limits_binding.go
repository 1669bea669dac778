package admission

import (
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// bindingLimits holds a binding against the limits of the API.
func bindingLimits(b *admissionregistrationv1.ValidatingAdmissionPolicyBinding) field.ErrorList {
	spec, at := &b.Spec, field.NewPath("spec")
	errs := clusterObjectLimits(b, &b.ObjectMeta)
	if spec.PolicyName == "" {
		errs = append(errs, field.Required(at.Child("policyName"), ""))
	} else {
		errs = append(errs, messages(at.Child("policyName"), spec.PolicyName,
			apivalidation.NameIsDNSSubdomain(spec.PolicyName, false))...)
	}
	if spec.ParamRef != nil {
		errs = append(errs, paramRefLimits(at.Child("paramRef"), spec.ParamRef)...)
	}
	if spec.MatchResources != nil {
		errs = append(errs, matchLimits(at.Child("matchResources"), spec.MatchResources)...)
	}
	return append(errs, actionLimits(at.Child("validationActions"), spec.ValidationActions)...)
}

func paramRefLimits(at *field.Path, ref *admissionregistrationv1.ParamRef) field.ErrorList {
	var errs field.ErrorList
	switch {
	case ref.Name != "" && ref.Selector != nil:
		errs = append(errs, field.Forbidden(at.Child("selector"), "name and selector exclude each other"))
	case ref.Name == "" && ref.Selector == nil:
		errs = append(errs, field.Required(at, "one of name and selector must be set"))
	}
	if ref.Name != "" {
		errs = append(errs, messages(at.Child("name"), ref.Name, pathSegment(ref.Name, false))...)
	}
	errs = append(errs, metav1validation.ValidateLabelSelector(ref.Selector,
		metav1validation.LabelSelectorValidationOptions{}, at.Child("selector"))...)
	if ref.ParameterNotFoundAction == nil {
		return append(errs, field.Required(at.Child("parameterNotFoundAction"), ""))
	}
	return append(errs, oneOf(at.Child("parameterNotFoundAction"), *ref.ParameterNotFoundAction,
		admissionregistrationv1.DenyAction, admissionregistrationv1.AllowAction)...)
}

func actionLimits(at *field.Path, actions []admissionregistrationv1.ValidationAction) field.ErrorList {
	if len(actions) == 0 {
		return field.ErrorList{field.Required(at, "")}
	}
	var errs field.ErrorList
	seen := sets.New[admissionregistrationv1.ValidationAction]()
	for i, action := range actions {
		errs = append(errs, oneOf(at.Index(i), action, admissionregistrationv1.Deny,
			admissionregistrationv1.Warn, admissionregistrationv1.Audit)...)
		errs = append(errs, unique(at.Index(i), seen, action)...)
	}
	if seen.HasAll(admissionregistrationv1.Deny, admissionregistrationv1.Warn) {
		errs = append(errs, field.Invalid(at, actions, "Deny and Warn must not both be there"))
	}
	return errs
}

// referenceLimits finds what the API server takes without a word and then
// ignores: a binding to no policy, and a parameter for a policy without any.
func referenceLimits(spec admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec, policies []Policy) field.ErrorList {
	at := field.NewPath("spec")
	i := slices.IndexFunc(policies, func(p Policy) bool { return p.Name == spec.PolicyName })
	switch {
	case spec.PolicyName == "":
		return nil
	case i < 0:
		return field.ErrorList{field.NotFound(at.Child("policyName"), spec.PolicyName)}
	case spec.ParamRef != nil && policies[i].Spec.ParamKind == nil:
		return field.ErrorList{field.Forbidden(at.Child("paramRef"), "policy "+spec.PolicyName+" has no paramKind")}
	default:
		return nil
	}
}
