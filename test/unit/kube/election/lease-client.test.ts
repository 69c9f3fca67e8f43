// The requests for a Lease on the wire, and the events of its watch.

import { expect } from 'chai';
import { apiFailure, RefusedError } from '../../../../src/kube/client/api-error.ts';
import { PooledKubeConfig } from '../../../../src/kube/client/kube-config.ts';
import type { RawEvent } from '../../../../src/kube/client/watch-client.ts';
import { type Lease, LeaseClient } from '../../../../src/kube/election/lease-client.ts';
import { FakeClock, settled } from '../../kit/fakes/fake-clock.ts';
import { json, LoopbackApiServer, type Received } from '../client/loopback-api-server.ts';

const COLLECTION = '/apis/coordination.k8s.io/v1/namespaces/system/leases';
const EARLIER = '2025-12-31T23:00:00.123456Z';
const NOW = '2026-01-01T00:00:00.123000Z';

const DEADLINE_MS = 10_000;

const STORED = {
  metadata: { name: 'one', namespace: 'system', resourceVersion: '7', labels: { team: 'video' } },
  spec: {
    holderIdentity: 'other',
    leaseDurationSeconds: 30,
    acquireTime: EARLIER,
    renewTime: EARLIER,
    leaseTransitions: 4,
  },
};

/** One watch with the interface of `WatchClient`. */
class OpenWatch {
  readonly path: string;
  readonly query: unknown;
  readonly #events: RawEvent[] = [];
  #failure: unknown;
  #isOver = false;
  #wake = (): void => undefined;

  constructor(path: string, query: unknown, signal: AbortSignal) {
    this.path = path;
    this.query = query;
    signal.addEventListener('abort', () => this.end(signal.reason), { once: true });
  }

  send(type: string, object: unknown): void {
    this.#events.push({ type, object });
    this.#wake();
  }

  end(failure?: unknown): void {
    this.#isOver = true;
    this.#failure = failure;
    this.#wake();
  }

  async *events(): AsyncGenerator<RawEvent, void> {
    for (;;) {
      const event = this.#events.shift();
      if (event) yield event;
      else if (this.#failure) throw this.#failure;
      else if (this.#isOver) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}

describe('the client of a Lease', () => {
  let server: LoopbackApiServer;
  let config: PooledKubeConfig;
  let client: LeaseClient;
  let watches: OpenWatch[];
  let clock: FakeClock;

  beforeEach(async () => {
    clock = new FakeClock('2026-01-01T00:00:00.123Z');
    server = new LoopbackApiServer();
    await server.open();
    server.respond = (response) => json(response, 200, STORED);
    config = new PooledKubeConfig();
    config.loadFromString(server.kubeconfig);
    watches = [];
    const events = (path: string, query: unknown, signal: AbortSignal) => {
      const watch = new OpenWatch(path, query, signal);
      watches.push(watch);
      return watch.events();
    };
    client = new LeaseClient({
      config,
      watch: { events },
      namespace: 'system',
      name: 'one',
      userAgent: 'operator/1 (pod_1)',
      deadlineMs: DEADLINE_MS,
      durationMs: 14_500,
      clock,
    });
  });
  afterEach(() => {
    config.dropConnections();
    server.close();
  });

  function last(): Received {
    return server.received.at(-1) as Received;
  }

  async function stored(): Promise<Lease> {
    return (await client.read()) as Lease;
  }

  function sentSpec(): unknown {
    return JSON.parse(last().body).spec;
  }

  it('reads its holder, duration and version', async () => {
    expect(await client.read()).to.include({ holder: 'other', durationMs: 30_000, resourceVersion: '7' });
    expect(last()).to.include({ method: 'GET', url: `${COLLECTION}/one` });
    expect(last().headers['user-agent']).to.equal('operator/1 (pod_1)');
  });

  it('treats a Lease without a holder as free, and gives one without a duration its own', async () => {
    server.respond = (response) => json(response, 200, { metadata: { resourceVersion: '1' }, spec: {} });
    expect(await client.read()).to.include({ holder: '', durationMs: 14_500 });
  });

  it('returns undefined when there is no Lease, and throws any other refusal', async () => {
    server.respond = (response) => json(response, 404, { reason: 'NotFound' });
    expect(await client.read()).to.equal(undefined);
    server.respond = (response) => json(response, 403, { reason: 'Forbidden' });
    const failure = await client.read().catch(apiFailure);
    expect(failure).to.deep.equal({ status: 403, reason: 'Forbidden' });
  });

  it('creates it with whole seconds, rounded up, and times in microseconds, as servers require', async () => {
    await client.claim(undefined, 'me');
    expect(last()).to.include({ method: 'POST', url: COLLECTION });
    expect(JSON.parse(last().body).metadata).to.deep.equal({ name: 'one', namespace: 'system' });
    expect(sentSpec()).to.deep.equal({
      holderIdentity: 'me',
      leaseDurationSeconds: 15,
      acquireTime: NOW,
      renewTime: NOW,
      leaseTransitions: 0,
    });
  });

  it('claims the given version, counts the transition, and keeps the fields of other writers', async () => {
    await client.claim(await stored(), 'me');
    expect(last()).to.include({ method: 'PUT', url: `${COLLECTION}/one` });
    expect(JSON.parse(last().body).metadata).to.deep.include(STORED.metadata);
    expect(sentSpec()).to.include({ holderIdentity: 'me', acquireTime: NOW, leaseTransitions: 5 });
  });

  it('renews its own Lease and keeps the acquire time', async () => {
    await client.claim(await stored(), 'other');
    expect(sentSpec()).to.include({ acquireTime: EARLIER, renewTime: NOW, leaseTransitions: 4 });
  });

  it('releases it', async () => {
    await client.release(await stored());
    expect(last().method).to.equal('PUT');
    expect(sentSpec()).to.include({ holderIdentity: '', leaseTransitions: 4 });
  });

  it('waits no longer than its deadline for an answer, then makes another connection', async () => {
    server.respond = () => void clock.advance(DEADLINE_MS);
    expect(await client.read().catch(apiFailure)).to.deep.equal({ reason: 'TimeoutError' });
    server.respond = (response) => json(response, 200, STORED);
    await client.read();
    expect(server.connections).to.equal(2);
  });

  describe('watching', () => {
    let seen: string[];
    let ended: Promise<unknown>;
    let stop: AbortController;

    beforeEach(() => {
      seen = [];
      stop = new AbortController();
      ended = client
        .watch('7', ({ holder, resourceVersion }) => seen.push(`${holder} ${resourceVersion}`), stop.signal)
        .then(() => 'in good order', apiFailure);
    });

    it('requests this Lease only, after the known version', () => {
      expect(watches[0]?.path).to.equal(COLLECTION);
      expect(watches[0]?.query).to.include({ fieldSelector: 'metadata.name=one', resourceVersion: '7' });
    });

    it('reports each change, but no bookmarks', async () => {
      watches[0]?.send('BOOKMARK', STORED);
      watches[0]?.send('MODIFIED', STORED);
      await settled();
      expect(seen).to.deep.equal(['other 7']);
    });

    it('ends without an error when the Lease is deleted, the server ends it, or it is aborted', async () => {
      watches[0]?.send('DELETED', STORED);
      expect(await ended).to.equal('in good order');
      const others = [0, 1].map(() => client.watch('7', () => undefined, stop.signal));
      watches[1]?.end();
      stop.abort();
      await Promise.all(others);
    });

    it('throws the refusal of the server, in an event or instead of events', async () => {
      watches[0]?.send('ERROR', { code: 410 });
      expect(await ended).to.deep.equal({ status: 410, reason: 'HTTP 410' });
      const refused = client.watch('7', () => undefined, stop.signal).catch(apiFailure);
      watches[1]?.end(new RefusedError({ status: 403, reason: 'Forbidden' }));
      expect(await refused).to.deep.equal({ status: 403, reason: 'Forbidden' });
    });
  });
});
