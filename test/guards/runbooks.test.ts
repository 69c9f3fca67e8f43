// The advice of the status page is that of the runbooks.

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { RUNBOOKS_FILE, runbooksFile } from '../../scripts/page/runbooks.ts';

describe('the advice of the status page', () => {
  it('is what `npm run runbooks` writes', () => {
    expect(readFileSync(RUNBOOKS_FILE, 'utf8')).to.equal(runbooksFile());
  });

  it('holds no script and leads nowhere', () => {
    expect(runbooksFile()).to.not.match(/<script|<a |href=|src=|style=/);
  });
});
