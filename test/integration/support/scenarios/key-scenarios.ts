/**
 * Keys that the cloud refuses: the object says so at once, few calls are spent on them, and a corrected key
 * works at once.
 */
import { expect } from 'chai';
import { callsAbout, createJob, furtherCalls, now, unknownKey } from '../cloud-side.ts';
import { expectStalled, failed, newAccount, ready, using } from '../credentialed.ts';
import type { Scene } from '../use-world.ts';
import { eventOf, requestRefresh, secret, secretData } from '../user-side.ts';
import { condition, job } from '../world.ts';

export function keyScenarios(scene: Scene): Record<string, () => Promise<void>> {
  return {
    'that are wrong fail at once, cost few calls, and work once the Secret is corrected': async () => {
      const { world } = scene;
      const { key, ids } = await newAccount(world);
      const wrong = unknownKey();
      const beat = await createJob(world);
      await world.apply(secret('wrong', secretData(wrong)), job('beat', beat));
      await world.apply(using('wrong', ids, 'wrong-a'), using('wrong', ids, 'wrong-b'));
      for (const name of ['wrong-a', 'wrong-b'])
        expectStalled(await failed(world, name), 'AuthenticationFailed', /put in a valid access key/);
      await eventOf(world, 'wrong-a', 'AuthenticationFailed');
      const since = await now(world);
      await furtherCalls(world, beat, 3);
      // Without a circuit breaker the two objects would have made 5 calls; probes come 2.5, 5 and 10 s apart
      // at least. On a busy machine the first of them may be over already.
      expect(await callsAbout(world, ids, since)).to.have.lengthOf.at.most(3);
      await world.apply(secret('wrong', secretData(key)));
      for (const name of ['wrong-a', 'wrong-b']) await ready(world, name);
      await eventOf(world, 'wrong-a', 'ObservationRecovered');
    },

    'that are unknown to the cloud work once the cloud knows them': async () => {
      const { world } = scene;
      const { key, ids } = await newAccount(world);
      const late = unknownKey(key.accountID);
      await world.apply(secret('late', secretData(late)), using('late', ids));
      await failed(world, 'late');
      await world.cloud.admin.addKey(late);
      await ready(world, 'late');
    },

    'whose secret is wrong are reported without the secret': async () => {
      const { world, operator } = scene;
      const { key, ids } = await newAccount(world);
      const { accessKeySecret } = unknownKey();
      await world.apply(secret('unsigned', { ...secretData(key), accessKeySecret }));
      await world.apply(using('unsigned', ids));
      const shown = await failed(world, 'unsigned');
      expectStalled(shown, 'AuthenticationFailed', /Secret default\/unsigned \(SignatureDoesNotMatch\)/);
      for (const text of [JSON.stringify(shown), operator.process.output(), await operator.metrics()])
        expect(text).to.not.contain(accessKeySecret).and.to.not.contain(key.accessKeyID);
    },

    'that are deactivated end Ready at once, and the data stays': async () => {
      const { world } = scene;
      const { key, ids } = await newAccount(world);
      await world.apply(secret('switched', secretData(key)), using('switched', ids));
      const before = await ready(world, 'switched');
      await world.cloud.admin.modifyKey({ accessKeyID: key.accessKeyID, active: false });
      const off = await failed(world, 'switched');
      expectStalled(off, 'AuthenticationFailed', /InvalidAccessKeyId\.Inactive/);
      expect(off.status.job).to.deep.equal(before.status.job);
      expect(off.status.state).to.equal('Running');
      expect(condition(off, 'Fresh')?.status).to.equal('True');
      await world.cloud.admin.modifyKey({ accessKeyID: key.accessKeyID, active: true });
      await ready(world, 'switched');
    },

    'of STS need their token, and fail when it has expired': async () => {
      const { world } = scene;
      const { key, ids } = await newAccount(world);
      const sts = { ...unknownKey(key.accountID), securityToken: 'token-of-a-test' };
      await world.cloud.admin.addKey(sts);
      await world.apply(secret('sts', { ...secretData(sts), securityToken: sts.securityToken }));
      await world.apply(using('sts', ids));
      await ready(world, 'sts');
      await world.cloud.admin.modifyKey({ accessKeyID: sts.accessKeyID, expiresAt: '2020-01-01T00:00:00Z' });
      expectStalled(await failed(world, 'sts'), 'AuthenticationFailed', /InvalidSecurityToken\.Expired/);
    },

    'without the permission are reported with the permission to grant': async () => {
      const { world } = scene;
      const { key, ids } = await newAccount(world);
      await world.apply(secret('denied', secretData(key)), using('denied', ids));
      await ready(world, 'denied');
      const denial = { action: 'live:GetEdgeTranscodeJob', accessKeyID: key.accessKeyID };
      await world.cloud.admin.deny({ ...denial, code: 'Forbidden.RAM' });
      const permission =
        /no RAM permission live:GetEdgeTranscodeJob for the credentials of Secret default\/denied/;
      expectStalled(await failed(world, 'denied'), 'PermissionDenied', permission);
      await eventOf(world, 'denied', 'PermissionDenied');
      await world.cloud.admin.allow(denial);
      await requestRefresh(world, 'denied', 'granted');
      const granted = await ready(world, 'denied');
      expect(granted.status.lastHandledRequestedAt).to.equal('granted');
    },

    'of an account that is switched off are reported as a failure of the account': async () => {
      const { world } = scene;
      const { key, ids } = await newAccount(world);
      const { accountID } = key;
      await world.cloud.admin.modifyAccount({ accountID, enabled: false });
      await world.apply(secret('off', secretData(key)), using('off', ids));
      expectStalled(
        await failed(world, 'off'),
        'OperationDenied',
        /the account of the credentials of Secret default\/off has/,
      );
      await eventOf(world, 'off', 'OperationDenied');
      await world.cloud.admin.modifyAccount({ accountID, enabled: true });
      await requestRefresh(world, 'off', 'now');
      await ready(world, 'off');
    },
  };
}
