// Get or List for each account, which clusters are polled together, and by how much each credential's
// intervals are longer.

import { expect } from 'chai';
import type { ClusterDemand, ClusterReference } from '../../../../src/job/model/cloud-port.ts';
import type { ObserveWith } from '../../../../src/job/schedule/list-cost.ts';
import { type CloudState, PollingPlan } from '../../../../src/job/schedule/polling-plan.ts';
import { aCloudToPlan } from '../../kit/samples/a-cloud-to-plan.ts';

const T = 1_000_000;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const C: ClusterReference = { credential: { namespace: 'media' }, clusterID: 'c' };

/** The demand of `count` targets of a cluster. */
function demand(count: number, intervalMs: number, cluster: Partial<ClusterReference> = {}): ClusterDemand {
  const about = { ...C, ...cluster };
  const namespaces = new Map([[about.credential.namespace, (count * 1_000) / intervalMs]]);
  return { ...about, targets: new Map([[intervalMs, count]]), namespaces };
}

function bySecret(name: string): Partial<ClusterReference> {
  return { credential: { namespace: 'media', name } };
}

/** The plan for these demands of an account that may make 10 calls per second. */
function planFor(
  demands: readonly ClusterDemand[],
  cloud: Partial<CloudState> = {},
  observeWith: ObserveWith = 'auto',
): PollingPlan {
  return PollingPlan.first(observeWith).next(demands, aCloudToPlan(cloud), T);
}

function factorsOf({ scales }: PollingPlan): number[] {
  return scales.map(({ factor }) => factor);
}

/** A factor is larger than its load by at most this: a hundredth is left, and a step has a hundredth. */
const FITS = 1.01 / 0.99 + 1e-9;

describe('a polling plan', () => {
  describe('with `auto`', () => {
    it('polls jobs one by one while that takes at most 80% of the budget', () => {
      const plan = planFor([demand(79, 10 * SECOND)]);
      expect(plan.sweepingOf(C)).to.equal('urgent');
      expect(plan.isBatched(C)).to.equal(false);
      expect([...plan.demandByIdentity]).to.deep.equal([['default', 7.9]]);
    });

    it('polls the jobs of a cluster together once that takes more than 80%', () => {
      const plan = planFor([demand(200, 10 * SECOND)]);
      expect(plan.sweepingOf(C)).to.equal('all');
      expect(plan.batchHashOf(C)).to.match(/^[0-9a-f]{8}$/);
      expect([...plan.demandByIdentity]).to.deep.equal([['default', 0.2]]);
    });

    it('counts what other processes need from the account', () => {
      const others = { othersDemandOf: () => new Map([['news', 5]]) };
      expect(planFor([demand(40, 10 * SECOND)], others).isBatched(C)).to.equal(true);
      expect(planFor([demand(29, 10 * SECOND)], others).isBatched(C)).to.equal(false);
    });

    it('adds up what all credentials of an account need', () => {
      const [one, two] = [bySecret('one'), bySecret('two')];
      const demands = [demand(50, 10 * SECOND, one), demand(50, 10 * SECOND, two)];
      const apart = planFor(demands);
      const together = planFor(demands, { accountOf: () => 'account' });
      for (const each of [one, two]) {
        expect(apart.isBatched({ ...C, ...each })).to.equal(false);
        expect(together.isBatched({ ...C, ...each })).to.equal(true);
      }
    });

    it('keeps its choice for ten minutes, and goes back to one by one below half of the budget', () => {
      const cloud = aCloudToPlan();
      let plan = PollingPlan.first('auto');
      const sweepingAt = (minute: number, count: number) => {
        plan = plan.next([demand(count, 10 * SECOND)], cloud, T + minute * MINUTE);
        return plan.sweepingOf(C);
      };
      expect(sweepingAt(0, 200)).to.equal('all');
      expect(sweepingAt(9, 49)).to.equal('all');
      expect(sweepingAt(11, 60)).to.equal('all');
      expect(sweepingAt(12, 49)).to.equal('urgent');
      expect(plan.isBatched(C)).to.equal(false);
      expect(sweepingAt(13, 200)).to.equal('urgent');
      expect(sweepingAt(22, 200)).to.equal('all');
    });

    it('keeps the choice of a credential whose account becomes known', () => {
      const cloud = aCloudToPlan();
      const demands = [demand(200, 10 * SECOND)];
      const before = PollingPlan.first('auto').next(demands, cloud, T);
      const known = aCloudToPlan({ accountOf: () => 'account 1' });
      const after = before.next([demand(1, 10 * SECOND)], known, T + MINUTE);
      expect(after.sweepingOf(C)).to.equal('all');
    });

    it('keeps the choice made last when credentials turn out to share an account', () => {
      const [one, two] = [bySecret('one'), bySecret('two')];
      const before = planFor([demand(1, 10 * SECOND, one), demand(200, 10 * SECOND, two)]);
      const shared = aCloudToPlan({ accountOf: () => 'account' });
      const after = before.next(
        [demand(1, 10 * SECOND, one), demand(1, 10 * SECOND, two)],
        shared,
        T + MINUTE,
      );
      for (const each of [one, two]) expect(after.sweepingOf({ ...C, ...each })).to.equal('all');
      const reversed = before.next(
        [demand(1, 10 * SECOND, two), demand(1, 10 * SECOND, one)],
        shared,
        T + MINUTE,
      );
      for (const each of [one, two]) expect(reversed.sweepingOf({ ...C, ...each })).to.equal('all');
    });

    it('lets only urgent requests of a cluster share a sweep before it knows the demand', () => {
      expect(PollingPlan.first('auto').sweepingOf(C)).to.equal('urgent');
    });
  });

  it('never sweeps with `get`, whatever that takes', () => {
    const plan = planFor([demand(200, 10 * SECOND)], {}, 'get');
    expect(plan.sweepingOf(C)).to.equal('none');
    expect(plan.isBatched(C)).to.equal(false);
    expect(plan.demandByIdentity.get('default')).to.equal(20);
    expect(PollingPlan.first('get').sweepingOf(C)).to.equal('none');
  });

  it('sweeps with `list` however little the objects need', () => {
    expect(planFor([demand(3, MINUTE)], {}, 'list').isBatched(C)).to.equal(true);
    expect(PollingPlan.first('list').sweepingOf(C)).to.equal('all');
  });

  it('does not batch a cluster whose sweep takes as many calls as its jobs', () => {
    const small = { ...C, clusterID: 'small' };
    const plan = planFor([demand(200, 10 * SECOND), demand(1, 10 * SECOND, small)]);
    expect([plan.isBatched(C), plan.isBatched(small)]).to.deep.equal([true, false]);
    expect(plan.demandByIdentity.get('default')).to.equal(0.3);
  });

  it('goes by the pages that the last sweep found', () => {
    const plan = planFor([demand(200, 10 * SECOND)], { listingOf: () => ({ pages: 150, refused: false }) });
    expect(plan.isBatched(C)).to.equal(true);
    expect(plan.demandByIdentity.get('default')).to.equal(15);
    expect(
      planFor([demand(200, 10 * SECOND)], { listingOf: () => ({ pages: 200, refused: false }) }).isBatched(C),
    ).to.equal(false);
  });

  it('does not batch a cluster that the cloud refuses to list', () => {
    const plan = planFor([demand(200, 10 * SECOND)], { listingOf: () => ({ refused: true }) });
    expect(plan.isBatched(C)).to.equal(false);
    expect(plan.demandByIdentity.get('default')).to.equal(20);
  });

  it('adds up the demand without the noise of small numbers', () => {
    const demands = [
      demand(1, 10 * SECOND),
      demand(2, 10 * SECOND, { clusterID: 'd' }),
      demand(1, 30 * SECOND, { clusterID: 'e' }),
    ];
    expect(planFor(demands).demandByIdentity.get('default')).to.equal(0.333333333);
  });

  it('adds up what the namespaces of a credential need', () => {
    const news = { credential: { namespace: 'news' }, clusterID: 'd' };
    const plan = planFor([demand(20, 10 * SECOND), demand(30, 10 * SECOND, news)]);
    expect([...plan.demandByIdentity]).to.deep.equal([['default', 5]]);
  });

  it('includes the clusters and names the credentials of the demand, and no others', () => {
    const plan = planFor([demand(1, MINUTE, bySecret('account'))]);
    expect([plan.includes({ ...C, ...bySecret('account') }), plan.includes(C)]).to.deep.equal([true, false]);
    expect([plan.names('media/account'), plan.names('default')]).to.deep.equal([true, false]);
    expect(plan.isBatched(C)).to.equal(false);
  });

  it('loads each credential of an account with what all of them, and other processes, need of its budget', () => {
    const demands = [
      demand(20, 10 * SECOND, bySecret('a')),
      demand(30, 10 * SECOND, bySecret('b')),
      demand(10, 10 * SECOND, { credential: { namespace: 'news', name: 'c' } }),
    ];
    const accountOf = (identity: string) => (identity.startsWith('media/') ? 'shared' : identity);
    const othersDemandOf = (account: string) => new Map(account === 'shared' ? [['sports', 4]] : []);
    expect([...planFor(demands, { accountOf, othersDemandOf }, 'get').loads]).to.deep.equal([
      ['media/a', 0.9],
      ['media/b', 0.9],
      ['news/c', 0.1],
    ]);
    expect([...PollingPlan.first('get').loads]).to.deep.equal([]);
  });

  it('loads an account with the pages where a cluster is polled by its list', () => {
    expect([...planFor([demand(200, 10 * SECOND)]).loads]).to.deep.equal([['default', 0.02]]);
  });

  describe('scales intervals', () => {
    it('of each account by its own factor', () => {
      const demands = [demand(200, 10 * SECOND, bySecret('busy')), demand(10, 10 * SECOND, bySecret('idle'))];
      const plan = planFor(demands, {}, 'get');
      const names = ['busy', 'idle', 'unknown'];
      const [busy = 0, ...others] = names.map((name) => plan.scaleOf({ namespace: 'media', name }));
      expect(busy).to.be.within(2, 2 * FITS);
      expect(others).to.deep.equal([1, 1]);
      expect(plan.scales).to.deep.equal([
        { identity: 'media/busy', namespace: 'media', factor: busy },
        { identity: 'media/idle', namespace: 'media', factor: 1 },
      ]);
    });

    it('also when the namespace that comes first needs no more than its share', () => {
      const news = { credential: { namespace: 'news' } };
      const plan = planFor([demand(10, 10 * SECOND), demand(200, 10 * SECOND, news)], {}, 'get');
      expect(plan.scaleOf(C.credential)).to.equal(1);
      expect(plan.scaleOf(news.credential)).to.be.greaterThan(2);
    });

    it('without looking at the credential while none is longer, as each poll asks seven times', () => {
      let looks = 0;
      const watched = {
        get namespace() {
          looks += 1;
          return 'media';
        },
      };
      const count = (targets: number) => {
        const plan = planFor([demand(targets, 10 * SECOND)], {}, 'get');
        looks = 0;
        plan.scaleOf(watched);
        return looks;
      };
      expect(count(50)).to.equal(0);
      expect(count(200)).to.be.greaterThan(0);
    });

    it('by what the credentials of an account, and other processes, need together', () => {
      const demands = [demand(60, 10 * SECOND, bySecret('a')), demand(30, 10 * SECOND, bySecret('b'))];
      const cloud = { accountOf: () => 'account', othersDemandOf: () => new Map([['media', 3]]) };
      const plan = planFor(demands, cloud, 'get');
      const [a = 0, b = 0] = factorsOf(plan);
      expect(a).to.be.within(1.2, 1.2 * FITS);
      expect(b).to.equal(a);
      expect(factorsOf(planFor(demands, { accountOf: () => 'account' }, 'get'))).to.deep.equal([1, 1]);
    });

    it('of the namespaces that need more than their share of the account, and of no others', () => {
      const demands = [
        demand(6_000, 10 * SECOND, bySecret('greedy')),
        demand(49, 10 * SECOND, { credential: { namespace: 'news', name: 'a' } }),
      ];
      const plan = planFor(demands, { accountOf: () => 'account' }, 'get');
      // 600 calls a second are needed where the other namespace leaves 5.1.
      const [greedy = 0, other] = factorsOf(plan);
      expect(greedy).to.be.within(600 / 5.1, (600 / 5.1) * FITS);
      expect(other).to.equal(1);
    });

    it('of no namespace for what others need in other processes, if it needs less than its share', () => {
      const demands = [demand(49, 10 * SECOND)];
      const cloud = { othersDemandOf: () => new Map([['greedy', 600]]) };
      expect(factorsOf(planFor(demands, cloud, 'get'))).to.deep.equal([1]);
      const [factor = 0] = factorsOf(planFor([demand(51, 10 * SECOND)], cloud, 'get'));
      expect(factor).to.be.within(1.02, 1.02 * FITS);
    });

    it('by the part of a shared sweep that a namespace would need alone', () => {
      const shared = { targets: new Map([[10 * SECOND, 2_000]]) };
      const namespaces = new Map([
        ['greedy', 190],
        ['news', 10],
      ]);
      const { namespaceDemands } = planFor([{ ...C, ...shared, namespaces }]);
      expect(namespaceDemands).to.deep.equal([
        { identity: 'default', namespace: 'greedy', calls: 1.9 },
        { identity: 'default', namespace: 'news', calls: 0.1 },
      ]);
    });

    it('by what sweeps take where clusters are batched', () => {
      expect(planFor([demand(2_000, 10 * SECOND)]).scaleOf(C.credential)).to.equal(1);
      expect(planFor([demand(2_000, 10 * SECOND)], {}, 'get').scaleOf(C.credential)).to.be.greaterThan(15);
    });

    it('by one factor, the largest, for credentials that turn out to share an account', () => {
      let accountOf = (identity: string) => identity;
      const cloud = aCloudToPlan({ accountOf: (identity) => accountOf(identity) });
      const counts = { a: 120, b: 10 };
      let plan = PollingPlan.first('get');
      const scalesAt = (minute: number) => {
        const demands = [
          demand(counts.a, 10 * SECOND, bySecret('a')),
          demand(counts.b, 10 * SECOND, bySecret('b')),
        ];
        plan = plan.next(demands, cloud, T + minute * MINUTE);
        return factorsOf(plan);
      };
      const [alone = 0, idle] = scalesAt(0);
      expect(alone).to.be.within(1.2, 1.2 * FITS);
      expect(idle).to.equal(1);
      accountOf = () => 'account';
      expect(scalesAt(0.5)).to.deep.equal([alone, alone]);
      const [together = 0, same] = scalesAt(2);
      expect(together).to.be.greaterThan(1.3);
      expect(same).to.equal(together);
      counts.a = 80;
      counts.b = 0;
      expect(scalesAt(4)).to.deep.equal([1, 1]);
    });

    it('of no credential that no object names any more', () => {
      const plan = planFor([demand(200, 10 * SECOND)], {}, 'get').next([], aCloudToPlan(), T + 10 * SECOND);
      expect(plan.scales).to.deep.equal([]);
    });
  });
});
