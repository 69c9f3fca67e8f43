/**
 * The watcher and the store as the operator has them, in this process, with a proxy between them and the API
 * server: what they know can be compared with what the server has, and what they ask is counted.
 */
import { writeFile } from 'node:fs/promises';
import { CustomObjectsApi, KubeConfig } from '@kubernetes/client-node';
import { GROUP, PLURAL, VERSION } from '../../../src/api/edge-transcode-job.ts';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { nameOf } from '../../../src/base/object-key.ts';
import { connectKube } from '../../../src/kube/connect.ts';
import { Store } from '../../../src/kube/informer/store.ts';
import { Watcher } from '../../../src/kube/informer/watcher.ts';
import { type Line, RecordingLogger } from '../../unit/kit/fakes/recording-logger.ts';
import { SharingKubeConfig } from '../../world/control-plane/sharing-kube-config.ts';
import { type SilenceRule, startTcpProxy, type TcpProxy } from '../../world/tcp-proxy.ts';
import { through } from './installed.ts';
import { job, type Shown, type World } from './world.ts';

const COLLECTION = { group: GROUP, version: VERSION, plural: PLURAL };

/** Time limits of the watch, in place of 80 s and 20 s. */
const LIMITS = { idleMs: 1_500, answerMs: 1_000 };

/**
 * Longest time until the follower follows again after any failure except a connection that swallows
 * everything.
 */
const FOLLOWS_WITHIN_MS = 10_000;

/** One for calls, one for the watch. */
const CONNECTIONS = 2;

export interface FollowerOptions {
  /** Called before each page of a list. */
  readonly onList?: (continueToken: string | undefined) => void | Promise<void>;
  /** The clock of the watcher. Default: the system's. */
  readonly clock?: Clock;
  /** How the proxy ends silent connections. Default: it does not. */
  readonly silence?: SilenceRule;
  /** Port of a server in front of the API server. Default: the API server's. */
  readonly port?: number;
}

export class Follower implements AsyncDisposable {
  readonly proxy: TcpProxy;
  /** `namespace/name: uid → uid`, of what came, went or was replaced. */
  readonly changes: string[] = [];
  lists = 0;
  /** Watches, and checks of the version before them. */
  watches = 0;
  readonly #world: World;
  readonly #store = new Store([undefined]);
  readonly #logger = new RecordingLogger();
  readonly #watcher: Watcher;
  readonly #stop = new AbortController();
  readonly #objects: CustomObjectsApi;
  readonly #running: Promise<void>;

  /** Use `startFollower`. */
  constructor(world: World, proxy: TcpProxy, kubeconfig: string, options: FollowerOptions) {
    const { onList, clock = systemClock } = options;
    this.#world = world;
    this.proxy = proxy;
    this.#objects = new SharingKubeConfig(world.controlPlane.kubeconfig).makeApiClient(CustomObjectsApi);
    const { client, watch } = connectKube({ path: kubeconfig, environment: {} }, 'follower', LIMITS);
    this.#watcher = new Watcher({
      lister: {
        list: async (token, selection, limit) => {
          this.lists += 1;
          await onList?.(token);
          return client.list(token, selection, limit);
        },
        version: (selection) => {
          this.watches += 1;
          return client.version(selection);
        },
      },
      watch: {
        events: (...request) => {
          this.watches += 1;
          return watch.events(...request);
        },
      },
      clock,
      logger: this.#logger,
    });
    this.#store.subscribe((key, { before, after }) => {
      if (before?.uid !== after?.uid) this.changes.push(`${key}: ${before?.uid} → ${after?.uid}`);
    });
    this.#running = this.#watcher.run((event) => this.#store.take(event), this.#stop.signal);
  }

  /** Clock `now` of the last sign of a watch that works, as `edgetranscode_watch_last_progress_…` has it. */
  get progressedAt(): number {
    return this.#watcher.progressedAt;
  }

  get warnings(): readonly Line[] {
    return this.#logger.lines;
  }

  /**
   * Waits for a warning with this status, after the first `from` warnings. A warning has no status where
   * there was no answer.
   */
  async warned(status: number | undefined, from = 0): Promise<void> {
    const wanted = () =>
      this.warnings.slice(from).some((line) => line.fields.status === status) ? true : undefined;
    await this.#world.eventually(`a warning of ${status}`, wanted);
  }

  /**
   * Waits until the API server is well. Then resolves when the store equals the server's list, a change comes
   * through, and no more connections are open than are used.
   *
   * @throws NotInTime
   */
  async follows(): Promise<void> {
    await this.#world.eventually('a healthy API server', () =>
      this.#equals().then(
        () => true as const,
        () => undefined,
      ),
    );
    const { metadata } = await this.create('marker');
    await this.#world.eventually(
      () => `the store as the server's list; ${this.#difference()}`,
      this.#equals,
      {
        withinMs: FOLLOWS_WITHIN_MS,
      },
    );
    await this.#objects.deleteNamespacedCustomObject({ ...COLLECTION, ...metadata });
    await this.#world.eventually('the store without the marker', this.#equals);
    const few = () => (this.proxy.open <= CONNECTIONS ? true : undefined);
    await this.#world.eventually(() => `${CONNECTIONS} connections; there are ${this.proxy.open}`, few);
  }

  async create(name: string): Promise<Shown> {
    const body = job(name);
    return this.#objects.createNamespacedCustomObject({ ...COLLECTION, namespace: 'default', body });
  }

  async delete(name: string): Promise<void> {
    await this.#objects.deleteNamespacedCustomObject({ ...COLLECTION, namespace: 'default', name });
  }

  async suspend(name: string): Promise<void> {
    const body = [{ op: 'add', path: '/spec/suspend', value: true }];
    await this.#objects.patchNamespacedCustomObject({ ...COLLECTION, namespace: 'default', name, body });
  }

  #server: string[] = [];

  readonly #equals = async (): Promise<true | undefined> => {
    const { items } = await this.#objects.listClusterCustomObject(COLLECTION);
    this.#server = (items as Shown[]).map(({ metadata }) => entryOf(metadata));
    const known = new Set(this.#known());
    const isEqual = known.size === this.#server.length && this.#server.every((each) => known.has(each));
    return isEqual ? true : undefined;
  };

  #known(): string[] {
    return Array.from(this.#store.values(), (job) => entryOf({ ...job, name: nameOf(job.key) }));
  }

  #difference(): string {
    const known = this.#known();
    const missing = this.#server.filter((each) => !known.includes(each));
    const surplus = known.filter((each) => !this.#server.includes(each));
    const log = this.warnings.slice(-5).map((line) => JSON.stringify(line));
    return `missing: ${missing.slice(0, 5)}; surplus: ${surplus.slice(0, 5)}\n${log.join('\n')}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.proxy[Symbol.asyncDispose]();
  }
}

function entryOf(of: Pick<Shown['metadata'], 'namespace' | 'name' | 'uid' | 'resourceVersion'>): string {
  return `${of.namespace}/${of.name} ${of.uid}@${of.resourceVersion}`;
}

/** @param kubeconfig of the server itself */
export async function startFollower(
  world: World,
  kubeconfig: string,
  options: FollowerOptions = {},
): Promise<Follower> {
  const { port = world.controlPlane.port, silence } = options;
  const proxy = await startTcpProxy(port, silence);
  return new Follower(world, proxy, await through(proxy, kubeconfig), options);
}

/**
 * Writes the same kubeconfig with the token in a file of its own, as a pod has it, and returns the paths of
 * both.
 */
export async function withTokenFile(
  kubeconfig: string,
): Promise<{ readonly kubeconfig: string; readonly tokenFile: string; readonly token: string }> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const [user] = config.getUsers();
  const token = user?.token ?? '';
  const tokenFile = `${kubeconfig}-token`;
  await writeFile(tokenFile, token, { mode: 0o600 });
  const [cluster] = config.getClusters();
  const path = `${kubeconfig}-with-token-file`;
  await writeFile(
    path,
    JSON.stringify({
      clusters: [
        { name: 'c', cluster: { server: cluster?.server, 'certificate-authority-data': cluster?.caData } },
      ],
      users: [{ name: 'u', user: { tokenFile } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
  return { kubeconfig: path, tokenFile, token };
}
