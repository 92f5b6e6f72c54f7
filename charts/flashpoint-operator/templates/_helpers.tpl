{{- define "flashpoint-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "flashpoint-operator.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "flashpoint-operator.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Cluster-scoped names carry the namespace: two releases may share a name in two namespaces. */}}
{{- define "flashpoint-operator.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "flashpoint-operator.fullname" .) -}}
{{- end -}}

{{- define "flashpoint-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "flashpoint-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "flashpoint-operator.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "flashpoint-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: flashpoint-operator
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
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

{{/* The port that a URL leads to. */}}
{{- define "flashpoint-operator.port" -}}
{{- $url := urlParse . -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- default (eq $url.scheme "http" | ternary "80" "443") $port -}}
{{- end -}}

{{/* Refuses what the schema cannot see: settings that contradict each other. */}}
{{- define "flashpoint-operator.validate" -}}
{{- if and .Values.customCA.configMap .Values.customCA.secret -}}
{{- fail "customCA: name a configMap or a secret, not both" -}}
{{- end -}}
{{- range .Values.feeds -}}
{{- $namespace := default $.Release.Namespace .namespace -}}
{{- if and $.Values.watchNamespaces (not (has $namespace $.Values.watchNamespaces)) -}}
{{- fail (printf "feeds: the operator would not see %s in namespace %s: add the namespace to watchNamespaces" .name $namespace) -}}
{{- end -}}
{{- end -}}
{{- end -}}
