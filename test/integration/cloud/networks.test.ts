/**
 * TLS to the endpoints: certificates are verified, with a private authority where NODE_EXTRA_CA_CERTS names
 * it.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { selfSignedCertificate } from '../../../simulator/http/certificate.ts';
import type { Operator } from '../../world/operator.ts';
import { type SimulatedCloud, startSimulatedCloud } from '../../world/simulated-cloud.ts';
import { useWorld } from '../support/use-world.ts';
import { secret } from '../support/user-side.ts';
import { condition, is, job } from '../support/world.ts';

/** A job of the seed of every simulated cloud. */
const JOB = { interval: '5s' } as const;

describe('an endpoint with a private certificate authority', function () {
  this.timeout(60_000);
  const scene = useWorld({ operator: 'none' });
  let cloud: SimulatedCloud;
  let authority: string;
  let operator: Operator;

  scene.setUp(async () => {
    const { processes } = scene.world;
    const { cert, key } = selfSignedCertificate();
    authority = join(processes.directory, 'ca.crt');
    const keyFile = join(processes.directory, 'tls.key');
    await writeFile(authority, cert);
    await writeFile(keyFile, key, { mode: 0o600 });
    cloud = await startSimulatedCloud(processes, [`--tls-cert=${authority}`, `--tls-key=${keyFile}`]);
  });
  afterEach(() => operator.process.stop());

  it('is not trusted: no request is sent to Live or STS', async () => {
    const { world } = scene;
    await cloud.admin.resetCounts();
    operator = await world.operator({ cloud });
    const [plain, role] = await applyBoth('untrusted');
    for (const [name, server] of [
      [plain, 'the endpoint'],
      [role, 'STS'],
    ] as const) {
      const shown = await world.until(name, (each) => is(each, 'Ready', 'False', 'ConnectionFailed'));
      const { message } = condition(shown, 'Ready') ?? {};
      expect(message).to.equal(
        `the TLS certificate of ${server} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT); name its authority in NODE_EXTRA_CA_CERTS, or check the endpoint`,
      );
    }
    expect((await cloud.admin.counts()).calls).to.equal(0);
    expect((await cloud.admin.counts({ service: 'sts' })).calls).to.equal(0);
  });

  it('is trusted once NODE_EXTRA_CA_CERTS names its authority', async () => {
    const { world } = scene;
    operator = await world.operator({ cloud, env: { NODE_EXTRA_CA_CERTS: authority } });
    for (const name of await applyBoth('trusted'))
      await world.until(name, (each) => is(each, 'Ready', 'True'));
  });

  it('is not trusted when its certificate names another host', async () => {
    const { world } = scene;
    const args = [`--endpoint=${cloud.endpoint.replace('127.0.0.1', 'localhost')}`];
    operator = await world.operator({ cloud, args, env: { NODE_EXTRA_CA_CERTS: authority } });
    await world.apply(job('named', JOB));
    const shown = await world.until('named', (each) => is(each, 'Ready', 'False', 'ConnectionFailed'));
    expect(condition(shown, 'Ready')?.message).to.contain('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  /** One object with the operator's own key, one with a role of that account. @returns their names */
  async function applyBoth(prefix: string): Promise<[plain: string, role: string]> {
    const { world } = scene;
    const credentialsRef = { name: 'role' };
    await world.apply(secret('role', { ...cloud.accessKey, roleARN: cloud.rrsa.roleARN }));
    const names = [`${prefix}-plain`, `${prefix}-role`] as [string, string];
    await world.apply(job(names[0], JOB), job(names[1], { ...JOB, credentialsRef }));
    return names;
  }
});

describe('the operator’s connections', () => {
  const PRINT_CONNECTIONS = join(import.meta.dirname, '../support/fixtures/print-connections.ts');
  const scene = useWorld({ operator: 'none' });

  it('go only to the API server, Live and STS, and never to a metadata service, whatever the credentials', async () => {
    const { world } = scene;
    const { accessKey, rrsa } = world.cloud;
    const tokenFile = join(world.processes.directory, 'token');
    await writeFile(tokenFile, rrsa.oidcToken);
    const role = {
      ALIBABA_CLOUD_ROLE_ARN: rrsa.roleARN,
      ALIBABA_CLOUD_OIDC_PROVIDER_ARN: rrsa.oidcProviderARN,
      ALIBABA_CLOUD_OIDC_TOKEN_FILE: tokenFile,
    };
    await world.apply(secret('role', { ...accessKey, roleARN: rrsa.roleARN }));
    // The variable that switches the metadata service off is taken away: nothing may depend on it.
    const off = { ALIBABA_CLOUD_ECS_METADATA_DISABLED: '' };
    for (const [using, env] of Object.entries({ rrsa: { ...off, ...role }, key: off })) {
      // New objects: those of the round before are Ready without a call of this one.
      const [own, assumed] = [`own-${using}`, `role-${using}`];
      await world.apply(job(own, JOB), job(assumed, { ...JOB, credentialsRef: { name: 'role' } }));
      const operator = await world.operator({
        env: { ...env, NODE_OPTIONS: `--import=${PRINT_CONNECTIONS}` },
      });
      for (const name of [own, assumed]) await world.until(name, (each) => is(each, 'Ready', 'True'));
      await operator.process.stop();
      const destinations = operator.process.output().matchAll(/^(?:connects to|looks up) (.*)$/gm);
      expect(new Set(Array.from(destinations, ([, host]) => host))).to.deep.equal(new Set(['127.0.0.1']));
    }
  });
});
