/**
 * Preloaded into the operator: its wall clock is as far from the machine's as the file that CLOCK_FILE names
 * says, in milliseconds. SIGUSR2 has it read again. Timers and `performance` are not touched, as where the
 * clock of a node is stepped.
 */
import { readFileSync } from 'node:fs';

const SystemDate = Date;
let offset = 0;

function now(): number {
  return SystemDate.now() + offset;
}

globalThis.Date = class extends SystemDate {
  constructor(...args: unknown[]) {
    super(...((args.length === 0 ? [now()] : args) as [number]));
  }

  static override now(): number {
    return now();
  }
} as DateConstructor;

process.on('SIGUSR2', () => {
  offset = Number(readFileSync(String(process.env.CLOCK_FILE), 'utf8'));
});
