// Ages are written as kubectl writes them.

import { expect } from 'chai';
import { ageText } from '../../../src/overview/age-text.ts';

describe('an age', () => {
  const cases: readonly (readonly [seconds: number, text: string])[] = [
    [-5, '0s'],
    [0, '0s'],
    [119.9, '119s'],
    [120, '2m0s'],
    [3_599, '59m59s'],
    [3_600, '1h0m'],
    [86_399, '23h59m'],
    [86_400, '1d0h'],
    [400 * 86_400, '400d0h'],
  ];
  for (const [seconds, text] of cases)
    it(`of ${seconds} s is ${text}`, () => expect(ageText(seconds)).to.equal(text));
});
