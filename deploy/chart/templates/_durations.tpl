{{/* What the operator accepts of durations. Made by `npm run chart` of its options. */}}
{{- define "operator.durations" -}}
config.interval: {default: 60s, least: 5s, most: 24h}
config.minInterval: {default: 5s, least: 5s, most: 24h}
leaderElection.leaseDuration: {default: 15s, least: 1s, most: 10m}
leaderElection.renewDeadline: {default: 10s, least: 500ms, most: 10m}
leaderElection.retryPeriod: {default: 2s, least: 100ms, most: 10m}
{{- end }}
