package psa

import (
	"context"
	"fmt"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/compare"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/sample"
	"github.com/vapchart/vapchart/internal/values"
)

// BesidePSA finds where labels of Pod Security Admission, on the namespaces that a
// cluster gets, refuse what the policies admit. The policies are compiled only where
// there are such labels.
func BesidePSA(ctx context.Context, whole values.Values, objs *admission.Objects, kubernetes string) (Found, error) {
	labels := LabelsOf(objs)
	var in []Namespace
	for _, name := range Refusing(labels) {
		in = append(in, Namespace{
			Name: name, Labels: labels[name], Exceptions: whole.In(name, labels[name]).Exceptions,
			Same: whole.ByName(name).Key() + fmt.Sprint(labels[name]),
		})
	}
	if len(in) == 0 {
		return Found{}, nil
	}
	pods, err := AllowedPods(whole)
	if err != nil {
		return Found{}, err
	}
	for _, p := range sample.Creatable() {
		if !sample.Valid(p.Pod, kubernetes) {
			continue
		}
		object, err := admission.FromTyped(p.Pod)
		if err != nil {
			return Found{}, err
		}
		object.SetNamespace("")
		pods = append(pods, Pod{Text: p.Text, Pod: p.Pod, Object: object})
	}
	judge, err := compare.Answerer(objs)
	if err != nil {
		return Found{}, err
	}
	return Find(ctx, judge, kubernetes, in, pods)
}

// AllowedPods makes the pods that the exceptions of whole values allow, each key tried
// by itself.
func AllowedPods(whole values.Values) ([]Pod, error) {
	var out []Pod
	for _, s := range sample.ExceptionPods(pss.Probes()[0].Pod, whole.Allows()) {
		if !s.Allowed || s.Key == "" {
			continue
		}
		object, err := admission.FromTyped(s.Pod)
		if err != nil {
			return nil, err
		}
		object.SetNamespace("")
		out = append(out, Pod{Exception: s.Exception, Text: s.Text, Pod: s.Pod, Object: object})
	}
	return out, nil
}

// LabelsOf returns the labels of the namespaces among objects, by name.
func LabelsOf(objs *admission.Objects) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, n := range objs.Namespaces {
		out[n.Name] = n.Labels
	}
	return out
}
