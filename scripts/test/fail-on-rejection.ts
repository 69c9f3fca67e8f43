// Loaded into mocha: an unhandled rejection fails the test that is running or, after the last test, the
// suite. Node would end the process, but mocha 12 takes the event and drops it.

process.on('unhandledRejection', (reason) => {
  throw reason;
});
