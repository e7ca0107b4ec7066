/** Which partition of a topic log a key goes to: the one it would have in Kafka. */

/** Topic logs have this many partitions. */
export const PARTITIONS = 4;

const M = 0x5bd1e995;

/** MurmurHash2 of bytes, 32 bits, signed, seeded as Kafka's (org.apache.kafka.common.utils.Utils). */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes;
  let hash = 0x9747b28c ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    let k = low | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
    k = Math.imul(k, M);
    k = Math.imul(k ^ (k >>> 24), M);
    hash = Math.imul(hash, M) ^ k;
  }
  const rest = length - at;
  if (rest === 3) hash ^= (bytes[at + 2] as number) << 16;
  if (rest >= 2) hash ^= (bytes[at + 1] as number) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ (bytes[at] as number), M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}

/** The partition of a key, as Kafka's default partitioner chooses it. */
export const partitionOf = (key: Uint8Array): number => (murmur2(key) & 0x7fffffff) % PARTITIONS;
