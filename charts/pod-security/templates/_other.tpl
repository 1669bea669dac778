{{/* A rule of no profile, bound as the values say. Takes root, rule and annotations. */}}
{{- define "pod-security.other" }}
{{- $binding := index .root.Values.other .rule.name }}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: {{ .rule.name }}
  labels:
    {{- include "pod-security.labels" .root | nindent 4 }}
  annotations:
    {{- toYaml (merge dict .rule.annotations .annotations) | nindent 4 }}
spec:
  {{- toYaml .rule.spec | nindent 2 }}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {{ .rule.name }}
  labels:
    {{- include "pod-security.labels" .root | nindent 4 }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  policyName: {{ .rule.name }}
  validationActions: {{ toJson $binding.actions }}
  {{- with pick $binding "namespaceSelector" "objectSelector" }}
  matchResources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $binding.paramRef | default .rule.paramRef }}
  paramRef:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
