package admission

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"github.com/vapchart/vapchart/internal/manifest"
)

// benchPod is a pod of the usual size.
const benchPod = `apiVersion: v1
kind: Pod
metadata:
  name: web-%d
  namespace: shop
  labels: {app: web, team: shop}
  annotations: {example.com/checksum: 0123456789abcdef}
spec:
  serviceAccountName: web
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  initContainers:
  - name: migrate
    image: registry.example.com/migrate:1.2.3
    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
  containers:
  - name: web
    image: registry.example.com/web:1.2.3
    args: [--port=8080, --verbose]
    ports:
    - {name: http, containerPort: 8080}
    env:
    - {name: MODE, value: production}
    - name: POD_NAME
      valueFrom: {fieldRef: {fieldPath: metadata.name}}
    resources:
      limits: {cpu: "1", memory: 512Mi}
    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}
    livenessProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 5}
    volumeMounts:
    - {name: config, mountPath: /etc/web}
    - {name: tmp, mountPath: /tmp}
  - name: proxy
    image: registry.example.com/proxy:4.5.6
    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
  volumes:
  - {name: config, configMap: {name: web}}
  - {name: tmp, emptyDir: {}}
`

// benchPolicies are 19 policies on pods, as many as the Pod Security Standards
// take, each over all containers.
func benchPolicies() []*admissionregistrationv1.ValidatingAdmissionPolicy {
	out := make([]*admissionregistrationv1.ValidatingAdmissionPolicy, 19)
	for i := range out {
		p := goodPolicy()
		p.Name = fmt.Sprintf("p%d", i)
		p.Spec.MatchConditions = []admissionregistrationv1.MatchCondition{
			{Name: "changes", Expression: "request.operation == 'CREATE' || object.spec != oldObject.spec"},
		}
		p.Spec.Variables = []admissionregistrationv1.Variable{{
			Name:       "containers",
			Expression: "object.spec.containers + object.spec.?initContainers.orValue([]) + object.spec.?ephemeralContainers.orValue([])",
		}}
		p.Spec.Validations = []admissionregistrationv1.Validation{
			{
				Expression: fmt.Sprintf("variables.containers.all(c, c.?securityContext.?capabilities.?add.orValue([]).all(x, x in ['NET_BIND_SERVICE', 'C%d']))", i),
				Message:    "capabilities",
			},
			{
				Expression: "object.spec.?volumes.orValue([]).all(v, !has(v.hostPath))",
				Message:    "volumes",
			},
		}
		out[i] = p
	}
	return out
}

// BenchmarkReview judges pods by 19 policies, from their YAML on. It reports
// what each part costs for a pod, and the whole as a ratio to decoding the YAML.
func BenchmarkReview(b *testing.B) {
	judge := judgeOf(b, benchPolicies()...)
	var yaml, decode, review time.Duration
	for i := 0; b.Loop(); i++ {
		text := fmt.Appendf(nil, benchPod, i)
		start := time.Now()
		doc, err := manifest.One("pod.yaml", text)
		if err != nil {
			b.Fatal(err)
		}
		data, err := doc.JSON()
		if err != nil {
			b.Fatal(err)
		}
		var plain any
		if err := json.Unmarshal(data, &plain); err != nil {
			b.Fatal(err)
		}
		read := time.Now()
		object, err := Decode(doc)
		if err != nil {
			b.Fatal(err)
		}
		decoded := time.Now()
		r, err := judge.Review(b.Context(), Request{Object: object.Unstructured})
		if err != nil || !r.Allowed() || len(r.Evaluations) != 19 {
			b.Fatalf("%v, %d evaluations, %s", err, len(r.Evaluations), r.Message())
		}
		yaml, decode, review = yaml+read.Sub(start), decode+decoded.Sub(read), review+time.Since(decoded)
	}
	perPod := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(b.N) }
	b.ReportMetric(perPod(yaml), "yaml-µs/pod")
	b.ReportMetric(perPod(decode), "decode-µs/pod")
	b.ReportMetric(perPod(review), "review-µs/pod")
	b.ReportMetric(float64(decode+review)/float64(yaml), "×yaml")
}

// BenchmarkNewJudge makes a judge and compiles 19 policies.
func BenchmarkNewJudge(b *testing.B) {
	for b.Loop() {
		judge := judgeOf(b, benchPolicies()...)
		if _, err := judge.Review(b.Context(), Request{Object: podOf(b, 1)}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCheck checks 19 policies for two versions of Kubernetes.
func BenchmarkCheck(b *testing.B) {
	judge := judgeOf(b, benchPolicies()...)
	for b.Loop() {
		findings, err := Check(judge.objs, []string{Oldest, Newest()})
		if err != nil || len(findings) > 0 {
			b.Fatal(err, findings)
		}
	}
}
