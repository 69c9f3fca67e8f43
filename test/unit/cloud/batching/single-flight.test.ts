// One call for all who ask for the same job, however many, and however they come and go.

import { expect } from 'chai';
import { Flight, type FlightHost } from '../../../../src/cloud/batching/single-flight.ts';
import type { Answer } from '../../../../src/job/model/cloud-port.ts';
import { FakeClock } from '../../kit/fake-clock.ts';

const REFERENCE = { credential: { namespace: 'media' }, clusterID: 'c', jobID: 'j' };
const DESTINATION = { endpoint: 'https://live.aliyuncs.com', regionID: 'cn-shanghai' };

describe('a flight', () => {
  let clock: FakeClock;
  let flight: Flight;
  let ended: number;
  /** Who was told what, in order. */
  let told: [who: number, kind: Answer['kind']][];
  let aborts: AbortController[];
  beforeEach(() => {
    clock = new FakeClock();
    ended = 0;
    told = [];
    aborts = [];
    const host: FlightHost = {
      parts: { clock } as unknown as FlightHost['parts'],
      calling: () => undefined,
      ended: () => {
        ended += 1;
      },
      told: (_, answer) => answer,
    };
    flight = new Flight(REFERENCE, { priority: 'scheduled', deadline: 0 }, host);
  });

  function join(): void {
    const who = aborts.length;
    const abort = new AbortController();
    aborts.push(abort);
    flight.join(abort.signal, ({ kind }) => told.push([who, kind]));
  }

  function leave(who: number): void {
    aborts[who]?.abort();
  }

  function observed(sentAt = clock.now()): Extract<Answer, { kind: 'observed' }> {
    return { kind: 'observed', job: {}, destination: DESTINATION, sentAt };
  }

  it('tells each once, those who left when they left', () => {
    for (let each = 0; each < 4; each += 1) join();
    leave(1);
    leave(3);
    leave(1);
    expect([told, ended]).to.deep.equal([
      [
        [1, 'withdrawn'],
        [3, 'withdrawn'],
      ],
      0,
    ]);
    flight.end(observed());
    leave(0);
    expect(told.slice(2)).to.deep.equal([
      [0, 'observed'],
      [2, 'observed'],
    ]);
    expect(ended).to.equal(1);
  });

  it('ends when the last has left, be it one or several', () => {
    for (let each = 0; each < 3; each += 1) join();
    for (const who of [2, 0]) leave(who);
    expect(ended).to.equal(0);
    leave(1);
    expect(ended).to.equal(1);
    join();
    leave(3);
    expect(ended).to.equal(2);
  });

  it('is answered by another call for those who had asked by then, and waits on for the others', async () => {
    for (let each = 0; each < 2; each += 1) join();
    const sentAt = clock.now();
    await clock.advance(1);
    join();
    expect(flight.since).to.equal(clock.now());
    flight.serve(observed(sentAt));
    expect(told).to.deep.equal([
      [0, 'observed'],
      [1, 'observed'],
    ]);
    expect(ended).to.equal(0);
    flight.serve(observed());
    expect([told.at(-1), ended]).to.deep.equal([[2, 'observed'], 1]);
  });

  it('lets twenty thousand come and go, each in no time', () => {
    const leavers: { handleEvent(): void }[] = [];
    // An AbortSignal costs more than what is measured here.
    const signal = {
      addEventListener: (_: 'abort', leaver: { handleEvent(): void }) => leavers.push(leaver),
      removeEventListener: () => undefined,
    } as unknown as AbortSignal;
    for (let each = 0; each < 20_000; each += 1) flight.join(signal, () => undefined);
    const before = process.cpuUsage();
    // The last first: a list would be searched to its end for each.
    for (const leaver of leavers.reverse()) leaver.handleEvent();
    const { user } = process.cpuUsage(before);
    expect(ended).to.equal(1);
    // 0.01 s; with a list several seconds.
    expect(user / 1e6).to.be.below(0.5);
  });
});
