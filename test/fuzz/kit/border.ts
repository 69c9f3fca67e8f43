/**
 * A border of the operator: a place where it reads what others wrote. A border is fuzzed by generated inputs;
 * its subject takes each one and throws what is wrong.
 */
import fc from 'fast-check';

export interface Border<Input> {
  /** Selects the border: `make fuzz BORDER=name`. */
  readonly name: string;
  readonly inputs: fc.Arbitrary<Input>;
  readonly open: () => Subject<Input> | Promise<Subject<Input>>;
  /** Most inputs of a run, for a border that is slow. Default: any number. */
  readonly most?: number;
}

/** The code behind a border, ready to take inputs one after the other. */
export interface Subject<Input> {
  /** @throws what is wrong with how the input was taken */
  readonly take: (input: Input) => void | Promise<void>;
  readonly close?: () => void | Promise<void>;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly runs: number;
  /** Position of an input that an earlier run with this seed found. Only this input is taken. */
  readonly replay?: string | undefined;
}

export interface Finding {
  /** The smallest input found, as text. */
  readonly input: string;
  readonly error: string;
  readonly replay: string;
}

export interface Report {
  readonly border: string;
  readonly inputs: number;
  readonly seconds: number;
  /** Processor time of the slowest input, ms. */
  readonly slowestMs: number;
  /** The first finding, which ends the run. */
  readonly finding: Finding | undefined;
}

/** A border whose inputs may be of any type. */
export interface Fuzzed {
  readonly name: string;
  readonly fuzz: (options: FuzzOptions) => Promise<Report>;
}

/**
 * Most processor time of an input, ms. No input of these borders has more than 300 KB, which takes a few ms;
 * the rest is for a slow machine. How the time grows with the length is tested in `test/guards/growth`.
 */
const MOST_MS = 250;

/** Noise makes a measurement too long, never too short: a slow input is measured again this often. */
const ATTEMPTS = 4;

/** Longest search for a smaller input, ms. */
const LONGEST_SHRINK_MS = 10_000;

export function fuzzed<Input>(border: Border<Input>): Fuzzed {
  return { name: border.name, fuzz: (options) => fuzz(border, options) };
}

async function fuzz<Input>(border: Border<Input>, { seed, runs, replay }: FuzzOptions): Promise<Report> {
  const subject = await border.open();
  const began = performance.now();
  let slowestMs = 0;
  try {
    let shrinksUntil = Number.POSITIVE_INFINITY;
    const taken = fc.asyncProperty(border.inputs, async (input) => {
      // A smaller input that counts as good ends the search.
      if (performance.now() > shrinksUntil) return;
      try {
        slowestMs = Math.max(slowestMs, await leastTime(subject, input));
      } catch (error) {
        shrinksUntil = Math.min(shrinksUntil, performance.now() + LONGEST_SHRINK_MS);
        throw error;
      }
    });
    const numRuns = replay === undefined ? Math.min(runs, border.most ?? runs) : 1;
    const details = await fc.check(taken, { seed, numRuns, ...(replay !== undefined && { path: replay }) });
    const { numRuns: done, failed, counterexample, counterexamplePath, errorInstance } = details;
    const finding = failed && {
      input: shown(counterexample?.[0]),
      error: errorInstance instanceof Error ? (errorInstance.stack ?? '') : String(errorInstance),
      replay: `make fuzz BORDER=${border.name} SEED=${seed} REPLAY=${counterexamplePath}`,
    };
    const seconds = (performance.now() - began) / 1_000;
    return { border: border.name, inputs: done, seconds, slowestMs, finding: finding || undefined };
  } finally {
    await subject.close?.();
  }
}

/** Returns the processor time of taking an input, ms. @throws when it is more than any input may take */
async function leastTime<Input>(subject: Subject<Input>, input: Input): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < ATTEMPTS && least > MOST_MS; attempt++) {
    const before = process.threadCpuUsage();
    await subject.take(input);
    const { user, system } = process.threadCpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
  }
  if (least > MOST_MS) throw new Error(`took ${least.toFixed(0)} ms of processor time, over ${MOST_MS}`);
  return least;
}

function shown(input: unknown): string {
  try {
    return fc.stringify(input);
  } catch {
    return 'an input that is too deep to show; the replay has it';
  }
}
