/**
 * Stands in for the bridge between Alertmanager and DingTalk: takes notifications and keeps them.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

interface Notification {
  /** The path that it was sent to. */
  readonly path: string;
  /** Names of the alerts, and of their objects if they are about objects. */
  readonly alerts: readonly string[];
}

export class Webhook implements AsyncDisposable {
  readonly received: Notification[] = [];
  readonly #server: Server = createServer(async (request, response) => {
    const { alerts } = (await json(request)) as { alerts: { labels: Record<string, string> }[] };
    const names = alerts.map(({ labels }) => [labels.alertname, labels.name].filter(Boolean).join(' '));
    this.received.push({ path: request.url ?? '', alerts: names });
    response.end();
  });

  /** Resolves with its URL. */
  async start(): Promise<string> {
    await once(this.#server.listen({ host: '127.0.0.1', port: 0 }), 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The alerts that were sent to a path so far. */
  sentTo(path: string): readonly string[] {
    return this.received.filter((each) => each.path === path).flatMap(({ alerts }) => alerts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
