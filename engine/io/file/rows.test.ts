import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commonMarks, type CsvMarks } from '../../core/csv/dialect.ts';
import { RowFinder } from '../../core/csv/rows.ts';
import type { SourcePort } from '../../graph/ports.ts';
import type { SourceNode } from '../../plan/planner.ts';
import { recorder } from '../sink-contract.suite.ts';
import { describeSource, eventsOf, framesIn, recordsOf } from '../source-contract.suite.ts';
import { cutRows } from './rows.ts';
import { fileSource } from './source.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'csv-source-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function put(path: string, content: string | Buffer): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), content);
}

const source = (
  path: string,
  columns = ['n'],
  marks: CsvMarks & { readonly header?: false } = commonMarks,
): SourcePort =>
  fileSource(
    {
      connector: { kind: 'file', config: { path }, connection: null },
      format: { kind: 'csv', ...marks, nullText: null },
      fields: columns.map((name) => ({ from: [name], type: 'string', required: false })),
    } as unknown as SourceNode,
    recorder().context,
    directory,
  );

const rows = (count: number, tag: string): string[] =>
  Array.from({ length: count }, (_, i) =>
    i % 3 === 0 ? `${tag}${i},"a\n""${'x'.repeat(i % 300)}""\n"` : `${tag}${i},b`,
  );
const file = (header: string, lines: readonly string[]): string =>
  [header, ...lines, ''].join('\n');

describeSource('a CSV file', {
  framing: 'lines',
  marks: commonMarks,
  bounded: true,
  place: async () => {
    const all = rows(60_000, 'n');
    put('data.csv', file('n,text', all));
    return {
      source: () => source('data.csv'),
      records: new Map([[0, all]]),
      remove: async () => undefined,
    };
  },
});

describeSource('CSV files with other columns, packed and not', {
  framing: 'lines',
  marks: commonMarks,
  bounded: true,
  place: async () => {
    const [a, b, c] = [rows(5, 'a'), rows(50_000, 'b'), rows(100, 'c')];
    put('in/a.csv', `\uFEFF${file('n,text', a)}`);
    put('in/b.csv.gz', gzipSync(file('text,n', b)));
    put('in/c.csv', file('"n",x', c));
    return {
      source: () => source('in/*'),
      records: new Map([[0, [...a, ...b, ...c]]]),
      remove: async () => undefined,
    };
  },
});

/** Each slice of all frames: what it says of itself, and its rows. */
async function slices(port: SourcePort, marks = commonMarks) {
  const frames = framesIn(await eventsOf(port, new Map(), () => false));
  return frames.flatMap((frame) =>
    frame.slices.map((slice) => ({
      ...slice,
      rows: recordsOf({ ...frame, slices: [slice] }, 'lines', marks).get(0) ?? [],
    })),
  );
}

describe('a source of CSV', () => {
  it('says of each slice its columns and where it begins', async () => {
    put('in/a.csv', '\uFEFFn,m\r\n1,2\r\n');
    put('in/b.csv.gz', gzipSync('m,"n"\n3,4\n5,6'));
    expect(await slices(source('in/*'))).toMatchObject([
      { header: ['n', 'm'], file: { path: 'in/a.csv', byte: 8 }, rows: ['1,2'] },
      { header: ['m', 'n'], file: { path: 'in/b.csv.gz', byte: 6 }, rows: ['3,4', '5,6'] },
    ]);
    const [slice] = (await source('in/*').reread(0, 2, 3)).slices;
    expect(slice).toMatchObject({ file: { path: 'in/b.csv.gz', byte: 10 }, firstOffset: 2 });
  });

  it('has the columns of the schema, in their order, where no first line names them', async () => {
    put('in/a.csv', '\uFEFF1,2\n3,4\n');
    put('in/b.csv.gz', gzipSync('5,6'));
    put('in/c.csv', '');
    const nameless = source('in/*', ['n', 'm'], { ...commonMarks, header: false });
    expect(await slices(nameless)).toMatchObject([
      { header: ['n', 'm'], file: { path: 'in/a.csv', byte: 3 }, rows: ['1,2', '3,4'] },
      { header: ['n', 'm'], file: { path: 'in/b.csv.gz', byte: 0 }, rows: ['5,6'] },
    ]);
    expect(await nameless.ends()).toEqual(new Map([[0, 3]]));
  });

  it('counts empty lines, as tombstones', async () => {
    put('a.csv', 'n\n1\n\n2\n');
    expect(await slices(source('a.csv'))).toMatchObject([{ nextOffset: 3, rows: ['1', '', '2'] }]);
  });

  it('has a header that is read by the marks of the format', async () => {
    put('a.csv', "'n';m\n'1;';2\n");
    const marks = { delimiter: ';', quote: "'" };
    const [slice] = await slices(source('a.csv', ['n'], marks), marks);
    expect(slice).toMatchObject({ header: ['n', 'm'], rows: ["'1;';2"] });
  });

  it('fails before the first frame when a file lacks a column, or names it twice', async () => {
    put('in/a.csv', 'n,temperature\n1,2\n');
    put('in/b.csv', 'n,temprature\n1,2\n');
    const fail = (columns: string[]) => source('in/*', columns).ends();
    await expect(fail(['n', 'temperature'])).rejects.toThrow(
      'in/b.csv: its first line has no column temperature (did you mean temprature?)',
    );
    await expect(fail(['n', 'city'])).rejects.toThrow(
      'in/a.csv: its first line has no column city (it has n, temperature)',
    );
    put('in/a.csv', 'n,n,,\n');
    await expect(fail(['n'])).rejects.toThrow('in/a.csv: its first line names the column n twice');
    put('in/a.csv', '');
    await expect(fail(['n'])).rejects.toThrow('in/a.csv: its first line names no columns');
  });

  it('R9: is another source when a file is another one', async () => {
    put('a.csv', 'n\n1\n');
    const before = await source('a.csv').identity();
    put('a.csv', 'n\n2\n');
    expect(await source('a.csv').identity()).not.toBe(before);
  });

  it('asks whether a quote is not closed when a row has no end', async () => {
    put('a.csv', `n,m\n1,"2\n${'3,4\n'.repeat(5_000_000)}`);
    const whole = source('a.csv').ends();
    await expect(whole).rejects.toThrow('a.csv has a row of more than 16 MiB: is a quote (") not closed?'); // prettier-ignore
  });
});

describe('rows of CSV', () => {
  const text = fc.stringMatching(/^[a,"\n]{0,4}$/);
  const quoted = (value: string): string =>
    /[,"\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  const tables = fc.array(fc.tuple(text, text).map((row) => row.map(quoted).join(',')), { minLength: 1 }); // prettier-ignore

  it('are the same wherever what is read of a file breaks off', () => {
    const finder = new RowFinder(commonMarks);
    fc.assert(
      fc.property(tables, fc.array(fc.integer({ min: 1, max: 9 })), (lines, sizes) => {
        let left = Buffer.from(lines.join('\n'));
        let held = Buffer.alloc(0);
        const found: string[] = [];
        while (left.length > 0) {
          const size = sizes.shift() ?? left.length;
          held = Buffer.concat([held, left.subarray(0, size)]);
          left = left.subarray(size);
          const { end, records } = cutRows(finder, held, left.length === 0);
          const before = found.length;
          for (let at = 0; at < end;) {
            const newline = finder.endOf(held, at, end);
            found.push(held.toString('utf8', at, newline < 0 ? end : newline));
            at = newline < 0 ? end : newline + 1;
          }
          expect(records).toBe(found.length - before);
          held = held.subarray(end);
        }
        expect(held).toHaveLength(0);
        // A row of nothing at the end is no row.
        expect(found).toEqual(lines.at(-1) === '' ? lines.slice(0, -1) : lines);
      }),
    );
  });
  it('are cut at the same places wherever reading begins and however much is read at once', async () => {
    await fc.assert(
      fc.asyncProperty(tables, fc.boolean(), async (lines, isEnded) => {
        const content = ['a,b', ...lines].join('\n') + (isEnded || lines.at(-1) === '' ? '\n' : '');
        put('t.csv', content);
        const [all] = await slices(source('t.csv', ['a']));
        expect(all?.rows).toEqual(lines);
        expect(all?.nextOffset).toBe(lines.length);
        for (const first of lines.keys()) {
          const frame = await source('t.csv', ['a']).reread(0, first, first + 1);
          expect(recordsOf(frame, 'lines', commonMarks).get(0)).toEqual([lines[first]]);
        }
      }),
      { numRuns: 40 },
    );
  });
});
