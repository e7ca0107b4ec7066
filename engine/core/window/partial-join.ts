/** Partial tables of one slice as one: where rows that workers made and rows made here go by one order. */
import { joined } from '../packed.ts';
import type { PartialColumns } from './partial.ts';

/** All rows of some tables of one partition, table after table. O(rows · columns). */
export function joinTables(tables: readonly [PartialColumns, ...PartialColumns[]]): PartialColumns {
  const [first, ...others] = tables;
  if (others.length === 0) return first;
  const length = tables.reduce((sum, table) => sum + table.length, 0);
  const numbers = (of: (table: PartialColumns) => Float64Array): Float64Array =>
    fill(new Float64Array(length), tables.map(of));
  const integers = (of: (table: PartialColumns) => Int32Array): Int32Array =>
    fill(new Int32Array(length), tables.map(of));
  return {
    length,
    partition: first.partition,
    key: integers(({ key }) => key),
    pane: numbers(({ pane }) => pane),
    skip: integers(({ skip }) => skip),
    index: numbers((table) => table.index ?? new Float64Array(table.length)),
    count: numbers(({ count }) => count),
    numbers: first.numbers.map((_, i) => numbers((table) => table.numbers[i] as Float64Array)),
    texts: first.texts.map((_, i) => tables.flatMap(({ texts }) => texts[i] ?? [])),
    collections: first.collections.map((_, i) => {
      const packs = tables.flatMap(({ collections }) => collections[i] ?? []);
      const lengths = packs.map((pack) => pack.lengths);
      return {
        lengths: fill(new Int32Array(length), lengths),
        bytes: joined(packs.map(({ bytes }) => bytes)),
      };
    }),
  };
}

function fill<Column extends Int32Array | Float64Array>(
  into: Column,
  parts: readonly Column[],
): Column {
  let at = 0;
  for (const part of parts) {
    into.set(part, at);
    at += part.length;
  }
  return into;
}
