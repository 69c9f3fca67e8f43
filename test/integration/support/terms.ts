/**
 * The terms of leadership and the status writes, read from the API server's audit log.
 */
import type { AuditEvent } from '../../world/control-plane/audit.ts';
import type { LogLine, Operator } from '../../world/operator.ts';
import { PATCH_STATUS, permissionOf } from './installed.ts';

/** A term of leadership: the time from one change of the holder to the next. */
export interface Term {
  readonly holder: string;
  /** When its claim came in; ms. */
  readonly from: number;
}

export interface StatusWrite {
  readonly object: string;
  readonly writer: string;
  /** The version that it was tested against: of one object these are in the order of the writes. */
  readonly version: number;
  /** When it came in; ms. */
  readonly at: number;
}

interface LeaseBody {
  readonly spec?: { readonly holderIdentity?: string };
}

type JsonPatch = readonly { readonly path: string; readonly value: unknown }[];

/** Where operators that are started without options look for theirs. */
export const LEASE = 'edge-transcode-job-operator';

/** A Lease with a holder, valid for an hour from when it is seen. */
export function leaseOf(holderIdentity: string): object {
  const renewTime = new Date().toISOString().replace('Z', '000Z');
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: LEASE, namespace: 'default' },
    spec: { holderIdentity, leaseDurationSeconds: 3_600, renewTime },
  };
}

/** What the process calls itself in the Lease and in its User-Agent. */
export function identityOf(operator: Operator): string {
  const line = operator.log().find(({ msg }: LogLine) => msg === 'starting');
  return String(line?.identity);
}

/** Changes of the Lease that were accepted: its holder after each, and when; a release has the holder ''. */
export function leaseWrites(events: readonly AuditEvent[]): Term[] {
  const isLease = ({ objectRef, verb }: AuditEvent) =>
    objectRef?.resource === 'leases' && (verb === 'update' || verb === 'create');
  return events
    .filter((event) => isLease(event) && isAccepted(event))
    .map(({ requestObject, requestReceivedTimestamp }) => ({
      holder: (requestObject as LeaseBody).spec?.holderIdentity ?? '',
      from: Date.parse(requestReceivedTimestamp),
    }))
    .sort((one, other) => one.from - other.from);
}

/** One after the other; renewals are no new term. */
export function termsOf(events: readonly AuditEvent[]): Term[] {
  const held = leaseWrites(events).filter(({ holder }) => holder !== '');
  return held.filter(({ holder }, index) => holder !== held[index - 1]?.holder);
}

/** The status writes that were accepted, by object and in their order. */
export function statusWritesOf(events: readonly AuditEvent[]): StatusWrite[] {
  return events
    .filter((event) => permissionOf(event) === PATCH_STATUS && isAccepted(event))
    .map((event) => ({
      object: event.objectRef?.name ?? '',
      writer: /\((?<identity>[^)]*)\)/.exec(event.userAgent ?? '')?.groups?.identity ?? '(none)',
      version: versionOf(event.requestObject as JsonPatch),
      at: Date.parse(event.requestReceivedTimestamp),
    }))
    .sort((one, other) => one.object.localeCompare(other.object) || one.version - other.version);
}

/**
 * The writes that no order of terms allows: of an object, whose writer did not hold the Lease yet, or no more
 * after a later holder had written.
 */
export function writesOutOfTurn(writes: readonly StatusWrite[], terms: readonly Term[]): StatusWrite[] {
  let object: string | undefined;
  let current = 0;
  return writes.filter((write) => {
    if (write.object !== object) current = 0;
    object = write.object;
    const next = terms.findIndex(
      ({ holder, from }, index) => index >= current && holder === write.writer && from <= write.at,
    );
    if (next >= 0) current = next;
    return next < 0;
  });
}

function versionOf(patch: JsonPatch): number {
  return Number(patch.find(({ path }) => path === '/metadata/resourceVersion')?.value);
}

function isAccepted({ responseStatus }: AuditEvent): boolean {
  return responseStatus?.code === 200 || responseStatus?.code === 201;
}
