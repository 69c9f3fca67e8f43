import { expect } from 'chai';
import { objectName } from '../../../../src/companion/import-plan.ts';
import { CLUSTER_ID } from '../../kit/samples/a-job.ts';
import { JOBS, type Request, Served } from './served.ts';

const LIST = 'ListEdgeTranscodeJob';
const SECRET = '/api/v1/namespaces/media/secrets/key';

describe('kubectl etj import before its servers', () => {
  let served: Served;
  beforeEach(async () => {
    served = await Served.started();
    served.holding().on(SECRET, secretOf({})).on(LIST, page(3, 3));
  });
  afterEach(() => served[Symbol.asyncDispose]());

  const imported = (...args: string[]) =>
    served.run('import', CLUSTER_ID, '--secret=key', `--endpoint=${served.url}`, ...args);

  it('reads all pages of the list', async () => {
    served.on(LIST, ({ query }) =>
      page(250, Math.min(100, 250 - (Number(query.get('PageNo')) - 1) * 100))({ query }),
    );
    const { code, stdout, stderr } = await imported('-o=name');
    expect(stdout.trimEnd().split('\n')).to.have.lengthOf(250);
    expect(stderr).to.contain('250 jobs in cluster');
    expect([code, served.count(LIST)]).to.deep.equal([0, 3]);
  });

  it('ends at an empty page, whatever total the cloud gives', async () => {
    served.on(LIST, ({ query }) => page(100_000, query.get('PageNo') === '1' ? 100 : 0)({ query }));
    const { code } = await imported('-o=name');
    expect([code, served.count(LIST)]).to.deep.equal([0, 2]);
  });

  it('prints names that other commands of kubectl take', async () => {
    served.on(LIST, page(1, 1));
    expect((await imported('-o=name')).stdout).to.equal(
      `edgetranscodejob.edgetranscode.live/${objectName('job 1-0', CLUSTER_ID, idOf(1, 0))}\n`,
    );
  });

  it('creates the objects that it would print, and does not mind those that exist', async () => {
    const { items } = JSON.parse((await imported('-o=json')).stdout);
    expect(served.created).to.deep.equal([]);
    let created = 0;
    served.on(`POST ${JOBS}`, () => {
      created += 1;
      return created === 2 ? { code: 409, body: { reason: 'AlreadyExists' } } : { body: {} };
    });
    const { code, stdout } = await imported('--apply');
    expect(served.created).to.deep.equal(items);
    expect(stdout.match(/ (created|exists)$/gm)).to.deep.equal([' created', ' exists', ' created']);
    expect(code).to.equal(0);
  });

  it('takes no other conflict for an object that exists', async () => {
    served.on(`POST ${JOBS}`, { code: 409, body: { reason: 'Conflict' } });
    const { code, stdout, stderr } = await imported('--apply');
    expect(stderr).to.contain(
      'the API server refuses to create edgetranscodejobs in namespace media: Conflict',
    );
    expect([code, stdout]).to.deep.equal([2, '']);
  });

  it('stops at the first object that it may not create', async () => {
    served.on(`POST ${JOBS}`, { code: 403 });
    const { code, stderr } = await imported('--apply');
    expect(stderr).to.contain('you may not create edgetranscodejobs');
    expect([code, served.created.length]).to.deep.equal([2, 1]);
  });

  it('does not call an endpoint that only the Secret names', async () => {
    for (const endpoint of [
      served.url,
      'https://live.example.invalid',
      'http://live.aliyuncs.com',
      'https://aliyuncs.com',
    ]) {
      served.on(SECRET, secretOf({ endpoint }));
      const { code, stderr } = await served.run('import', CLUSTER_ID, '--secret=key');
      expect(stderr, endpoint)
        .to.contain("which is not the cloud's own")
        .and.contain(`--endpoint=${endpoint}`);
      expect(code).to.equal(2);
    }
    expect(served.count(LIST)).to.equal(0);
    expect((await imported('-o=name')).code).to.equal(0);
  });

  it('lists with the session of the role that the Secret names', async () => {
    served.on(SECRET, secretOf({ roleARN: 'acs:ram::1234567890123456:role/reader' }));
    const refused = await imported(`--sts-endpoint=${served.url}`);
    expect([refused.code, served.count('AssumeRole'), served.count(LIST)]).to.deep.equal([2, 1, 0]);
  });
});

function secretOf(more: Readonly<Record<string, string>>) {
  const fields = { accessKeyID: 'id', accessKeySecret: 'key', ...more };
  const data = Object.fromEntries(
    Object.entries(fields).map(([name, text]) => [name, Buffer.from(text).toString('base64')]),
  );
  return { body: { data } };
}

function idOf(pageNo: number, index: number): string {
  return `${pageNo}`.padStart(16, '0') + `${index}`.padStart(16, '0');
}

/** Answers a page of `count` jobs. */
function page(total: number, count: number) {
  return ({ query }: Pick<Request, 'query'>) => {
    const pageNo = Number(query.get('PageNo'));
    const Job = Array.from({ length: count }, (_, index) => ({
      JobId: idOf(pageNo, index),
      Name: `job ${pageNo}-${index}`,
    }));
    return { body: { TotalCount: total, JobList: { Job } } };
  };
}
