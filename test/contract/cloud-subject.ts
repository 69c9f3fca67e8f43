/**
 * What a contract test of `CloudReader` needs: a reader, its simulated cloud, the Secrets that it may read,
 * and its time.
 */

import { expect } from 'chai';
import { DEFAULT_CLUSTER_ID, DEFAULT_KEY } from '../../simulator/seed.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import type { AccessKey } from '../../src/credentials/credential.ts';

import type { Rrsa } from '../../src/credentials/environment-credentials.ts';
import type {
  Answer,
  CloudReader,
  CredentialReference,
  Priority,
  Reference,
} from '../../src/job/model/cloud-port.ts';
import type { Failure } from '../../src/job/model/failures.ts';
import type { SecretData, SecretReader } from '../../src/job/model/kube-port.ts';
import type { ObserveWith } from '../../src/job/schedule/list-cost.ts';
import type { FakeClock } from '../unit/kit/fakes/fake-clock.ts';
import type { RecordingLogger } from '../unit/kit/fakes/recording-logger.ts';
import { ask } from '../unit/kit/questions.ts';

/** A job of the seed that is in progress. */
export const RUNNING_JOB_ID = '5ad420b48fb04483915d4f2cd8ac0000';

export interface ReaderParts {
  readonly secrets: SecretReader;
  readonly clock: FakeClock;
  readonly logger: RecordingLogger;
  readonly callsPerMinute: number;
  /** The operator's own credentials. */
  readonly own: AccessKey | Rrsa;
  readonly observeWith: ObserveWith;
}

export interface Closable extends CloudReader {
  close(): void;
}

/** Secrets by `namespace/name`. */
export class FakeSecrets implements SecretReader {
  readonly content = new Map<string, SecretData | 'forbidden'>();
  /** While set, reads of Secrets wait for it. */
  silence: Promise<void> | undefined;

  async read(namespace: string, name: string): Promise<SecretData | 'missing' | 'forbidden'> {
    await this.silence;
    return this.content.get(`${namespace}/${name}`) ?? 'missing';
  }
}

/** Longer than any probe of a refused key waits, ms. */
export const PROBE_MS = 20_000;
/** How long the content of a Secret is kept, ms. */
export const SECRET_KEPT_MS = 30_000;
/** Longest call, ms. */
export const CALL_MS = 10_000;

export interface Question {
  readonly clusterID?: string;
  readonly jobID?: string;
  readonly credential?: CredentialReference;
  readonly regionID?: string;
  readonly priority?: Priority;
  readonly deadline?: number;
  readonly signal?: AbortSignal;
}

export const OWN: CredentialReference = { namespace: 'media' };
export const SECRET = { namespace: 'media', name: 'account' };

export class Subject {
  readonly reader: Closable;
  readonly cloud: Simulator;
  readonly secrets: FakeSecrets;
  readonly clock: FakeClock;
  readonly logger: RecordingLogger;

  constructor(parts: Pick<Subject, 'reader' | 'cloud' | 'secrets' | 'clock' | 'logger'>) {
    this.reader = parts.reader;
    this.cloud = parts.cloud;
    this.secrets = parts.secrets;
    this.clock = parts.clock;
    this.logger = parts.logger;
  }

  observe(question: Question = {}): Promise<Answer> {
    const { clusterID = DEFAULT_CLUSTER_ID, jobID = RUNNING_JOB_ID, credential = OWN } = question;
    const { regionID, priority = 'scheduled', deadline = 0 } = question;
    const reference: Reference = {
      credential,
      clusterID,
      jobID,
      ...(regionID !== undefined && { regionID }),
    };
    const signal = question.signal ?? new AbortController().signal;
    return ask(this.reader, { reference, priority, deadline, signal });
  }

  /**
   * Makes this number of calls. Each names a region of its own, because callers that observe the same job
   * share one call.
   */
  observeTimes(times: number, question: Question = {}): Promise<Answer>[] {
    return Array.from({ length: times }, (_, index) =>
      this.observe({ regionID: `region-${index}`, ...question }),
    );
  }

  /** Lets time pass until the answers are there. Batch windows need this: they wait for further jobs. */
  async inTime<T>(answers: Promise<T>): Promise<T> {
    let answered = false;
    const noted = answers.finally(() => {
      answered = true;
    });
    while (!answered) {
      await this.clock.advance(25);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return noted;
  }

  async failure(question: Question = {}): Promise<Failure> {
    return failureOf(await this.observe(question));
  }

  /** Puts a key into a Secret. Default: the valid key of the simulated cloud. */
  putSecret(data: SecretData = DEFAULT_KEY, { namespace, name } = SECRET): void {
    this.secrets.content.set(`${namespace}/${name}`, data);
  }

  /** Number of calls that the cloud has received, refused ones included. */
  async calls(): Promise<number> {
    return (await this.cloud.counts()).calls;
  }
}

export function failureOf(answer: Answer): Failure {
  expect(answer).to.have.property('failure');
  return (answer as { failure: Failure }).failure;
}

/** The outcome of each answer: `observed`, `withdrawn`, or the kind of the failure. */
export async function outcomes(answers: readonly Promise<Answer>[]): Promise<string[]> {
  return (await Promise.all(answers)).map((answer) =>
    answer.kind === 'failed' ? answer.failure.kind : answer.kind,
  );
}

/** The answer if it is there without a wait. */
export async function atOnce(answer: Promise<Answer>): Promise<Answer | 'not yet'> {
  return await Promise.race([answer, new Promise<'not yet'>((resolve) => setImmediate(resolve, 'not yet'))]);
}
