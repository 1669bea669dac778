{{/*
What an exception relaxes. A policy that some exception touches decides by the
namespace: where none is in force the rule holds as it is, elsewhere its
compensating check holds instead, which allows the standard and what the
exceptions in force allow. Both live in one policy object, so that the API server
never takes up one without the other.
*/}}

{{/* The names of the exceptions that touch a rule, as a JSON list. Takes root and rule. */}}
{{- define "pod-security.touching" -}}
{{- $names := list }}
{{- range $name := keys .root.Values.exceptions | sortAlpha }}
{{- range $key := keys ((index $.root.Values.exceptions $name | default dict).allow | default dict) }}
{{- if has $key (dig "exception" "allows" list $.rule) }}{{ $names = append $names $name }}{{ end }}
{{- end }}
{{- end }}
{{- uniq $names | toJson }}
{{- end }}

{{/*
Which of these exceptions are in force in the namespace of a request, as CEL that
gives a list of names; `[]` if none ever is. Takes root, namespaces and touching.
*/}}
{{- define "pod-security.inForce" -}}
{{- if and .touching (eq .root.Values.namespaceBinding "label") -}}
{{ toJson .touching }}.filter(e, namespaceObject.metadata.?labels[?{{ printf "%s/" .root.Values.labelDomain | toJson }} + e].orValue("") == "include")
{{- else if .touching }}
{{- $results := list }}
{{- range .namespaces.keys }}
{{- $both := include "pod-security.both" (list .exceptions $.touching) }}
{{- $results = append $results (dict "weight" .weight "matches" .matches "result" $both) }}
{{- end }}
{{- include "pod-security.first" (dict "results" $results "rest" "[]") }}
{{- else }}[]{{ end }}
{{- end }}

{{/* The names that are in both of two lists, sorted, as JSON. */}}
{{- define "pod-security.both" -}}
{{- $both := list }}
{{- range index . 0 | sortAlpha | uniq }}{{ if has . (index $ 1) }}{{ $both = append $both . }}{{ end }}{{ end }}
{{- toJson $both }}
{{- end }}

{{/*
The variables that a compensating check reads: what the exceptions in force
allow, one variable for each allow key (files/allow.yaml), the union over all of
them. Takes root, rule, touching, inForce and known (see pod-security.variants), which
has the keys under `allow`.
*/}}
{{- define "pod-security.allowed" -}}
- name: exExceptions
  expression: {{ toRawJson .inForce }}
- name: exNote
  expression: {{ printf "' (rule %s, exception ' + variables.exExceptions.join(' and ') + ')'" .rule.name | toRawJson }}
{{- range $key := .known.allow }}
{{- if has $key.name $.rule.exception.allows }}
{{- $terms := dict }}
{{- range $name := $.touching }}
{{- $value := index $.root.Values.exceptions $name "allow" $key.name }}
{{- if $value }}
{{- range $variable, $list := include "pod-security.values" (dict "key" $key "value" $value) | fromJson }}
{{- $term := ternary (printf "%q in variables.exExceptions" $name) (printf "(%q in variables.exExceptions ? %s : [])" $name (toJson $list)) (eq $key.kind "bool") }}
{{- $_ := set $terms $variable (append (index $terms $variable | default list) $term) }}
{{- end }}
{{- end }}
{{- end }}
{{- range $variable := $key.variables }}
- name: {{ $variable }}
  {{- if eq $key.kind "bool" }}
  expression: {{ index $terms $variable | default (list "false") | join " || " | toRawJson }}
  {{- else }}
  expression: {{ index $terms $variable | default (list "[]") | join " + " | toRawJson }}
  {{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/*
What one exception allows under one key, by the variables that take it. Only
variables that get something are there. Takes key and value.
*/}}
{{- define "pod-security.values" -}}
{{- if eq .key.kind "paths" }}
{{- $lists := dict }}
{{- range .value }}
{{- $variable := printf "%s%s" (ternary "exPathPrefixes" "exPaths" (hasKey . "pathPrefix")) (ternary "ReadOnly" "" (.readOnly | default false)) }}
{{- $_ := set $lists $variable (append (index $lists $variable | default list) (.pathPrefix | default .path)) }}
{{- end }}
{{- toJson $lists }}
{{- else if eq .key.kind "ranges" }}
{{- $ranges := list }}
{{- range .value }}
{{- if kindIs "map" . }}{{ $ranges = append $ranges (list (int .min) (int .max)) }}{{ else }}{{ $ranges = append $ranges (list (int .) (int .)) }}{{ end }}
{{- end }}
{{- dict (first .key.variables) $ranges | toJson }}
{{- else }}
{{- dict (first .key.variables) .value | toJson }}
{{- end }}
{{- end }}
