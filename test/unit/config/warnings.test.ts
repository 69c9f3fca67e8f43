// Options that are valid and risky are named at the start, with what to do instead.

import { expect } from 'chai';
import type { Config } from '../../../src/config/options.ts';
import { readConfig } from '../../../src/config/read-config.ts';
import { warningsOf } from '../../../src/config/warnings.ts';

/** The options that the warnings name. */
function warned(args: readonly string[], hasOwn = false): string[] {
  const { config } = readConfig(args, {}) as { config: Config };
  return warningsOf(config, hasOwn).map((warning) => warning.split(':')[0] ?? '');
}

describe('the warnings about options', () => {
  const NAMESPACES = '--default-credentials-namespaces';

  it('are none by default', () => {
    expect(warned([])).to.deep.equal([]);
  });

  it("say that no object may use the operator's own credentials, where no namespace is named", () => {
    expect(warned([], true)).to.deep.equal([NAMESPACES]);
    for (const chosen of ['*', 'media,news'])
      expect(warned([`${NAMESPACES}=${chosen}`], true)).to.deep.equal([]);
  });

  it('are none where a person names the cluster: all namespaces may then use them', () => {
    expect(warned(['--kubeconfig=config'], true)).to.deep.equal([]);
    expect(warned(['--kubeconfig=config', '--shard=sports'], true)).to.deep.equal([NAMESPACES]);
  });

  it('say that --shard-count divides nothing without --redis-url', () => {
    expect(warned(['--shard-count=3'])).to.deep.equal(['--shard-count']);
    expect(warned(['--shard-count=3', '--redis-url=rediss://redis.example'])).to.deep.equal([]);
    expect(warned(['--shard-count=1'])).to.deep.equal([]);
  });

  it('say that the label of a shard lets any namespace choose its credentials', () => {
    expect(warned([`${NAMESPACES}=*`, '--shard=sports'], true)).to.deep.equal([NAMESPACES]);
    expect(warned([`${NAMESPACES}=media`, '--shard=sports'], true)).to.deep.equal([]);
    expect(warned([`${NAMESPACES}=*`, '--shard=sports'])).to.deep.equal([]);
  });

  for (const [url, isWarned] of [
    ['redis://redis.example:6379', true],
    ['redis://:CANARY@10.0.0.1', true],
    ['redis://[fd00::1]:6379', true],
    ['rediss://redis.example:6379', false],
    ['redis://127.0.0.1:6379', false],
    ['redis://localhost', false],
    ['redis://[::1]:6379', false],
  ] as const)
    it(`${isWarned ? 'name' : 'do not name'} --redis-url for ${url}`, () => {
      const args = [`--redis-url=${url}`, '--shard-count=2'];
      expect(warned(args)).to.deep.equal(isWarned ? ['--redis-url'] : []);
      const { config } = readConfig(args, {}) as { config: Config };
      expect(warningsOf(config, false).join()).not.to.contain('CANARY');
    });

  it('name each endpoint that is plain HTTP beyond this host, and the option that allows it', () => {
    for (const host of ['127.0.0.1:7080', 'localhost:7080', '[::1]:7080', '127.0.0.1'])
      expect(
        warned(['--insecure-endpoint', `--endpoint=http://${host}`, `--sts-endpoint=http://${host}`]),
      ).to.deep.equal(['--insecure-endpoint']);
    expect(warned(['--endpoint=https://live.example', '--sts-endpoint=https://sts.example'])).to.deep.equal(
      [],
    );
    expect(
      warned(['--insecure-endpoint', '--endpoint=http://live.example', '--sts-endpoint=http://sts.example']),
    ).to.deep.equal(['--endpoint', '--sts-endpoint', '--insecure-endpoint']);
    expect(warned(['--insecure-endpoint', '--sts-endpoint=none'])).to.deep.equal(['--insecure-endpoint']);
  });
});
