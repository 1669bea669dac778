package admission

import (
	"reflect"
	"testing"

	"github.com/vapchart/vapchart/internal/manifest"
)

// TestDefaults looks at single fields of an object as the API server shows it.
// A want of nil is a field that is not there.
func TestDefaults(t *testing.T) {
	pod := func(spec string) string {
		return "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: " + spec + "}"
	}
	container := func(c string) string { return pod("{containers: [" + c + "]}") }
	deployment := func(spec string) string {
		return "{apiVersion: apps/v1, kind: Deployment, spec: {template: {spec: " + spec + "}}}"
	}
	annotated := func(profile, spec string) string {
		return "{apiVersion: v1, kind: Pod, metadata: {name: p, annotations: " +
			"{container.apparmor.security.beta.kubernetes.io/c: " + profile + "}}, spec: " + spec + "}"
	}
	const profile = "spec.containers[0].securityContext.appArmorProfile"
	tests := []struct {
		name, object, field string
		want                any
	}{
		{"empty list goes", container("{name: c, securityContext: {capabilities: {add: []}}}"), "spec.containers[0].securityContext.capabilities.add", nil},
		{"empty string goes", pod("{securityContext: {seLinuxOptions: {type: ''}}}"), "spec.securityContext.seLinuxOptions.type", nil},
		{"false without a pointer goes", pod("{hostPID: false}"), "spec.hostPID", nil},
		{"false with a pointer stays", container("{securityContext: {privileged: false}}"), "spec.containers[0].securityContext.privileged", false},
		{"security context", pod("{}"), "spec.securityContext", map[string]any{}},
		{"security context of a template", deployment("{}"), "spec.template.spec.securityContext", map[string]any{}},
		{"security context of a container stays away", container("{name: c}"), "spec.containers[0].securityContext", nil},
		{"volume without a source", pod("{volumes: [{name: v}]}"), "spec.volumes[0].emptyDir", map[string]any{}},
		{"volume with one", pod("{volumes: [{name: v, hostPath: {path: /}}]}"), "spec.volumes[0].emptyDir", nil},
		{"hostPath type", pod("{volumes: [{name: v, hostPath: {path: /}}]}"), "spec.volumes[0].hostPath.type", ""},
		{"projected token", pod("{volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: t}}]}}]}"), "spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds", int64(3600)},
		{"image volume", pod("{volumes: [{name: v, image: {reference: 'a:b'}}]}"), "spec.volumes[0].image.pullPolicy", "IfNotPresent"},
		{"host port", pod("{hostNetwork: true, containers: [{ports: [{containerPort: 80}]}]}"), "spec.containers[0].ports[0].hostPort", int64(80)},
		{"host port of an init container", pod("{hostNetwork: true, initContainers: [{ports: [{containerPort: 80}]}]}"), "spec.initContainers[0].ports[0].hostPort", int64(80)},
		{"host port that is set", pod("{hostNetwork: true, containers: [{ports: [{containerPort: 80, hostPort: 81}]}]}"), "spec.containers[0].ports[0].hostPort", int64(81)},
		{"no host network, no host port", container("{ports: [{containerPort: 80}]}"), "spec.containers[0].ports[0].hostPort", nil},
		{"no host port in a template", deployment("{hostNetwork: true, containers: [{ports: [{containerPort: 80}]}]}"), "spec.template.spec.containers[0].ports[0].hostPort", nil},
		{"protocol", container("{ports: [{containerPort: 80}]}"), "spec.containers[0].ports[0].protocol", "TCP"},
		{"requests from limits", container("{resources: {limits: {cpu: '1'}}}"), "spec.containers[0].resources.requests.cpu", "1"},
		{"requests that are set", container("{resources: {limits: {cpu: '1'}, requests: {cpu: 100m}}}"), "spec.containers[0].resources.requests.cpu", "100m"},
		{"no requests in a template", deployment("{containers: [{resources: {limits: {cpu: '1'}}}]}"), "spec.template.spec.containers[0].resources.requests", nil},
		{"pull policy without a tag", container("{image: 'example.com:5000/a/b'}"), "spec.containers[0].imagePullPolicy", "Always"},
		{"pull policy of latest", container("{image: 'b:latest'}"), "spec.containers[0].imagePullPolicy", "Always"},
		{"pull policy of a tag", container("{image: 'example.com:5000/b:1'}"), "spec.containers[0].imagePullPolicy", "IfNotPresent"},
		{"pull policy of a digest", container("{image: 'b@sha256:e3b0c442'}"), "spec.containers[0].imagePullPolicy", "IfNotPresent"},
		{"pull policy of an ephemeral container", pod("{ephemeralContainers: [{name: e, image: b}]}"), "spec.ephemeralContainers[0].imagePullPolicy", "Always"},
		{"probe", container("{livenessProbe: {httpGet: {port: 80}}}"), "spec.containers[0].livenessProbe", map[string]any{
			"httpGet":        map[string]any{"path": "/", "port": int64(80), "scheme": "HTTP"},
			"timeoutSeconds": int64(1), "periodSeconds": int64(10), "successThreshold": int64(1), "failureThreshold": int64(3),
		}},
		{"lifecycle", container("{lifecycle: {preStop: {httpGet: {port: 80}}}}"), "spec.containers[0].lifecycle.preStop.httpGet.scheme", "HTTP"},
		{"restart policy", pod("{}"), "spec.restartPolicy", "Always"},
		{"service links of a pod", pod("{}"), "spec.enableServiceLinks", true},
		{"service links of a template", deployment("{}"), "spec.template.spec.enableServiceLinks", nil},
		{"service account by its new name", pod("{serviceAccountName: a}"), "spec.serviceAccount", "a"},
		{"service account by its old name", pod("{serviceAccount: a}"), "spec.serviceAccountName", "a"},
		{"AppArmor unconfined", annotated("unconfined", "{containers: [{name: c}]}"), profile, map[string]any{"type": "Unconfined"}},
		{"AppArmor runtime default", annotated("runtime/default", "{containers: [{name: c}]}"), profile, map[string]any{"type": "RuntimeDefault"}},
		{"AppArmor on the node", annotated("localhost/x", "{containers: [{name: c}]}"), profile, map[string]any{"type": "Localhost", "localhostProfile": "x"}},
		{"AppArmor of another container", annotated("unconfined", "{containers: [{name: d}]}"), profile, nil},
		{"AppArmor nonsense", annotated("loud", "{containers: [{name: c}]}"), profile, nil},
		{"AppArmor that the pod has", annotated("unconfined", "{securityContext: {appArmorProfile: {type: Unconfined}}, containers: [{name: c}]}"), profile, nil},
		{"AppArmor that is set", annotated("unconfined", "{containers: [{name: c, securityContext: {appArmorProfile: {type: RuntimeDefault}}}]}"), profile, map[string]any{"type": "RuntimeDefault"}},
		{"AppArmor on Windows", annotated("unconfined", "{os: {name: windows}, containers: [{name: c}]}"), profile, nil},
		{"replicas", deployment("{}"), "spec.replicas", int64(1)},
		{"strategy", deployment("{}"), "spec.strategy.rollingUpdate.maxSurge", "25%"},
		{"replicas of a replica set", "{apiVersion: apps/v1, kind: ReplicaSet}", "spec.replicas", int64(1)},
		{"replicas of a stateful set", "{apiVersion: apps/v1, kind: StatefulSet}", "spec.replicas", int64(1)},
		{"strategy of a stateful set", "{apiVersion: apps/v1, kind: StatefulSet}", "spec.updateStrategy.rollingUpdate.partition", int64(0)},
		{"strategy of a daemon set", "{apiVersion: apps/v1, kind: DaemonSet}", "spec.updateStrategy.type", "RollingUpdate"},
		{"volumes of a stateful set", "{apiVersion: apps/v1, kind: StatefulSet, spec: {template: {spec: {volumes: [{name: v}]}}}}", "spec.template.spec.volumes[0].emptyDir", map[string]any{}},
		{"labels of a replication controller", "{apiVersion: v1, kind: ReplicationController, spec: {template: {metadata: {labels: {a: b}}}}}", "metadata.labels.a", "b"},
		{"labels of a job", "{apiVersion: batch/v1, kind: Job, spec: {template: {metadata: {labels: {a: b}}}}}", "metadata.labels.a", "b"},
		{"parallelism of a job", "{apiVersion: batch/v1, kind: Job}", "spec.completions", int64(1)},
		{"job of many", "{apiVersion: batch/v1, kind: Job, spec: {parallelism: 3}}", "spec.completions", nil},
		{"cron job", "{apiVersion: batch/v1, kind: CronJob, spec: {jobTemplate: {spec: {template: {spec: {volumes: [{name: v}]}}}}}}", "spec.jobTemplate.spec.template.spec.volumes[0].emptyDir", map[string]any{}},
		{"pod template", "{apiVersion: v1, kind: PodTemplate, template: {spec: {volumes: [{name: v}]}}}", "template.spec.volumes[0].emptyDir", map[string]any{}},
		{"namespace", "{apiVersion: v1, kind: Namespace, metadata: {name: ns, labels: {kubernetes.io/metadata.name: lie}}}", "metadata.labels[kubernetes.io/metadata.name]", "ns"},
		{"service", "{apiVersion: v1, kind: Service, spec: {ports: [{port: 80}]}}", "spec.type", "ClusterIP"},
		{"target port", "{apiVersion: v1, kind: Service, spec: {ports: [{port: 80}]}}", "spec.ports[0].targetPort", int64(80)},
		{"service to the outside", "{apiVersion: v1, kind: Service, spec: {type: NodePort}}", "spec.externalTrafficPolicy", "Cluster"},
		{"secret", "{apiVersion: v1, kind: Secret, stringData: {a: b}}", "data.a", "Yg=="},
		{"type of a secret", "{apiVersion: v1, kind: Secret}", "type", "Opaque"},
		{"network policy", "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, spec: {egress: [{ports: [{port: 1}]}]}}", "spec.policyTypes", []any{"Ingress", "Egress"}},
		{"role binding", "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, subjects: [{kind: User, name: u}]}", "subjects[0].apiGroup", "rbac.authorization.k8s.io"},
		{"role binding of a service account", "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, subjects: [{kind: ServiceAccount, name: u}]}", "subjects[0].apiGroup", nil},
		{"claim", "{apiVersion: v1, kind: PersistentVolumeClaim}", "spec.volumeMode", "Filesystem"},
		{"volume", "{apiVersion: v1, kind: PersistentVolume, spec: {hostPath: {path: /}}}", "spec.hostPath.type", ""},
		{"policy", "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy}", "spec.failurePolicy", "Fail"},
		{"rule of a policy", "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy, spec: {matchConstraints: {resourceRules: [{}]}}}", "spec.matchConstraints", map[string]any{
			"matchPolicy": "Equivalent", "namespaceSelector": map[string]any{}, "objectSelector": map[string]any{}, "resourceRules": []any{map[string]any{"scope": "*"}},
		}},
		{"binding", "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicyBinding, spec: {matchResources: {excludeResourceRules: [{}]}}}", "spec.matchResources.excludeResourceRules[0].scope", "*"},
		{"binding without match resources", "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicyBinding}", "spec.matchResources", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := manifest.One("f.yaml", []byte(tt.object))
			if err != nil {
				t.Fatal(err)
			}
			if got := fieldOf(decodeDoc(t, doc).Object, tt.field); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%s: got %#v, want %#v", tt.field, got, tt.want)
			}
		})
	}
}

// fieldOf gives a field by its path; nil if it is not there.
func fieldOf(value any, path string) any {
	for _, step := range steps(path) {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			if len(v) != 1 { // every list of the cases holds one item
				return nil
			}
			value = v[0]
		default:
			return nil
		}
	}
	return value
}
