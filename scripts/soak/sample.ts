// What a running operator shows from outside: /proc, and its /metrics.

import { readdir, readlink } from 'node:fs/promises';
import type { Operator } from '../../test/world/operator.ts';
import { usageOfProcess } from '../bench/usage.ts';
import { type Buckets, bucketsIn, quantileSince, valueIn } from './metrics-text.ts';

export interface Sample {
  /** Since the start of the run, s. */
  readonly seconds: number;
  readonly leads: boolean;
  readonly residentMiB: number;
  readonly heapMiB: number;
  readonly externalMiB: number;
  readonly sockets: number;
  readonly otherFiles: number;
  /** Timers, sockets and other things that keep the event loop alive. */
  readonly resources: number;
  /** Lag of the event loop at the scrape, s. */
  readonly loopLag: number;
  /** Upper bound of the bucket with 99 of 100 polls since the last sample, s; NaN without polls. */
  readonly pollLag: number;
  /** Since the start of the process, s. */
  readonly cpuSeconds: number;
}

const MIB = 1_024 * 1_024;

/** Takes the samples of one process. */
export class Sampler {
  readonly operator: Operator;
  readonly samples: Sample[] = [];
  #polls: Buckets = new Map();

  constructor(operator: Operator) {
    this.operator = operator;
  }

  /** Adds a sample, unless the process has ended. */
  async sample(seconds: number): Promise<void> {
    const { pid } = this.operator.process;
    const metrics = await this.operator.metrics().catch(() => undefined);
    const usage = await usageOfProcess(pid);
    if (metrics === undefined || !usage) return;
    const files = await openFilesOf(pid);
    const polls = bucketsIn(metrics, 'edgetranscode_poll_lag_seconds');
    this.samples.push({
      seconds,
      leads: valueIn(metrics, 'edgetranscode_leading') === 1,
      residentMiB: usage.residentMiB,
      heapMiB: valueIn(metrics, 'nodejs_heap_size_used_bytes') / MIB,
      externalMiB: valueIn(metrics, 'nodejs_external_memory_bytes') / MIB,
      sockets: files.filter((file) => file.startsWith('socket:')).length,
      otherFiles: files.filter((file) => !file.startsWith('socket:')).length,
      resources: valueIn(metrics, 'nodejs_active_resources_total'),
      loopLag: valueIn(metrics, 'nodejs_eventloop_lag_seconds'),
      pollLag: quantileSince(0.99, this.#polls, polls),
      cpuSeconds: usage.cpuSeconds,
    });
    this.#polls = polls;
  }
}

async function openFilesOf(pid: number): Promise<string[]> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  // A descriptor may be closed meanwhile.
  return Promise.all(descriptors.map((each) => readlink(`/proc/${pid}/fd/${each}`).catch(() => 'closed')));
}
