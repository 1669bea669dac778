{{/*
Who is judged. With `namespaceBinding: name` the values say what holds in which
namespace; the policies hold that as CEL on the namespace's name. With
`namespaceBinding: label` the namespaces' labels say it, and the bindings select
by them.
*/}}

{{/*
The namespaces of the values, resolved, under these keys:

  levels    exact names with the same profile, warn, audit and exclude
  sets      exact names with the same exceptions
  globs     each glob, the most specific first
  defaults  what holds in all other namespaces

What a namespace does not say it has from the defaults.
*/}}
{{- define "pod-security.namespaces" -}}
{{- $defaults := merge dict .Values.defaults (dict "exceptions" list "exclude" list) }}
{{- $levels := dict }}{{ $sets := dict }}{{ $globs := dict }}
{{- range $key := keys .Values.namespaces | sortAlpha }}
{{- $entry := merge dict (index $.Values.namespaces $key | default dict) $defaults }}
{{- if kindIs "invalid" (index $.Values.namespaces $key) }}
{{- /* A later values file took the key away. */}}
{{- else if contains "*" $key }}
{{- $weight := sub 999 (len (replace "*" "" $key)) | printf "%03d" }}
{{- $_ := set $entry "glob" $key }}
{{- $_ := set $globs (printf "%s %s" $weight $key) $entry }}
{{- else }}
{{- $level := pick $entry "profile" "warn" "audit" "exclude" }}
{{- $_ := set $levels (toJson $level) (append (index $levels (toJson $level) | default list) $key) }}
{{- $set := toJson (sortAlpha $entry.exceptions) }}
{{- $_ := set $sets $set (append (index $sets $set | default list) $key) }}
{{- end }}
{{- end }}
levels:
{{- range $level := keys $levels | sortAlpha }}
- {{ merge (dict "names" (index $levels $level)) (fromJson $level) | toJson }}
{{- end }}
sets:
{{- range $set := keys $sets | sortAlpha }}
- {{ dict "names" (index $sets $set) "exceptions" (fromJsonArray $set) | toJson }}
{{- end }}
globs:
{{- range $glob := keys $globs | sortAlpha }}
- {{ index $globs $glob | toJson }}
{{- end }}
defaults: {{ toJson $defaults }}
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
Whether the namespace of a request matches the glob g, as CEL. What stands before
the first star is compared first, which spares most of the regular expressions.
*/}}
{{- define "pod-security.matches" -}}
request.namespace.startsWith(g.split("*")[0]) && request.namespace.matches("^" + g.replace("*", ".*") + "$")
{{- end }}

{{/*
In which namespaces a rule applies in a mode, as CEL on the name: `true` for all
of them, `false` for none. Takes namespaces (as above), rule and mode.
*/}}
{{- define "pod-security.scope" -}}
{{- $in := list }}{{ $out := list }}
{{- range .namespaces.levels }}
{{- if eq (include "pod-security.applies" (dict "entry" . "rule" $.rule "mode" $.mode)) "true" }}
{{- $in = concat $in .names }}
{{- else }}
{{- $out = concat $out .names }}
{{- end }}
{{- end }}
{{- $default := include "pod-security.applies" (dict "entry" .namespaces.defaults "rule" .rule "mode" .mode) }}
{{- $globs := list }}{{ $applying := list }}
{{- range reverse (.namespaces.globs | default list) }}
{{- $applies := include "pod-security.applies" (dict "entry" . "rule" $.rule "mode" $.mode) }}
{{- if or $globs (ne $applies $default) }}
{{- $globs = prepend $globs .glob }}
{{- if eq $applies "true" }}{{ $applying = append $applying .glob }}{{ end }}
{{- end }}
{{- end }}
{{- $rest := $default }}
{{- if and $globs (eq (len $applying) (len $globs)) }}
{{- $rest = printf "%s.exists(g, %s)" (toJson $globs) (include "pod-security.matches" .) }}
{{- else if and $globs (not $applying) }}
{{- $rest = printf "!%s.exists(g, %s)" (toJson $globs) (include "pod-security.matches" .) }}
{{- else if $globs }}
{{- $rest = printf "(%s.filter(g, %s).map(g, g in %s) + [%s])[0]" (toJson $globs) (include "pod-security.matches" .) (sortAlpha $applying | toJson) $default }}
{{- end }}
{{- $in = sortAlpha $in }}{{ $out = sortAlpha $out }}
{{- if eq $rest "false" }}
{{- if $in }}request.namespace in {{ toJson $in }}{{ else }}false{{ end }}
{{- else if eq $rest "true" }}
{{- if $out }}!(request.namespace in {{ toJson $out }}){{ else }}true{{ end }}
{{- else }}
{{- with $in }}request.namespace in {{ toJson . }} || {{ end }}
{{- with $out }}!(request.namespace in {{ toJson . }}) && {{ end }}
{{- $rest }}
{{- end }}
{{- end }}

{{/*
The same by labels, as the match expressions of a label selector. Takes rule,
mode, domain and defaults.

A rule of baseline binds every value but privileged, one of restricted every
value but privileged and baseline: so restricted includes baseline, and a
misspelt value is the strictest, not the loosest. A namespace without the label
has what the defaults say.
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
{{- end }}
