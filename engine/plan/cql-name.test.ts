import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { identifier } from '../io/table/table.ts';
import { isReserved, isTableName } from './cql-name.ts';

/** What the sinks that write tables make of a name: null when they refuse it. */
function written(name: string): string | null {
  try {
    return identifier(name);
  } catch {
    return null;
  }
}

describe('names in tables', () => {
  const word = fc.oneof(
    fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/),
    fc.string(),
    fc.constantFrom('token', 'order', 'to', 'limit', 'key', 'date', 'a'.repeat(48), 'a'.repeat(49)),
  );

  test('are refused here exactly where a sink would refuse them', () => {
    fc.assert(
      fc.property(word, (name) => {
        expect(isTableName(name)).toBe(written(name) !== null);
      }),
    );
  });

  test('are reserved here exactly where a sink has to quote them', () => {
    const english = fc.constantFrom(
      ...'add allow alter and apply asc authorize batch begin by columnfamily create default delete desc describe drop entries execute from full grant if in index infinity insert into is keyspace limit materialized modify nan norecursive not null of on or order primary rename replace revoke schema select set table to token truncate unlogged unset update use using view where with key date time city user type value values counter text int timestamp ttl writetime filtering'.split(
        ' ',
      ),
    );
    fc.assert(
      fc.property(fc.oneof(english, word), (name) => {
        expect(isReserved(name)).toBe(written(name)?.startsWith('"') ?? false);
      }),
      { numRuns: 500 },
    );
  });
});
