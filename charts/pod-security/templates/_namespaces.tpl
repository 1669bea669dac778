{{/*
Who is judged. With `namespaceBinding: name` the values say what holds in which
namespace; the policies hold that as CEL on the namespace's name. With
`namespaceBinding: label` the namespaces' labels say it, and the bindings select
by them.
*/}}

{{/*
The namespaces of the values, resolved, under these keys:

  keys      what holds by each key, together with its `weight` (the most specific
            sorts first) and what it `matches` (a regular expression, without
            ends); keys of one weight where the same holds are together
  defaults  what holds in all other namespaces
  excluded  the rules that some key excludes

What a key does not say it has from the defaults, all of it where the key is an
empty map. A key without a value, null, is one that a later values file took away.
An `exclude` names rules alone, those of the controls that it named. Takes root and
controls (see pod-security.files).
*/}}
{{- define "pod-security.namespaces" -}}
{{- $defaults := merge dict .root.Values.defaults (dict "exceptions" list "exclude" list) }}
{{- $matches := dict }}{{ $entries := dict }}{{ $excluded := list }}
{{- range $key, $given := .root.Values.namespaces }}
{{- if kindIs "map" $given }}
{{- $entry := merge dict $given $defaults }}
{{- if $entry.exclude }}{{ $_ := set $entry "exclude" (include "pod-security.excluded" (dict "exclude" $entry.exclude "controls" $.controls) | fromJsonArray) }}{{ end }}
{{- $excluded = concat $excluded $entry.exclude }}
{{- $weight := ternary (sub 999 (len (replace "*" "" $key)) | printf "%03d") "000" (contains "*" $key) }}
{{- $same := printf "%s %s" $weight (toJson $entry) }}
{{- $_ := set $matches $same (append (index $matches $same | default list) (replace "*" ".*" $key)) }}
{{- $_ := set $entries $same (merge (dict "weight" $weight) $entry) }}
{{- end }}
{{- end }}
keys:
{{- range $same := keys $entries | sortAlpha }}
- {{ merge (dict "matches" (join "|" (index $matches $same))) (index $entries $same) | toJson }}
{{- end }}
defaults: {{ toJson $defaults }}
excluded: {{ uniq $excluded | toJson }}
{{- end }}

{{/*
The rules that an `exclude` switches off, as a JSON list: those that it names, and
those that enforce a control which it names and no other. Takes exclude and controls
(see pod-security.files).
*/}}
{{- define "pod-security.excluded" -}}
{{- $rules := list }}
{{- range $name := .exclude }}
{{- if hasKey $.controls $name }}
{{- range $rule := index $.controls $name }}
{{- if eq (include "pod-security.beside" (dict "rule" $rule "exclude" $.exclude "controls" $.controls)) "[]" }}{{ $rules = append $rules $rule }}{{ end }}
{{- end }}
{{- else }}{{ $rules = append $rules $name }}
{{- end }}
{{- end }}
{{- uniq $rules | toJson }}
{{- end }}

{{/*
The controls that a rule enforces and an `exclude` does not name, as a JSON list. Takes
rule, by its name, exclude and controls (see pod-security.files).
*/}}
{{- define "pod-security.beside" -}}
{{- $beside := list }}
{{- range $control, $rules := .controls }}
{{- if and (has $.rule $rules) (not (has $control $.exclude)) }}{{ $beside = append $beside $control }}{{ end }}
{{- end }}
{{- toJson $beside }}
{{- end }}

{{/*
Whether a rule applies in a mode where `entry` holds: "true" or "false". What is
enforced is not warned about or audited as well. Takes entry, rule and mode.
*/}}
{{- define "pod-security.applies" -}}
{{- $profiles := ternary (list "restricted") (list "baseline" "restricted") (eq .rule.profile "restricted") }}
{{- $enforced := has .entry.profile $profiles }}
{{- $here := ternary $enforced (and (not $enforced) (has (index .entry .mode) $profiles)) (eq .mode "profile") }}
{{- and $here (not (has .rule.name .entry.exclude)) }}
{{- end }}

{{/*
CEL that gives what the most specific key that matches the namespace results in,
or else rest. Keys of one weight never match one name, so those of the same result
are one regular expression; it is a constant, which the API server compiles once.
Takes results, each with weight, matches and result, and rest.
*/}}
{{- define "pod-security.first" -}}
{{- $ordered := dict }}
{{- range .results }}{{ $_ := set $ordered (printf "%s %s %s" .weight .result .matches) . }}{{ end }}
{{- $rest := .rest }}{{ $result := "" }}{{ $matches := list }}
{{- range $key := keys $ordered | sortAlpha | reverse }}
{{- $one := index $ordered $key }}
{{- if ne $one.result $result }}
{{- $rest = include "pod-security.choose" (dict "matches" $matches "result" $result "rest" $rest) }}
{{- $result = $one.result }}{{ $matches = list }}
{{- end }}
{{- $matches = prepend $matches $one.matches }}
{{- end }}
{{- include "pod-security.choose" (dict "matches" $matches "result" $result "rest" $rest) }}
{{- end }}

{{/* The result if one of the regular expressions fits the namespace, else rest. */}}
{{- define "pod-security.choose" -}}
{{- $fits := printf "request.namespace.matches(%s)" (printf "^(?:%s)$" (join "|" .matches) | toJson) }}
{{- if or (not .matches) (eq .result .rest) }}{{ .rest }}
{{- else if and (eq .result "true") (eq .rest "false") }}{{ $fits }}
{{- else if and (eq .result "false") (eq .rest "true") }}!{{ $fits }}
{{- else }}{{ $fits }} ? {{ .result }} : {{ .rest }}
{{- end }}
{{- end }}

{{/*
In which namespaces a rule applies in a mode, as CEL on the name: `true` for all
of them, `false` for none. Takes namespaces (as above), rule and mode.
*/}}
{{- define "pod-security.scope" -}}
{{- $results := list }}
{{- range .namespaces.keys }}
{{- $applies := include "pod-security.applies" (dict "entry" . "rule" $.rule "mode" $.mode) }}
{{- $results = append $results (dict "weight" .weight "matches" .matches "result" $applies) }}
{{- end }}
{{- $rest := include "pod-security.applies" (dict "entry" .namespaces.defaults "rule" .rule "mode" .mode) }}
{{- include "pod-security.first" (dict "results" $results "rest" $rest) }}
{{- end }}

{{/*
The same by labels, as the match expressions of a label selector. Takes rule,
controls (see pod-security.files), mode, domain, defaults and namespaces: those of the
values.

A rule of baseline binds every value but privileged, one of restricted every
value but privileged and baseline: so restricted includes baseline, and a
misspelt value is the strictest, not the loosest. A namespace without the label
has what the defaults say. Only a namespace that the values name, and expressly give
privileged, stays out whatever its labels: kube-system must never wait for a label.

A label on a control switches off the rules that enforce it alone: a selector cannot
say "not both of two labels", which a rule of two controls would need.
*/}}
{{- define "pod-security.selector" -}}
{{- $restricted := eq .rule.profile "restricted" }}
{{- $looser := ternary (list "privileged" "baseline") (list "privileged") $restricted }}
{{- $profiles := ternary (list "restricted") (list "baseline" "restricted") $restricted }}
{{- if not (has (index .defaults .mode) $profiles) }}
- key: {{ .domain }}/{{ .mode }}
  operator: Exists
{{- end }}
- key: {{ .domain }}/{{ .mode }}
  operator: NotIn
  values: {{ toJson $looser }}
{{- if ne .mode "profile" }}
- key: {{ .domain }}/profile
{{- if has .defaults.profile $profiles }}
  operator: In
  values: {{ toJson $looser }}
{{- else }}
  operator: NotIn
  values: {{ toJson $profiles }}
{{- end }}
{{- end }}
- key: {{ .domain }}/{{ .rule.name }}
  operator: NotIn
  values: [exclude]
{{- $enforced := include "pod-security.beside" (dict "rule" .rule.name "exclude" list "controls" .controls) | fromJsonArray }}
{{- if eq (len $enforced) 1 }}
- key: {{ .domain }}/{{ first $enforced }}
  operator: NotIn
  values: [exclude]
{{- end }}
{{- $open := list }}
{{- range $name, $given := .namespaces }}
{{- if and (not (contains "*" $name)) (eq (dig $.mode "" ($given | default dict)) "privileged") }}{{ $open = append $open $name }}{{ end }}
{{- end }}
{{- with $open }}
- key: kubernetes.io/metadata.name
  operator: NotIn
  values: {{ toJson . }}
{{- end }}
{{- end }}
