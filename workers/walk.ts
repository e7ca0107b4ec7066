/** Records of a batch found by walk.as.ts, many at a time. */
import type { Input } from '../engine/core/json/simd/input.ts';
import { foundIn } from '../engine/core/json/simd/memory.ts';
import type { Batch, Cursor, Portion } from './decode-kafka.ts';

/** So much more than a portion is brought, for the record that begins at its end. */
const LAST_RECORD_BYTES = 8 * 1024;
const LARGEST = 2 ** 31 - 1;

/**
 * Adds the next records of a batch to a table, those before the portion's stop. Returns how many it
 * passed: 0 where the next one is too long or has something rare in it.
 */
export type Walk = (batch: Batch, cursor: Cursor, portion: Portion) => number;

/** Walks in the memory of an input, where the values are then read. */
export function openWalk(input: Input): Walk {
  const { code, layout, memory } = input;
  const found = foundIn(memory, layout);
  return (batch, cursor, { slice, table, stop }) => {
    const { bytes } = table;
    const walk = (): number =>
      code.walk(
        cursor.at + input.shift,
        Math.min(stop, input.end) + input.shift,
        input.end + input.shift,
        cursor.left,
        input.shift,
        within(slice.firstOffset - batch.baseOffset),
        within(slice.nextOffset - batch.baseOffset),
        batch.baseOffset,
        batch.appendTime ? batch.maxTimestamp : batch.baseTimestamp,
        Number(batch.appendTime),
        layout.found,
      );
    let passed = input.holds(bytes, cursor.at, cursor.at + 1) ? walk() : 0;
    if (passed === 0) {
      input.bring(bytes, cursor.at, stop + LAST_RECORD_BYTES);
      passed = walk();
    }
    cursor.at = found.end[0] as number;
    cursor.left -= passed;
    table.add(found, found.end[1] as number);
    return passed;
  };
}

const within = (delta: number): number => Math.max(-LARGEST, Math.min(LARGEST, delta));
