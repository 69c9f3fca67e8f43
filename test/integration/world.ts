/**
 * What an integration test lives in: a control plane, a simulated cloud and operators, each a process of its own; and the
 * few things that a user does with kubectl.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CustomObjectsApi } from '@kubernetes/client-node';
import { type Condition, type ConditionType, findCondition } from '../../src/api/conditions.ts';
import {
  type EdgeTranscodeJobSpec,
  type EdgeTranscodeJobStatus,
  GROUP,
  PLURAL,
  VERSION,
} from '../../src/api/edge-transcode-job.ts';
import { PooledKubeConfig } from '../../src/kube/kube-config.ts';
import { type ControlPlane, startControlPlane } from '../world/control-plane/control-plane.ts';
import { type Operator, type OperatorOptions, startOperator } from '../world/operator.ts';
import { Processes } from '../world/processes.ts';
import { type SimulatedCloud, startSimulatedCloud } from '../world/simulated-cloud.ts';

const COLLECTION = { group: GROUP, version: VERSION, plural: PLURAL };

/** Other processes can only be asked. */
const LOOK_EVERY_MS = 50;

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
}

export class World implements AsyncDisposable {
  readonly controlPlane: ControlPlane;
  readonly cloud: SimulatedCloud;
  readonly processes: Processes;
  readonly #operators: Operator[] = [];
  readonly #objects: CustomObjectsApi;

  constructor(controlPlane: ControlPlane, cloud: SimulatedCloud, processes: Processes) {
    this.controlPlane = controlPlane;
    this.cloud = cloud;
    this.processes = processes;
    const config = new PooledKubeConfig();
    config.loadFromFile(controlPlane.kubeconfig);
    this.#objects = config.makeApiClient(CustomObjectsApi);
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

  /** `kubectl apply -f -`. @throws with what kubectl printed when it is refused */
  async apply(...objects: readonly object[]): Promise<void> {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    const result = await this.controlPlane.kubectlWith({ stdin: list }, 'apply', '-f', '-');
    if (result.code !== 0) throw new Error(`kubectl apply failed: ${result.stderr}`);
  }

  /** What `kubectl get` would show, without the CPU that a process for each look would cost. */
  get(name: string, namespace = 'default'): Promise<Shown> {
    return this.#objects.getNamespacedCustomObject({ ...COLLECTION, namespace, name });
  }

  async list(): Promise<Shown[]> {
    const { items } = await this.#objects.listClusterCustomObject(COLLECTION);
    return items;
  }

  /** Asks until the object is as wanted. @throws with its last state, and the operators' last log lines, when time is up */
  async until(
    name: string,
    wanted: (shown: Shown) => boolean,
    { withinMs = 20_000, namespace = 'default' }: { withinMs?: number; namespace?: string } = {},
  ): Promise<Shown> {
    const deadline = performance.now() + withinMs;
    while (true) {
      const shown = await this.get(name, namespace);
      if (wanted(shown)) return shown;
      await delay(LOOK_EVERY_MS);
      if (performance.now() > deadline)
        throw new Error(
          `${namespace}/${name} did not become as wanted within ${withinMs} ms: ${JSON.stringify(shown.status, null, 1)}\n${this.tails()}`,
        );
    }
  }

  /** The ends of the logs that belong to a failure. */
  tails(): string {
    return [...this.#operators.map(({ process }) => process.tail()), this.cloud.process.tail()].join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.processes.stop();
    await this.controlPlane.stop();
    await rm(this.processes.directory, { recursive: true, force: true });
  }
}

/** A control plane with the CRD, and a simulated cloud; operators are for the test to start. */
export async function startWorld({ cloudArgs = [] }: WorldOptions = {}): Promise<World> {
  const controlPlane = await startControlPlane();
  const processes = new Processes(await mkdtemp(join(tmpdir(), 'operator-world-')));
  const world = new World(controlPlane, await startSimulatedCloud(processes, cloudArgs), processes);
  await world.kubectl('apply', '-f', 'crds/');
  await world.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
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
