import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { elementEnd, skipBlank, trimBlank } from '../../core/json/elements.ts';
import type { SourcePort } from '../../graph/ports.ts';
import type { SourceNode } from '../../plan/planner.ts';
import { recorder } from '../sink-contract.suite.ts';
import { describeSource, eventsOf, framesIn, recordsOf } from '../source-contract.suite.ts';
import { ElementCutter } from './elements.ts';
import type { Part } from './input.ts';
import { fileSource } from './source.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'array-source-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function put(path: string, content: string | Buffer): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), content);
}

const source = (path: string): SourcePort =>
  fileSource(
    {
      connector: { kind: 'file', config: { path }, connection: null },
      format: { kind: 'json', validate: 'read' },
    } as SourceNode,
    recorder().context,
    directory,
  );

const objects = (count: number, tag: string): object[] =>
  Array.from({ length: count }, (_, i) => ({ [tag]: i, text: '],[{"\\'.repeat(i % 40), in: [i] }));
/** As `JSON.stringify` gives an element of a list with two blanks of indentation. */
const pretty = (value: unknown): string => JSON.stringify([value], null, 2).slice(4, -2);

describeSource('a file that is a JSON array', {
  framing: 'lines',
  bounded: true,
  place: async () => {
    const all = objects(40_000, 'n');
    put('data.json', `${JSON.stringify(all, null, 2)}\n`);
    return {
      source: () => source('data.json'),
      records: new Map([[0, all.map(pretty)]]),
      remove: async () => undefined,
    };
  },
});

describeSource('arrays and lines, packed and not', {
  framing: 'lines',
  bounded: true,
  place: async () => {
    const [a, b, c] = [objects(20_000, 'a'), objects(30, 'b'), objects(50_000, 'c')];
    const lines = b.map((each) => JSON.stringify(each));
    put('in/a.json', `\uFEFF ${JSON.stringify(a)}`);
    put('in/b.json', `${lines.join('\n')}\n`);
    put('in/c.json.gz', gzipSync(JSON.stringify(c, null, 2)));
    put('in/d.json', ' [ ]\n');
    const records = [...a.map((each) => JSON.stringify(each)), ...lines, ...c.map(pretty)];
    return {
      source: () => source('in/*'),
      records: new Map([[0, records]]),
      remove: async () => undefined,
    };
  },
});

describe('a source of JSON arrays', () => {
  const read = async (path: string) =>
    framesIn(await eventsOf(source(path), new Map(), () => false)).flatMap(
      (frame) => recordsOf(frame, 'lines').get(0) ?? [],
    );

  it('takes what stands between commas for an element, whatever it is', async () => {
    put('a.json', '[{"a": 1}\n, 2,, {"b": } {} ]');
    expect(await read('a.json')).toEqual(['{"a": 1}', '2', '', '{"b": } {}']);
  });

  it('says where an element begins', async () => {
    put('a.json', '\uFEFF[\n  1,\n  22\n]\n');
    const [slice] = (await source('a.json').reread(0, 1, 2)).slices;
    expect(slice).toMatchObject({ file: { path: 'a.json', byte: 9 }, isArray: true });
  });

  it('fails at an array that does not end, and at what follows one', async () => {
    put('a.json', '[{"a": 1}, {"a": 2}');
    await expect(read('a.json')).rejects.toThrow('a.json: the array in it does not end');
    put('a.json', '[1]\n [2]');
    await expect(read('a.json')).rejects.toThrow('a.json: something follows its array at byte 5');
    const port = source('a.json');
    await expect(port.ends()).rejects.toThrow('something follows');
  });

  it('goes on at its end with nothing', async () => {
    put('a.json', '[1, 2]\n\n');
    const port = source('a.json');
    expect(await port.ends()).toEqual(new Map([[0, 2]]));
    expect(framesIn(await eventsOf(port, new Map([[0, 2]]), () => false))).toEqual([]);
  });
});

describe('elements', () => {
  const blank = fc.stringMatching(/^[ \n\r\t]{0,2}$/);
  const arrays = fc.array(fc.tuple(fc.json({ maxDepth: 3 }), blank, blank));

  it('are those of JSON.parse, wherever what is read of a file breaks off', () => {
    fc.assert(
      fc.property(arrays, fc.array(fc.integer({ min: 1, max: 9 })), blank, (all, sizes, rest) => {
        const written = all.map(([json, before, after]) => `${before}${json}${after}`).join(',');
        let left = Buffer.from(`${written}]${rest}`);
        let held = Buffer.alloc(0);
        const found: unknown[] = [];
        const cutter = new ElementCutter({ path: 'x' } as Part, 1, {
          isFirst: true,
          end: Infinity,
        });
        while (left.length > 0) {
          const size = sizes.shift() ?? left.length;
          held = Buffer.concat([held, left.subarray(0, size)]);
          left = left.subarray(size);
          const { end, records } = cutter.cut(held, left.length === 0);
          for (let at = 0, i = 0; i < records; i++) {
            const stop = elementEnd(held, at, end);
            const from = skipBlank(held, at, stop);
            found.push(JSON.parse(held.toString('utf8', from, trimBlank(held, from, stop))));
            at = stop + 1;
          }
          held = held.subarray(end);
        }
        expect(found).toEqual(JSON.parse(`[${written}]`));
        expect(cutter.cut(held, true)).toEqual({ end: held.length, records: 0 });
      }),
    );
  });

  it('end for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const end = elementEnd(bytes, 0, bytes.length);
        expect(end).toBeGreaterThanOrEqual(-1);
        expect(end).toBeLessThan(Math.max(bytes.length, 1));
      }),
    );
  });
});
