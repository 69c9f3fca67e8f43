/**
 * The CRD on a real API server: the objects that it accepts, those that it refuses with which message, and
 * its defaults.
 */
import { expect } from 'chai';
import type { EdgeTranscodeJob, EdgeTranscodeJobStatus } from '../../../src/api/edge-transcode-job.ts';
import { parseDuration } from '../../../src/base/duration.ts';
import { type ControlPlane, startControlPlane } from '../../world/control-plane/control-plane.ts';
import type { KubectlResult } from '../../world/control-plane/kubectl.ts';
import { ACCEPTED, ACCEPTED_INTERVALS, REFUSED, type SpecChange } from '../support/scenarios/crd-cases.ts';
import {
  applyCrd,
  CONTROL_PLANE_WITHIN_MS,
  jobManifest,
  succeeding,
  writeStatus,
} from '../support/shipped.ts';

const GOOD = { clusterID: '7f3e9c3b-4d18-395c-8106-ff21a6000000', jobID: '5ad420b48fb04483915d4f2cd8ac0000' };

/** An object as the API server gives it. */
interface Stored {
  readonly metadata: {
    readonly generation: number;
    readonly managedFields: readonly { readonly subresource?: string }[];
  };
  readonly spec: EdgeTranscodeJob['spec'];
  readonly status: EdgeTranscodeJobStatus;
}

describe('the CRD on an API server', function () {
  this.timeout(60_000);
  let api: ControlPlane;

  before(async function () {
    this.timeout(CONTROL_PLANE_WITHIN_MS);
    api = await startControlPlane({ auditLog: false });
    await applyCrd(api);
  });

  after(async () => {
    await api?.stop();
  });

  describe('validation', () => {
    const intervals = ACCEPTED_INTERVALS.map((interval): [string, SpecChange] => [
      `the interval ${interval}`,
      { interval },
    ]);
    const accepted = { ...ACCEPTED, ...Object.fromEntries(intervals) };
    const refused = Object.entries(REFUSED).map(([what, { spec }]): [string, SpecChange] => [what, spec]);
    let verdicts: ReadonlyMap<string, string>;

    before(async () => {
      verdicts = await tryAll({ ...accepted, ...Object.fromEntries(refused) });
    });

    for (const what of Object.keys(accepted)) {
      it(`accepts ${what}`, () => {
        expect(verdicts.get(what)).to.equal('accepted');
      });
    }

    for (const [what, { field, says }] of Object.entries(REFUSED)) {
      it(`refuses ${what}, and says what is allowed`, () => {
        expect(verdicts.get(what)).to.contain(field).and.match(says);
      });
    }

    it('accepts no interval that the operator could not parse', () => {
      const read = ACCEPTED_INTERVALS.map((interval) => parseDuration(interval));
      for (const ms of read) expect(ms).to.be.within(5_000, 86_400_000);
    });

    it('refuses a misspelt field', async () => {
      const { code, stderr } = await create(jobManifest('misspelt', { ...GOOD, clusterId: 'c' }));
      expect(code).to.equal(1);
      expect(stderr).to.contain('unknown field "spec.clusterId"');
    });

    it('refuses an object without a spec', async () => {
      const { spec: _, ...rest } = JSON.parse(jobManifest('empty', {}));
      const { stderr } = await create(JSON.stringify(rest));
      expect(stderr).to.contain('spec: Required value');
    });

    /** What the server says to each change of a good object; one call for all, as a call takes long. */
    async function tryAll(changes: Readonly<Record<string, SpecChange>>): Promise<Map<string, string>> {
      const cases = Object.entries(changes);
      const manifests = cases.map(([, change], at) => jobManifest(`case-${at}`, { ...GOOD, ...change }));
      const { stdout, stderr } = await create(manifests.join('\n---\n'));
      return new Map(cases.map(([what], at) => [what, verdictOn(`case-${at}`, stdout, stderr)]));
    }

    function verdictOn(name: string, stdout: string, stderr: string): string {
      const refusal = stderr.split('\n').find((line) => line.includes(`"${name}" is invalid`));
      return refusal ?? (stdout.includes(`/${name} created`) ? 'accepted' : 'no answer');
    }

    function create(manifests: string): Promise<KubectlResult> {
      return api.kubectlWith({ stdin: manifests }, 'create', '--dry-run=server', '-f', '-');
    }
  });

  describe('an object', () => {
    before(async () => {
      await apply('fixed');
    });

    for (const field of ['clusterID', 'jobID'] as const) {
      it(`keeps its ${field}: a change is refused with what to do instead`, async () => {
        const { code, stderr } = await patch('fixed', { spec: { [field]: 'other' } });
        expect(code).to.equal(1);
        expect(stderr).to.contain(
          `spec.${field}: Invalid value: "other": cannot be changed: write ${GOOD[field]} again, or create another object`,
        );
      });

      it(`cannot lose its ${field}`, async () => {
        const { stderr } = await patch('fixed', { spec: { [field]: null } });
        expect(stderr).to.contain(`spec.${field}: Required value`);
      });
    }

    it('can change and remove all its other fields', async () => {
      const others = { regionID: 'cn-beijing', interval: '5s', suspend: true, expectedState: 'NotStarted' };
      const spec = { ...others, credentialsRef: { name: 'other' } };
      expect((await patch('fixed', { spec })).code).to.equal(0);
      const none = Object.fromEntries(Object.keys(spec).map((field) => [field, null]));
      expect((await patch('fixed', { spec: none })).code).to.equal(0);
      expect((await get('fixed')).spec).to.deep.equal(GOOD);
    });

    it('reads as unobserved and of unknown state before any write', async () => {
      await apply('unvisited');
      const { metadata, status } = await get('unvisited');
      expect(status).to.deep.equal({ observedGeneration: -1, state: 'Unknown' });
      expect(metadata.generation).to.equal(1);
      expect(metadata.managedFields.map(({ subresource }) => subresource)).to.deep.equal([undefined]);
    });

    it('ignores a status that a user applies', async () => {
      await apply('forged', { status: { state: 'Running' } });
      expect((await get('forged')).status.state).to.equal('Unknown');
    });

    it('does not change when it is applied again', async () => {
      await apply('again');
      const before = await get('again');
      await apply('again');
      expect(await get('again')).to.deep.equal(before);
    });

    it('accepts every status that the operator writes', async () => {
      await apply('odd');
      const job = { name: 'n'.repeat(100_000), lastStartAt: 'yesterday', type: '\u0007', status: '-7' };
      await writeStatus(api, 'default', 'odd', { observedGeneration: 1, state: 'Unknown', job });
      expect((await get('odd')).status.job).to.deep.equal(job);
    });

    it('keeps its generation when its status is written', async () => {
      await apply('visited');
      await writeStatus(api, 'default', 'visited', { observedGeneration: 1, state: 'Running' });
      const { metadata, status } = await get('visited');
      expect([metadata.generation, status.observedGeneration, status.state]).to.deep.equal([1, 1, 'Running']);
    });

    async function apply(name: string, more: object = {}): Promise<void> {
      const manifest = { ...JSON.parse(jobManifest(name, GOOD)), ...more };
      await succeeding(api, ['apply', '-f', '-'], JSON.stringify(manifest));
    }

    function patch(name: string, change: object): Promise<KubectlResult> {
      return api.kubectl('patch', 'etj', name, '--type=merge', `--patch=${JSON.stringify(change)}`);
    }

    async function get(name: string): Promise<Stored> {
      return JSON.parse(await succeeding(api, ['get', 'etj', name, '-o', 'json', '--show-managed-fields']));
    }
  });
});
