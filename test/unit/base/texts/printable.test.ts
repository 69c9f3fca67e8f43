// What a terminal would obey is not shown; what people read is.

import { expect } from 'chai';
import fc from 'fast-check';
import { printable } from '../../../../src/base/foreign-text.ts';
import { anyText, holds } from '../../kit/for-any.ts';
import { TERMINAL_CHARACTERS, terminalCharacter } from '../../kit/terminal.ts';

describe('a printable text', () => {
  for (const character of TERMINAL_CHARACTERS)
    it(`has U+FFFD in place of U+${character.codePointAt(0)?.toString(16).padStart(4, '0')}`, () => {
      expect(printable(`a${character}b${character}`)).to.equal('a\uFFFDb\uFFFD');
    });

  for (const text of ['', 'stream1-hd', 'a "b" \\ {c}', 'Überträger', '直播 1', 'русский', '😀 👩 🇨🇳'])
    it(`is ${JSON.stringify(text)} as it was`, () => {
      expect(printable(text)).to.equal(text);
    });

  it('holds none of these characters, whatever it was made of', () => {
    holds(fc.property(anyText(), (text) => terminalCharacter(printable(text)) === undefined));
  });

  it('is the same when it is made twice', () => {
    holds(fc.property(anyText(), (text) => printable(printable(text)) === printable(text)));
  });
});
