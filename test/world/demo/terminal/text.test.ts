// Prose is wrapped, and a command line reads in a shell as it was meant.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { shellLine, wrap } from './text.ts';

describe('Text of the demo', () => {
  it('is wrapped between words, no line wider than the width', () => {
    expect(wrap('one two three four', 9)).to.deep.equal(['one two', 'three', 'four']);
  });

  it('fills a line to the last place', () => {
    expect(wrap('one two three', 7)).to.deep.equal(['one two', 'three']);
  });

  it('keeps a word whole that is wider than the line', () => {
    expect(wrap('an incomprehensible word', 6)).to.deep.equal(['an', 'incomprehensible', 'word']);
  });

  it('keeps its own line breaks, and empty lines', () => {
    expect(wrap('one\n\ntwo', 9)).to.deep.equal(['one', '', 'two']);
  });

  it('has quotes in a command line only where a shell needs them', () => {
    expect(shellLine(['kubectl', 'apply', '-f', 'crds/'])).to.equal('kubectl apply -f crds/');
    expect(shellLine(['--patch={"a":1}'])).to.equal(`--patch='{"a":1}'`);
  });

  it('is the same words again when a shell reads the command line', async () => {
    const words = [
      '',
      'plain',
      'two words',
      "it's",
      '$HOME',
      '--patch={"spec":{"interval":"5s"}}',
      '--x=',
      'a\nb',
      '*',
      '~',
    ];
    const script = `for word in ${shellLine(words)}; do printf '%s\\0' "$word"; done`;
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', script]);
    expect(stdout.split('\0').slice(0, -1)).to.deep.equal(words);
  });
});
