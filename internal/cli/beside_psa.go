package cli

import (
	"context"
	"fmt"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/overlay"
	"github.com/vapchart/vapchart/internal/podspec"
	"github.com/vapchart/vapchart/internal/psa"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/values"
)

// wantedNamespaces makes the namespaces that values want labelled.
func wantedNamespaces(v values.Values) []overlay.Namespace {
	var out []overlay.Namespace
	for name, labels := range v.NamespaceLabels() {
		out = append(out, overlay.Namespace{Name: name, Labels: labels})
	}
	return out
}

// besidePSA finds where labels of Pod Security Admission, on the namespaces that a
// cluster gets, refuse what the policies admit. The policies are compiled only where
// there are such labels.
func besidePSA(ctx context.Context, whole values.Values, objs *admission.Objects, kubernetes string) (psa.Found, error) {
	labels := labelsOf(objs)
	var in []psa.Namespace
	for _, name := range psa.Refusing(labels) {
		in = append(in, psa.Namespace{
			Name: name, Labels: labels[name], Exceptions: whole.In(name, labels[name]).Exceptions,
			Same: whole.ByName(name).Key() + fmt.Sprint(labels[name]),
		})
	}
	if len(in) == 0 {
		return psa.Found{}, nil
	}
	pods, err := allowedPods(whole)
	if err != nil {
		return psa.Found{}, err
	}
	for _, p := range pss.Creatable() {
		if !podspec.Valid(p.Pod, kubernetes) {
			continue
		}
		object, err := admission.FromTyped(p.Pod)
		if err != nil {
			return psa.Found{}, err
		}
		object.SetNamespace("")
		pods = append(pods, psa.Pod{Text: p.Text, Pod: p.Pod, Object: object})
	}
	judge, err := answerer(objs)
	if err != nil {
		return psa.Found{}, err
	}
	return psa.Find(ctx, judge, kubernetes, in, pods)
}

// allowedPods makes the pods that the exceptions of whole values allow, each key tried
// by itself.
func allowedPods(whole values.Values) ([]psa.Pod, error) {
	var out []psa.Pod
	for _, s := range exception.Samples(pss.Probes()[0].Pod, whole.Allows()) {
		if !s.Allowed || s.Key == "" {
			continue
		}
		object, err := admission.FromTyped(s.Pod)
		if err != nil {
			return nil, err
		}
		object.SetNamespace("")
		out = append(out, psa.Pod{Exception: s.Exception, Text: s.Text, Pod: s.Pod, Object: object})
	}
	return out, nil
}
