import type { Launch } from './server.ts';

/** What a JVM of a server is started with, whichever server. */
export const jvmOptions = ({ heapMb, shortLived }: Launch): readonly string[] => [
  // Cassandra locks into memory what its heap has at the start: begin small.
  '-Xms128m',
  `-Xmx${heapMb}m`,
  // Collects with one thread, and only when it must: the cores are the engine's as well.
  '-XX:+UseSerialGC',
  ...(shortLived ? ['-XX:TieredStopAtLevel=1'] : []),
];
