/** Reads from an answer how long to wait. Pure. */

/** Longest wait, whatever the answer says: the vendor counts calls by the minute. */
const LONGEST_MS = 60_000;

/** The wait in ms: `x-acs-retry-after: 250`, or `x-ratelimit-user-api: Limit:6000,Remain:0,TimeLeft:250`. */
export function retryAfterOf(headers: Readonly<Record<string, unknown>>): number | undefined {
  const texts = [
    /^(\d{1,9})$/.exec(`${headers['x-acs-retry-after']}`),
    /\bTimeLeft:(\d{1,9})\b/.exec(`${headers['x-ratelimit-user-api']}`),
    /\bTimeLeft:(\d{1,9})\b/.exec(`${headers['x-ratelimit-user']}`),
  ];
  const ms = texts.find((match) => match !== null)?.[1];
  return ms === undefined ? undefined : Math.min(Number(ms), LONGEST_MS);
}
