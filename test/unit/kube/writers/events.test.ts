// Events are a courtesy: at a bounded rate, within the limits of the API server, and nothing depends on them.

import { expect } from 'chai';
import type { JobEvent } from '../../../../src/job/model/kube-port.ts';
import type { EventBody } from '../../../../src/kube/client/kube-client.ts';
import { KubeEvents } from '../../../../src/kube/writers/events.ts';
import { FakeClock, settled } from '../../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';
import { refused } from '../../kit/fakes/refused.ts';
import { aJob } from '../../kit/samples/a-job.ts';
import { PRINTED_TEXT, TERMINAL_TEXT } from '../../kit/terminal.ts';

const STARTED: JobEvent = { type: 'Normal', reason: 'JobStarted', message: 'the job was started' };

describe('events', () => {
  let clock: FakeClock;
  let logger: RecordingLogger;
  let created: [string, EventBody][];
  let dropped: number;
  let mayWrite: boolean;
  let failure: Error | undefined;
  let events: KubeEvents;
  beforeEach(() => {
    clock = new FakeClock('2026-01-01T00:00:00.123Z');
    logger = new RecordingLogger();
    created = [];
    dropped = 0;
    mayWrite = true;
    failure = undefined;
    const createEvent = async (namespace: string, body: EventBody) => {
      if (failure) throw failure;
      created.push([namespace, body]);
    };
    events = new KubeEvents({
      client: { createEvent },
      clock,
      logger,
      instance: 'operator-7',
      onDropped: () => {
        dropped += 1;
      },
      mayWrite: () => mayWrite,
    });
  });

  it('are dropped and counted when none may be written', async () => {
    mayWrite = false;
    events.record(aJob().build(), STARTED);
    await settled();
    expect([created.length, dropped]).to.deep.equal([0, 1]);
  });

  it('name the object, what happened and the reporting instance', async () => {
    events.record(aJob().named('a').uid('uid-a').version(7).build(), STARTED);
    await settled();
    const [namespace, { metadata, eventTime, ...body }] = created[0] as [string, EventBody];
    expect(namespace).to.equal('media');
    expect(metadata?.namespace).to.equal('media');
    expect(metadata?.name).to.match(/^a\.[0-9a-f]{16}$/);
    // The API server accepts microseconds and refuses milliseconds.
    expect(eventTime).to.equal('2026-01-01T00:00:00.123000Z');
    expect(body).to.deep.equal({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      type: 'Normal',
      reason: 'JobStarted',
      note: 'the job was started',
      action: 'Observe',
      regarding: {
        apiVersion: 'edgetranscode.live/v1alpha1',
        kind: 'EdgeTranscodeJob',
        namespace: 'media',
        name: 'a',
        uid: 'uid-a',
        resourceVersion: '7',
      },
      reportingController: 'edgetranscode.live/operator',
      reportingInstance: 'operator-7',
    });
  });

  it('have different names', async () => {
    for (let times = 0; times < 20; times += 1) events.record(aJob().build(), STARTED);
    await settled();
    expect(new Set(created.map(([, { metadata }]) => metadata?.name)).size).to.equal(20);
  });

  it('have a name that the API server accepts, however long and odd the object’s name', async () => {
    for (const name of [
      'a'.repeat(253),
      `${'a'.repeat(235)}-${'b'.repeat(17)}`,
      `${'a'.repeat(234)}.-.${'b'.repeat(16)}`,
    ])
      events.record(aJob().named(name).build(), STARTED);
    await settled();
    for (const [, { metadata }] of created)
      expect(metadata?.name)
        .to.match(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/)
        .with.length.at.most(253);
    expect(created).to.have.length(3);
  });

  it('hold no character that a terminal would obey', async () => {
    events.record(aJob().build(), { ...STARTED, message: TERMINAL_TEXT });
    await settled();
    expect(created[0]?.[1].note).to.equal(PRINTED_TEXT);
  });

  it('cut a long message to the limit of the API server, in bytes and not within a character', async () => {
    events.record(aJob().build(), { ...STARTED, message: '直'.repeat(1_000) });
    await settled();
    expect(created[0]?.[1].note).to.equal('直'.repeat(341));
  });

  const inAny = (times: number) => {
    for (let time = 0; time < times; time += 1)
      events.record(aJob().named('a', `ns-${time}`).build(), STARTED);
  };

  it('are at most 50 at once, then one per second; others are counted', async () => {
    inAny(60);
    await settled();
    expect([created.length, dropped]).to.deep.equal([50, 10]);
    for (let seconds = 0; seconds < 5; seconds += 1) {
      await clock.advance(1_000);
      inAny(2);
    }
    await settled();
    expect([created.length, dropped]).to.deep.equal([55, 15]);
  });

  it('of one namespace have half that rate, which leaves room for another’s', async () => {
    const storm = aJob().named('a', 'loud').build();
    for (let times = 0; times < 60; times += 1) events.record(storm, STARTED);
    for (let seconds = 0; seconds < 240; seconds += 1) {
      await clock.advance(1_000);
      events.record(storm, STARTED);
      if (seconds % 2 === 1) events.record(aJob().named('b', 'quiet').build(), STARTED);
    }
    await settled();
    const of = (name: string) => created.filter(([namespace]) => namespace === name).length;
    expect([of('loud'), of('quiet')]).to.deep.equal([50 + 120, 120]);
  });

  it('that are refused are counted, and do not fail their caller', async () => {
    failure = new Error('CANARY');
    events.record(aJob().build(), STARTED);
    await settled();
    expect(dropped).to.equal(1);
    expect(JSON.stringify(logger.lines)).not.to.contain('CANARY');
    expect(logger.lines.map(({ level }) => level)).to.deep.equal(['debug']);
  });

  it('that may not be created lead to one warning, with what to do', async () => {
    const message = 'events.events.k8s.io is forbidden: User "CANARY" cannot create resource "events"';
    failure = refused(403, { message });
    for (let times = 0; times < 3; times += 1) events.record(aJob().build(), STARTED);
    await settled();
    expect(logger.lines.map(({ level }) => level)).to.deep.equal(['warn', 'debug', 'debug']);
    expect(logger.lines[0]?.fields.hint).to.contain('kubectl apply -f deploy/');
    expect(dropped).to.equal(3);
  });

  const terminating = () => {
    const causes = [{ reason: 'NamespaceTerminating' }];
    return refused(403, { reason: 'Forbidden', details: { causes } });
  };

  it('of a namespace that is being deleted lead to no warning, and hide no missing right later', async () => {
    const message = 'events.events.k8s.io is forbidden: User "CANARY" cannot create resource "events"';
    const forbidden = refused(403, { message });
    for (const each of [terminating(), forbidden, terminating(), forbidden]) {
      failure = each;
      events.record(aJob().build(), STARTED);
      await settled();
    }
    expect(logger.lines.map(({ level }) => level)).to.deep.equal(['debug', 'warn', 'debug', 'debug']);
    expect(JSON.stringify(logger.lines[0])).not.to.match(/CANARY|deploy/);
    expect(logger.lines[1]?.fields.hint).to.contain('kubectl apply -f deploy/');
    expect(dropped).to.equal(4);
  });

  it('that policies of two namespaces refuse lead to one warning for each namespace, which names it', async () => {
    const message = 'x is forbidden: exceeded quota: few, requested: count/events=1';
    failure = refused(403, { message });
    for (const namespace of ['one', 'two', 'one', 'two']) {
      events.record(aJob().named('a', namespace).build(), STARTED);
      await settled();
    }
    const warnings = logger.lines.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ fields }) => [fields.namespace, fields.refusedBy])).to.deep.equal([
      ['one', 'ResourceQuota few'],
      ['two', 'ResourceQuota few'],
    ]);
  });

  it('that a policy refuses lead to one warning in ten minutes, which names the policy and no Role', async () => {
    const message =
      "x is forbidden: ValidatingAdmissionPolicy 'quiet' with binding 'b' denied request: CANARY";
    failure = refused(422, { message });
    for (let times = 0; times < 3; times += 1) events.record(aJob().build(), STARTED);
    await settled();
    expect(logger.lines.map(({ level }) => level)).to.deep.equal(['warn', 'debug', 'debug']);
    expect(logger.lines[0]?.fields).to.include({ refusedBy: 'ValidatingAdmissionPolicy quiet' });
    await clock.advance(10 * 60_000);
    events.record(aJob().build(), STARTED);
    await settled();
    expect(logger.lines.at(-1)?.level).to.equal('warn');
    expect(JSON.stringify(logger.lines)).not.to.match(/CANARY|deploy/);
  });
});
