// CRDs of other projects, from their Go modules of pinned versions. Nothing is built.

import { join } from 'node:path';
import { type GoModule, goModule } from '../builds/go-module.ts';

const PROMETHEUS_OPERATOR: GoModule = {
  path: 'github.com/prometheus-operator/prometheus-operator',
  version: 'v0.85.0',
  sum: 'h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=',
};
const KUSTOMIZE_CONTROLLER: GoModule = {
  path: 'github.com/fluxcd/kustomize-controller',
  version: 'v1.9.6',
  sum: 'h1:XB+G3A0mky0j5uVHZWv4oSlS2RvZBoNIUhstIvY0JKE=',
};

/**
 * Returns the paths of the CRDs with these plural names, such as `servicemonitors`. Rejects with
 * MissingToolError when there is no Go to fetch the module with.
 */
export async function monitoringCrds(plurals: readonly string[]): Promise<string[]> {
  const folder = join(await goModule(PROMETHEUS_OPERATOR), 'example/prometheus-operator-crd');
  return plurals.map((plural) => join(folder, `monitoring.coreos.com_${plural}.yaml`));
}

/** Returns the path of the CRD of Flux's Kustomization. Rejects as `monitoringCrds` does. */
export async function kustomizationCrd(): Promise<string> {
  const folder = join(await goModule(KUSTOMIZE_CONTROLLER), 'config/crd/bases');
  return join(folder, 'kustomize.toolkit.fluxcd.io_kustomizations.yaml');
}
