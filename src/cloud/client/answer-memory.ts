/**
 * Bounds the memory of the answers that are being received. The vendor's SDK keeps each chunk of a body as a
 * Buffer until the body ends, so an answer costs more than its length: in chunks of one byte, 220 bytes for
 * each, and twice that before the garbage is collected. What counts is therefore the cost: the length, and
 * 512 bytes for each chunk and each header.
 */
import { AnswerTooLong, TooManyAnswers } from './call-errors.ts';

/** Cost of a chunk or a header besides its length, bytes. */
const PIECE_BYTES = 512;

/**
 * Highest cost of an answer about one job, or of STS. The longest real one costs 21 KiB: 20 headers of 100
 * bytes (12 KiB), and two stream URLs of 2 KiB and 2 KiB for the other fields in six chunks (9 KiB).
 */
export const MOST_OF_AN_ANSWER = 64 * 2 ** 10;

/**
 * Highest cost of a page of a list. A page of 100 jobs with two stream URLs of 1 KiB each is 265 KiB long. It
 * costs 280 KiB in TLS records of 16 KiB, and 370 KiB if the network delivers pieces of 1.4 KiB.
 */
export const MOST_OF_A_PAGE = 512 * 2 ** 10;

/**
 * Highest cost of all answers together: a sixteenth of the memory that the Deployment allows. Live and STS
 * count apart.
 */
export const MOST_TOGETHER = 64 * 2 ** 20;

/**
 * Highest cost of the answers for one namespace. 96 usual pages of 110 KiB, as many as one endpoint may be
 * sending (`EndpointGuard`), cost 12 MiB.
 */
export const MOST_OF_A_NAMESPACE = 16 * 2 ** 20;

/**
 * Work of a chunk besides its length, in bytes of parsed JSON that take as long: 1.6 µs for a chunk, 0.08 µs
 * for a byte.
 */
const PIECE_WORK = 64;

interface Namespace {
  readonly name: string;
  readonly answers: Set<AnswerCost>;
  cost: number;
}

export class AnswerMemory {
  readonly #namespaces = new Map<string, Namespace>();
  #cost = 0;

  /** Counts an answer until `close`. @param most highest cost of this answer, bytes */
  open(namespace: string, most: number): AnswerCost {
    const group = this.#namespaces.get(namespace) ?? { name: namespace, answers: new Set(), cost: 0 };
    this.#namespaces.set(namespace, group);
    const add = (bytes: number) => this.#add(group, bytes);
    const close = () => this.#close(group, answer);
    const answer: AnswerCost = new AnswerCost(most, add, close);
    group.answers.add(answer);
    return answer;
  }

  /** Cost of all open answers, bytes. */
  get cost(): number {
    return this.#cost;
  }

  /**
   * Ends the largest answer of a namespace that costs too much. If all together cost too much, that is the
   * namespace which costs most: long answers for one namespace never end the short ones for another.
   */
  #add(group: Namespace, bytes: number): void {
    group.cost += bytes;
    this.#cost += bytes;
    if (group.cost > MOST_OF_A_NAMESPACE) largest(group.answers)?.exceeded(new TooManyAnswers());
    if (this.#cost > MOST_TOGETHER)
      largest(largest(this.#namespaces.values())?.answers ?? [])?.exceeded(new TooManyAnswers());
  }

  #close(group: Namespace, answer: AnswerCost): void {
    group.answers.delete(answer);
    group.cost -= answer.cost;
    this.#cost -= answer.cost;
    if (group.answers.size === 0) this.#namespaces.delete(group.name);
  }
}

/** What one answer costs so far. */
export class AnswerCost {
  /** Called with the reason when the answer must end. */
  onExceeded: (error: Error) => void = () => undefined;
  readonly #most: number;
  readonly #added: (bytes: number) => void;
  readonly #closed: () => void;
  #cost = 0;
  #work = 0;
  #isOpen = true;

  constructor(most: number, added: (bytes: number) => void, closed: () => void) {
    this.#most = most;
    this.#added = added;
    this.#closed = closed;
  }

  get cost(): number {
    return this.#cost;
  }

  /**
   * What it takes to receive and parse the body, in bytes: its length, and 64 for each chunk. Also counts
   * what comes when the answer is over, because Node has read it already.
   */
  get work(): number {
    return this.#work;
  }

  /** @param texts names and values, as `rawHeaders` has them */
  addHeaders(texts: readonly string[]): void {
    this.#add(texts.reduce((sum, { length }) => sum + length, (texts.length / 2) * PIECE_BYTES));
  }

  addChunk(length: number): void {
    this.#work += length + PIECE_WORK;
    this.#add(length + PIECE_BYTES);
  }

  /** Ends the answer. */
  exceeded(error: Error): void {
    this.close();
    this.onExceeded(error);
  }

  /** The call has ended, and its answer is garbage. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#closed();
  }

  #add(bytes: number): void {
    if (!this.#isOpen) return;
    this.#cost += bytes;
    this.#added(bytes);
    if (this.#isOpen && this.#cost > this.#most) this.exceeded(new AnswerTooLong());
  }
}

function largest<Item extends { readonly cost: number }>(items: Iterable<Item>): Item | undefined {
  let found: Item | undefined;
  for (const item of items) if (!found || item.cost > found.cost) found = item;
  return found;
}
