/**
 * A variable for Go programs that run for a minute or two, or for an instant. Memory is plentiful and the
 * processor is scarce: with this, a start takes a fifth less processor time.
 */
export const SELDOM_COLLECTED = { GOGC: '400' } as const;
