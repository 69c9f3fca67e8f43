/**
 * What signs a request, and which account's settings come with it. Values only: `cloud/credentials` finds them.
 */
import type { Endpoint } from '../../base/endpoint.ts';

/** What a request is signed with. */
export interface AccessKey {
  readonly accessKeyID: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

/** A role, and under which name it is assumed. */
export interface Role {
  readonly roleARN: string;
  readonly sessionName: string;
  readonly externalID?: string;
}

/** One source of keys, as it is now. */
export interface Credential {
  /** `default`, or the Secret's `namespace/name`: for logs and metrics. */
  readonly identity: string;
  readonly accessKey: AccessKey;
  readonly endpoint?: Endpoint;
  readonly regionID?: string;
  /** To be assumed with the key, before anything is signed for Live. */
  readonly role?: Role;
  /** The account that the Secret says to be its key's. */
  readonly accountID?: string;
  /** Changes whenever anything above does. */
  readonly version: string;
  /** With the key of a role's session: the version of what assumed the role. Default: `version`. */
  readonly source?: string;
}
