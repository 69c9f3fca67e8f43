// How the heartbeats of thousands of unchanged objects are spread over the hour.
import { expect } from 'chai';
import { AnOperator } from '../../../kit/an-operator.ts';
import { settled } from '../../../kit/fakes/fake-clock.ts';
import { aJob } from '../../../kit/samples/a-job.ts';
import { running } from '../../../kit/samples/answers.ts';

const MINUTE = 60_000;
const OBJECTS = 1_000;

describe('heartbeats of objects that were all written in one minute', function () {
  // Some ten thousand polls: 2 s of processor time.
  this.timeout(30_000);
  let operator: AnOperator;
  beforeEach(async () => {
    operator = new AnOperator();
    operator.cloud.always(running());
    for (let index = 0; index < OBJECTS; index += 1)
      operator.cluster.apply(aJob().named(`stream${index}`).about(`job-${index}`).every('10m'));
    await visited();
    expect(operator.cluster.takeWrites()).to.have.length(OBJECTS);
  });
  afterEach(() => operator.verify());

  it('are spread evenly over the hour, also by operators that know the objects from their statuses only', async () => {
    await operator.restart();
    await visited();
    await operator.clock.advance(25 * MINUTE);
    expect(operator.cluster.takeWrites(), 'before half a period is over').to.deep.equal([]);
    await operator.clock.advance(9 * MINUTE);
    operator.clear();
    await operator.restart();
    await visited();
    // 83 are expected each time; 5 standard deviations of a Poisson distribution are 45.
    for (const writes of await everyFiveMinutes(5)) expect(writes).to.be.within(38, 128);
  });

  /** Waits until all objects have been visited: a few hundred begin in each turn of the event loop. */
  async function visited(): Promise<void> {
    while (operator.factsStore.size < OBJECTS) await settled();
    await settled();
  }

  async function everyFiveMinutes(times: number): Promise<number[]> {
    const writes: number[] = [];
    for (let time = 0; time < times; time += 1) {
      await operator.clock.advance(5 * MINUTE);
      writes.push(operator.cluster.takeWrites().length);
    }
    return writes;
  }
});
