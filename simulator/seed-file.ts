/**
 * Reads a seed from a JSON file: `{"accounts": [{"accountID", "keys": [{"accessKeyID", "accessKeySecret"}]}],
 * "jobs": […]}`, with the fields of `NewAccount`, `NewKey` and `NewJob`; an account may have `roles`
 * (`NewRole`), and the whole `oidcTokens` (`NewOIDCToken`).
 */
import { readFile } from 'node:fs/promises';
import { checkArguments } from './admin/verb-arguments.ts';
import type { Seed } from './seed.ts';
import { CloudWorldError } from './world/cloud-world.ts';

/** Rejects with a sentence that names the file and what is wrong with it, and quotes nothing of it. */
export async function readSeed(path: string): Promise<Seed> {
  const seed = parse(path, await readFile(path, 'utf8'));
  try {
    for (const account of listOf(seed, 'accounts')) checkAccount(account);
    for (const token of optionalListOf(seed, 'oidcTokens')) checkArguments('addOIDCToken', token);
    for (const job of listOf(seed, 'jobs')) checkArguments('createJob', job);
  } catch (error) {
    throw new CloudWorldError(`${path}: ${error instanceof Error ? error.message : 'not a seed'}`);
  }
  return seed as Seed;
}

function checkAccount(account: unknown): void {
  const { keys, roles, ...rest } = { ...(account as Record<string, unknown>) };
  const { accountID } = rest;
  checkArguments('createAccount', rest);
  for (const key of listOf({ keys }, 'keys')) checkArguments('addKey', withAccount(key, accountID));
  for (const role of optionalListOf({ roles }, 'roles')) {
    checkArguments('createRole', withAccount(role, accountID));
  }
}

function withAccount(owned: unknown, accountID: unknown): unknown {
  return { ...(owned as Record<string, unknown>), accountID };
}

function optionalListOf(owner: unknown, name: string): readonly unknown[] {
  const left = (owner as Record<string, unknown> | null)?.[name] === undefined;
  return left ? [] : listOf(owner, name);
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
