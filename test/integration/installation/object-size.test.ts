/**
 * The shipped admission policy and the documented quota on a real API server: what is too large or too much
 * is refused with a message that says what to do, and nothing else is.
 */
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { SHARD_LABEL } from '../../../src/api/edge-transcode-job.ts';
import { manifestsIn } from '../../guards/deploy/manifests.ts';
import { type ControlPlane, startControlPlane } from '../../world/control-plane/control-plane.ts';
import type { KubectlResult } from '../../world/control-plane/kubectl.ts';
import { applyCrd, CONTROL_PLANE_WITHIN_MS, shipped, succeeding, writeStatus } from '../support/shipped.ts';

/** The API server enforces a policy a moment after it is there. */
const ENFORCED_WITHIN_MS = 60_000;

const SPEC = { clusterID: 'c', jobID: 'j' };

type Metadata = Readonly<Record<string, unknown>>;

function texts(count: number, prefix = 'n'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

function labels(count: number): Metadata {
  return { labels: Object.fromEntries(texts(count).map((name) => [name, 'v'.repeat(63)])) };
}

function annotations(count: number, length: number): Metadata {
  return { annotations: Object.fromEntries(texts(count).map((name) => [name, 'v'.repeat(length)])) };
}

function finalizers(count: number): Metadata {
  return { finalizers: texts(count, 'example.com/f') };
}

function owners(count: number, name = 'o'): Metadata {
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name };
  return { ownerReferences: texts(count).map((uid) => ({ ...owner, uid })) };
}

const ACCEPTED: Readonly<Record<string, Metadata>> = {
  'no metadata but a name': {},
  '64 labels': labels(64),
  'the label of a shard': { labels: { [SHARD_LABEL]: 'sports' } },
  'an annotation of 32,000 characters': annotations(1, 32_000),
  '64 annotations': annotations(64, 1),
  '16 finalizers': finalizers(16),
  '16 owners': owners(16),
};

const REFUSED: Readonly<Record<string, readonly [Metadata, string]>> = {
  'an empty label of a shard, which no operator serves': [
    { labels: { [SHARD_LABEL]: '' } },
    'the label edgetranscode.live/shard is empty; name a shard, or remove the label',
  ],
  '65 labels': [labels(65), 'metadata.labels has more than 64 labels; remove some'],
  '6,000 labels': [labels(6_000), 'metadata.labels has more than 64 labels; remove some'],
  'an annotation of 33,000 characters': [annotations(1, 33_000), 'or 32,768 characters; remove some'],
  '65 annotations': [annotations(65, 1), 'metadata.annotations has more than 64 annotations'],
  '10,000 annotations': [annotations(10_000, 10), 'metadata.annotations has more than 64 annotations'],
  '17 finalizers': [finalizers(17), 'metadata.finalizers has more than 16 finalizers; remove some'],
  '17 owners': [owners(17), 'metadata.ownerReferences has more than 16 owners'],
  'an owner with a name of a megabyte': [
    owners(1, 'x'.repeat(1_000_000)),
    'a text that is too long; remove it',
  ],
};

describe('the shipped admission policy', function () {
  this.timeout(ENFORCED_WITHIN_MS);
  let api: ControlPlane;

  before(async function () {
    this.timeout(CONTROL_PLANE_WITHIN_MS + ENFORCED_WITHIN_MS);
    api = await startControlPlane({ auditLog: false });
    await applyCrd(api);
    await createBefore('old', labels(1_000));
    await createBefore('deleted', { ...labels(1_000), ...finalizers(1) });
    const policy = manifestsIn('deploy').filter(({ kind }) => kind.startsWith('ValidatingAdmission'));
    await succeeding(api, ['apply', '-f', '-'], policy.map((each) => JSON.stringify(each)).join('\n---\n'));
    await enforced();
  });

  after(async () => {
    await api?.stop();
  });

  for (const [title, metadata] of Object.entries(ACCEPTED))
    it(`accepts ${title}`, async () => {
      expect(await tried('new', metadata)).to.include({ code: 0, stderr: '' });
    });

  for (const [title, [metadata, message]] of Object.entries(REFUSED))
    it(`refuses ${title}`, async () => {
      const { code, stderr } = await tried('new', metadata);
      expect(code, stderr).to.equal(1);
      expect(stderr).to.contain(message);
    });

  it('refuses to let an object grow while it is being deleted, and lets it end', async () => {
    await createBefore('small', finalizers(1));
    await succeeding(api, ['delete', 'edgetranscodejob', 'small', '--wait=false']);
    for (const larger of [labels(1_000), annotations(2, 20_000), owners(1, 'x'.repeat(1_000))]) {
      const { code, stderr } = await patched('small', { metadata: larger });
      expect(code, stderr).to.equal(1);
      expect(stderr).to.contain('object-size');
    }
    expect(await patched('small', { metadata: { finalizers: null } })).to.include({ code: 0, stderr: '' });
  });

  describe('an object that was too large before', () => {
    it('still gets its status', async () => {
      await writeStatus(api, 'default', 'old', { observedGeneration: 1, state: 'Running' });
      const state = ['get', 'edgetranscodejob', 'old', '-o', 'jsonpath={.status.state}'];
      expect(await succeeding(api, state)).to.equal('Running');
    });

    it('cannot be changed otherwise until it is smaller', async () => {
      const { code, stderr } = await patched('old', { spec: { suspend: true } });
      expect(code).to.equal(1);
      expect(stderr).to.contain('metadata.labels has more than 64 labels; remove some');
      expect(await patched('old', { metadata: { labels: null }, spec: { suspend: true } })).to.include({
        code: 0,
      });
    });

    it('can be deleted, and its finalizers be removed', async () => {
      await succeeding(api, ['delete', 'edgetranscodejob', 'deleted', '--wait=false']);
      expect(await patched('deleted', { metadata: { finalizers: null } })).to.include({
        code: 0,
        stderr: '',
      });
      expect(await succeeding(api, ['get', 'edgetranscodejobs', '-o', 'name'])).not.to.contain('/deleted');
    });
  });

  describe('the ResourceQuota of docs/security.md', () => {
    const quota = ['resourcequota', 'edgetranscodejobs', '--namespace=media'];

    before(async () => {
      await succeeding(api, ['create', 'namespace', 'media']);
      const page = await readFile(shipped('docs/security.md'), 'utf8');
      const [, yaml] = /```yaml\n(apiVersion: v1\nkind: ResourceQuota[\s\S]*?)```/.exec(page) ?? [];
      await succeeding(api, ['apply', '-f', '-'], yaml);
      // No controller manager runs here, so the test counts in its place: 499 objects.
      const { hard } = JSON.parse(await succeeding(api, ['get', ...quota, '-o', 'json'])).spec;
      const status = { hard, used: { 'count/edgetranscodejobs.edgetranscode.live': '499' } };
      const patch = `--patch=${JSON.stringify({ status })}`;
      await succeeding(api, ['patch', ...quota, '--subresource=status', '--type=merge', patch]);
    });

    it('admits the 500th object of the namespace, and refuses the next one', async () => {
      expect(await created('job-500')).to.include({ code: 0, stderr: '' });
      const { code, stderr } = await created('job-501');
      expect(code).to.equal(1);
      expect(stderr).to.contain('exceeded quota: edgetranscodejobs');
      expect(stderr).to.contain('limited: count/edgetranscodejobs.edgetranscode.live=500');
    });

    function created(name: string): Promise<KubectlResult> {
      return api.kubectlWith({ stdin: manifest(name, { namespace: 'media' }) }, 'create', '-f', '-');
    }
  });

  async function createBefore(name: string, metadata: Metadata): Promise<void> {
    await succeeding(api, ['create', '-f', '-'], manifest(name, metadata));
  }

  function tried(name: string, metadata: Metadata): Promise<KubectlResult> {
    return api.kubectlWith({ stdin: manifest(name, metadata) }, 'create', '--dry-run=server', '-f', '-');
  }

  function patched(name: string, patch: object): Promise<KubectlResult> {
    return api.kubectl('patch', 'edgetranscodejob', name, '--type=merge', `--patch=${JSON.stringify(patch)}`);
  }

  async function enforced(): Promise<void> {
    const deadline = performance.now() + ENFORCED_WITHIN_MS;
    while ((await tried('new', labels(65))).code === 0)
      if (performance.now() > deadline) throw new Error('the policy is not enforced');
  }
});

function manifest(name: string, metadata: Metadata): string {
  const kind = { apiVersion: 'edgetranscode.live/v1alpha1', kind: 'EdgeTranscodeJob' };
  return JSON.stringify({ ...kind, metadata: { namespace: 'default', name, ...metadata }, spec: SPEC });
}
