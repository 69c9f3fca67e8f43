import { expect } from 'chai';
import { copyOf } from '../../../../src/base/foreign-text.ts';
import { mapJob } from '../../../../src/cloud/client/map-response.ts';
import { credentialOfSecret } from '../../../../src/credentials/secret-credential.ts';
import { decodeJob } from '../../../../src/kube/informer/decode.ts';
import { heapInUse, MEASURING_MS } from '../../kit/heap.ts';

const LONG = 200_000;
const ITEMS = 50;

/** What one item may hold: a tenth of the text that it was cut from. */
const MOST_BYTES = LONG / 10;

/** What foreign texts are cut, and what is made of them. Each number gives another text. */
const CUT: Readonly<Record<string, (number: number) => unknown>> = {
  'a refresh token': (number) =>
    decodeJob({
      metadata: {
        namespace: 'media',
        name: `job-${number}`,
        uid: `uid-${number}`,
        resourceVersion: '1',
        annotations: { 'edgetranscode.live/requested-at': foreign(`${number}`) },
      },
      spec: { clusterID: 'cluster', jobID: 'job' },
    }),
  'a field of an answer': (number) => mapJob({ JobId: `job-${number}`, Name: foreign(`${number}`) }),
  'the key of a Secret': (number) =>
    credentialOfSecret(
      { namespace: 'media', name: `key-${number}` },
      {
        accessKeyID: `LTAI5tNoSuchKey${number}${foreign(' ')}`.replaceAll('x', ' '),
        accessKeySecret: 'made-up',
      },
      { allowedEndpoints: ['*'], allowInsecure: false },
    ),
};

describe('copyOf', () => {
  it('returns the same text', () => {
    for (const text of ['', 'a', 'ü', '直播', '😀'.repeat(100)]) expect(copyOf(text)).to.equal(text);
  });

  it('replaces half of a surrogate pair', () => {
    expect(copyOf('😀'.slice(0, 1))).to.equal('\ufffd');
  });

  for (const [name, make] of Object.entries(CUT))
    it(`keeps ${name} from holding the long text that it was cut from`, async function () {
      this.timeout(MEASURING_MS);
      make(0);
      const before = await heapInUse();
      const made = Array.from({ length: ITEMS }, (_, number) => make(number));
      const each = ((await heapInUse()) - before) / ITEMS;
      expect(made).to.have.lengthOf(ITEMS);
      expect(each).to.be.below(MOST_BYTES);
    });
});

/** A long text as `JSON.parse` makes it: in one piece. */
function foreign(start: string): string {
  return JSON.parse(JSON.stringify(start + 'x'.repeat(LONG))) as string;
}
