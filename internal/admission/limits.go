package admission

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// maxObjectSize is what a policy or binding may measure as JSON with its
// annotations. `kubectl apply` keeps a copy of the object in an annotation, and
// all annotations together may hold this many bytes; it is also far below the
// 1.5 MiB that etcd takes.
const maxObjectSize = apivalidation.TotalAnnotationSizeLimitB

// clusterObjectLimits are those of every cluster-wide object with a DNS name.
func clusterObjectLimits(object any, meta *metav1.ObjectMeta) field.ErrorList {
	errs := apivalidation.ValidateObjectMeta(meta, false, apivalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
	data, err := json.Marshal(object)
	if err != nil {
		return append(errs, field.InternalError(nil, err))
	}
	size := len(data)
	for key, value := range meta.Annotations {
		size += len(key) + len(value)
	}
	if size > maxObjectSize {
		errs = append(errs, field.Invalid(field.NewPath("metadata", "annotations"), fmt.Sprintf("%d bytes", size),
			fmt.Sprintf("the object and its annotations must not exceed %d bytes for kubectl apply", maxObjectSize)))
	}
	return errs
}

func namespaceLimits(n *corev1.Namespace) field.ErrorList {
	return apivalidation.ValidateObjectMeta(&n.ObjectMeta, false, apivalidation.ValidateNamespaceName, field.NewPath("metadata"))
}

// otherLimits are those that every kind has: names, labels and annotations.
func otherLimits(u *unstructured.Unstructured) field.ErrorList {
	return apivalidation.ValidateObjectMetaAccessor(u, u.GetNamespace() != "", pathSegment, field.NewPath("metadata"))
}

// pathSegment says what is wrong with a name that stands in the path of a URL.
// The second argument makes it an apivalidation.ValidateNameFunc.
func pathSegment(name string, _ bool) []string {
	var out []string
	if name == "." || name == ".." {
		out = append(out, "may not be '"+name+"'")
	}
	for _, part := range []string{"/", "%"} {
		if strings.Contains(name, part) {
			out = append(out, "may not contain '"+part+"'")
		}
	}
	return out
}

// oneOf wants one of the values that the API knows.
func oneOf[T ~string](at *field.Path, value T, known ...T) field.ErrorList {
	if slices.Contains(known, value) {
		return nil
	}
	return field.ErrorList{field.NotSupported(at, value, known)}
}

// required wants more than white space.
func required(at *field.Path, value string) field.ErrorList {
	if strings.TrimSpace(value) != "" {
		return nil
	}
	return field.ErrorList{field.Required(at, "")}
}

// unique wants a value that was not there before, and remembers it.
func unique[T comparable](at *field.Path, seen sets.Set[T], value T) field.ErrorList {
	if seen.Has(value) {
		return field.ErrorList{field.Duplicate(at, value)}
	}
	seen.Insert(value)
	return nil
}

// messages makes errors of what a check of Kubernetes' own says of a value.
func messages(at *field.Path, value any, texts []string) field.ErrorList {
	errs := make(field.ErrorList, len(texts))
	for i, text := range texts {
		errs[i] = field.Invalid(at, value, text)
	}
	return errs
}
