/**
 * Formats of keys, roles and accounts. Pure. Only an impossible value is refused; the cloud judges the rest.
 */

/**
 * Whether a key can hold the text: visible ASCII, because it goes into a header, and at most 8 KiB, twice the
 * longest token expected.
 */
export function isKeyText(text: string): boolean {
  return /^[\x21-\x7e]{0,8192}$/.test(text);
}

/** `acs:ram::1000000000000001:role/job-reader` */
export function isRoleARN(text: string): boolean {
  return /^acs:ram::\d{1,32}:role\/[\w./-]{1,128}$/.test(text);
}

/** `acs:ram::1000000000000001:oidc-provider/ack-rrsa-c0ffee` */
export function isProviderARN(text: string): boolean {
  return /^acs:ram::\d{1,32}:oidc-provider\/[\w./-]{1,256}$/.test(text);
}

/** Format documented for AssumeRole. */
export function isSessionName(text: string): boolean {
  return /^[\w.@-]{2,64}$/.test(text);
}

/** Format documented for AssumeRole. */
export function isExternalID(text: string): boolean {
  return /^[\w+=,.@:/-]{2,1224}$/.test(text);
}

/** Account numbers have sixteen digits today; the vendor does not promise the length. */
export function isAccountID(text: string): boolean {
  return /^\d{1,32}$/.test(text);
}
