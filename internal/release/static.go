package release

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/tree"
)

// staticSuffix is how names end that only files may define, never the API. It is
// part of Kubernetes' interface for manifest-based admission.
const staticSuffix = ".static.k8s.io"

// LeftOut is an object that has no static form.
type LeftOut struct{ Kind, Name, Why string }

// object is what of an object the static flavour looks at; the rest is carried
// along in fields.
type object struct {
	kind, name, policy string // policy: which one a binding binds
	params             bool
	fields             map[string]any
}

// Static turns rendered objects into manifests that an API server reads from a
// folder before it serves: one file for each policy, with its bindings. Names
// get the ending that such objects must have. What such files may not hold is
// left out, and told: parameters, and objects that are no policy.
func Static(docs []manifest.Document) (tree.Tree, []LeftOut, error) {
	var policies, bindings []object
	var left []LeftOut
	var errs []error
	for _, doc := range docs {
		o, err := readObject(doc)
		errs = append(errs, err)
		switch o.kind {
		case "":
		case "ValidatingAdmissionPolicy":
			policies = append(policies, o)
		case "ValidatingAdmissionPolicyBinding":
			bindings = append(bindings, o)
		default:
			left = append(left, LeftOut{o.kind, o.name, "only policies and their bindings can be static"})
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, nil, err
	}
	out, at := tree.New(), map[string]bool{}
	for _, p := range policies {
		objects, dropped, err := p.static(bindings)
		left = append(left, dropped...)
		if err != nil {
			return nil, nil, err
		}
		at[p.name] = true
		if len(objects) == 0 {
			continue
		}
		if err := out.Add(p.name+".yaml", objects); err != nil {
			return nil, nil, err
		}
	}
	for _, b := range bindings {
		if !at[b.policy] {
			left = append(left, LeftOut{b.kind, b.name, "its policy " + b.policy + " is not there"})
		}
	}
	return out, left, nil
}

// static gives the file of a policy, or why there is none.
func (o object) static(bindings []object) ([]byte, []LeftOut, error) {
	if o.params {
		return nil, []LeftOut{{o.kind, o.name, "it has parameters"}}, nil
	}
	var left []LeftOut
	all := []object{o}
	for _, b := range bindings {
		switch {
		case b.policy != o.name:
		case b.params:
			left = append(left, LeftOut{b.kind, b.name, "it has parameters"})
		default:
			all = append(all, b)
		}
	}
	if len(all) == 1 {
		return nil, append(left, LeftOut{o.kind, o.name, "nothing binds it"}), nil
	}
	var out bytes.Buffer
	for _, one := range all {
		if err := one.rename(); err != nil {
			return nil, nil, err
		}
		text, err := manifest.Encode(one.fields)
		if err != nil {
			return nil, nil, err
		}
		out.WriteString("---\n")
		out.Write(text)
	}
	return out.Bytes(), left, nil
}

// rename gives the object, and the policy that it binds, their static names.
func (o object) rename() error {
	meta, ok := o.fields["metadata"].(map[string]any)
	spec, both := o.fields["spec"].(map[string]any)
	if !ok || !both {
		return fmt.Errorf("make %s/%s static: it has no metadata or no spec", o.kind, o.name)
	}
	meta["name"] = o.name + staticSuffix
	if o.policy != "" {
		spec["policyName"] = o.policy + staticSuffix
	}
	return nil
}

func readObject(doc manifest.Document) (object, error) {
	data, err := doc.JSON()
	if err != nil {
		return object{}, err
	}
	var known struct {
		APIVersion string
		Kind       string
		Metadata   struct{ Name string }
		Spec       struct {
			PolicyName string
			ParamKind  *json.RawMessage
			ParamRef   *json.RawMessage
		}
	}
	o := object{}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	// Other kinds may have a spec of another shape, or none.
	if err := json.Unmarshal(data, &known); err != nil && strings.HasPrefix(known.Kind, "ValidatingAdmission") {
		return object{}, doc.Errorf("read object: %v", err)
	}
	if err := dec.Decode(&o.fields); err != nil {
		return object{}, doc.Errorf("read object: %v", err)
	}
	if known.Kind == "" || known.Metadata.Name == "" {
		return object{}, doc.Errorf("read object: it has no kind or no name")
	}
	o.kind, o.name, o.policy = known.Kind, known.Metadata.Name, known.Spec.PolicyName
	o.params = known.Spec.ParamKind != nil || known.Spec.ParamRef != nil
	if !strings.HasPrefix(known.APIVersion, "admissionregistration.k8s.io/") {
		o.kind = known.APIVersion + " " + known.Kind
	}
	return o, nil
}

// documents gives objects as one YAML text, each in the canonical form.
func documents(docs []manifest.Document) ([]byte, error) {
	var out bytes.Buffer
	for _, doc := range docs {
		o, err := readObject(doc)
		if err != nil {
			return nil, err
		}
		text, err := manifest.Encode(o.fields)
		if err != nil {
			return nil, err
		}
		out.WriteString("---\n")
		out.Write(text)
	}
	return out.Bytes(), nil
}
