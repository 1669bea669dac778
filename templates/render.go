package templates

import (
	"bytes"
	"fmt"
	"io/fs"
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

// Allowed names the functions of sprig that templates may use. Even sprig's
// hermetic set holds clocks, random numbers and map iteration, so the list says
// what is in, never what is out.
func Allowed() []string {
	return []string{
		"b64enc", "contains", "default", "dict", "first", "hasPrefix", "indent", "join", "last", "list",
		"lower", "nindent", "quote", "repeat", "replace", "squote", "ternary", "toJson", "toPrettyJson",
		"trim", "trimPrefix", "trimSuffix", "trunc", "upper", "wrap",
	}
}

// File renders the template in file of fsys with data. A key that data does not
// have is an error, never an empty string.
func File(fsys fs.FS, file string, data any) ([]byte, error) {
	text, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("render template: %w", err)
	}
	t, err := template.New(file).Delims("[[", "]]").Option("missingkey=error").Funcs(functions()).Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("render template: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, data); err != nil {
		return nil, fmt.Errorf("render template: %w", err)
	}
	return out.Bytes(), nil
}

func functions() template.FuncMap {
	all := sprig.HermeticTxtFuncMap()
	out := template.FuncMap{}
	for _, name := range Allowed() {
		out[name] = all[name]
	}
	return out
}
