/** The process edge of `kubectl etj`: arguments, signals, exit code. */
import { processOutput } from './common/output.ts';
import { run } from './program.ts';

/** Set by the build. */
declare const OPERATOR_VERSION: string | undefined;
const version = typeof OPERATOR_VERSION === 'undefined' ? 'development' : OPERATOR_VERSION;

// The vendor's SDK uses url.parse. Its warning on standard error is of no use to the user.
process.noDeprecation = true;

// The reader of a pipe may end first, as `head` does.
process.stdout.on('error', () => process.exit());

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

process.exitCode = await run(process.argv.slice(2), {
  version,
  environment: process.env,
  output: processOutput(process),
  stop: stop.signal,
});
// Connections may stay open, and must not keep the process. What is written last reaches a pipe first.
process.stdout.write('', () => process.exit());
