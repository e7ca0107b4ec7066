import fc from 'fast-check';
import { expect, it } from 'vitest';
import { packed } from './packed.ts';

it('holds each row at the sum of the lengths before it', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.uint8Array({ maxLength: 5 }))), (rows) => {
      const { lengths, bytes } = packed(rows.length, (row) => rows[row] ?? null);
      expect([...lengths]).toEqual(rows.map((row) => row?.length ?? -1));
      expect([...bytes]).toEqual(rows.flatMap((row) => [...(row ?? [])]));
    }),
  );
});
