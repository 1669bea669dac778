package admission

import (
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// setDefaults sets what the API server sets before a policy sees an object.
//
// The API's own defaulting is in k8s.io/kubernetes, which cannot be required by
// a module that others install. So this is a table of its own, of the defaults
// that can change a verdict: a field that a policy reads without asking
// `has()` for it, or one that decides between two answers. Defaults that differ
// between Kubernetes 1.30 and now, depend on a feature gate or concern a single
// storage driver are left out.
func setDefaults(object runtime.Object) {
	switch o := object.(type) {
	case *corev1.Pod:
		defaultPod(o)
	case *corev1.PodTemplate:
		defaultPodSpec(&o.Template.Spec)
	case *corev1.ReplicationController:
		defaultReplicationController(o)
	case *appsv1.Deployment:
		defaultDeployment(o)
	case *appsv1.ReplicaSet:
		fillPtr(&o.Spec.Replicas, 1)
		defaultPodSpec(&o.Spec.Template.Spec)
	case *appsv1.StatefulSet:
		defaultStatefulSet(o)
	case *appsv1.DaemonSet:
		defaultDaemonSet(o)
	case *batchv1.Job:
		defaultJob(o)
	case *batchv1.CronJob:
		defaultCronJob(o)
	default:
		setOtherDefaults(object)
	}
}

// setOtherDefaults is setDefaults for kinds that hold no pod template.
func setOtherDefaults(object runtime.Object) {
	switch o := object.(type) {
	case *corev1.Namespace:
		defaultNamespace(o)
	case *corev1.Service:
		defaultService(o)
	case *corev1.Secret:
		defaultSecret(o)
	case *corev1.PersistentVolume:
		fill(&o.Spec.PersistentVolumeReclaimPolicy, corev1.PersistentVolumeReclaimRetain)
		fillPtr(&o.Spec.VolumeMode, corev1.PersistentVolumeFilesystem)
		defaultHostPath(o.Spec.HostPath)
	case *corev1.PersistentVolumeClaim:
		fillPtr(&o.Spec.VolumeMode, corev1.PersistentVolumeFilesystem)
	case *networkingv1.NetworkPolicy:
		defaultNetworkPolicy(o)
	case *rbacv1.RoleBinding:
		fill(&o.RoleRef.APIGroup, rbacv1.GroupName)
		defaultSubjects(o.Subjects)
	case *rbacv1.ClusterRoleBinding:
		fill(&o.RoleRef.APIGroup, rbacv1.GroupName)
		defaultSubjects(o.Subjects)
	case *admissionregistrationv1.ValidatingAdmissionPolicy:
		fillPtr(&o.Spec.FailurePolicy, admissionregistrationv1.Fail)
		defaultMatchResources(o.Spec.MatchConstraints)
	case *admissionregistrationv1.ValidatingAdmissionPolicyBinding:
		defaultMatchResources(o.Spec.MatchResources)
	}
}

// fill sets a field that is empty.
func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// fillPtr sets an optional field that is not there.
func fillPtr[T any](field **T, value T) {
	if *field == nil {
		*field = &value
	}
}
