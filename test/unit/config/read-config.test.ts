// Reads every option from a flag and from the environment, and returns all mistakes at once.

import { expect } from 'chai';
import { type Config, type Flag, OPTIONS } from '../../../src/config/options.ts';
import { environmentVariable, helpText, readConfig } from '../../../src/config/read-config.ts';

const FLAGS = Object.keys(OPTIONS) as Flag[];

function configOf(args: string[], environment: Record<string, string> = {}): Config {
  const result = readConfig(args, environment);
  expect(result).to.have.property('config');
  return (result as { config: Config }).config;
}

function errorsOf(args: string[], environment: Record<string, string> = {}): readonly string[] {
  const result = readConfig(args, environment);
  expect(result).to.have.property('errors');
  return (result as { errors: readonly string[] }).errors;
}

interface Values {
  readonly good: readonly (readonly [text: string, value: unknown])[];
  readonly bad: readonly string[];
}

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

const VALUES: Record<Flag, Values> = {
  kubeconfig: { good: [['/etc/kubeconfig', '/etc/kubeconfig']], bad: [''] },
  namespaces: {
    good: [
      ['media', ['media']],
      ['media, news,', ['media', 'news']],
    ],
    bad: ['', ' , ', '*', 'media,*', 'Media', 'a.b', 'media;news', '-media', 'x'.repeat(64)],
  },
  interval: {
    good: [
      ['5s', 5 * SECOND],
      ['1m30s', 90 * SECOND],
      ['24h', 24 * HOUR],
    ],
    bad: ['', '4.9s', '24h1s', '60', 'soon', '-60s', '1e3s'],
  },
  'min-interval': {
    good: [
      ['5s', 5 * SECOND],
      ['60s', 60 * SECOND],
    ],
    bad: ['4s', '25h', 'x'],
  },
  freshness: {
    good: [
      ['2', 2],
      ['2.5', 2.5],
      ['100', 100],
    ],
    bad: ['', '1', '1.99', '101', 'x', '-3', '3e0', 'Infinity'],
  },
  endpoint: {
    good: [
      ['live.aliyuncs.com', { protocol: 'https', host: 'live.aliyuncs.com' }],
      ['10.0.0.1:8443', { protocol: 'https', host: '10.0.0.1:8443' }],
      ['http://127.0.0.1:7080', { protocol: 'http', host: '127.0.0.1:7080' }],
    ],
    bad: ['ftp://x', 'x/y', 'https://user:CANARY@x', 'http://10.0.0.1', 'http://localhost.example'],
  },
  'insecure-endpoint': {
    good: [
      ['true', true],
      ['false', false],
    ],
    bad: ['', 'yes', '1', 'TRUE'],
  },
  'sts-endpoint': {
    good: [
      ['none', 'none'],
      ['NONE', 'none'],
      ['sts-vpc.cn-shanghai.aliyuncs.com', { protocol: 'https', host: 'sts-vpc.cn-shanghai.aliyuncs.com' }],
      ['http://127.0.0.1:7081', { protocol: 'http', host: '127.0.0.1:7081' }],
    ],
    bad: ['ftp://x', 'x/y', 'https://user:CANARY@x', 'http://10.0.0.1', 'http://localhost.example'],
  },
  credentials: {
    good: [
      ['auto', 'auto'],
      ['rrsa', 'rrsa'],
      ['access-key', 'access-key'],
    ],
    bad: ['', 'RRSA', 'key'],
  },
  region: {
    good: [['eu-central-1', 'eu-central-1']],
    bad: ['', 'EU', 'eu central', '../x', '-eu', 'x'.repeat(65)],
  },
  'calls-per-minute': {
    good: [
      ['1', 1],
      ['6000', 6_000],
    ],
    bad: ['', '0', '6001', '-1', '1.5', '1e3', 'x'],
  },
  'observe-with': {
    good: [
      ['auto', 'auto'],
      ['get', 'get'],
      ['list', 'list'],
    ],
    bad: ['', 'Get', 'both'],
  },
  'default-credentials-namespaces': {
    good: [
      ['*', ['*']],
      ['media, news,', ['media', 'news']],
    ],
    bad: ['', ' , ', 'Media', 'a.b', 'media;news', 'x'.repeat(64)],
  },
  'allowed-endpoints': {
    good: [['*.aliyuncs.com,10.0.0.1:8443', ['*.aliyuncs.com', '10.0.0.1:8443']]],
    bad: ['', '*aliyuncs.com', 'https://live.aliyuncs.com', 'a b'],
  },
  'stream-urls': {
    good: [
      ['redact', 'redact'],
      ['short', 'short'],
      ['full', 'full'],
      ['omit', 'omit'],
    ],
    bad: ['', 'Full', 'none', 'redact-query'],
  },
  'leader-elect': {
    good: [
      ['true', true],
      ['false', false],
    ],
    bad: ['', 'yes', '1'],
  },
  'lease-namespace': {
    good: [['edge-transcode-system', 'edge-transcode-system']],
    bad: ['', '*', 'Edge', 'a.b', '-a', 'x'.repeat(64)],
  },
  'shard-count': {
    good: [
      ['1', 1],
      ['100', 100],
    ],
    bad: ['', '0', '101', '1.5', 'x'],
  },
  'redis-url': {
    good: [
      ['redis://redis', 'redis://redis'],
      ['redis://:word@10.0.0.1:6379/2', 'redis://:word@10.0.0.1:6379/2'],
      ['rediss://user:word@redis.example:6380/', 'rediss://user:word@redis.example:6380/'],
      // ioredis would not speak TLS, or throw.
      ['REDISS://:word@redis.example:6380', 'rediss://:word@redis.example:6380'],
      [' rediss://:word@redis.example:6380\n', 'rediss://:word@redis.example:6380'],
      ['redis://:100%25@redis', 'redis://:100%25@redis'],
    ],
    bad: [
      '',
      'CANARY',
      'redis://',
      'http://CANARY',
      'redis://:CANARY@host:port',
      'redis://host/CANARY',
      'redis://host?x=CANARY',
      'redis://host#CANARY',
      'redis://:CANARY100%@host',
      'redis://CANARY%ff:word@host',
    ],
  },
  shard: {
    good: [
      ['sports', 'sports'],
      ['2', '2'],
      ['x'.repeat(63), 'x'.repeat(63)],
    ],
    bad: ['', 'Sports', 'a.b', 'a_b', '-a', 'a,b', '!a', 'x'.repeat(64)],
  },
  'lease-name': {
    good: [
      ['shard-1', 'shard-1'],
      ['shard-1.example', 'shard-1.example'],
    ],
    bad: ['', 'Shard', 'a/b', '.a', 'a..b', `a${'.a'.repeat(127)}`],
  },
  'lease-duration': {
    good: [
      ['10.5s', 10.5 * SECOND],
      ['10m', 600 * SECOND],
    ],
    bad: ['', '999ms', '11m', '15'],
  },
  'renew-deadline': {
    good: [
      ['2.5s', 2.5 * SECOND],
      ['14s', 14 * SECOND],
    ],
    bad: ['', '499ms', '11m', 'x'],
  },
  'retry-period': {
    good: [
      ['100ms', 100],
      ['9s', 9 * SECOND],
    ],
    bad: ['', '99ms', '11m', '-2s'],
  },
  'http-address': {
    good: [
      [':0', { host: undefined, port: 0 }],
      [':8080', { host: undefined, port: 8_080 }],
      ['127.0.0.1:65535', { host: '127.0.0.1', port: 65_535 }],
      ['[::1]:80', { host: '::1', port: 80 }],
      ['localhost:80', { host: 'localhost', port: 80 }],
    ],
    bad: ['', '8080', ':65536', ':x', '::1:80', ':80:80'],
  },
  'page-address': {
    good: [
      [':8081', { host: undefined, port: 8_081 }],
      ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ],
    bad: ['8081', 'host', ':65536', 'http://host:80'],
  },
  'page-namespaces': {
    good: [
      ['media', ['media']],
      ['media, news,', ['media', 'news']],
    ],
    bad: ['', '*', 'Media'],
  },
  'per-object-metrics-limit': {
    good: [
      ['0', 0],
      ['1000000', 1_000_000],
    ],
    bad: ['', '-1', '1000001', 'x'],
  },
  'log-level': {
    good: [
      ['debug', 'debug'],
      ['error', 'error'],
    ],
    bad: ['', 'trace', 'INFO'],
  },
  'log-format': { good: [['pretty', 'pretty']], bad: ['', 'text'] },
};

/** Returns the options without which a good value of this flag is refused. */
function needed(flag: Flag): string[] {
  if (flag === 'min-interval') return ['--interval=24h'];
  return flag === 'redis-url' ? ['--shard-count=2'] : [];
}

describe('the options', () => {
  it('have a default each, or stay undefined', () => {
    const config = configOf([]);
    expect(config).to.deep.equal({
      interval: 60 * SECOND,
      'min-interval': 5 * SECOND,
      'observe-with': 'auto',
      freshness: 3,
      'insecure-endpoint': false,
      'leader-elect': false,
      'lease-name': 'edge-transcode-job-operator',
      'lease-duration': 15_000,
      'renew-deadline': 10_000,
      'retry-period': 2_000,
      credentials: 'auto',
      region: 'cn-shanghai',
      'calls-per-minute': 3_000,
      'allowed-endpoints': ['*.aliyuncs.com'],
      'stream-urls': 'redact',
      'http-address': { host: undefined, port: 8_080 },
      'shard-count': 1,
      'per-object-metrics-limit': 10_000,
      'log-level': 'info',
      'log-format': 'json',
    });
    expect(config.kubeconfig).to.equal(undefined);
    expect(config['default-credentials-namespaces']).to.equal(undefined);
    expect(config.endpoint).to.equal(undefined);
    expect(config['sts-endpoint']).to.equal(undefined);
  });

  for (const flag of FLAGS)
    describe(`--${flag}`, () => {
      const variable = environmentVariable(flag);
      for (const [text, value] of VALUES[flag].good) {
        it(`takes ${text}, as a flag in both forms and from the environment`, () => {
          const args = needed(flag);
          expect(configOf([...args, `--${flag}=${text}`])[flag]).to.deep.equal(value);
          expect(configOf(args, { [variable]: text })[flag]).to.deep.equal(value);
          if (OPTIONS[flag].value !== 'true|false')
            expect(configOf([...args, `--${flag}`, text])[flag]).to.deep.equal(value);
        });
      }

      for (const text of VALUES[flag].bad) {
        it(`refuses ${JSON.stringify(text)}, naming the flag`, () => {
          const errors = errorsOf([`--${flag}=${text}`]);
          expect(errors).to.have.length(1);
          expect(errors[0])
            .to.match(new RegExp(`^--${flag}: `))
            .and.not.contain('CANARY');
        });

        if (text !== '' && !text.startsWith('http://'))
          it(`refuses ${JSON.stringify(text)} of the environment, naming the variable`, () => {
            const errors = errorsOf([], { [variable]: text });
            expect(errors).to.have.length(1);
            expect(errors[0])
              .to.match(new RegExp(`^${variable}: `))
              .and.not.contain('CANARY');
          });
      }

      it('is set by the flag when flag and environment differ', () => {
        const [text, value] = VALUES[flag].good.at(-1) ?? ['', ''];
        const args = needed(flag);
        expect(
          configOf([...args, `--${flag}=${text}`], { [variable]: 'no good, and not looked at' })[flag],
        ).to.deep.equal(value);
      });

      it('is left at its default by an empty variable', () => {
        expect(configOf([], { [variable]: '' })[flag]).to.deep.equal(configOf([])[flag]);
      });

      it('is listed by --help, with its values and its default', () => {
        const { value, text, default: byDefault } = OPTIONS[flag];
        expect(helpText()).to.contain(`--${flag}=${value}\n`).and.contain(text);
        if (byDefault !== undefined) expect(helpText()).to.contain(`(default ${byDefault})`);
      });
    });

  it('are each an environment variable, in upper snake case', () => {
    expect(environmentVariable('calls-per-minute')).to.equal('EDGETRANSCODE_CALLS_PER_MINUTE');
  });

  it('name the value that is refused', () => {
    expect(errorsOf(['--interval=2s'])[0])
      .to.contain('"2s"')
      .and.contain('5s to 24h');
    expect(errorsOf(['--calls-per-minute=6001'])[0])
      .to.contain('"6001"')
      .and.contain('1 to 6000');
    expect(errorsOf(['--log-level=trace'])[0])
      .to.contain('"trace"')
      .and.contain('debug, info, warn, error');
    expect(errorsOf(['--allowed-endpoints=a.b,*c'])[0]).to.contain('"*c"');
    const [error] = errorsOf(['--allowed-endpoints=https://user:canary@a.b']);
    expect(error).to.contain('--allowed-endpoints').and.not.contain('canary');
  });

  for (const flag of ['insecure-endpoint', 'leader-elect'] as const)
    it(`--${flag} alone means true, and takes no next argument`, () => {
      expect(configOf([`--${flag}`])[flag]).to.equal(true);
      expect(errorsOf([`--${flag}`, 'false'])).to.deep.equal([
        'argument 2 is not an option; write --option=value',
      ]);
    });

  describe('--insecure-endpoint', () => {
    it('lets --endpoint be plain HTTP anywhere', () => {
      const args = ['--endpoint=http://10.0.0.1', '--insecure-endpoint'];
      expect(configOf(args).endpoint).to.deep.equal({ protocol: 'http', host: '10.0.0.1' });
      const sts = ['--sts-endpoint=http://10.0.0.1', '--insecure-endpoint'];
      expect(configOf(sts)['sts-endpoint']).to.deep.equal({ protocol: 'http', host: '10.0.0.1' });
    });
  });

  it('take the last value when a flag is given twice', () => {
    expect(configOf(['--region=a1', '--region=b2']).region).to.equal('b2');
  });

  it('are refused when the two intervals contradict each other, naming both', () => {
    expect(errorsOf(['--interval=10s', '--min-interval=1m'])).to.deep.equal([
      '--interval: 10s is below the 1m of --min-interval',
    ]);
    expect(errorsOf([], { EDGETRANSCODE_MIN_INTERVAL: '2m' })[0]).to.contain('1m is below the 2m');
  });

  it('are refused when a leader could outlive its Lease, or could not try twice to renew it', () => {
    expect(errorsOf(['--lease-duration=10s', '--retry-period=10s'])).to.deep.equal([
      '--retry-period: 10s is not below the 10s of --renew-deadline',
      '--renew-deadline: 10s is not below the 10s of --lease-duration',
    ]);
    expect(configOf(['--lease-duration=3s', '--renew-deadline=2s', '--retry-period=500ms'])).to.include({
      'lease-duration': 3_000,
      'renew-deadline': 2_000,
      'retry-period': 500,
    });
  });

  it('are refused when the budgets are shared by a single operator', () => {
    const url = '--redis-url=rediss://user:CANARY@redis.example:6380/1';
    expect(errorsOf([url])).to.deep.equal([
      '--redis-url: needs --shard-count, the number of operators that share the budgets',
    ]);
    expect(configOf([url, '--shard-count=3'])['redis-url']).to.equal(url.slice('--redis-url='.length));
  });

  it('are refused when the name of the Lease is too long for the name of the shard after it', () => {
    const name = Array(4).fill('x'.repeat(61)).join('.');
    expect(name).to.have.lengthOf(247);
    expect(errorsOf([`--lease-name=${name}`, '--shard=sports'])).to.deep.equal([
      '--lease-name: with --shard it is longer than 253 characters',
    ]);
    configOf([`--lease-name=${name}`, '--shard=sport']);
    configOf([`--lease-name=${name}`]);
  });

  it('are refused by name when they are unknown, without a value or in the wrong place', () => {
    expect(errorsOf(['--intervall=5s'])[0]).to.match(/^--intervall: no such option/);
    expect(errorsOf(['--password=CANARY']).join()).not.to.contain('CANARY');
    expect(errorsOf(['--no-insecure-endpoint'])[0]).to.match(/no such option/);
    expect(errorsOf(['--region'])[0]).to.equal('--region: needs a value, as in --region=REGION');
    expect(errorsOf(['CANARY'])).to.deep.equal(['argument 1 is not an option; write --option=value']);
    expect(errorsOf(['--', 'CANARY'])).to.deep.equal(['argument 2 is not an option; write --option=value']);
    for (const args of [
      ['-x'],
      ['-endpoint=live.aliyuncs.com'],
      ['-redis-url=redis://:CANARY@redis.example'],
      ['-redis-urlCANARY'],
    ])
      expect(errorsOf(args)).to.deep.equal(['argument 1 is not an option; write --option=value']);
    for (const name of ['__proto__', 'constructor', 'toString'])
      expect(errorsOf([`--${name}=x`])[0]).to.match(/no such option/);
  });

  it('are refused without repeating what may be a URL with a password, given by mistake', () => {
    const url = 'redis://user:CANARY,CANARY@redis.example:6379';
    for (const flag of Object.keys(OPTIONS)) {
      const result = readConfig([`--${flag}=${url}`], {});
      if ('errors' in result) expect(result.errors.join(), flag).not.to.contain('CANARY');
    }
    expect(errorsOf([`--region=${url}`])).to.deep.equal([
      '--region: the value is not a region such as cn-shanghai',
    ]);
    expect(errorsOf([`--redis-url${url}`])).to.deep.equal([
      '--redis-urlredis: no such option; --help lists them',
    ]);
    expect(errorsOf([`--region=${'X'.repeat(65)}`]).join()).not.to.contain('XX');
  });

  it('report all mistakes at once, of both sources and of their combinations', () => {
    const errors = errorsOf(
      [
        '--nonsense',
        'extra',
        '--interval=10s',
        '--min-interval=1m',
        '--region=X Y',
        '--endpoint=http://10.0.0.1',
      ],
      { EDGETRANSCODE_LOG_LEVEL: 'loud', EDGETRANSCODE_FRESHNESS: '0' },
    );
    expect(errors.map((error) => error.split(/[: ]/)[0])).to.have.members([
      '--nonsense',
      'argument',
      '--interval',
      '--region',
      '--endpoint',
      'EDGETRANSCODE_LOG_LEVEL',
      'EDGETRANSCODE_FRESHNESS',
    ]);
  });

  it('warn of variables that are likely misspelt, but not of those that Kubernetes sets for a Service', () => {
    const result = readConfig([], {
      EDGETRANSCODE_INTERVALL: 'CANARY',
      EDGETRANSCODE_OPERATOR_SERVICE_HOST: '10.0.0.1',
      EDGETRANSCODE_OPERATOR_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
      EDGETRANSCODE_REGION: 'cn-beijing',
      PATH: '/bin',
    });
    expect(result)
      .to.have.property('warnings')
      .that.deep.equals([
        'EDGETRANSCODE_INTERVALL is not an option; --help lists the options and their variables',
      ]);
  });
});

describe('--help', () => {
  it('lists each option once, in the order of the table', () => {
    const listed = [...helpText().matchAll(/^ {2}--([a-z-]+)=/gm)].map(([, flag]) => flag);
    expect(listed).to.deep.equal(FLAGS);
  });

  it('explains the names of the variables, the credentials and the exit codes', () => {
    expect(helpText())
      .to.contain('EDGETRANSCODE_CALLS_PER_MINUTE')
      .and.contain('ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET')
      .and.contain('ALIBABA_CLOUD_SECURITY_TOKEN')
      .and.contain(
        'ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_OIDC_PROVIDER_ARN and ALIBABA_CLOUD_OIDC_TOKEN_FILE',
      )
      .and.contain('0 stopped on request, 1 failed, 2 bad options');
  });
});
