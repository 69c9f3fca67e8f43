/** `kubectl etj doctor`: checks the cluster and, with a Secret, the cloud. */
import { GROUP, PLURAL, VERSION } from '../../api/edge-transcode-job.ts';
import { systemClock } from '../../base/clock.ts';
import type { ApiAnswer, ApiCall } from '../../kube/client/api-calls.ts';
import { type ApiFailure, apiFailure } from '../../kube/client/api-error.ts';
import type { Connection } from '../common/connection.ts';
import { EXIT, type ExitCode, Unable } from '../common/failure.ts';
import { listJobs } from '../common/objects.ts';
import { type Format, jsonText, type Output, tableLines, yamlText } from '../common/output.ts';
import { type CloudCheckOptions, cloudFindings } from './cloud-findings.ts';
import {
  clockFinding,
  crdFinding,
  type Finding,
  findingsTable,
  freshnessFinding,
  type LeaseSpec,
  leaseFinding,
  type Verdict,
} from './findings.ts';
import { watchFinding } from './watch-finding.ts';

export interface DoctorOptions extends CloudCheckOptions {
  readonly output: Format;
  readonly leaseNamespace: string;
  readonly leaseName: string;
  /** Whether the Lease is read. */
  readonly leader: boolean;
}

/** @throws Unable when the API server does not answer */
export async function doctor(
  connection: Connection,
  options: DoctorOptions,
  output: Output,
): Promise<ExitCode> {
  const { date, version } = await serverOf(connection);
  const here = systemClock.date().getTime();
  const there = Date.parse(date ?? '');
  const serverNow = Number.isNaN(there) ? here : there;
  const findings = await Promise.all([
    { check: 'API server', verdict: 'ok', text: `${connection.server}, Kubernetes ${version}` } as const,
    clockFinding(date, here),
    crd(connection, serverNow),
    permissions(connection),
    leader(connection, options, serverNow),
    objects(connection),
    cloudFindings(connection, options),
  ]);
  const all = findings.flat();
  print(all, options.output, output);
  return all.every(({ verdict }) => FINE.has(verdict)) ? EXIT.fine : EXIT.wrong;
}

const FINE: ReadonlySet<Verdict> = new Set(['ok', 'skipped']);

function print(findings: readonly Finding[], format: Format, output: Output): void {
  if (format === 'json') output.print(jsonText({ items: findings }));
  else if (format === 'yaml') output.print(yamlText({ items: findings }));
  else for (const line of tableLines(findingsTable(findings), output)) output.print(line);
}

/** Asks for the version, which needs no permission of RBAC. */
async function serverOf({
  calls,
  server,
}: Connection): Promise<{ date: string | undefined; version: string }> {
  const answer = await tried(calls.call({ method: 'GET', path: '/version' }));
  if ('failure' in answer)
    throw new Unable(
      `the API server ${server} does not answer: ${answer.failure.reason}; check the network, the login and --context`,
    );
  const { gitVersion } = fieldsOf(answer.data);
  return { date: answer.date, version: textOf(gitVersion) ?? 'of an unknown version' };
}

async function crd({ calls }: Connection, serverNow: number): Promise<Finding> {
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${PLURAL}.${GROUP}`;
  const answer = await tried(calls.call({ method: 'GET', path }));
  if (!('failure' in answer)) return crdFinding(answer.data, VERSION, serverNow);
  const { failure } = answer;
  if (failure.status === 404)
    return { check: 'CRD', verdict: 'wrong', text: 'it is not installed; kubectl apply -f crds/' };
  // Without the CRD the objects could not be listed, so only its age stays unknown.
  if (failure.status === 403)
    return {
      check: 'CRD',
      verdict: 'skipped',
      text: 'its age is not known, because you may not read CustomResourceDefinitions',
    };
  return { check: 'CRD', verdict: 'unknown', text: `it cannot be read: ${failure.reason}` };
}

/** What the commands do with the objects. */
const VERBS = ['list', 'watch', 'patch', 'create'] as const;

/** The commands that need more than to look. Without their permissions the others work. */
const NEEDED_BY: Readonly<Partial<Record<(typeof VERBS)[number], string>>> = {
  patch: 'refresh',
  create: 'import --apply',
};

async function permissions({ calls, namespace }: Connection): Promise<Finding[]> {
  const where = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
  const findings = VERBS.map(async (verb): Promise<Finding> => {
    const resourceAttributes = { group: GROUP, resource: PLURAL, verb, namespace: namespace ?? '' };
    const answer = await tried(review(calls, { spec: { resourceAttributes } }));
    const check = `you may ${verb}`;
    if ('failure' in answer)
      return { check, verdict: 'unknown', text: `it cannot be asked: ${answer.failure.reason}` };
    if (fieldsOf(fieldsOf(answer.data).status).allowed === true) return { check, verdict: 'ok', text: where };
    const command = NEEDED_BY[verb];
    return command === undefined
      ? { check, verdict: 'wrong', text: `not ${where}; ask for the ClusterRole ${ROLE}-viewer` }
      : {
          check,
          verdict: 'skipped',
          text: `not ${where}; only ${command} needs it: the ClusterRole ${ROLE}-editor`,
        };
  });
  return Promise.all(findings);
}

const ROLE = 'edge-transcode-job-operator';

function review(calls: Connection['calls'], body: object): Promise<ApiAnswer> {
  const call: ApiCall = {
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body,
  };
  return calls.call(call);
}

async function leader(
  { calls }: Connection,
  { leaseNamespace, leaseName, leader: isChecked }: DoctorOptions,
  serverNow: number,
): Promise<Finding> {
  const check = 'leader';
  if (!isChecked) return { check, verdict: 'skipped', text: 'not checked, because of --no-leader' };
  const path = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(leaseNamespace)}/leases/${encodeURIComponent(leaseName)}`;
  const answer = await tried(calls.call({ method: 'GET', path }));
  if (!('failure' in answer)) return leaseFinding(leaseSpecOf(answer.data), serverNow);
  if (answer.failure.status === 404)
    return {
      check,
      verdict: 'unknown',
      text: `there is no Lease ${leaseNamespace}/${leaseName}; name the operator's with --lease-namespace and --lease-name, or it runs without --leader-elect`,
    };
  const lease = `Lease ${leaseNamespace}/${leaseName}`;
  const text =
    answer.failure.status === 403
      ? `you may not read ${lease}; ask for a Role with the verb get on it, or leave it out with --no-leader`
      : `${lease} cannot be read: ${answer.failure.reason}`;
  return { check, verdict: 'unknown', text };
}

/** Reads the fields of a Lease; what is not of its type is left out. */
function leaseSpecOf(lease: unknown): LeaseSpec {
  const { holderIdentity, leaseDurationSeconds, renewTime } = fieldsOf(fieldsOf(lease).spec);
  const [holder, renewed] = [textOf(holderIdentity), textOf(renewTime)];
  return {
    ...(holder !== undefined && { holderIdentity: holder }),
    ...(typeof leaseDurationSeconds === 'number' && { leaseDurationSeconds }),
    ...(renewed !== undefined && { renewTime: renewed }),
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Lists the objects, and then opens a watch of them. */
async function objects(connection: Connection): Promise<Finding[]> {
  try {
    const jobs = await listJobs(connection);
    return [await watchFinding(connection, jobs.length > 0), freshnessFinding(jobs)];
  } catch (error) {
    if (!(error instanceof Unable)) throw error;
    return [
      { check: 'watch', verdict: 'unknown', text: 'not opened, because the objects cannot be listed' },
      { check: 'objects', verdict: 'unknown', text: error.message },
    ];
  }
}

async function tried<T>(call: Promise<T>): Promise<T | { readonly failure: ApiFailure }> {
  try {
    return await call;
  } catch (error) {
    return { failure: apiFailure(error) };
  }
}
