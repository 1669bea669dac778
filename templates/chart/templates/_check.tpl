{{/*
What is wrong with the values and a schema cannot say. All of it is told at once,
each with the key it is about. Takes root and files (see pod-security.files).
*/}}
{{- define "pod-security.check" -}}
{{- $rules := dict }}
{{- $touched := dict }}
{{- range $rule := .files.rules }}
{{- $_ := set $rules $rule.name $rule.profile }}
{{- range dig "exception" "allows" list $rule }}
{{- $_ := set $touched . (append (index $touched . | default list) (dict "rule" $rule.name "profile" $rule.profile)) }}
{{- end }}
{{- end }}
{{- $faults := concat
      (include "pod-security.checkExceptions" (dict "root" .root "rules" $rules "controls" .files.controls) | fromJsonArray)
      (include "pod-security.checkNamespaces" (dict "root" .root "rules" $rules "controls" .files.controls "touched" $touched) | fromJsonArray)
      (include "pod-security.checkGlobs" .root | fromJsonArray)
      (include "pod-security.checkEngine" .root | fromJsonArray)
      (include "pod-security.checkCommon" .root | fromJsonArray)
      (include "pod-security.checkDomain" .root.Values.labelDomain | fromJsonArray) }}
{{- with $faults }}
{{- fail (printf "\n\nthe values cannot be meant:\n  %s\n" (join "\n  " .)) }}
{{- /* helm lint passes over fail, but not over a template that is not there. */}}
{{- include (printf "the values cannot be meant: %s" (join "; " .)) $.root }}
{{- end }}
{{- end }}

{{/*
Each exception alone. With label binding none may be named like a control: who writes
`exclude` on the label of an exception would switch the control off. Takes root, rules
and controls (see pod-security.files). Gives a JSON list of faults.
*/}}
{{- define "pod-security.checkExceptions" -}}
{{- $faults := list }}
{{- range $name, $exception := .root.Values.exceptions }}
{{- if $exception }}
{{- $at := printf "exceptions.%s" $name }}
{{- if or (hasKey $.rules $name) (has $name (list "profile" "warn" "audit")) }}
{{- $faults = append $faults (printf "%s: a rule or a mode has this name; both are labels of one domain" $at) }}
{{- else if and (hasKey $.controls $name) (eq $.root.Values.namespaceBinding "label") }}
{{- $faults = append $faults (printf "%s: a control has this name; both are labels of one domain" $at) }}
{{- end }}
{{- if not (trim ($exception.reason | default "")) }}
{{- $faults = append $faults (printf "%s.reason is empty: say what it is for" $at) }}
{{- end }}
{{- $effect := false }}
{{- range $key, $value := $exception.allow }}
{{- if $value }}{{ $effect = true }}{{ else }}{{ $faults = append $faults (printf "%s.allow.%s is %s: leave the key out" $at $key (toJson $value)) }}{{ end }}
{{- if eq $key "hostPorts" }}
{{- range $value }}
{{- if kindIs "map" . }}{{ if gt (int .min) (int .max) }}{{ $faults = append $faults (printf "%s.allow.hostPorts: min %d is above max %d" $at (int .min) (int .max)) }}{{ end }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- if not $exception.allow }}
{{- $faults = append $faults (printf "%s.allow is empty: the exception has no effect" $at) }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $faults }}
{{- end }}

{{/*
What the namespaces refer to. Takes root, rules, controls (see pod-security.files) and
touched: for each allow key, the rules that it relaxes. Gives a JSON list of faults.
*/}}
{{- define "pod-security.checkNamespaces" -}}
{{- $faults := list }}
{{- range $key, $given := .root.Values.namespaces }}
{{- if kindIs "map" $given }}
{{- $at := printf "namespaces.%s" $key }}
{{- $entry := merge dict $given $.root.Values.defaults }}
{{- $modes := list $entry.profile $entry.warn $entry.audit }}
{{- $held := list }}
{{- if or (has "baseline" $modes) (has "restricted" $modes) }}{{ $held = append $held "baseline" }}{{ end }}
{{- if has "restricted" $modes }}{{ $held = append $held "restricted" }}{{ end }}
{{- $excluded := list }}
{{- if $entry.exclude }}
{{- $excluded = include "pod-security.excluded" (dict "exclude" $entry.exclude "controls" $.controls) | fromJsonArray }}
{{- $faults = concat $faults (include "pod-security.checkExclude" (dict "at" (printf "%s.exclude" $at) "exclude" $entry.exclude "excluded" $excluded "held" $held "rules" $.rules "controls" $.controls) | fromJsonArray) }}
{{- end }}
{{- range $name := $entry.exceptions }}
{{- if not (index $.root.Values.exceptions $name) }}
{{- $faults = append $faults (printf "%s.exceptions: unknown exception %q" $at $name) }}
{{- else }}
{{- range $allow, $_ := (index $.root.Values.exceptions $name).allow }}
{{- $relaxes := false }}
{{- range index $.touched $allow }}
{{- if and (has .profile $held) (not (has .rule $excluded)) }}{{ $relaxes = true }}{{ end }}
{{- end }}
{{- if not $relaxes }}
{{- $faults = append $faults (printf "%s.exceptions: %s allows %s, which nothing forbids here" $at $name $allow) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $faults }}
{{- end }}

{{/*
One `exclude`. A control means every rule of it, but a rule that enforces another control
as well is neither dropped nor kept in silence: that has to be said. A control that no
rule of this version enforces is none to refuse, since another version may have one.
Takes at, exclude, excluded (see pod-security.excluded), held: the profiles that hold
there, rules: the profile of each, and controls. Gives a JSON list of faults.
*/}}
{{- define "pod-security.checkExclude" -}}
{{- $faults := list }}
{{- range $name := .exclude }}
{{- if hasKey $.controls $name }}
{{- $profiles := list }}
{{- range $rule := index $.controls $name }}
{{- $profile := index $.rules $rule }}
{{- $profiles = append $profiles $profile }}
{{- if and (has $profile $.held) (not (has $rule $.excluded)) }}
{{- $beside := include "pod-security.beside" (dict "rule" $rule "exclude" $.exclude "controls" $.controls) | fromJsonArray }}
{{- $faults = append $faults (printf "%s: rule %s enforces %s and also %s: exclude all of these, or the rule by its name" $.at $rule $name (join ", " $beside)) }}
{{- end }}
{{- end }}
{{- $here := not $profiles }}
{{- range $profiles }}{{ if has . $.held }}{{ $here = true }}{{ end }}{{ end }}
{{- if not $here }}
{{- $faults = append $faults (printf "%s: control %s is of profile %s, which does not hold here" $.at $name (first $profiles)) }}
{{- end }}
{{- else if not (hasKey $.rules $name) }}
{{- $near := include "pod-security.near" (dict "name" $name "names" (concat (keys $.controls) (keys $.rules))) }}
{{- $faults = append $faults (printf "%s: unknown rule or control %q%s" $.at $name $near) }}
{{- else if not (has (index $.rules $name) $.held) }}
{{- $faults = append $faults (printf "%s: rule %s is of profile %s, which does not hold here" $.at $name (index $.rules $name)) }}
{{- end }}
{{- end }}
{{- toJson $faults }}
{{- end }}

{{/*
The names that begin like a name, or that it begins like, whatever their capitals, as the
end of a message; nothing if they are many. Takes name and names.
*/}}
{{- define "pod-security.near" -}}
{{- $near := list }}
{{- range $known := sortAlpha .names }}
{{- if or (hasPrefix (lower $.name) (lower $known)) (hasPrefix (lower $known) (lower $.name)) }}{{ $near = append $near $known }}{{ end }}
{{- end }}
{{- if and $near (le (len $near) 5) }}, near it: {{ join ", " $near }}{{ end }}
{{- end }}

{{/*
Globs of equal weight that can match one name: which of them decides would be
left to chance. Takes the root. Gives a JSON list of faults.
*/}}
{{- define "pod-security.checkGlobs" -}}
{{- $faults := list }}
{{- $byWeight := dict }}
{{- range $key := keys .Values.namespaces | sortAlpha }}
{{- if and (contains "*" $key) (kindIs "map" (index $.Values.namespaces $key)) }}
{{- $weight := len (replace "*" "" $key) | toString }}
{{- range index $byWeight $weight }}
{{- if eq (include "pod-security.overlap" (list . $key)) "true" }}
{{- $faults = append $faults (printf "namespaces: %q and %q are of equal weight and can match the same name" . $key) }}
{{- end }}
{{- end }}
{{- $_ := set $byWeight $weight (append (index $byWeight $weight | default list) $key) }}
{{- end }}
{{- end }}
{{- toJson $faults }}
{{- end }}

{{/*
Whether two globs can match one name: "true" or "false". What stands before the
first star of each must agree as far as both go, and so must what stands after
the last one; between the stars, anything can be made to fit. Takes a list of two.
*/}}
{{- define "pod-security.overlap" -}}
{{- $a := splitList "*" (index . 0) }}{{ $b := splitList "*" (index . 1) }}
{{- $heads := or (hasPrefix (first $a) (first $b)) (hasPrefix (first $b) (first $a)) }}
{{- $tails := or (hasSuffix (last $a) (last $b)) (hasSuffix (last $b) (last $a)) }}
{{- and $heads $tails }}
{{- end }}

{{/*
The key `engine`, which was here until 0.1. Takes the root. Gives a JSON list of faults.
*/}}
{{- define "pod-security.checkEngine" -}}
{{- $faults := list }}
{{- $gone := "is gone, since it raced: who flipped a namespace's enforce label got a privileged pod past Pod Security Admission and the policies; leave the key out, such labels may stand beside the policies" }}
{{- if hasKey .Values.defaults "engine" }}{{ $faults = append $faults (printf "defaults.engine %s" $gone) }}{{ end }}
{{- range $key, $given := .Values.namespaces }}
{{- if hasKey ($given | default dict) "engine" }}{{ $faults = append $faults (printf "namespaces.%s.engine %s" $key $gone) }}{{ end }}
{{- end }}
{{- toJson $faults }}
{{- end }}

{{/*
Labels and annotations of every object: what is none, what the chart sets itself, and
what Helm and kustomize act on, by which objects would be hooks, or missing. Takes the
root. Gives a JSON list of faults.
*/}}
{{- define "pod-security.checkCommon" -}}
{{- $faults := list }}
{{- $acted := list "helm.sh" "meta.helm.sh" "config.kubernetes.io" "internal.config.kubernetes.io" "kustomize.config.k8s.io" "config.k8s.io" }}
{{- range $kind, $given := pick .Values "commonLabels" "commonAnnotations" }}
{{- $labels := eq $kind "commonLabels" }}
{{- $own := dict }}
{{- if and $labels $given }}{{ $own = include "pod-security.labels" (dict "Chart" $.Chart "Release" $.Release "Values" dict) | fromYaml }}{{ end }}
{{- range $key, $value := $given }}
{{- if kindIs "string" $value }}
{{- $at := printf "%s.%q" $kind $key }}
{{- $domain := ternary (splitList "/" $key | first | lower) "" (contains "/" $key) }}
{{- if or (hasKey $own $key) (eq $domain "vapchart.dev") }}
{{- $faults = append $faults (printf "%s: the chart sets it itself" $at) }}
{{- else if has $domain $acted }}
{{- $faults = append $faults (printf "%s: Helm or kustomize acts on it, so objects could go missing" $at) }}
{{- else if or (gt (len $domain) 253) (not (regexMatch `^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$` (ternary $key (lower $key) $labels))) }}
{{- $faults = append $faults (printf "%s: no key of %s: want a name, or a domain, a slash and a name" $at (ternary "a label" "an annotation" $labels)) }}
{{- else if and $labels (not (regexMatch `^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$` $value)) }}
{{- $faults = append $faults (printf "%s: %q is no value of a label: want at most 63 letters, digits, dots, dashes and underscores" $at $value) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $faults }}
{{- end }}

{{/*
Kubernetes' own domains: what labels of these mean is not ours to say, and whoever may
label a namespace for Pod Security Admission would fall under the guard. Takes the
domain of the labels. Gives a JSON list of faults.
*/}}
{{- define "pod-security.checkDomain" -}}
{{- $faults := list }}
{{- if regexMatch `(^|\.)(kubernetes|k8s)\.io$` . }}
{{- $faults = append $faults (printf "labelDomain: %s is a domain of Kubernetes itself: choose one of your own" .) }}
{{- end }}
{{- toJson $faults }}
{{- end }}
