/** Formats of keys, roles and accounts. Only an impossible value is refused; the cloud judges the rest. */
export const FORMATS = {
  /** Visible ASCII, because it goes into a header. At most 8 KiB, twice the longest token expected. */
  keyText: /^[\x21-\x7e]{0,8192}$/,
  /** `acs:ram::1000000000000001:role/job-reader` */
  roleARN: /^acs:ram::\d{1,32}:role\/[\w./-]{1,128}$/,
  /** `acs:ram::1000000000000001:oidc-provider/ack-rrsa-c0ffee` */
  providerARN: /^acs:ram::\d{1,32}:oidc-provider\/[\w./-]{1,256}$/,
  /** Documented for AssumeRole, as `externalID` is. */
  sessionName: /^[\w.@-]{2,64}$/,
  externalID: /^[\w+=,.@:/-]{2,1224}$/,
  /** Account numbers have sixteen digits today; the vendor does not promise the length. */
  accountID: /^\d{1,32}$/,
} as const;
