/** Options: flags and environment variables, and the messages and warnings about them. */
import fc from 'fast-check';
import { OPTIONS } from '../../src/config/options.ts';
import { environmentVariable, readConfig } from '../../src/config/read-config.ts';
import { warningsOf } from '../../src/config/warnings.ts';
import type { Border } from './kit/border.ts';
import { CANARY, canaryWith, expectNoSecret } from './kit/canary.ts';
import { mutatedText } from './kit/mutate.ts';
import { longText, oddText, PIECES } from './kit/texts.ts';

const flags = Object.keys(OPTIONS);

const usual = fc.constantFrom(
  ...[
    '60s',
    '5s',
    '24h',
    '1',
    '100',
    '0.5',
    'true',
    'false',
    'json',
    'pretty',
    'debug',
    'redact',
    'none',
    '*',
  ],
  ...[
    'media,news',
    'cn-shanghai',
    ':8080',
    '127.0.0.1:0',
    'https://live.aliyuncs.com',
    'redis://h:6379',
    'a',
  ],
);

/** Values that hold a password, as a URL does. They are given to options that take another value, too. */
const withPassword = fc
  .tuple(
    fc.constantFrom('redis://', 'rediss://', 'https://', 'http://', 'redis:', 'x://', '//'),
    fc.constantFrom(`:${CANARY}@`, `user:${CANARY}@`, `${CANARY}@`),
    fc.constantFrom('h:6379', 'h', '127.0.0.1', '', 'h:99999'),
    fc.constantFrom('', '/0', '/x', `?${CANARY}`, `#${CANARY}`, `/${CANARY}`),
  )
  .map((parts) => parts.join(''));
const noisyPassword = fc.constantFrom(...PIECES).map((piece) => `redis://user:${canaryWith(piece)}@h:6379`);

interface Given {
  readonly name: string;
  readonly value: string;
  readonly as: 'flag' | 'two arguments' | 'variable' | 'argument' | 'flag alone';
}

const as = fc.constantFrom<Given['as']>(
  'flag',
  'flag',
  'two arguments',
  'variable',
  'variable',
  'flag alone',
);

const given: fc.Arbitrary<Given> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      name: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...flags) }, { weight: 1, arbitrary: oddText }),
      value: fc.oneof(
        { weight: 6, arbitrary: mutatedText(usual) },
        { weight: 2, arbitrary: oddText },
        longText,
      ),
      as,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      name: fc.constantFrom(...flags),
      value: fc.oneof(withPassword, noisyPassword),
      as: fc.constantFrom<Given['as']>('flag', 'two arguments', 'variable'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      name: fc.constant(''),
      value: fc.constantFrom(`redis://:${CANARY}@h`, `--redis-urlredis://:${CANARY}@h`, `-p:${CANARY}@h`),
      as: fc.constant<Given['as']>('argument'),
    }),
  },
);

export const options: Border<readonly Given[]> = {
  name: 'options',
  inputs: fc.array(given, { maxLength: 6 }),
  open: () => ({ take }),
};

function take(all: readonly Given[]): void {
  const environment: Record<string, string> = {};
  for (const { name, value, as: how } of all)
    if (how === 'variable') environment[environmentVariable(name)] = value;
  const args = all.flatMap(argumentsOf);
  const result = readConfig(args, environment);
  if ('errors' in result) {
    if (result.errors.length === 0) throw new Error('neither options nor a mistake');
    expectNoSecret('a mistake', ...result.errors);
    return;
  }
  expectNoSecret(
    'a warning',
    ...result.warnings,
    ...warningsOf(result.config, true),
    ...warningsOf(result.config, false),
  );
  for (const [flag, value] of Object.entries(result.config))
    if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`--${flag} is ${value}`);
}

function argumentsOf({ name, value, as: how }: Given): string[] {
  switch (how) {
    case 'flag':
      return [`--${name}=${value}`];
    case 'two arguments':
      return [`--${name}`, value];
    case 'flag alone':
      return [`--${name}`];
    case 'argument':
      return [value];
    case 'variable':
      return [];
  }
}
