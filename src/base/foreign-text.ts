/**
 * Foreign texts: as memory may hold them, and as a terminal, a log, an event, a status and a metric may show
 * them.
 */

/**
 * Copies a text. V8 keeps the whole of a long text in memory as long as a part that was cut from it is in
 * use: 256 characters of a megabyte would hold the megabyte. Half a surrogate pair becomes U+FFFD.
 */
export function copyOf(text: string): string {
  return Buffer.from(text).toString();
}

/**
 * What a terminal obeys instead of showing it: control characters (C0, DEL, C1), format characters (bidi
 * overrides, zero-width characters, the byte order mark), line and paragraph separators, halves of surrogate
 * pairs.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Nearly every text is plain ASCII, for which the check above would take five times as long. */
const PLAIN = /^[ -~]*$/;

/** Returns the text with U+FFFD in place of each character that is not for showing. */
export function printable(text: string): string {
  return PLAIN.test(text) ? text : text.replace(UNPRINTABLE, '\uFFFD');
}
