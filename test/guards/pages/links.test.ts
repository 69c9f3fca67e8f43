/**
 * Every link of every page leads somewhere: files and anchors of this repository, checked offline, and
 * addresses elsewhere that are listed in external-links.ts.
 */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../deploy/manifests.ts';
import { EXTERNAL_LINKS } from './external-links.ts';
import { anchorsIn, type Link, linksIn, PAGES, textOf } from './pages.ts';

describe('the links of the pages', () => {
  for (const page of PAGES)
    it(`of ${page} lead to files and headings that exist`, () => {
      const problems = internal(linksIn(textOf(page))).flatMap(({ target, line }) =>
        problemOf(page, target).map((problem) => `${page}:${line} ${target}: ${problem}`),
      );
      expect(problems).to.deep.equal([]);
    });

  it('to other hosts are https, and those of the list', () => {
    const found = PAGES.flatMap((page) => linksIn(textOf(page)))
      .map(({ target }) => target)
      .filter(isExternal);
    expect([...new Set(found)]).to.have.members([...EXTERNAL_LINKS]);
    expect(EXTERNAL_LINKS.filter((link) => new URL(link).protocol !== 'https:')).to.deep.equal([]);
  });
});

describe('the check of links', () => {
  it('finds a file that does not exist, one outside the repository, and one in other letters', () => {
    expect(problemOf('docs/reference.md', 'no-such-page.md')).to.have.lengthOf(1);
    expect(problemOf('docs/reference.md', '../../elsewhere.md')).to.have.lengthOf(1);
    expect(problemOf('docs/reference.md', 'Operations.md')).to.have.lengthOf(1);
    expect(problemOf('docs/reference.md', 'operations.md')).to.deep.equal([]);
  });

  it('finds an anchor without a heading', () => {
    expect(problemOf('docs/reference.md', '#no-such-heading')).to.have.lengthOf(1);
    expect(problemOf('docs/operations.md', 'reference.md#columns')).to.deep.equal([]);
  });

  it('reads links and pictures, and none within code', () => {
    const text = '[a](b.md) ![c](d.svg)\n<img src="e.svg">\n`[f](g.md)`\n```sh\n[h](i.md)\n```\n';
    expect(linksIn(text).map(({ target, line }) => `${line} ${target}`)).to.deep.equal([
      '1 b.md',
      '1 d.svg',
      '2 e.svg',
    ]);
  });

  it('names headings as GitHub does', () => {
    const text = '# What you see\n## `a` & b, [c](d.md)\n## 边缘转码 RAM\n## What you see\n';
    expect(anchorsIn(text)).to.deep.equal(['what-you-see', 'a--b-c', '边缘转码-ram', 'what-you-see-1']);
  });
});

function internal(links: readonly Link[]): Link[] {
  return links.filter(({ target }) => !isExternal(target));
}

function isExternal(target: string): boolean {
  return /^[a-z]+:/.test(target);
}

/** What is wrong with a link of this page; nothing for one that leads somewhere. */
function problemOf(page: string, target: string): string[] {
  const [path = '', anchor] = decodeURI(target).split('#');
  const file = path === '' ? join(ROOT, page) : resolve(ROOT, dirname(page), path);
  const inside = relative(ROOT, file);
  if (inside.startsWith('..')) return ['is outside the repository'];
  // The real path has the letters of the file system, where these do not count.
  if (!existsSync(file) || relative(realpathSync(ROOT), realpathSync(file)) !== inside)
    return ['does not exist'];
  if (anchor === undefined) return [];
  return anchorsIn(textOf(inside)).includes(anchor) ? [] : ['has no such heading'];
}
