/**
 * Reads kubeconfig files and merges them as kubectl does: of two entries with one name, and of two values of
 * `current-context`, the first file's counts.
 */
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { load } from 'js-yaml';

/** Fields of one cluster, user or context, unchecked. */
export type Fields = Readonly<Record<string, unknown>>;

/** The entries that are in use. */
export interface KubeconfigEntries {
  readonly context: { readonly name: string; readonly fields: Fields };
  readonly cluster: { readonly name: string; readonly fields: Fields };
  readonly user: { readonly name: string; readonly fields: Fields };
}

/** A problem in words that may be logged: they repeat no value of the file but names. */
export class Unusable extends Error {}

type Kind = 'clusters' | 'users' | 'contexts';
type Entries = Map<string, Fields>;

/** Fields that hold a path, relative to the folder of their file. */
const PATHS = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'];

/**
 * Reads a context, its cluster and its user.
 *
 * @param mayMiss whether files that do not exist are passed over, as those of `KUBECONFIG` are
 * @param wanted name of the context. Undefined: the current one
 * @throws Unusable, and errors of the file system
 */
export function readKubeconfig(
  files: readonly string[],
  mayMiss: boolean,
  wanted?: string,
): KubeconfigEntries {
  const { all, current } = merged(files, mayMiss);
  if (wanted !== undefined && !all.contexts.has(wanted))
    throw new Unusable(`it has no context ${wanted}; kubectl config get-contexts lists those that it has`);
  return entriesOf(all, wanted ?? current);
}

/** Names of all contexts. @throws Unusable, and errors of the file system */
export function contextNames(files: readonly string[], mayMiss: boolean): string[] {
  return [...merged(files, mayMiss).all.contexts.keys()];
}

interface Merged {
  readonly all: Readonly<Record<Kind, Entries>>;
  /** Name of the current context. */
  readonly current: string | undefined;
}

function merged(files: readonly string[], mayMiss: boolean): Merged {
  const all = { clusters: new Map(), users: new Map(), contexts: new Map() } satisfies Record<Kind, Entries>;
  let current: string | undefined;
  let found = 0;
  for (const file of files) {
    const text = textOf(file, mayMiss);
    if (text === undefined) continue;
    found += 1;
    const document = documentOf(file, text);
    current ||= textField(document, 'current-context');
    for (const kind of ['clusters', 'users', 'contexts'] as const) merge(all[kind], kind, document, file);
  }
  if (found === 0) throw new Unusable(`none of the files of KUBECONFIG exists: ${files.join(', ')}`);
  return { all, current };
}

function entriesOf(all: Readonly<Record<Kind, Entries>>, current: string | undefined): KubeconfigEntries {
  if (current === undefined)
    throw new Unusable('it has no current-context: kubectl config use-context sets it');
  const context = all.contexts.get(current);
  if (!context) throw new Unusable(`its current-context ${current} is not defined`);
  const entry = (kind: 'cluster' | 'user') => {
    const name = textField(context, kind);
    if (name === undefined) throw new Unusable(`context ${current} names no ${kind}; add one`);
    const fields = all[`${kind}s`].get(name);
    if (!fields) throw new Unusable(`context ${current} names the ${kind} ${name}, which is not defined`);
    return { name, fields };
  };
  return { context: { name: current, fields: context }, cluster: entry('cluster'), user: entry('user') };
}

function textOf(file: string, mayMiss: boolean): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (mayMiss && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A parser's errors quote the file, tokens included, so they are not repeated. */
function documentOf(file: string, text: string): Fields {
  try {
    // An empty file is an empty kubeconfig, as for kubectl.
    const document = text.trim() === '' ? {} : load(text);
    if (isFields(document)) return document;
  } catch {
    // Thrown below.
  }
  throw new Unusable(`${file} is not the YAML of a kubeconfig`);
}

function merge(entries: Entries, kind: Kind, document: Fields, file: string): void {
  const list = document[kind] ?? [];
  if (!Array.isArray(list)) throw new Unusable(`${kind} of ${file} is not a list`);
  for (const each of list) {
    const name = isFields(each) ? textField(each, 'name') : undefined;
    if (name === undefined) throw new Unusable(`an entry of ${kind} in ${file} has no name`);
    const fields = each[kind.slice(0, -1)];
    if (!entries.has(name)) entries.set(name, located(isFields(fields) ? fields : {}, dirname(file)));
  }
}

function located(fields: Fields, folder: string): Fields {
  const paths = PATHS.flatMap((name) => {
    const path = textField(fields, name);
    return path === undefined || isAbsolute(path) ? [] : [[name, join(folder, path)]];
  });
  const { exec } = fields;
  if (isFields(exec)) paths.push(['exec', { ...exec, command: commandOf(exec, folder) }] as never);
  return { ...fields, ...Object.fromEntries(paths) };
}

/** A command with a slash is relative to its file; any other is looked for in `PATH`. */
function commandOf(exec: Fields, folder: string): string | undefined {
  const command = textField(exec, 'command');
  return command?.includes('/') && !isAbsolute(command) ? join(folder, command) : command;
}

/** A field that holds a text; undefined: it is absent or empty, or holds something else. */
export function textField(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
