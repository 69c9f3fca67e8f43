/**
 * Whether a client has an answer already. Compares weakly, as RFC 9110 requires: a proxy that compresses
 * makes a tag weak, and a cache names the tags of all that it holds.
 *
 * @param names `If-None-Match` of a request
 * @param tag of the answer, without a comma. Undefined: it has none
 */
export function hasTag(names: string | undefined, tag: string | undefined): boolean {
  if (names === undefined || tag === undefined) return false;
  return names.trim() === '*' || names.split(',').some((each) => opaque(each) === opaque(tag));
}

function opaque(tag: string): string {
  return tag.trim().replace(/^W\//, '');
}
