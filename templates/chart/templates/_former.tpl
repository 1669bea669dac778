{{/*
Policies under former names. A version of the policies may call a rule otherwise
than the one before. Helm then creates the new policy and deletes the former one at
once, but a new policy becomes active only some seconds later, and until then
nothing would enforce the rule. So a former policy stays as it is, and goes with the
next upgrade, when everything else has been there for a while.

Only the cluster knows what the release had, so `helm template` renders none of
this, and a rollback, which renders nothing, does not look.
*/}}

{{/*
The bindings of this release in the cluster, by name. Takes the root. Gives JSON.
*/}}
{{- define "pod-security.bound" -}}
{{- $bound := dict }}
{{- range (lookup "admissionregistration.k8s.io/v1" "ValidatingAdmissionPolicyBinding" "" "").items }}
{{- $from := dict "release" (dig "labels" "app.kubernetes.io/instance" "" .metadata) "namespace" (dig "annotations" "meta.helm.sh/release-namespace" "" .metadata) }}
{{- if and (eq $from.release $.Release.Name) (eq $from.namespace $.Release.Namespace) }}
{{- $_ := set $bound .metadata.name . }}
{{- end }}
{{- end }}
{{- toJson $bound }}
{{- end }}

{{/*
The policies of this release that enforce a rule of a profile which this chart does
not know, by name: the `policy`, and the names of the `bindings` by which it does.
Takes root and bound. Gives JSON.
*/}}
{{- define "pod-security.former" -}}
{{- $former := dict }}
{{- range $bindingName, $binding := .bound }}
{{- $name := $binding.spec.policyName }}
{{- $known := or ($.root.Files.Get (printf "files/rules/%s.yaml" $name)) ($.root.Files.Get (printf "files/rules/%s.yaml" (trimSuffix "-controllers" $name))) }}
{{- if and (has "Deny" $binding.spec.validationActions) (not $known) }}
{{- if not (hasKey $former $name) }}
{{- $policy := lookup "admissionregistration.k8s.io/v1" "ValidatingAdmissionPolicy" "" $name }}
{{- if has (dig "metadata" "annotations" "vapchart.dev/profile" "" $policy) (list "baseline" "restricted") }}
{{- $_ := set $former $name (dict "policy" $policy "bindings" list) }}
{{- end }}
{{- end }}
{{- with index $former $name }}{{ $_ := set . "bindings" (append .bindings $bindingName) }}{{ end }}
{{- end }}
{{- end }}
{{- toJson $former }}
{{- end }}

{{/*
Whether one of the bindings that this release renders is not in the cluster yet, or
has been for less than a minute: "true" or "false". Takes names and bound.
*/}}
{{- define "pod-security.coming" -}}
{{- $coming := false }}
{{- range .names }}
{{- $there := index $.bound . }}
{{- if not $there }}{{ $coming = true }}
{{- else if gt (toDate "2006-01-02T15:04:05Z07:00" $there.metadata.creationTimestamp | unixEpoch | int64) (sub (now | unixEpoch | int64) 60) }}{{ $coming = true }}
{{- end }}
{{- end }}
{{- $coming }}
{{- end }}

{{/* The former policies that stay, with their bindings, as they are. Takes root and names. */}}
{{- define "pod-security.keep" }}
{{- $bound := include "pod-security.bound" .root | fromJson }}
{{- if eq (include "pod-security.coming" (dict "names" .names "bound" $bound)) "true" }}
{{- range include "pod-security.former" (dict "root" .root "bound" $bound) | fromJson }}
{{- $objects := list .policy }}
{{- range .bindings }}{{ $objects = append $objects (index $bound .) }}{{ end }}
{{- range $object := $objects }}
---
apiVersion: admissionregistration.k8s.io/v1
kind: {{ $object.kind }}
metadata:
  name: {{ $object.metadata.name }}
  labels:
    {{- include "pod-security.labels" $.root | nindent 4 }}
    vapchart.dev/former: "true"
  {{- with omit ($object.metadata.annotations | default dict) "meta.helm.sh/release-name" "meta.helm.sh/release-namespace" }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- toYaml $object.spec | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
