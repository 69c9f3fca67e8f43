{{/* --name=value, quoted for YAML. A list becomes one value; a number keeps its digits. Empty: nothing. */}}
{{- define "operator.flag" -}}
{{- $value := .value -}}
{{- if kindIs "slice" $value }}{{ $value = join "," $value }}{{ end -}}
{{- if not (kindIs "string" $value) }}{{ $value = toJson $value }}{{ end -}}
{{- if $value }}
- {{ printf "--%s=%s" .name $value | quote }}
{{- end -}}
{{- end }}

{{/* The command line: the chart's own decisions, then `config`, then extraArgs, of which the last wins. */}}
{{- define "operator.args" -}}
{{- $election := .Values.leaderElection -}}
{{- if $election.enabled }}
- --leader-elect
{{- include "operator.flag" (dict "name" "lease-name" "value" (include "operator.fullname" .)) }}
{{- include "operator.flag" (dict "name" "lease-duration" "value" $election.leaseDuration) }}
{{- include "operator.flag" (dict "name" "renew-deadline" "value" $election.renewDeadline) }}
{{- include "operator.flag" (dict "name" "retry-period" "value" $election.retryPeriod) }}
{{- end }}
{{- include "operator.flag" (dict "name" "namespaces" "value" .Values.watchNamespaces) }}
{{- include "operator.flag" (dict "name" "shard" "value" .Values.shard.name) }}
{{- if gt (int .Values.shard.count) 1 }}
{{- include "operator.flag" (dict "name" "shard-count" "value" .Values.shard.count) }}
{{- end }}
{{- with .Values.credentials }}
{{- if or .rrsa.enabled .rrsaManual.enabled }}
{{- /* A pod that the webhook missed then says so at its start. */}}
- --credentials=rrsa
{{- else if and .existingSecret.name (not .existingSecret.optional) }}
- --credentials=access-key
{{- end }}
{{- end }}
{{- with .Values.page }}
{{- if .enabled }}
{{- include "operator.flag" (dict "name" "page-address" "value" (printf ":%d" (int .port))) }}
{{- include "operator.flag" (dict "name" "page-namespaces" "value" .namespaces) }}
{{- end }}
{{- end }}
{{- range $name, $value := .Values.config }}
{{- include "operator.flag" (dict "name" (kebabcase $name) "value" $value) }}
{{- end }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The variables that the chart sets. */}}
{{- define "operator.env" -}}
{{- $secret := .Values.credentials.existingSecret }}
{{- if $secret.name }}
- name: ALIBABA_CLOUD_ACCESS_KEY_ID
  valueFrom:
    secretKeyRef: {name: {{ toYaml $secret.name }}, key: accessKeyID, optional: {{ $secret.optional }}}
- name: ALIBABA_CLOUD_ACCESS_KEY_SECRET
  valueFrom:
    secretKeyRef: {name: {{ toYaml $secret.name }}, key: accessKeySecret, optional: {{ $secret.optional }}}
- name: ALIBABA_CLOUD_SECURITY_TOKEN
  valueFrom:
    secretKeyRef: {name: {{ toYaml $secret.name }}, key: securityToken, optional: true}
{{- end }}
{{- with .Values.credentials.rrsaManual }}
{{- if .enabled }}
- name: ALIBABA_CLOUD_ROLE_ARN
  value: {{ .roleARN | quote }}
- name: ALIBABA_CLOUD_OIDC_PROVIDER_ARN
  value: {{ .oidcProviderARN | quote }}
- name: ALIBABA_CLOUD_OIDC_TOKEN_FILE
  value: /var/run/secrets/rrsa/token
{{- end }}
{{- end }}
{{- with .Values.shard.redisSecret }}
{{- if .name }}
- name: EDGETRANSCODE_REDIS_URL
  valueFrom:
    secretKeyRef: {name: {{ toYaml .name }}, key: {{ .key | quote }}}
{{- end }}
{{- end }}
{{- with .Values.extraCA }}
{{- if .configMap }}
- name: NODE_EXTRA_CA_CERTS
  value: /etc/extra-ca/ca.crt
{{- end }}
{{- end }}
{{- end }}

{{- define "operator.volumeMounts" -}}
{{- if .Values.credentials.rrsaManual.enabled }}
- {name: rrsa-token, mountPath: /var/run/secrets/rrsa, readOnly: true}
{{- end }}
{{- if .Values.extraCA.configMap }}
- {name: extra-ca, mountPath: /etc/extra-ca, readOnly: true}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "operator.volumes" -}}
{{- if .Values.credentials.rrsaManual.enabled }}
- name: rrsa-token
  projected:
    sources:
      - serviceAccountToken: {audience: sts.aliyuncs.com, expirationSeconds: 3600, path: token}
{{- end }}
{{- with .Values.extraCA }}
{{- if .configMap }}
- name: extra-ca
  configMap:
    name: {{ toYaml .configMap }}
    items: [{key: {{ .key | quote }}, path: ca.crt}]
{{- end }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
