/**
 * The vectors were computed apart from this code: the first is the fixed example on the vendor's pages about
 * the RPC signature, the second was canonicalised by hand and signed with openssl.
 */
import { expect } from 'chai';
import { isRpcSigned, isRpcSignedWith, rpcSign, rpcStringToSign } from './rpc-signature.ts';

const COMMON = {
  AccessKeyId: 'testid',
  SignatureMethod: 'HMAC-SHA1',
  SignatureNonce: '3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf',
  SignatureVersion: '1.0',
  Timestamp: '2016-02-23T12:46:24Z',
};

function request(method: string, parameters: Record<string, string>) {
  return { method, parameters: new Map(Object.entries({ ...parameters, ...COMMON })) };
}

const published = request('GET', { Action: 'DescribeRegions', Format: 'XML', Version: '2014-05-26' });
const awkward = request('post', { Action: 'AssumeRole', ExternalId: "a+b=c/d e*f~'(直)" });

describe('the signature of RPC calls', () => {
  it("is right for the vendor's published example", () => {
    expect(rpcSign('testsecret', rpcStringToSign(published))).to.equal('OLeaidS1JvxuMvnyHOwuJ+uX5qY=');
  });

  it('covers method, path and the parameters, sorted and encoded twice', () => {
    expect(rpcStringToSign(awkward)).to.equal(
      'POST&%2F&AccessKeyId%3Dtestid%26Action%3DAssumeRole%26' +
        'ExternalId%3Da%252Bb%253Dc%252Fd%2520e%252Af~%2527%2528%25E7%259B%25B4%2529%26' +
        'SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf%26' +
        'SignatureVersion%3D1.0%26Timestamp%3D2016-02-23T12%253A46%253A24Z',
    );
    expect(rpcSign('sécret', rpcStringToSign(awkward))).to.equal('AmeaYlntvifh8nPRWog76aCT0iE=');
  });

  it('fits neither another secret nor a changed request', () => {
    const signed = (changes: Record<string, string>) => ({
      ...published,
      parameters: new Map([
        ...published.parameters,
        ['Signature', 'OLeaidS1JvxuMvnyHOwuJ+uX5qY='],
        ...Object.entries(changes),
      ]),
    });
    expect(isRpcSignedWith('testsecret', signed({}))).to.equal(true);
    expect(isRpcSignedWith('testsecret2', signed({}))).to.equal(false);
    expect(isRpcSignedWith('testsecret', signed({ Action: 'AssumeRole' }))).to.equal(false);
    expect(isRpcSignedWith('testsecret', signed({ Added: '' }))).to.equal(false);
    expect(isRpcSignedWith('testsecret', signed({ Signature: 'OLeaidS1JvxuMvnyHOwuJ-uX5qY=' }))).to.equal(
      false,
    );
  });

  it('is absent where a part is missing or of another kind', () => {
    const parts = { ...COMMON, Signature: 's' };
    const withParts = (changes: Record<string, string>) =>
      isRpcSigned({ method: 'GET', parameters: new Map(Object.entries({ ...parts, ...changes })) });
    expect(withParts({})).to.equal(true);
    for (const name of Object.keys(parts)) expect(withParts({ [name]: '' }), name).to.equal(false);
    expect(withParts({ SignatureMethod: 'HMAC-SHA256' })).to.equal(false);
  });
});
