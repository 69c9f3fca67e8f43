/**
 * Makes the deadlines of `AbortSignal.timeout` come when a test says so, until it is disposed of:
 * `using deadlines = replaceDeadlines()`.
 */
export function replaceDeadlines() {
  const { timeout } = AbortSignal;
  const expiry = new AbortController();
  const milliseconds: number[] = [];
  AbortSignal.timeout = (ms) => {
    milliseconds.push(ms);
    return expiry.signal;
  };
  return {
    /** Their lengths, in the order of the calls. */
    milliseconds,
    /** All deadlines come. */
    expire: () => expiry.abort(new DOMException('late', 'TimeoutError')),
    [Symbol.dispose]: () => {
      AbortSignal.timeout = timeout;
    },
  };
}
