// Reading one Secret by its name.

import { expect } from 'chai';
import { TooLargeError } from '../../../../src/kube/client/bounded-body.ts';
import { KubeSecrets } from '../../../../src/kube/client/secrets.ts';
import { refused } from '../../kit/fakes/refused.ts';

const KEYS = ['accessKeyID', 'accessKeySecret', 'endpoint', 'empty'];

function secretsWith(answer: () => Record<string, string>): KubeSecrets {
  return new KubeSecrets({ secretData: async () => answer() });
}

function failing(error: Error): KubeSecrets {
  return secretsWith(() => {
    throw error;
  });
}

describe('reading a Secret', () => {
  it('returns its decoded values of the wanted keys', async () => {
    const data = {
      'tls.key': 'TFRBSQ==',
      accessKeyID: 'TFRBSQ==',
      accessKeySecret: Buffer.from('geheim ü\n').toString('base64'),
      empty: '',
    };
    expect(await secretsWith(() => data).read('media', 'account', KEYS)).to.deep.equal({
      accessKeyID: 'LTAI',
      accessKeySecret: 'geheim ü\n',
      empty: '',
    });
  });

  it('requests that Secret only', async () => {
    const asked: string[] = [];
    const secretData = async (...names: string[]) => {
      asked.push(...names);
      return {};
    };
    await new KubeSecrets({ secretData }).read('media', 'account', KEYS);
    expect(asked).to.deep.equal(['media', 'account']);
  });

  it('distinguishes a missing Secret from a forbidden one', async () => {
    expect(await failing(refused(404)).read('media', 'account', KEYS)).to.equal('missing');
    expect(await failing(refused(403)).read('media', 'account', KEYS)).to.equal('forbidden');
  });

  it('says when a Secret is too large', async () => {
    const error = new TooLargeError('an answer of more than 1 byte');
    expect(await failing(error).read('media', 'account', KEYS)).to.equal('tooLarge');
  });

  it('rejects any other answer, without a word of its body', async () => {
    for (const error of [refused(500, 'CANARY'), refused(401, 'CANARY'), new Error('CANARY')]) {
      const failure = await failing(error)
        .read('media', 'account', KEYS)
        .catch((thrown: Error) => thrown);
      expect(failure).to.be.instanceOf(Error);
      expect(`${(failure as Error).stack}`).not.to.contain('CANARY');
    }
  });
});
