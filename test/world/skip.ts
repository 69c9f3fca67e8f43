// Skips tests that need something a machine cannot provide, with the reason.

/**
 * Skips the running test, or from a `before` hook all tests of its suite. The reason becomes part of the
 * titles, so that every reporter shows it and the closing summary can. Never returns.
 */
export function skipBecause(context: Mocha.Context, reason: string): never {
  const running = context.test as Mocha.Test | Mocha.Hook | undefined;
  const explain = (test: Mocha.Runnable): void => {
    test.title += ` (${reason})`;
  };
  if (running?.type === 'hook') running.parent?.eachTest(explain);
  else if (running !== undefined) explain(running);
  return context.skip();
}
