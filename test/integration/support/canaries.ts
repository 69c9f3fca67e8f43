/**
 * Secrets that are made to be found: whatever leaks of one, in part or encoded, is recognised.
 */
import { randomBytes } from 'node:crypto';

/** The mark at both ends of every canary, so that a part that is shown (`LTAI****`) is recognized as well. */
const MARK = `canary${randomBytes(6).toString('hex')}`;

/** A secret for this purpose, of letters and digits like a real one. */
export function canary(purpose: string): string {
  return `${MARK}${purpose}${MARK}`;
}

/** The places in the text where a canary is, each with what stands around it; without regard to case. */
export function findCanaries(text: string): string[] {
  return [...text.matchAll(ANY_FORM)].map(({ index }) => text.slice(Math.max(0, index - 80), index + 40));
}

/** Base64 encodes 6 bits a character, so bytes look differently at each of three places. */
const base64Forms = [0, 1, 2].map((before) => {
  const encoded = Buffer.from(' '.repeat(before) + MARK).toString('base64');
  // Characters that also hold bits of what stands before and after it.
  return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + MARK.length) * 8) / 6));
});

const ANY_FORM = new RegExp(
  [
    MARK,
    Buffer.from(MARK).toString('hex'),
    ...base64Forms.flatMap((form) => [
      form.replaceAll(/[+/]/g, '\\$&'),
      form.replaceAll('+', '-').replaceAll('/', '_'),
    ]),
  ].join('|'),
  'gi',
);
