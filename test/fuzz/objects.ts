/**
 * Objects of users, with statuses that another client or version stored: through decoding, visits, restarts
 * and answers to the written status, the events and the metrics.
 */
import fc from 'fast-check';
import type { EdgeTranscodeJob, EdgeTranscodeJobStatus } from '../../src/api/edge-transcode-job.ts';
import { FAILURE_KINDS } from '../../src/job/model/failures.ts';
import type { JobEvent } from '../../src/job/model/kube-port.ts';
import { STREAM_URL_MODES, type StreamUrlMode } from '../../src/job/model/stream-url.ts';
import { decodeJob } from '../../src/kube/informer/decode.ts';
import { Store } from '../../src/kube/informer/store.ts';
import { KubeEvents } from '../../src/kube/writers/events.ts';
import { ObjectSeries } from '../../src/telemetry/object-series.ts';
import { renderSamples } from '../../src/telemetry/sampled-gauge.ts';
import { SETTINGS } from '../unit/kit/an-operator.ts';
import { startDomain } from '../unit/kit/domain.ts';
import { FakeClock, settled } from '../unit/kit/fakes/fake-clock.ts';
import { FakeCluster } from '../unit/kit/fakes/fake-cluster.ts';
import { RecordingLogger } from '../unit/kit/fakes/recording-logger.ts';
import { ScriptedCloud } from '../unit/kit/fakes/scripted-cloud.ts';
import { JobBuilder } from '../unit/kit/samples/a-job.ts';
import { details, fails, observed, type Reply } from '../unit/kit/samples/answers.ts';
import type { Border } from './kit/border.ts';
import { CANARY, expectNoSecret } from './kit/canary.ts';
import { rawObject } from './kit/raw-objects.ts';
import { expectAccepted } from './kit/schema.ts';
import { mostly } from './kit/texts.ts';

export interface ObjectInput {
  readonly raw: unknown;
  readonly steps: readonly (readonly [passMs: number, reply: Said])[];
  readonly streamUrls: StreamUrlMode;
}

/** An answer as data, so that a finding shows it. */
type Said =
  | { readonly fails: (typeof FAILURE_KINDS)[number] }
  | { readonly status: string; readonly name: string };

const said: fc.Arbitrary<Said> = fc.oneof(
  fc.constantFrom(...FAILURE_KINDS).map((kind) => ({ fails: kind })),
  fc.record({ status: mostly('0', '1'), name: mostly('stream1') }),
);

export const objects: Border<ObjectInput> = {
  name: 'objects',
  inputs: fc.record({
    raw: rawObject,
    steps: fc.array(fc.tuple(fc.constantFrom(0, 1_000, 30_000, 90_000), said), {
      minLength: 1,
      maxLength: 3,
    }),
    // What `full` shows, it shows on purpose.
    streamUrls: fc.constantFrom(...STREAM_URL_MODES.filter((mode) => mode !== 'full')),
  }),
  open: () => ({ take: async (input) => void (await writtenFor(input)) }),
};

/** Visits the object, and returns the statuses that were written. @throws what is wrong with any of them */
export async function writtenFor({
  raw,
  steps,
  streamUrls,
}: ObjectInput): Promise<readonly EdgeTranscodeJobStatus[]> {
  const job = stored(raw);
  if (!job) return [];
  await expectHarmlessMetrics(job);
  const clock = new FakeClock();
  const cluster = new CheckedCluster(clock);
  const logger = new RecordingLogger();
  const cloud = new ScriptedCloud(clock);
  const key = cluster.apply(new JobBuilder(job));
  const parts = { clock, cluster, cloud, logger, onPollLag: () => undefined };
  const settingsOf = () => ({ ...SETTINGS, streamUrls });
  cloud.always(replyOf((steps[0] as ObjectInput['steps'][number])[1]));
  let domain = startDomain({ ...parts, settingsOf });
  await settled();
  for (const [passMs, reply] of steps) {
    cloud.always(replyOf(reply));
    await clock.advance(passMs);
  }
  domain.stop.abort();
  await domain.ended;
  // A restart reads what was written, and says the same.
  domain = startDomain({ ...parts, settingsOf });
  await clock.advance(1_000);
  domain.stop.abort();
  domain.publisher.stop();
  await domain.ended;
  await expectHarmlessMetrics(cluster.get(key) as EdgeTranscodeJob);
  cluster.expectSound();
  const errors = logger.lines.filter(({ level }) => level === 'error');
  if (errors.length > 0) throw errors[0]?.fields.error ?? new Error(errors[0]?.message);
  expectNoSecret('the log', JSON.stringify(logger.lines));
  return cluster.takeWrites();
}

/** Returns the object as the store holds it. */
function stored(raw: unknown): EdgeTranscodeJob | undefined {
  // As the API server sends it. Decoding keeps parts of what it decodes, and the store changes them.
  const job = decodeJob(JSON.parse(JSON.stringify(raw)));
  if (!job) return undefined;
  const store = new Store([undefined]);
  store.take({ kind: 'applied', job });
  return store.get(job.key);
}

function replyOf(reply: Said): Reply {
  if ('fails' in reply) return fails(reply.fails);
  const url = `rtmp://push.example.com/app?auth_key=${CANARY}`;
  return observed(details(reply.status, { name: reply.name, streamInput: url }));
}

/** Reads the series of the object, as a scrape does. */
async function expectHarmlessMetrics(job: EdgeTranscodeJob): Promise<void> {
  const series = new ObjectSeries({ jobs: () => [job], jobCount: () => 1, observedAt: () => undefined }, 10);
  for (const samples of [series.conditions(), series.transitions(), series.states()])
    for await (const text of renderSamples('a_metric', samples, { shard: 's' })) {
      expectNoSecret('a metric', text);
      for (const line of text.split('\n').slice(0, -1))
        if (!/^a_metric\{([a-z]+="([^"\\\n]|\\["\\])*",?)+\} -?[\d.]+(e[+-]?\d+)?$/.test(line))
          throw new Error(`no line of the text format: ${line}`);
    }
}

/** Holds each write to what the API server accepts and what may be shown. */
class CheckedCluster extends FakeCluster {
  readonly #problems: unknown[] = [];
  readonly #events: KubeEvents;

  constructor(clock: FakeClock) {
    super();
    const createEvent = async (_namespace: string, body: { note: string; reason: string }) => {
      this.#check(() => {
        expectNoSecret('an event', JSON.stringify(body));
        if (Buffer.byteLength(body.note) > 1_024 || !/^\w{1,128}$/.test(body.reason))
          throw new Error(`the API server refuses the event ${JSON.stringify(body)}`);
      });
    };
    const [logger, onDropped] = [new RecordingLogger(), () => undefined];
    this.#events = new KubeEvents({
      client: { createEvent: createEvent as never },
      clock,
      logger,
      onDropped,
      instance: 'pod',
      mayWrite: () => true,
    });
  }

  override write(...write: Parameters<FakeCluster['write']>): void {
    this.#check(() => expectHarmless(write[1].status));
    super.write(...write);
  }

  override record(object: EdgeTranscodeJob, event: JobEvent): void {
    this.#events.record(object, event);
  }

  expectSound(): void {
    if (this.#problems.length > 0) throw this.#problems[0];
  }

  /** The operator would catch what is thrown here. */
  #check(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#problems.push(error);
    }
  }
}

function expectHarmless(status: EdgeTranscodeJobStatus): void {
  expectAccepted(status);
  expectNoSecret('the status', JSON.stringify(status));
}
