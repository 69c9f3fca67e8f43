/** Objects as an API server sends them: valid ones, with changes that an older schema admits. */
import fc from 'fast-check';
import { CANARY, canaryWith } from './canary.ts';
import { mutatedJson } from './mutate.ts';
import { mostly } from './texts.ts';

const NAMESPACES = ['media', 'news'];
const TIMES = [
  '2025-12-31T23:59:00Z',
  '2026-01-01T00:00:00Z',
  '2019-01-01T00:00:00Z',
  '2040-01-01T00:00:00Z',
];

const spec = fc.record(
  {
    clusterID: mostly('7f3e9c3b-4d18-395c-8106-ff21a6000000'),
    jobID: mostly('5ad420b48fb04483915d4f2cd8ac0000'),
    regionID: mostly('cn-shanghai'),
    interval: mostly('5s', '30s', '1m30s', '24h', '0s', '1ns', '2540400h'),
    suspend: fc.boolean(),
    expectedState: mostly('Running', 'NotStarted'),
    credentialsRef: fc.record({ name: mostly('account') }),
    unknown: fc.constant(CANARY),
  },
  { requiredKeys: ['clusterID', 'jobID'], noNullPrototype: true },
);

/** Stream URLs as `--stream-urls=full` wrote them. */
const storedUrl = fc.constantFrom(
  'rtmp://push.example.com/app/s1',
  `rtmp://push.example.com/app/s1?auth_key=${CANARY}`,
  `rtmp://user:${CANARY}@push.example.com/app`,
  `https://h/app;auth_key=${canaryWith('/')}/s1?k=v`,
  `h/app?${CANARY}`,
);

const job = fc.record(
  {
    createTime: mostly(...TIMES),
    jobID: mostly('5ad420b48fb04483915d4f2cd8ac0000'),
    lastStartAt: mostly(...TIMES),
    lastStopAt: mostly(...TIMES),
    name: mostly('stream1'),
    status: mostly('0', '1', '2'),
    streamInput: storedUrl,
    streamOutput: storedUrl,
    templateID: mostly('t'),
    templateName: mostly('hd'),
    type: mostly('common', 'nbhd-2'),
    newField: storedUrl,
  },
  { requiredKeys: [], noNullPrototype: true },
);

const REASONS = [
  'ObservationSucceeded',
  'Suspended',
  'JobNotFound',
  'AuthenticationFailed',
  'ObservationOverdue',
];

const condition = (type: string) =>
  fc.record({
    type: fc.constant(type),
    status: mostly('True', 'False', 'Unknown'),
    reason: mostly(...REASONS),
    message: mostly('the job was observed'),
    lastTransitionTime: mostly(...TIMES),
    observedGeneration: fc.constantFrom(0, 1, 2),
  });

const status = fc.record(
  {
    observedGeneration: fc.constantFrom(-1, 1, 2, 3),
    state: mostly('Running', 'NotStarted', 'NotFound', 'Unknown'),
    job,
    lastObservedTime: mostly(...TIMES),
    observedTarget: mostly('0123abcd-89ab0123', '0123abcd'),
    effectiveInterval: mostly('2m10s'),
    lastHandledRequestedAt: mostly('first'),
    conditions: fc
      .subarray(['Ready', 'Fresh', 'Running', 'AsExpected', 'Stalled', 'Reconciling'])
      .chain((types) => fc.tuple(...types.map(condition))),
  },
  { requiredKeys: [], noNullPrototype: true },
);

const metadata = fc.record(
  {
    namespace: fc.constantFrom(...NAMESPACES),
    name: mostly('stream1'),
    uid: fc.constantFrom('uid-1', 'uid-2'),
    resourceVersion: mostly('1', '2', '9007199254740993'),
    generation: fc.constantFrom(1, 2, 3),
    annotations: fc.record(
      { 'edgetranscode.live/requested-at': mostly('first', 'second'), other: fc.constant(CANARY) },
      { requiredKeys: ['other'], noNullPrototype: true },
    ),
    labels: fc.constant({ team: CANARY }),
    managedFields: fc.constant([{ manager: CANARY }]),
    deletionTimestamp: fc.constant('2026-01-01T00:00:00Z'),
  },
  {
    requiredKeys: ['namespace', 'name', 'uid', 'resourceVersion', 'generation', 'labels'],
    noNullPrototype: true,
  },
);

const whole = fc.record(
  { metadata, spec, status },
  { requiredKeys: ['metadata', 'spec'], noNullPrototype: true },
);

/** The secret stands in stored stream URLs and wherever the operator reads nothing. */
export const rawObject: fc.Arbitrary<unknown> = mutatedJson(whole);
