// The EdgeTranscodeJob objects of the default namespace as they are now: each change is shown as a row, and
// can be waited for.

import { EventEmitter, once } from 'node:events';
import { type Condition, type ConditionType, findCondition } from '../../../src/api/conditions.ts';
import { API_VERSION, type EdgeTranscodeJobStatus, PLURAL } from '../../../src/api/edge-transcode-job.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import type { Screen } from './terminal/screen.ts';
import { WatchedTable } from './terminal/table.ts';
import { type RowEvent, watchRows } from './terminal/table-watch.ts';

/** What the demo reads of an object. */
export type Reference = {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: EdgeTranscodeJobStatus;
};

const PATH = `/apis/${API_VERSION}/namespaces/default/${PLURAL}`;
// An object is looked at every 5 s, 7.5 s at most between two looks. The rest is for a machine that is busy
// with other things.
const EFFECT_WITHIN_MS = 40_000;

export class References {
  readonly #screen: Screen;
  readonly #newest = new Map<string, Reference>();
  readonly #changes = new EventEmitter();
  #table: WatchedTable | undefined;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /**
   * Shows every change from now on. Rejects when `signal` is aborted or the API server is gone, and never
   * resolves.
   */
  async watch(controlPlane: ControlPlane, signal: AbortSignal): Promise<never> {
    const rows = watchRows<Reference>(controlPlane, PATH, signal);
    while (true) this.#take((await rows.next()).value);
  }

  /** Resolves with the object once it is as wanted. Rejects when time is up, telling how it is. */
  async until(name: string, wanted: Wanted, signal: AbortSignal): Promise<Reference> {
    const timeout = AbortSignal.timeout(EFFECT_WITHIN_MS);
    const bounded = AbortSignal.any([signal, timeout]);
    while (true) {
      const reference = this.#newest.get(name);
      if (reference && wanted.holds(reference)) return reference;
      await once(this.#changes, 'change', { signal: bounded }).catch(() => {
        signal.throwIfAborted();
        const seconds = EFFECT_WITHIN_MS / 1_000;
        throw new Error(`${name} did not reach ${wanted.what} within ${seconds} s. ${described(reference)}`);
      });
    }
  }

  #take({ type, columns, cells, object }: RowEvent<Reference>): void {
    const { name, uid } = object.metadata;
    this.#table ??= new WatchedTable(columns);
    const table = this.#table;
    if (type === 'DELETED') table.forget(uid);
    const row = table.row(uid, cells);
    if (row) this.#screen.row(row, table.header(), type === 'DELETED' ? '(deleted)' : '');
    if (type === 'DELETED') {
      table.forget(uid);
      this.#newest.delete(name);
    } else this.#newest.set(name, object);
    this.#changes.emit('change');
  }
}

/** What an object is to become. */
export type Wanted = { readonly what: string; holds(reference: Reference): boolean };

export function condition({ status }: Reference, type: ConditionType): Condition | undefined {
  return findCondition(status.conditions, type);
}

/** Such a condition. */
export function has(type: ConditionType, status: Condition['status'], reason: Condition['reason']): Wanted {
  return {
    what: `${type}=${status} (${reason})`,
    holds: (reference) => {
      const found = condition(reference, type);
      return found?.status === status && found.reason === reason;
    },
  };
}

/** The state, and each condition on a line of its own. */
function described(reference: Reference | undefined): string {
  if (reference === undefined) return 'There is no such object.';
  const { state, conditions = [] } = reference.status;
  const lines = conditions.map(
    ({ type, status, reason, message }) => `  ${type}=${status} (${reason}): ${message}`,
  );
  return [`Its state is ${state}:`, ...lines].join('\n');
}
