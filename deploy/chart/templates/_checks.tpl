{{/* Refuses values that contradict each other: what is wrong, and what to set instead. */}}
{{- define "operator.checks" -}}
{{- $replicas := int .Values.replicaCount -}}
{{- if and (gt $replicas 1) (not .Values.leaderElection.enabled) -}}
{{- fail "replicaCount is more than 1 without leader election, so every replica would spend the quota; set leaderElection.enabled=true or replicaCount=1" -}}
{{- end -}}

{{- $credentials := .Values.credentials -}}
{{- $sources := list -}}
{{- if $credentials.rrsa.enabled }}{{ $sources = append $sources "rrsa" }}{{ end -}}
{{- if $credentials.rrsaManual.enabled }}{{ $sources = append $sources "rrsaManual" }}{{ end -}}
{{- if $credentials.existingSecret.name }}{{ $sources = append $sources "existingSecret" }}{{ end -}}
{{- if gt (len $sources) 1 -}}
{{- fail (printf "credentials has %s together, and the operator uses one; switch on one of them" (join " and " $sources)) -}}
{{- end -}}
{{- if and $credentials.rrsa.enabled .Values.serviceAccount.create (not $credentials.rrsa.roleName) -}}
{{- fail "credentials.rrsa.enabled needs the name of the RAM role; set credentials.rrsa.roleName" -}}
{{- end -}}
{{- with $credentials.rrsaManual -}}
{{- if and .enabled (not (and .roleARN .oidcProviderARN)) -}}
{{- fail "credentials.rrsaManual.enabled needs the ARNs of role and provider; set credentials.rrsaManual.roleARN and oidcProviderARN" -}}
{{- end -}}
{{- end -}}

{{- if and .Values.shard.redisSecret.name (lt (int .Values.shard.count) 2) -}}
{{- fail "shard.redisSecret shares budgets among operators, and shard.count is 1; set shard.count to their number" -}}
{{- end -}}

{{- include "operator.checkDisruptionBudget" . -}}

{{- if and .Values.serviceMonitor.enabled .Values.podMonitor.enabled -}}
{{- fail "serviceMonitor and podMonitor together scrape every series twice; switch one of them off" -}}
{{- end -}}

{{- $set := include "operator.env" . | fromYamlArray -}}
{{- range $extra := .Values.extraEnv -}}
{{- range $set -}}
{{- if eq .name $extra.name -}}
{{- fail (printf "extraEnv has %s, which the chart sets already; remove it there, or the value that makes the chart set it" .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* A budget that never lets a pod go stops the drain of its node. */}}
{{- define "operator.checkDisruptionBudget" -}}
{{- $budget := .Values.podDisruptionBudget -}}
{{- $least := toString $budget.minAvailable -}}
{{- $most := toString $budget.maxUnavailable -}}
{{- if $budget.enabled -}}
{{- if and $least $most -}}
{{- fail "podDisruptionBudget has minAvailable and maxUnavailable, and Kubernetes takes one; remove one" -}}
{{- end -}}
{{- /* Percentages of minAvailable are rounded up, so only 0 % of few replicas lets one go. */}}
{{- $kept := int $least -}}
{{- if hasSuffix "%" $least -}}
{{- $kept = divf (mulf (trimSuffix "%" $least) .Values.replicaCount) 100 | ceil | int -}}
{{- end -}}
{{- if or (has $most (list "0" "0%")) (and $least (ge $kept (int .Values.replicaCount))) -}}
{{- fail "podDisruptionBudget lets no pod go, so no node with a replica could be drained; set maxUnavailable=1" -}}
{{- end -}}
{{- end -}}
{{- end }}
