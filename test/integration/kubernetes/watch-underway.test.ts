/**
 * What servers on the way to the API server do to a watch: refuse its version in words of their own, or cut
 * it because it is silent. The watcher's clock runs fast, so that an hour passes in seconds.
 */
import { expect } from 'chai';
import { FastClock } from '../../unit/kit/fakes/fast-clock.ts';
import { type Refusal, RefusingFront } from '../../world/refusing-front.ts';
import { startFollower } from '../support/follower.ts';
import { install } from '../support/installed.ts';
import { useWorld } from '../support/use-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const TOO_LARGE = {
  kind: 'Status',
  reason: 'Timeout',
  message: 'Too large resource version: 14540, current: 900',
  details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }] },
};

/**
 * Refusals that the API server of the tests gives to no watch of the operator, as was tried: a watch from a
 * version that it has not reached waits (a list gets 504), and a version that is no number gets 500. Load
 * balancers and API servers of other releases do answer so. The real one refuses watches in watch.test.ts:
 * 401, 403, 404 and 410.
 */
const REFUSALS: Record<string, Refusal> = {
  'an event of code 504': { status: 200, body: { ...TOO_LARGE, code: 504 } },
  'an event without a code': { status: 200, body: { kind: 'Status', reason: 'Timeout' } },
  'HTTP 504': { status: 504, body: { ...TOO_LARGE, code: 504 } },
  'HTTP 400': { status: 400, body: { kind: 'Status', reason: 'BadRequest', code: 400 } },
};

/** A load balancer that cuts after 20 s of silence, as documented ones do, by the watcher's clock. */
const FACTOR = 200;
const SILENT_MS = 20_000;

describe('a watch whose way to the API server is disturbed', function () {
  this.timeout(90_000);
  const scene = useWorld({ operator: 'none' });
  let kubeconfig: string;
  scene.setUp(async () => {
    kubeconfig = await install(scene.world.controlPlane);
  });

  for (const [index, [name, refusal]] of Object.entries(REFUSALS).entries())
    it(`lists within a minute when its version is refused by ${name}, and follows from there`, async () => {
      const { world } = scene;
      await using front = new RefusingFront(world.controlPlane);
      await front.open();
      const clock = new FastClock(50);
      const port = front.port;
      await using follower = await startFollower(world, await front.kubeconfigFrom(kubeconfig), {
        clock,
        port,
      });
      await follower.follows();
      const lists = follower.lists;
      front.refusal = refusal;
      // A list gives a version that the server knows.
      front.onList = () => {
        front.refusal = undefined;
      };
      follower.proxy.cut();
      await follower.create(`missed-${index}`);
      await world.eventually('a list', () => (follower.lists > lists ? true : undefined));
      expect(clock.slept, 'pauses').to.be.below(MINUTE);
      await follower.follows();
      expect(follower.lists - lists).to.equal(1);
      expect(front.refused).to.be.within(2, 12);
    });

  for (const by of ['FIN', 'RST'] as const)
    it(`follows without pauses, shows progress and lists hourly when it is cut by ${by} while silent`, async () => {
      const { world } = scene;
      const clock = new FastClock(FACTOR);
      const silence = { afterMs: SILENT_MS / FACTOR, by };
      await using follower = await startFollower(world, kubeconfig, { clock, silence });
      await follower.follows();
      const [began, lists, paused] = [clock.now(), follower.lists, clock.slept];
      const progress = new Set<number>();
      const isOver = () => {
        progress.add(follower.progressedAt);
        return clock.now() > began + 1.25 * HOUR ? true : undefined;
      };
      await world.eventually('the hour', isOver, { everyMs: 10, withinMs: 60_000 });
      // Of a watch and of calls.
      const cuts = follower.proxy.silenced;
      expect(cuts, 'cuts').to.be.above(20);
      expect(progress.size, 'signs of progress').to.be.above(cuts / 5);
      expect((clock.slept - paused) / (clock.now() - began), 'part of the time in pauses').to.be.below(0.05);
      expect(follower.lists - lists, 'lists').to.equal(1);
      for (let changes = 0; changes < 5; changes += 1) await follower.follows();
    });
});
