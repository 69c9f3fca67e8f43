// What the store holds of an object has each text once, also when a write has brought a part of it.

import { expect } from 'chai';
import type { EdgeTranscodeJob } from '../../../../../src/api/edge-transcode-job.ts';
import { Store } from '../../../../../src/kube/informer/store.ts';
import { heapInUse, MEASURING_MS } from '../../../kit/heap.ts';
import { aJob } from '../../../kit/samples/a-job.ts';

const OBJECTS = 500;
/** Enough that what is shared among objects no longer knows the strings of the first ones. */
const OTHERS = 5_000;
/** Long, so that a second copy shows beside everything else that a status takes. */
const ID_LENGTH = 4_000;

/** An object whose texts are its own, as those of each answer are. */
function madeOf(index: number, version: number, idLength: number): EdgeTranscodeJob {
  const jobID = Buffer.alloc(idLength, `${index} `).toString();
  return aJob().named(`job-${index}`).version(version).about(jobID).build();
}

describe('the strings of stored objects', () => {
  it('are not held a second time after the first status was written', async function () {
    this.timeout(MEASURING_MS);
    const store = new Store([undefined]);
    for (let index = 0; index < OBJECTS; index += 1) store.apply(madeOf(index, 1, ID_LENGTH));
    for (let other = 0; other < OTHERS; other += 1) store.apply(madeOf(OBJECTS + other, 1, 10));
    const before = await heapInUse();
    for (let index = 0; index < OBJECTS; index += 1) {
      const { spec } = madeOf(index, 2, ID_LENGTH);
      store.update({ ...madeOf(index, 2, ID_LENGTH), status: { job: { jobID: spec.jobID } } });
    }
    const growth = (await heapInUse()) - before;
    expect(store.get('media/job-7')?.status.job?.jobID).to.have.lengthOf(ID_LENGTH);
    expect(growth).to.be.below((OBJECTS * ID_LENGTH) / 4);
  });
});
