import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCsv } from './table.ts';

describe('parseCsv', () => {
  it('reads a header and rows, whatever ends the lines', () => {
    const table = { columns: ['city', 'lat'], rows: [['Paris', '48.8566'], ['Brest', '48.3904']] }; // prettier-ignore
    expect(parseCsv('city,lat\nParis,48.8566\nBrest,48.3904\n')).toEqual(table);
    expect(parseCsv('\uFEFFcity, lat\r\n\r\nParis ,48.8566\r\nBrest,48.3904')).toEqual(table);
  });

  it('keeps empty fields, also the last', () => {
    expect(parseCsv('a,b,c\n,1,\n')).toEqual({ columns: ['a', 'b', 'c'], rows: [['', '1', '']] });
    expect(parseCsv('a,b\n1,')).toEqual({ columns: ['a', 'b'], rows: [['1', '']] });
  });

  it('gives back what was quoted', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { minLength: 1 }), (rows) => {
        const quoted = rows.map((row) => row.map((each) => `"${each.replaceAll('"', '""')}"`));
        const written = ['a,b', ...quoted.map((row) => row.join(','))].join('\n');
        expect(parseCsv(written)).toEqual({ columns: ['a', 'b'], rows });
      }),
    );
  });

  it('says what is wrong', () => {
    expect(parseCsv('\n')).toEqual({ problem: 'it is empty' });
    expect(parseCsv('a,a\n')).toEqual({ problem: 'it has two columns `a`' });
    expect(parseCsv('a,b\n1,2\n3\n')).toEqual({ problem: 'row 2 has 1 fields, the header 2' });
  });

  it('ends for any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (any) => void parseCsv(any)));
  });
});
