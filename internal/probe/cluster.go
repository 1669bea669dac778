package probe

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Limits on what a cluster is asked for. A namespace takes some 40 pods, so 300 of
// them take two minutes.
const (
	perSecond = 100 // requests
	Workers   = 8   // requests at once

	// patience is how long one answer may take: webhooks have up to 30 seconds.
	patience = time.Minute
)

// Access says how to reach a cluster.
type Access struct {
	Kubeconfig string   // a file that must be there; empty for Files
	Files      []string // kubeconfig files, merged as kubectl does; those that are not there are left out
	Context    string   // of the kubeconfig; empty for its current one
	UserAgent  string
}

// Cluster is a live cluster. It is only asked: what it is sent is never stored.
type Cluster struct {
	server string
	client *kubernetes.Clientset
}

// Connect makes a client of the cluster and asks it nothing yet. Without any
// kubeconfig it is the cluster that this process runs in, if it does.
func Connect(a Access) (*Cluster, error) {
	rules := &clientcmd.ClientConfigLoadingRules{ExplicitPath: a.Kubeconfig, Precedence: a.Files}
	overrides := &clientcmd.ConfigOverrides{CurrentContext: a.Context}
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides).ClientConfig()
	if clientcmd.IsEmptyConfig(err) {
		err = errors.New("there is none, and this does not run in a cluster")
	}
	if err != nil {
		return nil, fmt.Errorf("read kubeconfig: %w", err)
	}
	config.QPS, config.Burst, config.UserAgent, config.Timeout = perSecond, perSecond, a.UserAgent, patience
	config.WarningHandler = rest.NoWarnings{} // they are read from each answer
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("reach cluster %s: %w", config.Host, err)
	}
	return &Cluster{server: config.Host, client: client}, nil
}

// Server gives the address of the API server.
func (c *Cluster) Server() string { return c.server }

// Version gives the minor version that the cluster runs, such as "1.33".
func (c *Cluster) Version(ctx context.Context) (string, error) {
	data, err := c.client.Discovery().RESTClient().Get().AbsPath("/version").DoRaw(ctx)
	if err != nil {
		return "", fmt.Errorf("reach cluster %s: %w", c.server, err)
	}
	// Some providers write 33+ for the minor version.
	m := regexp.MustCompile(`"gitVersion":\s*"v(\d+\.\d+)`).FindSubmatch(data)
	if m == nil {
		return "", fmt.Errorf("reach cluster %s: it does not tell its version", c.server)
	}
	return string(m[1]), nil
}

// Whoami gives the user that the cluster takes this process for.
func (c *Cluster) Whoami(ctx context.Context) (authenticationv1.UserInfo, error) {
	review, err := c.client.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return authenticationv1.UserInfo{}, fmt.Errorf("ask who this is: %w", err)
	}
	return review.Status.UserInfo, nil
}

// Namespaces gives the namespaces of some names, or all of them, those of the
// list sorted by name. All that are not there are named.
func (c *Cluster) Namespaces(ctx context.Context, names []string) ([]corev1.Namespace, error) {
	if len(names) == 0 {
		list, err := c.client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
		if err != nil {
			return nil, fmt.Errorf("list namespaces: %w", err)
		}
		return list.Items, nil
	}
	var out []corev1.Namespace
	var errs []error
	for _, name := range names {
		ns, err := c.client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			errs = append(errs, fmt.Errorf("read namespace %s: %w", name, err))
			continue
		}
		out = append(out, *ns)
	}
	return out, errors.Join(errs...)
}

// Policies gives all admission policies and bindings. Forbidden says that this
// user may not list them.
func (c *Cluster) Policies(ctx context.Context) (policies []admissionv1.ValidatingAdmissionPolicy, bindings []admissionv1.ValidatingAdmissionPolicyBinding, err error) {
	p, err := c.client.AdmissionregistrationV1().ValidatingAdmissionPolicies().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, nil, fmt.Errorf("list policies: %w", err)
	}
	b, err := c.client.AdmissionregistrationV1().ValidatingAdmissionPolicyBindings().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, nil, fmt.Errorf("list bindings: %w", err)
	}
	return p.Items, b.Items, nil
}

// Forbidden says that an error is about permissions.
func Forbidden(err error) bool { return apierrors.IsForbidden(err) }

// Ask creates a pod on trial: the cluster does all that it does with a new pod but
// storing it. An error means that there was no answer.
func (c *Cluster) Ask(ctx context.Context, namespace string, pod *corev1.Pod) (Answer, error) {
	offered := pod.DeepCopy()
	offered.Name, offered.GenerateName, offered.Namespace = "", "vapchart-probe-", namespace
	if offered.Spec.AutomountServiceAccountToken == nil {
		offered.Spec.AutomountServiceAccountToken = new(bool) // else a volume is added
	}
	result := c.client.CoreV1().RESTClient().Post().Namespace(namespace).Resource("pods").
		VersionedParams(&metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldManager: "vapchart"}, scheme.ParameterCodec).
		Body(offered).Do(ctx)
	var warnings []string
	for _, w := range result.Warnings() {
		warnings = append(warnings, w.Text)
	}
	stored := &corev1.Pod{}
	err := result.Into(stored)
	var status apierrors.APIStatus
	switch {
	case err == nil:
		return Admission(stored, warnings), nil
	case errors.As(err, &status):
		return Refusal(err.Error(), warnings), nil
	}
	return Answer{}, err
}
