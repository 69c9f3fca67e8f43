import { expect } from 'chai';
import { explained, Unable } from '../../../src/companion/common/failure.ts';
import { RefusedError } from '../../../src/kube/client/api-error.ts';
import { TooLargeError } from '../../../src/kube/client/bounded-body.ts';

const REQUEST = { what: 'list edgetranscodejobs', namespace: 'media', server: 'https://example' };

describe('why kubectl etj could not do its work', () => {
  const refused = (status: number, reason: string, refusedBy?: string) =>
    new RefusedError({ status, reason, ...(refusedBy && { refusedBy }) });
  const cases: readonly (readonly [string, unknown, string])[] = [
    ['a missing CRD', refused(404, 'NotFound'), 'kubectl apply -f crds/'],
    ['a missing permission', refused(403, 'Forbidden'), 'edge-transcode-job-operator-viewer'],
    ['a policy', refused(403, 'Forbidden', 'webhook guard'), 'webhook guard refused it'],
    ['an expired login', refused(401, 'Unauthorized'), 'log in again'],
    ['an overloaded server', refused(429, 'TooManyRequests'), 'TooManyRequests'],
    ['an object that is too large', new TooLargeError(''), 'is larger than 4 MiB; reduce its labels'],
    ['no network', Object.assign(new Error(), { code: 'ECONNREFUSED' }), 'check the network'],
    [
      'another authority',
      Object.assign(new Error(), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }),
      'certificate-authority',
    ],
    ['an exec plugin', Object.assign(new Error(), { code: 'EXEC_PLUGIN_FAILED' }), 'run it by hand'],
  ];

  for (const [what, error, words] of cases)
    it(`says of ${what} what to do`, () => {
      expect(explained(error, REQUEST).message).to.contain(words);
    });

  it('names the role that may write, and a smaller request than all namespaces', () => {
    const { message } = explained(refused(403, 'Forbidden'), {
      ...REQUEST,
      what: 'patch edgetranscodejobs',
      namespace: undefined,
    });
    expect(message).to.contain('edge-transcode-job-operator-editor, or name a namespace with --namespace');
  });

  it('says how to find an object that is too large among all namespaces', () => {
    const { message } = explained(new TooLargeError(''), { ...REQUEST, namespace: undefined });
    expect(message).to.contain('an object in some namespace is larger').and.contain('--namespace');
  });

  it('repeats nothing of the server that a terminal obeys', () => {
    const { message } = explained(refused(500, 'broken\u001b[2J\u202e'), REQUEST);
    expect(message)
      .to.contain('broken')
      .and.not.match(/[\p{Cc}\p{Cf}]/u);
  });

  it('keeps an explanation as it is', () => {
    const known = new Unable('known');
    expect(explained(known, REQUEST)).to.equal(known);
  });
});
