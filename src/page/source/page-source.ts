/** What the status page shows: read at each request, and never changed by it. */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';

export interface PageSource {
  /** All objects, as stored. */
  jobs(): Iterable<EdgeTranscodeJob>;
  /** Unix seconds of the object's last observation, where this process knows it better than the status. */
  observedAt(job: EdgeTranscodeJob): number | undefined;
  /** Namespaces whose first list has not arrived, because it takes long or is refused. Undefined: all. */
  awaited(): readonly (string | undefined)[];
  /** Unix seconds of the last page, event or bookmark of the watch. */
  watchProgressedAt(): number;
  isLeading(): boolean;
  /** The process that leads. Undefined: not known, or there is no election. */
  leader(): string | undefined;
  /**
   * The accounts that objects of these namespaces use, as far as these use them. Undefined on a standby,
   * which does not know them.
   *
   * @param namespaces undefined: all
   */
  accounts(namespaces: ReadonlySet<string> | undefined): Iterable<AccountUse> | undefined;
}

/** What is asked of one account, and what it gives. */
export interface AccountUse {
  /** The credentials that spend it: `default`, or the Secret's `namespace/name`. */
  readonly identities: readonly string[];
  /** Calls a second that the account may make now. */
  readonly budget: number;
  /** Calls a second that the intervals require. */
  readonly demand: number;
  /** The demand as a part of the budget. Where all namespaces are shown, the demand of all processes. */
  readonly load: number;
  /** Largest factor by which intervals are longer. 1: none is. */
  readonly stretch: number;
  /** Calls that wait for a permit. Undefined: calls of namespaces that are not shown may be among them. */
  readonly waiting: number | undefined;
  /** Unix seconds of the last throttling. Undefined: none. */
  readonly throttledAt: number | undefined;
}
