/** What finds the records in the bytes of a source. */
import type { Input } from '../engine/core/json/simd/input.ts';
import type { SourceNode } from '../engine/plan/planner.ts';
import { decodeElements } from './decode-elements.ts';
import { openKafka } from './decode-kafka.ts';
import { openLines } from './decode-lines.ts';
import { openRows } from './decode-rows.ts';
import type { Decode } from './records.ts';

/**
 * The way the records of a source are found; of files it is the slice that says whether it is an
 * array. They are looked for where the scan then reads them, in its `input`.
 */
export function openDecode(
  { framing, format }: Pick<SourceNode, 'framing' | 'format'>,
  input: Input | null,
): Decode {
  if (framing === 'kafka-v2') return openKafka(input);
  if (format.kind === 'csv') return openRows(format, input);
  const decodeLines = openLines(input);
  return (bytes, slice, table, portionBytes) =>
    (slice.isArray === true ? decodeElements : decodeLines)(bytes, slice, table, portionBytes);
}
