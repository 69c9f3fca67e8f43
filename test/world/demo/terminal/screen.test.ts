// What a reader gets to see: in order, within the width, and with colours only where they are wanted.

import { expect } from 'chai';
import { type Output, Screen } from './screen.ts';

const ESCAPE = '\u001b';

describe('The screen of the demo', () => {
  it('shows a command, then its output, then the rows that came meanwhile', async () => {
    const { screen, written } = aScreen();
    await screen.command('kubectl apply', async () => {
      screen.row(['a'], ['NAME']);
      return 'a created\n';
    });
    screen.row(['b'], ['NAME']);
    expect(written()).to.equal('\n  $ kubectl apply\n    a created\n  NAME\n  a\n  b\n');
  });

  it('shows the rows that came meanwhile also when the command fails', async () => {
    const { screen, written } = aScreen();
    const failing = screen.command('kubectl apply', async () => {
      screen.row(['a'], ['NAME']);
      throw new Error('refused');
    });
    expect(await failing.catch(({ message }) => message)).to.equal('refused');
    expect(written()).to.contain('  NAME\n  a\n');
  });

  it('has the titles of the table once in each part', () => {
    const { screen, written } = aScreen();
    screen.row(['a'], ['NAME']);
    screen.row(['b'], ['NAME']);
    screen.heading('Next');
    screen.row(['c'], ['NAME']);
    expect(written()).to.equal('  NAME\n  a\n  b\n\nNext\n  NAME\n  c\n');
  });

  it('wraps prose to the window, under its own indentation', () => {
    const { screen, written } = aScreen({ columns: 14 });
    screen.result('one two three four');
    expect(written()).to.equal('  => one two\n     three\n     four\n');
  });

  it('wraps prose to a readable measure in a wide window', () => {
    const { screen, written } = aScreen({ columns: 300 });
    screen.say('word '.repeat(60));
    const widths = written()
      .split('\n')
      .map(({ length }) => length);
    expect(Math.max(...widths)).to.equal(99);
  });

  it('does not break a command, which would not be the same when pasted', () => {
    const { screen, written } = aScreen({ columns: 10 });
    screen.toPaste(['export KUBECONFIG=/tmp/x']);
    expect(written()).to.equal('    export KUBECONFIG=/tmp/x\n');
  });

  it('is coloured on a terminal that has colours', () => {
    expect(coloured({ hasColors: () => true })).to.equal(true);
  });

  it('is not coloured on a terminal without colours, or where NO_COLOR hides them', () => {
    expect(coloured({ hasColors: () => false })).to.equal(false);
  });

  it('is not coloured where it is no terminal', () => {
    expect(coloured({})).to.equal(false);
  });
});

function coloured(output: Omit<Output, 'write'>): boolean {
  const { screen, written } = aScreen(output);
  screen.heading('1. Part');
  screen.row(['True'], ['READY']);
  return written().includes(ESCAPE);
}

function aScreen(output: Omit<Output, 'write'> = {}): { screen: Screen; written: () => string } {
  let all = '';
  const write = (text: string): void => {
    all += text;
  };
  return { screen: new Screen({ ...output, write }), written: () => all };
}
