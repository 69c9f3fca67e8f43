/**
 * What signs a request, the settings of its account, and the formats of both. Values only:
 * `credentials.ts` finds them.
 */
import type { Endpoint } from '../base/endpoint.ts';

export interface AccessKey {
  readonly accessKeyID: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

/** A role, with the name of its session. */
export interface Role {
  readonly roleARN: string;
  readonly sessionName: string;
  readonly externalID?: string;
}

/** One source of keys with its present content. */
export interface Credential {
  /** `default`, or the Secret's `namespace/name`: for logs and metrics. */
  readonly identity: string;
  readonly accessKey: AccessKey;
  readonly endpoint?: Endpoint;
  readonly regionID?: string;
  /** The role that the key assumes before a request for Live is signed. */
  readonly role?: Role;
  /** The account of the key according to its Secret. */
  readonly accountID?: string;
  /** Changes whenever a value above does. */
  readonly version: string;
  /** Version of the credential that assumed the role, for the key of a session. Default: `version`. */
  readonly source?: string;
}

/** Formats of keys, roles and accounts. Only an impossible value is refused; the cloud judges the rest. */
export const FORMATS = {
  /** Visible ASCII, because it goes into a header. At most 8 KiB, twice the longest token expected. */
  keyText: /^[\x21-\x7e]{0,8192}$/,
  /** `acs:ram::1000000000000001:role/job-reader` */
  roleARN: /^acs:ram::\d{1,32}:role\/[\w./-]{1,128}$/,
  /** `acs:ram::1000000000000001:oidc-provider/ack-rrsa-c0ffee` */
  providerARN: /^acs:ram::\d{1,32}:oidc-provider\/[\w./-]{1,256}$/,
  /** Documented for AssumeRole, as `externalID` is. */
  sessionName: /^[\w.@-]{2,64}$/,
  externalID: /^[\w+=,.@:/-]{2,1224}$/,
  /** Account numbers have sixteen digits today; the vendor does not promise the length. */
  accountID: /^\d{1,32}$/,
} as const;
