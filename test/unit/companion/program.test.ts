import { expect } from 'chai';
import type { Output } from '../../../src/companion/common/output.ts';
import { run } from '../../../src/companion/program.ts';

describe('the command line of kubectl etj', () => {
  /** Runs without a kubeconfig: what is tested here needs none. */
  async function ended(...args: string[]) {
    let [stdout, stderr] = ['', ''];
    const output: Output = {
      print: (text) => {
        stdout += `${text}\n`;
      },
      note: (text) => {
        stderr += `${text}\n`;
      },
      styled: (_, text) => text,
      columns: undefined,
    };
    const environment = { HOME: '/nowhere' };
    const untilStopped = () => new AbortController().signal;
    const code = await run(args, { version: '1.2.3', environment, output, untilStopped });
    return { code, stdout, stderr };
  }

  for (const [what, args, complaint] of [
    ['an unknown command', ['statsu'], "unknown command 'statsu'"],
    ['an unknown format', ['status', '-o', 'xml'], 'Allowed choices are'],
    ['nothing to refresh', ['refresh'], 'name objects, or use --all'],
    ['names and all', ['refresh', 'one', '--all'], 'name objects, or use --all'],
    ['no duration', ['refresh', 'one', '--timeout=soon'], 'not a duration such as 30s'],
    ['no time to wait', ['refresh', 'one', '--timeout=0s'], 'not a duration such as 30s'],
    ['an endpoint of plain HTTP', ['doctor', '--endpoint=http://example.com'], 'It must be https'],
    ['no region', ['import', 'cluster', '--region=Shanghai!'], 'not the ID of a region'],
    ['no namespace', ['refresh', '--all', '-n', '../x'], 'not the name of a namespace'],
    ['no cluster', ['import'], "missing required argument 'cluster'"],
    ['no kubeconfig', ['status'], 'the kubeconfig cannot be used: there is none'],
  ] as const)
    it(`refuses ${what} with exit code 2`, async () => {
      const { code, stdout, stderr } = await ended(...args);
      expect(stderr).to.contain(complaint);
      expect([code, stdout]).to.deep.equal([2, '']);
    });

  it('ends with exit code 2 and a line where something unexpected fails', async () => {
    const notes: string[] = [];
    const print = () => {
      throw new TypeError('broken\nin two lines');
    };
    const output = { print, note: (text: string) => notes.push(text) } as unknown as Output;
    const untilStopped = () => new AbortController().signal;
    const code = await run(['completion'], { version: '1.2.3', environment: {}, output, untilStopped });
    expect([code, ...notes]).to.deep.equal([2, 'error: broken\uFFFDin two lines']);
  });

  it('lists commands and exit codes on standard output, and its version', async () => {
    const { code, stdout } = await ended('--help');
    expect(stdout).to.contain('  doctor ').and.contain('Exit codes:');
    expect(code).to.equal(0);
    expect(await ended('--version')).to.deep.equal({ code: 0, stdout: '1.2.3\n', stderr: '' });
  });

  it('repeats nothing that a terminal obeys of a name that is wrong', async () => {
    const { stderr } = await ended('refresh', '-A', 'x\u001b[2J\u202e');
    expect(stderr)
      .to.match(/^error: .+\n$/)
      .and.not.match(/\p{Cf}|\p{Cc}(?!$)/u);
    const { stderr: context } = await ended('status', '--kubeconfig=/nowhere/x\u001b[2J');
    expect(context)
      .to.match(/^error: .+\n$/)
      .and.not.contain('\u001b');
  });

  it('takes kubectl its form of a short option', async () => {
    expect((await ended('status', '-o=xml')).stderr).to.contain("argument 'xml' is invalid");
  });

  it('completes its own commands and options', async () => {
    expect((await ended('__complete', 'com')).stdout).to.match(/^completion\t.+\n:4\n$/);
    expect((await ended('__complete', 'doctor', '--sec')).stdout).to.match(/^--secret\t.+\n:4\n$/);
  });

  it('completes each option that the help lists', async () => {
    for (const command of ['status', 'refresh', 'doctor', 'import', 'budget']) {
      const help = (await ended(command, '--help')).stdout;
      const listed = Array.from(help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm), ([, long]) => long);
      const offered = (await ended('__complete', command, '-')).stdout.match(/^--[\w-]+(?=\t.)/gm);
      expect(offered, command).to.have.members(listed.filter((long) => long !== '--help'));
    }
  });

  it('prints the program of the completion, which runs its own', async () => {
    expect((await ended('completion')).stdout).to.match(
      /^#!\/bin\/sh\n.*\nexec kubectl-etj __complete "\$@"\n$/s,
    );
  });
});
