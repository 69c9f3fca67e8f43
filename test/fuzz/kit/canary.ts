/** A secret that is put into inputs, and looked for in everything that the operator shows. */

/** Each half alone must not be shown either. As long as the secret of an access key. */
const [FIRST, SECOND] = ['kL9vQx2ZrT7mW', 'b4YcN8dHj3FpS0e'];

export const CANARY: string = FIRST + SECOND;

/** The secret with a text in the middle, which must not make one half look harmless. */
export function canaryWith(middle: string): string {
  return FIRST + middle + SECOND;
}

const HALVES = [FIRST, SECOND].flatMap((half) => [half, half.toLowerCase(), base64Of(half)]);

/** @throws when a text shows a half of the secret: plain, in lower case, encoded for a URL, or in Base64 */
export function expectNoSecret(where: string, ...shown: readonly (string | undefined)[]): void {
  for (const text of shown) {
    const decoded = decodedFully(text ?? '');
    const half = HALVES.find((each) => decoded.includes(each));
    if (half !== undefined) throw new Error(`${where} shows a secret: …${around(decoded, half)}…`);
  }
}

/** The part of the Base64 of a text that does not depend on what is beside it. */
function base64Of(text: string): string {
  return Buffer.from(text.slice(0, 12)).toString('base64');
}

function decodedFully(text: string): string {
  let decoded = text;
  for (let before = ''; decoded !== before && decoded.includes('%'); ) {
    before = decoded;
    decoded = decoded.replace(/%([0-9a-f]{2})/gi, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
  }
  return decoded;
}

function around(text: string, part: string): string {
  const at = text.indexOf(part);
  return JSON.stringify(text.slice(Math.max(0, at - 60), at + part.length + 20));
}
