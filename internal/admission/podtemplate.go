package admission

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
)

// PodRequest gives the request by which a pod of a controller would be made:
// the CREATE of a pod from the controller's template, in its namespace, by the
// service account of the controller that makes it. The object of the request is
// one as Decode gives it. ok is false for an object that makes no pods.
//
// The pod holds what is known before there is one: labels, annotations,
// finalizers and spec of the template, an owner, and in a StatefulSet the
// volumes of its claims. A hash, a UID or a node is not known; a name that needs
// one is left to generateName.
func PodRequest(controller Request) (request Request, ok bool, err error) {
	if controller.Object == nil {
		return Request{}, false, nil
	}
	object := placed(controller.Object, cmp.Or(controller.Namespace, controller.Object.GetNamespace()))
	maker, ok := podMakers()[object.GroupVersionKind().GroupKind()]
	if !ok {
		return Request{}, false, nil
	}
	content, ok, err := unstructured.NestedMap(object.Object, maker.template...)
	if err != nil || !ok {
		return Request{}, false, err
	}
	pod, err := maker.pod(object, content)
	if err != nil {
		return Request{}, false, fmt.Errorf("make pod of %s %s: %w", object.GetKind(), object.GetName(), err)
	}
	untyped, err := FromTyped(pod)
	return Request{
		Object: untyped, Operation: Create, User: maker.user(), DryRun: controller.DryRun,
		Namespace: object.GetNamespace(), NamespaceObject: controller.NamespaceObject,
	}, err == nil, err
}

// podMaker says how pods come from a kind of objects.
type podMaker struct {
	template []string // path of the pod template
	account  string   // service account that makes the pods; empty where nobody does
	// owner is the kind that owns the pods, where that is one in between.
	owner schema.GroupVersionKind
}

// podMakers are the kinds that Pod Security Admission warns about, too.
func podMakers() map[schema.GroupKind]podMaker {
	inSpec := []string{"spec", "template"}
	replicaSet := schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "ReplicaSet"}
	job := schema.GroupVersionKind{Group: "batch", Version: "v1", Kind: "Job"}
	return map[schema.GroupKind]podMaker{
		{Group: "", Kind: "PodTemplate"}:           {template: []string{"template"}},
		{Group: "", Kind: "ReplicationController"}: {template: inSpec, account: "replication-controller"},
		{Group: "apps", Kind: "ReplicaSet"}:        {template: inSpec, account: "replicaset-controller"},
		{Group: "apps", Kind: "Deployment"}:        {template: inSpec, account: "replicaset-controller", owner: replicaSet},
		{Group: "apps", Kind: "DaemonSet"}:         {template: inSpec, account: "daemon-set-controller"},
		{Group: "apps", Kind: "StatefulSet"}:       {template: inSpec, account: "statefulset-controller"},
		{Group: "batch", Kind: "Job"}:              {template: inSpec, account: "job-controller"},
		{Group: "batch", Kind: "CronJob"}:          {template: []string{"spec", "jobTemplate", "spec", "template"}, account: "job-controller", owner: job},
	}
}

// user is who makes the pods. The controller manager uses an account for each
// controller if run with --use-service-account-credentials, as it mostly is.
func (m podMaker) user() User {
	if m.account == "" {
		return User{}
	}
	const namespace = metav1.NamespaceSystem
	return User{
		Name:   serviceaccount.MakeUsername(namespace, m.account),
		Groups: append(serviceaccount.MakeGroupNames(namespace), "system:authenticated"),
	}
}

// pod makes the pod from the content of the template (GetPodFromTemplate of
// pkg/controller in Kubernetes).
func (m podMaker) pod(controller *unstructured.Unstructured, content map[string]any) (*corev1.Pod, error) {
	var template corev1.PodTemplateSpec
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, &template); err != nil {
		return nil, err
	}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: controller.GetName() + "-",
			Labels:       template.Labels, Annotations: template.Annotations, Finalizers: template.Finalizers,
		},
		Spec: template.Spec,
	}
	if m.account != "" {
		pod.OwnerReferences = []metav1.OwnerReference{m.ownerOf(controller)}
	}
	if controller.GroupVersionKind().GroupKind().String() == "StatefulSet.apps" {
		return pod, setIdentity(pod, controller)
	}
	return pod, nil
}

// ownerOf gives the owner of the pods; one in between is named after the
// controller, without the hash or time behind it.
func (m podMaker) ownerOf(controller *unstructured.Unstructured) metav1.OwnerReference {
	kind := m.owner
	if kind.Empty() {
		kind = controller.GroupVersionKind()
	}
	return *metav1.NewControllerRef(controller, kind)
}

// setIdentity gives a pod the name of the first one of its StatefulSet and the
// volumes of its claims, which take the place of those of the same name in the
// template (updateIdentity and updateStorage of pkg/controller/statefulset).
func setIdentity(pod *corev1.Pod, controller *unstructured.Unstructured) error {
	var set appsv1.StatefulSet
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(controller.Object, &set); err != nil {
		return err
	}
	first := 0
	if set.Spec.Ordinals != nil {
		first = int(set.Spec.Ordinals.Start)
	}
	pod.Name, pod.GenerateName = pod.GenerateName+strconv.Itoa(first), ""
	pod.Spec.Hostname, pod.Spec.Subdomain = pod.Name, set.Spec.ServiceName
	for _, claim := range set.Spec.VolumeClaimTemplates {
		volume := corev1.Volume{Name: claim.Name}
		volume.PersistentVolumeClaim = &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim.Name + "-" + pod.Name}
		pod.Spec.Volumes = append(slices.DeleteFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == claim.Name }), volume)
	}
	return nil
}
