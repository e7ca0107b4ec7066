import { describe, expect, it } from 'vitest';
import type { StoredCell } from './condition.ts';
import type { ResultColumn } from './query.ts';
import { rowJson, tableText } from './table-text.ts';

const columns: readonly ResultColumn[] = [
  { name: 'city', type: 'string' },
  { name: 'window_start', type: 'timestamp' },
  { name: 'n', type: 'long' },
  { name: 'max', type: 'float' },
  { name: 'frost', type: 'bool' },
];

const rows: readonly (readonly StoredCell[])[] = [
  ['Orléans', 1711580400000, 12, Math.fround(9.91), 1],
  ['Brest', 1711580400500, 9007199254740993n, -0.5, 0],
  ['東京', null, null, NaN, null],
  ['tab\there\u001b[31m', 0, 1, 1e30, 1],
];

describe('rows as text', () => {
  it('O4: aligns columns, numbers to the right, with the shortest text of a float', () => {
    expect(tableText(columns, rows)).toBe(
      [
        'city                 window_start                             n    max  frost',
        '-------------------  ------------------------  ----------------  -----  -----',
        'Orléans              2024-03-27T23:00:00Z                    12   9.91  true',
        'Brest                2024-03-27T23:00:00.500Z  9007199254740993   -0.5  false',
        '東京                                                               NaN',
        'tab\\there\\u001b[31m  1970-01-01T00:00:00Z                     1  1e+30  true',
        '',
      ].join('\n'),
    );
  });

  it('has header and rule when there are no rows', () => {
    expect(tableText(columns.slice(0, 2), [])).toBe('city  window_start\n----  ------------\n');
  });

  it('writes a row as one JSON object in column order', () => {
    expect(rows.map((row) => rowJson(columns, row))).toEqual([
      '{"city":"Orléans","window_start":"2024-03-27T23:00:00Z","n":12,"max":9.91,"frost":true}',
      '{"city":"Brest","window_start":"2024-03-27T23:00:00.500Z","n":9007199254740993,"max":-0.5,"frost":false}',
      '{"city":"東京","window_start":null,"n":null,"max":"NaN","frost":null}',
      '{"city":"tab\\there\\u001b[31m","window_start":"1970-01-01T00:00:00Z","n":1,"max":1e+30,"frost":true}',
    ]);
  });
});
