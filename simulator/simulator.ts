/**
 * The simulated cloud: endpoints of the products `live` and `Sts` that the vendor's SDK cannot tell from the
 * real ones, and the verbs that change the world behind them.
 *
 * It listens on loopback only, keeps nothing on disk and logs nothing.
 */

import { Accounts } from './accounts/accounts.ts';
import { CallLog } from './accounts/call-log.ts';
import { Roles } from './accounts/roles.ts';
import { accountVerbs } from './admin/account-verbs.ts';
import { type Endpoint, type Endpoints, endpointVerbs } from './admin/endpoint-verbs.ts';
import { jobVerbs } from './admin/job-verbs.ts';
import { stsVerbs } from './admin/sts-verbs.ts';
import { endpointListener } from './endpoint/endpoint.ts';
import { Faults } from './endpoint/faults.ts';
import type { Service } from './endpoint/gateway.ts';
import { Listener, type TlsOptions } from './http/listener.ts';
import { Jobs } from './live/jobs.ts';
import { liveService } from './live/live-service.ts';
import { DEFAULT_SEED, type Seed, sow } from './seed.ts';
import { Nonces } from './signing/nonces.ts';
import { OIDCTokens } from './sts/oidc-tokens.ts';
import { stsService } from './sts/sts-service.ts';
import { StsSessions } from './sts/sts-sessions.ts';
import type { CloudWorld } from './world/cloud-world.ts';

export interface SimulatorOptions {
  /** Port of the endpoint of Live; default 0: a free one. */
  readonly port?: number;
  /** Port of the endpoint of STS; default 0: a free one. */
  readonly stsPort?: number;
  /** Calls a minute of an account that names none; default 6,000. */
  readonly callsPerMinute?: number;
  /**
   * The endpoints' clock, in milliseconds since the Unix epoch. Latencies and waits are real time even so.
   */
  readonly now?: () => number;
  /** Makes both endpoints https. */
  readonly tls?: TlsOptions;
  /** Makes the endpoint of STS https, whatever that of Live is. */
  readonly stsTLS?: TlsOptions;
  /** The world at the start, and after `reset`. */
  readonly seed?: Seed;
}

export interface Simulator extends CloudWorld {
  /** The URL of the endpoint of Live. */
  readonly url: string;
  /** The endpoint of Live as `host:port`, as the SDK wants it. */
  readonly host: string;
  readonly stsURL: string;
  readonly stsHost: string;
  /** Stops for good. Connections are reset, calls that hang with them. */
  close(): Promise<void>;
}

/** Rejects where a port cannot be listened on, or the seed contradicts itself. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { now = Date.now, seed = DEFAULT_SEED } = options;
  const state = newState(options);
  const endpoints = newEndpoints(state, options, now);
  const close = async () => {
    await Promise.all(Object.values(endpoints).map(({ listener }) => listener.close()));
  };
  const world = worldOf(state, endpoints, seed, now);
  try {
    await world.reset();
  } catch (error) {
    await close();
    throw error;
  }
  const { live, sts } = endpoints;
  const { url, host } = live.listener;
  return { ...world, url, host, stsURL: sts.listener.url, stsHost: sts.listener.host, close };
}

type State = ReturnType<typeof newState>;

function newState({ callsPerMinute }: SimulatorOptions) {
  const accounts = new Accounts(callsPerMinute);
  return {
    accounts,
    roles: new Roles(),
    tokens: new OIDCTokens(),
    sessions: new StsSessions(accounts),
    jobs: new Jobs(),
    nonces: new Nonces(),
    faults: new Faults(),
  };
}

function newEndpoints(state: State, options: SimulatorOptions, now: () => number): Endpoints {
  const { port = 0, stsPort = 0, tls, stsTLS = tls } = options;
  const endpoint = (service: Service, at: number, certificate: TlsOptions | undefined): Endpoint => {
    const log = new CallLog();
    const handle = endpointListener({ service, faults: state.faults, log }, now, (clientPort) =>
      listener.reset(clientPort),
    );
    const listener = new Listener(at, certificate, handle);
    return { listener, log };
  };
  return { live: endpoint(liveService(state), port, tls), sts: endpoint(stsService(state), stsPort, stsTLS) };
}

function worldOf(state: State, endpoints: Endpoints, seed: Seed, now: () => number): CloudWorld {
  const { accounts, jobs, faults } = state;
  const verbs = {
    ...accountVerbs(accounts, now),
    ...stsVerbs(state, now),
    ...jobVerbs(accounts, jobs, now),
    ...endpointVerbs(faults, endpoints),
  };
  const reset = async () => {
    for (const part of Object.values(state)) part.clear();
    await sow(seed, verbs);
    await verbs.resetCounts();
    for (const { listener } of Object.values(endpoints)) await listener.open();
  };
  return { ...verbs, reset };
}
