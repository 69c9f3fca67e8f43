/** The checks of `doctor` that call the cloud: STS, the role if there is one, and Live, once each. */
import { formatEndpoint } from '../../base/endpoint.ts';
import { listJobs } from '../../cloud/client/live-client.ts';
import type { Sts } from '../../cloud/sts/sts.ts';
import type { Credential } from '../../credentials/credential.ts';
import { type CloudOptions, liveOf, saidHere, stsAddress, stsOf } from '../cloud/caller.ts';
import { assumed, NO_CREDENTIALS, sourceOf } from '../cloud/credentials.ts';
import type { Connection } from '../common/connection.ts';
import { Unable } from '../common/failure.ts';
import type { Finding, Verdict } from './findings.ts';

export interface CloudCheckOptions extends CloudOptions {
  /** ID of the cluster whose jobs are listed. Undefined: Live is not called. */
  readonly cluster: string | undefined;
}

const LIVE_NOT_CHECKED = 'name a cluster with --cluster, and its jobs are listed once';

export async function cloudFindings(connection: Connection, options: CloudCheckOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  const found = (check: string, verdict: Verdict, text: string): void =>
    void findings.push({ check, verdict, text });
  let check = 'credentials';
  try {
    const source = await sourceOf(connection, options);
    if (!source) {
      found(check, 'skipped', NO_CREDENTIALS);
      return findings;
    }
    found(check, 'ok', source.text);
    const sts = stsOf(options);
    check = 'STS';
    if ('accessKey' in source.own) findings.push(await stsFinding(source.own, sts, options));
    check = 'role';
    const credential = await assumed(source, sts);
    if (source.role !== undefined) found(check, 'ok', `STS gives a session of ${source.role}`);
    findings.push(await liveFinding(connection, credential, options));
  } catch (error) {
    if (!(error instanceof Unable)) throw error;
    found(check, 'wrong', error.message);
  }
  return findings;
}

async function stsFinding(
  { identity, accessKey, accountID: named }: Credential,
  sts: Sts,
  options: CloudCheckOptions,
): Promise<Finding> {
  const check = 'STS';
  const at = formatEndpoint(stsAddress(options));
  const looked = await sts.accountOf({ namespace: '', identity }, accessKey);
  if ('failure' in looked)
    return { check, verdict: 'wrong', text: `${at}: ${saidHere(looked.failure.message)}` };
  const { accountID } = looked;
  if (named !== undefined && named !== accountID)
    return {
      check,
      verdict: 'wrong',
      text: `the key is of account ${accountID}, and accountID in Secret ${identity} is another; correct it`,
    };
  return { check, verdict: 'ok', text: `${at} accepts the key, of account ${accountID}` };
}

async function liveFinding(
  { namespace = '' }: Connection,
  credential: Credential,
  { cluster, endpoint, region }: CloudCheckOptions,
): Promise<Finding> {
  const check = 'Live';
  if (cluster === undefined) return { check, verdict: 'skipped', text: LIVE_NOT_CHECKED };
  const client = liveOf(endpoint);
  const about = { credential: { namespace }, clusterID: cluster, ...(region && { regionID: region }) };
  const end = await client.call(listJobs(1), about, credential);
  const at = end.destination.endpoint;
  return end.kind === 'answered'
    ? { check, verdict: 'ok', text: `${at} lists ${end.value.total} jobs of the cluster` }
    : { check, verdict: 'wrong', text: `${at}: ${saidHere(end.failed.failure.message)}` };
}
