/**
 * Reads a seed from a JSON file: `{"accounts": [{"accountID", "keys": [{"accessKeyID", "accessKeySecret"}]}], "jobs": […]}`,
 * with the fields of `NewAccount`, `NewKey` and `NewJob`.
 */
import { readFile } from 'node:fs/promises';
import { CloudWorldError } from './cloud-world.ts';
import type { Seed } from './seed.ts';
import { checkArguments } from './verbs.ts';

/** Rejects with a sentence that names the file and what is wrong with it, and quotes nothing of it. */
export async function readSeed(path: string): Promise<Seed> {
  const seed = parse(path, await readFile(path, 'utf8'));
  try {
    for (const account of listOf(seed, 'accounts')) checkAccount(account);
    for (const job of listOf(seed, 'jobs')) checkArguments('createJob', job);
  } catch (error) {
    throw new CloudWorldError(`${path}: ${error instanceof Error ? error.message : 'not a seed'}`);
  }
  return seed as Seed;
}

function checkAccount(account: unknown): void {
  const { keys, ...rest } = { ...(account as Record<string, unknown>) };
  checkArguments('createAccount', rest);
  for (const key of listOf({ keys }, 'keys')) {
    checkArguments('addKey', { ...(key as Record<string, unknown>), accountID: rest.accountID });
  }
}

function listOf(owner: unknown, name: string): readonly unknown[] {
  const list = (owner as Record<string, unknown> | null)?.[name];
  if (!Array.isArray(list)) throw new CloudWorldError(`${name} is not a list`);
  return list;
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which has secrets in it.
    throw new CloudWorldError(`${path}: this is not JSON`);
  }
}
