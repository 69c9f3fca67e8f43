// The prose of the repository against the rules of prose.ts, and the rules against sentences that keep or
// break them.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../deploy/manifests.ts';
import { findingsBelow, sentenceOf } from './files.ts';
import { findingsIn, HELD } from './rules.ts';

describe('the prose of the repository', () => {
  for (const path of HELD) {
    it(`of ${path} follows the rules that \`npm run prose -- ${path}\` checks`, () => {
      expect(findingsBelow([path]).map(sentenceOf)).to.deep.equal([]);
    });
  }

  it('is read from folders and files that exist', () => {
    expect(HELD.filter((path) => !existsSync(join(ROOT, path)))).to.deep.equal([]);
  });
});

describe('the check of prose', () => {
  const problems = (source: string, file = 'a.ts'): string[] => findingsIn(file, source).map(sentenceOf);
  const rightIn = (source: string, file?: string): void => {
    expect(problems(source, file)).to.deep.equal([]);
  };
  const wrongIn = (source: string, at: string, file?: string): void => {
    const found = problems(source, file);
    expect(found).to.have.lengthOf(1);
    expect(found[0]).to.include(at);
  };

  /** Writes the marks of an expression for «…»: in a string they would look like a forgotten template. */
  const template = (source: string): string => source.replaceAll('«', '$'.concat('{')).replaceAll('»', '}');

  describe('of width', () => {
    const long = 'word '.repeat(23);

    it('finds a wide comment line, also one beside code', () => {
      rightIn(`/** ${long.slice(0, 103)} */`);
      wrongIn(`/** ${long.slice(0, 104)} */`, 'a.ts:1 111 characters');
      wrongIn(`/**\n * Short.\n * ${long}\n */`, 'a.ts:3 118 characters');
      wrongIn(`f();\n// Short.\n// ${long}`, 'a.ts:3');
      wrongIn(`const a = 1; // ${long}`, 'a.ts:1');
    });

    it('passes over wide code', () => {
      rightIn(`const a = '${long}';`);
    });

    it('finds a wide line of a page, except in a table, a heading, code, and one with a link', () => {
      wrongIn(`Short.\n${long}\n`, 'a.md:2', 'a.md');
      rightIn(`| ${long} |\n# ${long}\n\`\`\`sh\n${long}\n\`\`\`\n${long}[page](b.md)\n`, 'a.md');
    });
  });

  describe('of doc comments', () => {
    it('finds a preposition at the beginning', () => {
      wrongIn('/** Of the newest. */', 'a.ts:1 begins with "Of"');
      wrongIn('f();\n/**\n * By account.\n */', 'a.ts:3 begins with "By"');
    });

    it('passes over a verb, a noun, a subordinate clause and other comments', () => {
      rightIn('/** Returns it. */ /** Options. */ /** Whether it is due. */ /** When it was sent. */');
      rightIn('// Of all of them.');
      rightIn('/** To-do list of the object. */');
    });
  });

  describe('of subjects', () => {
    it('finds pronouns that name nothing', () => {
      wrongIn('// Nobody waits.', '"Nobody"');
      wrongIn("it('serves whoever asks first');", '"whoever"');
      wrongIn(template('log(`«count» of them, and somebody waits`);'), '"somebody"');
      wrongIn('Everybody may read.', '"Everybody"', 'a.md');
    });

    it('finds a relative pronoun without its noun', () => {
      wrongIn('// Those who wait.', '"who"');
      wrongIn('// Who waits, leaves.', '"Who"');
      wrongIn('/* Objects for whom it is. */', '"whom"');
    });

    it('passes over a relative pronoun after a person, questions in pages, names and code', () => {
      rightIn('// Users who may read, and a caller who waits.');
      rightIn('Who may read a Secret? Only the operator.', 'a.md');
      rightIn("const who = 'nobody'; // `who` is a user");
    });
  });

  describe('of words', () => {
    it('finds an excluded word, even across two lines', () => {
      wrongIn('// It begins anew.', '"anew"');
      wrongIn('f();\n// The page that was asked\n// for is here.', 'a.ts:2 "asked for"');
      wrongIn('/**\n * It goes\n * on.\n */', 'a.ts:2 "goes on"');
      wrongIn("log('It was mended.');", 'a.ts:1 "mended"');
    });

    it('passes over similar words', () => {
      rightIn('// Amended, recommended, and told from others. It goes. On it goes.');
    });

    it('passes over code in back quotes, fences and expressions', () => {
      rightIn(template('/** `so many` is an option. */ const a = `«anew.mended» word`;'));
      rightIn('Text\n```sh\nlog anew\n```\nand `anew`.', 'a.md');
    });
  });

  describe('of TypeScript', () => {
    it('tells comments from strings, templates and regular expressions', () => {
      rightIn("const url = 'http://anew'; const pattern = /\\/\\/ anew '/; const half = a / b; f(c / d);");
      wrongIn(template('const a = `x «f({ b: `y «c» z` })» // ok`; // anew'), '"anew"');
      wrongIn("const a = x[0] / 2; // it's anew\nconst b = 'right here';", 'a.ts:1 "anew"');
    });
  });

  describe('of YAML', () => {
    it('reads comments and texts', () => {
      wrongIn('a: 1\n# Made\n# anew.\nb: 2\n', 'a.yaml:3 "anew"', 'a.yaml');
      wrongIn('a: 1\ndescription: >-\n  It is asked\n  for.\n', 'a.yaml:3 "asked for"', 'a.yaml');
    });
  });
});
