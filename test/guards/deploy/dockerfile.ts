/**
 * The Dockerfile as data: stages of instructions. Enough of its syntax for ours, which has no heredocs and no
 * quotes around paths.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './manifests.ts';

export interface Instruction {
  readonly name: string;
  readonly words: readonly string[];
}

export interface Copy {
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

export function readStages(): Instruction[][] {
  return stagesOf(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'));
}

/** A stage by its first instruction: FROM. */
export interface Base {
  /** Tag and digest included. */
  readonly image: string;
  readonly platform: string | undefined;
  /** The name that other stages copy from. */
  readonly stage: string | undefined;
}

export function baseOf([from]: readonly Instruction[]): Base {
  const words = from?.words ?? [];
  const platform = words.find((word) => word.startsWith('--platform='))?.slice('--platform='.length);
  const [image = '', as, stage] = words.filter((word) => !word.startsWith('--'));
  return { image, platform, stage: as === 'AS' ? stage : undefined };
}

/** The variables that ENV sets in a stage, each by an instruction of its own. */
export function environmentOf(stage: readonly Instruction[]): Record<string, string> {
  const settings = stage.filter(({ name }) => name === 'ENV').map(({ words }) => words.join(' '));
  return Object.fromEntries(settings.map((each) => [each.split('=')[0], each.slice(each.indexOf('=') + 1)]));
}

/** The command line of the last ENTRYPOINT, which must be in the form without a shell. */
export function entrypointOf(stage: readonly Instruction[]): string[] {
  const entry = stage.findLast(({ name }) => name === 'ENTRYPOINT');
  return JSON.parse(entry?.words.join(' ') ?? '[]');
}

/** What .dockerignore lets in: paths, each a file or a folder. Its first line excludes everything. */
export function admittedPaths(): string[] {
  const [first, ...admitted] = linesOf(readFileSync(join(ROOT, '.dockerignore'), 'utf8'));
  if (first !== '*' || !admitted.every((line) => /^![\w./-]+$/.test(line)))
    throw new Error('.dockerignore is more than "*" and lines of "!path": teach its reader the rest');
  return admitted.map((line) => line.slice(1));
}

/** Lines without comments and blanks. */
export function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() && !line.startsWith('#'));
}

function stagesOf(text: string): Instruction[][] {
  const stages: Instruction[][] = [];
  for (const line of linesOf(text.replaceAll('\\\n', ' '))) {
    const [name = '', ...words] = line.trim().split(/\s+/);
    if (name === 'FROM') stages.push([]);
    stages.at(-1)?.push({ name, words });
  }
  return stages;
}

export function copiesOf(stage: readonly Instruction[]): Copy[] {
  return stage
    .filter(({ name }) => name === 'COPY' || name === 'ADD')
    .map(({ words }) => {
      const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
      const paths = words.filter((word) => !word.startsWith('--'));
      return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
    });
}
