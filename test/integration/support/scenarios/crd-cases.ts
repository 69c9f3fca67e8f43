/**
 * Specs of an EdgeTranscodeJob that the API server must accept, and specs that it must refuse, with the
 * message.
 */

/** Merged into a valid spec. A value of undefined removes the field. */
export type SpecChange = Readonly<Record<string, unknown>>;

const LONG_NAME = 'a'.repeat(253);
const ID =
  /must be the ID of a (data centre|job), without white space or control characters, such as [0-9a-f-]{32,36}/;
const REGION =
  /must be the ID of a region in lower case, such as cn-shanghai; leave the field out for the default region/;
const INTERVAL =
  /must be a duration of 5s to 24h with a unit after each number, such as 30s, 1m30s or 2h; leave the field out/;
const SECRET =
  /must be the name of a Secret in the namespace of this object: lower-case .* such as media-account/;

export const ACCEPTED: Readonly<Record<string, SpecChange>> = {
  'only the two IDs': {},
  'IDs of one character': { clusterID: 'c', jobID: 'j' },
  'IDs of 128 characters': { clusterID: 'c'.repeat(128), jobID: 'j'.repeat(128) },
  'IDs with other signs than hexadecimal digits': { clusterID: 'cn-shanghai_edge.1', jobID: 'ジョブ/1' },
  'a region': { regionID: 'cn-shanghai' },
  'a region with a suffix': { regionID: 'ap-northeast-2-pop' },
  'not suspended': { suspend: false },
  suspended: { suspend: true },
  'expected to run': { expectedState: 'Running' },
  'expected not to run': { expectedState: 'NotStarted' },
  'a Secret': { credentialsRef: { name: 'media-account' } },
  'a Secret with dots in its name': { credentialsRef: { name: 'media.account-1' } },
  'a Secret with the longest name': { credentialsRef: { name: LONG_NAME } },
};

export const ACCEPTED_INTERVALS: readonly string[] = [
  '5s',
  '5000ms',
  '30s',
  '1m30s',
  '1m1.5s',
  '1.5h',
  '0.5m',
  '90m',
  '30s1m',
  '1h0m0s',
  '23h59m59s999ms',
  '24h',
  '24h0m0s',
  '86400s',
];

interface Refusal {
  readonly spec: SpecChange;
  /** The wrong field and the message about it. */
  readonly field: string;
  readonly says: RegExp;
}

export const REFUSED: Readonly<Record<string, Refusal>> = {
  'no cluster': { spec: { clusterID: undefined }, field: 'spec.clusterID', says: /Required value/ },
  'no job': { spec: { jobID: undefined }, field: 'spec.jobID', says: /Required value/ },
  'an empty cluster': { spec: { clusterID: '' }, field: 'spec.clusterID', says: ID },
  'an empty job': { spec: { jobID: '' }, field: 'spec.jobID', says: ID },
  'a space in the cluster': { spec: { clusterID: 'a b' }, field: 'spec.clusterID', says: ID },
  'a space after the job': { spec: { jobID: 'a ' }, field: 'spec.jobID', says: ID },
  'a line end after the job': { spec: { jobID: 'a\n' }, field: 'spec.jobID', says: ID },
  'a tab in the cluster': { spec: { clusterID: 'a\tb' }, field: 'spec.clusterID', says: ID },
  'an escape character in the job': { spec: { jobID: 'a\u001b[31m' }, field: 'spec.jobID', says: ID },
  'a no-break space in the cluster': { spec: { clusterID: 'a\u00a0b' }, field: 'spec.clusterID', says: ID },
  'a zero-width space in the job': { spec: { jobID: '\u200ba' }, field: 'spec.jobID', says: ID },
  'a line separator in the job': { spec: { jobID: 'a\u2028b' }, field: 'spec.jobID', says: ID },
  'a cluster of 129 characters': {
    spec: { clusterID: 'c'.repeat(129) },
    field: 'spec.clusterID',
    says: /may not be more than 128 bytes/,
  },
  'a job of 129 characters': {
    spec: { jobID: 'j'.repeat(129) },
    field: 'spec.jobID',
    says: /may not be more than 128 bytes/,
  },
  'a job that YAML reads as a number': {
    spec: { jobID: 12_345 },
    field: 'spec.jobID',
    says: /must be of type string/,
  },
  'an empty region': { spec: { regionID: '' }, field: 'spec.regionID', says: REGION },
  'a region in capitals': { spec: { regionID: 'CN-Shanghai' }, field: 'spec.regionID', says: REGION },
  'a host as region': { spec: { regionID: 'example.com/' }, field: 'spec.regionID', says: REGION },
  'a region that ends in a hyphen': { spec: { regionID: 'cn-' }, field: 'spec.regionID', says: REGION },
  'a region of 65 characters': {
    spec: { regionID: 'r'.repeat(65) },
    field: 'spec.regionID',
    says: /may not be more than 64 bytes/,
  },
  'a suspend that is no boolean': {
    spec: { suspend: 'yes' },
    field: 'spec.suspend',
    says: /must be of type boolean/,
  },
  'an unknown expected state': {
    spec: { expectedState: 'running' },
    field: 'spec.expectedState',
    says: /supported values: "Running", "NotStarted"/,
  },
  'an expected state that only the operator reports': {
    spec: { expectedState: 'NotFound' },
    field: 'spec.expectedState',
    says: /supported values: "Running", "NotStarted"/,
  },
  'a reference to no Secret': {
    spec: { credentialsRef: {} },
    field: 'spec.credentialsRef.name',
    says: /Required value/,
  },
  'a Secret without a name': {
    spec: { credentialsRef: { name: '' } },
    field: 'spec.credentialsRef.name',
    says: SECRET,
  },
  'a Secret in capitals': {
    spec: { credentialsRef: { name: 'Media' } },
    field: 'spec.credentialsRef.name',
    says: SECRET,
  },
  'a Secret of another namespace': {
    spec: { credentialsRef: { name: 'other/secret' } },
    field: 'spec.credentialsRef.name',
    says: SECRET,
  },
  'a Secret with a name of 254 characters': {
    spec: { credentialsRef: { name: `${LONG_NAME}a` } },
    field: 'spec.credentialsRef.name',
    says: /may not be more than 253 bytes/,
  },
  'an interval that YAML reads as a number': {
    spec: { interval: 60 },
    field: 'spec.interval',
    says: /must be of type string/,
  },
  ...refusedIntervals({
    'an empty interval': '',
    'an interval without a unit': '60',
    'an interval with an unknown unit': '1d',
    'an interval with a space': '30 s',
    'an interval with a sign': '-30s',
    'an interval with a plus': '+30s',
    'an interval with a line end': '30s\n',
    'an interval just below 5s': '4.999s',
    'an interval just above 24h': '24h1ms',
    'an interval of 0': '0s',
    'an interval in words': '1 minute',
    'the longest interval that the rule computes': '99999.9h'.repeat(8),
    'an interval with more digits than a duration holds': '99999999999999999999h',
  }),
};

function refusedIntervals(intervals: Readonly<Record<string, string>>): Record<string, Refusal> {
  const refusals = Object.entries(intervals).map(([what, interval]): [string, Refusal] => [
    what,
    { spec: { interval }, field: 'spec.interval', says: INTERVAL },
  ]);
  return Object.fromEntries(refusals);
}
