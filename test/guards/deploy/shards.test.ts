/**
 * The commands of docs/scaling.md make a shard of the shipped manifests that has nothing in common with the
 * operator that is there but its service account.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type {
  V1Deployment,
  V1NetworkPolicy,
  V1PodDisruptionBudget,
  V1Service,
} from '@kubernetes/client-node';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { leaseNameOf } from '../../../src/api/shard.ts';
import { environmentVariable } from '../../../src/config/read-config.ts';
import { type Manifest, theOnly } from './manifests.ts';

const scaling = readFileSync('docs/scaling.md', 'utf8');
const NAME = 'edge-transcode-job-operator-sports';
const LABELS = { 'app.kubernetes.io/name': NAME };

describe('a shard as docs/scaling.md makes it', () => {
  const expression = /sed '(?<expression>[^']+)' deploy\/4-deployment\.yaml/.exec(scaling)?.groups
    ?.expression;
  const files = ['4-deployment', '5-service', '6-network-policy'].map((name) => `deploy/${name}.yaml`);
  const text = execFileSync('sed', [String(expression), ...files], { encoding: 'utf8' });
  const manifests = parseAllDocuments(text.replaceAll(/^# /gm, '---\n# ')).flatMap(
    (document) => (document.toJS() as Manifest | null) ?? [],
  );
  const deployment = theOnly<V1Deployment>(manifests, 'Deployment');

  it('has names of its own', () => {
    for (const { metadata } of manifests)
      expect(metadata).to.deep.equal({ name: NAME, namespace: 'edge-transcode-system', labels: LABELS });
  });

  it('selects its own pods, and no others', () => {
    const { selector, template } = deployment.spec as NonNullable<V1Deployment['spec']>;
    expect(template.metadata?.labels).to.deep.equal(LABELS);
    expect(selector).to.deep.equal({ matchLabels: LABELS });
    expect(template.spec?.topologySpreadConstraints?.[0]?.labelSelector).to.deep.equal(selector);
    expect(theOnly<V1PodDisruptionBudget>(manifests, 'PodDisruptionBudget').spec).to.deep.equal({
      maxUnavailable: 1,
      selector,
    });
    expect(theOnly<V1Service>(manifests, 'Service').spec?.selector).to.deep.equal(LABELS);
    expect(theOnly<V1NetworkPolicy>(manifests, 'NetworkPolicy').spec?.podSelector).to.deep.equal(selector);
  });

  it('runs the same image under the same service account', () => {
    const pod = deployment.spec?.template.spec;
    expect(pod?.serviceAccountName).to.equal('edge-transcode-job-operator');
    expect(pod?.containers[0]?.image).to.match(/^edge-transcode-job-operator:/);
  });

  it('gets its name from a variable that the operator reads, and may write the Lease of that name', () => {
    expect(scaling).to.contain(`deployment/${NAME} ${environmentVariable('shard')}=sports`);
    const patch = /--patch='(?<patch>[^']*)'/.exec(scaling)?.groups?.patch;
    const value = leaseNameOf('edge-transcode-job-operator', 'sports');
    expect(JSON.parse(String(patch))[0]).to.include({ op: 'add', value });
  });
});
