/**
 * The chart refuses at `helm install` what the operator would refuse at its start, for each option of the
 * operator's table: a pod that ends at once is found later, and by other people.
 */
import { expect } from 'chai';
import { acceptsOf, pathOf } from '../../../../scripts/chart/config-schema.ts';
import { parseDuration } from '../../../../src/base/duration.ts';
import { type Flag, OPTIONS } from '../../../../src/config/options.ts';
import type { Accepts } from '../../../../src/config/parsers.ts';
import { readConfig } from '../../../../src/config/read-config.ts';
import { useHelm, type Values } from '../../support/release/helm.ts';

/** Texts that some option accepts, and each refuses most of. */
const TEXTS = [
  ...[' ', '-', '-1', '+1', '00', '1e400', '0x10', '1.5', '99999999999999999999', 'NaN', 'none', 'True'],
  ...['60', '5S', '5 s', '-5s', '1d', 's', '1m 30s', '1.s', '9999999999999h', '1.0000000001h'],
  ...['http://a/b', 'http://u:p@host', 'ftp://host', 'host:99999', 'host:', 'host?q', 'h st', 'a..b', '://'],
  ...['1.2.3', '256.1.1.1', '1.2.3.4.5', '0x7f.1', '[::1', '[:::]', 'xn--a', 'a%2f', 'a,b', ',', '*.', '**'],
  ...['Media', 'media_1', '-media', 'cn_shanghai', 'a'.repeat(64), 'a'.repeat(300), 'ünïcode'],
];

interface Candidate {
  readonly path: string;
  readonly value: unknown;
}

const FLAGS = (Object.keys(OPTIONS) as Flag[]).filter((flag) => pathOf(flag) !== undefined);
const DURATIONS = FLAGS.flatMap((flag) => {
  const accepts = acceptsOf(flag);
  return accepts?.kind === 'duration' ? [{ flag, path: pathOf(flag) as string, ...accepts }] : [];
});

describe('the options in the chart', function () {
  this.timeout(60_000);
  const scene = useHelm();

  // Helm names all values that its schema refuses, so that a value of each option is tried at a time.
  it('are refused in each form that the operator refuses', async () => {
    const refused = FLAGS.map((flag) => badValuesOf(flag));
    expect(Math.min(...refused.map((values) => values.length))).to.be.greaterThan(9);
    const rounds = Math.max(...refused.map((values) => values.length));
    await Promise.all(
      Array.from({ length: rounds }, async (_, round) => {
        const candidates = refused.flatMap((values) => values[round] ?? []);
        const said = await scene.helm.refusal(valuesOf(candidates));
        const accepted = candidates.filter(({ path }) => !said.includes(`'/${path.replace('.', '/')}`));
        expect(accepted).to.deep.equal([]);
      }),
    );
  });

  for (const { flag, path, least, most } of DURATIONS)
    it(`are refused outside of their bounds: ${path}`, async () => {
      const below = `${(parseDuration(least) as number) - 1}ms`;
      for (const beyond of [below, `${most}1ms`]) {
        expect(() => OPTIONS[flag].parse(beyond)).to.throw();
        const said = await scene.helm.refusal(valuesOf([{ path, value: beyond }]));
        expect(said).to.contain(`${path} is ${beyond}, and the operator takes ${least} to ${most}`);
      }
    });

  for (const [title, bounds] of Object.entries({
    shortest: {
      config: { interval: '5s', minInterval: '5s' },
      leaderElection: { leaseDuration: '1s', renewDeadline: '500ms', retryPeriod: '100ms' },
    },
    longest: {
      config: { interval: '24h', minInterval: '24h' },
      leaderElection: { leaseDuration: '10m', renewDeadline: '9m59.999s', retryPeriod: '9m59s' },
    },
  }))
    it(`are accepted at their bounds, as by the operator: the ${title}`, async () => {
      await scene.helm.render({ values: bounds });
      expect(readConfig(argumentsOf(bounds), {})).not.to.have.property('errors');
    });

  for (const [title, values, sentence] of [
    [
      'an interval below the shortest one',
      { config: { interval: '10s', minInterval: '30s' } },
      'config.interval is 10s, below config.minInterval, which is 30s; raise the first or lower the second',
    ],
    [
      'a shortest interval above the default interval',
      { config: { minInterval: '2m' } },
      'config.interval is 60s, below config.minInterval, which is 2m',
    ],
    [
      'a deadline that is not below the duration of the Lease',
      { leaderElection: { leaseDuration: '10s', renewDeadline: '10s' } },
      'leaderElection.renewDeadline is 10s, not below leaderElection.leaseDuration, which is 10s; lower the first or raise the second',
    ],
    [
      'a period that is not below the default deadline',
      { leaderElection: { retryPeriod: '12s' } },
      'leaderElection.retryPeriod is 12s, not below leaderElection.renewDeadline, which is 10s',
    ],
    [
      'plain HTTP to another host',
      { config: { endpoint: 'http://live.example.com' } },
      'config.endpoint is plain HTTP to another host; use https, or set config.insecureEndpoint=true if you must',
    ],
    [
      'plain HTTP to another STS',
      { config: { stsEndpoint: 'http://127.example.com:80' } },
      'config.stsEndpoint is plain HTTP to another host',
    ],
  ] as const)
    it(`are refused together, as by the operator: ${title}`, async () => {
      expect(readConfig(argumentsOf(values), {}))
        .to.have.property('errors')
        .with.lengthOf(1);
      expect(await scene.helm.refusal(values)).to.contain(sentence);
    });

  it('may name plain HTTP to the pod itself, or anywhere if the user says so', async () => {
    for (const config of [
      { endpoint: 'http://127.0.0.1:8080', stsEndpoint: 'http://localhost/' },
      { endpoint: 'http://live.example.com', insecureEndpoint: true },
    ]) {
      await scene.helm.render({ values: { config } });
      expect(readConfig(argumentsOf({ config }), {})).not.to.have.property('errors');
    }
  });
});

/** Values that the operator refuses as the text of the option, as a user of the chart would write them. */
function badValuesOf(flag: Flag): Candidate[] {
  const path = pathOf(flag) as string;
  const accepts = acceptsOf(flag);
  return TEXTS.filter((text) => isRefused(flag, text)).flatMap((text) =>
    inYaml(text, accepts).map((value) => ({ path, value })),
  );
}

function isRefused(flag: Flag, text: string): boolean {
  try {
    OPTIONS[flag].parse(text);
    return false;
  } catch {
    return true;
  }
}

function inYaml(text: string, accepts: Accepts | undefined): unknown[] {
  if (accepts?.kind === 'list') return [[text]];
  const isNumber = accepts?.kind === 'number' || accepts?.kind === 'integer';
  return isNumber && /^-?\d+(\.\d+)?$/.test(text) ? [Number(text)] : [text];
}

function valuesOf(candidates: readonly Candidate[]): Values {
  const values: Record<string, unknown> = {};
  for (const { path, value } of candidates) {
    const [section = '', name] = path.split('.');
    if (name === undefined) values[section] = value;
    else values[section] = { ...(values[section] as object | undefined), [name]: value };
  }
  return values;
}

/** The arguments that the chart would make of the values of options. */
function argumentsOf(values: Values): string[] {
  return FLAGS.flatMap((flag) => {
    const [section = '', name = ''] = (pathOf(flag) as string).split('.');
    const value = (values[section] as Record<string, unknown> | undefined)?.[name];
    return value === undefined ? [] : [`--${flag}=${value}`];
  });
}
