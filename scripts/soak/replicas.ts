// Two operators with one Lease, reached through a proxy that can cut, and the samples of each.

import { setTimeout as delay } from 'node:timers/promises';
import { through } from '../../test/integration/support/installed.ts';
import type { World } from '../../test/integration/support/world.ts';
import { startTcpProxy, type TcpProxy } from '../../test/world/tcp-proxy.ts';
import { Sampler } from './sample.ts';

/** The whole quota: 10,000 objects and their changes need more than the default. */
const ARGS = ['--leader-elect', '--lease-namespace=default', '--calls-per-minute=6000'];

const READY_WITHIN_MS = 300_000;
const LOOK_EVERY_MS = 1_000;

export class Replicas implements AsyncDisposable {
  readonly #world: World;
  readonly #kubeconfig: string;
  readonly #proxy: TcpProxy;
  #started = 0;
  /** One for each process that runs. */
  #samplers: Sampler[] = [];

  private constructor(world: World, kubeconfig: string, proxy: TcpProxy) {
    this.#world = world;
    this.#kubeconfig = kubeconfig;
    this.#proxy = proxy;
  }

  static async start(world: World): Promise<Replicas> {
    const proxy = await startTcpProxy(world.controlPlane.port);
    const kubeconfig = await through(proxy, world.controlPlane.kubeconfig);
    const replicas = new Replicas(world, kubeconfig, proxy);
    await replicas.#startOne();
    await replicas.#startOne();
    return replicas;
  }

  get samplers(): readonly Sampler[] {
    return this.#samplers;
  }

  async sample(seconds: number): Promise<void> {
    await Promise.all(this.#samplers.map((sampler) => sampler.sample(seconds)));
  }

  /** Resets every connection to the API server. */
  cut(): void {
    this.#proxy.cut();
  }

  /** Kills the leader, waits until the other replica leads, and starts another one in its place. */
  async killLeader(): Promise<void> {
    const leader = await this.#leader();
    if (!leader) throw new Error('no replica leads');
    leader.operator.process.kill('SIGKILL');
    await leader.operator.process.exited;
    this.#samplers = this.#samplers.filter((each) => each !== leader);
    while (!(await this.#leader())) await delay(LOOK_EVERY_MS);
    await this.#startOne();
  }

  /** Replicas that have ended although nothing ended them. */
  get ended(): readonly string[] {
    return this.#samplers.flatMap(({ operator: { process } }) =>
      process.exit ? [`${process.name} ended: ${process.tail()}`] : [],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy[Symbol.asyncDispose]();
  }

  async #startOne(): Promise<void> {
    this.#started += 1;
    const name = `operator-${this.#started}`;
    const options = { kubeconfig: this.#kubeconfig, args: ARGS, name, untilReady: false };
    const operator = await this.#world.operator(options);
    await operator.process.ready(() => operator.isReady().catch(() => false), READY_WITHIN_MS);
    this.#samplers.push(new Sampler(operator));
  }

  async #leader(): Promise<Sampler | undefined> {
    for (const sampler of this.#samplers) {
      const leads = await sampler.operator.metric('edgetranscode_leading').catch(() => 0);
      if (leads === 1) return sampler;
    }
    return undefined;
  }
}
