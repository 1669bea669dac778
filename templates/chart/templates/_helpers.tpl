{{/* Labels of every object. */}}
{{- define "pod-security.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- range $key, $value := .Values.commonLabels }}
{{- if kindIs "string" $value }}
{{ dict $key $value | toYaml }}
{{- end }}
{{- end }}
{{- end }}

{{/*
Annotations of every object, as JSON; those that a later values file took away are
null. Takes the root.
*/}}
{{- define "pod-security.annotations" -}}
{{- $annotations := dict }}
{{- range $key, $value := .Values.commonAnnotations }}
{{- if kindIs "string" $value }}{{ $_ := set $annotations $key $value }}{{ end }}
{{- end }}
{{- toJson $annotations }}
{{- end }}

{{/*
What lies in files/ as YAML, as JSON, so that each file is parsed once: `rules`, the
files of all rules, `allow`, the keys of exceptions, and `controls`, the rules of the
profiles that enforce each control. Nothing in them is a template.
*/}}
{{- define "pod-security.files" -}}
{{- $rules := list }}
{{- range $path, $_ := .Files.Glob "files/rules/*.yaml" }}
{{- $rules = append $rules ($.Files.Get $path | fromYaml) }}
{{- end }}
{{- dict "rules" $rules "allow" (.Files.Get "files/allow.yaml" | fromYaml).keys "controls" (.Files.Get "files/controls.yaml" | fromYaml).controls | toJson }}
{{- end }}

{{/*
The rules that the values ask for, as JSON, a list under the key `rules`: all that the
version of the standard holds for a profile, and those of no profile that `other`
names, each in the revision of that version. Takes root and files (as above).
*/}}
{{- define "pod-security.rules" -}}
{{- $rules := list }}
{{- range $file := .files.rules }}
{{- if or (ne $file.profile "other") (index $.root.Values.other $file.name) }}
{{- range $revision := prepend ($file.earlier | default list) $file }}
{{- if eq (include "pod-security.holds" (dict "revision" $revision "version" $.root.Values.standardVersion)) "true" }}
{{- $rules = append $rules (merge dict (omit $revision "earlier") (pick $file "name" "title" "profile")) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- dict "rules" $rules | toJson }}
{{- end }}

{{/*
Whether a revision of a rule is that of a version of the standard: "true" or "false".
Versions count by their minor; the newest is beyond all. Takes revision and version.
*/}}
{{- define "pod-security.holds" -}}
{{- $minor := ternary "999" (trimPrefix "v1." .version) (eq .version "latest") | int | min 999 }}
{{- $since := trimPrefix "v1." (.revision.since | default "v1.0") | int }}
{{- $until := trimPrefix "v1." (.revision.until | default "v1.1000") | int }}
{{- and (ge $minor $since) (lt $minor $until) }}
{{- end }}

{{/*
The variants of a rule of a profile, as a list under the key `variants`. Each
becomes a policy and its binding: what it judges (pods, or the pod templates of
controllers), in which of the three modes of Pod Security Admission, what it
does, and in which namespaces (CEL; `true` where the binding selects them). A
variant that applies nowhere is left out, and where the same is warned about as
is audited, one policy does both. Takes root, namespaces, rule and known: a dict
that keeps what is the same for many rules.

With `controllers: warn` a controller whose pods would be denied is warned about
and audited; with `deny` it is denied.
*/}}
{{- define "pod-security.variants" -}}
{{- $scopes := dict "profile" "true" "warn" "true" "audit" "true" }}
{{- $both := false }}
{{- if eq .root.Values.namespaceBinding "name" }}
{{- range $mode, $_ := $scopes }}
{{- $same := printf "%s %s %s" $.rule.profile $mode (has $.rule.name $.namespaces.excluded | ternary $.rule.name "") }}
{{- if not (hasKey $.known $same) }}
{{- $_ := set $.known $same (include "pod-security.scope" (dict "namespaces" $.namespaces "rule" $.rule "mode" $mode)) }}
{{- end }}
{{- $_ := set $scopes $mode (index $.known $same) }}
{{- end }}
{{- $both = eq $scopes.warn $scopes.audit }}
{{- end }}
{{- $controllers := .root.Values.controllers | toString }}
{{- $judges := ternary (list "pods") (list "pods" "controllers") (or (not .rule.controllers) (has $controllers (list "off" "false"))) }}
variants:
{{- range $judged := $judges }}
{{- $suffix := ternary "" "-controllers" (eq $judged "pods") }}
{{- $deny := ternary "[Deny]" "[Warn, Audit]" (or (eq $judged "pods") (eq $controllers "deny")) }}
{{- if ne $scopes.profile "false" }}
- {judges: {{ $judged }}, mode: profile, suffix: "{{ $suffix }}", actions: {{ $deny }}, scope: {{ toRawJson $scopes.profile }}}
{{- end }}
{{- if ne $scopes.warn "false" }}
- {judges: {{ $judged }}, mode: warn, suffix: {{ $suffix }}-warn, actions: {{ ternary "[Warn, Audit]" "[Warn]" $both }}, scope: {{ toRawJson $scopes.warn }}}
{{- end }}
{{- if and (ne $scopes.audit "false") (not $both) }}
- {judges: {{ $judged }}, mode: audit, suffix: {{ $suffix }}-audit, actions: [Audit], scope: {{ toRawJson $scopes.audit }}}
{{- end }}
{{- end }}
{{- end }}
