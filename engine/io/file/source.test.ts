import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { lastValueFrom, tap } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SourcePort } from '../../graph/ports.ts';
import type { SourceNode } from '../../plan/planner.ts';
import { sinkNode } from '../json-rows.fixture.ts';
import { batchOf, recorder, recordOrigin, type Recorder } from '../sink-contract.suite.ts';
import { describeSource, eventsOf, framesIn, recordsOf } from '../source-contract.suite.ts';
import { linesOf } from './lines.ts';
import type { Part } from './input.ts';
import { fileSink } from './sink.ts';
import { fileSource } from './source.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'file-source-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function put(path: string, content: string | Buffer): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), content);
}

const source = (path: string, told = recorder(), project = directory): SourcePort =>
  fileSource(
    {
      connector: { kind: 'file', config: { path }, connection: null },
      format: { kind: 'json', validate: 'read' },
    } as SourceNode,
    told.context,
    project,
  );

/** Records by partition. */
async function read(
  path: string,
  told?: Recorder,
  project?: string,
): Promise<Map<number, string[]>> {
  const records = new Map<number, string[]>();
  const port = source(path, told, project);
  for (const frame of framesIn(await eventsOf(port, new Map(), () => false))) {
    for (const [partition, values] of recordsOf(frame, 'lines')) {
      records.set(partition, [...(records.get(partition) ?? []), ...values]);
    }
  }
  return records;
}

const words = (count: number, tag: string): string[] =>
  Array.from({ length: count }, (_, i) => `{"${tag}": ${i}, "text": "${'x'.repeat(i % 300)}"}`);
const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

describeSource('a file', {
  framing: 'lines',
  bounded: true,
  place: async () => {
    const lines = words(20_000, 'n');
    put('data.ndjson', text(lines));
    return {
      source: () => source('data.ndjson'),
      records: new Map([[0, lines]]),
      remove: async () => undefined,
    };
  },
});

describeSource('an archive with packed parts', {
  framing: 'lines',
  bounded: true,
  place: async () => {
    const [zero, one, two] = [words(9000, 'a'), words(500, 'b'), words(12_000, 'c')];
    put('archive/2024-03-29/0-2.ndjson', text(zero.slice(5000)));
    put('archive/2024-03-28/0-1.ndjson.gz', gzipSync(text(zero.slice(0, 5000))));
    put('archive/2024-03-28/1-1.ndjson', text(one));
    put('archive/2024-03-28/2-9.ndjson.gz', gzipSync(text(two.slice(0, 100))));
    put('archive/2024-03-28/2-10.ndjson.gz', gzipSync(text(two.slice(100))));
    return {
      source: () => source('archive/*/*.ndjson*'),
      records: new Map([
        [0, zero],
        [1, one],
        [2, two],
      ]),
      remove: async () => undefined,
    };
  },
});

describe('a file source', () => {
  it('R10: reads files of a glob in name order, as one partition', async () => {
    put('in/b.ndjson', '3\n4\n');
    put('in/a.ndjson', '1\n2\n');
    put('in/c/d.ndjson', 'not this\n');
    put('in/.hidden.ndjson', 'nor this\n');
    expect(await read('in/*.ndjson')).toEqual(new Map([[0, ['1', '2', '3', '4']]]));
  });

  it('R10: reads parts by number where names say partition and part', async () => {
    for (const part of [10, 9, 2]) put(`in/0-${part}.ndjson`, `${part}\n`);
    put('in/3-1.ndjson', 'three\n');
    expect(await read('in/*')).toEqual(
      new Map([
        [0, ['2', '9', '10']],
        [3, ['three']],
      ]),
    );
  });

  it('keeps lines of files apart when the last has no end', async () => {
    put('in/a.ndjson', '1\n2');
    put('in/b.ndjson', '3');
    expect(await read('in/*')).toEqual(new Map([[0, ['1', '2', '3']]]));
  });

  it('takes a name as it is when there is such a file', async () => {
    put('data[1].ndjson', '1\n');
    put('data1.ndjson', '2\n');
    expect(await read('data[1].ndjson')).toEqual(new Map([[0, ['1']]]));
  });

  it('reads empty files and empty lines', async () => {
    put('in/a.ndjson', '');
    put('in/b.ndjson', '1\n\n2\n');
    // An empty line counts as a record without a value, so that offsets are line numbers.
    expect(await read('in/*')).toEqual(new Map([[0, ['1', '', '2']]]));
    put('none.ndjson', '');
    expect(await read('none.ndjson')).toEqual(new Map());
    expect(await source('none.ndjson').ends()).toEqual(new Map([[0, 0]]));
  });

  it('says so when no file matches', async () => {
    await expect(source('absent/*.ndjson').identity()).rejects.toThrow('no file matches absent/*');
    await expect(lastValueFrom(source('absent').open(new Map()))).rejects.toThrow(
      'no file matches',
    );
  });

  it('reads lines longer than a frame, and refuses endless ones', async () => {
    const long = JSON.stringify({ text: 'y'.repeat(3_000_000) });
    put('long.ndjson', text(['1', long, '2']));
    expect(await read('long.ndjson')).toEqual(new Map([[0, ['1', long, '2']]]));
    put('endless.ndjson', 'z'.repeat(17 * 1024 * 1024));
    await expect(read('endless.ndjson')).rejects.toThrow('more than 16 MiB');
  });

  it('names the file that cannot be unpacked', async () => {
    put('broken.ndjson.gz', 'this is no gzip');
    await expect(read('broken.ndjson.gz')).rejects.toThrow('broken.ndjson.gz: incorrect header');
    put('cut.ndjson.gz', gzipSync(text(words(1000, 'n'))).subarray(0, 500));
    await expect(read('cut.ndjson.gz')).rejects.toThrow('cut.ndjson.gz: unexpected end');
  });

  it('R9: is another source when a file is longer or begins differently', async () => {
    put('in/a.ndjson', '1\n');
    const before = await source('in/*').identity();
    expect(await source('in/*').identity()).toBe(before);
    put('in/a.ndjson', '2\n');
    const changed = await source('in/*').identity();
    appendFileSync(join(directory, 'in/a.ndjson'), '3\n');
    const grown = await source('in/*').identity();
    put('in/b.ndjson', '1\n');
    const more = await source('in/*').identity();
    expect(new Set([before, changed, grown, more]).size).toBe(4);
  });

  it.each(['grown', 'shortened', 'removed'])(
    'R9: stops when a file is %s while it is read',
    async (how) => {
      put('a.ndjson', text(words(30_000, 'n')));
      const path = join(directory, 'a.ndjson');
      const reading$ = source('a.ndjson')
        .open(new Map())
        .pipe(
          tap(({ kind }) => {
            if (kind !== 'partitions') return;
            if (how === 'grown') appendFileSync(path, 'more\n');
            else if (how === 'shortened') truncateSync(path, 100);
            else rmSync(path);
          }),
        );
      await expect(lastValueFrom(reading$)).rejects.toThrow(
        how === 'removed' ? 'is gone' : 'was changed',
      );
    },
  );

  it('R2: obeys the manifest of the sink that wrote the files', async () => {
    const columns = [{ name: 'n', type: 'int', nullable: false }] as const;
    const rows = (n: number, partition: number) => {
      const origin = recordOrigin(1);
      return batchOf(columns, [[n]], origin.kind === 'records' ? { ...origin, partition } : origin);
    };
    const path = 'data/{event_time:yyyy-MM-dd}/p{partition}/{part}.ndjson';
    const sink = fileSink(
      sinkNode('file', columns, { path, rotate: null }),
      recorder().context,
      directory,
    );
    await sink.open(null);
    await sink.write(rows(1, 0));
    await sink.write(rows(2, 5));
    await sink.commit?.(await sink.prepare?.());
    await sink.write(rows(3, 0));
    await sink.write(rows(4, 7));
    const told = recorder();
    expect(await read('data/**/*.ndjson', told)).toEqual(
      new Map([
        [0, ['{"n":1}']],
        [5, ['{"n":2}']],
      ]),
    );
    expect(told.notices).toEqual([
      'one file is left out: no snapshot of the run that writes them is done',
    ]);
    // Also from another project, by a relative path or a whole one, and when it has been moved.
    const committed = new Map([
      [0, ['{"n":1}']],
      [5, ['{"n":2}']],
    ]);
    const other = mkdtempSync(join(directory, 'other-'));
    expect(await read('../data/**/*.ndjson', recorder(), other)).toEqual(committed);
    expect(await read(`${directory}/data/**/*.ndjson`, recorder(), other)).toEqual(committed);
    cpSync(join(directory, 'data'), join(other, 'kept/of-march'), { recursive: true });
    expect(await read('kept/of-march/**/*.ndjson', recorder(), other)).toEqual(committed);
    await sink.close();
  });
});

describe('runs of lines', () => {
  const part = {} as Part;

  it('are cut as a split does', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-c]{0,3}$/)), fc.nat(10), (lines, skip) => {
        const all = text(lines);
        const bytes = Buffer.from(all);
        const n = Math.min(skip, lines.length);
        expect(bytes.subarray(linesOf(part).startOf(bytes, n)).toString()).toBe(
          text(lines.slice(n)),
        );
      }),
    );
  });
});
