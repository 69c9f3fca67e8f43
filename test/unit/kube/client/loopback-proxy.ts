/**
 * Proxies on loopback, as `proxy-url` names them: HTTP, HTTP over TLS, and SOCKS 5.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';

export interface LoopbackProxy extends AsyncDisposable {
  readonly url: string;
  /** Where its tunnels lead, as `host:port`. */
  readonly tunnels: readonly string[];
  /** `name:password` of each tunnel. Undefined: the client sent none. */
  readonly users: readonly (string | undefined)[];
}

/** What a proxy has recorded, and the sockets of its tunnels. */
class Tunnels {
  readonly tunnels: string[] = [];
  readonly users: (string | undefined)[] = [];
  readonly #sockets = new Set<Socket>();

  open(client: Socket, host: string, port: number, { user, answer }: Opening): void {
    this.tunnels.push(`${host}:${port}`);
    this.users.push(user);
    const upstream = connect(port, host, () => {
      client.write(answer);
      upstream.pipe(client).pipe(upstream);
    });
    for (const each of [client, upstream]) this.#sockets.add(each.on('error', () => undefined));
  }

  close(): void {
    for (const each of this.#sockets) each.destroy();
  }
}

interface Opening {
  readonly user: string | undefined;
  /** What the client receives when the tunnel is there. */
  readonly answer: string | Buffer;
}

/** Starts an HTTP proxy. @param tls certificate and key of a proxy that is reached by TLS */
export async function startProxy(tls?: {
  readonly cert: string;
  readonly key: string;
}): Promise<LoopbackProxy> {
  const proxy = tls ? createTlsServer(tls) : createServer();
  const tunnels = new Tunnels();
  proxy.on('connect', ({ url = '', headers }: IncomingMessage, client: Socket) => {
    const { hostname, port } = new URL(`http://${url}`);
    const [, login] = headers['proxy-authorization']?.split(' ') ?? [];
    const user = login && Buffer.from(login, 'base64').toString();
    tunnels.open(client, hostname, Number(port), { user, answer: 'HTTP/1.1 200 OK\r\n\r\n' });
  });
  return listening(proxy, tls ? 'https' : 'http', tunnels);
}

/** The length of an IPv4 address in a request of SOCKS 5. */
const IPV4_BYTES = 4;

/**
 * Starts a SOCKS 5 proxy (RFC 1928) for IPv4 addresses and clients that need no login. Each message of a
 * client on loopback comes as one piece.
 */
export async function startSocksProxy(): Promise<LoopbackProxy> {
  const tunnels = new Tunnels();
  const proxy = createTcpServer(async (client) => {
    await once(client, 'data');
    client.write(Buffer.from([5, 0]));
    const [request] = (await once(client, 'data')) as [Buffer];
    const address = request.subarray(4, 4 + IPV4_BYTES);
    const answer = Buffer.from([5, 0, 0, 1, ...address, 0, 0]);
    tunnels.open(client, address.join('.'), request.readUInt16BE(4 + IPV4_BYTES), {
      user: undefined,
      answer,
    });
  });
  return listening(proxy as Server, 'socks5', tunnels);
}

async function listening(
  proxy: Pick<Server, 'listen' | 'address' | 'close'>,
  scheme: string,
  tunnels: Tunnels,
): Promise<LoopbackProxy> {
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  return {
    tunnels: tunnels.tunnels,
    users: tunnels.users,
    url: `${scheme}://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      tunnels.close();
      proxy.close();
    },
  };
}
