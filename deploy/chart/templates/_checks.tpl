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

{{- include "operator.checkDurations" . -}}
{{- include "operator.checkEndpoints" . -}}
{{- include "operator.checkDisruptionBudget" . -}}

{{- if and .Values.serviceMonitor.enabled .Values.podMonitor.enabled -}}
{{- fail "serviceMonitor and podMonitor together scrape every series twice; switch one of them off" -}}
{{- end -}}

{{- with .Values.page -}}
{{- if and .ingress.enabled (not .enabled) -}}
{{- fail "page.ingress leads to the status page, which is off; set page.enabled=true" -}}
{{- end -}}
{{- if and .ingress.enabled (not .ingress.readersLogIn) -}}
{{- fail "page.ingress would show the status page, which has no login, to everybody who reaches its address; put a login before it, and say so by page.ingress.readersLogIn=true" -}}
{{- end -}}
{{- if and .ingress.enabled (not .ingress.host) -}}
{{- fail "page.ingress needs the host name of the page; set page.ingress.host" -}}
{{- end -}}
{{- if and .ingress.enabled $.Values.networkPolicy.enabled (not .readerNamespaces) -}}
{{- fail "page.ingress leads to the status page, which the NetworkPolicy lets no namespace reach; set page.readerNamespaces to that of your ingress controller, or networkPolicy.enabled=false" -}}
{{- end -}}
{{- if and .enabled (eq (int .port) 8080) -}}
{{- fail "page.port is 8080, the port of metrics and probes; set another one" -}}
{{- end -}}
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
{{- /* A user removes a value by null. */}}
{{- $least := ternary "" (toString $budget.minAvailable) (kindIs "invalid" $budget.minAvailable) -}}
{{- $most := ternary "" (toString $budget.maxUnavailable) (kindIs "invalid" $budget.maxUnavailable) -}}
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

{{/* The operator ends at its start with a duration beyond its bounds, or with durations in the wrong order. */}}
{{- define "operator.checkDurations" -}}
{{- $texts := dict -}}
{{- $lengths := dict -}}
{{- range $path, $option := include "operator.durations" . | fromYaml -}}
{{- $parts := splitList "." $path -}}
{{- $section := index $.Values (first $parts) | default dict -}}
{{- $text := get $section (last $parts) | default $option.default -}}
{{- $length := include "operator.nanoseconds" $text | int64 -}}
{{- $least := include "operator.nanoseconds" $option.least | int64 -}}
{{- $most := include "operator.nanoseconds" $option.most | int64 -}}
{{- if or (lt $length $least) (gt $length $most) -}}
{{- fail (printf "%s is %s, and the operator takes %s to %s" $path $text $option.least $option.most) -}}
{{- end -}}
{{- $_ := set $texts $path $text -}}
{{- $_ := set $lengths $path $length -}}
{{- end -}}
{{- if lt (get $lengths "config.interval") (get $lengths "config.minInterval") -}}
{{- fail (printf "config.interval is %s, below config.minInterval, which is %s; raise the first or lower the second" (get $texts "config.interval") (get $texts "config.minInterval")) -}}
{{- end -}}
{{- $ascending := list "leaderElection.retryPeriod" "leaderElection.renewDeadline" "leaderElection.leaseDuration" -}}
{{- range $index, $shorter := initial $ascending -}}
{{- $longer := index $ascending (add1 $index) -}}
{{- if ge (get $lengths $shorter) (get $lengths $longer) -}}
{{- fail (printf "%s is %s, not below %s, which is %s; lower the first or raise the second" $shorter (get $texts $shorter) $longer (get $texts $longer)) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/*
A duration as a number. The library of templates parses one only to change a date by it. The schema allows no
duration that is too long for that.
*/}}
{{- define "operator.nanoseconds" -}}
{{- $epoch := toDate "2006-01-02" "1970-01-01" -}}
{{- ((mustDateModify . $epoch).Sub $epoch).Nanoseconds -}}
{{- end }}

{{/* Requests over plain HTTP may not leave the pod unless the user says so. */}}
{{- define "operator.checkEndpoints" -}}
{{- $config := .Values.config | default dict -}}
{{- range list "endpoint" "stsEndpoint" -}}
{{- $endpoint := get $config . | default "" -}}
{{- $isLoopback := regexMatch "^http://(localhost|127([.][0-9]+){3})(:[0-9]+)?/?$" $endpoint -}}
{{- if and (hasPrefix "http://" $endpoint) (not $isLoopback) (not $config.insecureEndpoint) -}}
{{- fail (printf "config.%s is plain HTTP to another host; use https, or set config.insecureEndpoint=true if you must" .) -}}
{{- end -}}
{{- end -}}
{{- end }}
