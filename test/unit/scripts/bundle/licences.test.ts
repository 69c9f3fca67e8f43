// No package gets into the bundle without a licence that allows it, and a text that says so.

import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { licensed } from '../../../../scripts/bundle/licences.ts';
import { noticesOf } from '../../../../scripts/bundle/notices.ts';

const TEXT = 'Permission is hereby granted, of which this is a short form.';

describe('licensed', () => {
  it('takes the text of the file, whatever the spelling of its name', () => {
    for (const name of ['LICENSE', 'licence', 'License.md', 'COPYING', 'LICENSE.txt']) {
      expect(licensedWith({ [name]: `${TEXT}\n` })).to.include({ licence: 'MIT', text: TEXT });
    }
  });

  it('adds the NOTICE, which Apache-2.0 asks to pass on', () => {
    const { text } = licensedWith({ LICENSE: TEXT, NOTICE: 'Made by an author.' });
    expect(text.split('\n\n')).to.have.members([TEXT, 'Made by an author.']);
  });

  it('refuses a package without a text, and names it', () => {
    const files = { 'README.md': 'MIT', 'licenses.js': 'export {}' };
    expect(() => licensedWith(files)).to.throw('a-package has no licence text');
  });

  it('refuses a licence that is not among the allowed ones, and a package without any', () => {
    for (const licence of ['GPL-3.0-only', 'MIT OR GPL-3.0-only', 'none', 'SEE LICENSE IN LICENSE']) {
      expect(() => licensedWith({ LICENSE: TEXT }, { licence })).to.throw(
        `the licence of a-package, ${licence}, is`,
      );
    }
  });

  it('gives a package whose authors name a licence, and publish no file, the standard text', () => {
    const { licence, text } = licensedWith({}, { name: '@alicloud/tea-util', licence: 'ISC' });
    expect(licence).to.equal('Apache-2.0');
    expect(text).to.match(/^The package has no licence file\. Its licence is that of the README\.md/);
    expect(text).to.contain('Copyright (c) 2009-present, Alibaba Cloud\n\n').and.to.contain('Apache License');
    expect(licensedWith({}, { name: 'httpx' }).text).to.contain(
      'MIT License\n\nPermission is hereby granted',
    );
  });

  it('notices when such a package publishes a file at last', () => {
    expect(() => licensedWith({ LICENSE: TEXT }, { name: 'httpx' })).to.throw('httpx has a licence text');
  });

  it('adds the licence of what undici contains', () => {
    expect(licensedWith({ LICENSE: TEXT }, { name: 'undici' }).text).to.contain('© 2018 Fedor Indutny');
  });
});

describe('noticesOf', () => {
  it('prints a text once, below all packages that share it', () => {
    const one = licensedWith({ LICENSE: TEXT });
    const notices = noticesOf('main.js', [
      one,
      { ...one, name: 'b-package' },
      { ...one, name: 'c', text: 'Another text.' },
    ]);
    expect(notices.split(TEXT)).to.have.lengthOf(2);
    expect(notices).to.contain(`\na-package 1.0.0 (MIT)\nb-package 1.0.0 (MIT)\n\n${TEXT}\n`);
    expect(notices).to.contain('\nc 1.0.0 (MIT)\n\nAnother text.\n');
  });
});

/** The package `a-package` of a folder with these files, as the build would see it. */
function licensedWith(files: Readonly<Record<string, string>>, { name = 'a-package', licence = 'MIT' } = {}) {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'package-'));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder.path, file), text);
  return licensed({ name, version: '1.0.0', licence, folder: folder.path });
}
