import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { withExpectations } from './expectations.ts';

type Rows = Record<string, unknown>[];

const textOf = (list: string, more = ''): string => `name: t # mine
tests:
  - name: one
    expect:
      other: [ { a: 1 } ]   # stays
      rows: ${list}
${more}sinks: { }
`;

function updated(text: string, change: (rows: Rows) => { missing: Rows; surplus: Rows }): string {
  const expected = (parse(text) as { tests: [{ expect: Record<string, Rows> }] }).tests[0].expect;
  const differences = [{ output: 'rows', ...change(expected['rows'] ?? []) }];
  return withExpectations(text, [{ index: 0, expect: expected, differences }]);
}
const rowsIn = (text: string): unknown =>
  (parse(text) as { tests: [{ expect: { rows: unknown } }] }).tests[0].expect.rows;

describe('expectations that are written anew', () => {
  const block = `
        # first
        - { a: 1, b: x } # one
        # second
        - a: 2
          b: y
        # third
        - { b: z, a: 3 }`;

  test('take the places of those that did not come', () => {
    const after = updated(textOf(block), (rows) => ({
      missing: rows.slice(1, 2),
      surplus: [{ a: 7, b: '2024-01-01T00:00:00Z', c: true }],
    }));
    const place = '- a: 2\n          b: y';
    expect(after).toBe(textOf(block.replace(place, '- { a: 7, b: "2024-01-01T00:00:00Z" }')));
  });

  test('go with their lines, or come behind the last', () => {
    const without = updated(textOf(block), (rows) => ({ missing: rows.slice(1, 2), surplus: [] }));
    expect(without).toBe(textOf(block.replace('\n        - a: 2\n          b: y', '')));
    const more = updated(textOf(block), () => ({ missing: [], surplus: [{ a: 4, b: 'q' }] }));
    expect(more).toBe(textOf(`${block}\n        - { a: 4, b: q }`));
  });

  test('fill a list that was empty, with all columns, and empty one', () => {
    const filled = updated(textOf('[] # none'), () => ({
      missing: [],
      surplus: [{ a: 1 }, { a: null }],
    }));
    expect(filled).toBe(
      textOf('\n        - { a: 1 }\n        - { a: null } # none').replace('rows: \n', 'rows:\n'),
    );
    const emptied = updated(filled, (rows) => ({ missing: rows, surplus: [] }));
    expect(emptied).toBe(textOf('[] # none'));
  });

  test('of any kind are read back as they are, and nothing else changes', () => {
    const value = fc.oneof(
      fc.integer(),
      fc.string({ maxLength: 6 }),
      fc.constantFrom(null, true, '1', '2024-01-01', 'a: b', '#', '- x'),
    );
    const row = fc.record({ a: value, b: value });
    const lists = fc.array(row, { maxLength: 4 });
    const property = fc.property(
      lists,
      fc.boolean(),
      fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      lists,
      (rows, isFlow, gone, surplus) => {
        const flow = (each: object): string => JSON.stringify(each);
        const list =
          isFlow || rows.length === 0
            ? `[${rows.map(flow).join(', ')}]`
            : rows.map((each) => `\n        - ${flow(each)}`).join('');
        const after = updated(textOf(list, '# end\n'), (read) => ({
          missing: read.filter((_, i) => gone[i]),
          surplus,
        }));
        const wanted = [...rows.filter((_, i) => gone[i] !== true), ...surplus].map(flow);
        expect((rowsIn(after) as object[]).map(flow).toSorted()).toEqual(wanted.toSorted());
        expect(after.startsWith(textOf('').split('rows:')[0] ?? '')).toBe(true);
        expect(after.endsWith('\n# end\nsinks: { }\n')).toBe(true);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});
