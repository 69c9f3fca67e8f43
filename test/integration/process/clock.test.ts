/**
 * The operator on a machine whose wall clock is put right after the start.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { createJob } from '../support/cloud-side.ts';
import { useWorld } from '../support/use-world.ts';
import { observedAt } from '../support/user-side.ts';
import { is, job } from '../support/world.ts';

const SLOW_CLOCK = join(import.meta.dirname, '../support/fixtures/slow-clock.ts');

/** Some intervals of 5 s; the clock was wrong by an hour. */
const CLOSE_S = 60;

describe('a wall clock that is put right after the start', function () {
  this.timeout(120_000);
  const scene = useWorld({ operator: 'none' });

  it('is followed by the times in metrics', async () => {
    const { world } = scene;
    const file = join(world.controlPlane.directory, 'clock-is-right');
    const env = { NODE_OPTIONS: `--import=${SLOW_CLOCK}`, CLOCK_RIGHT_FILE: file };
    const operator = await world.operator({ env });
    const progress = 'edgetranscode_watch_last_progress_timestamp_seconds';
    expect(Date.now() / 1_000 - (await operator.metric(progress))).to.be.closeTo(3_600, CLOSE_S);
    await writeFile(file, '');
    expect(Date.now() / 1_000 - (await operator.metric(progress))).to.be.closeTo(0, CLOSE_S);
    await world.apply(job('observed', await createJob(world)));
    await world.until('observed', (each) => is(each, 'Ready', 'True'));
    expect(Date.now() / 1_000 - (await observedAt(operator, 'observed'))).to.be.closeTo(0, CLOSE_S);
  });
});
