/** The Redis of a run: killed, frozen, or refusing commands. */
import { Redis } from 'ioredis';
import type { Processes } from '../../world/processes/processes.ts';
import { type RedisServer, startRedis } from '../../world/redis.ts';

export class ChaosRedis {
  readonly #processes: Processes;
  readonly #program: string;
  #server: RedisServer;

  constructor(processes: Processes, program: string, server: RedisServer) {
    this.#processes = processes;
    this.#program = program;
    this.#server = server;
  }

  get url(): string {
    return this.#server.url;
  }

  get password(): string {
    return new URL(this.url).password;
  }

  async kill(): Promise<void> {
    this.#server.process.kill('SIGKILL');
    await this.#server.process.exited;
  }

  /** Empty, as Redis without a disk is. */
  async start(): Promise<void> {
    this.#server = await startRedis(this.#processes, this.#program, this.#server.port);
  }

  freeze(): void {
    this.#server.process.kill('SIGSTOP');
  }

  resume(): void {
    this.#server.process.kill('SIGCONT');
  }

  /** Takes the right to commands away from the operators. */
  async forbid(what: 'everything' | 'hmset'): Promise<void> {
    await this.#rules(what === 'everything' ? ['-@all', '+acl', '+auth', '+ping', '+info'] : ['-hmset']);
  }

  async allow(): Promise<void> {
    await this.#rules(['+@all']);
  }

  async #rules(rules: readonly string[]): Promise<void> {
    const owner = new Redis(this.url);
    await owner.call('ACL', 'SETUSER', 'default', ...rules);
    owner.disconnect();
  }
}

export async function startChaosRedis(processes: Processes, program: string): Promise<ChaosRedis> {
  return new ChaosRedis(processes, program, await startRedis(processes, program));
}
