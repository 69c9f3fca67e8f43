import { PassThrough } from 'node:stream';
import { WriteStream } from 'node:tty';
import { expect } from 'chai';
import {
  jsonText,
  processOutput,
  tableLines,
  widthOf,
  yamlText,
} from '../../../src/companion/common/output.ts';

const PLAIN = { styled: (_style: unknown, text: string) => text, columns: undefined };

function cells(...texts: string[]): { text: string }[] {
  return texts.map((text) => ({ text }));
}

describe('the tables of kubectl etj', () => {
  it('aligns columns like kubectl, also below Chinese names', () => {
    const rows = [cells('直播间', 'Running', 'x'), cells('a', 'b', '')];
    expect(tableLines({ head: ['NAME', 'STATE', 'MESSAGE'], rows }, PLAIN)).to.deep.equal([
      'NAME     STATE     MESSAGE',
      '直播间   Running   x',
      'a        b',
    ]);
  });

  it('continues the last column below itself where the terminal ends', () => {
    const words = Array.from({ length: 20 }, () => '直播 live').join(' ');
    const table = { head: ['A', 'MESSAGE'], rows: [cells('a', words)] };
    const lines = tableLines(table, { ...PLAIN, columns: 60 });
    expect(lines).to.have.lengthOf(5);
    for (const line of lines.slice(2)) expect(line).to.match(/^ {4}\S/);
    for (const line of lines) expect(widthOf(line)).to.be.at.most(60);
    expect(
      lines
        .slice(1)
        .map((line) => line.slice(4))
        .join(' '),
    ).to.equal(words);
    expect(tableLines(table, PLAIN)).to.have.lengthOf(2);
  });

  it('cuts nothing in a narrow terminal, which breaks the lines', () => {
    const words = 'word '.repeat(40).trim();
    const table = { head: ['A', 'MESSAGE'], rows: [cells('a', words), cells('b', 'x'.repeat(99))] };
    expect(tableLines(table, { ...PLAIN, columns: 43 })).to.deep.equal(tableLines(table, PLAIN));
    const wide = tableLines(table, { ...PLAIN, columns: 44 });
    expect(wide.length).to.be.above(3);
    expect(wide.at(-1)).to.equal(`b   ${'x'.repeat(99)}`);
  });

  it('shows what a terminal would obey', () => {
    const [, line] = tableLines({ head: ['A', 'B'], rows: [cells('a\u001b[2J', '\u202eb')] }, PLAIN);
    expect(line).to.equal('a\uFFFD[2J   \uFFFDb');
  });

  it('keeps the widths of the lines before', () => {
    const widths: number[] = [];
    tableLines({ head: ['A', 'B'], rows: [cells('long-name', 'b')] }, PLAIN, widths);
    const [, line] = tableLines({ head: ['A', 'B'], rows: [cells('a', 'b')] }, PLAIN, widths);
    expect(line).to.equal('a           b');
  });

  it('pads by the text, not by its style', () => {
    const styled = (_style: unknown, text: string) => `<${text}>`;
    const rows = [[{ text: 'a', style: 'red' as const }, { text: 'b' }]];
    expect(tableLines({ head: ['LONG', 'B'], rows }, { ...PLAIN, styled })[1]).to.equal('<a>      b');
  });
});

describe('the colours of kubectl etj', () => {
  const { env } = process;
  beforeEach(() => {
    // Nothing else, such as CI, which some machines set: then no stream has colours.
    process.env = { TERM: 'xterm-256color' };
  });
  afterEach(() => {
    process.env = env;
  });

  const { getColorDepth } = WriteStream.prototype;
  const shown = (isTTY: boolean): string => {
    const stdout = Object.assign(new PassThrough(), { isTTY, getColorDepth });
    return processOutput({ stdout, stderr: stdout } as unknown as NodeJS.Process).styled('red', 'x');
  };

  it('are for terminals', () => {
    expect(shown(true)).to.equal('\u001b[31mx\u001b[39m');
    expect(shown(false)).to.equal('x');
  });

  it('are not shown where NO_COLOR is set', () => {
    process.env.NO_COLOR = '1';
    expect(shown(true)).to.equal('x');
  });
});

describe('the data of kubectl etj', () => {
  const hostile = { name: '\u202egnp\u{e0001}\u0085', other: undefined };

  it('keeps each character in JSON, and none that a terminal obeys', () => {
    const text = jsonText(hostile);
    expect(JSON.parse(text)).to.deep.equal({ name: hostile.name });
    expect(text).to.not.match(/[\p{Cf}\u0080-\u009f]/u);
  });

  it('is YAML without what a terminal obeys', () => {
    expect(yamlText({ items: [{ name: '直播' }] })).to.equal('items:\n  - name: 直播');
    expect(yamlText(hostile)).to.not.match(/[\p{Cf}\u0080-\u009f]/u);
  });
});
