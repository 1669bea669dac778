package e2e_test

import (
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
)

// TestProbeUsers asks as users who may do little, and as one who is exempt.
func TestProbeUsers(t *testing.T) {
	t.Parallel()
	world := &probeWorld{values: values{
		"namespaces": values{"probe-user*": values{"profile": "restricted"}}, "exemptions": values{"users": []any{"probe-exempt"}},
	}}
	w := install(t, world.values)
	for _, name := range []string{"probe-user-a", "probe-user-b", "probe-user-gone"} {
		namespace(t, w, name, nil)
	}
	w.letProbe(t, "probe-poor", "probe-user-a")
	w.letProbe(t, "probe-exempt", "probe-user-a")
	for _, c := range []struct {
		user       string
		namespaces []string
		code       int
		says       []string
	}{
		{"probe-poor", []string{"probe-user-a"}, 0, []string{
			"note: policies and bindings are not compared by themselves: list policies: ", "asked as probe-poor\n", " 0 not, 0 unknown\n",
		}},
		{"probe-poor", []string{"probe-user-a", "probe-user-b"}, 1, []string{
			`unknown    probe-user-b: 36 pods, such as one with containers of every kind that comply: pods is forbidden: User "probe-poor" cannot create resource`,
			"error: probe namespace probe-user-b: nothing was learned: pods is forbidden: ", "hint: who asks must be allowed to create pods there",
		}},
		{"probe-poor", nil, 1, []string{"error: list namespaces: ", "hint: name the namespaces to ask about with -n\n"}},
		{"probe-poor", []string{"probe-no-such"}, 1, []string{`error: read namespace probe-no-such: namespaces "probe-no-such" not found`}},
		{"probe-exempt", []string{"probe-user-a"}, 0, []string{
			"note: probe-exempt is exempt from policies (exempt-users), so these are expected to admit all\n",
			"\n  .  .  .  .  .  .  .  .  -  .  .  .  .  .  .  .  .  .  .  .  -   probe-user-a\n",
		}},
	} {
		world.kubeconfig = w.impersonating(t, c.user)
		got := world.probe(t, t.Context(), c.namespaces)
		if got.code != c.code {
			t.Errorf("%s in %v: exit code %d, want %d\n%s", c.user, c.namespaces, got.code, c.code, got)
		}
		for _, want := range c.says {
			if !strings.Contains(got.String(), want) {
				t.Errorf("%s in %v: it does not say %q\n%s", c.user, c.namespaces, want, got)
			}
		}
	}
	w.keep(t, "probe-user-gone")
	world.kubeconfig = w.control.Kubeconfig
	if got := world.probe(t, t.Context(), []string{"probe-user-a", "probe-user-gone"}); got.code != 0 ||
		!strings.Contains(got.errs, "note: namespace probe-user-gone is being deleted and is left out\n") {
		t.Errorf("exit code %d\n%s", got.code, got)
	}
	if got := world.probe(t, t.Context(), []string{"probe-user-gone"}); got.code != 1 {
		t.Errorf("only a namespace that is being deleted: exit code %d\n%s", got.code, got)
	}
}

// letProbe lets a user read namespaces and create pods in one of them.
func (w *world) letProbe(t *testing.T, user, namespace string) {
	t.Helper()
	subject := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}}
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: user}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"namespaces"}, Verbs: []string{"get"}},
	}}
	if _, err := w.RbacV1().ClusterRoles().Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.ClusterRoleBinding{ObjectMeta: role.ObjectMeta, Subjects: subject, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: user}}
	if _, err := w.RbacV1().ClusterRoleBindings().Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	edit := &rbacv1.RoleBinding{ObjectMeta: role.ObjectMeta, Subjects: subject, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "edit"}}
	if _, err := w.RbacV1().RoleBindings(namespace).Create(t.Context(), edit, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// keep deletes a namespace that holds something which stays, so that it stays in
// deletion until the test is over.
func (w *world) keep(t *testing.T, name string) {
	t.Helper()
	maps := w.CoreV1().ConfigMaps(name)
	held := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "held", Finalizers: []string{"e2e.example.org/held"}}}
	if _, err := maps.Create(t.Context(), held, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := w.CoreV1().Namespaces().Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		m, err := maps.Get(background(), "held", metav1.GetOptions{})
		if err == nil {
			m.Finalizers = nil
			_, err = maps.Update(background(), m, metav1.UpdateOptions{})
		}
		if err != nil {
			t.Error(err)
		}
	})
}

// impersonating gives a kubeconfig of the administrator who acts as somebody else.
func (w *world) impersonating(t *testing.T, user string) string {
	t.Helper()
	config, err := clientcmd.LoadFromFile(w.control.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range config.AuthInfos {
		a.Impersonate = user
	}
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, file); err != nil {
		t.Fatal(err)
	}
	return file
}
