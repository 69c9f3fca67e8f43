/**
 * Addresses of the cloud's services: how users write them, and which are allowed.
 */

/**
 * Address to call, such as `https://live.aliyuncs.com`. It never holds a path, a query or user information.
 */
export interface Endpoint {
  readonly protocol: 'http' | 'https';
  /** Host, with the port unless it is the protocol's default. */
  readonly host: string;
}

/** The longest name that DNS knows. A Secret could name a host of a megabyte. */
const LONGEST_HOSTNAME = 253;

/**
 * Reads `host`, `host:port` or a URL without path, query or user information.
 *
 * @throws an Error that says what is wrong; it does not repeat the value, which may hold a password
 */
export function parseEndpoint(text: string): Endpoint {
  const url = parseUrl(text.includes('://') ? text : `https://${text}`);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new Error('must be https:// or http://');
  if (url.username || url.password) throw new Error('must not hold a user name or a password');
  if (url.pathname !== '/' || url.search || url.hash) throw new Error('must not hold a path or a query');
  if (url.hostname.length > LONGEST_HOSTNAME) throw new Error('must not have a host of over 253 characters');
  return { protocol: url.protocol === 'https:' ? 'https' : 'http', host: url.host };
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new Error('must be a host, host:port or URL');
  }
}

export function formatEndpoint({ protocol, host }: Endpoint): string {
  return `${protocol}://${host}`;
}

export function isLoopback({ host }: Endpoint): boolean {
  const name = hostname(host);
  return name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name);
}

/**
 * Whether a pattern allows the endpoint: `live.aliyuncs.com`, `10.1.2.3:8443`, `*.aliyuncs.com` (any host
 * below it), `*`. A pattern without a port allows only the protocol's default port.
 */
export function isAllowed({ host }: Endpoint, patterns: readonly string[]): boolean {
  return patterns.some((given) => {
    const pattern = given.toLowerCase();
    if (pattern === '*') return true;
    return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern;
  });
}

/** The patterns that `isAllowed` understands. */
export const ENDPOINT_PATTERN =
  /^\*$|^(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?$|^\[[0-9A-Fa-f:]+\](:\d{1,5})?$/;

function hostname(host: string): string {
  return host.replace(/:\d+$/, '');
}
