package admission

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const (
	maxMatchConditions    = 64
	maxAuditAnnotations   = 20
	maxValueExpressionLen = 5 * 1024 // bytes
)

// policyLimits holds a policy against the limits of the API.
func policyLimits(p *admissionregistrationv1.ValidatingAdmissionPolicy) field.ErrorList {
	spec, at := &p.Spec, field.NewPath("spec")
	errs := clusterObjectLimits(p, &p.ObjectMeta)
	errs = append(errs, oneOf(at.Child("failurePolicy"), *spec.FailurePolicy,
		admissionregistrationv1.Fail, admissionregistrationv1.Ignore)...)
	if spec.ParamKind != nil {
		errs = append(errs, paramKindLimits(at.Child("paramKind"), spec.ParamKind)...)
	}
	errs = append(errs, constraintLimits(at.Child("matchConstraints"), spec.MatchConstraints)...)
	errs = append(errs, conditionLimits(at.Child("matchConditions"), spec.MatchConditions)...)
	errs = append(errs, variableLimits(at.Child("variables"), spec.Variables)...)
	if len(spec.Validations)+len(spec.AuditAnnotations) == 0 {
		errs = append(errs, field.Required(at.Child("validations"), "validations or auditAnnotations must hold at least one item"))
	}
	for i, v := range spec.Validations {
		errs = append(errs, validationLimits(at.Child("validations").Index(i), v)...)
	}
	return append(errs, annotationLimits(at.Child("auditAnnotations"), p.Name, spec.AuditAnnotations)...)
}

func paramKindLimits(at *field.Path, kind *admissionregistrationv1.ParamKind) field.ErrorList {
	var errs field.ErrorList
	group, version, grouped := strings.Cut(kind.APIVersion, "/")
	if !grouped {
		group, version = "", kind.APIVersion
	}
	if kind.APIVersion == "" {
		errs = append(errs, field.Required(at.Child("apiVersion"), ""))
	} else {
		if group != "" {
			errs = append(errs, messages(at.Child("apiVersion"), kind.APIVersion, validation.IsDNS1123Subdomain(group))...)
		}
		errs = append(errs, messages(at.Child("apiVersion"), kind.APIVersion, validation.IsDNS1035Label(version))...)
	}
	if kind.Kind == "" {
		return append(errs, field.Required(at.Child("kind"), ""))
	}
	return append(errs, messages(at.Child("kind"), kind.Kind, validation.IsDNS1035Label(strings.ToLower(kind.Kind)))...)
}

func conditionLimits(at *field.Path, conditions []admissionregistrationv1.MatchCondition) field.ErrorList {
	var errs field.ErrorList
	if len(conditions) > maxMatchConditions {
		errs = append(errs, field.TooMany(at, len(conditions), maxMatchConditions))
	}
	names := sets.New[string]()
	for i, c := range conditions {
		at := at.Index(i)
		errs = append(errs, required(at.Child("expression"), c.Expression)...)
		errs = append(errs, unique(at.Child("name"), names, c.Name)...)
		if c.Name == "" {
			errs = append(errs, field.Required(at.Child("name"), ""))
		} else {
			errs = append(errs, messages(at.Child("name"), c.Name, validation.IsQualifiedName(c.Name))...)
		}
	}
	return errs
}

func variableLimits(at *field.Path, variables []admissionregistrationv1.Variable) field.ErrorList {
	var errs field.ErrorList
	names := sets.New[string]()
	for i, v := range variables {
		at := at.Index(i)
		errs = append(errs, required(at.Child("name"), v.Name)...)
		if strings.TrimSpace(v.Name) != "" && !isIdentifier(v.Name) {
			errs = append(errs, field.Invalid(at.Child("name"), v.Name, "must be a CEL identifier"))
		}
		errs = append(errs, unique(at.Child("name"), names, v.Name)...)
		errs = append(errs, required(at.Child("expression"), v.Expression)...)
	}
	return errs
}

// isIdentifier says whether CEL can name a field so (IDENT of its grammar).
func isIdentifier(name string) bool {
	reserved := []string{
		"true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function",
		"if", "import", "let", "loop", "package", "namespace", "return", "var", "void", "while",
	}
	return regexp.MustCompile(`^[_a-zA-Z][_a-zA-Z0-9]*$`).MatchString(name) && !slices.Contains(reserved, name)
}

func validationLimits(at *field.Path, v admissionregistrationv1.Validation) field.ErrorList {
	errs := required(at.Child("expression"), v.Expression)
	message := strings.TrimSpace(v.Message)
	switch {
	case v.Message != "" && message == "":
		errs = append(errs, field.Invalid(at.Child("message"), v.Message, "must not be blank"))
	case strings.ContainsAny(message, "\r\n"):
		errs = append(errs, field.Invalid(at.Child("message"), v.Message, "must not contain line breaks"))
	case v.Message == "" && v.MessageExpression == "" && strings.ContainsAny(strings.TrimSpace(v.Expression), "\r\n"):
		// The API asks for it and does not check it. The message would be the
		// expression, and a warning of several lines is never sent.
		errs = append(errs, field.Required(at.Child("message"), "the expression contains line breaks"))
	}
	if v.MessageExpression != "" && strings.TrimSpace(v.MessageExpression) == "" {
		errs = append(errs, field.Invalid(at.Child("messageExpression"), v.MessageExpression, "must not be blank"))
	}
	if v.Reason != nil {
		// The API's documentation also names Unauthorized, which it refuses.
		errs = append(errs, oneOf(at.Child("reason"), *v.Reason, metav1.StatusReasonForbidden,
			metav1.StatusReasonInvalid, metav1.StatusReasonRequestEntityTooLarge)...)
	}
	return errs
}

func annotationLimits(at *field.Path, policy string, annotations []admissionregistrationv1.AuditAnnotation) field.ErrorList {
	var errs field.ErrorList
	if len(annotations) > maxAuditAnnotations {
		errs = append(errs, field.TooMany(at, len(annotations), maxAuditAnnotations))
	}
	keys := sets.New[string]()
	for i, a := range annotations {
		at := at.Index(i)
		// The key that is published is that of the policy and its own.
		errs = append(errs, messages(at.Child("key"), a.Key, validation.IsQualifiedName(policy+"/"+a.Key))...)
		errs = append(errs, unique(at.Child("key"), keys, a.Key)...)
		errs = append(errs, required(at.Child("valueExpression"), a.ValueExpression)...)
		if n := len(strings.TrimSpace(a.ValueExpression)); n > maxValueExpressionLen {
			errs = append(errs, field.Invalid(at.Child("valueExpression"), fmt.Sprintf("%d bytes", n),
				fmt.Sprintf("must not exceed %d bytes", maxValueExpressionLen)))
		}
	}
	return errs
}
