/**
 * Objects with credentials of their own. Each uses the Secret of its own name unless the options name
 * another.
 */
import { expect } from 'chai';
import { type CloudKey, createAccount, createJob, type JobIDs } from './cloud-side.ts';
import { condition, is, job, type Shown, type World } from './world.ts';

/** 30 s are promised, from the change to the status; the rest is for a busy machine. */
export const IN_FORCE = { withinMs: 40_000 };

/** An account with one key and one running job. */
export async function newAccount(world: World): Promise<{ key: CloudKey; ids: JobIDs }> {
  const key = await createAccount(world);
  return { key, ids: await createJob(world, { accountID: key.accountID }) };
}

export function using(secretName: string, ids: JobIDs, name = secretName): object {
  return job(name, { ...ids, credentialsRef: { name: secretName } });
}

export function failed(world: World, name: string): Promise<Shown> {
  return world.until(name, (each) => is(each, 'Ready', 'False'), IN_FORCE);
}

export function ready(world: World, name: string): Promise<Shown> {
  return world.until(name, (each) => is(each, 'Ready', 'True'), IN_FORCE);
}

/** Not Ready, for this reason, and a person has to act. */
export function expectStalled(shown: Shown, reason: string, message: RegExp): void {
  for (const [type, status] of [
    ['Ready', 'False'],
    ['Stalled', 'True'],
  ] as const) {
    expect(condition(shown, type)).to.include({ status, reason });
    expect(condition(shown, type)?.message).to.match(message);
  }
}
