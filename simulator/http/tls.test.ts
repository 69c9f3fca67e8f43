/** The endpoint over https, as a Secret's endpoint has to be. */
import { expect } from 'chai';
import { type Simulator, startSimulator } from '../simulator.ts';
import { knock } from '../test/test-client.ts';
import { selfSignedCertificate } from './certificate.ts';

describe('an endpoint with a certificate', () => {
  const tls = selfSignedCertificate();
  let cloud: Simulator;
  before(async () => {
    cloud = await startSimulator({ tls });
  });
  after(() => cloud.close());

  it('serves https to clients that trust the certificate', async () => {
    expect(cloud.url).to.match(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(await knock(cloud.url, tls.cert)).to.equal(400);
  });

  it('is refused by clients that do not trust it', async () => {
    expect(await knock(cloud.url, undefined)).to.equal('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(await knock(cloud.url, selfSignedCertificate().cert)).to.equal('DEPTH_ZERO_SELF_SIGNED_CERT');
  });

  it('resets connections, and refuses them, as without', async () => {
    await cloud.addFault({ kind: 'reset', calls: 1 });
    expect(await knock(cloud.url, tls.cert)).to.equal('ECONNRESET');
    await cloud.refuseConnections();
    expect(await knock(cloud.url, tls.cert)).to.equal('ECONNREFUSED');
    await cloud.acceptConnections();
    expect(await knock(cloud.url, tls.cert)).to.equal(400);
  });
});
