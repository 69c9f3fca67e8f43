/**
 * What signs a request, and the settings of its account. Values only: `cloud/credentials` finds them.
 */
import type { Endpoint } from '../../base/endpoint.ts';

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
