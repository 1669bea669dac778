package e2e_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// TestOwnerByLabel: where labels decide, somebody who may edit a namespace and
// all that is in it can change none of them, by whatever way to write them.
func TestOwnerByLabel(t *testing.T) {
	t.Parallel()
	w := install(t, values{"namespaceBinding": "label"})
	const name = "owned-by-label"
	namespace(t, w, name, map[string]string{domain + "/profile": "restricted"})
	as := w.owner(t, name)
	owner := clientOf(t, as)
	for label, value := range map[string]string{"profile": "privileged", "geoip": "include", "disallow-host-path": "exclude", "warn": "baseline"} {
		for way, write := range waysToWrite(owner) {
			err := w.label(t, write, name, domain+"/"+label, value)
			if !guarded(err) {
				t.Errorf("%s by %s: %v", label, way, err)
			}
		}
	}
	for way, write := range waysToWrite(owner) {
		if err := w.label(t, write, name, domain+"/profile", ""); !guarded(err) {
			t.Errorf("removal by %s: %v", way, err)
		}
		if err := w.label(t, write, name, "other.example.org/label", way); err != nil {
			t.Errorf("another label by %s: %v", way, err)
		}
	}
	made := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "owned-later", Labels: map[string]string{domain + "/profile": "privileged"}}}
	if _, err := owner.CoreV1().Namespaces().Create(t.Context(), made, metav1.CreateOptions{}); !guarded(err) {
		t.Errorf("a new namespace: %v", err)
	}
	if got := create(t, as, object(t, "bad", bad), name, true); got.denial() == "" {
		t.Errorf("the pod is not refused: %v", got.err)
	}

	w.bind(t, "label-"+name, chartName+"-label-pod-security")
	eventually(t, "who has the verb may set labels", func() error {
		return w.label(t, waysToWrite(owner)["update"], name, domain+"/profile", "privileged")
	})
	eventually(t, "the label counts", func() error { return create(t, as, object(t, "bad", bad), name, true).err })
}

// TestOwnerByName: where names decide, no label that somebody puts on a namespace
// counts.
func TestOwnerByName(t *testing.T) {
	t.Parallel()
	v := readValues(t, "values.yaml")
	v["exceptions"] = exceptions(t)
	w := install(t, v)
	const name = "mw-owned"
	namespace(t, w, name, nil)
	as := w.owner(t, name)
	labels := map[string]string{
		domain + "/profile": "privileged", domain + "/everything": "include", "pod-security.kubernetes.io/enforce": "privileged",
		corev1.LabelMetadataName: "kube-system",
	}
	for _, b := range w.objects.Bindings {
		if slices.Contains(b.Spec.ValidationActions, admissionv1.Deny) { // named like its rule
			labels[domain+"/"+b.Name] = "exclude"
		}
	}
	for way, write := range waysToWrite(clientOf(t, as)) {
		for label, value := range labels {
			if err := w.label(t, write, name, label, value); err != nil && label != corev1.LabelMetadataName {
				t.Errorf("%s by %s: %v", label, way, err)
			}
		}
		if got := create(t, as, object(t, "bad", bad), name, true); got.denial() == "" {
			t.Errorf("after %s the pod is not refused: %v", way, got.err)
		}
	}
}

func guarded(err error) bool {
	return err != nil && strings.Contains(err.Error(), "'"+chartName+"-guard' denied request: labels of "+domain)
}

// owner gives somebody with the role edit in a namespace, who may also write
// namespaces in every way.
func (w *world) owner(t *testing.T, name string) *rest.Config {
	t.Helper()
	role := &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: "write-" + name},
		Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{""}, Resources: []string{"namespaces", "namespaces/status", "namespaces/finalize"},
			Verbs: []string{"get", "create", "update", "patch"},
		}},
	}
	if _, err := w.RbacV1().ClusterRoles().Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	w.bind(t, role.Name, role.Name)
	edit := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "edit"}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "edit"},
		Subjects: []rbacv1.Subject{ownerSubject()},
	}
	if _, err := w.RbacV1().RoleBindings(name).Create(t.Context(), edit, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	as := rest.CopyConfig(w.control.Config)
	as.Impersonate = rest.ImpersonationConfig{UserName: ownerSubject().Name}
	eventually(t, "the owner may create pods", func() error {
		return create(t, as, object(t, "good", good), name, true).err
	})
	eventually(t, "the owner may update the namespace", func() error {
		return w.label(t, waysToWrite(clientOf(t, as))["update"], name, "other.example.org/try", "it")
	})
	return as
}

// bind gives the owner a cluster role, for the length of the test.
func (w *world) bind(t *testing.T, name, role string) {
	t.Helper()
	all := w.RbacV1().ClusterRoleBindings()
	_, err := all.Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects: []rbacv1.Subject{ownerSubject()},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := all.Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

func ownerSubject() rbacv1.Subject {
	return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "owner"}
}

// write stores a namespace, by one of the ways there are.
type write func(context.Context, *corev1.Namespace) (*corev1.Namespace, error)

func waysToWrite(client kubernetes.Interface) map[string]write {
	all := client.CoreV1().Namespaces()
	return map[string]write{
		"update": func(ctx context.Context, n *corev1.Namespace) (*corev1.Namespace, error) {
			return all.Update(ctx, n, metav1.UpdateOptions{})
		},
		"status": func(ctx context.Context, n *corev1.Namespace) (*corev1.Namespace, error) {
			return all.UpdateStatus(ctx, n, metav1.UpdateOptions{})
		},
		"finalize": func(ctx context.Context, n *corev1.Namespace) (*corev1.Namespace, error) {
			return all.Finalize(ctx, n, metav1.UpdateOptions{})
		},
	}
}

// label sets a label, or removes it where the value is empty. It is an error if
// that succeeds and changes nothing.
func (w *world) label(t *testing.T, write write, name, label, value string) error {
	t.Helper()
	ns, err := w.CoreV1().Namespaces().Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	ns.Labels[label] = value
	if value == "" {
		delete(ns.Labels, label)
	}
	after, err := write(t.Context(), ns)
	if err == nil && after.Labels[label] != value {
		err = fmt.Errorf("label %s is %q, want %q", label, after.Labels[label], value)
	}
	return err
}
