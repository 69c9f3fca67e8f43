import { expect } from 'chai';
import type { Finding } from '../../../../src/companion/doctor/findings.ts';
import { readCrd } from '../../../guards/deploy/manifests.ts';
import { anObject, CRD, JOBS, LEASE, REVIEW, type Reply, type Request, Served } from './served.ts';

describe('kubectl etj doctor before its servers', () => {
  let served: Served;

  beforeEach(async () => {
    served = await Served.started();
    const renewTime = new Date().toISOString();
    served
      .on('/version', { body: { gitVersion: 'v1.37.2' } })
      .on(CRD, { body: await readCrd() })
      .on(REVIEW, allowing('list', 'watch', 'patch', 'create'))
      .on(LEASE, { body: { spec: { holderIdentity: 'pod-1', leaseDurationSeconds: 15, renewTime } } })
      .holding(anObject('one'));
  });

  afterEach(() => served[Symbol.asyncDispose]());

  async function found(...args: string[]) {
    const { code, stdout, stderr } = await served.run('doctor', '-o=json', ...args);
    const { items } = JSON.parse(stdout || '{"items":[]}') as { items: Finding[] };
    return { code, stderr, of: new Map(items.map((each) => [each.check, each])) };
  }

  const verdicts = (of: ReadonlyMap<string, Finding>, ...checks: string[]) =>
    checks.map((check) => of.get(check)?.verdict);

  it('ends with 0 where all is well', async () => {
    const { code, of } = await found();
    expect(of.size).to.equal(11);
    expect(new Set(Array.from(of.values(), ({ verdict }) => verdict))).to.deep.equal(
      new Set(['ok', 'skipped']),
    );
    expect(code).to.equal(0);
  });

  it('ends with 1 when a result is wrong or unknown', async () => {
    served.on(LEASE, { body: { spec: {} } });
    expect((await found()).code).to.equal(1);
    served.on(LEASE, { code: 404 });
    const { code, of } = await found();
    expect([code, ...verdicts(of, 'leader')]).to.deep.equal([1, 'unknown']);
  });

  it('ends with 2 when the API server does not answer the first question', async () => {
    const { code, stderr } = await found('--context=x');
    expect([code, stderr]).to.deep.equal([0, '']);
    served.on('/version', { code: 503 });
    const down = await found();
    expect(down.stderr).to.contain(`the API server ${served.url} does not answer`);
    expect(down.code).to.equal(2);
  });

  it('does not complain of rights that only other commands need', async () => {
    served.on(REVIEW, allowing('list', 'watch')).on(CRD, { code: 403 }).on(LEASE, { code: 403 });
    const viewer = await found('--no-leader');
    expect(verdicts(viewer.of, 'you may patch', 'you may create', 'CRD', 'leader')).to.deep.equal(
      Array(4).fill('skipped'),
    );
    expect(viewer.of.get('you may patch')?.text).to.contain('only refresh needs it');
    expect(viewer.of.get('you may create')?.text).to.contain('only import --apply needs it');
    expect(viewer.code).to.equal(0);
    expect(served.count(LEASE)).to.equal(0);
    // Without the Lease nothing says that an operator runs.
    const asked = await found();
    expect([asked.code, ...verdicts(asked.of, 'leader')]).to.deep.equal([1, 'unknown']);
    expect(asked.of.get('leader')?.text).to.contain('leave it out with --no-leader');
  });

  it('complains of rights without which nothing can be seen', async () => {
    served.on(REVIEW, allowing('patch', 'create')).on(JOBS, { code: 403 });
    const { code, of } = await found();
    expect(verdicts(of, 'you may list', 'you may watch', 'watch', 'objects')).to.deep.equal([
      ...['wrong', 'wrong', 'unknown', 'unknown'],
    ]);
    expect(of.get('watch')?.text).to.contain('not opened');
    expect(code).to.equal(1);
  });

  it('says that the CRD is not there', async () => {
    served.on(CRD, { code: 404 }).on(JOBS, { code: 404 });
    const { code, of } = await found();
    expect(of.get('CRD')?.text).to.contain('kubectl apply -f crds/');
    expect([code, ...verdicts(of, 'CRD', 'objects')]).to.deep.equal([1, 'wrong', 'unknown']);
  });

  it('bears null and other answers that are no objects', async () => {
    for (const body of [null, [], 'text', 7]) {
      served.on('/version', { body }).on(CRD, { body }).on(REVIEW, { body }).on(LEASE, { body });
      const { code, of } = await found();
      expect(of.get('API server')?.text, `${body}`).to.contain('of an unknown version');
      expect(verdicts(of, 'CRD', 'you may list', 'leader'), `${body}`).to.deep.equal(Array(3).fill('wrong'));
      expect(code).to.equal(1);
    }
  });

  it('says that the cloud does not list the jobs of a cluster', async () => {
    const data = { accessKeyID: 'aWQ=', accessKeySecret: 'a2V5' };
    served
      .on('/api/v1/namespaces/media/secrets/key', { body: { data } })
      .on('ListEdgeTranscodeJob', { code: 403, body: { Code: 'Forbidden.RAM', Message: 'no' } });
    const cloud = [`--endpoint=${served.url}`, `--sts-endpoint=${served.url}`];
    const { code, of } = await found('--secret=key', '--cluster=cluster', ...cloud);
    expect([code, ...verdicts(of, 'Live')]).to.deep.equal([1, 'wrong']);
  });

  it('says that a watch is refused', async () => {
    served.on(`${JOBS} watch`, { code: 403 });
    const { code, of } = await found();
    expect(of.get('watch')?.text).to.contain('you may not watch');
    expect([code, ...verdicts(of, 'watch')]).to.deep.equal([1, 'wrong']);
  });
});

/** Answers reviews of one's own rights. */
function allowing(...verbs: readonly string[]): (request: Request) => Reply {
  return ({ body }) => {
    const { spec } = body as { spec: { resourceAttributes: { verb: string } } };
    return { body: { status: { allowed: verbs.includes(spec.resourceAttributes.verb) } } };
  };
}
