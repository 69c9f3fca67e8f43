/**
 * docs/reference.md names everything that users can meet, and nothing that is not there.
 */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { CONDITION_TYPES } from '../../src/api/conditions.ts';
import { REASONS } from '../../src/api/reasons.ts';
import { OPTIONS } from '../../src/config/options.ts';
import { environmentVariable, helpText } from '../../src/config/read-config.ts';
import { FAILURE_KINDS } from '../../src/job/model/failures.ts';
import { EVENT_REASONS } from '../../src/job/model/kube-port.ts';
import { readCrd } from './deploy/manifests.ts';
import { ownMetrics } from './own-metrics.ts';

const reference = readFileSync('docs/reference.md', 'utf8');

describe('docs/reference.md', () => {
  it('explains every reason, and no other', () => {
    expect(namesIn(section('Reasons'), 0)).to.have.members([...REASONS]);
  });

  it('explains every condition, and no other', () => {
    expect(namesIn(section('Conditions'), 0)).to.have.members([...CONDITION_TYPES]);
  });

  it('explains every event, and no other', () => {
    expect(namesIn(section('Events'), 0)).to.have.members([...EVENT_REASONS]);
  });

  it('explains every option with its default, and no other', () => {
    const rows = rowsOf(section('Options')).map(([flag = '', byDefault = '']) => [
      namesOf(flag)[0],
      byDefault,
    ]);
    const options = Object.entries(OPTIONS).map(([flag, option]) => [`--${flag}`, option.default ?? '']);
    expect(rows).to.have.deep.members(options);
  });

  it('explains every metric with its labels, and no other', () => {
    const metrics = Array.from(ownMetrics(), ([name, labels]) => `${name} ${labels.join(', ')}`);
    const rows = rowsOf(section('Metrics')).map(
      ([name = '', labels = '']) => `${namesOf(name)[0]} ${labels}`,
    );
    expect(rows).to.have.members(metrics);
  });

  it('lists every column', () => {
    const version = readCrd().spec.versions[0];
    const columns = version?.additionalPrinterColumns?.map(({ name }) => name.toUpperCase()) ?? [];
    expect(namesOf(section('Columns')).filter((name) => name === name.toUpperCase())).to.have.members([
      'NAME',
      ...columns,
    ]);
  });

  it('lists every field of spec and status', () => {
    const schema = readCrd().spec.versions[0]?.schema.openAPIV3Schema.properties;
    const spec = Object.keys(schema?.spec?.properties ?? {});
    const status = Object.keys(schema?.status?.properties ?? {});
    expect(namesIn(section('Spec'), 0).map((name) => name.split('.')[0])).to.have.members(spec);
    expect(namesIn(section('Status'), 0)).to.have.members(status);
  });
});

describe('docs/decisions/0007-dependencies.md', () => {
  it('names every dependency', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
    const names = Object.keys({ ...dependencies, ...devDependencies }).filter(
      (name) => !name.startsWith('@types/'),
    );
    expect(namesOf(readFileSync('docs/decisions/0007-dependencies.md', 'utf8'))).to.include.members(names);
  });
});

describe('every failure kind', () => {
  it('is a reason', () => {
    expect(REASONS).to.include.members([...FAILURE_KINDS]);
  });
});

describe('--help', () => {
  it('names every option and how to set it by the environment', () => {
    for (const flag of Object.keys(OPTIONS)) expect(helpText()).to.include(`--${flag}=`);
    expect(environmentVariable('calls-per-minute')).to.equal('EDGETRANSCODE_CALLS_PER_MINUTE');
  });
});

function section(title: string): string {
  const found = reference.split(/^## /m).find((part) => part.startsWith(`${title}\n`));
  if (found === undefined) throw new Error(`docs/reference.md has no section ${title}`);
  return found;
}

/** The cells of each table row, without the head. */
function rowsOf(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** What stands in back quotes in one column of the section's table. */
function namesIn(text: string, column: number): string[] {
  return rowsOf(text).flatMap((cells) => namesOf(cells[column] ?? ''));
}

function namesOf(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string);
}
