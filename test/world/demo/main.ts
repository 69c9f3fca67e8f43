// `make demo`. Ends with 0 after the tour (on a terminal: at Ctrl-C then), with 1 and the reason when
// something did not happen, and with 128 plus the signal's number when it was stopped before. Nothing is
// left, however it ends.

import { constants } from 'node:os';
import { join } from 'node:path';
import { runDemo } from './demo.ts';
import { Screen } from './terminal/screen.ts';

const STOPPED_BY = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

// Samples and programs are named as seen from here.
process.chdir(join(import.meta.dirname, '../../..'));

const stop = new AbortController();
for (const signal of STOPPED_BY) process.on(signal, () => stopBy(signal));
// The reader has closed the pipe, such as `head` after its lines.
process.stdout.on('error', () => stop.abort('SIGPIPE'));

const stays = process.stdin.isTTY === true && process.stdout.isTTY === true;
const exitCode = await runDemo({ screen: new Screen(process.stdout), stays, stop: stop.signal }).then(
  () => 0,
  (error: unknown) => {
    if (stop.signal.aborted) return 128 + constants.signals[stop.signal.reason as NodeJS.Signals];
    process.stderr.write(`\ndemo: ${reasonOf(error)}\n`);
    return 1;
  },
);
// Something may be half started still, when it was stopped early: it ends because we do.
process.exit(exitCode);

function stopBy(signal: NodeJS.Signals): void {
  if (stop.signal.aborted) return;
  process.stdout.write('\nStopping\n');
  stop.abort(signal);
}

/** The message, and those of its causes. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${reasonOf(error.cause)}`;
}
