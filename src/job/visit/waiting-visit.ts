/**
 * A visit that waits for the answer to its question. It is the question, and receives the answer. So 100,000
 * visits can wait without a promise or a function for each.
 */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import type { ObjectKey } from '../../base/object-key.ts';
import type { Outcome } from '../../controller/outcome.ts';
import type { Work } from '../../controller/work.ts';
import type { Answer, Priority, Question, Reference, Signal } from '../model/cloud-port.ts';
import type { FailureKind } from '../model/failures.ts';
import type { Target } from '../model/reference.ts';

/** Applies the answer. */
export type OnAnswer = (visit: WaitingVisit, answer: Answer) => Outcome;

/** What the visit asks. */
export type Asked = Pick<Question, 'priority' | 'deadline' | 'known'>;

export class WaitingVisit implements Question {
  readonly work: Work<ObjectKey>;
  readonly object: EdgeTranscodeJob;
  readonly target: Target;
  readonly priority: Priority;
  readonly deadline: number;
  readonly known: FailureKind | undefined;
  /** Clock `now` when it began to wait. */
  readonly since: number;
  readonly #onAnswer: OnAnswer;

  /** @param onAnswer shared by all visits: a function for each would take memory */
  constructor(
    work: Work<ObjectKey>,
    object: EdgeTranscodeJob,
    target: Target,
    { priority, deadline, known }: Asked,
    since: number,
    onAnswer: OnAnswer,
  ) {
    this.work = work;
    this.object = object;
    this.target = target;
    this.priority = priority;
    this.deadline = deadline;
    this.known = known;
    this.since = since;
    this.#onAnswer = onAnswer;
  }

  get reference(): Reference {
    return this.target.reference;
  }

  get signal(): Signal {
    return this.work;
  }

  answered(answer: Answer): void {
    this.work.end(() => this.#onAnswer(this, answer));
  }
}
