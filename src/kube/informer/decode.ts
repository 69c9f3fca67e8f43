/**
 * Decodes what the API server sends to the object that the operator works with: typed once, and reduced to
 * the fields in use. It never throws, because an older schema may have let anything through.
 */
import type { Condition } from '../../api/conditions.ts';
import {
  type EdgeTranscodeJob,
  type EdgeTranscodeJobSpec,
  EXPECTED_STATES,
  type HeldStatus,
  REQUESTED_AT_ANNOTATION,
  SHARD_LABEL,
} from '../../api/edge-transcode-job.ts';
import { isRfc3339 } from '../../base/clock.ts';
import { parseDuration } from '../../base/duration.ts';
import { copyOf, printable } from '../../base/foreign-text.ts';
import { objectKey } from '../../base/object-key.ts';

/**
 * Longest refresh token, which is copied into the status. An annotation can hold 256 KiB; a token is a date
 * or a word.
 */
const LONGEST_TOKEN = 256;

/**
 * Longest text of a status that is kept, in characters. The operator writes at most 4,096, into a field of a
 * job. The schema bounds no text, so another client could store a megabyte.
 */
const LONGEST_TEXT = 4_096;

/** Most conditions that are kept. The operator writes at most six. */
const MOST_CONDITIONS = 16;

/**
 * Longest interval that is read, in characters: as the schema has it. A longer one would be parsed again at
 * each poll.
 */
const LONGEST_INTERVAL = 64;

const REMEDY = 'apply the current CRD and correct the object';

type Fields = Readonly<Record<string, unknown>>;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Decodes an object. @returns undefined when it is not an object of the API at all */
export function decodeJob(raw: unknown): EdgeTranscodeJob | undefined {
  const { metadata, spec, status } = fieldsOf(raw);
  const { namespace, name, uid, resourceVersion, generation, annotations, labels, deletionTimestamp } =
    fieldsOf(metadata);
  if (!isText(namespace) || !isText(name) || !isText(uid) || !isText(resourceVersion)) return undefined;
  const requestedAt = fieldsOf(annotations)[REQUESTED_AT_ANNOTATION];
  const shard = fieldsOf(labels)[SHARD_LABEL];
  const invalid = problemOf(fieldsOf(spec));
  const job: Writable<EdgeTranscodeJob> = {
    key: objectKey(namespace, name),
    namespace,
    uid,
    resourceVersion,
    generation: typeof generation === 'number' ? generation : 0,
    spec: decodeSpec(fieldsOf(spec)),
    status: decodeStatus(fieldsOf(status)),
  };
  // Most objects have none of these. V8 would keep room in each for fields that are spread.
  if (isText(requestedAt)) job.requestedAt = printable(copyOf(requestedAt.slice(0, LONGEST_TOKEN)));
  if (typeof shard === 'string') job.shard = shard;
  if (isText(deletionTimestamp)) job.isDeleting = true;
  if (invalid !== undefined) job.invalid = invalid;
  return job;
}

function decodeSpec(spec: Fields): EdgeTranscodeJobSpec {
  const expected = EXPECTED_STATES.find((state) => state === spec.expectedState);
  const secret = fieldsOf(spec.credentialsRef).name;
  const decoded: Writable<EdgeTranscodeJobSpec> = {
    clusterID: isText(spec.clusterID) ? spec.clusterID : '',
    jobID: isText(spec.jobID) ? spec.jobID : '',
  };
  if (isText(spec.regionID)) decoded.regionID = spec.regionID;
  if (isInterval(spec.interval)) decoded.interval = spec.interval;
  if (spec.suspend === true) decoded.suspend = true;
  if (expected) decoded.expectedState = expected;
  if (isText(secret)) decoded.credentialsRef = { name: secret };
  return decoded;
}

/**
 * Finds values that the current schema refuses, where using them would do something the user did not mean.
 */
function problemOf(spec: Fields): string | undefined {
  if (!isText(spec.clusterID)) return `spec.clusterID is missing; ${REMEDY}`;
  if (!isText(spec.jobID)) return `spec.jobID is missing; ${REMEDY}`;
  if (spec.interval !== undefined && !(isInterval(spec.interval) && parseDuration(spec.interval)))
    return `spec.interval is not a duration such as 90s or 5m, of at most ${LONGEST_INTERVAL} characters; ${REMEDY}`;
  if (spec.credentialsRef !== undefined && !isText(fieldsOf(spec.credentialsRef).name))
    return `spec.credentialsRef.name is missing; ${REMEDY}`;
  if (spec.suspend !== undefined && typeof spec.suspend !== 'boolean')
    return `spec.suspend is neither true nor false; ${REMEDY}`;
  return undefined;
}

/**
 * Takes the fields as they are, because the operator alone should write them. Fields that code depends on are
 * left out when they are not what it expects, or longer than it writes them.
 */
function decodeStatus(status: Fields): HeldStatus {
  const sound: Record<string, unknown> = { ...status };
  for (const name of Object.keys(sound)) if (!(SOUND.get(name) ?? isPlain)(sound[name])) delete sound[name];
  const { conditions } = sound;
  if (Array.isArray(conditions)) sound.conditions = conditions.slice(0, MOST_CONDITIONS).filter(isCondition);
  return sound;
}

const SOUND: ReadonlyMap<string, (value: unknown) => boolean> = new Map<string, (value: unknown) => boolean>([
  ['job', (job) => isRecord(job) && Object.values(job).every(isShort)],
  ['state', isShortText],
  ['effectiveInterval', isShortText],
  ['observedTarget', isShortText],
  ['lastObservedTime', isTime],
  ['lastHandledRequestedAt', isShortText],
  ['conditions', Array.isArray],
]);

/** Checks the date too: the next status keeps it, and the schema would refuse another text. */
function isCondition(value: unknown): value is Condition {
  const fields = fieldsOf(value);
  const { type, status, reason, message, lastTransitionTime } = fields;
  return (
    isShortText(type) &&
    isShortText(status) &&
    isShortText(reason) &&
    isShort(message) &&
    isTime(lastTransitionTime) &&
    Object.values(fields).every(isPlain)
  );
}

/**
 * Whether a field that the operator does not know may stay: a text or a number. Code that walks through a
 * status would find no end to 7,000 lists in each other.
 */
function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

function fieldsOf(value: unknown): Fields {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isInterval(value: unknown): value is string {
  return isText(value) && value.length <= LONGEST_INTERVAL;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isShort(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST_TEXT;
}

function isTime(value: unknown): value is string {
  return isShort(value) && isRfc3339(value);
}

function isShortText(value: unknown): value is string {
  return isText(value) && isShort(value);
}
