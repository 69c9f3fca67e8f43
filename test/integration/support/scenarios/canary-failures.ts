/**
 * Recognizable secrets in every place where the operator receives one, and the failures that could expose
 * each.
 */
import type { NewFault } from '../../../../simulator/world/cloud-world.ts';
import { canary } from '../canaries.ts';

/** A temporary key of the cloud's first account. */
export const KEY = {
  accessKeyID: canary('ID'),
  accessKeySecret: canary('Secret'),
  securityToken: canary('Token'),
} as const;

/** A role that is assumed with this external ID only. */
export const ROLE = {
  roleARN: 'acs:ram::1000000000000001:role/job-reader',
  externalID: canary('External'),
  roleSessionName: canary('Session'),
} as const;

/** The stream URLs of every job. */
export const STREAM_URLS = {
  streamInput: `rtmp://user:${canary('Password')}@push.example.com/app/a?auth_key=${canary('Push')}&x=1#${canary('Hash')}`,
  streamOutput: `rtmp://play.example.com/app/a?auth_key=${canary('Play')}`,
} as const;

/** The parts of a request that a proxy's error page or the vendor's message about a signature can repeat. */
const ECHO = [
  `POST /?ClusterId=c&JobId=j&AccessKeyId=${KEY.accessKeyID} HTTP/1.1`,
  `x-acs-security-token: ${KEY.securityToken}`,
  `authorization: ACS3-HMAC-SHA256 Credential=${KEY.accessKeyID},Signature=${canary('Signature')}`,
  STREAM_URLS.streamInput,
].join('\n');

export interface Trouble {
  /** The reason of Ready=False. */
  readonly reason: string;
  /**
   * What its Secret holds besides, or instead of, the key; undefined: it has none, and the operator's own key
   * serves.
   */
  readonly secret?: Readonly<Record<string, string>>;
  /** The fault that its calls meet. */
  readonly fault?: NewFault;
}

/** Each becomes an object of that name. */
export const TROUBLES: Readonly<Record<string, Trouble>> = {
  'wrong-secret': { reason: 'AuthenticationFailed', secret: { accessKeySecret: canary('Wrong') } },
  'unknown-key': { reason: 'AuthenticationFailed', secret: { accessKeyID: canary('Unknown') } },
  'wrong-token': { reason: 'AuthenticationFailed', secret: { securityToken: canary('Bad') } },
  'unprintable-key': {
    reason: 'CredentialsNotFound',
    secret: { accessKeySecret: `${canary('A')}\n\u0007b` },
  },
  'password-in-endpoint': badEndpoint(`https://user:${canary('Endpoint')}@live.aliyuncs.com`),
  'query-in-endpoint': badEndpoint(`https://live.aliyuncs.com/?token=${canary('Endpoint')}`),
  'no-endpoint': badEndpoint(`https://[${canary('Endpoint')}`),
  'foreign-endpoint': badEndpoint(`https://${canary('Endpoint')}.example.com`),
  'plain-endpoint': badEndpoint(`http://${canary('Endpoint')}.aliyuncs.com`),
  'wrong-external-id': {
    reason: 'AuthenticationFailed',
    secret: { ...ROLE, externalID: canary('WrongExternal') },
  },
  'no-role': { reason: 'CredentialsNotFound', secret: { ...ROLE, roleARN: canary('Role') } },
  'no-external-id': {
    reason: 'CredentialsNotFound',
    secret: { ...ROLE, externalID: `${canary('External')} "` },
  },
  'no-account': { reason: 'CredentialsNotFound', secret: { accountID: canary('Account') } },
  'html-page': { reason: 'UnexpectedResponse', fault: { kind: 'html', page: `<pre>${ECHO}</pre>` } },
  'html-page-200': { reason: 'UnexpectedResponse', fault: { kind: 'html', status: 200, page: ECHO } },
  'odd-body': { reason: 'UnexpectedResponse', fault: { kind: 'body', body: ECHO } },
  'odd-job': { reason: 'UnexpectedResponse', fault: { kind: 'body', body: { Job: { JobId: ECHO } } } },
  'unknown-error': { reason: 'UnexpectedResponse', fault: { kind: 'error', status: 400, code: ECHO } },
  'server-error': {
    reason: 'ServerError',
    fault: { kind: 'error', status: 500, code: 'InternalError', message: ECHO },
  },
  denied: {
    reason: 'PermissionDenied',
    fault: { kind: 'error', status: 403, code: 'NoPermission', message: ECHO },
  },
  reset: { reason: 'ConnectionFailed', secret: {}, fault: { kind: 'reset' } },
};

function badEndpoint(endpoint: string): Trouble {
  return { reason: 'CredentialsNotFound', secret: { endpoint } };
}
