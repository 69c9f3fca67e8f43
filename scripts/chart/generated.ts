/**
 * The files of the chart that are made of others. `npm run chart` writes them, and a guard compares them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configSchema } from './config-schema.ts';
import { withTables } from './values-table.ts';

const ROOT = join(import.meta.dirname, '../..');
export const CHART = join(ROOT, 'deploy/chart');

export interface GeneratedFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/** Returns what the files should hold. */
export function generatedFiles(): GeneratedFile[] {
  const crd = 'edgetranscodejobs.edgetranscode.live.yaml';
  return [
    { path: join(CHART, 'files', crd), text: readFileSync(join(ROOT, 'crds', crd), 'utf8') },
    changed(join(CHART, 'values.schema.json'), withConfig),
    changed(join(CHART, 'README.md'), (page) =>
      withTables(page, readFileSync(join(CHART, 'values.yaml'), 'utf8')),
    ),
  ];
}

function changed(path: string, change: (text: string) => string): GeneratedFile {
  return { path, text: change(readFileSync(path, 'utf8')) };
}

function withConfig(schema: string): string {
  const parsed = JSON.parse(schema);
  parsed.properties.config = configSchema();
  return `${JSON.stringify(parsed, null, 2)}\n`;
}
