/**
 * Every command of every page is run by test/integration/docs/commands.test.ts, or says why it is not.
 */
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { readCrd } from '../deploy/manifests.ts';
import { type Block, blocksIn, commandsIn, PAGES, textOf } from './pages.ts';

/** How many commands of a page are not run. A page that is not here has none. */
const NOT_RUN: Readonly<Record<string, number>> = {
  'CONTRIBUTING.md': 3,
  'README.md': 2,
  'README.zh-CN.md': 2,
  'docs/gitops.md': 1,
  'docs/install/README.md': 5,
  'docs/install/ack.md': 4,
  'docs/kubectl-etj.md': 3,
  'docs/releasing.md': 10,
  'docs/status-page.md': 2,
  'simulator/README.md': 3,
};

/** What a block may hold; `sh` are commands, and `console` a command with what it prints. */
const LANGUAGES = ['sh', 'console', 'yaml', 'json', 'promql', 'redis', 'mermaid', 'text', 'lua'];

/** The beginning of a line that a reader would type. */
const COMMAND = /^\s*(kubectl|helm|make|npm|npx|node|docker|curl|jq|git|aliyun|ack-ram-tool|crane|skopeo)\s/m;

const all = PAGES.flatMap((page) => blocksIn(textOf(page)).map((block) => ({ ...block, page })));

describe('the commands of the pages', () => {
  it('are run, or marked with a reason and counted here', () => {
    const counts: Record<string, number> = {};
    for (const { page, notRun, ...block } of all) {
      if (notRun === undefined) continue;
      expect(notRun.split(' '), `${page}:${block.line}`).to.have.length.above(3);
      counts[page] = (counts[page] ?? 0) + commandsIn(block).length;
    }
    expect(counts).to.deep.equal(NOT_RUN);
  });

  it('are in blocks of sh', () => {
    const hidden = all.filter(({ language, text }) => language !== 'sh' && COMMAND.test(text));
    // What a terminal shows.
    const others = hidden.filter(({ language }) => language !== 'text' && language !== 'console');
    expect(others.map(placeOf)).to.deep.equal([]);
    const indented = PAGES.filter((page) => /^\n {4,}(kubectl|helm|make|docker) /m.test(textOf(page)));
    expect(indented).to.deep.equal([]);
  });

  it('of README.md are those of docs/install/any-cluster.md, and are the same in Chinese', () => {
    const commandsOf = (page: string) =>
      all
        .filter((block) => block.page === page && block.language === 'sh' && !block.notRun)
        .map(({ text }) => text);
    const [readme, chinese] = [commandsOf('README.md'), commandsOf('README.zh-CN.md')];
    expect(readme).to.have.lengthOf(2);
    expect(commandsOf('docs/install/any-cluster.md')).to.include.members(readme);
    expect(chinese).to.deep.equal(readme);
  });
});

describe('the blocks of the pages', () => {
  it('name their language', () => {
    expect(all.filter(({ language }) => !LANGUAGES.includes(language)).map(placeOf)).to.deep.equal([]);
  });

  it('hold YAML and JSON that can be read', () => {
    const wrong = all.flatMap((block) => errorsIn(block).map((error) => `${placeOf(block)} ${error}`));
    expect(wrong).to.deep.equal([]);
  });

  it('show the columns of kubectl get', () => {
    const shown = all.filter(
      ({ language, text }) => language === 'console' && /get edgetranscodejobs\n/.test(text),
    );
    const columns = readCrd().spec.versions[0].additionalPrinterColumns.filter(
      (column) => !(column as { readonly priority?: number }).priority,
    );
    expect(shown).not.to.deep.equal([]);
    for (const block of shown)
      expect(block.text.split('\n')[1]?.split(/ {2,}/), placeOf(block)).to.deep.equal([
        'NAME',
        ...columns.map(({ name }) => name.toUpperCase()),
      ]);
  });
});

describe('the reader of pages', () => {
  const [first, second] = blocksIn(
    'Text\n<!-- not run: needs a cluster of ACK -->\n```sh\na\n```\n\n1. Text\n\n   ```yaml\n   b: 1\n   ```\n',
  );

  it('finds blocks, also indented ones, with their reason', () => {
    expect(first).to.deep.equal({
      language: 'sh',
      text: 'a\n',
      line: 3,
      notRun: 'needs a cluster of ACK',
    });
    expect(second).to.deep.equal({ language: 'yaml', text: 'b: 1\n', line: 9, notRun: undefined });
  });

  it('finds commands on one line and on several', () => {
    const text = "# a\na b # c\na \\\n  b\na <<'END'\nb\nEND\na '{\n}' | b\n{ a\n b\n} | c\n";
    expect(commandsIn({ text })).to.deep.equal([
      'a b # c',
      'a \\\n  b',
      "a <<'END'\nb\nEND",
      "a '{\n}' | b",
      '{ a\n b\n} | c',
    ]);
  });
});

function placeOf({ page, line }: Block & { readonly page: string }): string {
  return `${page}:${line}`;
}

function errorsIn({ language, text }: Block): string[] {
  if (language !== 'yaml' && language !== 'json') return [];
  return parseAllDocuments(text).flatMap(({ errors }) => errors.map(({ message }) => message));
}
