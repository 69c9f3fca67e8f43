/** What the simulator prints as a process: where it is and how to use it, as text and as JSON. */
import { DEFAULT_KEY, DEFAULT_RRSA } from './seed.ts';

export const HELP = `Usage: npm run simulator -- [options]

Simulated endpoints of Alibaba Cloud Live and STS on loopback, for tests and for trying the operator without an account.

  --port <n>               of the endpoint of Live; 0 picks a free one (18080)
  --sts-port <n>           of the endpoint of STS; 0 picks a free one (18082)
  --admin-port <n>         of the admin port; 0 picks a free one (18081)
  --quota <n>              calls a minute of an account at Live (6000)
  --seed-file <path>       accounts, keys, roles, OIDC tokens and jobs to start with, as JSON
  --tls-cert <path>        with --tls-key: PEM files that make both endpoints https
  --tls-key <path>
  --sts-tls-cert <path>    with --sts-tls-key: PEM files that make the endpoint of STS https, whatever that of Live is
  --sts-tls-key <path>
  --json                   print one line of JSON instead of text
  --exit-with-stdin        stop when standard input ends, as it does when the parent is gone
  --help                   print this
`;

export interface Addresses {
  readonly endpoint: string;
  readonly stsEndpoint: string;
  readonly adminURL: string;
}

/**
 * @param byDefault whether the world is the default one; its key and token are public, since they are in the
 * source.
 */
export function jsonText(addresses: Addresses, byDefault: boolean): string {
  return `${JSON.stringify({ ...addresses, ...(byDefault && { ...DEFAULT_KEY, ...DEFAULT_RRSA }) })}\n`;
}

/** Keys of a seed file are secrets of its owner and are not printed. */
export function helpText({ endpoint, stsEndpoint, adminURL }: Addresses, byDefault: boolean): string {
  const { accessKeyID, accessKeySecret } = byDefault
    ? DEFAULT_KEY
    : { accessKeyID: '<a key of the seed file>', accessKeySecret: '<its secret>' };
  return `The simulated cloud listens at ${endpoint}, its STS at ${stsEndpoint}
Its admin port is ${adminURL}, which lists what it can do: curl ${adminURL}/

Point the operator at it. The key is made up and works nowhere else:

  export ALIBABA_CLOUD_ACCESS_KEY_ID=${accessKeyID}
  export ALIBABA_CLOUD_ACCESS_KEY_SECRET=${accessKeySecret}
  export EDGETRANSCODE_ENDPOINT=${endpoint}
  export EDGETRANSCODE_STS_ENDPOINT=${stsEndpoint}
  export EDGETRANSCODE_DEFAULT_CREDENTIALS_NAMESPACES='*'
  make run
${byDefault ? rrsaText() : ''}
See its jobs, start one and stop it:

  curl ${adminURL}/jobs
  curl -d '{"jobID": "<a jobID>"}' ${adminURL}/startJob
  curl -d '{"jobID": "<a jobID>"}' ${adminURL}/stopJob

Ctrl-C stops it.
`;
}

function rrsaText(): string {
  const { roleARN, oidcProviderARN, oidcToken } = DEFAULT_RRSA;
  return `
Or, in place of the key, a role as a pod's service account assumes it (RRSA):

  export ALIBABA_CLOUD_OIDC_TOKEN_FILE=$(mktemp)
  printf %s ${oidcToken} > "$ALIBABA_CLOUD_OIDC_TOKEN_FILE"
  export ALIBABA_CLOUD_OIDC_PROVIDER_ARN=${oidcProviderARN}
  export ALIBABA_CLOUD_ROLE_ARN=${roleARN}
`;
}
