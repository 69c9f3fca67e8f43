/**
 * Objects as large as etcd holds, by the hundred: a tenant who may create objects can neither make the
 * operator run out of memory nor keep it from the new objects of others. Linux only: /proc has the most
 * memory that a process ever took.
 */
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { STATES } from '../../../src/api/edge-transcode-job.ts';
import type { Operator } from '../../world/operator.ts';
import { storeObjects } from '../support/many/stored.ts';
import { useWorld } from '../support/use-world.ts';
import { is, job, type Shown } from '../support/world.ts';

const OBJECTS = 150;
const LABELS = 3_000;
const OBJECT_BYTES = 1.1 * 1_000 * 1_000;

/** A pod gets 1 GiB. */
const MOST_MIB = 300;

/** A write of such an object takes the API server a second. The first 16 are made at once. */
const WRITES = 20;

/**
 * Most of these writes while a new object of another namespace waits: its change comes after theirs in the
 * watch. With 16 at a time they were all made first.
 */
const MOST_BEFORE_NEWCOMER = 30;

/** An API server that has just read as many large objects refuses lists for a while. */
const WITHIN_MS = 240_000;

describe('150 objects of more than a megabyte', function () {
  this.timeout(2 * WITHIN_MS);
  let operator: Operator;
  const scene = useWorld({ operator: 'none' });

  before(async () => {
    await storeObjects(scene.world, largeObjects());
    operator = await scene.world.operator({ untilReady: false });
    await operator.process.ready(() => operator.isReady().catch(() => false), WITHIN_MS);
  });

  it('are as large as they should be', async () => {
    const { length } = JSON.stringify(await scene.world.get('large-0'));
    expect(length).to.be.within(OBJECT_BYTES, 1.5 * OBJECT_BYTES);
  });

  it('are listed, and the operator becomes ready', async () => {
    expect(await operator.isReady()).to.equal(true);
    const counts = STATES.map((state) => operator.metric(`edgetranscode_jobs{state="${state}"}`));
    const objects = (await Promise.all(counts)).reduce((sum, count) => sum + count);
    expect(objects).to.be.at.least(OBJECTS);
  });

  it('leave a new object of another namespace its turn', async () => {
    const { world } = scene;
    const before = await operator.metric(WRITTEN);
    await world.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'news' } });
    await world.apply(job('newcomer', {}, 'news'));
    const isReady = (shown: Shown) => is(shown, 'Ready', 'True');
    await world.until('newcomer', isReady, { namespace: 'news', withinMs: WITHIN_MS });
    expect((await operator.metric(WRITTEN)) - before).to.be.at.most(MOST_BEFORE_NEWCOMER);
  });

  it('get statuses, although each write is answered with the whole object', () => writes());

  it(`take less than ${MOST_MIB} MiB of memory at any time`, async () => {
    await writes();
    expect(await peakMiB(operator)).to.be.below(MOST_MIB);
  });

  /** Resolves when the first statuses are written. */
  async function writes(): Promise<void> {
    const written = async () => (await operator.metric(WRITTEN)) >= WRITES;
    await operator.process.ready(written, WITHIN_MS);
  }
});

const WRITTEN = 'edgetranscode_status_writes_total{result="written"}';

/** Each is made when it is stored: together they are 170 MB. */
function* largeObjects(): Generator<object> {
  for (let index = 0; index < OBJECTS; index += 1) {
    const { metadata, ...rest } = job(`large-${index}`) as { metadata: object };
    yield { ...rest, metadata: { ...metadata, labels: labelsOf(index) } };
  }
}

/** Names and values as long as Kubernetes allows; no two objects share a name. */
function labelsOf(object: number): Record<string, string> {
  const indexes = Array.from({ length: LABELS }, (_, index) => index);
  const names = indexes.map((index) => `${`p${object}-${index}-`.padEnd(252, 'x')}x/${'n'.repeat(63)}`);
  return Object.fromEntries(names.map((name) => [name, 'v'.repeat(63)]));
}

/** The most memory that the operator has taken so far. */
async function peakMiB({ process }: Operator): Promise<number> {
  const status = await readFile(`/proc/${process.pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024;
}
