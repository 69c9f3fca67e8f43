import { expect } from 'chai';
import { ClusterCandidates } from '../../../../src/companion/completion/candidates.ts';
import { anObject, JOBS, Served } from './served.ts';

describe('the completion of kubectl etj before an API server', () => {
  let served: Served;
  beforeEach(async () => {
    served = await Served.started();
    const credentialsRef = { name: 'key' };
    served.holding(anObject('two', { credentialsRef }), anObject('one', { credentialsRef }));
  });
  afterEach(() => served[Symbol.asyncDispose]());

  async function completed(...words: string[]): Promise<string[]> {
    const { code, stdout, stderr } = await served.run('__complete', ...words);
    expect([code, stderr]).to.deep.equal([0, '']);
    return stdout.trimEnd().split('\n');
  }

  it('finds objects and Secrets, each once', async () => {
    expect(await completed('refresh', '')).to.deep.equal(['one', 'two', ':4']);
    expect(await completed('refresh', '--all', '')).to.deep.equal([':4']);
    expect(await completed('doctor', '--secret', '')).to.deep.equal(['key', ':4']);
  });

  it('finds contexts, also where the kubeconfig is empty', async () => {
    expect(await completed('status', '--kubeconfig=', '--context', '')).to.deep.equal(['x', ':4']);
  });

  it('finds nothing, and says nothing, when the cluster refuses', async () => {
    served.on(JOBS, { code: 403 });
    expect(await completed('refresh', '')).to.deep.equal([':4']);
    expect(await completed('status', '-n', '')).to.deep.equal([':4']);
    expect(await completed('refresh', '--context=none', '')).to.deep.equal([':4']);
  });

  it('does not wait for a cluster that is silent', async () => {
    served.on(JOBS, 'silence');
    const candidates = new ClusterCandidates(served.environment, 'test', 1);
    const line = { options: new Map<string, string>(), args: [], isOver: false };
    expect(await candidates.argument('refresh', line)).to.deep.equal([]);
  });
});
