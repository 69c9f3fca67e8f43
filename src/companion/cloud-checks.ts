/** The checks of `doctor` that call the cloud with the credentials of a Secret: STS and Live, once each. */
import { systemClock } from '../base/clock.ts';
import { type Endpoint, formatEndpoint } from '../base/endpoint.ts';
import type { Logger } from '../base/logger.ts';
import { AnswerMemory, MOST_OF_AN_ANSWER } from '../cloud/client/answer-memory.ts';
import { LiveClient, listJobs } from '../cloud/client/live-client.ts';
import { type CallParts, makeCall } from '../cloud/client/vendor-call.ts';
import { mapStsError } from '../cloud/sts/map-sts-error.ts';
import { mapAccountID } from '../cloud/sts/map-sts-response.ts';
import { stsEndpointOfRegion } from '../cloud/sts/sts-endpoint.ts';
import { type AccessKey, type Credential, FORMATS } from '../credentials/credential.ts';
import { KubeSecrets } from '../kube/client/secrets.ts';
import type { Connection } from './common/connection.ts';
import type { Finding } from './findings.ts';

export interface CloudCheckOptions {
  /** Name of a Secret in the command's namespace. Undefined: the cloud is not called. */
  readonly secret: string | undefined;
  /** ID of the cluster whose jobs are listed. Undefined: Live is not called. */
  readonly cluster: string | undefined;
  readonly region: string;
  readonly endpoint: Endpoint | undefined;
  readonly stsEndpoint: Endpoint | undefined;
}

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {}, with: () => SILENT };
export const CALL_PARTS: Omit<CallParts, 'observer'> = {
  userAgent: 'kubectl-etj',
  clock: systemClock,
  logger: SILENT,
};

const KEYS = ['accessKeyID', 'accessKeySecret', 'securityToken', 'roleARN', 'regionID', 'endpoint'] as const;

export async function cloudFindings(connection: Connection, options: CloudCheckOptions): Promise<Finding[]> {
  const { secret, cluster } = options;
  if (secret === undefined) return [];
  const read = await credentialOf(connection, secret);
  if ('finding' in read) return [read.finding];
  const { credential } = read;
  const found: Finding = {
    check: 'credentials',
    verdict: read.hasRole ? 'unknown' : 'ok',
    text: read.hasRole
      ? `Secret ${credential.identity} has a key and names a role: what follows is checked with the key, not with the role`
      : `Secret ${credential.identity} has a key`,
  };
  const findings = [found, await stsFinding(credential, options)];
  if (cluster !== undefined) findings.push(await liveFinding(connection, credential, cluster, options));
  return findings;
}

type Read = { readonly credential: Credential; readonly hasRole: boolean } | { readonly finding: Finding };

/** Reads a Secret as the operator does, but for its endpoint, which the operator's options must allow. */
export async function credentialOf({ client, namespace }: Connection, name: string): Promise<Read> {
  const check = 'credentials';
  const wrong = (text: string): Read => ({ finding: { check, verdict: 'wrong', text } });
  if (namespace === undefined) return wrong('name the namespace of the Secret with --namespace');
  const identity = `${namespace}/${name}`;
  const content = await new KubeSecrets(client).read(namespace, name, KEYS).catch((error: Error) => error);
  if (content instanceof Error) return wrong(content.message);
  if (content === 'missing') return wrong(`Secret ${identity} does not exist; create it`);
  if (content === 'forbidden')
    return wrong(`you may not read Secret ${identity}; ask for a Role that names it`);
  if (content === 'tooLarge') return wrong(`Secret ${identity} is larger than 64 KiB`);
  const values = Object.fromEntries(Object.entries(content).map(([key, value]) => [key, value?.trim()]));
  const { accessKeyID, accessKeySecret, securityToken, regionID, roleARN } = values;
  if (!accessKeyID || !accessKeySecret)
    return wrong(`Secret ${identity} has no ${accessKeyID ? 'accessKeySecret' : 'accessKeyID'}; add it`);
  const texts = [accessKeyID, accessKeySecret, securityToken ?? ''];
  if (!texts.every((text) => FORMATS.keyText.test(text)))
    return wrong(`a key in Secret ${identity} is not visible ASCII; correct it`);
  const accessKey: AccessKey = { accessKeyID, accessKeySecret, ...(securityToken && { securityToken }) };
  return {
    credential: { identity, accessKey, ...(regionID && { regionID }), version: '' },
    hasRole: Boolean(roleARN),
  };
}

async function stsFinding(
  { identity, accessKey, regionID }: Credential,
  { stsEndpoint, region }: CloudCheckOptions,
): Promise<Finding> {
  const endpoint = stsEndpoint ?? stsEndpointOfRegion(regionID ?? region);
  const end = await makeCall(
    {
      api: 'sts',
      endpoint,
      accessKey,
      action: 'GetCallerIdentity',
      parameters: {},
      read: mapAccountID,
      cost: new AnswerMemory().open(identity, MOST_OF_AN_ANSWER),
      context: { identity },
      mapError: (error) => mapStsError(error, identity),
    },
    CALL_PARTS,
  );
  const at = formatEndpoint(endpoint);
  return end.kind === 'answered'
    ? { check: 'STS', verdict: 'ok', text: `${at} accepts the key, of account ${end.value}` }
    : { check: 'STS', verdict: 'wrong', text: `${at}: ${end.failed.failure.message}` };
}

async function liveFinding(
  { namespace = '' }: Connection,
  credential: Credential,
  clusterID: string,
  { endpoint, region }: CloudCheckOptions,
): Promise<Finding> {
  const client = new LiveClient({ ...CALL_PARTS, endpoint, regionID: region });
  const end = await client.call(listJobs(1), { credential: { namespace }, clusterID }, credential);
  const at = end.destination.endpoint;
  return end.kind === 'answered'
    ? { check: 'Live', verdict: 'ok', text: `${at} lists ${end.value.total} jobs of the cluster` }
    : { check: 'Live', verdict: 'wrong', text: `${at}: ${end.failed.failure.message}` };
}
