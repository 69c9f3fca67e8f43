/**
 * The faults that are set, and which of them the next call meets. What a fault does to an answer is in
 * `delivery.ts`.
 */
import {
  CloudWorldError,
  checkService,
  type Fault,
  type FaultEffect,
  type FaultScope,
  type NewFault,
} from '../world/cloud-world.ts';

type Kind = FaultEffect['kind'];

/** What a call must have for its faults to be found. */
export type FaultTarget = Readonly<Record<keyof FaultScope, string | undefined>>;

export interface MetFaults {
  /** Milliseconds that the answer is held back. */
  readonly latency: number;
  readonly effect: FaultEffect | undefined;
}

/**
 * `service`: stands in for what the service says, so only a call that was let through to it meets the fault.
 * `network`: happens on the way, so every call meets it, a refused one as well.
 */
const PLACES = {
  latency: 'network',
  error: 'service',
  throttle: 'service',
  body: 'service',
  'other-job': 'service',
  html: 'network',
  empty: 'network',
  truncated: 'network',
  reset: 'network',
  hang: 'network',
} as const satisfies Record<Kind, 'service' | 'network'>;

/** What an effect cannot do without. */
const NEEDS: Partial<Record<Kind, readonly string[]>> = {
  latency: ['milliseconds'],
  error: ['status', 'code'],
  body: ['body'],
  'other-job': ['answeredJobID'],
  truncated: ['contentLength'],
};

/** Statuses below 200 announce another answer. Node's timers reach to 2^31 - 1 ms. */
const RANGES: ReadonlyMap<string, readonly [least: number, most: number]> = new Map([
  ['status', [200, 599]],
  ['calls', [1, Number.MAX_SAFE_INTEGER]],
  ['milliseconds', [0, 2 ** 31 - 1]],
  ['retryAfter', [0, Number.MAX_SAFE_INTEGER]],
]);

const SCOPE = ['accountID', 'accessKeyID', 'clusterID', 'jobID', 'action', 'roleARN'] as const;

export class Faults {
  #faults: (Fault & { left: number })[] = [];
  #added = 0;

  add(fault: NewFault): string {
    check(fault);
    const faultID = `fault-${++this.#added}`;
    this.#faults.push({ ...fault, faultID, left: fault.calls ?? Number.POSITIVE_INFINITY });
    return faultID;
  }

  remove(faultID: string): void {
    const others = this.#faults.filter((fault) => fault.faultID !== faultID);
    if (others.length === this.#faults.length) throw new CloudWorldError(`There is no fault ${faultID}.`);
    this.#faults = others;
  }

  clear(): void {
    this.#faults = [];
  }

  /** The faults that are set; `calls` is how many calls will still meet one. */
  list(): readonly Fault[] {
    return this.#faults.map(({ left, ...fault }) =>
      Number.isFinite(left) ? { ...fault, calls: left } : fault,
    );
  }

  /**
   * The faults that a call meets, which counts for them. Latencies add up; of the others, the one that was
   * set last wins.
   * @param served whether the call was let through to the service.
   */
  meet(target: FaultTarget, served: boolean): MetFaults {
    const fitting = this.#faults.filter((fault) => fits(fault, target, served));
    const latencies = fitting.filter((fault) => fault.kind === 'latency');
    const effect = fitting.findLast((fault) => fault.kind !== 'latency');
    for (const fault of effect ? [...latencies, effect] : latencies) fault.left--;
    this.#faults = this.#faults.filter((fault) => fault.left > 0);
    return { latency: latencies.reduce((sum, fault) => sum + fault.milliseconds, 0), effect };
  }
}

function fits(fault: Fault, target: FaultTarget, served: boolean): boolean {
  const { service = 'live' } = fault;
  const inPlace = service === target.service && (served || PLACES[fault.kind] === 'network');
  return inPlace && SCOPE.every((name) => fault[name] === undefined || fault[name] === target[name]);
}

function check(fault: NewFault): void {
  checkService(fault.service);
  const kinds = Object.keys(PLACES);
  if (!kinds.includes(fault.kind)) {
    throw new CloudWorldError(`There is no fault of the kind ${fault.kind}; there are ${kinds.join(', ')}.`);
  }
  for (const name of NEEDS[fault.kind] ?? []) {
    if (!Object.hasOwn(fault, name))
      throw new CloudWorldError(`A fault of the kind ${fault.kind} needs ${name}.`);
  }
  for (const [name, value] of Object.entries(fault)) checkRange(name, value);
  if (fault.kind === 'truncated' && !['honest', 'dishonest'].includes(fault.contentLength)) {
    throw new CloudWorldError(`contentLength is honest or dishonest, not ${fault.contentLength}.`);
  }
}

function checkRange(name: string, value: unknown): void {
  const range = RANGES.get(name);
  if (!range || value === undefined) return;
  const [least, most] = range;
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return;
  throw new CloudWorldError(`${name} is a whole number from ${least} to ${most}, not ${value}.`);
}
