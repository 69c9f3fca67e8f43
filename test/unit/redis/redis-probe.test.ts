// The check of what a Redis can do. The contract tests cover a real Redis.

import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { codeOf, databaseProblem, PROBE } from '../../../src/redis/redis-probe.ts';

const FOLDER = new URL('../../../src/redis/', import.meta.url);

function commandsIn(text: string, call: RegExp): string[] {
  return [...new Set([...text.matchAll(call)].map(([, command]) => command as string))];
}

describe('the probe of Redis', () => {
  it('runs each command that the scripts of bottleneck and our own run', () => {
    const scripts = createRequire(import.meta.url)('bottleneck/lib/lua.json') as Record<string, string>;
    const ours = readdirSync(FOLDER).map((name) => readFileSync(new URL(name, FOLDER), 'utf8'));
    const needed = commandsIn([...Object.values(scripts), ...ours].join('\n'), /redis\.call\('(\w+)'/g);
    expect(needed).to.include.members(['hmset', 'hlen']);
    expect(commandsIn(PROBE, /(?:try|redis\.call)\('(\w+)'/g)).to.include.members(needed);
  });

  describe('of a database that the URL names', () => {
    const problem = (db: number, error: Error) =>
      databaseProblem({ options: { db }, select: () => Promise.reject(error) } as unknown as Redis);

    it('names a refusal', async () => {
      const refused = new Error('NOPERM this user has no permissions');
      expect(await problem(2, refused)).to.equal('it refuses select (NOPERM)');
      expect(await problem(0, refused), 'the database that needs no choice').to.equal(undefined);
    });

    it('calls a Redis that does not answer no refusal', async () => {
      const late = new Error('Command timed out');
      const thrown = await problem(2, late).catch((error: unknown) => error);
      expect(thrown).to.equal(late);
    });
  });

  it('names an error by its code, and repeats nothing else of it', () => {
    for (const [message, code] of [
      ["NOPERM this user has no permissions to run the 'eval' command", 'NOPERM'],
      ["@user_script: 7: The user executing the script can't run this command or subcommand", 'NOPERM'],
      ['@user_script: 7: -READONLY no writes', 'READONLY'],
      ['ERR Error running script (call to f_0a): @user_script:5: WRONGTYPE Operation', 'WRONGTYPE'],
      ['ERR Error running script (call to f_0a): @user_script:5: @user_script: 5: -OOM no', 'OOM'],
      ['WRONGPASS invalid username-password pair or user is disabled.', 'WRONGPASS'],
      ['NOAUTH Authentication required.', 'NOAUTH'],
      ['-OOM command not allowed', 'OOM'],
      ['a password: SECRET', undefined],
    ])
      expect(codeOf(message)).to.equal(code);
  });
});
