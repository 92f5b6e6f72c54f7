{{/* The port that a URL leads to. */}}
{{- define "flashpoint-operator.port" -}}
{{- $url := urlParse . -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- default (eq $url.scheme "http" | ternary "80" "443") $port -}}
{{- end -}}

{{/* A proxy's URL for (context, URL), with the credentials of proxy.existingSecret, which Kubernetes fills in. */}}
{{- define "flashpoint-operator.proxyUrl" -}}
{{- $values := (index . 0).Values -}}
{{- $url := index . 1 -}}
{{- if $values.proxy.existingSecret -}}
{{- $url = replace "://" "://$(PROXY_USERNAME):$(PROXY_PASSWORD)@" $url -}}
{{- end -}}
{{- $url -}}
{{- end -}}

{{/* The hosts that are called without the proxy, as NO_PROXY says. */}}
{{- define "flashpoint-operator.noProxy" -}}
{{- list .Values.proxy.noProxy "$(KUBERNETES_SERVICE_HOST),.svc,.cluster.local,localhost,127.0.0.1" | compact | join "," -}}
{{- end -}}

{{/*
Whether the URL of (context, URL) is called without a proxy, or may be: an address in digits counts as one that a range of NO_PROXY
covers, since templates can't tell.
*/}}
{{- define "flashpoint-operator.isDirect" -}}
{{- $context := index . 0 -}}
{{- $url := index . 1 | urlParse -}}
{{- if not (get $context.Values.proxy $url.scheme) -}}
true
{{- else -}}
{{- $host := regexReplaceAll ":[0-9]+$" $url.host "" | trimAll "[]" | lower -}}
{{- range splitList "," (include "flashpoint-operator.noProxy" $context) -}}
{{- $entry := trim . | trimPrefix "." | lower -}}
{{- $isRange := and (contains "/" $entry) (regexMatch "^[0-9.]+$|:" $host) -}}
{{- if and $entry (or (eq $entry "*") (eq $host $entry) (hasSuffix (printf ".%s" $entry) $host) $isRange) -}}
true
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The ports of some URLs and further ones, for (URLs, ports), each once. */}}
{{- define "flashpoint-operator.ports" -}}
{{- $ports := list -}}
{{- range index . 0 -}}
{{- $ports = append $ports (include "flashpoint-operator.port" . | int) -}}
{{- end -}}
{{- range index . 1 -}}
{{- $ports = append $ports (int .) -}}
{{- end -}}
{{- toJson (uniq $ports) -}}
{{- end -}}

{{/*
The rules of egress beyond DNS, as JSON: the API server, the proxy, and the services that are called without one. Refused where there is a
proxy for https, and 443 would be open to any address beside it.
*/}}
{{- define "flashpoint-operator.egress" -}}
{{- $policy := .Values.networkPolicy -}}
{{- $proxies := list .Values.proxy.https .Values.proxy.http | compact -}}
{{- $direct := list -}}
{{- range concat (list (include "flashpoint-operator.flashpointUrl" .) .Values.trustar.url) (values .Values.destinations.taxii | sortAlpha) (values .Values.destinations.misp | sortAlpha) -}}
{{- if include "flashpoint-operator.isDirect" (list $ .) -}}
{{- $direct = append $direct . -}}
{{- end -}}
{{- end -}}
{{- $rules := list -}}
{{- range list (list "apiServerTo" (list) $policy.apiServerPorts) (list "proxyTo" $proxies (list)) (list "servicesTo" $direct (list)) -}}
{{- $ports := include "flashpoint-operator.ports" (slice . 1) | fromJsonArray -}}
{{- $peers := get $policy (first .) -}}
{{- if $ports -}}
{{- if and $.Values.proxy.https (not $peers) (has "443" (toStrings $ports)) -}}
{{- $hint := ternary "; `kubectl get endpointslices -n default -l kubernetes.io/service-name=kubernetes` shows them" "" (eq (first .) "apiServerTo") -}}
{{- fail (printf "networkPolicy.%s: behind a proxy, port 443 is not let out to every address: name the peers, such as [{ipBlock: {cidr: 10.0.0.1/32}}]%s" (first .) $hint) -}}
{{- end -}}
{{- $rules = append $rules (dict "ports" $ports "to" $peers) -}}
{{- end -}}
{{- end -}}
{{- toJson $rules -}}
{{- end -}}
