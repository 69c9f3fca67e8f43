/** How a command ends: its exit codes, and why it could not do its work, in a sentence for its user. */
import { printable } from '../../base/foreign-text.ts';
import { type ApiFailure, apiFailure, isByPolicy } from '../../kube/client/api-error.ts';
import { TooLargeError } from '../../kube/client/bounded-body.ts';

export const EXIT = {
  /** All is well. */
  fine: 0,
  /** The command did its work, and something is wrong. */
  wrong: 1,
  /** The command could not do its work: bad usage, no connection, no permission, no CRD. */
  unable: 2,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A failure in words for the user: what is wrong, and what to do. */
export class Unable extends Error {
  override readonly name = 'Unable';
}

/** What a request of the API server was about, for `explained`. */
export interface Request {
  /** Such as `list edgetranscodejobs`. */
  readonly what: string;
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  readonly server: string;
}

/** Explains why a request of the API server failed. */
export function explained(error: unknown, request: Request): Unable {
  return error instanceof Unable ? error : new Unable(printable(sentenceOf(apiFailure(error), request)));
}

/** The parts of an object that no schema bounds. */
const GROWING = 'its labels, annotations, finalizers and owner references';

function sentenceOf(failure: ApiFailure, { what, namespace, server }: Request): string {
  const { status, reason, refusedBy } = failure;
  const where = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
  if (isByPolicy(failure)) return `the API server refuses to ${what} ${where}: ${refusedBy} refused it`;
  if (status === 401)
    return `the API server ${server} does not accept the credentials of the kubeconfig; log in again`;
  if (status === 403)
    return `you may not ${what} ${where}; ask for the ClusterRole edge-transcode-job-operator-${roleFor(what)}${namespace === undefined ? ', or name a namespace with --namespace' : ''}`;
  if (status === 404)
    return `the API server ${server} does not know EdgeTranscodeJobs; install the CRD: kubectl apply -f crds/`;
  if (status !== undefined) return `the API server refuses to ${what} ${where}: ${reason}`;
  if (reason === TooLargeError.name)
    return namespace === undefined
      ? `an object in some namespace is larger than 4 MiB; find it with --namespace, and reduce ${GROWING}`
      : `an object ${where} is larger than 4 MiB; reduce ${GROWING}`;
  return `the API server ${server} cannot be reached: ${reason}; ${hintOf(reason)}`;
}

/** The ClusterRole of the installation that allows a request. */
function roleFor(what: string): 'viewer' | 'editor' {
  return /^(list|watch) /.test(what) ? 'viewer' : 'editor';
}

function hintOf(reason: string): string {
  if (reason.startsWith('EXEC_PLUGIN_'))
    return "the kubeconfig's exec plugin gives no credential: run it by hand to see why";
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(reason))
    return "its certificate is not signed by the kubeconfig's certificate-authority";
  return 'check the network and --context';
}
