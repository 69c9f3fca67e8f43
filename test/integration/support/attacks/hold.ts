/** The tests of attacks: one for each, in an arena of their own. */
import { expect } from 'chai';
import { type Arena, startArena } from './arena.ts';
import type { Attack } from './attack.ts';
import { broken } from './measured.ts';

/** A control plane takes 4 s to start when it is built; a busy machine makes that several times as much. */
const START_WITHIN_MS = 120_000;

/** 12 s are measured; in the rest thousands of objects are prepared and removed. */
const ATTACK_WITHIN_MS = 480_000;

/** Call it in a `describe`. */
export function holdsAgainst(attacks: readonly Attack[]): void {
  let arena: Arena | undefined;
  before(async function () {
    this.timeout(START_WITHIN_MS);
    arena = await startArena((line) => console.error(line));
  });
  after(async function () {
    this.timeout(START_WITHIN_MS);
    await arena?.[Symbol.asyncDispose]();
  });
  for (const attack of attacks)
    it(`stays small and alive, and serves others on time, during ${attack.name}`, async function () {
      this.timeout(ATTACK_WITHIN_MS);
      const measured = await arena?.measure(attack);
      expect(measured && broken(measured), JSON.stringify(measured)).to.deep.equal([]);
    });
}
