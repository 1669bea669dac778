package admission

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
)

// decodeErrors turns the errors of Kubernetes' strict decoder into ours, each
// with the line of its field.
func decodeErrors(source Source, err error) error {
	strict, ok := runtime.AsStrictDecodingError(err)
	if !ok {
		path, msg := typeError(err.Error())
		return source.errorAt(path, msg)
	}
	var errs []error
	for _, e := range strict.Errors() {
		var field interface{ FieldPath() string }
		path := ""
		if errors.As(e, &field) {
			path = field.FieldPath()
		}
		errs = append(errs, source.errorAt(path, e.Error()))
	}
	return errors.Join(errs...)
}

// typeError reads the JSON decoder's complaint about a value of the wrong type,
// and gives the field's path (without indexes, which the decoder does not tell)
// and the message without Go's own words.
func typeError(msg string) (path, text string) {
	re := regexp.MustCompile(`^json: cannot unmarshal (\w+) into Go struct field \w+\.(\S+) of type \S+$`)
	m := re.FindStringSubmatch(msg)
	if m == nil {
		return "", strings.TrimPrefix(msg, "json: ")
	}
	return m[2], fmt.Sprintf("%s cannot be of type %s", m[2], m[1])
}
