/** Moments as the observer would see them, with one object whose status is right. */
import type {
  Disturbance,
  Moment,
  SeenJob,
  StatusWrite,
  StoredObject,
  StoredStatus,
} from '../../observer/moment.ts';
import { OWN_ACCOUNT } from '../../population/tenants.ts';

/** Some instant; long after the object was changed. */
export const NOW = 1_700_000_000_000;
const LONG_AGO = NOW - 3_600_000;

export const JOB: SeenJob = {
  accountID: OWN_ACCOUNT,
  changedAt: LONG_AGO,
  fields: { jobID: 'j', name: 'n', type: 'common', status: '1', templateID: 't', templateName: 'tn' },
};

export const RIGHT: StoredStatus = {
  observedGeneration: 1,
  state: 'Running',
  job: JOB.fields,
  observedTarget: 'a-b',
  conditions: [
    { type: 'Ready', status: 'True', reason: 'ObservationSucceeded', message: '' },
    { type: 'Fresh', status: 'True', reason: 'ObservationSucceeded', message: '' },
    { type: 'Running', status: 'True', reason: 'JobRunning', message: '' },
  ],
};

export function object(status: StoredStatus = RIGHT): StoredObject {
  return {
    metadata: { name: 'one', namespace: 'red', uid: 'u', generation: 1 },
    spec: { clusterID: 'c', jobID: 'j', interval: '10s' },
    status,
  };
}

export function moment(given: Partial<Moment> = {}): Moment {
  return {
    now: NOW,
    objects: [{ object: object(), changedAt: LONG_AGO }],
    jobs: new Map([['c/j', JOB]]),
    calls: [],
    writes: [],
    claims: [],
    events: [],
    mostPerMinute: new Map(),
    processes: [],
    unwantedEnds: [],
    texts: [],
    disturbances: [],
    ...given,
  };
}

export function write(given: Partial<StatusWrite> = {}): StatusWrite {
  const [namespace, name, uid] = ['red', 'one', 'u'];
  return {
    at: NOW,
    namespace,
    name,
    uid,
    version: 1,
    writer: 'a',
    isAccepted: true,
    status: RIGHT,
    ...given,
  };
}

export function disturbance(given: Partial<Disturbance> = {}): Disturbance {
  const none = { kind: 'a fault', from: NOW, until: NOW, ofOperators: false, losesWrites: false };
  return { ...none, accounts: 'all', ...given };
}
