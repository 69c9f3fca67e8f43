// What each holder of objects keeps for one object, measured by the growth of our own heap.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { EdgeTranscodeJob } from '../../src/api/edge-transcode-job.ts';
import { systemClock } from '../../src/base/clock.ts';
import { Timetable } from '../../src/controller/timetable.ts';
import { FactsStore } from '../../src/job/visit/facts-store.ts';
import { decodeJob } from '../../src/kube/informer/decode.ts';
import { Store } from '../../src/kube/informer/store.ts';
import { madeUpObject, SETTINGS } from './made-up-objects.ts';

const OBJECTS = 20_000;
const INTERVAL_MS = 600_000;

export function measureHeld(): readonly (readonly [holder: string, bytes: number])[] {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const store = new Store([undefined]);
  const factsStore = new FactsStore(systemClock, () => ({ ...SETTINGS, intervalMs: INTERVAL_MS }));
  const polls = new Timetable<string>(systemClock, () => undefined);
  const watchdog = new Timetable<string>(systemClock, () => undefined);
  const later = () => systemClock.now() + INTERVAL_MS * (1 + Math.random());
  /** Bytes an object. */
  const grown = (act: () => void) => {
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    act();
    collectGarbage();
    return (process.memoryUsage().heapUsed - before) / OBJECTS;
  };
  const each = (act: (object: EdgeTranscodeJob) => void) => {
    for (const object of store.values()) act(object);
  };
  const held = [
    ['the store: the object as the operator knows it', grown(() => fill(store))],
    ['memory: facts, and what was last sent', grown(() => each((object) => factsStore.get(object)))],
    ['when it is polled next', grown(() => each(({ key }) => polls.set(key, later())))],
    ['when its observation is too old', grown(() => each(({ key }) => watchdog.set(key, later())))],
  ] as const;
  polls.clear();
  watchdog.clear();
  return held;
}

function fill(store: Store): void {
  const made = {
    intervalMs: INTERVAL_MS,
    destination: { endpoint: 'https://live.aliyuncs.com', regionID: 'cn-shanghai' },
    clusterID: '7f3e9c3b-4d18-395c-8106-ff21a6000000',
    leftAt: systemClock.now(),
  };
  for (let index = 0; index < OBJECTS; index += 1) {
    const job = decodeJob(JSON.parse(JSON.stringify(madeUpObject(made, index))));
    if (job) store.apply(job);
  }
}
