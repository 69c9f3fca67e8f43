/** What `doctor` found: for each check ok, or what to do. The judgements are pure. */
import { findCondition } from '../../api/conditions.ts';
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import { formatDuration } from '../../base/duration.ts';
import { ageText } from '../../overview/age-text.ts';
import { rowOf } from '../../overview/row.ts';
import type { Style, Table } from '../common/output.ts';

/**
 * `unknown`: the check could not be made, and what it looks for may be wrong. `skipped`: it was not made, or
 * only another command needs what it found missing.
 */
export type Verdict = 'ok' | 'wrong' | 'unknown' | 'skipped';

export interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  /** What was found, and unless it is ok what to do. */
  readonly text: string;
}

const STYLES: Readonly<Record<Verdict, Style>> = {
  ok: 'green',
  wrong: ['bold', 'red'],
  unknown: 'yellow',
  skipped: 'gray',
};

export function findingsTable(findings: readonly Finding[]): Table {
  return {
    head: ['CHECK', 'RESULT', 'FOUND'],
    rows: findings.map(({ check, verdict, text }) => [
      { text: check },
      { text: verdict, style: STYLES[verdict] },
      { text },
    ]),
  };
}

/** The fields of `spec` that this build knows; a unit test holds them to the CRD. */
export const SPEC_FIELDS: readonly string[] = [
  'clusterID',
  'credentialsRef',
  'expectedState',
  'interval',
  'jobID',
  'regionID',
  'suspend',
];

const CRD = 'CRD';

/**
 * Judges the CRD as it is stored, of any shape.
 *
 * @param version that this build reads
 * @param now Unix time of the API server, ms
 */
export function crdFinding(crd: unknown, version: string, now: number): Finding {
  const { spec, metadata } = (crd ?? {}) as StoredCrd;
  const versions = Array.isArray(spec?.versions) ? (spec.versions as CrdVersion[]) : [];
  const served = versions.find(({ name }) => name === version);
  if (!served?.served)
    return { check: CRD, verdict: 'wrong', text: `it does not serve ${version}; kubectl apply -f crds/` };
  const known = Object.keys(served.schema?.openAPIV3Schema?.properties?.spec?.properties ?? {});
  const missing = SPEC_FIELDS.filter((field) => !known.includes(field));
  if (missing.length > 0)
    return {
      check: CRD,
      verdict: 'wrong',
      text: `it is older than this build: without spec.${missing.join(', spec.')}; kubectl apply -f crds/`,
    };
  const newer = known.filter((field) => !SPEC_FIELDS.includes(field));
  if (newer.length > 0)
    return {
      check: CRD,
      verdict: 'unknown',
      text: `it is newer than this build: with spec.${newer.join(', spec.')}; use the kubectl etj of its release`,
    };
  const age = (now - Date.parse(`${metadata?.creationTimestamp}`)) / 1_000;
  const created = Number.isNaN(age) ? '' : `, created ${ageText(age)} ago`;
  return { check: CRD, verdict: 'ok', text: `${version} with the fields that this build knows${created}` };
}

interface StoredCrd {
  readonly metadata?: { readonly creationTimestamp?: unknown };
  readonly spec?: { readonly versions?: unknown };
}

interface CrdVersion {
  readonly name?: unknown;
  readonly served?: unknown;
  readonly schema?: { openAPIV3Schema?: { properties?: { spec?: { properties?: object } } } };
}

/** Largest harmless difference of two clocks. 1 min: the cloud refuses signatures from 15 min on. */
const CLOCK_LIMIT_MS = 60_000;

/**
 * Compares this machine's clock with that of the API server.
 *
 * @param header its `Date`, in whole seconds
 * @param now Unix time, ms
 */
export function clockFinding(header: string | undefined, now: number): Finding {
  const check = 'clock';
  const at = Date.parse(header ?? '');
  if (Number.isNaN(at)) return { check, verdict: 'unknown', text: 'the API server does not tell its time' };
  const difference = Math.abs(now - at);
  const text = `this machine and the API server differ by ${formatDuration(Math.round(difference / 1_000) * 1_000)}`;
  return difference <= CLOCK_LIMIT_MS
    ? { check, verdict: 'ok', text }
    : { check, verdict: 'wrong', text: `${text}; correct the clock that is wrong (NTP)` };
}

export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly renewTime?: string;
}

/**
 * Judges the Lease of the operator.
 *
 * @param now Unix time of the API server, ms
 */
export function leaseFinding(
  { holderIdentity, leaseDurationSeconds = 15, renewTime }: LeaseSpec,
  now: number,
): Finding {
  const check = 'leader';
  const age = (now - Date.parse(renewTime ?? '')) / 1_000;
  if (!holderIdentity || Number.isNaN(age))
    return { check, verdict: 'wrong', text: 'no process leads; start the operator, or see its log' };
  const text = `${holderIdentity} leads, and renewed its Lease ${ageText(age)} ago`;
  // Times have whole seconds, and the answer takes a moment.
  return age <= leaseDurationSeconds + 1
    ? { check, verdict: 'ok', text }
    : { check, verdict: 'wrong', text: `${text}: it has stopped; start the operator, or see its log` };
}

/** Judges whether the objects are observed. */
export function freshnessFinding(jobs: readonly EdgeTranscodeJob[]): Finding {
  const check = 'objects';
  if (jobs.length === 0) return { check, verdict: 'ok', text: 'there is none, so no state is observed' };
  const rows = jobs.map((job) => rowOf(job, undefined));
  const pending = rows.filter(({ problem }) => problem === 'Pending').length;
  // Ready may name another cause, such as the credentials.
  const stale = rows.filter(
    ({ problem, conditions }) =>
      problem !== 'Suspended' &&
      problem !== 'Pending' &&
      findCondition(conditions, 'Fresh')?.status !== 'True',
  ).length;
  if (stale + pending > 0)
    return {
      check,
      verdict: 'wrong',
      text: `of ${rows.length}, ${stale} are not fresh and ${pending} wait for an observation; kubectl etj status shows them`,
    };
  return { check, verdict: 'ok', text: `${rows.length} are fresh or suspended` };
}
