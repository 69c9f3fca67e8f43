// What a user needs to take part from a second terminal: lines to paste.

import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { REQUESTED_AT_ANNOTATION } from '../../../src/api/edge-transcode-job.ts';
import { shellLine } from './terminal/text.ts';

export type Addresses = {
  readonly kubeconfig: string;
  /** A folder; kubectl would else leave what it learns of this API server in the user's home. */
  readonly kubectlCache: string;
  /** The admin port of the simulated cloud. */
  readonly adminURL: string;
  /** Undefined where there is no Prometheus. */
  readonly prometheusURL: string | undefined;
  /** A program; undefined if there is one on PATH. */
  readonly kubectl: string | undefined;
};

/** Makes a shell talk to the API server, the simulated cloud and the Prometheus of the demo. */
export function exportLines(addresses: Addresses): string[] {
  const { kubeconfig, kubectlCache, adminURL, prometheusURL, kubectl } = addresses;
  return [
    `export KUBECONFIG=${shellLine([kubeconfig])}`,
    `export KUBECACHEDIR=${shellLine([kubectlCache])}`,
    `export CLOUD=${shellLine([adminURL])}`,
    ...(prometheusURL === undefined ? [] : [`export PROMETHEUS=${shellLine([prometheusURL])}`]),
    ...(kubectl === undefined ? [] : [`alias kubectl=${shellLine([shellLine([kubectl])])}`]),
  ];
}

export type Suggestion = { readonly what: string; readonly commands: readonly string[] };

export type Subjects = {
  /** An object that is observed every few seconds, and its job's ID. */
  readonly followed: { readonly name: string; readonly jobID: string };
  /** An object that is observed seldom. */
  readonly seldom: string;
  readonly operatorURL: string;
  readonly operatorLog: string;
  /** Whether there is a Prometheus. */
  readonly isMonitored: boolean;
};

/** What to try once the exports are made. */
export function suggestions(subjects: Subjects): Suggestion[] {
  const { followed, seldom, operatorURL, operatorLog, isMonitored } = subjects;
  return [
    {
      what: 'All columns, and all of one status',
      commands: ['kubectl get etj -o wide', `kubectl get etj ${followed.name} -o yaml`],
    },
    {
      what: `Start the job of ${followed.name}, and stop it`,
      commands: [curl('startJob', followed.jobID), curl('stopJob', followed.jobID)],
    },
    {
      what: `Have ${seldom} looked at now`,
      commands: [`kubectl annotate etj ${seldom} --overwrite ${REQUESTED_AT_ANNOTATION}="$(date +%s)"`],
    },
    {
      what: `Let all calls fail: within a minute ${followed.name} is not fresh${isMonitored ? ', and an alert says so' : ''}`,
      commands: [
        `curl -d '{"kind": "error", "status": 503, "code": "ServiceUnavailable"}' $CLOUD/addFault`,
        ...(isMonitored ? ['curl $PROMETHEUS/api/v1/alerts'] : []),
        'curl -d {} $CLOUD/clearFaults',
      ],
    },
    {
      what: 'All jobs of the simulated cloud, and all that it can do',
      commands: ['curl $CLOUD/jobs', 'curl $CLOUD/'],
    },
    {
      what: 'The metrics of the operator, and its log',
      commands: [`curl ${operatorURL}/metrics`, `tail -f ${shellLine([operatorLog])}`],
    },
  ];
}

/** A verb of the simulated cloud, for one job. */
export function curl(verb: string, jobID: string): string {
  return `curl -d '{"jobID": "${jobID}"}' $CLOUD/${verb}`;
}

/** @param path as the environment variable has it */
export async function isOnPath(program: string, path: string): Promise<boolean> {
  for (const folder of path.split(delimiter).filter((each) => each !== '')) {
    const found = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}
