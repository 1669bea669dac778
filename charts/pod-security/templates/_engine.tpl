{{/*
Who judges. With `engine: psa` a namespace is left to Pod Security Admission: the
policies step aside where its labels already do the work, and nowhere else. Bindings
say so, by labels alone, so that what they leave out costs the API server nothing.

A selector holds only conditions that are all true, and "not labelled as it must be"
is none of that kind. So a policy gets several bindings, of which at most one selects
a namespace: the first one those whose first label is not as it must be, each further
one those whose next label is not, and the last one those that are labelled right but
are not to be left to Pod Security Admission. Only the last one knows names. So no
change of the values has to take a namespace from one binding and give it to another,
but where Pod Security Admission enforces the profile in between.
*/}}

{{/*
The selector of namespaces that are never left to Pod Security Admission, as JSON:
`all`, `none`, or an `operator` and its `names`. A full name decides for itself, and
one with exceptions or excluded rules keeps its policies: Pod Security Admission knows
neither. All other names are as the defaults say. Takes the root.
*/}}
{{- define "pod-security.keeps" -}}
{{- $fallback := .Values.defaults.engine | default "policies" }}
{{- $psa := list }}{{ $kept := list }}
{{- range $key := keys .Values.namespaces | sortAlpha }}
{{- $given := index $.Values.namespaces $key }}
{{- if and (kindIs "map" $given) (not (contains "*" $key)) }}
{{- if and (eq ($given.engine | default $fallback) "psa") (not $given.exceptions) (not $given.exclude) }}
{{- $psa = append $psa $key }}
{{- else }}
{{- $kept = append $kept $key }}
{{- end }}
{{- end }}
{{- end }}
{{- if eq $fallback "psa" }}
{{- dict "all" false "none" (not $kept) "operator" "In" "names" $kept | toJson }}
{{- else }}
{{- dict "all" (not $psa) "none" false "operator" "NotIn" "names" $psa | toJson }}
{{- end }}
{{- end }}

{{/*
The bindings of one variant of a rule, the one that bears the policy's own name last:
what is written first is there first, and so the others are when that one gets
narrower. Each has a `suffix` and match expressions of a label selector, as text.
Takes root, rule, variant and keeps (as above).

What Pod Security Admission has to do in the variant's place is what its labels say in
the same mode. Of controllers it warns and audits, by these labels, what they would
refuse of pods; it denies none. And a cluster's Pod Security Admission knows no newer
standard than the cluster is: what that holds beyond it stays with the policies.
*/}}
{{- define "pod-security.bindings" -}}
{{- $profiles := ternary (list "restricted") (list "baseline" "restricted") (eq .rule.profile "restricted") }}
{{- $version := .root.Values.standardVersion }}
{{- $modes := list }}
{{- if ne (first .variant.actions) "Deny" }}{{ range .variant.actions }}{{ $modes = append $modes (lower .) }}{{ end }}
{{- else if eq .variant.judges "pods" }}{{ $modes = list "enforce" }}
{{- end }}
{{- $known := regexFind "^[0-9]+" .root.Capabilities.KubeVersion.Minor | int }}
{{- if or .keeps.all (gt (trimPrefix "v1." (.rule.since | default "v1.0") | int) $known) }}{{ $modes = list }}{{ end }}
{{- $conditions := list }}
{{- range $modes }}
{{- $conditions = append $conditions (dict "label" . "values" $profiles) }}
{{- $conditions = append $conditions (dict "label" (printf "%s-version" .) "values" (list $version)) }}
{{- end }}
{{- $right := list }}{{ $bindings := list }}
{{- range $i, $condition := $conditions }}
{{- $suffix := ternary "" (printf "-psa-%s" $condition.label) (eq $i 0) }}
{{- $wrong := include "pod-security.labelled" (merge (dict "operator" "NotIn") $condition) }}
{{- $bindings = prepend $bindings (dict "suffix" $suffix "selects" (append $right $wrong)) }}
{{- $right = append $right (include "pod-security.labelled" (merge (dict "operator" "In") $condition)) }}
{{- end }}
{{- if not $conditions }}
{{- $bindings = list (dict "suffix" "" "selects" list) }}
{{- else if not .keeps.none }}
{{- $named := printf "- key: kubernetes.io/metadata.name\n  operator: %s\n  values: %s" .keeps.operator (toJson .keeps.names) }}
{{- $bindings = prepend $bindings (dict "suffix" "-psa-name" "selects" (append $right $named)) }}
{{- end }}
{{- dict "bindings" $bindings | toJson }}
{{- end }}

{{/* One match expression on a label of Pod Security Admission. Takes label, operator and values. */}}
{{- define "pod-security.labelled" -}}
- key: pod-security.kubernetes.io/{{ .label }}
  operator: {{ .operator }}
  values: {{ toJson .values }}
{{- end }}

{{/*
The labels that leave a namespace to Pod Security Admission, as arguments of kubectl.
With `controllers: warn` its warnings and audits have to reach as far as what it
enforces, since by these it says what becomes of a controller's pods. Takes root and
entry: what holds in the namespace.
*/}}
{{- define "pod-security.psaLabels" -}}
{{- $labels := list }}
{{- $enforced := .entry.profile }}
{{- range $mode := list "enforce" "warn" "audit" }}
{{- $level := ternary $enforced (index $.entry $mode) (eq $mode "enforce") }}
{{- if and (eq (toString $.root.Values.controllers) "warn") (eq $enforced "restricted") }}{{ $level = $enforced }}{{ end }}
{{- if and (eq (toString $.root.Values.controllers) "warn") (eq $level "privileged") }}{{ $level = $enforced }}{{ end }}
{{- $labels = append $labels (printf "pod-security.kubernetes.io/%s=%s pod-security.kubernetes.io/%s-version=%s" $mode $level $mode $.root.Values.standardVersion) }}
{{- end }}
{{- join " " $labels }}
{{- end }}

{{/* What NOTES say of `engine: psa`: the labels to put, and on what. Takes the root. */}}
{{- define "pod-security.psaNotes" }}
{{- $keeps := include "pod-security.keeps" . | fromJson }}
{{- if not $keeps.all }}
{{- $fallback := .Values.defaults.engine | default "policies" }}
{{- $named := dict }}{{ $matched := dict }}{{ $kept := list }}
{{- range $key := keys .Values.namespaces | sortAlpha }}
{{- $given := index $.Values.namespaces $key }}
{{- if and (kindIs "map" $given) (eq ($given.engine | default $fallback) "psa") }}
{{- if or $given.exceptions $given.exclude }}{{ $kept = append $kept $key }}
{{- else }}
{{- $labels := include "pod-security.psaLabels" (dict "root" $ "entry" (merge dict $given $.Values.defaults)) }}
{{- $into := ternary $matched $named (contains "*" $key) }}
{{- $_ := set $into $labels (append (index $into $labels | default list) $key) }}
{{- end }}
{{- end }}
{{- end }}

Pod Security Admission judges in the policies' place where a namespace has these labels;
without them, and with others that are looser or of another version, the policies judge:
{{ range $labels := keys $named | sortAlpha }}
  kubectl label --overwrite namespace {{ index $named $labels | join " " }} {{ $labels }}
{{- end }}
{{- range $labels := keys $matched | sortAlpha }}
  kubectl label --overwrite namespace NAME {{ $labels }}
    for each NAME that {{ index $matched $labels | join " or " }} matches
{{- end }}
{{- if eq $fallback "psa" }}
  kubectl label --overwrite namespace NAME {{ include "pod-security.psaLabels" (dict "root" . "entry" .Values.defaults) }}
    for each NAME that no key matches
{{- end }}
{{- with $kept }}

These keep their policies, since they have exceptions or excluded rules. Labels of Pod
Security Admission must not refuse there what these allow: enforce=privileged never
does, and `vapchart build` finds the strictest that does not.

  {{ join ", " . }}
{{- end }}
{{- end }}
{{- end }}
