{{/*
An empty key (`proxy:`) is null, and Helm takes a key that is null out of the values: it gets its default back. So does a key that the
values of an older release lack (`--reuse-values`). Only in the maps that are handed on as they are, Helm's way to take a default out
(`resources.limits: null`) stays open. Each template begins with this.
*/}}
{{- define "flashpoint-operator.defaults" -}}
{{- include "flashpoint-operator.fill" (dict "values" .Values "defaults" (.Files.Get "files/defaults.yaml" | fromYaml)) -}}
{{- end -}}

{{- define "flashpoint-operator.fill" -}}
{{- $handedOn := list "podSecurityContext" "securityContext" "resources" "labels" -}}
{{- $values := .values -}}
{{- range $key, $default := .defaults -}}
{{- if kindIs "invalid" $default -}}
{{- else if or (not (hasKey $values $key)) (kindIs "invalid" (get $values $key)) -}}
{{- $_ := set $values $key (deepCopy $default) -}}
{{- else if and (kindIs "map" $default) (not (has $key $handedOn)) -}}
{{- include "flashpoint-operator.fill" (dict "values" (get $values $key) "defaults" $default) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Whether Helm applies on the server, if it is not told otherwise. */}}
{{- define "flashpoint-operator.isHelm4" -}}
{{- if regexMatch "^v?([4-9]|[1-9][0-9])\\." .Capabilities.HelmVersion.Version -}}true{{- end -}}
{{- end -}}

{{/*
A name of at most 63 characters, for (name, suffix): `name-suffix`, or, where that is no name of a Service, as much of it as is one, with
a digest of the name, so that no two become one.
*/}}
{{- define "flashpoint-operator.derived" -}}
{{- $name := index . 0 -}}
{{- $suffix := index . 1 -}}
{{- $whole := printf "%s-%s" $name $suffix -}}
{{- if and (le (len $whole) 63) (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $whole) -}}
{{- $whole -}}
{{- else -}}
{{- $start := regexReplaceAll "[^a-z0-9]" $name "-" -}}
{{- $start = regexReplaceAll "^[^a-z]" $start "r${0}" -}}
{{- $start = $start | trunc (int (sub 53 (len $suffix))) | trimAll "-" -}}
{{- printf "%s-%s-%s" $start ($name | sha256sum | trunc 8) $suffix -}}
{{- end -}}
{{- end -}}

{{- define "flashpoint-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* A release's name has at most 53 characters, so that a cut leaves all of it. */}}
{{- define "flashpoint-operator.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else -}}
{{- $name := include "flashpoint-operator.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name -}}
{{- else -}}
{{- regexReplaceAll "[-.]+$" (printf "%s-%s" .Release.Name $name | trunc 63) "" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Cluster-scoped names carry the namespace: two releases may share a name in two namespaces. Neither part can hold a colon. */}}
{{- define "flashpoint-operator.clusterName" -}}
{{- printf "%s:%s" .Release.Namespace (include "flashpoint-operator.fullname" .) -}}
{{- end -}}

{{- define "flashpoint-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "flashpoint-operator.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "flashpoint-operator.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
{{ include "flashpoint-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: flashpoint-operator
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The labels, with those of a value of its own: (context, labels). */}}
{{- define "flashpoint-operator.labelsAnd" -}}
{{- $labels := include "flashpoint-operator.labels" (index . 0) | fromYaml -}}
{{- range $key, $value := index . 1 -}}
{{- $_ := set $labels $key $value -}}
{{- end -}}
{{- toYaml $labels -}}
{{- end -}}

{{- define "flashpoint-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "flashpoint-operator.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* A digest wins over the tag: it is the stronger of the two. */}}
{{- define "flashpoint-operator.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (default $.Chart.AppVersion .tag) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What the operator may do in each namespace that it watches; nothing beyond what a sync uses. */}}
{{- define "flashpoint-operator.watchRules" -}}
- apiGroups: [flashpoint-operator.dev]
  resources: [flashpointfeeds]
  verbs: [get, list, watch]
- apiGroups: [flashpoint-operator.dev]
  resources: [flashpointfeeds/status]
  verbs: [patch]
# Where OwnerReferencesPermissionEnforcement is on (OpenShift), giving a ledger to a feed made anew takes the right to delete it.
- apiGroups: [flashpoint-operator.dev]
  resources: [flashpointledgers]
  verbs: [get, create, update, delete]
- apiGroups: [""]
  resources: [secrets]
  verbs: [get]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{/* Whether several replicas need a leader. */}}
{{- define "flashpoint-operator.leaderElect" -}}
{{- if gt (int .Values.replicaCount) 1 -}}true{{- end -}}
{{- end -}}

{{/*
Where Flashpoint's API is. The addresses of v4, which were once values of the chart and may be kept by `--reuse-values`, are none of
Ignite's.
*/}}
{{- define "flashpoint-operator.flashpointUrl" -}}
{{- $v4 := "https://docs.fp.tools" -}}
{{- $url := .Values.flashpoint.url -}}
{{- if ne .Values.flashpoint.api "ignite" -}}
{{- default $v4 $url -}}
{{- else -}}
{{- eq (trimSuffix "/" $url) $v4 | ternary "" $url | default "https://api.flashpoint.io" -}}
{{- end -}}
{{- end -}}

{{- define "flashpoint-operator.flashpointPath" -}}
{{- $v4 := "/api/v4/reports/" -}}
{{- $path := .Values.flashpoint.path -}}
{{- if ne .Values.flashpoint.api "ignite" -}}
{{- default $v4 $path -}}
{{- else -}}
{{- eq $path $v4 | ternary "" $path | default "/finished-intelligence/v1/reports" -}}
{{- end -}}
{{- end -}}

{{/* The value of the label `release`, which the ServiceMonitor gives the series of this release. */}}
{{- define "flashpoint-operator.seriesRelease" -}}
{{- printf "%s/%s" .Release.Namespace (include "flashpoint-operator.fullname" .) -}}
{{- end -}}

{{/* The matchers by which the alerts take the series of this release, and of no other. */}}
{{- define "flashpoint-operator.seriesSelector" -}}
{{- if .Values.prometheusRule.selector -}}
{{- .Values.prometheusRule.selector -}}
{{- else if .Values.metrics.serviceMonitor.enabled -}}
{{- printf "release=%q" (include "flashpoint-operator.seriesRelease" .) -}}
{{- end -}}
{{- end -}}

{{/*
The label of each alert: to Alertmanager alerts of the same labels are one. A selector is part of it, since releases of one name in two
clusters may be told apart by it alone.
*/}}
{{- define "flashpoint-operator.alertRelease" -}}
{{- include "flashpoint-operator.seriesRelease" . -}}
{{- with .Values.prometheusRule.selector -}}
{{- printf "{%s}" . -}}
{{- end -}}
{{- end -}}

{{/* The text of an alert, for (context, text), with what files/alerts.yaml leaves to the release. */}}
{{- define "flashpoint-operator.filledAlert" -}}
{{- $context := index . 0 -}}
{{- $days := $context.Values.prometheusRule.nothingSubmittedDays | int | toString -}}
{{- $text := index . 1 | replace "__namespace__" $context.Release.Namespace | replace "__days__" $days -}}
{{- $text = $text | replace "__fullname__" (include "flashpoint-operator.fullname" $context) -}}
{{- /* A selector without matchers of the release begins with a comma, or is empty. */ -}}
{{- $text = $text | replace "__release__" (include "flashpoint-operator.seriesSelector" $context) | replace "{," "{" | replace "{}" "" -}}
{{- $text | replace "__own__" (include "flashpoint-operator.alertRelease" $context | printf "release=%q") -}}
{{- end -}}

{{/* The keys of a Secret for a destination of this kind, as JSON. */}}
{{- define "flashpoint-operator.keys" -}}
{{- get (dict "trustar" (list "trustar-api-key" "trustar-api-secret") "taxii" (list "taxii-token") "misp" (list "misp-auth-key")) . | toJson -}}
{{- end -}}

{{/* The Secrets that the feeds of the values need, each with its namespace, name and keys, as JSON. */}}
{{- define "flashpoint-operator.feedSecrets" -}}
{{- $secrets := dict -}}
{{- range .Values.feeds -}}
{{- $kind := keys (default (dict "trustar" true) .spec.destination) | first -}}
{{- $place := get (default dict .spec.destination) $kind | default dict -}}
{{- $own := .spec.secretRef.name -}}
{{- $other := dig "secretRef" "name" $own $place -}}
{{- $namespace := default $.Release.Namespace .namespace -}}
{{- range list (list $own (list "flashpoint-api-key")) (list $other (include "flashpoint-operator.keys" $kind | fromJsonArray)) -}}
{{- $path := printf "%s/%s" $namespace (first .) -}}
{{- $known := get $secrets $path | default (dict "namespace" $namespace "name" (first .) "keys" list) -}}
{{- $_ := set $secrets $path (set $known "keys" (concat $known.keys (last .) | uniq)) -}}
{{- end -}}
{{- end -}}
{{- $list := list -}}
{{- range $_, $secret := $secrets -}}
{{- $list = append $list $secret -}}
{{- end -}}
{{- toJson $list -}}
{{- end -}}

{{/* Refuses what the schema cannot see: settings that contradict each other. */}}
{{- define "flashpoint-operator.validate" -}}
{{- if and .Values.customCA.configMap .Values.customCA.secret -}}
{{- fail "customCA: name a configMap or a secret, not both" -}}
{{- end -}}
{{- with .Values.proxy -}}
{{- /* Not in the schema, whose refusal repeats the value: it may hold a password. */ -}}
{{- range $scheme := list "https" "http" -}}
{{- if not (regexMatch "^(https?://[^/?#\\s]+/?)?$" (get $.Values.proxy $scheme)) -}}
{{- fail (printf "proxy.%s: write http://HOST:PORT, and the user name and password in proxy.existingSecret, percent-encoded" $scheme) -}}
{{- end -}}
{{- end -}}
{{- if .existingSecret -}}
{{- if not (or .https .http) -}}
{{- fail "proxy.existingSecret: it has the credentials of no proxy: set proxy.https or proxy.http to its address" -}}
{{- else if contains "@" (print .https .http) -}}
{{- fail "proxy: the user name and password are in the address or in existingSecret, not in both" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $known := dict -}}
{{- range .Values.feeds -}}
{{- $namespace := default $.Release.Namespace .namespace -}}
{{- $path := printf "%s/%s" $namespace .name -}}
{{- if hasKey $known $path -}}
{{- fail (printf "feeds: %s stands there twice" $path) -}}
{{- end -}}
{{- $_ := set $known $path true -}}
{{- range $kind, $place := default dict .spec.destination -}}
{{- if has $kind (list "taxii" "misp") -}}
{{- $server := dig "server" "" (default dict $place) -}}
{{- if not (hasKey (get $.Values.destinations $kind) $server) -}}
{{- fail (printf "feeds: %s goes to the server %q, which has no address: add it to destinations.%s" $path $server $kind) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $.Values.watchNamespaces (not (has $namespace $.Values.watchNamespaces)) -}}
{{- fail (printf "feeds: the operator would not see %s in namespace %s: add the namespace to watchNamespaces" .name $namespace) -}}
{{- end -}}
{{- end -}}
{{- end -}}
