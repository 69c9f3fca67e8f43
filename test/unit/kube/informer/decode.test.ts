// Whatever the API server sends becomes a usable object, or none.

import { expect } from 'chai';
import { REQUESTED_AT_ANNOTATION, SHARD_LABEL } from '../../../../src/api/edge-transcode-job.ts';
import { decodeJob } from '../../../../src/kube/informer/decode.ts';
import { heapInUse, MEASURING_MS } from '../../kit/heap.ts';
import { PRINTED_TEXT, TERMINAL_TEXT } from '../../kit/terminal.ts';

const METADATA = { namespace: 'media', name: 'a', uid: 'uid-a', resourceVersion: '7', generation: 3 };
/** An object of the API with this name, which is in its key. */
const { name: _name, ...HELD } = METADATA;
const SPEC = { clusterID: 'c', jobID: 'j' };

function withSpec(spec: object) {
  return decodeJob({ metadata: METADATA, spec: { ...SPEC, ...spec } });
}

function withStatus(status: unknown) {
  return decodeJob({ metadata: METADATA, spec: SPEC, status })?.status;
}

describe('an object of the API server', () => {
  it('is known to be in deletion by its deletionTimestamp', () => {
    const metadata = { ...METADATA, deletionTimestamp: '2026-01-01T00:00:00Z' };
    expect(decodeJob({ metadata, spec: SPEC })?.isDeleting).to.equal(true);
    expect(decodeJob({ metadata: METADATA, spec: SPEC })).not.to.have.property('isDeleting');
  });

  it('is reduced to the fields in use', () => {
    const condition = {
      type: 'Ready',
      status: 'True',
      reason: 'ObservationSucceeded',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
      observedGeneration: 3,
    };
    const status = {
      observedGeneration: 3,
      state: 'Running',
      job: { status: '1' },
      observedTarget: '00000000-00000000',
      lastObservedTime: '2026-01-01T00:00:00Z',
      lastHandledRequestedAt: 'now',
      conditions: [condition],
    };
    const metadata = {
      ...METADATA,
      managedFields: [{ manager: 'kubectl' }],
      labels: { a: 'b' },
      annotations: { 'edgetranscode.live/requested-at': 'now', other: 'x' },
    };
    const spec = {
      ...SPEC,
      regionID: 'eu-central-1',
      interval: '30s',
      suspend: true,
      expectedState: 'Running',
      credentialsRef: { name: 'account', other: 'x' },
    };
    expect(decodeJob({ apiVersion: 'x', kind: 'y', metadata, spec, status })).to.deep.equal({
      key: 'media/a',
      ...HELD,
      requestedAt: 'now',
      spec: { ...spec, credentialsRef: { name: 'account' } },
      status,
    });
  });

  it('keeps nothing of labels, annotations, owners and managed fields that it does not use', async function () {
    this.timeout(MEASURING_MS);
    decodeJob(JSON.parse(largeObject(0)));
    const before = await heapInUse();
    const decoded = Array.from({ length: 20 }, (_, number) => decodeJob(JSON.parse(largeObject(number + 1))));
    const each = ((await heapInUse()) - before) / decoded.length;
    expect(decoded[19]).to.include({ key: 'media/job-20', shard: 'sports', requestedAt: 'now-and-again' });
    expect(each).to.be.below(4_096);
  });

  it('needs no status', () => {
    expect(decodeJob({ metadata: METADATA, spec: SPEC })).to.deep.equal({
      key: 'media/a',
      ...HELD,
      spec: SPEC,
      status: {},
    });
  });

  const NONE: [string, unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['a text', 'x'],
    ['a list', [METADATA]],
    ['nothing', {}],
    ['metadata that is null', { metadata: null }],
    ...['namespace', 'name', 'uid', 'resourceVersion'].flatMap((field): [string, unknown][] => [
      [`no ${field}`, { metadata: { ...METADATA, [field]: undefined } }],
      [`an empty ${field}`, { metadata: { ...METADATA, [field]: '' } }],
      [`a ${field} that is a number`, { metadata: { ...METADATA, [field]: 7 } }],
    ]),
  ];
  for (const [name, junk] of NONE)
    it(`is not decoded when there is ${name}`, () => {
      expect(decodeJob(junk)).to.equal(undefined);
    });

  const UNUSABLE: [object, RegExp][] = [
    [{ clusterID: undefined }, /spec.clusterID is missing/],
    [{ clusterID: 7 }, /spec.clusterID is missing/],
    [{ jobID: '' }, /spec.jobID is missing/],
    [{ interval: 'often' }, /spec.interval is not a duration/],
    [{ interval: 30 }, /spec.interval is not a duration/],
    [{ interval: '0' }, /spec.interval is not a duration/],
    [{ interval: '0s' }, /spec.interval is not a duration/],
    [{ credentialsRef: {} }, /spec.credentialsRef.name is missing/],
    [{ credentialsRef: 'account' }, /spec.credentialsRef.name is missing/],
    [{ credentialsRef: null }, /spec.credentialsRef.name is missing/],
    [{ suspend: 'true' }, /spec.suspend is neither/],
  ];
  for (const [spec, message] of UNUSABLE)
    it(`reports what is wrong with ${JSON.stringify(spec)}`, () => {
      expect(withSpec(spec)?.invalid)
        .to.match(message)
        .and.match(/apply the current CRD and correct the object$/);
    });

  it('reads an interval of 64 characters, and keeps no longer one', () => {
    const [longest, tooLong] = [62, 63].map((zeros) => `${'0'.repeat(zeros)}5s`);
    expect(withSpec({ interval: longest })).to.have.nested.property('spec.interval', longest);
    expect(withSpec({ interval: longest })).not.to.have.property('invalid');
    expect(withSpec({ interval: tooLong })?.spec).not.to.have.property('interval');
    expect(withSpec({ interval: tooLong })?.invalid).to.match(/^spec.interval .* at most 64 characters/);
  });

  it('has an expected state only when it is a known one', () => {
    expect(withSpec({ expectedState: 'Dancing' })?.spec).not.to.have.property('expectedState');
  });

  it('is suspended only by `suspend: true`', () => {
    expect(withSpec({ suspend: false })?.spec).not.to.have.property('suspend');
    expect(withSpec({ suspend: false })).not.to.have.property('invalid');
  });

  it('takes a refresh token without the characters that a terminal would obey', () => {
    const annotations = { 'edgetranscode.live/requested-at': TERMINAL_TEXT };
    expect(decodeJob({ metadata: { ...METADATA, annotations } })?.requestedAt).to.equal(PRINTED_TEXT);
  });

  it('leaves out stored details of a job that are not texts', () => {
    const status = { state: 'Running', job: { name: 'n', streamInput: 7 } };
    expect(decodeJob({ metadata: METADATA, status })?.status).to.deep.equal({ state: 'Running' });
  });

  it('has a refresh token of at most 256 characters, because it is copied into the status', () => {
    const annotations = { 'edgetranscode.live/requested-at': 'x'.repeat(250_000) };
    expect(decodeJob({ metadata: { ...METADATA, annotations } })?.requestedAt).to.equal('x'.repeat(256));
  });

  it('has a refresh token that the API server stores unchanged, even when it was cut within a character', () => {
    const annotations = { 'edgetranscode.live/requested-at': `${'x'.repeat(255)}😀` };
    expect(decodeJob({ metadata: { ...METADATA, annotations } })?.requestedAt).to.equal(
      `${'x'.repeat(255)}\ufffd`,
    );
  });

  it('belongs to the shard of its label, and to none without the label', () => {
    const labels = { 'edgetranscode.live/shard': 'sports', other: 'x' };
    expect(decodeJob({ metadata: { ...METADATA, labels } })?.shard).to.equal('sports');
    for (const other of [undefined, null, 'x', { shard: 'sports' }, { 'edgetranscode.live/shard': 1 }])
      expect(decodeJob({ metadata: { ...METADATA, labels: other } })).not.to.have.property('shard');
  });

  it('has no refresh token when the annotation is empty or missing', () => {
    for (const annotations of [{ 'edgetranscode.live/requested-at': '' }, null, 'x'])
      expect(decodeJob({ metadata: { ...METADATA, annotations }, spec: SPEC })).not.to.have.property(
        'requestedAt',
      );
  });

  it('always has a generation', () => {
    expect(decodeJob({ metadata: { ...METADATA, generation: 'x' }, spec: SPEC })).to.include({
      generation: 0,
    });
  });

  it('has only usable parts of a status', () => {
    for (const junk of [null, 'x', [], 7]) expect(withStatus(junk)).to.deep.equal({});
    const odd = {
      job: 'x',
      observedTarget: 7,
      lastObservedTime: null,
      lastHandledRequestedAt: {},
      conditions: 'x',
    };
    expect(withStatus(odd)).to.deep.equal({});
  });

  it('has no text of a status that is longer than the operator writes, and no crowd of conditions', () => {
    const LONG = 'x'.repeat(4_097);
    const sound = {
      type: 'Ready',
      status: 'True',
      reason: 'Observed',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    expect(withStatus({ job: { name: LONG }, observedGeneration: 1 })).to.deep.equal({
      observedGeneration: 1,
    });
    for (const field of ['state', 'effectiveInterval', 'observedTarget', 'lastObservedTime'])
      expect(withStatus({ [field]: LONG }), field).to.deep.equal({});
    expect(withStatus({ lastHandledRequestedAt: LONG })).to.deep.equal({});
    for (const field of Object.keys(sound))
      expect(withStatus({ conditions: [sound, { ...sound, [field]: LONG }] }), field).to.deep.equal({
        conditions: [sound],
      });
    expect(withStatus({ conditions: Array(1_000).fill(sound) })?.conditions).to.have.lengthOf(16);
    const longest = { job: { streamInput: LONG.slice(1) } };
    expect(withStatus(longest)).to.deep.equal(longest);
  });

  it('drops conditions that would make the schema refuse the next status', () => {
    const good = {
      type: 'Ready',
      status: 'True',
      reason: 'R',
      message: 'm',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    const { lastTransitionTime: _date, ...undated } = good;
    const conditions = [null, 7, 'x', {}, undated, { ...good, message: 7 }, { ...good, reason: '' }, good];
    expect(withStatus({ conditions })?.conditions).to.deep.equal([good]);
  });

  it('drops times that the schema would refuse in the next status', () => {
    const times = ['yesterday', '2026-02-31T00:00:00Z', '2026-01-01T24:00:00Z', '+010000-01-01T00:00:00Z'];
    const condition = { type: 'Ready', status: 'True', reason: 'R', message: '' };
    for (const time of times) {
      const conditions = [{ ...condition, lastTransitionTime: time }];
      expect(withStatus({ conditions, lastObservedTime: time }), time).to.deep.equal({ conditions: [] });
    }
    const time = '2024-02-29T23:59:59.5+08:00';
    const sound = { conditions: [{ ...condition, lastTransitionTime: time }], lastObservedTime: time };
    expect(withStatus(sound)).to.deep.equal(sound);
  });

  it('keeps no depth that code would walk through without end', () => {
    const deep: unknown = JSON.parse('['.repeat(7_000) + ']'.repeat(7_000));
    const condition = { type: 'Ready', status: 'True', reason: 'R', message: '' };
    const conditions = [{ ...condition, lastTransitionTime: '2026-01-01T00:00:00Z', deep }];
    const status = withStatus({ deep, conditions, ofAnotherVersion: 'text' });
    expect(status).to.deep.equal({ conditions: [], ofAnotherVersion: 'text' });
  });
});

/** The text of an object of half a megabyte. No two share a text of these fields. */
function largeObject(number: number): string {
  const names = Array.from({ length: 2_000 }, (_, index) => `name-${number}-${index}-${'x'.repeat(40)}`);
  const texts = Object.fromEntries(names.map((name) => [name, name]));
  const fields = Object.fromEntries(names.map((name) => [`f:${name}`, {}]));
  return JSON.stringify({
    metadata: {
      namespace: 'media',
      name: `job-${number}`,
      uid: `uid-${number}`,
      resourceVersion: `${number}`,
      labels: { ...texts, [SHARD_LABEL]: 'sports' },
      annotations: { ...texts, [REQUESTED_AT_ANNOTATION]: 'now-and-again' },
      ownerReferences: [{ name: 'x'.repeat(50_000) }],
      managedFields: [{ fieldsV1: { 'f:metadata': { 'f:labels': fields } } }],
    },
    spec: { clusterID: 'c', jobID: 'j' },
  });
}
