/**
 * The files of the chart that are made of others. `npm run chart` writes them, and a guard compares them.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { configSchema, schemasElsewhere } from './config-schema.ts';
import { dashboard } from './dashboard/dashboard.ts';
import { durationsTemplate } from './durations-template.ts';
import { withTables } from './values-table.ts';

const ROOT = join(import.meta.dirname, '../..');
export const CHART = join(ROOT, 'deploy/chart');

const RULES = 'deploy/prometheus/rules.yaml';

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string }[] }[];
}

export interface GeneratedFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/** Returns what the files should hold. */
export function generatedFiles(): GeneratedFile[] {
  return [
    copied('crds/edgetranscodejobs.edgetranscode.live.yaml'),
    copied(RULES),
    { path: join(CHART, 'files/dashboard.json'), text: `${JSON.stringify(dashboard(), null, 2)}\n` },
    changed(join(CHART, 'values.schema.json'), withNames),
    { path: join(CHART, 'templates/_durations.tpl'), text: durationsTemplate() },
    changed(join(CHART, 'README.md'), (page) =>
      withTables(page, readFileSync(join(CHART, 'values.yaml'), 'utf8')),
    ),
  ];
}

/** Helm reads only files inside of the chart. */
function copied(source: string): GeneratedFile {
  return { path: join(CHART, 'files', basename(source)), text: readFileSync(join(ROOT, source), 'utf8') };
}

function changed(path: string, change: (text: string) => string): GeneratedFile {
  return { path, text: change(readFileSync(path, 'utf8')) };
}

function withNames(schema: string): string {
  const parsed = JSON.parse(schema);
  parsed.properties.config = configSchema();
  for (const [path, schema] of schemasElsewhere()) {
    const [last = '', ...sections] = path.split('.').reverse();
    let parent = parsed;
    for (const section of sections.reverse()) parent = parent.properties[section];
    parent.properties[last] = schema;
  }
  parsed.$defs.alert = { enum: alerts() };
  return `${JSON.stringify(parsed, null, 2)}\n`;
}

/** The names of the alerts, so that a misspelt one is refused. */
function alerts(): string[] {
  const { groups } = parse(readFileSync(join(ROOT, RULES), 'utf8')) as Rules;
  return groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
}
