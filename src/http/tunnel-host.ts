/**
 * Protects what is read through a tunnel, such as that of `kubectl port-forward`, from DNS rebinding: a
 * hostile page gives its own name the address 127.0.0.1, and its script reads the tunnel as its own site. The
 * browser then names that site in the Host header.
 */
import { isIP } from 'node:net';

/**
 * Addresses from which a tunnel reaches the server. Not all of 127.0.0.0/8: Istio's proxy connects from
 * 127.0.0.6.
 */
const TUNNELS: ReadonlySet<string | undefined> = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/**
 * Whether a request came through a tunnel for a name that is neither `localhost` nor an address. Other
 * connections come from a proxy, which knows its own names.
 *
 * @param host the Host header
 * @param from the address of the client
 */
export function isRebound(host: string | undefined, from: string | undefined): boolean {
  if (host === undefined || !TUNNELS.has(from)) return false;
  const name = URL.parse(`http://${host}`)?.hostname ?? '';
  return name !== 'localhost' && isIP(name.replace(/^\[|\]$/g, '')) === 0;
}
