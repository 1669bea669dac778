package admission

import (
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// defaultNamespace sets the label by which a binding selects a namespace by
// its name.
func defaultNamespace(ns *corev1.Namespace) {
	if ns.Name != "" {
		if ns.Labels == nil {
			ns.Labels = map[string]string{}
		}
		ns.Labels[corev1.LabelMetadataName] = ns.Name
	}
	fill(&ns.Status.Phase, corev1.NamespaceActive)
}

// defaultService lets a policy compare a service's type without has().
func defaultService(s *corev1.Service) {
	fill(&s.Spec.Type, corev1.ServiceTypeClusterIP)
	fill(&s.Spec.SessionAffinity, corev1.ServiceAffinityNone)
	for i := range s.Spec.Ports {
		port := &s.Spec.Ports[i]
		fill(&port.Protocol, corev1.ProtocolTCP)
		if port.TargetPort == intstr.FromInt32(0) || port.TargetPort == intstr.FromString("") {
			port.TargetPort = intstr.FromInt32(port.Port)
		}
	}
	outside := s.Spec.Type == corev1.ServiceTypeNodePort || s.Spec.Type == corev1.ServiceTypeLoadBalancer
	if outside || s.Spec.Type == corev1.ServiceTypeClusterIP && len(s.Spec.ExternalIPs) > 0 {
		fill(&s.Spec.ExternalTrafficPolicy, corev1.ServiceExternalTrafficPolicyCluster)
	}
	if outside || s.Spec.Type == corev1.ServiceTypeClusterIP {
		fillPtr(&s.Spec.InternalTrafficPolicy, corev1.ServiceInternalTrafficPolicyCluster)
	}
	if s.Spec.Type == corev1.ServiceTypeLoadBalancer {
		fillPtr(&s.Spec.AllocateLoadBalancerNodePorts, true)
	}
}

// defaultSecret moves what was written as text to where a policy finds it.
func defaultSecret(s *corev1.Secret) {
	fill(&s.Type, corev1.SecretTypeOpaque)
	for key, text := range s.StringData {
		if s.Data == nil {
			s.Data = map[string][]byte{}
		}
		s.Data[key] = []byte(text)
	}
	s.StringData = nil
}

// defaultNetworkPolicy says which directions a policy is about.
func defaultNetworkPolicy(n *networkingv1.NetworkPolicy) {
	if len(n.Spec.PolicyTypes) == 0 {
		n.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(n.Spec.Egress) > 0 {
			n.Spec.PolicyTypes = append(n.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
	for _, rule := range n.Spec.Ingress {
		defaultNetworkPorts(rule.Ports)
	}
	for _, rule := range n.Spec.Egress {
		defaultNetworkPorts(rule.Ports)
	}
}

func defaultNetworkPorts(ports []networkingv1.NetworkPolicyPort) {
	for i := range ports {
		fillPtr(&ports[i].Protocol, corev1.ProtocolTCP)
	}
}

// defaultSubjects names the API group of users and groups, which a policy on
// role bindings may compare.
func defaultSubjects(subjects []rbacv1.Subject) {
	for i := range subjects {
		if kind := subjects[i].Kind; kind == rbacv1.UserKind || kind == rbacv1.GroupKind {
			fill(&subjects[i].APIGroup, rbacv1.GroupName)
		}
	}
}

// defaultMatchResources sets what the matcher needs: without its defaults a
// selector matches nothing at all.
func defaultMatchResources(m *admissionregistrationv1.MatchResources) {
	if m == nil {
		return
	}
	fillPtr(&m.MatchPolicy, admissionregistrationv1.Equivalent)
	fillPtr(&m.NamespaceSelector, metav1.LabelSelector{})
	fillPtr(&m.ObjectSelector, metav1.LabelSelector{})
	for i := range m.ResourceRules {
		fillPtr(&m.ResourceRules[i].Scope, admissionregistrationv1.AllScopes)
	}
	for i := range m.ExcludeResourceRules {
		fillPtr(&m.ExcludeResourceRules[i].Scope, admissionregistrationv1.AllScopes)
	}
}
