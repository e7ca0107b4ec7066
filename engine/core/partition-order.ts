/** More partitions than a topic has. */
const PARTITIONS = 2 ** 32;

/**
 * What a partition's number is counted from in the order of the records that reach a stage (O1): those
 * of one of its `sources` come after those of the others before it. Undefined: there is only one.
 */
export const partitionsFrom = (sources: readonly string[] | undefined, source: string): number =>
  Math.max(0, sources?.indexOf(source) ?? 0) * PARTITIONS;
