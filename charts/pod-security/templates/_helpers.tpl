{{/* Labels of every object. */}}
{{- define "pod-security.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/*
The rules of the chart, as a YAML list under the key `rules`: those of a profile
first, then those that the values name under `other`. Each is a file of
files/rules, word for word; nothing in them is a template.
*/}}
{{- define "pod-security.rules" -}}
rules:
{{- range $path, $_ := .Files.Glob "files/rules/*.yaml" }}
{{- $rule := $.Files.Get $path | fromYaml }}
{{- if or (ne $rule.profile "other") (hasKey $.Values.other $rule.name) }}
- {{- toYaml $rule | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{/*
The modes of a namespace, as the label's name: what a binding's name ends in and
what it does. They are Pod Security Admission's three.
*/}}
{{- define "pod-security.modes" -}}
profile: {suffix: "", actions: [Deny]}
warn: {suffix: -warn, actions: [Warn]}
audit: {suffix: -audit, actions: [Audit]}
{{- end }}

{{/*
Which namespaces a rule of a profile binds in a mode, as the match expressions
of a label selector. Takes rule, mode and domain.

A rule of baseline binds every value but privileged, one of restricted every
value but privileged and baseline: so restricted includes baseline, and a
misspelt value is the strictest, not the loosest. What is enforced already is
not warned about or audited as well.
*/}}
{{- define "pod-security.namespaces" -}}
{{- $restricted := eq .rule.profile "restricted" }}
- key: {{ .domain }}/{{ .mode }}
  operator: Exists
- key: {{ .domain }}/{{ .mode }}
  operator: NotIn
  values: {{ ternary (list "privileged" "baseline") (list "privileged") $restricted | toJson }}
{{- if ne .mode "profile" }}
- key: {{ .domain }}/profile
  operator: NotIn
  values: {{ ternary (list "restricted") (list "baseline" "restricted") $restricted | toJson }}
{{- end }}
- key: {{ .domain }}/{{ .rule.name }}
  operator: NotIn
  values: [exclude]
{{- end }}
