/**
 * The simulated cloud as a process of its own, on free ports.
 */
import { AdminClient } from '../../simulator/admin/admin-client.ts';
import type { Processes, StartedProcess } from './processes/processes.ts';

export interface SimulatedCloud {
  readonly process: StartedProcess;
  /** Such as `http://127.0.0.1:23456`. */
  readonly endpoint: string;
  /** The endpoint of its STS. */
  readonly stsEndpoint: string;
  readonly adminURL: string;
  readonly admin: AdminClient;
  /** The key of its first account; made up, and good nowhere else. */
  readonly accessKey: { readonly accessKeyID: string; readonly accessKeySecret: string };
  /** A role of that account, and what a pod has that may assume it by its service account. As made up. */
  readonly rrsa: { readonly roleARN: string; readonly oidcProviderARN: string; readonly oidcToken: string };
}

interface Announcement {
  readonly endpoint: string;
  readonly stsEndpoint: string;
  readonly adminURL: string;
  readonly accessKeyID: string;
  readonly accessKeySecret: string;
  readonly roleARN: string;
  readonly oidcProviderARN: string;
  readonly oidcToken: string;
}

/** @param args further options of the simulator, such as `--quota=100` */
export async function startSimulatedCloud(
  processes: Processes,
  args: readonly string[] = [],
): Promise<SimulatedCloud> {
  const started = await processes.start({
    name: 'simulator',
    command: process.execPath,
    args: ['simulator/main.ts', '--json', '--port=0', '--sts-port=0', '--admin-port=0', ...args],
  });
  const [line] = await started.printed(/^\{.*\}$/m);
  const announced = JSON.parse(line) as Announcement;
  const { endpoint, stsEndpoint, adminURL, accessKeyID, accessKeySecret } = announced;
  const { roleARN, oidcProviderARN, oidcToken } = announced;
  return {
    process: started,
    endpoint,
    stsEndpoint,
    adminURL,
    admin: new AdminClient(adminURL),
    accessKey: { accessKeyID, accessKeySecret },
    rrsa: { roleARN, oidcProviderARN, oidcToken },
  };
}
