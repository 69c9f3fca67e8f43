/**
 * The program that kubectl calls for candidates, if it is in the PATH: `kubectl_complete-etj`. kubectl passes
 * the words after `kubectl etj`.
 */
export const COMPLETION_PROGRAM = [
  '#!/bin/sh',
  '# Candidates of the shell for kubectl etj. Save it as kubectl_complete-etj in a folder of the PATH, and make it',
  "# executable; kubectl's own completion (kubectl completion --help) calls it.",
  'exec kubectl-etj __complete "$@"',
].join('\n');
