/**
 * Interruptions of the watch and of the API server: within 10 s of the end of each, the store equals the
 * server's list, without a burst of requests or an additional connection. An unhandled rejection would fail
 * the running test.
 */
import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { manifestsIn, theOnly } from '../../guards/deploy/manifests.ts';
import { type Follower, startFollower, withTokenFile } from '../support/follower.ts';
import { install } from '../support/installed.ts';
import { storeReferences } from '../support/many/references.ts';
import { applyCrd } from '../support/shipped.ts';
import { useWorld } from '../support/use-world.ts';

const CRD = 'crd/edgetranscodejobs.edgetranscode.live';

/** Each try takes half a pause at least: 0.25, 0.5, 1, 2 and then 4 s. */
const TRIES_IN_10_S = 7;

/** More than a page holds. */
const MANY = 520;

describe('the store of objects', function () {
  this.timeout(60_000);
  const scene = useWorld({ operator: 'none' });
  let access: Awaited<ReturnType<typeof withTokenFile>>;
  let follower: Follower;

  scene.setUp(async () => {
    access = await withTokenFile(await install(scene.world.controlPlane));
    follower = await startFollower(scene.world, access.kubeconfig);
    await follower.follows();
  });
  after(() => follower?.[Symbol.asyncDispose]());

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') return;
    for (const name of ['changed', 'deleted', 'replaced', 'created'])
      await follower.delete(name).catch(() => undefined);
  });

  /** One of each kind, made where the follower does not see it. */
  async function prepare(): Promise<void> {
    for (const name of ['changed', 'deleted', 'replaced']) await follower.create(name);
    await follower.follows();
  }

  async function changes(): Promise<void> {
    await follower.create('created');
    await follower.suspend('changed');
    await follower.delete('deleted');
    await follower.delete('replaced');
    await follower.create('replaced');
  }

  /** How many lists and watches `act` led to, until the store follows again. */
  async function cost(act: () => Promise<void>): Promise<{ lists: number; watches: number }> {
    const [lists, watches] = [follower.lists, follower.watches];
    await act();
    await follower.follows();
    return { lists: follower.lists - lists, watches: follower.watches - watches };
  }

  it('receives changes after the connection was cut, by resuming the watch', async () => {
    await prepare();
    const { lists, watches } = await cost(async () => {
      follower.proxy.cut();
      await changes();
    });
    expect(lists).to.equal(0);
    expect(watches).to.be.within(1, 3);
  });

  it('receives changes after a connection that neither delivers nor closes', async () => {
    await prepare();
    const { lists, watches } = await cost(async () => {
      follower.proxy.hold();
      await changes();
    });
    expect(lists).to.equal(0);
    expect(watches).to.be.within(1, 4);
    follower.proxy.release();
    await follower.follows();
  });

  it('receives changes after the API server was frozen', async () => {
    await prepare();
    const { lists, watches } = await cost(async () => {
      const { length } = follower.warnings;
      scene.world.controlPlane.pauseApiServer();
      await follower.warned(undefined, length);
      scene.world.controlPlane.resumeApiServer();
      await changes();
    });
    expect(lists).to.equal(0);
    expect(watches).to.be.within(1, TRIES_IN_10_S);
  });

  it('receives changes with a new token after the old one was refused', async () => {
    await prepare();
    const { lists, watches } = await cost(async () => {
      const { length } = follower.warnings;
      await writeFile(access.tokenFile, 'expired');
      follower.proxy.cut();
      await follower.warned(401, length);
      await changes();
      await writeFile(access.tokenFile, access.token);
    });
    expect(lists).to.equal(0);
    expect(watches).to.be.within(2, TRIES_IN_10_S);
  });

  it('receives changes once the watch is permitted again', async () => {
    const { world } = scene;
    await prepare();
    const { lists, watches } = await cost(async () => {
      const { length } = follower.warnings;
      const binding = theOnly<object>(manifestsIn('deploy'), 'ClusterRoleBinding');
      await world.kubectl('delete', 'clusterrolebinding', 'edge-transcode-job-operator');
      // The authorizer hears of it a moment later. A try that is cut before its answer proves nothing.
      const refused = () => {
        if (follower.warnings.slice(length).some(({ fields }) => fields.status === 403)) return true;
        follower.proxy.cut();
        return undefined;
      };
      await world.eventually('a refusal', refused, { everyMs: 1_000 });
      await changes();
      await world.apply(binding);
    });
    expect(lists).to.equal(0);
    expect(watches).to.be.within(2, 2 * TRIES_IN_10_S);
  });

  it('receives changes after the CRD was deleted and installed again', async () => {
    const { world } = scene;
    await prepare();
    const { lists, watches } = await cost(async () => {
      const { length } = follower.warnings;
      await world.kubectl('delete', CRD);
      await follower.warned(404, length);
      await applyCrd(world.controlPlane);
    });
    expect(lists).to.be.within(1, TRIES_IN_10_S);
    expect(watches).to.be.within(1, TRIES_IN_10_S);
  });

  it('receives changes after the CRD was replaced at once', async () => {
    const { world } = scene;
    await prepare();
    const { lists, watches } = await cost(async () => {
      await world.kubectl('delete', CRD);
      await applyCrd(world.controlPlane);
      await follower.create('created');
    });
    expect(lists + watches).to.be.within(1, 2 * TRIES_IN_10_S);
  });

  it('receives changes after the API server was killed and started', async () => {
    const { controlPlane } = scene.world;
    await prepare();
    const { watches } = await cost(async () => {
      await controlPlane.stopApiServer();
      await controlPlane.startApiServer();
      await changes();
    });
    expect(watches).to.be.within(1, 2 * TRIES_IN_10_S);
  });

  it('receives changes after its version was compacted away, by one list', async () => {
    const { controlPlane } = scene.world;
    await prepare();
    const { lists } = await cost(async () => {
      follower.proxy.hold();
      await changes();
      await controlPlane.stopApiServer();
      await controlPlane.compactEtcd();
      await controlPlane.startApiServer();
    });
    expect(lists).to.equal(1);
  });

  it('distinguishes a recreated object from its predecessor of the same name', async () => {
    const first = await follower.create('replaced');
    await follower.follows();
    follower.proxy.hold();
    await follower.delete('replaced');
    const second = await follower.create('replaced');
    follower.proxy.cut();
    await follower.follows();
    const { changes } = follower;
    expect(
      changes.findLast((each) => each.startsWith('default/replaced')),
      'the newest',
    ).to.match(new RegExp(`→ ${second.metadata.uid}$`));
    expect(changes.join('\n')).to.contain(`default/replaced: ${first.metadata.uid} → `);
  });

  describe('a list that is interrupted between two pages', () => {
    scene.setUp(() => storeReferences(scene.world, MANY, '1h'));

    async function interrupted(by: (follower: Follower) => Promise<void>): Promise<number> {
      const { promise, resolve } = Promise.withResolvers<void>();
      let isFirst = true;
      await using started = await startFollower(scene.world, access.kubeconfig, {
        onList: async (token) => {
          if (token === undefined || !isFirst) return;
          isFirst = false;
          await by(started);
          resolve();
        },
      });
      await promise;
      await started.follows();
      return started.lists;
    }

    it('continues after a cut connection, without the objects deleted meanwhile', async () => {
      const lists = await interrupted(async (started) => {
        started.proxy.cut();
        await started.delete('job-00000');
        await started.delete(`job-00${MANY - 1}`);
      });
      expect(lists).to.be.within(2, 4);
    });

    it('starts again when its continue token has expired', async () => {
      const { controlPlane } = scene.world;
      const lists = await interrupted(async (started) => {
        await started.delete('job-00001');
        await started.delete(`job-00${MANY - 2}`);
        await controlPlane.stopApiServer();
        await controlPlane.compactEtcd();
        await controlPlane.startApiServer();
      });
      expect(lists).to.be.within(3, 6);
    });
  });
});
