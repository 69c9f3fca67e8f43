/**
 * A world for the tests of one `describe`: started before them and ended after them. When a test fails, the
 * ends of the world's logs are printed; with HOLD_WORLD=1 the world then stays until Ctrl-C.
 */

import { addressesOf, holdsWorlds, holdWorld } from '../../world/held-world.ts';
import type { Operator, OperatorOptions } from '../../world/operator.ts';
import { NotInTime, startWorld, type World, type WorldOptions } from './world.ts';

export interface Scene {
  readonly world: World;
  /** The one that was started before the tests. */
  readonly operator: Operator;
  /** A `before` hook whose failure prints the logs, as that of a test does. */
  setUp(act: () => Promise<void>): void;
}

export interface SceneOptions extends WorldOptions {
  /** What is there before the operator starts. */
  readonly prepare?: (world: World) => Promise<void>;
  /**
   * The operator to start, from the world as it is then; `none` for tests that start their own. Default: one
   * without options.
   */
  readonly operator?: 'none' | ((world: World) => OperatorWanted | Promise<OperatorWanted>);
}

export type OperatorWanted = Partial<OperatorOptions>;

/**
 * A control plane takes 4 s to start when it is built, and what some tests set up takes a minute, such as
 * polls that wait for permits. A busy machine makes that several times as much.
 */
const START_WITHIN_MS = 240_000;
const STOP_WITHIN_MS = 30_000;

/** Call it first in a `describe`. What it returns can be used in hooks and tests, not before. */
export function useWorld(options: SceneOptions = {}): Scene {
  let world: World | undefined;
  let operator: Operator | undefined;
  const setUp = (act: () => Promise<void>): void => {
    before(async function () {
      this.timeout(START_WITHIN_MS);
      await act().catch(async (error: unknown) => {
        if (world && !(error instanceof NotInTime)) console.error(await world.tails());
        if (world) await hold(this, world);
        throw error;
      });
    });
  };
  setUp(async () => {
    world = await startWorld(options);
    operator = await begin(world, options);
    if (holdsWorlds()) console.error(addressesOf(world));
  });
  afterEach(async function () {
    const { state, err } = (this.currentTest ?? {}) as { state?: string; err?: unknown };
    if (state !== 'failed' || !world) return;
    // The message of NotInTime has the logs in it already.
    if (!(err instanceof NotInTime)) {
      console.error(`${this.currentTest?.fullTitle()} failed.\n${await world.tails()}`);
    }
    await hold(this, world, err);
  });
  after(async function () {
    this.timeout(STOP_WITHIN_MS);
    await world?.[Symbol.asyncDispose]();
  });
  return {
    get world() {
      return there(world);
    },
    get operator() {
      return there(operator);
    },
    setUp,
  };
}

/** Mocha prints failures at the very end, so a failed test's error is printed here. */
async function hold(context: Mocha.Context, world: World, error?: unknown): Promise<void> {
  if (!holdsWorlds()) return;
  context.timeout(0);
  if (error !== undefined) console.error(error);
  await holdWorld(world, (text) => console.error(text));
}

async function begin(world: World, { prepare, operator }: SceneOptions): Promise<Operator | undefined> {
  await prepare?.(world);
  return operator === 'none' ? undefined : world.operator(await operator?.(world));
}

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it is there in hooks and tests only, and only if it was started');
  return value;
}

/**
 * Tests that mostly wait, and each for things of its own: they are started together, so that they take as
 * long as the longest of them, and are reported one by one.
 */
export function together(tests: Readonly<Record<string, () => Promise<void>>>): void {
  const running = new Map<string, Promise<void>>();
  before(() => {
    for (const [title, test] of Object.entries(tests)) {
      const end = test();
      // Its test will ask for it, maybe long after it has failed.
      end.catch(() => undefined);
      running.set(title, end);
    }
  });
  for (const title of Object.keys(tests)) it(title, () => running.get(title));
}
