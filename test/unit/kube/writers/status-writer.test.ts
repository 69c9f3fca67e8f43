// Each status is written once, never over a changed object, and retried until it is written or obsolete.

import { expect } from 'chai';
import {
  type EdgeTranscodeJob,
  type EdgeTranscodeJobStatus,
  SHARD_LABEL,
} from '../../../../src/api/edge-transcode-job.ts';
import { nameOf } from '../../../../src/base/object-key.ts';
import type { DecidedStatus } from '../../../../src/job/model/kube-port.ts';
import type { PatchOperation } from '../../../../src/kube/client/kube-client.ts';
import { Store } from '../../../../src/kube/informer/store.ts';
import { StatusWriter } from '../../../../src/kube/writers/status-writer.ts';
import { FakeClock, settled } from '../../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';
import { refused } from '../../kit/fakes/refused.ts';
import { aJob } from '../../kit/samples/a-job.ts';

type Status = EdgeTranscodeJobStatus;

const RUNNING: Status = { observedGeneration: 1, state: 'Running' };
const STOPPED: Status = { observedGeneration: 1, state: 'NotStarted' };
const BEFORE: Status = { observedGeneration: -1 };

function raw(name: string, version: number, { status = BEFORE, uid = `uid-media-${name}` } = {}): object {
  return { metadata: { ...metadataOf(name, version), uid }, spec: { clusterID: 'c', jobID: 'j' }, status };
}

function metadataOf(name: string, version: number, labels: Record<string, string> = {}): object {
  const uid = `uid-media-${name}`;
  return { namespace: 'media', name, uid, resourceVersion: String(version), generation: 1, labels };
}

function refusal(code: number, retryAfter?: string): Error {
  return refused(code, { kind: 'Status', message: 'CANARY', reason: 'Refused' }, retryAfter);
}

function policyRefusal(code: number): Error {
  const message =
    "x is forbidden: ValidatingAdmissionPolicy 'frozen' with binding 'b' denied request: CANARY";
  return refused(code, { kind: 'Status', reason: 'Forbidden', message });
}

/** An API server whose answers the test gives, one by one. */
class ScriptedClient {
  readonly patches: {
    key: string;
    body: readonly PatchOperation[];
    answer: PromiseWithResolvers<unknown>;
  }[] = [];
  readonly gets: string[] = [];
  /** Answer to `get`. */
  object: unknown;

  /** Size of the object in each answer. */
  bytes = 1_000;

  async patchStatus(key: string, body: readonly PatchOperation[]): Promise<{ data: unknown; bytes: number }> {
    const answer = Promise.withResolvers<unknown>();
    this.patches.push({ key, body, answer });
    return { data: await answer.promise, bytes: this.bytes };
  }

  async get(key: string): Promise<unknown> {
    this.gets.push(key);
    if (this.object instanceof Error) throw this.object;
    return this.object;
  }

  get last() {
    const patch = this.patches.at(-1);
    if (!patch) throw new Error('nothing was sent');
    return patch;
  }

  async accept(answer: unknown): Promise<void> {
    this.last.answer.resolve(answer);
    await settled();
  }

  async refuse(error: Error): Promise<void> {
    this.last.answer.reject(error);
    await settled();
  }
}

describe('the status writer', () => {
  let clock: FakeClock;
  let client: ScriptedClient;
  let store: Store;
  let logger: RecordingLogger;
  let writer: StatusWriter;
  let results: string[];
  /** The result that each `write` received, by name. */
  let reported: string[];
  /** Whether each written status was stored as a whole. */
  let keptWhole: boolean[];
  let mayWrite: boolean;
  let stop: AbortController;
  let running: Promise<void>;

  beforeEach(() => {
    clock = new FakeClock();
    client = new ScriptedClient();
    store = new Store([undefined]);
    logger = new RecordingLogger();
    results = [];
    reported = [];
    keptWhole = [];
    stop = new AbortController();
    mayWrite = true;
    writer = new StatusWriter({
      client,
      store,
      clock,
      logger,
      onWrite: (result) => results.push(result),
      mayWrite: () => mayWrite,
    });
    running = writer.run(stop.signal);
  });
  afterEach(async () => {
    stop.abort();
    for (const { answer } of client.patches) answer.resolve(undefined);
    await running;
  });

  function known(name = 'a', version = 5, namespace = 'media'): EdgeTranscodeJob {
    const job = { ...aJob().named(name, namespace).version(version).build(), status: BEFORE };
    store.apply(job);
    return job;
  }

  async function write(job: EdgeTranscodeJob, status: Status, name = nameOf(job.key)): Promise<void> {
    const onResult: DecidedStatus['onResult'] = (written) => {
      reported.push(`${name} ${written ? `replaced ${written.replaced.state ?? 'nothing'}` : 'not written'}`);
      if (written) keptWhole.push(written.isWhole);
    };
    writer.write(job, { status, onResult });
    await settled();
  }

  /** Has a small object of each namespace written: their sizes are known then. */
  async function acquaint(...namespaces: readonly string[]): Promise<void> {
    for (const namespace of namespaces) {
      await write(known('first', 5, namespace), RUNNING);
      await client.accept(undefined);
    }
    client.patches.length = 0;
  }

  it('sends one patch with the whole status, for this object in this version', async () => {
    await write(known(), RUNNING);
    expect(client.last.key).to.equal('media/a');
    expect(client.last.body).to.deep.equal([
      { op: 'test', path: '/metadata/uid', value: 'uid-media-a' },
      { op: 'test', path: '/metadata/resourceVersion', value: '5' },
      { op: 'add', path: '/status', value: RUNNING },
    ]);
  });

  it('writes the statuses of namespaces in turn, however many one has', async () => {
    await acquaint('media', 'news');
    for (let index = 0; index < 100; index += 1) await write(known(`job-${index}`), RUNNING);
    for (let index = 0; index < 3; index += 1) await write(known(`job-${index}`, 5, 'news'), RUNNING);
    await write(known('a', 5, 'sport'), RUNNING);
    expect(client.patches).to.have.length(18);
    for (const { answer } of client.patches.slice(0, 4)) {
      answer.resolve(undefined);
      await settled();
    }
    const next = client.patches.slice(18).map(({ key }) => key);
    expect(next).to.deep.equal(['media/job-16', 'news/job-2', 'sport/a', 'media/job-17']);
  });

  it('begins a write of another namespace while those of the first hang', async () => {
    await acquaint('media');
    for (let index = 0; index < 100; index += 1) await write(known(`job-${index}`), RUNNING);
    await write(known('a', 5, 'news'), RUNNING);
    await write(known('a', 5, 'sport'), RUNNING);
    expect(client.patches.slice(16).map(({ key }) => key)).to.deep.equal(['news/a', 'sport/a']);
  });

  it('writes no further large object before all objects of its namespace are listed', async () => {
    client.bytes = 1_100_000;
    await write(known('a'), RUNNING);
    await client.accept(undefined);
    await write(known('b'), RUNNING);
    await clock.advance(5_000);
    expect(client.patches.map(({ key }) => key)).to.deep.equal(['media/a']);
    store.take({ kind: 'listed' });
    await clock.advance(1_000);
    expect(client.last.key).to.equal('media/b');
  });

  it('writes large objects one after another, and small ones beside them', async () => {
    store.take({ kind: 'listed' });
    client.bytes = 1_100_000;
    for (let index = 0; index < 40; index += 1) await write(known(`job-${index}`), RUNNING);
    await client.accept(undefined);
    await client.accept(undefined);
    expect(client.patches.map(({ key }) => key)).to.deep.equal(['media/job-0', 'media/job-1', 'media/job-2']);
    await write(known('a', 5, 'news'), RUNNING);
    expect(client.last.key).to.equal('news/a');
    client.patches[2]?.answer.resolve(undefined);
    await settled();
    expect(client.patches.slice(4).map(({ key }) => key)).to.deep.equal(['media/job-3']);
  });

  it('makes one write at a time for a namespace whose writes have no answer', async () => {
    await acquaint('media');
    for (let index = 0; index < 40; index += 1) await write(known(`job-${index}`), RUNNING);
    const first = client.patches.slice();
    expect(first).to.have.length(16);
    for (const { answer } of first) answer.reject(new Error('no answer'));
    await settled();
    expect(client.patches.slice(16).map(({ key }) => key)).to.deep.equal(['media/job-16']);
    await client.accept(undefined);
    expect(client.patches).to.have.length(16 + 1 + 16);
  });

  it('writes on as before for a namespace whose writes are refused', async () => {
    await acquaint('media');
    for (let index = 0; index < 40; index += 1) await write(known(`job-${index}`), RUNNING);
    const first = client.patches.slice();
    for (const { answer } of first) answer.reject(refused(422));
    await settled();
    expect(client.patches).to.have.length(2 * first.length);
  });

  it('reports what the CRD kept of a status, for which events are made', async () => {
    let stored: object | undefined;
    const onResult: DecidedStatus['onResult'] = (written) => {
      stored = written?.status;
    };
    writer.write(known(), { status: RUNNING, onResult });
    await settled();
    await client.accept(raw('a', 6, { status: { state: 'Running' } as Status }));
    expect(stored).to.deep.equal({ state: 'Running' });
  });

  it('warns once that the CRD drops fields, until it keeps them', async () => {
    const { observedGeneration: _dropped, ...kept } = { ...RUNNING, observedGeneration: 1 };
    const desired = { ...kept, observedGeneration: 1 };
    for (const [index, status] of [kept, kept, desired, kept].entries()) {
      const version = 10 * (index + 1);
      await write(known('a', version), desired);
      await client.accept(raw('a', version + 1, { status }));
    }
    expect(results).to.deep.equal(['pruned', 'pruned', 'written', 'pruned']);
    expect(keptWhole).to.deep.equal([false, false, true, false]);
    const warnings = logger.lines.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ fields }) => fields.hint)).to.deep.equal(Array(2).fill('kubectl apply -f crds/'));
  });

  it('reports the replaced status, and stores the object of the answer', async () => {
    await write(known(), RUNNING);
    expect(writer.pending).to.equal(1);
    await client.accept(raw('a', 6, { status: RUNNING }));
    expect(reported).to.deep.equal(['a replaced nothing']);
    expect(results).to.deep.equal(['written']);
    expect(writer.pending).to.equal(0);
    expect(store.get('media/a')).to.deep.include({ resourceVersion: '6', status: RUNNING });
  });

  it('writes nothing when it may not, and does not retry earlier refusals', async () => {
    await write(known('b'), RUNNING);
    mayWrite = false;
    await write(known('a'), RUNNING);
    await client.refuse(refused(500));
    await clock.advance(60_000);
    expect(client.patches.map(({ key }) => key)).to.deep.equal(['media/b']);
  });

  describe('with objects that change again and again', () => {
    /** Lets every patch succeed at once. */
    function answerAll(): string[] {
      const written: string[] = [];
      let version = 10;
      client.patchStatus = async (key, body) => {
        const status = (body[2] as { value: Status }).value;
        written.push(`${key} ${status.state}`);
        version += 1;
        return { data: raw(nameOf(key as EdgeTranscodeJob['key']), version, { status }), bytes: 1_000 };
      };
      return written;
    }

    /** Changes every status each 5 s. */
    async function flap(jobs: readonly EdgeTranscodeJob[], minutes: number): Promise<void> {
      for (let poll = 0; poll < 12 * minutes; poll += 1) {
        for (const job of jobs) await write(job, poll % 2 ? RUNNING : STOPPED);
        await clock.advance(5_000);
      }
    }

    it('writes each three times a minute, and a hundred at once and two a second more', async () => {
      const written = answerAll();
      const jobs = Array.from({ length: 60 }, (_, index) => known(`flap-${index}`));
      await flap(jobs, 5);
      // 3,600 are wanted.
      expect(written.length).to.be.within(5 * 180, 5 * 180 + 100 + 5 * 120 + 180);
      const before = written.length;
      await flap(jobs, 1);
      expect(written.length - before).to.be.within(180, 180 + 120 + 60);
    });

    it('writes the latest status a minute after the last write at the latest', async () => {
      const written = answerAll();
      const { key } = known('flap');
      const latest = () => store.get(key) as EdgeTranscodeJob;
      for (let change = 0; change < 300; change += 1) {
        await write(latest(), change % 2 ? RUNNING : STOPPED);
        await clock.advance(100);
      }
      expect(written.length).to.be.within(100, 170);
      expect(writer.pending).to.equal(1);
      await write(latest(), { ...RUNNING, state: 'NotFound' });
      await clock.advance(60_000);
      expect([written.at(-1), writer.pending]).to.deep.equal(['media/flap NotFound', 0]);
    });

    it('delays no first write, and no write of another namespace', async () => {
      const written = answerAll();
      const job = known('flap');
      for (let change = 0; change < 300; change += 1) await write(job, change % 2 ? RUNNING : STOPPED);
      const other = { ...aJob().named('b', 'news').version(5).build(), status: BEFORE };
      store.apply(other);
      for (const status of [RUNNING, STOPPED, RUNNING]) await write(other, status);
      await write(known('new'), RUNNING);
      expect(written.slice(-4)).to.deep.equal([
        'news/b Running',
        'news/b NotStarted',
        'news/b Running',
        'media/new Running',
      ]);
      expect(writer.pending).to.equal(1);
      const warnings = logger.lines.filter(({ level }) => level === 'warn');
      expect(warnings.map(({ fields }) => fields)).to.deep.equal([{ namespace: 'media' }]);
      expect(warnings[0]?.message).to.contain('each is written three times a minute');
    });
  });

  it('writes the next status for the version of the last answer', async () => {
    const job = known();
    await write(job, RUNNING);
    await client.accept(raw('a', 6, { status: RUNNING }));
    await write(job, STOPPED);
    expect(client.last.body[1]).to.include({ value: '6' });
    await client.accept(raw('a', 7, { status: STOPPED }));
    expect(reported).to.deep.equal(['a replaced nothing', 'a replaced Running']);
  });

  it('counts an answer that is not an object as written', async () => {
    await write(known(), RUNNING);
    await client.accept('CANARY');
    expect(reported).to.deep.equal(['a replaced nothing']);
    expect(store.get('media/a')?.resourceVersion).to.equal('5');
  });

  it('replaces a waiting status by a newer one, and reports the older as not written', async () => {
    const job = known();
    writer.write(job, {
      status: RUNNING,
      onResult: (written) => reported.push(`older ${written?.replaced.state}`),
    });
    await write(job, STOPPED, 'newer');
    expect(client.patches).to.have.length(1);
    expect(client.last.body[2]).to.deep.include({ value: STOPPED });
    expect(reported).to.deep.equal(['older undefined']);
  });

  it('sends a newer status after the one under way, and reports the result of each', async () => {
    const job = known();
    await write(job, RUNNING, 'older');
    await write(job, STOPPED, 'newer');
    expect(client.patches).to.have.length(1);
    await client.accept(raw('a', 6, { status: RUNNING }));
    expect(reported).to.deep.equal(['older replaced nothing']);
    expect(client.last.body.slice(1)).to.deep.equal([
      { op: 'test', path: '/metadata/resourceVersion', value: '6' },
      { op: 'add', path: '/status', value: STOPPED },
    ]);
    await client.accept(raw('a', 7, { status: STOPPED }));
    expect(reported).to.deep.equal(['older replaced nothing', 'newer replaced Running']);
    expect(writer.pending).to.equal(0);
  });

  it('has at most 16 writes of a namespace under way, and starts others as they end', async () => {
    await acquaint('media');
    for (let one = 0; one < 40; one += 1) await write(known(`j${one}`), RUNNING);
    expect(client.patches).to.have.length(16);
    client.patches[0]?.answer.resolve(raw('j0', 6));
    await settled();
    expect(client.patches).to.have.length(17);
    expect(writer.pending).to.equal(39);
  });

  describe('when the object has changed meanwhile', () => {
    it('reads it once and writes for its current version', async () => {
      await write(known(), RUNNING);
      client.object = raw('a', 9, { status: STOPPED });
      await client.refuse(refusal(422));
      await clock.advance(0);
      expect(client.gets).to.deep.equal(['media/a']);
      expect(client.last.body[1]).to.include({ value: '9' });
      await client.accept(raw('a', 10, { status: RUNNING }));
      expect(reported).to.deep.equal(['a replaced NotStarted']);
      expect(results).to.deep.equal(['conflict', 'written']);
    });

    it('writes nothing more when the last leader has written the same, observed a moment earlier', async () => {
      await write(known(), { ...RUNNING, lastObservedTime: '2026-01-01T00:00:01Z' });
      client.object = raw('a', 9, { status: { ...RUNNING, lastObservedTime: '2026-01-01T00:00:00Z' } });
      await client.refuse(refusal(422));
      await clock.advance(60_000);
      expect(client.patches).to.have.length(1);
      expect(reported).to.deep.equal(['a replaced Running']);
      expect(writer.pending).to.equal(0);
    });

    it('reports the time that is stored then, from which the next heartbeat counts', async () => {
      const times: unknown[] = [];
      writer.write(known(), {
        status: { ...RUNNING, lastObservedTime: '2026-01-01T00:20:00Z' },
        onResult: (written) => times.push(written?.status.lastObservedTime),
      });
      await settled();
      client.object = raw('a', 9, { status: { ...RUNNING, lastObservedTime: '2026-01-01T00:00:00Z' } });
      await client.refuse(refusal(422));
      await clock.advance(60_000);
      expect(times).to.deep.equal(['2026-01-01T00:00:00Z']);
    });

    it('writes nothing when the last leader turns out to have written the same', async () => {
      const writing = write(known(), RUNNING);
      store.apply({ ...aJob().named('a', 'media').version(6).build(), status: RUNNING });
      await writing;
      expect(client.patches).to.deep.equal([]);
      expect(reported).to.deep.equal(['a replaced Running']);
      expect(writer.pending).to.equal(0);
    });

    it('writes a heartbeat, whatever else has changed in the object', async () => {
      const job = { ...known(), status: RUNNING };
      store.apply(job);
      const writing = write(job, { ...RUNNING, lastObservedTime: '2026-01-01T00:10:00Z' });
      store.apply({ ...job, resourceVersion: '6' });
      await writing;
      expect(client.last.body[1]).to.include({ value: '6' });
    });

    it('writes for the older version that a read shows, as after a restore of etcd', async () => {
      await write(known('a', 500), RUNNING);
      client.object = raw('a', 301, { status: STOPPED });
      await client.refuse(refusal(422));
      await clock.advance(0);
      expect(client.last.body[1]).to.include({ value: '301' });
      await client.accept(raw('a', 302, { status: RUNNING }));
      expect(reported).to.deep.equal(['a replaced NotStarted']);
      expect(store.get('media/a')?.resourceVersion).to.equal('302');
      expect(writer.pending).to.equal(0);
    });

    it('pauses longer after each conflict in a row, up to 30 s', async () => {
      client.patchStatus = async () => {
        patches += 1;
        throw refusal(422);
      };
      let version = 10;
      let patches = 0;
      client.get = async () => {
        version += 1;
        return raw('a', version);
      };
      await write(known(), RUNNING);
      await clock.advance(10 * 60_000);
      expect(patches).to.be.within(20, 50);
      await write(store.get('media/a') as EdgeTranscodeJob, STOPPED);
      await clock.advance(1_000);
      expect(patches, 'a newer status starts no new row').to.be.below(53);
    });

    it('writes nothing more when the object is being deleted', async () => {
      await write(known(), RUNNING);
      const metadata = { ...metadataOf('a', 9), deletionTimestamp: '2026-01-01T00:00:00Z' };
      client.object = { ...raw('a', 9), metadata };
      await client.refuse(refusal(422));
      await clock.advance(60_000);
      expect(client.patches).to.have.length(1);
      expect([writer.pending, store.size]).to.deep.equal([0, 0]);
    });

    it('writes nothing more when the object now belongs to another shard', async () => {
      await write(known(), RUNNING);
      client.object = { ...raw('a', 9), metadata: metadataOf('a', 9, { [SHARD_LABEL]: 'sports' }) };
      await client.refuse(refusal(422));
      await clock.advance(60_000);
      expect(client.patches).to.have.length(1);
      expect(reported).to.deep.equal(['a not written']);
      expect(results).to.deep.equal(['conflict', 'gone']);
      expect(store.size).to.equal(0);
      expect(writer.pending).to.equal(0);
    });

    it('writes the newer status, if there is one', async () => {
      const job = known();
      await write(job, RUNNING, 'older');
      await write(job, STOPPED, 'newer');
      client.object = raw('a', 9);
      await client.refuse(refusal(409));
      await clock.advance(0);
      expect(reported).to.deep.equal(['older not written']);
      expect(client.last.body.slice(1).map(({ value }) => value)).to.deep.equal(['9', STOPPED]);
    });

    it('retries later when the read fails', async () => {
      await write(known(), RUNNING);
      client.object = refusal(500);
      await client.refuse(refusal(422));
      expect(client.patches).to.have.length(1);
      await clock.advance(500);
      expect(client.patches).to.have.length(2);
      expect(reported).to.deep.equal([]);
    });
  });

  describe('when the object is gone', () => {
    async function forgets(): Promise<void> {
      await clock.advance(60_000);
      expect(reported).to.deep.equal(['a not written']);
      expect(results).to.deep.equal(['gone']);
      expect(writer.pending).to.equal(0);
      expect(client.patches.length).to.be.at.most(1);
    }

    it('forgets it before anything was sent', async () => {
      const job = known();
      store.remove('media/a');
      await write(job, RUNNING);
      await forgets();
    });

    it('does not write to an object recreated before anything was sent', async () => {
      const job = known();
      store.apply(aJob().named('a').uid('uid-new').version(9).build());
      await write(job, RUNNING);
      expect(client.patches).to.deep.equal([]);
      await forgets();
    });

    it('forgets it when the answer to the patch says so', async () => {
      await write(known(), RUNNING);
      await client.refuse(refusal(404));
      await forgets();
    });

    it('forgets it when the read after a refusal says so', async () => {
      await write(known(), RUNNING);
      client.object = refusal(404);
      await client.refuse(refusal(422));
      await forgets();
    });

    it('does not write to a recreated object that the read after a refusal shows', async () => {
      await write(known(), RUNNING);
      client.object = raw('a', 9, { uid: 'uid-new' });
      await client.refuse(refusal(422));
      await forgets();
    });
  });

  describe('when the schema refuses the status', () => {
    async function rejected(job: EdgeTranscodeJob): Promise<void> {
      await write(job, RUNNING);
      client.object = raw('a', 5);
      await client.refuse(refusal(422));
    }

    it('logs an error, keeps the status and tries it again seldom', async () => {
      await rejected(known());
      await clock.advance(14_000);
      expect(client.patches).to.have.length(1);
      expect(results).to.deep.equal(['rejected']);
      expect(logger.lines).to.have.length(1);
      expect(logger.lines[0]).to.deep.include({ level: 'error', fields: { namespace: 'media', name: 'a' } });
      expect(logger.lines[0]?.message).to.contain('is the CRD older than the operator?');
      await clock.advance(16_000);
      expect(client.patches).to.have.length(2);
    });

    it('writes it within 10 min once the CRD is a newer one', async () => {
      await rejected(known());
      for (let times = 0; times < 9; times += 1) {
        const sent = client.patches.length;
        while (client.patches.length === sent) await clock.advance(1_000);
        await client.refuse(refusal(422));
      }
      const sent = client.patches.length;
      await clock.advance(10 * 60_000);
      expect(client.patches).to.have.length(sent + 1);
      expect(reported).to.deep.equal([]);
      await client.accept(raw('a', 6, { status: RUNNING }));
      expect(reported).to.deep.equal(['a replaced nothing']);
    });

    it('logs the error once, until a status is written', async () => {
      const job = known();
      await rejected(job);
      await rejected(job);
      expect(logger.lines.filter(({ level }) => level === 'error')).to.have.length(1);
      await write(job, STOPPED);
      await client.accept(raw('a', 5));
      await rejected(job);
      expect(logger.lines.filter(({ level }) => level === 'error')).to.have.length(2);
    });

    it('logs the error of an object that was created again', async () => {
      await rejected(known());
      store.remove('media/a');
      await clock.advance(60_000);
      expect(results).to.deep.equal(['rejected', 'gone']);
      await rejected(known());
      expect(logger.lines.filter(({ level }) => level === 'error')).to.have.length(2);
    });

    it('does not treat an internal conflict of the API server as a refusal by the schema', async () => {
      await write(known(), RUNNING);
      client.object = raw('a', 5);
      await client.refuse(refusal(409));
      await clock.advance(500);
      expect(client.patches).to.have.length(2);
      expect(results).to.deep.equal(['failed']);
    });
  });

  describe('when a write fails', () => {
    it('retries at growing intervals of at most 30 s, and warns once', async () => {
      await write(known(), RUNNING);
      const waits: number[] = [];
      for (let times = 0; times < 9; times += 1) {
        const sent = client.patches.length;
        await client.refuse(refusal(500));
        const began = clock.now();
        while (client.patches.length === sent) await clock.advance(50);
        waits.push(clock.now() - began);
      }
      expect(waits[0]).to.be.within(250, 550);
      expect(waits[2]).to.be.within(1_000, 2_050);
      expect(Math.max(...waits)).to.be.within(15_000, 30_050);
      expect(logger.lines.map(({ level }) => level).filter((level) => level !== 'debug')).to.deep.equal([
        'warn',
      ]);
      expect(JSON.stringify(logger.lines)).not.to.contain('CANARY');
      expect(reported).to.deep.equal([]);
      await client.accept(raw('a', 6));
      expect(reported).to.deep.equal(['a replaced nothing']);
    });

    for (const [what, failure] of [
      ['without an answer', new Error('ECONNRESET')],
      ['with a timeout', refusal(504)],
    ] as const)
      it(`sends a status once that was stored ${what}, and reports what it replaced`, async () => {
        await write(known(), RUNNING);
        await client.refuse(failure);
        store.apply({ ...aJob().named('a', 'media').version(6).build(), status: RUNNING });
        await clock.advance(60_000);
        expect(client.patches).to.have.length(1);
        expect(reported).to.deep.equal(['a replaced nothing']);
        expect(writer.pending).to.equal(0);
      });

    it('reports what the first attempt replaced, where a CRD that drops fields hides that it was stored', async () => {
      await write(known(), { ...RUNNING, observedTarget: '01234567' });
      await client.refuse(refusal(504));
      store.apply({ ...aJob().named('a', 'media').version(6).build(), status: RUNNING });
      await clock.advance(1_000);
      await client.accept(raw('a', 7, { status: RUNNING }));
      expect(reported).to.deep.equal(['a replaced nothing']);
    });

    describe('that is a heartbeat', () => {
      const heartbeat = { ...RUNNING, lastObservedTime: '2026-01-01T00:10:00Z' };

      beforeEach(async () => {
        const job = { ...aJob().named('a', 'media').version(6).build(), status: RUNNING };
        store.apply(job);
        await write(job, heartbeat);
        await client.refuse(refusal(504));
      });

      it('sends it again, although the stored status says the same', async () => {
        await clock.advance(1_000);
        expect(client.patches).to.have.length(2);
      });

      it('sends it once that was stored with a timeout', async () => {
        store.apply({ ...aJob().named('a', 'media').version(7).build(), status: heartbeat });
        await clock.advance(60_000);
        expect(client.patches).to.have.length(1);
        expect([reported, writer.pending]).to.deep.equal([['a replaced Running'], 0]);
      });
    });

    it('logs what to do when the permission is missing', async () => {
      await write(known(), RUNNING);
      const message = 'x is forbidden: User "u" cannot patch resource "edgetranscodejobs/status"';
      await client.refuse(refused(403, { reason: 'Forbidden', message }));
      expect(logger.lines[0]?.fields.hint).to.contain('kubectl apply -f deploy/');
    });

    it('names no single cause for a 403 without a known one', async () => {
      await write(known(), RUNNING);
      await client.refuse(refusal(403));
      expect(logger.lines[0]?.fields.hint).to.equal(
        'the API server forbids it: look for a missing Role, an admission policy or a webhook',
      );
    });

    for (const code of [403, 422, 400])
      it(`logs that an admission policy refuses the status, and its name, for ${code}`, async () => {
        await write(known(), RUNNING);
        await client.refuse(policyRefusal(code));
        expect(client.gets, 'reads').to.deep.equal([]);
        expect(results).to.deep.equal(['rejected']);
        expect(logger.lines.map(({ level, message }) => [level, message])).to.deep.equal([
          ['error', 'an admission policy or webhook of the cluster refuses the status'],
        ]);
        const { fields } = logger.lines[0] ?? {};
        expect(fields).to.include({ name: 'a', refusedBy: 'ValidatingAdmissionPolicy frozen' });
        expect(JSON.stringify(logger.lines)).not.to.match(/CRD|Role|crds|deploy|CANARY/);
      });

    it('retries a status that a policy refuses seldom, and writes it once the policy is gone', async () => {
      await write(known(), RUNNING);
      for (const errors of Array(3).fill(policyRefusal(422))) {
        const sent = client.patches.length;
        await client.refuse(errors);
        await clock.advance(14_000);
        expect(client.patches).to.have.length(sent);
        while (client.patches.length === sent) await clock.advance(1_000);
      }
      await client.accept(raw('a', 6, { status: RUNNING }));
      expect(reported).to.deep.equal(['a replaced nothing']);
      expect(logger.lines.filter(({ level }) => level === 'error')).to.have.length(1);
    });

    it('retries a status that a policy refuses after 10 min at most, and logs it as often', async () => {
      await write(known(), RUNNING);
      const waits: number[] = [];
      for (let times = 0; times < 9; times += 1) {
        const sent = client.patches.length;
        await client.refuse(policyRefusal(422));
        const began = clock.now();
        while (client.patches.length === sent) await clock.advance(1_000);
        waits.push(clock.now() - began);
      }
      expect(Math.max(...waits)).to.be.within(5 * 60_000, 10 * 60_000 + 1_000);
      const errors = logger.lines.filter(({ level }) => level === 'error').length;
      const minutes = waits.reduce((sum, wait) => sum + wait, 0) / 60_000;
      expect(errors).to.be.within(2, 1 + Math.ceil(minutes / 10));
    });

    it('writes other objects while a policy refuses one', async () => {
      await write(known('a'), RUNNING);
      await client.refuse(policyRefusal(403));
      await write(known('b'), RUNNING);
      expect(client.last.key).to.equal('media/b');
    });

    it('waits as long as the API server requests, also with a newer status', async () => {
      const job = known();
      await write(job, RUNNING, 'older');
      await client.refuse(refusal(429, '7'));
      await clock.advance(3_000);
      await write(job, STOPPED, 'newer');
      await clock.advance(3_900);
      expect(client.patches).to.have.length(1);
      expect(reported).to.deep.equal(['older not written']);
      await clock.advance(100);
      expect(client.patches).to.have.length(2);
      expect(client.last.body[2]).to.deep.include({ value: STOPPED });
    });

    it('waits as long as the API server requests, also with a status that came during the call', async () => {
      const job = known();
      await write(job, RUNNING, 'older');
      await write(job, STOPPED, 'newer');
      await client.refuse(refusal(429, '7'));
      await clock.advance(6_900);
      expect(client.patches).to.have.length(1);
      await clock.advance(100);
      expect(client.patches).to.have.length(2);
    });

    it('writes a newer status immediately when the API server requested no delay', async () => {
      const job = known();
      await write(job, RUNNING, 'older');
      await client.refuse(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }));
      await write(job, STOPPED, 'newer');
      expect(client.patches).to.have.length(2);
      expect(reported).to.deep.equal(['older not written']);
    });
  });

  it('ends when it is aborted and the writes under way have ended', async () => {
    await write(known('a'), RUNNING);
    stop.abort();
    let ended = false;
    void running.then(() => {
      ended = true;
    });
    await settled();
    expect(ended).to.equal(false);
    await client.accept(raw('a', 6));
    expect(ended).to.equal(true);
    expect(reported).to.deep.equal(['a replaced nothing']);
  });
});
