/**
 * Preloaded into the operator: its wall clock is as far from the machine's as the file that CLOCK_FILE names
 * says, in milliseconds. SIGUSR2 has it read again.
 */
import { readFileSync } from 'node:fs';
import { shiftWallClock } from '../../world/wall-clock.ts';

let offset = 0;
shiftWallClock(() => offset);

process.on('SIGUSR2', () => {
  offset = Number(readFileSync(String(process.env.CLOCK_FILE), 'utf8'));
});
