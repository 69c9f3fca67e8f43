/**
 * The bounds and defaults of durations, as a template of the chart: a JSON schema cannot compare durations.
 */
import { type Flag, OPTIONS } from '../../src/config/options.ts';
import { acceptsOf, pathOf } from './config-schema.ts';

/** Returns the text of templates/_durations.tpl: a YAML map by the paths of the values. */
export function durationsTemplate(): string {
  const lines = (Object.keys(OPTIONS) as Flag[]).flatMap((flag) => {
    const [accepts, path] = [acceptsOf(flag), pathOf(flag)];
    if (accepts?.kind !== 'duration' || path === undefined) return [];
    const { least, most } = accepts;
    return `${path}: {default: ${OPTIONS[flag].default}, least: ${least}, most: ${most}}\n`;
  });
  return `{{/* What the operator accepts of durations. Made by \`npm run chart\` of its options. */}}
{{- define "operator.durations" -}}
${lines.join('')}{{- end }}
`;
}
