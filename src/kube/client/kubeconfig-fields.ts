/**
 * Maps the fields of a kubeconfig to the library's configuration, with kubectl's rules. A field that would
 * have an effect in kubectl and has none here is refused, with what to write instead.
 */
import type { Cluster, User } from '@kubernetes/client-node';
import { type ClusterInfo, EXEC_PLUGIN } from './exec-credential.ts';
import { type Fields, isFields, type KubeconfigEntries, textField, Unusable } from './kubeconfig-files.ts';

const SCHEMES = ['http:', 'https:'];
const PROXY_SCHEMES = ['http:', 'https:', 'socks5:'];

/** @throws Unusable */
export function clusterOf({ name, fields }: KubeconfigEntries['cluster']): Cluster {
  const server = textField(fields, 'server');
  const protocol = schemeOf(server);
  if (server === undefined || !SCHEMES.includes(protocol))
    throw new Unusable(`the server of cluster ${name} is no URL; write it as https://HOST:PORT`);
  const proxyUrl = textField(fields, 'proxy-url');
  if (proxyUrl !== undefined && !PROXY_SCHEMES.includes(schemeOf(proxyUrl)))
    throw new Unusable(`the proxy-url of cluster ${name} must begin with http://, https:// or socks5://`);
  // The library would send it for watches and not for calls.
  if (proxyUrl !== undefined && schemeOf(proxyUrl) === 'socks5:' && new URL(proxyUrl).username !== '')
    throw new Unusable(
      `the proxy-url of cluster ${name} has a user name, which is supported for http:// and https:// only; use a proxy without a login`,
    );
  const skips = fields['insecure-skip-tls-verify'] === true;
  const authority = dataOrFile(fields, 'certificate-authority');
  if (skips && (authority.data ?? authority.file) !== undefined)
    throw new Unusable(
      `cluster ${name} has both a certificate-authority and insecure-skip-tls-verify; remove one of them`,
    );
  return present({
    name,
    server: server.replace(/\/$/, ''),
    // The library wants this for plain HTTP, where there is nothing to verify.
    skipTLSVerify: skips || protocol === 'http:',
    caData: authority.data,
    caFile: authority.file,
    tlsServerName: textField(fields, 'tls-server-name'),
    proxyUrl,
  });
}

/** Fields of a user that are refused, each with what to write instead. */
const REFUSED: Readonly<Record<string, string>> = {
  'as-uid': 'only `as` can be impersonated',
  'as-groups': 'only `as` can be impersonated; bind the Role to the user',
  'as-user-extra': 'only `as` can be impersonated',
  'auth-provider': 'use an exec plugin (such as kubelogin) or tokenFile',
};

/** Name under which `kube-config.ts` reads a token from a file at each call. */
export const TOKEN_FILE = 'token-file';

/** Name of a cluster's extension whose content an exec plugin may learn. */
const EXEC_EXTENSION = 'client.authentication.k8s.io/exec';

/** What an exec plugin may learn of the cluster. @param fields of the same cluster */
export function clusterInfoOf(cluster: Cluster, fields: Fields): ClusterInfo {
  const extensions = Array.isArray(fields.extensions) ? fields.extensions.filter(isFields) : [];
  return { cluster, config: extensions.find(({ name }) => name === EXEC_EXTENSION)?.extension };
}

/**
 * @param about what an exec plugin may learn of the cluster
 * @throws Unusable
 */
export function userOf({ name, fields }: KubeconfigEntries['user'], about: ClusterInfo): User {
  refuse(name, fields);
  const tokenFile = textField(fields, 'tokenFile');
  const exec = isFields(fields.exec) ? execOf(name, fields.exec) : undefined;
  const certificate = dataOrFile(fields, 'client-certificate');
  const key = dataOrFile(fields, 'client-key');
  const username = textField(fields, 'username');
  const provider = exec
    ? { name: EXEC_PLUGIN, config: { plugin: exec, about } }
    : tokenFile && { name: TOKEN_FILE, config: { path: tokenFile } };
  return present({
    name,
    certData: certificate.data,
    certFile: certificate.file,
    keyData: key.data,
    keyFile: key.file,
    authProvider: provider,
    // A token file wins over a token, as for kubectl.
    token: tokenFile === undefined ? textField(fields, 'token') : undefined,
    username,
    password: username && (textField(fields, 'password') ?? ''),
    impersonateUser: textField(fields, 'as'),
  });
}

function refuse(name: string, fields: Fields): void {
  for (const [field, instead] of Object.entries(REFUSED))
    if (!isEmpty(fields[field]))
      throw new Unusable(`user ${name} has ${field}, which is not supported: ${instead}`);
  const ways = ['exec', 'tokenFile', 'token', 'username'].filter((field) => !isEmpty(fields[field]));
  if (ways.length > 1 && ways.join() !== 'tokenFile,token')
    throw new Unusable(`user ${name} has ${ways.join(' and ')}; keep one of them`);
}

/** Leaves out the fields that are undefined: the library takes a field that is there as given. */
function present<T extends object>(fields: { readonly [Name in keyof T]: T[Name] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

function execOf(user: string, exec: Fields): Fields {
  if (textField(exec, 'command') === undefined)
    throw new Unusable(`the exec plugin of user ${user} has no command; add it`);
  if (exec.interactiveMode === 'Always')
    throw new Unusable(
      `the exec plugin of user ${user} has interactiveMode Always, but the operator has no terminal; use IfAvailable or Never`,
    );
  return exec;
}

/** Data win over a file, as for kubectl. */
function dataOrFile(fields: Fields, name: string): { readonly data?: string; readonly file?: string } {
  const data = textField(fields, `${name}-data`);
  const file = textField(fields, name);
  if (data !== undefined) return { data };
  return file === undefined ? {} : { file };
}

function schemeOf(url: string | undefined): string {
  return url?.includes('://') && URL.canParse(url) ? new URL(url).protocol : '';
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === '' ||
    (typeof value === 'object' && Object.keys(value).length === 0)
  );
}
