/** The process edge of `kubectl etj`: arguments, signals, exit code. */
import { processOutput } from './common/output.ts';
import { run } from './program.ts';

/** Set by the build. */
declare const OPERATOR_VERSION: string | undefined;
const version = typeof OPERATOR_VERSION === 'undefined' ? 'development' : OPERATOR_VERSION;

// The vendor's SDK uses url.parse. Its warning on standard error is of no use to the user.
process.noDeprecation = true;

// The reader of a pipe may end first, as `head` does.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit());

function untilStopped(): AbortSignal {
  const stop = new AbortController();
  // The second time the process ends as if there were no handler.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}

process.exitCode = await run(process.argv.slice(2), {
  version,
  environment: process.env,
  output: processOutput(process),
  untilStopped,
});
// Connections may stay open, and must not keep the process. What is written last reaches a pipe first.
process.stdout.write('', () => process.stderr.write('', () => process.exit()));
