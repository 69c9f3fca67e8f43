/**
 * Every address outside the repository that a page links to. Nothing here calls them: look at each of them
 * before a release.
 */
export const EXTERNAL_LINKS: readonly string[] = [
  'https://github.com/AliyunContainerService/ack-ram-tool',
  'https://help.aliyun.com/en/prometheus/use-cases/use-prometheusrule-to-create-prometheus-alert-rules',
  'https://krew.sigs.k8s.io',
  'https://www.alibabacloud.com/help/en/arms/prometheus-monitoring/custom-collection-through-servicemonitor',
  'https://www.alibabacloud.com/help/en/sls/create-and-use-an-event-center',
];
