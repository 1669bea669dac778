{{/*
The spec of the policy for one variant of a rule. Takes root, namespaces, rule,
variant and known (see pod-security.variants).

First the conditions, which cost the least: the namespace, who is exempt, and the
rule's own. Then its variables and validations, word for word. If an exception
touches the rule, they hold where none is in force, and its compensating checks
where one is.
*/}}
{{- define "pod-security.spec" -}}
{{- $body := ternary .rule.spec (dig "controllers" "spec" dict .rule) (eq .variant.judges "pods") }}
{{- $instead := ternary .rule.exception (dig "controllers" "exception" dict .rule) (eq .variant.judges "pods") | default dict }}
{{- $touching := include "pod-security.touching" . | fromJsonArray }}
{{- $same := toJson $touching }}
{{- if not (hasKey .known $same) }}
{{- $_ := set .known $same (include "pod-security.inForce" (dict "root" .root "namespaces" .namespaces "touching" $touching)) }}
{{- end }}
{{- $inForce := index .known $same }}
{{- $relaxed := ne $inForce "[]" -}}
failurePolicy: {{ $body.failurePolicy }}
{{- with $body.paramKind }}
paramKind:
  {{- toYaml . | nindent 2 }}
{{- end }}
matchConstraints:
  {{- toYaml $body.matchConstraints | nindent 2 }}
matchConditions:
{{- if ne .variant.scope "true" }}
- name: namespace
  expression: {{ toRawJson .variant.scope }}
{{- end }}
{{- include "pod-security.exemptions" . }}
{{- with $body.matchConditions }}
{{ toYaml . }}
{{- end }}
{{- if or $relaxed $body.variables }}
variables:
{{- if $relaxed }}
{{- include "pod-security.allowed" (dict "root" .root "rule" .rule "touching" $touching "inForce" $inForce "known" .known) | nindent 0 }}
{{- end }}
{{- with $body.variables }}
{{ toYaml . }}
{{- end }}
{{- if $relaxed }}{{ with $instead.variables }}
{{ toYaml . }}
{{- end }}{{ end }}
{{- end }}
validations:
{{- if $relaxed }}
{{- range $body.validations }}
- expression: {{ printf "variables.exExceptions.size() > 0 || (\n%s\n)" .expression | toRawJson }}
  message: {{ .message | default (printf "rule %s is violated" $.rule.name) | toJson }}
  {{- with omit . "expression" "message" }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- range $instead.validations }}
- expression: {{ printf "variables.exExceptions.size() == 0 || (\n%s\n)" .expression | toRawJson }}
  {{- omit . "expression" | toYaml | nindent 2 }}
{{- end }}
{{- else }}
{{ toYaml $body.validations }}
{{- end }}
{{- with $body.auditAnnotations }}
auditAnnotations:
{{ toYaml . }}
{{- end }}
{{- end }}

{{/*
Who and what is never judged, as match conditions: users and groups that make the
request, and runtime classes of the pod. Takes root, rule and variant.
*/}}
{{- define "pod-security.exemptions" -}}
{{- with .root.Values.exemptions.users }}
- name: exempt-users
  expression: {{ printf "!(request.userInfo.?username.orValue('') in %s)" (toJson .) | toRawJson }}
{{- end }}
{{- with .root.Values.exemptions.groups }}
- name: exempt-groups
  expression: {{ printf "!request.userInfo.?groups.orValue([]).exists(g, g in %s)" (toJson .) | toRawJson }}
{{- end }}
{{- /* Match conditions see no variables, so the first one of a rule on controllers, their pod template, is written out. */}}
{{- $pod := "object" }}
{{- if eq .variant.judges "controllers" }}{{ $pod = (first .rule.controllers.spec.variables).expression }}{{ end }}
{{- with .root.Values.exemptions.runtimeClasses }}
- name: exempt-runtime-classes
  expression: {{ printf "!(%s.spec.?runtimeClassName.orValue('') in %s)" $pod (toJson .) | toRawJson }}
{{- end }}
{{- end }}
