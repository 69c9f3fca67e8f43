/**
 * A scenario for each permission of the operator: what needs the permission, and what the operator reports
 * without it.
 */
import { expect } from 'chai';
import type { LogLine, Operator } from '../../../world/operator.ts';
import type { TcpProxy } from '../../../world/tcp-proxy.ts';
import {
  CREATE_EVENT,
  GET_JOB,
  GET_SECRET,
  LIST_JOBS,
  PATCH_STATUS,
  type Requests,
  WATCH_JOBS,
} from '../installed.ts';
import { SAMPLE } from '../roles.ts';
import { CLUSTER_ID, condition, is, job, type World } from '../world.ts';

/** The parts that a scenario uses. */
export interface Stage {
  readonly world: World;
  /** The proxy between the operator and the API server. */
  readonly proxy: TcpProxy;
  /** The operator's requests. */
  readonly requests: Requests;
  readonly operator: Operator;
  /** Name of an object that only this run uses. */
  readonly name: string;
}

export interface Scenario {
  readonly permission: string;
  readonly does: string;
  /** @throws when the effect does not occur */
  readonly run: (stage: Stage) => Promise<void>;
  /** Checks what is visible without the permission. @throws when it is not */
  readonly says: (stage: Stage) => Promise<void>;
}

/** Far more than the part of a second that a permitted action takes. */
export const WITHIN_MS = 4_000;

export const SCENARIOS: readonly Scenario[] = [
  {
    permission: LIST_JOBS,
    does: 'becomes ready when it knows all objects',
    run: ({ operator }) => operator.process.ready(() => operator.isReady(), WITHIN_MS),
    says: (stage) => logged(stage, { msg: 'listing failed', status: 403, hint: HINT }),
  },
  {
    permission: WATCH_JOBS,
    does: 'observes an object that is created later',
    run: async ({ world, operator, name }) => {
      await operator.process.ready(() => operator.isReady());
      await world.apply(job(name));
      await world.until(name, ({ status }) => status.observedGeneration === 1, {
        withinMs: WITHIN_MS,
      });
    },
    says: (stage) => logged(stage, { msg: 'watching failed', status: 403, hint: HINT }),
  },
  {
    permission: PATCH_STATUS,
    does: 'writes statuses',
    run: async ({ world, name }) => {
      await world.apply(job(name));
      await world.until(name, (shown) => is(shown, 'Ready', 'True'), { withinMs: WITHIN_MS });
    },
    says: (stage) => logged(stage, { msg: 'writing a status failed', status: 403, name: stage.name }),
  },
  {
    permission: GET_JOB,
    does: 'reads an object again after a conflict',
    run: async (stage) => {
      await conflict(stage);
      const { operator } = stage;
      expect(await operator.metric('edgetranscode_status_writes_total{result="conflict"}')).to.equal(1);
      expect(await operator.metric('edgetranscode_status_writes_total{result="failed"}')).to.equal(0);
    },
    says: (stage) => logged(stage, { msg: 'writing a status failed', status: 403, name: stage.name }),
  },
  {
    permission: CREATE_EVENT,
    does: 'writes events about transitions',
    run: async ({ world, operator, name }) => {
      await world.apply(job(name));
      const found = async () => (await world.events(name)).some(({ reason }) => reason === 'JobFound');
      await operator.process.ready(found, WITHIN_MS);
    },
    says: (stage) => logged(stage, { msg: 'writing an event failed', status: 403, event: 'JobFound' }),
  },
  {
    permission: GET_SECRET,
    does: 'reads the Secret that a Role of the namespace permits',
    run: async ({ world, name }) => {
      const { namespace, secret } = SAMPLE;
      await world.apply(job(name, { credentialsRef: { name: secret } }, namespace));
      await world.until(name, (shown) => is(shown, 'Ready', 'True'), {
        namespace,
        withinMs: WITHIN_MS,
      });
    },
    says: async ({ world, name }) => {
      const ready = condition(await world.get(name, SAMPLE.namespace), 'Ready');
      expect(ready?.reason).to.equal('CredentialsNotFound');
      expect(ready?.message).to.equal(secretNotReadable(SAMPLE.secret));
    },
  },
];

/** The message of an object whose Secret the operator may not read. */
export function secretNotReadable(secret: string): string {
  const role = `read-${secret}`;
  const kubectl = `kubectl --namespace ${SAMPLE.namespace} create`;
  return `the operator may not read Secret ${SAMPLE.namespace}/${secret}; allow it: ${kubectl} role ${role} --verb=get --resource=secrets --resource-name=${secret} && ${kubectl} rolebinding ${role} --role=${role} --serviceaccount=edge-transcode-system:edge-transcode-job-operator (replace the service account if the operator has another)`;
}

const HINT = /kubectl apply -f deploy\//;

/** The watch is held back, so that the operator decides on an object that has changed since. */
async function conflict({ world, proxy, requests, operator, name }: Stage): Promise<void> {
  const { jobID } = await world.cloud.admin.createJob({ clusterID: CLUSTER_ID, status: '1' });
  await world.apply(job(name, { jobID }));
  await world.until(name, (shown) => is(shown, 'Ready', 'True'));
  proxy.hold();
  try {
    await world.kubectl('label', 'etj', name, 'team=video');
    await world.cloud.admin.stopJob({ jobID });
    await operator.process.ready(async () => {
      const patches = (await requests.of(PATCH_STATUS)).filter(({ objectRef }) => objectRef?.name === name);
      return patches.some(({ responseStatus }) => responseStatus?.code === 422);
    });
  } finally {
    proxy.release();
  }
  await world.until(name, ({ status }) => status.state === 'NotStarted');
}

/** @throws when it is not logged in time */
export async function logged({ operator }: Stage, fields: Readonly<Record<string, unknown>>): Promise<void> {
  const fits = (line: LogLine) =>
    Object.entries(fields).every(([field, wanted]) =>
      wanted instanceof RegExp ? wanted.test(String(line[field])) : line[field] === wanted,
    );
  await operator.process.ready(() => operator.log().some(fits), WITHIN_MS);
}
