/**
 * A test's world for a developer to look at: with `HOLD_WORLD=1` its addresses are printed when it starts,
 * and after a failed test it stays until Ctrl-C.
 */
import type { ControlPlane } from './control-plane/control-plane.ts';
import type { Operator } from './operator.ts';
import type { Processes } from './processes/processes.ts';
import type { SimulatedCloud } from './simulated-cloud.ts';

export interface WorldParts {
  readonly controlPlane: Pick<ControlPlane, 'directory' | 'kubeconfig' | 'kubectlProgram'>;
  readonly cloud: Pick<SimulatedCloud, 'adminURL'>;
  readonly processes: Pick<Processes, 'directory'>;
  readonly operators: readonly Pick<Operator, 'process' | 'url'>[];
}

/** Whether the developer has set HOLD_WORLD. */
export function holdsWorlds(env: NodeJS.ProcessEnv = process.env): boolean {
  return Boolean(env.HOLD_WORLD);
}

/** Lists the logs of a world and a command for each of its parts, ready to be pasted into a shell. */
export function addressesOf({ controlPlane, cloud, processes, operators }: WorldParts): string {
  const logs = [`${processes.directory}/*.log`, `${controlPlane.directory}/logs/*.log`];
  return [
    'The world of this test:',
    `  tail -f ${logs.join(' ')}`,
    `  export KUBECONFIG=${controlPlane.kubeconfig}`,
    `  ${controlPlane.kubectlProgram} get edgetranscodejobs --all-namespaces`,
    `  curl ${cloud.adminURL}/counts`,
    ...operators.map(({ process, url }) => `  curl ${url}/metrics   # ${process.name}`),
  ].join('\n');
}

/** Prints the addresses again and resolves at SIGINT or SIGTERM. */
export async function holdWorld(parts: WorldParts, print: (text: string) => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  // A promise alone does not keep a process alive.
  const alive = setInterval(() => {}, 60_000);
  print(`${addressesOf(parts)}\nIt stays until Ctrl-C.`);
  await promise;
  clearInterval(alive);
}
