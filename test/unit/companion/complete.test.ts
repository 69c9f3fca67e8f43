import { expect } from 'chai';
import { Command, Option } from 'commander';
import type { Candidates, Line } from '../../../src/companion/completion/candidates.ts';
import { complete } from '../../../src/companion/completion/complete.ts';

describe('candidates of the shell for kubectl etj', () => {
  const program = new Command('kubectl etj');
  program.command('status').description('Show.').option('-w, --watch', 'follow');
  program
    .command('refresh')
    .description('Request.')
    .addOption(new Option('-o, --output <format>', 'how').choices(['json', 'yaml']))
    .option('-n, --namespace <name>', 'where')
    .option('-A, --all-namespaces', 'everywhere')
    .option('--kubeconfig <path>', 'file')
    .argument('[name...]');

  /** Answers with what it received. */
  let received: readonly [string, Line] | undefined;
  const candidates = (found: string[]): Candidates => ({
    value: async (long, line) => {
      received = [long, line];
      return found;
    },
    argument: async (command, line) => {
      received = [command, line];
      return found;
    },
  });
  const completed = (words: readonly string[], found: string[] = []) =>
    complete(program, words, candidates(found));

  it('are the commands for the first word', async () => {
    expect(await completed([''])).to.deep.equal(['status\tShow.', 'refresh\tRequest.', ':4']);
    expect(await completed(['st'])).to.deep.equal(['status\tShow.', ':4']);
    expect(await completed([])).to.have.lengthOf(3);
  });

  it('are the options of the command that are not there yet', async () => {
    expect(await completed(['status', '-'])).to.deep.equal(['--watch\tfollow', ':4']);
    expect(await completed(['status', '-w', '-'])).to.deep.equal([':4']);
    expect(await completed(['refresh', '--all-namespaces', '--n'])).to.deep.equal([
      '--namespace\twhere',
      ':4',
    ]);
  });

  it('are the values of an option, behind a space or an equals sign', async () => {
    for (const words of [
      ['refresh', '-o', ''],
      ['refresh', '--output', ''],
      ['refresh', '--output='],
      ['refresh', 'name', '-o='],
    ])
      expect(await completed(words), words.join(' ')).to.deep.equal(['json', 'yaml', ':4']);
    expect(await completed(['refresh', '-n', 'me'], ['media', 'news'])).to.deep.equal(['media', ':4']);
    expect(received?.[0]).to.equal('--namespace');
  });

  it('are files where a file is wanted', async () => {
    expect(await completed(['refresh', '--kubeconfig', './'])).to.deep.equal([':0']);
  });

  it('are arguments that are not there yet, from the cluster and namespace of the line', async () => {
    const words = ['refresh', '--kubeconfig=file', '-n', 'media', 'one', 't'];
    expect(await completed(words, ['one', 'two', 'three'])).to.deep.equal(['two', 'three', ':4']);
    expect(Object.fromEntries(received?.[1].options ?? [])).to.deep.equal({
      '--kubeconfig': 'file',
      '--namespace': 'media',
    });
    expect(received?.[1].args).to.deep.equal(['one']);
    expect(await completed(['refresh', '--', 'one', ''], ['one', 'two'])).to.deep.equal(['two', ':4']);
  });

  it('hold nothing that a terminal would obey or that is more than a line', async () => {
    const hostile = ['a\u001b[31m', 'b\nc', 'd\u202e', 'fine', 'f\tx\u0007'];
    expect(await completed(['refresh', ''], hostile)).to.deep.equal(['fine', ':4']);
  });

  it('hold nothing that a shell would expand or take for an option', async () => {
    const hostile = [
      ...Array.from('$`\'"\\;&|<>(){}*?!~# \t^', (each) => `a${each}b`),
      '$(touch$IFS/tmp/x)',
      '--kubeconfig=x',
      'fine\t$(id)',
      '',
    ];
    expect(await completed(['refresh', ''], [...hostile, 'arn:aws:eks:a-1:1:cluster/b_c@d'])).to.deep.equal([
      'a\tb',
      'arn:aws:eks:a-1:1:cluster/b_c@d',
      ':4',
    ]);
    expect(await completed(['refresh', '-n', ''], [...hostile, 'media']))
      .to.include('media')
      .and.not.include('$(touch$IFS/tmp/x)');
  });

  it('of a command that there is not are none', async () => {
    expect(await completed(['no-such', ''], ['one'])).to.deep.equal([':4']);
  });
});
