import { setTimeout as passed } from 'node:timers/promises';
import { expect } from 'chai';
import { watchFinding } from '../../../src/companion/doctor/watch-finding.ts';
import type { WatchClient } from '../../../src/kube/client/watch-client.ts';

type Events = WatchClient['events'];
type Yielded = Exclude<Awaited<ReturnType<ReturnType<Events>['next']>>['value'], void>;

describe('the watch that kubectl etj doctor opens', () => {
  const found = (events: Events, times = { openMs: 1, leewayMs: 1 }, hasObjects = true) =>
    watchFinding({ watch: { events }, namespace: 'media', server: 'https://example' }, hasObjects, times);
  const event = {} as Yielded;

  it('is ok when an event comes before its end', async () => {
    const patient = { openMs: 60_000, leewayMs: 60_000 };
    const events: Events = async function* () {
      yield event;
    };
    expect(await found(events, patient)).to.include({ verdict: 'ok', text: 'events come at once' });
  });

  it('is wrong when events come at its end only', async () => {
    const events: Events = async function* () {
      await passed(5);
      yield event;
    };
    const { verdict, text } = await found(events, { openMs: 1, leewayMs: 60_000 });
    expect(text).to.contain('events come only when the watch ends');
    expect(verdict).to.equal('wrong');
  });

  it('is given up when it does not even end', async () => {
    const events: Events = async function* (_path, _query, signal) {
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      yield event;
    };
    const { verdict, text } = await found(events);
    expect(text).to.contain('does not end at its time');
    expect(verdict).to.equal('wrong');
  });

  it('is wrong when its connection is cut', async () => {
    const events: Events = async function* () {
      yield* [];
      throw Object.assign(new Error(), { code: 'ECONNRESET' });
    };
    const { verdict, text } = await found(events, { openMs: 60_000, leewayMs: 60_000 });
    expect(text).to.contain('a watch was cut: ECONNRESET');
    expect(verdict).to.equal('wrong');
  });

  it('shows no event where there is no object, and asks for a second only', async () => {
    let seconds: unknown;
    const events: Events = async function* (_path, { timeoutSeconds }) {
      seconds = timeoutSeconds;
      yield* [];
    };
    const finding = await found(events, { openMs: 60_000, leewayMs: 60_000 }, false);
    expect(finding).to.include({ verdict: 'ok' });
    expect(finding.text).to.contain('without objects no event can be seen');
    expect(seconds).to.equal(1);
  });
});
