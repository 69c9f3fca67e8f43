/**
 * Credentials from Secrets that are missing, unreadable, incomplete or changed, and the operator's own.
 */
import { expect } from 'chai';
import { addKey, callsAbout, createJob, furtherCalls } from '../cloud-side.ts';
import { expectStalled, failed, IN_FORCE, newAccount, ready, using } from '../credentialed.ts';
import type { Scene } from '../use-world.ts';
import { changeSpec, eventOf, secret, secretData, statusWrites } from '../user-side.ts';
import { condition, is, job } from '../world.ts';

export function secretScenarios(scene: Scene): Record<string, () => Promise<void>> {
  return {
    'that are missing are used once the Secret is created': async () => {
      const { world } = scene;
      const { key, ids } = await newAccount(world);
      await world.apply(using('missing', ids));
      expectStalled(
        await failed(world, 'missing'),
        'CredentialsNotFound',
        /Secret \S+\/missing does not exist; create it/,
      );
      await eventOf(world, 'missing', 'CredentialsNotFound');
      await world.apply(secret('missing', secretData(key)));
      await ready(world, 'missing');
    },

    'that are deleted while in use are reported as missing within 30 s': async () => {
      const { world } = scene;
      const { key, ids } = await newAccount(world);
      await world.apply(secret('going', secretData(key)), using('going', ids));
      await ready(world, 'going');
      await world.kubectl('delete', 'secret', 'going');
      const gone = await failed(world, 'going');
      expectStalled(gone, 'CredentialsNotFound', /Secret \S+\/going does not exist/);
      expect(gone.status).to.have.property('job');
    },

    'that the operator may not read are reported, and used once it may': async () => {
      const { world } = scene;
      const { key, ids } = await newAccount(world);
      await world.apply(secret('unreadable', secretData(key)), using('unreadable', ids));
      const refused = await failed(world, 'unreadable');
      expectStalled(
        refused,
        'CredentialsNotFound',
        /^the operator may not read Secret \S+\/unreadable; allow it: /,
      );
      const { message = '' } = condition(refused, 'Ready') ?? {};
      for (const [, command = ''] of message.matchAll(/kubectl (.*?)(?= && | \()/g))
        await world.kubectl(...command.split(' '));
      await ready(world, 'unreadable');
    },

    'that are incomplete are reported with the missing key': async () => {
      const { world } = scene;
      const { key, ids } = await newAccount(world);
      const { accessKeyID, accessKeySecret } = key;
      await world.apply(secret('half', { accessKeyID, accessKeySecret: ' ' }), using('half', ids));
      await world.apply(secret('empty', { other: 'x' }), using('empty', ids));
      expectStalled(
        await failed(world, 'half'),
        'CredentialsNotFound',
        /^Secret \S+\/half has no key accessKeySecret; add it$/,
      );
      const both = /^Secret \S+\/empty has no keys accessKeyID and accessKeySecret; add them$/;
      expectStalled(await failed(world, 'empty'), 'CredentialsNotFound', both);
      await world.apply(secret('half', { accessKeyID, accessKeySecret }));
      await ready(world, 'half');
    },

    'cannot name an endpoint that the operator does not allow': async () => {
      const { world } = scene;
      const { key, ids } = await newAccount(world);
      const endpoints: Record<string, [endpoint: string, message: RegExp]> = {
        plain: [
          world.cloud.endpoint,
          /is not https, and the operator runs without --insecure-endpoint; name an https endpoint$/,
        ],
        foreign: [
          'https://live.example.com',
          /is not among the operator's --allowed-endpoints; name one of them$/,
        ],
        password: ['https://user:word@live.aliyuncs.com', /must not hold a user name or a password$/],
      };
      for (const [name, [endpoint, message]] of Object.entries(endpoints)) {
        await world.apply(secret(name, { ...secretData(key), endpoint }), using(name, ids));
        const shown = await failed(world, name);
        expectStalled(shown, 'CredentialsNotFound', message);
        expect(JSON.stringify(shown.status)).to.not.contain(endpoint);
      }
      expect(await callsAbout(world, ids)).to.deep.equal([]);
    },

    'that are rotated are used within 30 s, without a failed observation': async () => {
      const { world } = scene;
      const { key, ids } = await newAccount(world);
      await world.apply(secret('rotated', secretData(key)), using('rotated', ids));
      const before = await ready(world, 'rotated');
      const fresh = await addKey(world, key.accountID);
      await world.apply(secret('rotated', secretData(fresh)));
      const { accessKeyID } = fresh;
      const withFresh = async () =>
        (await callsAbout(world, ids)).find((call) => call.accessKeyID === accessKeyID);
      await world.eventually('a call with the new key', withFresh, IN_FORCE);
      await world.cloud.admin.removeKey({ accessKeyID: key.accessKeyID });
      const calls = await furtherCalls(world, ids, 2);
      for (const call of calls) expect(call).to.include({ code: 'OK', accessKeyID });
      expect((await world.get('rotated')).status).to.deep.equal(before.status);
      expect(await statusWrites(world, 'rotated')).to.have.lengthOf(1);
    },

    'can be added later, and then show the jobs of their account': async () => {
      const { world } = scene;
      const { key, ids } = await newAccount(world);
      await world.apply(secret('given', secretData(key)), job('given', ids));
      const before = await world.until('given', (each) => is(each, 'Ready', 'False', 'JobNotFound'));
      await changeSpec(world, 'given', { credentialsRef: { name: 'given' } });
      const { status } = await ready(world, 'given');
      expect(status.observedTarget).to.not.equal(before.status.observedTarget);
    },

    "of the operator's own serve only the namespaces that they are meant for": async () => {
      const { world } = scene;
      const ids = await createJob(world);
      await world.apply(job('foreign', ids, 'other'));
      const shown = await world.until('foreign', (each) => is(each, 'Ready', 'False'), {
        namespace: 'other',
      });
      expectStalled(
        shown,
        'CredentialsNotFound',
        /namespace other may not use .* set spec\.credentialsRef, or /,
      );
      expect(await callsAbout(world, ids)).to.deep.equal([]);
    },
  };
}
