/** Numbers a stage or sink has in a slice's counts: in, filtered, failed, out, exploded. */
export const COUNTS_PER_STAGE = 5;
