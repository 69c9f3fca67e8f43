/**
 * The three namespaces of a run, and by which credentials and account each is served.
 */

export interface Tenant {
  readonly namespace: string;
  readonly accountID: string;
  /** The Secret that its objects name; undefined: the operator's own credentials. */
  readonly secret?: string;
  /** Whether the Secret names a role to assume. */
  readonly hasRole?: true;
}

export const OWN_ACCOUNT = '1000000000000001';
export const OTHER_ACCOUNT = '2000000000000002';

export const TENANTS: readonly Tenant[] = [
  { namespace: 'red', accountID: OWN_ACCOUNT },
  { namespace: 'green', accountID: OTHER_ACCOUNT, secret: 'key' },
  { namespace: 'blue', accountID: OTHER_ACCOUNT, secret: 'role', hasRole: true },
];

export const CLUSTERS = ['chaos-cluster-1', 'chaos-cluster-2'] as const;

/**
 * The budget of each account, which the invariant counts against. 90 objects need two thirds of it, so that
 * refreshes of all of them come close to it.
 */
export const CALLS_PER_MINUTE = 300;

export function accountOf(namespace: string): string | undefined {
  return TENANTS.find((tenant) => tenant.namespace === namespace)?.accountID;
}
