// Mutation testing of the pure rooms: Stryker changes the code in each way that a test should notice.
// CONTRIBUTING.md has the command. ROOM selects one of the rooms below.

import { createRequire } from 'node:module';

/** Stryker is run by npx, outside this folder: its plugins are beside it. */
const besideStryker = createRequire(process.argv[1]);

const ROOMS = {
  status: { mutate: ['src/job/status/*.ts'], spec: ['test/unit/job/status/*.test.ts'] },
  schedule: { mutate: ['src/job/schedule/*.ts'], spec: ['test/unit/job/schedule/**/*.test.ts'] },
  maps: {
    mutate: ['src/cloud/client/map-*.ts', 'src/cloud/sts/map-*.ts'],
    spec: ['test/unit/cloud/client/map-*.test.ts', 'test/unit/cloud/sts/map-*.test.ts'],
  },
  breaker: { mutate: ['src/cloud/resilience/*.ts'], spec: ['test/unit/cloud/resilience/*.test.ts'] },
  ratelimit: { mutate: ['src/ratelimit/*.ts'], spec: ['test/unit/ratelimit/*.test.ts'] },
  machines: {
    mutate: [
      'src/kube/informer/watch-machine.ts',
      'src/kube/election/lease-machine.ts',
      'src/cloud/batching/cluster-batch.ts',
    ],
    spec: [
      // Their own tests only. Those of what drives them wait without end where a machine is changed.
      'test/unit/kube/informer/watch-machine.test.ts',
      'test/unit/kube/election/lease-machine.test.ts',
      'test/unit/cloud/batching/cluster-batch.test.ts',
    ],
  },
};

const name = process.env.ROOM ?? 'status';
const room = ROOMS[name];
if (!room) throw new Error(`ROOM: no room ${name}; there are ${Object.keys(ROOMS).join(', ')}`);

export default {
  mutate: room.mutate,
  plugins: [besideStryker.resolve('@stryker-mutator/mocha-runner')],
  testRunner: 'mocha',
  // Without the properties: their inputs differ in each run, and so would the score.
  mochaOptions: { spec: room.spec, ignore: ['**/*.properties.test.ts'], extension: ['ts'], 'no-config': true },
  coverageAnalysis: 'perTest',
  // Mutants of what is computed when a file is loaded need a process each.
  ignoreStatic: process.env.STATIC === 'no',
  concurrency: 1,
  reporters: ['clear-text', 'json', 'progress-append-only'],
  jsonReporter: { fileName: `dist/mutation/${name}.json` },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  tempDirName: 'dist/mutation/tmp',
  // Types are stripped, not checked.
  checkers: [],
  // Stryker would rewrite it, and needs a compiler of TypeScript for that.
  tsconfigFile: 'none',
  disableTypeChecks: false,
  timeoutMS: 20_000,
  allowEmpty: true,
};
