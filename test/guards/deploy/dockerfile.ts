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
