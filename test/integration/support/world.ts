/**
 * What an integration test lives in: a control plane, a simulated cloud and operators, each a process of its
 * own; and the few things that a user does with kubectl.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CustomObjectsApi,
  EventsV1Api,
  type EventsV1Event,
  KubernetesObjectApi,
  PatchStrategy,
} from '@kubernetes/client-node';
import { type Condition, type ConditionType, findCondition } from '../../../src/api/conditions.ts';
import {
  type EdgeTranscodeJobSpec,
  type EdgeTranscodeJobStatus,
  GROUP,
  PLURAL,
  VERSION,
} from '../../../src/api/edge-transcode-job.ts';
import { type ControlPlane, startControlPlane } from '../../world/control-plane/control-plane.ts';
import { SharingKubeConfig } from '../../world/control-plane/sharing-kube-config.ts';
import { type Operator, type OperatorOptions, startOperator } from '../../world/operator.ts';
import { type Answer, Processes } from '../../world/processes/processes.ts';
import { type SimulatedCloud, startSimulatedCloud } from '../../world/simulated-cloud.ts';
import { applyCrd } from './shipped.ts';

const COLLECTION = { group: GROUP, version: VERSION, plural: PLURAL };

/** The state of other processes can only be polled. */
const LOOK_EVERY_MS = 100;

/** Several times what anything here takes on a busy machine: what takes longer does not happen. */
const WITHIN_MS = 20_000;

/** The last calls are enough to see what the cloud was doing. */
const CALLS_SHOWN = 20;

/** An object as kubectl shows it. */
export interface Shown {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly generation: number;
    readonly resourceVersion: string;
  };
  readonly spec: EdgeTranscodeJobSpec;
  readonly status: EdgeTranscodeJobStatus;
}

export interface WorldOptions {
  /** Further options of the simulated cloud. */
  readonly cloudArgs?: readonly string[];
  /** Whether the CRD is applied; default true. */
  readonly crd?: boolean;
  /** Whether requests are written down; default true. */
  readonly auditLog?: boolean;
}

export interface Waiting {
  readonly withinMs?: number;
  /**
   * Interval of the checks. Longer where each check reads hundreds of objects: it would take the processor's
   * time from what the test waits for.
   */
  readonly everyMs?: number;
  readonly namespace?: string;
}

/** An awaited state did not occur in time. The message ends with the logs. */
export class NotInTime extends Error {
  override readonly name = 'NotInTime';
}

export class World implements AsyncDisposable {
  readonly controlPlane: ControlPlane;
  readonly cloud: SimulatedCloud;
  readonly processes: Processes;
  readonly #operators: Operator[] = [];
  readonly #objects: CustomObjectsApi;
  readonly #anything: KubernetesObjectApi;
  readonly #events: EventsV1Api;

  constructor(controlPlane: ControlPlane, cloud: SimulatedCloud, processes: Processes) {
    this.controlPlane = controlPlane;
    this.cloud = cloud;
    this.processes = processes;
    const config = new SharingKubeConfig(controlPlane.kubeconfig);
    this.#objects = config.makeApiClient(CustomObjectsApi);
    this.#anything = KubernetesObjectApi.makeApiClient(config);
    this.#events = config.makeApiClient(EventsV1Api);
  }

  /** The operators started so far, ended ones included. */
  get operators(): readonly Operator[] {
    return this.#operators;
  }

  /** Starts an operator against this world and waits until it is ready. */
  async operator(options: Partial<OperatorOptions> = {}): Promise<Operator> {
    const { kubeconfig } = this.controlPlane;
    const operator = await startOperator(this.processes, { kubeconfig, cloud: this.cloud, ...options });
    this.#operators.push(operator);
    return operator;
  }

  /** kubectl as admin. @throws with what it printed when it fails */
  async kubectl(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.controlPlane.kubectl(...args);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed: ${stderr}`);
    return stdout;
  }

  /**
   * `kubectl apply --server-side`, without the CPU of a process and of the schemas that it would fetch.
   *
   * @throws with what the API server answers when it refuses an object; those before it are applied
   */
  async apply(...objects: readonly object[]): Promise<void> {
    for (const object of objects)
      await this.#anything.patch(
        object,
        undefined,
        undefined,
        'kubectl',
        true,
        PatchStrategy.ServerSideApply,
      );
  }

  /** What `kubectl get` would show, without the CPU that a process for each look would cost. */
  get(name: string, namespace = 'default'): Promise<Shown> {
    return this.#objects.getNamespacedCustomObject({ ...COLLECTION, namespace, name });
  }

  async list(): Promise<Shown[]> {
    const { items } = await this.#objects.listClusterCustomObject(COLLECTION);
    return items;
  }

  /** The events about an object, the oldest first. */
  async events(name: string, namespace = 'default'): Promise<EventsV1Event[]> {
    const { items } = await this.#events.listNamespacedEvent({ namespace });
    const about = items.filter(({ regarding }) => regarding?.name === name);
    return about.sort((one, other) => timeOf(one) - timeOf(other));
  }

  /** Asks until the object is as wanted. @throws NotInTime with its last state */
  until(
    name: string,
    wanted: (shown: Shown) => boolean,
    { withinMs = WITHIN_MS, namespace = 'default' }: Waiting = {},
  ): Promise<Shown> {
    let last: Shown | undefined;
    const look = async () => {
      last = await this.get(name, namespace);
      return wanted(last) ? last : undefined;
    };
    const what = () =>
      `${namespace}/${name} as wanted; its status is ${JSON.stringify(last?.status, null, 1)}`;
    return this.eventually(what, look, { withinMs });
  }

  /**
   * Asks until the answer is something.
   *
   * @param what is awaited, for the error: `2 more calls`
   * @throws NotInTime; and what `ask` throws
   */
  async eventually<T>(
    what: string | (() => string),
    ask: () => Answer<T> | undefined | Promise<Answer<T> | undefined>,
    { withinMs = WITHIN_MS, everyMs = LOOK_EVERY_MS }: Waiting = {},
  ): Promise<T> {
    const deadline = performance.now() + withinMs;
    while (true) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      if (performance.now() > deadline) {
        const missing = typeof what === 'string' ? what : what();
        throw new NotInTime(`not within ${withinMs / 1_000} s: ${missing}\n${await this.tails()}`);
      }
      await delay(everyMs);
    }
  }

  /** The ends of the logs that belong to a failure. */
  async tails(): Promise<string> {
    // A test that restarts the operator has two relevant ones.
    const operators = this.#operators.slice(-2).map(({ process }) => process.tail());
    const others = [this.controlPlane.tail(), this.cloud.process.tail(), await this.#lastCalls()];
    return [...operators, ...others].join('\n');
  }

  /** The simulator logs nothing, but keeps its calls. */
  async #lastCalls(): Promise<string> {
    try {
      const { last } = await this.cloud.admin.calls({ limit: 0 });
      const { calls } = await this.cloud.admin.calls({ since: last - CALLS_SHOWN });
      return `Its last calls:\n${calls.map((call) => JSON.stringify(call)).join('\n')}`;
    } catch (error) {
      return `Its calls cannot be read: ${error}`;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.processes.stop();
    await this.controlPlane.stop();
    await rm(this.processes.directory, { recursive: true, force: true });
  }
}

/** The library says that it is a Date, and gives the text. */
function timeOf({ eventTime }: EventsV1Event): number {
  return eventTime === undefined ? Number.NaN : new Date(eventTime).getTime();
}

/** A control plane, with the CRD unless it is refused, and a simulated cloud; the test starts operators. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { cloudArgs = [], crd = true, auditLog = true } = options;
  // What is running when the rest cannot be started is stopped; the error names its logs, which stay.
  await using started = new AsyncDisposableStack();
  const controlPlane = started.use(await startControlPlane({ auditLog }));
  const processes = started.use(new Processes(await mkdtemp(join(tmpdir(), 'operator-world-'))));
  const world = new World(controlPlane, await startSimulatedCloud(processes, cloudArgs), processes);
  if (crd) await applyCrd(controlPlane);
  started.move();
  return world;
}

/** A manifest; IDs default to a job of the simulated cloud's seed. */
export function job(name: string, spec: Partial<EdgeTranscodeJobSpec> = {}, namespace = 'default'): object {
  return {
    apiVersion: 'edgetranscode.live/v1alpha1',
    kind: 'EdgeTranscodeJob',
    metadata: { name, namespace },
    spec: { clusterID: CLUSTER_ID, jobID: JOB_ID, interval: '5s', ...spec },
  };
}

export const CLUSTER_ID = '7f3e9c3b-4d18-395c-8106-ff21a6000000';
export const JOB_ID = '5ad420b48fb04483915d4f2cd8ac0000';

export function condition(shown: Shown, type: ConditionType): Condition | undefined {
  return findCondition(shown.status.conditions, type);
}

/** Whether the condition has this status, and this reason if one is given. */
export function is(shown: Shown, type: ConditionType, status: Condition['status'], reason?: string): boolean {
  const found = condition(shown, type);
  return found?.status === status && (reason === undefined || found.reason === reason);
}
