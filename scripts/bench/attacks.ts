// Runs attacks against the operator one after another, each against a fresh process in a control group of
// 1 GiB, and measures what a victim in another namespace notices. The attacks are those of the tests.

import { startArena } from '../../test/integration/support/attacks/arena.ts';
import { ATTACKS } from '../../test/integration/support/attacks/kinds/all.ts';
import type { Measured } from '../../test/integration/support/attacks/measured.ts';

/** @param parts measures only attacks whose name contains one of these texts; none: all */
export async function measureAttacks(
  parts: readonly string[],
  report: (line: string) => void,
): Promise<Measured[]> {
  await using arena = await startArena(report);
  const measured: Measured[] = [];
  for (const attack of ATTACKS.filter(({ name }) => isWanted(name, parts))) {
    report(attack.name);
    measured.push(await arena.measure(attack));
  }
  return measured;
}

function isWanted(name: string, parts: readonly string[]): boolean {
  return parts.length === 0 || parts.some((part) => name.includes(part));
}
