/**
 * The files of the chart fit the files that they are made of. What the chart renders is tested with Helm:
 * test/integration/installation/chart.
 */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { configValues } from '../../../scripts/chart/config-schema.ts';
import { CHART, generatedFiles } from '../../../scripts/chart/generated.ts';
import { parseDuration } from '../../../src/base/duration.ts';
import { OPTIONS } from '../../../src/config/options.ts';
import { ROOT } from './manifests.ts';

const text = (name: string): string => readFileSync(join(CHART, name), 'utf8');

interface JsonSchema {
  readonly $ref?: string;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

describe('the chart', () => {
  for (const { path, text: wanted } of generatedFiles())
    it(`has the ${relative(CHART, path)} that npm run chart writes`, () => {
      expect(readFileSync(path, 'utf8')).to.equal(wanted);
    });

  it('has the version of package.json, and installs that version', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(parse(text('Chart.yaml'))).to.include({ version, appVersion: version });
  });

  it('offers each option in config or elsewhere in its values', () => {
    const templates = text('templates/_flags.tpl');
    const offered = new Set(configValues().map(({ flag }) => flag as string));
    const missing = Object.keys(OPTIONS).filter(
      (flag) => !offered.has(flag) && !new RegExp(`--${flag}\\b|"${flag}"`).test(templates),
    );
    // A pod has its own cluster and namespace, and the probes know the port. The URL of Redis is a variable.
    expect(missing).to.deep.equal(['kubeconfig', 'lease-namespace', 'redis-url', 'http-address']);
  });

  it('has a schema that knows each value, and values for all that the schema knows', () => {
    const schema: JsonSchema = JSON.parse(text('values.schema.json'));
    const { enabled: _, ...properties } = schema.properties ?? {};
    expect(leavesOf(parse(text('values.yaml')), { properties })).to.deep.equal([]);
    const { config: __, ...others } = properties;
    expect(Object.keys(parse(text('values.yaml')))).to.include.members(Object.keys(others));
  });

  it('accepts no duration that the operator does not know', () => {
    const { $defs } = JSON.parse(text('values.schema.json'));
    const pattern = new RegExp($defs.duration.pattern);
    for (const duration of ['90s', '1m30s', '1.5h', '500ms']) {
      expect(pattern.test(duration), duration).to.equal(true);
      expect(parseDuration(duration), duration).to.be.a('number');
    }
    for (const duration of ['60', '1d', '', '-5s', '5 s', '5S']) {
      expect(pattern.test(duration), duration).to.equal(false);
      expect(parseDuration(duration), duration).to.equal(undefined);
    }
  });
});

/** Paths of values that a schema with properties does not name. */
function leavesOf(values: object, schema: JsonSchema, prefix = ''): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const path = `${prefix}${name}`;
    const known = schema.properties?.[name];
    if (known === undefined) return [path];
    const nested = known.properties && value !== null && typeof value === 'object';
    return nested ? leavesOf(value, known, `${path}.`) : [];
  });
}
