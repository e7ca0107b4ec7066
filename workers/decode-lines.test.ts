import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openInput } from '../engine/core/json/simd/input.ts';
import { openLines } from './decode-lines.ts';
import { RecordTable } from './records.ts';

const decode = openLines(openInput());

/** All lines of a slice as text; null is a tombstone. */
function linesOf(text: string, portionBytes: number): { offset: number; value: string | null }[] {
  const bytes = Buffer.from(`noise\n${text}\nnoise`);
  const [start, length] = [6, Buffer.byteLength(text)];
  const slice = {
    ...{ partition: 0, start, length, firstOffset: 40, nextOffset: 99, maxEventTime: -Infinity },
    end: null,
  };
  return Array.from(decode(bytes, slice, new RecordTable(), portionBytes), (table) =>
    Array.from({ length: table.length }, (_, i) => {
      const [from, to] = [table.valueStart[i] as number, table.valueEnd[i]];
      const value = from < 0 ? null : bytes.subarray(from, to).toString();
      return { offset: table.offset[i] as number, value };
    }),
  ).flat();
}

it('gives every line with its number, whatever the portions are', () => {
  const line = fc.stringMatching(/^[a-c]{0,40}\r?$/);
  const input = fc.tuple(
    fc.array(line, { minLength: 1 }),
    fc.boolean(),
    fc.integer({ min: 1, max: 200 }),
  );
  fc.assert(
    fc.property(input, ([lines, isEnded, portionBytes]) => {
      const text = lines.join('\n') + (isEnded ? '\n' : '');
      // A text without an end has one line less when the last one is empty.
      const whole = !isEnded && lines.at(-1) === '' ? lines.slice(0, -1) : lines;
      expect(linesOf(text, portionBytes)).toEqual(
        whole.map((written, i) => {
          const value = written.replace(/\r$/, '');
          return { offset: 40 + i, value: value === '' ? null : value };
        }),
      );
    }),
  );
});
