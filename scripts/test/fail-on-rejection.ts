// Loaded into mocha: a rejection that nobody handles fails the test that is running, or the suite after the
// last one. Node would end the process for it, but mocha 12 takes the event and drops it.

process.on('unhandledRejection', (reason) => {
  throw reason;
});
