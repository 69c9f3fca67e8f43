/**
 * The resource in kubectl: columns, names, selectors, explanations.
 */
import { expect } from 'chai';
import type { EdgeTranscodeJobStatus } from '../../../src/api/edge-transcode-job.ts';
import { type ControlPlane, startControlPlane } from '../../world/control-plane/control-plane.ts';
import {
  applyCrd,
  CONTROL_PLANE_WITHIN_MS,
  jobManifest,
  succeeding,
  writeStatus,
} from '../support/shipped.ts';

const SPEC = { clusterID: '7f3e9c3b-4d18-395c-8106-ff21a6000000', jobID: '5ad420b48fb04483915d4f2cd8ac0000' };

const JOB = {
  name: 'my_job',
  type: 'common',
  lastStartAt: '2023-07-25T02:48:58Z',
  templateName: 'hd-template',
  streamInput: 'rtmp://push.example.com/live/in?auth_key=REDACTED',
  streamOutput: 'rtmp://play.example.com/live/out',
};
const SINCE = { lastTransitionTime: '2026-01-01T00:00:00Z', observedGeneration: 1 };
const STATUS: EdgeTranscodeJobStatus = {
  observedGeneration: 1,
  state: 'Running',
  lastObservedTime: '2026-01-01T00:00:00.123Z',
  job: JOB,
  conditions: [
    { type: 'Ready', status: 'True', reason: 'ObservationSucceeded', message: 'The job is known.', ...SINCE },
    { type: 'Fresh', status: 'False', reason: 'ObservationOverdue', message: 'It is overdue.', ...SINCE },
    { type: 'AsExpected', status: 'True', reason: 'MatchesExpectedState', message: 'It runs.', ...SINCE },
  ],
};

const SELECTORS: Readonly<Record<string, readonly string[]>> = {
  'status.state=Running': ['running'],
  'status.state=Unknown': ['unvisited'],
  [`spec.jobID=${SPEC.jobID},spec.clusterID=${SPEC.clusterID}`]: ['running', 'unvisited'],
  'spec.jobID=other': [],
  'spec.clusterID=other': [],
};

/** What a reader of `kubectl explain` must find there. */
const EXPLAINED: Readonly<Record<string, readonly string[]>> = {
  edgetranscodejobs: ['It only observes: it never creates, starts, stops or deletes a job.'],
  'edgetranscodejobs.spec': [
    'clusterID <string> -required-',
    'Example: 7f3e9c3b-4d18-395c-8106-ff21a6000000. Required. It cannot be changed',
    "Examples: 30s, 1m30s, 1.5h. Default: the operator's option --interval, 60s.",
    'enum: Running, NotStarted',
  ],
  'edgetranscodejobs.spec.credentialsRef': ['The Secret holds the keys accessKeyID and accessKeySecret'],
  'edgetranscodejobs.status': [
    'enum: Running, NotStarted, NotFound, Unknown',
    'Ready: the reference is valid and the status fresh, whether or not the job runs.',
    '-1: not visited yet.',
  ],
  'edgetranscodejobs.status.job': ['The status code of the cloud: 0 for not started, 1 for in progress.'],
};

describe('kubectl with the CRD', function () {
  this.timeout(60_000);
  let api: ControlPlane;

  before(async function () {
    this.timeout(CONTROL_PLANE_WITHIN_MS);
    api = await startControlPlane({ auditLog: false });
    await applyCrd(api);
    await succeeding(api, ['apply', '-f', '-'], jobManifest('running', SPEC));
    await succeeding(api, ['apply', '-f', '-'], jobManifest('unvisited', SPEC));
    await writeStatus(api, 'default', 'running', STATUS);
  });

  after(async () => {
    await api?.stop();
  });

  it('shows an observed and an unobserved object in columns', async () => {
    expect(await table('get', 'edgetranscodejobs')).to.deep.equal([
      ['NAME', 'READY', 'STATE', 'EXPECTED', 'FRESH', 'JOB', 'TYPE', 'AGE'],
      ['running', 'True', 'Running', 'True', 'False', 'my_job', 'common', '<age>'],
      ['unvisited', '', 'Unknown', '', '', '', '', '<age>'],
    ]);
  });

  it('shows the other columns with -o wide', async () => {
    const [header, running] = await table('get', 'edgetranscodejobs', '-o', 'wide');
    expect(header?.slice(8).join(', ')).to.equal(
      'REASON, MESSAGE, CLUSTER, JOB ID, TEMPLATE, INPUT, OUTPUT, STARTED, LAST OBSERVED',
    );
    expect(running?.slice(8)).to.deep.equal([
      ...['ObservationSucceeded', 'The job is known.', SPEC.clusterID, SPEC.jobID],
      ...[JOB.templateName, JOB.streamInput, JOB.streamOutput, '<age>', '<age>'],
    ]);
  });

  for (const name of ['etj', 'edgetranscodejob', 'edgetranscodejobs.edgetranscode.live', 'alibabacloud']) {
    it(`finds the objects by ${name}`, async () => {
      const rows = (await table('get', name)).slice(1);
      expect(rows.map(([first]) => first)).to.deep.equal(['running', 'unvisited']);
    });
  }

  for (const [selector, names] of Object.entries(SELECTORS)) {
    it(`selects by ${selector}`, async () => {
      const found = await kubectl('get', 'etj', `--field-selector=${selector}`, '-o', 'name');
      expect(found.match(/[^/\n]+$/gm) ?? []).to.deep.equal(names);
    });
  }

  for (const [field, sentences] of Object.entries(EXPLAINED)) {
    it(`explains ${field}`, async () => {
      const text = (await kubectl('explain', field)).replaceAll(/\s+/g, ' ');
      for (const sentence of sentences) expect(text).to.contain(sentence);
    });
  }

  it('waits for a condition', async () => {
    await kubectl('wait', '--for=condition=Fresh=False', 'etj/running', '--timeout=5s');
  });

  function kubectl(...args: string[]): Promise<string> {
    return succeeding(api, args);
  }

  /** Cells by the positions of the header, as a cell may be empty; ages, which pass, are replaced. */
  async function table(...args: string[]): Promise<string[][]> {
    const [header = '', ...rows] = (await kubectl(...args)).trimEnd().split('\n');
    const starts = Array.from(header.matchAll(/\S+(?: \S+)*/g), ({ index }) => index);
    return [header, ...rows].map((row) =>
      starts.map((start, column) => {
        const cell = row.slice(start, starts[column + 1]).trim();
        return /^(\d+[ydhms])+$/.test(cell) ? '<age>' : cell;
      }),
    );
  }
});
