import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellOf, type Vector } from '../batch.ts';
import { buffersOf, decodeRows, encodeRows } from './waiting-codec.ts';
import { type Log, type Run, WaitingRows, type WaitingTable } from './waiting-rows.ts';

const logs: readonly Log[] = [
  { name: 'a', partition: 0 },
  { name: 'a', partition: 2 },
  { name: 'a', partition: 10 },
  { name: 'b', partition: 1 },
];

/** Rows of one log with the numbers they came by. */
function tableOf(log: Log, places: readonly number[], first: number): WaitingTable {
  const numbers = Float64Array.from(places, (_, i) => first + i);
  const texts = places.map((_, i) => (i % 3 === 1 ? null : `é${String(first + i)}`));
  const bytes = new TextEncoder().encode(texts.map((text) => text ?? '').join(''));
  let at = 0;
  const ends = texts.map((text) => (at += new TextEncoder().encode(text ?? '').length));
  const vectors: (Vector | undefined)[] = [
    undefined,
    { kind: 'number', values: numbers, valid: null },
    { kind: 'number', values: numbers, valid: Uint8Array.from(places, (_, i) => (i + first) % 2) },
    { kind: 'text', values: texts },
    {
      ...{ kind: 'bytes', bytes },
      start: Int32Array.from(texts, (text, i) => (text === null ? -1 : (ends[i - 1] ?? 0))),
      end: Int32Array.from(ends),
    },
  ];
  return {
    ...{
      log,
      length: places.length,
      places: Float64Array.from(places),
      numbers: [numbers],
      vectors,
    },
    entries: { ends: Int32Array.of(1, 2), bytes: Uint8Array.of(7, 8) },
    key: Int32Array.from(places, (_, i) => i % 2),
  };
}

/** Which rows came, in which order, with all that is known of them. */
const textsOf = (runs: readonly Run[]): string[] =>
  runs.flatMap(({ table, from, to }) =>
    Array.from({ length: to - from }, (_, i) => {
      const { log, places, numbers, vectors, key } = table;
      const row = from + i;
      const cells = vectors.map((vector) => (vector === undefined ? '-' : cellOf(vector, row)));
      const all = [places[row], numbers[0]?.[row], key[row], ...cells];
      return `${log.name}/${log.partition} ${all.map(String).join(' ')}`;
    }),
  );

/** As from disk: copies at odd addresses. */
function restored(rows: WaitingRows): WaitingRows {
  const again = new WaitingRows();
  for (const run of rows.runs()) {
    const { saved, buffers } = encodeRows(run);
    expect(buffers).toHaveLength(buffersOf(saved));
    const copies = buffers.map((buffer) => {
      const room = new Uint8Array(buffer.length + 3);
      room.set(buffer, 3);
      return room.subarray(3);
    });
    again.add(decodeRows(JSON.parse(JSON.stringify(saved)) as typeof saved, copies));
  }
  return again;
}

const steps = fc.array(
  fc.record({
    log: fc.integer({ min: 0, max: logs.length - 1 }),
    /** How far each row is behind the one before it. */
    gaps: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 6 }),
    take: fc.boolean(),
    isCut: fc.boolean(),
  }),
  { maxLength: 40 },
);

describe('rows that wait', () => {
  it('O2 R1: come out by place, then by log, whatever they came in and wherever a snapshot lies', () => {
    fc.assert(
      fc.property(steps, (given) => {
        let rows = new WaitingRows();
        const reached = logs.map(() => 0);
        const all: { place: number; log: number; text: string }[] = [];
        const taken: string[] = [];
        let count = 0;
        for (const { log, gaps, take, isCut } of given) {
          const places = gaps.map((gap) => (reached[log] = (reached[log] as number) + gap));
          const table = tableOf(logs[log] as Log, places, count);
          count += places.length;
          const texts = textsOf([{ table, from: 0, to: places.length }]);
          places.forEach((place, i) => all.push({ place, log, text: texts[i] as string }));
          rows.add(table);
          // A row is free when no other log can bring one that comes before it.
          const freeUpTo = (one: Log): number => {
            const own = logs.findIndex((each) => each.name === one.name && each.partition === one.partition); // prettier-ignore
            const limits = reached.map((most, other) => (other < own ? most - 1 : most));
            return Math.min(...limits.filter((_, other) => other !== own));
          };
          if (take) taken.push(...textsOf(rows.take(freeUpTo)));
          if (isCut) rows = restored(rows);
          expect(rows.size).toBe(all.length - taken.length);
        }
        taken.push(...textsOf(rows.take(() => Infinity)));
        const inOrder = all.toSorted((a, b) => a.place - b.place || a.log - b.log);
        expect(taken).toEqual(inOrder.map(({ text }) => text));
        expect([rows.size, rows.sizeBytes]).toEqual([0, 0]);
      }),
      { numRuns: 300 },
    );
  });

  it('R1: what does not fit the header of its snapshot is refused', () => {
    const run = { table: tableOf(logs[0] as Log, [1, 2, 3], 0), from: 1, to: 3 };
    const { saved, buffers } = encodeRows(run);
    const refused = 'the saved rows that wait for a dedup cannot be used';
    expect(() => decodeRows({ ...saved, length: 2 }, buffers)).toThrow(refused);
    expect(() => decodeRows(saved, buffers.slice(1))).toThrow(refused);
    const cut = buffers.with(-1, (buffers.at(-1) as Uint8Array).subarray(1));
    expect(() => decodeRows(saved, cut)).toThrow(refused);
  });
});
