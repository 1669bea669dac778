package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/term"
)

// connect gives the cluster that the flags and the environment name, and the
// minor version of Kubernetes that it runs.
func connect(ctx context.Context, s term.Streams, f Options) (*Cluster, string, error) {
	access := Access{Kubeconfig: f.Kubeconfig, Context: f.Context, UserAgent: "vapchart/" + term.Version() + " probe"}
	if list := s.Getenv("KUBECONFIG"); list != "" {
		access.Files = filepath.SplitList(list)
	} else if home := cmp.Or(s.Getenv("HOME"), s.Getenv("USERPROFILE")); home != "" {
		access.Files = []string{filepath.Join(home, ".kube", "config")}
	}
	const hint = "name a cluster with --kubeconfig and --context, and try `kubectl version` with the same"
	cluster, err := Connect(access)
	if err != nil {
		return nil, "", policy.WithHint(err, hint)
	}
	kubernetes, err := cluster.Version(ctx)
	if err != nil && ctx.Err() == nil {
		err = policy.WithHint(err, hint)
	}
	return cluster, kubernetes, err
}

// liveNamespaces gives the namespaces that are asked about, without those that
// are being deleted: nothing can be created there.
func (v *surveyor) liveNamespaces(ctx context.Context) ([]corev1.Namespace, error) {
	all, err := v.cluster.Namespaces(ctx, v.only)
	if err != nil {
		return nil, policy.WithHint(err, "name the namespaces to ask about with -n")
	}
	all = slices.DeleteFunc(all, func(ns corev1.Namespace) bool {
		gone := ns.DeletionTimestamp != nil
		if gone {
			v.note("namespace %s is being deleted and is left out", ns.Name)
		}
		return gone
	})
	if len(all) == 0 {
		return nil, errors.New("probe cluster: all namespaces to ask about are being deleted")
	}
	return all, nil
}

// compareObjects holds the policies and bindings of the cluster against those of
// the values, and learns which policies are of the release.
func (v *surveyor) compareObjects(ctx context.Context) ([]ObjectFinding, error) {
	policies, bindings, err := v.cluster.Policies(ctx)
	if Forbidden(err) {
		v.note("policies and bindings are not compared by themselves: %s", err)
		v.ours = nil
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	live, err := asObjects(policies, bindings)
	if err != nil {
		return nil, err
	}
	v.ours = map[string]bool{}
	for _, o := range slices.Concat(v.objects, live) {
		if o.Kind == kindPolicy {
			v.ours[o.Name] = v.ours[o.Name] || OfRelease(v.objects, o)
		}
	}
	v.noteChart(live)
	return CompareObjects(v.objects, live), nil
}

// noteChart tells that another version of the chart is installed: then much
// differs, and for that reason.
func (v *surveyor) noteChart(live []Object) {
	const label = "helm.sh/chart"
	for _, o := range live {
		if i := slices.IndexFunc(v.objects, func(w Object) bool { return w.Kind == o.Kind && w.Name == o.Name }); i >= 0 {
			if got, want := o.Labels[label], v.objects[i].Labels[label]; got != want {
				v.note("the cluster has objects of chart %s, and this is %s", got, want)
				return
			}
		}
	}
}

// Kinds of the objects that are compared.
const (
	kindPolicy  = "policy"
	kindBinding = "binding"
)

// asObjects brings objects of a cluster into the form of rendered ones, with the
// same defaults.
func asObjects(policies []admissionv1.ValidatingAdmissionPolicy, bindings []admissionv1.ValidatingAdmissionPolicyBinding) ([]Object, error) {
	var all []runtime.Object
	for i := range policies {
		all = append(all, &policies[i])
	}
	for i := range bindings {
		all = append(all, &bindings[i])
	}
	objs, err := admission.FromObjects(all...)
	if err != nil {
		return nil, fmt.Errorf("read policies of the cluster: %w", err)
	}
	return probeObjects(objs)
}

// probeObjects gives policies and bindings as they are compared.
func probeObjects(objs *admission.Objects) ([]Object, error) {
	var out []Object
	var errs []error
	add := func(kind, name string, labels map[string]string, spec any) {
		fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(spec)
		out, errs = append(out, Object{Kind: kind, Name: name, Labels: labels, Spec: fields}), append(errs, err)
	}
	for _, p := range objs.Policies {
		add(kindPolicy, p.Name, p.Labels, &p.Spec)
	}
	for _, b := range objs.Bindings {
		add(kindBinding, b.Name, b.Labels, &b.Spec)
	}
	return out, errors.Join(errs...)
}
