/** What finds the records in the bytes of a source. */
import type { SourceNode } from '../engine/plan/planner.ts';
import { decodeElements } from './decode-elements.ts';
import { decodeKafka } from './decode-kafka.ts';
import { decodeLines } from './decode-lines.ts';
import { decodeRows } from './decode-rows.ts';

/** Fills a table with the records of a slice, a portion at a time (see decodeKafka). */
export type Decode = typeof decodeKafka;

/** The way the records of a source are found; of files it is the slice that says whether it is an array. */
export function openDecode({ framing, format }: Pick<SourceNode, 'framing' | 'format'>): Decode {
  if (framing === 'kafka-v2') return decodeKafka;
  if (format.kind === 'csv') return decodeRows(format);
  return (bytes, slice, table, portionBytes) =>
    (slice.isArray === true ? decodeElements : decodeLines)(bytes, slice, table, portionBytes);
}
