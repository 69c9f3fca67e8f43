import { expect } from 'chai';
import { jsonText, tableLines, widthOf, yamlText } from '../../../src/companion/common/output.ts';

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

  it('cuts the last column where the terminal ends', () => {
    const table = { head: ['A', 'MESSAGE'], rows: [cells('a', '直播'.repeat(40))] };
    const lines = tableLines(table, { ...PLAIN, columns: 30 });
    expect(lines[1]).to.match(/^a {3}直.*…$/);
    expect(widthOf(lines[1] ?? '')).to.be.within(28, 30);
  });

  it('continues the last column below itself where it must be read to its end', () => {
    const table = { head: ['A', 'ADVICE'], rows: [cells('a', 'one two threeandmore four')], wraps: true };
    const lines = tableLines(table, { ...PLAIN, columns: 24 });
    expect(lines).to.deep.equal(['A   ADVICE', 'a   one two threeandmore', '    four']);
    expect(tableLines(table, PLAIN)).to.have.lengthOf(2);
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
