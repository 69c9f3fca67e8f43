// What holds for every status after answers, time, changes by users and restarts in any order.

import { expect } from 'chai';
import fc from 'fast-check';
import { type Condition, findCondition } from '../../../../src/api/conditions.ts';
import {
  type EdgeTranscodeJobSpec,
  EXPECTED_STATES,
  STATES,
} from '../../../../src/api/edge-transcode-job.ts';
import { REASONS } from '../../../../src/api/reasons.ts';
import { rfc3339 } from '../../../../src/base/clock.ts';
import { FAILURE_KINDS } from '../../../../src/job/model/failures.ts';
import { decide } from '../../../../src/job/status/decide.ts';
import { type Facts, isNewRequest, pendingRequestOf, saysTheSame } from '../../../../src/job/status/facts.ts';
import { fingerprintOf } from '../../../../src/job/status/fingerprint.ts';
import { SETTINGS } from '../../kit/an-operator.ts';
import { anyText, holds, sequence } from '../../kit/for-any.ts';
import {
  DESTINATION,
  details,
  fails,
  notStarted,
  observed,
  type Reply,
  running,
} from '../../kit/samples/answers.ts';
import { ALife, type OnDecided } from '../visit/reconciler/a-life.ts';

interface Happening extends fc.WithToStringMethod {
  readonly act: (life: ALife) => void;
}

/** Makes a step that a counterexample shows by its name. */
function happens(what: string, act: Happening['act']): Happening {
  return { act, [fc.toStringMethod]: () => what };
}

const ELSEWHERE = { ...DESTINATION, regionID: 'cn-beijing' };

const replies: fc.Arbitrary<[what: string, Reply]> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom<[string, Reply]>(['running', running()], ['not started', notStarted()]),
  },
  fc.constant<[string, Reply]>(['elsewhere', observed(details('1'), ELSEWHERE)]),
  anyText(8).map<[string, Reply]>((code) => [`code ${JSON.stringify(code)}`, observed(details(code))]),
  {
    weight: 4,
    arbitrary: fc.constantFrom(...FAILURE_KINDS).map<[string, Reply]>((kind) => [kind, fails(kind)]),
  },
  fc.constant<[string, Reply]>(['no Secret', fails('CredentialsNotFound', { destination: 'nowhere' })]),
);

const late = fc.constantFrom(0, 0, 0, 1_000, 60_000);

const specs: fc.Arbitrary<Partial<EdgeTranscodeJobSpec>> = fc.oneof(
  fc.constantFrom(...EXPECTED_STATES).map((expectedState) => ({ expectedState })),
  fc.constantFrom('1s', '5s', '5m', '24h').map((interval) => ({ interval })),
  fc.constantFrom('cn-shanghai', 'cn-beijing').map((regionID) => ({ regionID })),
  { weight: 3, arbitrary: fc.boolean().map((suspend) => ({ suspend })) },
);

const life = sequence(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .tuple(replies, late)
        .map(([[what, reply], ms]) => happens(`${what}, asked ${ms} ms ago`, (one) => one.answer(reply, ms))),
    },
    {
      weight: 5,
      arbitrary: fc
        .constantFrom(1_000, 5_000, 60_000, 210_000, 3_600_000)
        .map((ms) => happens(`${ms} ms pass`, (one) => one.pass(ms))),
    },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom('a', 'b')
        .map((token) => happens(`request ${token}`, (one) => one.request(token))),
    },
    { weight: 3, arbitrary: specs.map((spec) => happens(JSON.stringify(spec), (one) => one.change(spec))) },
    { weight: 1, arbitrary: fc.constant(happens('restart', (one) => one.restart())) },
  ),
  40,
);

/** Runs each life, and checks every status in it by `rule`. */
function always(rule: OnDecided): void {
  holds(
    fc.property(life, (all) => {
      const one = new ALife(rule);
      for (const { act } of all) act(one);
    }),
    70,
  );
}

function statusOf(condition: Condition | undefined): string | undefined {
  return condition?.status;
}

describe('in any life of an object', () => {
  it('each status is valid for the schema', () => {
    always((_, { object: { generation, status } }) => {
      expect(STATES).to.contain(status.state);
      expect(status.observedGeneration).to.be.at.most(generation);
      const conditions = [...(status.conditions ?? [])];
      expect(new Set(conditions.map(({ type }) => type)).size).to.equal(conditions.length);
      for (const { type, status: is, reason, message, lastTransitionTime } of conditions) {
        expect(
          ['Stalled', 'Reconciling'].includes(type) ? ['True'] : ['True', 'False', 'Unknown'],
        ).to.contain(is);
        expect(REASONS).to.contain(reason);
        expect(message).to.have.length.within(1, 1_024);
        expect(rfc3339(new Date(lastTransitionTime))).to.equal(lastTransitionTime);
      }
      for (const type of ['Ready', 'Fresh', 'Running'] as const)
        expect(findCondition(conditions, type), type).not.to.equal(undefined);
    });
  });

  it('Fresh is True only while the observation is younger than the window, and Ready and Running need Fresh', () => {
    always((_, { object: { status, spec }, now, ageFrom, window }) => {
      const { conditions } = status;
      const fresh = statusOf(findCondition(conditions, 'Fresh'));
      if (fresh === 'True') {
        expect(now - ageFrom, 'age').to.be.below(window);
        expect(status.lastObservedTime).not.to.equal(undefined);
      }
      if (fresh !== 'True') expect(statusOf(findCondition(conditions, 'Running'))).to.equal('Unknown');
      if (fresh !== 'True' && !spec.suspend)
        expect(statusOf(findCondition(conditions, 'Ready'))).not.to.equal('True');
    });
  });

  it('a condition’s time changes with its status, and with nothing else', () => {
    always((before, { object, now }) => {
      for (const { type, status, lastTransitionTime } of object.status.conditions ?? []) {
        const stored = findCondition(before.conditions, type);
        const expected = stored?.status === status ? stored.lastTransitionTime : rfc3339(new Date(now));
        expect(lastTransitionTime, type).to.equal(expected);
      }
    });
  });

  it('a refresh that the status names as served was requested', () => {
    always((_, { object, facts, requested }) => {
      for (const served of [object.status.lastHandledRequestedAt, facts.servedRequest])
        if (served !== undefined) expect([...requested]).to.contain(served);
    });
  });

  it('deciding again at any time changes nothing', () => {
    always((_, one) => {
      const again = one.decided('2031-01-01T00:00:00Z');
      expect(fingerprintOf(again)).to.equal(fingerprintOf(one.object.status));
      expect(again.conditions).to.deep.equal(one.object.status.conditions);
    });
  });

  it('facts that say the same lead to the same status', () => {
    interface Decided {
      readonly facts: Facts;
      /** What else the status follows from: the store gives each change of it another version. */
      readonly asked: string;
      readonly fingerprint: string;
    }
    const last = new WeakMap<ALife, Decided>();
    always((_, one) => {
      const { facts, object } = one;
      const before = last.get(one);
      const fingerprint = fingerprintOf(one.decided());
      const asked = `${pendingRequestOf(object)}`;
      if (before && before.asked === asked && saysTheSame(before.facts, facts))
        expect(fingerprint).to.equal(before.fingerprint);
      last.set(one, { facts, asked, fingerprint });
    });
  });

  it('a restart decides the same status again, or calls at once', () => {
    always((_, one) => {
      const restored = one.restored();
      if (isNewRequest(one.object, restored)) return;
      const again = decide(one.object, restored, SETTINGS, '2031-01-01T00:00:00Z');
      expect(fingerprintOf(again)).to.equal(fingerprintOf(one.object.status));
      expect(again.conditions).to.deep.equal(one.object.status.conditions);
    });
  });
});
