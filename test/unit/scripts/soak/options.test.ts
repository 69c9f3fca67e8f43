// The settings of a soak.

import { expect } from 'chai';
import { soakOptions } from '../../../../scripts/soak/options.ts';

describe('the options of a soak', () => {
  it('are two parts of an hour with 10,000 objects by default', () => {
    expect(soakOptions({ HOURS: '' })).to.deep.equal({ objects: 10_000, minutes: 60 });
  });

  it('are hours, or minutes, and objects', () => {
    expect(soakOptions({ HOURS: '0.5', OBJECTS: '2000' })).to.deep.equal({ objects: 2_000, minutes: 30 });
    expect(soakOptions({ HOURS: '0.5', MINUTES: '15' }).minutes).to.equal(15);
  });

  it('refuse parts that are too short for a slope', () => {
    expect(() => soakOptions({ MINUTES: '9' })).to.throw('each part needs 10 minutes at least');
    expect(soakOptions({ MINUTES: '10' }).minutes).to.equal(10);
  });

  it('refuse what is not a positive number, by name', () => {
    for (const text of ['0', '-1', 'an hour', 'Infinity'])
      expect(() => soakOptions({ HOURS: text }), text).to.throw(`HOURS=${text} is not a positive number`);
  });
});
