// Objects as large as real ones, with the statuses that an operator leaves after hours of work: each written
// at its last heartbeat.

import {
  API_VERSION,
  type EdgeTranscodeJob,
  type JobDetails,
  KIND,
} from '../../src/api/edge-transcode-job.ts';
import { rfc3339, unixSeconds } from '../../src/base/clock.ts';
import { formatDuration } from '../../src/base/duration.ts';
import { objectKey } from '../../src/base/object-key.ts';
import type { Destination } from '../../src/job/model/cloud-port.ts';
import { endpointHash, referenceHash, referenceOf } from '../../src/job/model/reference.ts';
import { heartbeatPeriod } from '../../src/job/schedule/poll-schedule.ts';
import type { JobSettings } from '../../src/job/schedule/settings.ts';
import { decide } from '../../src/job/status/decide.ts';
import type { Facts } from '../../src/job/status/facts.ts';
import type { MadeUpObject } from './made-up-api-server.ts';

export type MadeUp = {
  readonly intervalMs: number;
  readonly destination: Destination;
  readonly clusterID: string;
  /** ms since the Unix epoch: when the operator that wrote the statuses was stopped. */
  readonly leftAt: number;
};

/** The first namespace uses the operator's own credentials, the second a Secret. */
const NAMESPACES = ['media-production', 'media-staging'] as const;
const SECRET_NAME = 'second-account';

/** When the first job was created. The cloud's list leaves out jobs that are older than 180 days. */
const CREATED = rfc3339(new Date(Date.now() - 30 * 86_400_000));

/** Every other object is in the second namespace. */
export function madeUpObject(made: MadeUp, index: number): MadeUpObject {
  const own = index % 2 === 0;
  const name = nameOf(index);
  const spec = {
    clusterID: made.clusterID,
    jobID: jobIDOf(index),
    interval: formatDuration(made.intervalMs),
    expectedState: 'Running' as const,
    ...(!own && { credentialsRef: { name: SECRET_NAME } }),
  };
  const digits = String(index).padStart(12, '0');
  const metadata = {
    name,
    namespace: own ? NAMESPACES[0] : NAMESPACES[1],
    uid: `6f1c2a34-0b7d-4c1e-9a55-${digits}`,
    resourceVersion: String(700_000_000 + index),
    generation: 1,
  };
  const object = { ...metadata, key: objectKey(metadata.namespace, name), spec, status: {} };
  const status = statusOf(made, object, index);
  const described = { ...metadata, creationTimestamp: CREATED, managedFields: MANAGED_FIELDS };
  return { apiVersion: API_VERSION, kind: KIND, metadata: described, spec, status };
}

export function nameOf(index: number): string {
  return `edge-transcode-job-${String(index).padStart(6, '0')}`;
}

export function indexOf(name: string): number {
  return Number(name.slice(-6));
}

/**
 * The ID that the simulated cloud gives to this job: prefix and number. The jobs of one account have
 * consecutive numbers.
 */
export function jobIDOf(index: number): string {
  return `${jobPrefix(index % 2)}${String(Math.floor(index / 2)).padStart(8, '0')}`;
}

export function jobPrefix(account: number): string {
  return String(account).repeat(24);
}

/**
 * What the simulated cloud says of jobs that were described so: an account's were created one after the
 * other, and started together.
 */
export const JOB = { status: '1', createTime: CREATED, secondsApart: 1, lastStartAt: CREATED } as const;

function createdAt(index: number): string {
  return rfc3339(new Date(Date.parse(CREATED) + Math.floor(index / 2) * JOB.secondsApart * 1_000));
}

function statusOf(made: MadeUp, object: EdgeTranscodeJob, index: number): EdgeTranscodeJob['status'] {
  const reference = referenceHash(referenceOf(object));
  const observedAt = lastHeartbeat(reference, made);
  const facts: Facts = {
    uid: object.uid,
    referenceHash: reference,
    endpoint: endpointHash(made.destination),
    servedGeneration: 1,
    observed: {
      found: true,
      job: detailsOf(object.spec.jobID, createdAt(index)),
      at: observedAt,
      time: unixSeconds(new Date(observedAt)),
    },
    countFrom: 0,
    failures: 0,
    suspended: false,
  };
  const settings: JobSettings = { ...SETTINGS, intervalMs: made.intervalMs };
  return withDates(decide(object, facts, settings, CREATED), index);
}

/**
 * Dates the status as after some weeks: every job was started at a different moment, and 100 objects were
 * first observed in each second.
 */
function withDates(status: EdgeTranscodeJob['status'], index: number): EdgeTranscodeJob['status'] {
  const conditions = Array.from(status.conditions ?? [], (condition) => {
    const isOfJob = condition.type === 'Running' || condition.type === 'AsExpected';
    const second = isOfJob ? 86_400 + index : Math.floor(index / 100);
    return { ...condition, lastTransitionTime: rfc3339(new Date(Date.parse(CREATED) + second * 1_000)) };
  });
  return { ...status, conditions };
}

export const SETTINGS = {
  minIntervalMs: 5_000,
  freshness: 3,
  intervalScale: 1,
  streamUrls: 'redact',
} as const;

/** Heartbeats are a whole number of intervals apart, at instants of the object's own. */
function lastHeartbeat(reference: string, { intervalMs, leftAt }: MadeUp): number {
  const period = heartbeatPeriod(intervalMs);
  const phase = Number.parseInt(reference, 16) % period;
  return Math.floor((leftAt - phase) / period) * period + phase;
}

function detailsOf(jobID: string, createTime: string): JobDetails {
  return {
    createTime,
    jobID,
    lastStartAt: CREATED,
    name: jobID,
    status: JOB.status,
    streamInput: `rtmp://push.example.com/app/stream-${jobID.slice(0, 8)}`,
    streamOutput: `rtmp://play.example.com/app/stream-${jobID.slice(0, 8)}`,
    templateID: '9b1571b513cb44f7a1ba6ae561ff0000',
    templateName: 'my_template',
    type: 'common',
  };
}

const ownership = (fields: readonly string[]) =>
  Object.fromEntries(fields.map((field) => [`f:${field}`, {}]));
const CONDITIONS = ['Ready', 'Fresh', 'Running', 'AsExpected'].map((type) => `k:{"type":"${type}"}`);
const CONDITION_FIELDS = ['lastTransitionTime', 'message', 'observedGeneration', 'reason', 'status', 'type'];

/** A third of what the API server sends of an object; the operator uses none of it. */
const MANAGED_FIELDS = [
  {
    manager: 'kubectl-client-side-apply',
    operation: 'Update',
    apiVersion: API_VERSION,
    time: CREATED,
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': { '.': {}, ...ownership(['clusterID', 'jobID', 'interval', 'expectedState']) } },
  },
  {
    manager: 'edge-transcode-job-operator',
    operation: 'Update',
    apiVersion: API_VERSION,
    time: CREATED,
    subresource: 'status',
    fieldsType: 'FieldsV1',
    fieldsV1: {
      'f:status': {
        ...ownership(['lastObservedTime', 'observedGeneration', 'observedTarget', 'state']),
        'f:conditions': Object.fromEntries(
          CONDITIONS.map((key) => [key, { '.': {}, ...ownership(CONDITION_FIELDS) }]),
        ),
        'f:job': { '.': {}, ...ownership(Object.keys(detailsOf('', ''))) },
      },
    },
  },
];
