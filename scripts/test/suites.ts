// What `make test` runs, and in which order. A suite is one command that counts as one test, or mocha on
// files.

/**
 * How many files run at a time. They share no port, name or clock. One alone mostly waits, and seven use two
 * cores. Each has a control plane, which takes half a gigabyte.
 */
const INTEGRATION_JOBS = 7;
/** One for each file: nearly all of their time they wait for budgets in real time. */
const CONTRACT_JOBS = 10;
/** Suites that use the processor all the time: as many files as CI has cores. */
const UNIT_JOBS = 2;
/** Few: contract tests run beside them. */
const WORLD_JOBS = 2;

/**
 * Files that take 40 s and more start first: a long file that started last would run alone at the end.
 */
const LONGEST = [
  'cloud/ram-roles',
  'cloud/accounts',
  'cloud/shared-budget',
  'security/large-objects',
  'cloud/circuits',
  'security/least-privilege',
  'security/attacks/objects',
  'load/scale',
  'process/process',
  'docs/commands',
  'installation/demo',
  'kubernetes/watch-underway',
  'page/page',
  'cloud/list',
  'kubernetes/leadership',
  'load/cost',
  'cloud/trouble',
  'cloud/refused-redis',
  'kubernetes/underneath',
  'security/attacks/answers',
  'monitoring/alerts',
  'installation/chart/release',
  'kubernetes/watch',
  'companion/companion',
  'chaos/chaos',
  'kubernetes/versions',
  'kubernetes/shards',
  'kubernetes/restarts',
  'cloud/saturated',
  'installation/image',
].map((name) => `test/integration/${name}.test.ts`);

export type Suite = {
  readonly name: string;
  /** Killed after this long: a suite that hangs is a failure, and says so. */
  readonly withinMinutes: number;
  /**
   * Set when the suite needs a control plane. Without a control plane it does not run, and counts as skipped
   * or failed.
   */
  readonly needsControlPlane?: true;
  /** Not run when that suite, of an earlier stage, has failed: it would test something old. */
  readonly needsSuite?: string;
  /** Set on a suite that leaves the processor to others. Its output is shown when they have ended. */
  readonly mostlyWaits?: true;
} & (CommandSuite | MochaSuite);

export type CommandSuite = {
  /** A program of node_modules/.bin or PATH, and its arguments. */
  readonly command: readonly [string, ...string[]];
};

export type MochaSuite = {
  /** Globs; each must match a file. Run in this order, each file once. */
  readonly files: readonly string[];
  /** Time limit of one test. */
  readonly timeoutMs: number;
  /** `dot` where there are many quick tests, `spec` where one can wait for a test: failures read the same. */
  readonly show: 'dot' | 'spec';
  readonly jobs?: number;
};

/** Suites that run while the control plane is compiled, if it must be. */
const WHILE_COMPILING: readonly Suite[] = [
  { name: 'lint', withinMinutes: 5, command: ['biome', 'check'] },
  { name: 'types', withinMinutes: 5, command: ['npm', 'run', '--silent', 'typecheck'] },
  { name: 'build', withinMinutes: 5, command: ['node', 'scripts/bundle.ts'] },
  {
    name: 'unit',
    withinMinutes: 10,
    files: [
      'test/unit/**/*.test.ts',
      'simulator/**/*.test.ts',
      'test/world/demo/**/*.test.ts',
      'test/chaos/**/*.test.ts',
      'test/fuzz/*.test.ts',
    ],
    // A bound for what hangs: the control plane may be compiled beside, and take both cores.
    timeoutMs: 20_000,
    show: 'dot',
    jobs: UNIT_JOBS,
  },
];

/** Guards and the tests of the world need the processor, and contract tests wait beside them. */
const TOGETHER: readonly Suite[] = [
  {
    name: 'contract',
    mostlyWaits: true,
    withinMinutes: 10,
    files: ['test/contract/**/*.test.ts'],
    timeoutMs: 20_000,
    show: 'dot',
    jobs: CONTRACT_JOBS,
  },
  {
    name: 'guards',
    withinMinutes: 10,
    files: ['test/guards/**/*.test.ts'],
    timeoutMs: 60_000,
    show: 'dot',
    jobs: UNIT_JOBS,
  },
  {
    name: 'world',
    withinMinutes: 10,
    needsControlPlane: true,
    files: [
      'test/world/*.test.ts',
      'test/world/builds/*.test.ts',
      'test/world/processes/*.test.ts',
      'test/world/control-plane/**/*.test.ts',
    ],
    timeoutMs: 120_000,
    show: 'spec',
    jobs: WORLD_JOBS,
  },
];

/** Uses all of the machine. */
const LAST: readonly Suite[] = [
  {
    name: 'integration',
    withinMinutes: 60,
    needsControlPlane: true,
    needsSuite: 'build',
    files: [...LONGEST, 'test/integration/**/*.test.ts'],
    timeoutMs: 120_000,
    show: 'spec',
    jobs: INTEGRATION_JOBS,
  },
];

/**
 * One stage after the other. In a stage the suites run in turn, and those that mostly wait beside them. All
 * but the first begin when the control plane is compiled.
 */
export const STAGES: readonly (readonly Suite[])[] = [WHILE_COMPILING, TOGETHER, LAST];
