/** Numbers a stage or sink has in a slice's counts: in, filtered, failed, out. */
export const COUNTS_PER_STAGE = 4;
