/**
 * What keys, roles and accounts can look like; pure. Only what cannot be is refused: the rest is for the cloud to judge.
 */

/** Whether it can be part of a key: visible ASCII, as it goes into a header; with 8 KiB, twice as long as any token is to be expected. */
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

/** As the page of AssumeRole says. */
export function isSessionName(text: string): boolean {
  return /^[\w.@-]{2,64}$/.test(text);
}

/** As the page of AssumeRole says. */
export function isExternalID(text: string): boolean {
  return /^[\w+=,.@:/-]{2,1224}$/.test(text);
}

/** Sixteen digits, as the vendor numbers accounts; how many is not promised. */
export function isAccountID(text: string): boolean {
  return /^\d{1,32}$/.test(text);
}
