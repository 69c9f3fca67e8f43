// What each holder of objects keeps for one object, measured by the heap's growth in a process of its own: `node scripts/bench/held.ts`.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock } from '../../src/base/clock.ts';
import { Timetable } from '../../src/controller/timetable.ts';
import { Memory } from '../../src/job/memory.ts';
import { decodeJob } from '../../src/kube/decode.ts';
import { Store } from '../../src/kube/store.ts';
import { madeUpObject, SETTINGS } from './made-up-objects.ts';

const OBJECTS = 20_000;
const INTERVAL_MS = 600_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const store = new Store();
const memory = new Memory(systemClock, () => ({ ...SETTINGS, intervalMs: INTERVAL_MS }));
const polls = new Timetable<string>(systemClock, () => undefined);
const watchdog = new Timetable<string>(systemClock, () => undefined);

const later = () => systemClock.now() + INTERVAL_MS * (1 + Math.random());
const rows = [
  ['the store: the object as the operator knows it', grown(fillStore)],
  ['memory: facts, and what was last sent', grown(() => each((key) => recall(key)))],
  ['when it is polled', grown(() => each((key) => polls.set(key, later())))],
  ['when its observation is too old', grown(() => each((key) => watchdog.set(key, later())))],
] as const;
polls.clear();
watchdog.clear();
console.log(JSON.stringify(rows));

function fillStore(): void {
  const made = {
    intervalMs: INTERVAL_MS,
    asked: { endpoint: 'https://live.aliyuncs.com', regionID: 'cn-shanghai' },
    clusterID: '7f3e9c3b-4d18-395c-8106-ff21a6000000',
    leftAt: systemClock.now(),
  };
  for (let index = 0; index < OBJECTS; index += 1) {
    const job = decodeJob(JSON.parse(JSON.stringify(madeUpObject(made, index))));
    if (job) store.apply(job);
  }
}

function recall(key: Parameters<Store['get']>[0]): void {
  const object = store.get(key);
  if (object) memory.recall(object);
}

function each(act: (key: Parameters<Store['get']>[0]) => void): void {
  for (const key of store.keys()) act(key);
}

/** Bytes an object. */
function grown(act: () => void): number {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  act();
  collectGarbage();
  return (process.memoryUsage().heapUsed - before) / OBJECTS;
}
