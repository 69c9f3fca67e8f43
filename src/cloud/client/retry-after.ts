/**
 * How long an answer says to wait; pure.
 */

/** Whatever an answer says: the vendor counts by the minute, so that after one everybody may call again. */
const LONGEST_MS = 60_000;

/** Milliseconds, at most a minute: `x-acs-retry-after: 250`, or `x-ratelimit-user-api: Limit:6000,Remain:0,TimeLeft:250`. */
export function retryAfterOf(headers: Readonly<Record<string, unknown>>): number | undefined {
  const texts = [
    /^(\d{1,9})$/.exec(`${headers['x-acs-retry-after']}`),
    /\bTimeLeft:(\d{1,9})\b/.exec(`${headers['x-ratelimit-user-api']}`),
    /\bTimeLeft:(\d{1,9})\b/.exec(`${headers['x-ratelimit-user']}`),
  ];
  const told = texts.find((match) => match !== null)?.[1];
  return told === undefined ? undefined : Math.min(Number(told), LONGEST_MS);
}
