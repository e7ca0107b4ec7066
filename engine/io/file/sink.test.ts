import fc from 'fast-check';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Column, RowBatch } from '../../core/batch.ts';
import type { SinkPort } from '../../graph/ports.ts';
import { cellsOf, sinkNode } from '../json-rows.fixture.ts';
import { batchOf, describeSink, recorder, recordOrigin } from '../sink-contract.suite.ts';
import { manifestsIn } from './manifest.ts';
import { parseTemplate } from './path-template.ts';
import { fileSink, type FileSinkConfig } from './sink.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'file-sink-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const columns: Column[] = [{ name: 'n', type: 'int', nullable: false }];
const archive = 'data/{event_time:yyyy-MM-dd}/{partition}-{part}.ndjson';
const DAY = 86_400_000;

let nowMs = 0;
const open = (
  config: Partial<FileSinkConfig> = {},
  told = recorder(),
  shape = columns,
): SinkPort => {
  const full = { path: archive, rotate: null, timezone: 'UTC', ...config };
  return fileSink(sinkNode('file', shape, full), told.context, directory, () => nowMs);
};
const rows = (numbers: readonly number[], fromMs = 0): RowBatch =>
  batchOf(
    columns,
    numbers.map((n) => [n]),
    recordOrigin(numbers.length, fromMs),
  );

/** Files below the directory with their text, manifests not counted. */
function files(): Map<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => entry.isFile() && !entry.name.includes('manifest'))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(directory.length + 1), readFileSync(path, 'utf8')]),
  );
}

/** Lines that count by the manifest. */
async function committedLines(config: { path: string } = { path: archive }): Promise<string[]> {
  const { root } = parseTemplate(config.path, 'UTC');
  const manifests = await manifestsIn(join(directory, root));
  return manifests
    .flatMap((manifest) => [...manifest.files])
    .flatMap(([path, bytes]) =>
      readFileSync(join(directory, path)).subarray(0, bytes).toString('utf8').split('\n'),
    )
    .filter((line) => line !== '');
}

async function snapshot(sink: SinkPort): Promise<unknown> {
  const handle = JSON.parse(JSON.stringify(await sink.prepare?.())) as unknown;
  await sink.commit?.(handle);
  return handle;
}

describeSink('files of lines', {
  upserts: false,
  refusesNullKeys: false,
  keepsNegativeZero: false,
  expires: false,
  place: async ({ columns: shape }) => ({
    sink: (context) => {
      const config = { path: archive, rotate: { sizeBytes: 2000, everyMs: null } };
      return fileSink(sinkNode('file', shape, config), context, directory);
    },
    rows: async () => (await committedLines()).map((line) => cellsOf(shape, line)),
    remove: async () => undefined,
  }),
});

describe('a file sink', () => {
  it('files rows by day of event time and partition, a line of JSON each', async () => {
    const sink = open();
    await sink.open(null);
    await sink.write(rows([1, 2], DAY - 1000));
    await sink.write(rows([3], DAY));
    await sink.close();
    expect(files()).toEqual(
      new Map([
        ['data/1970-01-01/0-0.ndjson', '{"n":1}\n'],
        ['data/1970-01-02/0-1.ndjson', '{"n":2}\n{"n":3}\n'],
      ]),
    );
  });

  it('begins the next part at the size, and at the age', async () => {
    const sink = open({ path: 'p-{part}.ndjson', rotate: { sizeBytes: 16, everyMs: 1000 } });
    await sink.open(null);
    for (const n of [1, 2, 3]) await sink.write(rows([n]));
    nowMs += 1000;
    await sink.write(rows([4]));
    await sink.close();
    expect([...files()]).toEqual([
      ['p-0.ndjson', '{"n":1}\n{"n":2}\n'],
      ['p-1.ndjson', '{"n":3}\n'],
      ['p-2.ndjson', '{"n":4}\n'],
    ]);
  });

  it('keeps one file when its path has no part, also over runs', async () => {
    const config = { path: 'out.ndjson', rotate: { sizeBytes: 1, everyMs: 1 } };
    let handle: unknown = null;
    for (const n of [1, 2]) {
      const sink = open(config);
      await sink.open(handle);
      await sink.write(rows([n]));
      handle = await snapshot(sink);
      await sink.close();
    }
    expect([...files()]).toEqual([['out.ndjson', '{"n":1}\n{"n":2}\n']]);
  });

  it('closes the file written to least recently when too many are open', async () => {
    const sink = open();
    await sink.open(null);
    for (let day = 0; day < 70; day++) await sink.write(rows([day], day * DAY));
    await sink.write(rows([0], 0));
    await snapshot(sink);
    await sink.close();
    expect(files().size).toBe(71);
    expect((await committedLines()).length).toBe(71);
  });

  it('files window rows by window_end − 1 ms, and wants that column', async () => {
    const shape: Column[] = [{ name: 'window_end', type: 'timestamp', nullable: false }];
    const origin = { kind: 'window', stage: 's' } as const;
    const sink = open({}, recorder(), shape);
    await sink.open(null);
    await sink.write(batchOf(shape, [[DAY]], origin));
    await sink.close();
    expect([...files().keys()]).toEqual(['data/1970-01-01/0-0.ndjson']);
    const other = open();
    await other.open(null);
    await expect(other.write(batchOf(columns, [[1]], origin))).rejects.toThrow('window_end');
  });

  it('R2: what no snapshot names does not count, and is cut off or set aside at the start', async () => {
    const first = open();
    await first.open(null);
    await first.write(rows([1]));
    const handle = await snapshot(first);
    await first.write(rows([2]));
    await first.write(rows([3], DAY));
    await first.close();
    expect(await committedLines()).toEqual(['{"n":1}']);

    const told = recorder();
    const second = open({}, told);
    await second.open(handle);
    expect(told.notices).toEqual([
      'no snapshot knows data/1970-01-02/0-1.ndjson: set aside as *.uncommitted',
    ]);
    await second.write(rows([2]));
    await snapshot(second);
    await second.close();
    expect(await committedLines()).toEqual(['{"n":1}', '{"n":2}']);
    expect([...files().keys()]).toContain('data/1970-01-02/0-1.ndjson.uncommitted');
  });

  it('R2: a cut has the rows before it and none after, whatever is under way', async () => {
    const sink = open();
    await sink.open(null);
    const before = [sink.write(rows([1])), sink.write(rows([2], DAY))];
    const cut = sink.prepare?.();
    const after = [sink.write(rows([3])), sink.write(rows([4], 2 * DAY))];
    await sink.commit?.(await cut);
    await Promise.all([...before, ...after]);
    await sink.close();
    expect((await committedLines()).sort()).toEqual(['{"n":1}', '{"n":2}']);
  });

  it('R2: committing again changes nothing', async () => {
    const sink = open();
    await sink.open(null);
    await sink.write(rows([1]));
    const handle = await snapshot(sink);
    await sink.commit?.(handle);
    await sink.close();
    const again = open();
    await again.open(handle);
    await again.commit?.(handle);
    await again.close();
    expect(await committedLines()).toEqual(['{"n":1}']);
  });

  it('leaves what was there before alone, and counts it', async () => {
    const path = join(directory, 'data/1970-01-01/0-7.ndjson');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '{"n":0}\n');
    const sink = open();
    await sink.open(null);
    await sink.write(rows([1]));
    await snapshot(sink);
    await sink.close();
    expect(await committedLines()).toEqual(['{"n":0}', '{"n":1}']);
    expect([...files().keys()]).toEqual([
      'data/1970-01-01/0-7.ndjson',
      'data/1970-01-01/0-8.ndjson',
    ]);
  });

  it('does not mind old files that somebody removed', async () => {
    const first = open();
    await first.open(null);
    await first.write(rows([1]));
    const handle = await snapshot(first);
    await first.close();
    rmSync(join(directory, 'data/1970-01-01'), { recursive: true });
    const second = open();
    await second.open(handle);
    await second.write(rows([2]));
    await snapshot(second);
    await second.close();
    expect(await committedLines()).toEqual(['{"n":2}']);
  });

  it('stops when a committed file was shortened', async () => {
    const first = open();
    await first.open(null);
    await first.write(rows([1]));
    const handle = await snapshot(first);
    await first.close();
    writeFileSync(join(directory, 'data/1970-01-01/0-0.ndjson'), 'x');
    await expect(open().open(handle)).rejects.toThrow('changed from outside');
  });

  it('stops when a directory stands in the way', async () => {
    mkdirSync(join(directory, 'out.ndjson'));
    const sink = open({ path: 'out.ndjson' });
    await sink.open(null);
    await expect(sink.write(rows([1]))).rejects.toThrow('EISDIR');
  });

  it('keeps its manifest out of the way of globs', async () => {
    const sink = open();
    await sink.open(null);
    expect(existsSync(join(directory, 'data/.contract.out.manifest.json'))).toBe(true);
  });
});

describe('R2: a file sink through crashes', () => {
  type Step = 'write' | 'prepare' | 'snapshot' | 'crash' | 'lose a snapshot' | 'grow old';
  const anySteps = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constant<Step>('write') },
      { weight: 3, arbitrary: fc.constant<Step>('snapshot') },
      fc.constantFrom<Step>('prepare', 'crash', 'lose a snapshot', 'grow old'),
    ),
    { maxLength: 30 },
  );

  it.each([archive, 'flat-{part}.ndjson', 'one.ndjson', '{event_time:dd}.ndjson'])(
    'has every row once: %s',
    async (path) => {
      await fc.assert(
        fc.asyncProperty(anySteps, fc.nat(3), async (steps, sizes) => {
          directory = mkdtempSync(join(directory, 'run-'));
          const rotate = { sizeBytes: 8 * (1 + sizes), everyMs: 1000 };
          const start = async (handle: unknown): Promise<SinkPort> => {
            const sink = open({ path, rotate });
            await sink.open(handle);
            return sink;
          };
          /** Snapshots on disk: how many rows came before each, and its handle. */
          let snapshots: { rows: number; handle: unknown }[] = [{ rows: 0, handle: null }];
          let next = 0;
          let sink = await start(null);
          for (const step of steps) {
            if (step === 'grow old') nowMs += 1000;
            else if (step === 'write') {
              await sink.write(rows([next], (next % 3) * DAY));
              next++;
            } else if (step === 'prepare' || step === 'snapshot') {
              const handle = JSON.parse(JSON.stringify(await sink.prepare?.())) as unknown;
              snapshots.push({ rows: next, handle });
              if (step === 'snapshot') await sink.commit?.(handle);
            } else {
              // The run begins again at its newest readable snapshot, or at the one before.
              if (step === 'lose a snapshot' && snapshots.length > 2) snapshots.pop();
              const from = snapshots.at(-1)!;
              await sink.close();
              sink = await start(from.handle);
              if (from.handle !== null) await sink.commit?.(from.handle);
              snapshots = snapshots.slice(-2);
              next = from.rows;
            }
          }
          await snapshot(sink);
          await sink.close();
          const numbers = (await committedLines({ path })).map(
            (line) => (JSON.parse(line) as { n: number }).n,
          );
          expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: next }, (_, i) => i));
        }),
        { numRuns: 40 },
      );
    },
  );
});

describe('an archive', () => {
  const archived = (told = recorder(), origin = 'topic', path = archive): SinkPort => {
    const node = { ...sinkNode('file', columns, { path, rotate: null }), envelope: true };
    return fileSink(node, { ...told.context, origin }, directory, () => nowMs);
  };
  /** Records `first, first + 1, …` at these times. */
  const records = (times: readonly number[], first = 0): RowBatch => ({
    ...batchOf(
      columns,
      times.map((_, i) => [first + i]),
    ),
    origin: {
      ...{ kind: 'records', source: 'readings', partition: 2 },
      offsets: Float64Array.from(times, (_, i) => first + i),
      eventTimes: Float64Array.from(times),
      timestamps: Float64Array.from(times, (time) => (time === 0 ? NaN : time)),
    },
  });

  it('R10: keeps _partition _offset _timestamp in each line', async () => {
    const sink = archived();
    await sink.open(null);
    await sink.write(records([0, 1000]));
    await sink.close();
    expect([...files().values()]).toEqual([
      '{"n":0,"_partition":2,"_offset":0,"_timestamp":null}\n' +
        '{"n":1,"_partition":2,"_offset":1,"_timestamp":"1970-01-01T00:00:01Z"}\n',
    ]);
  });

  it('R10: has the records of a partition in the order of its parts, also those late at midnight', async () => {
    const sink = archived();
    await sink.open(null);
    await sink.write(records([DAY - 2, DAY + 1, DAY - 1, DAY + 2, 2 * DAY]));
    await sink.close();
    const numbers = ([path, text]: [string, string]) =>
      `${path}: ${[...text.matchAll(/"n":(\d)/g)].map(([, n]) => n).join(' ')}`;
    expect([...files()].map(numbers)).toEqual([
      'data/1970-01-01/2-0.ndjson: 0',
      'data/1970-01-02/2-1.ndjson: 1 2 3',
      'data/1970-01-03/2-2.ndjson: 4',
    ]);
  });

  it('R6 R10: a run that begins afresh adds nothing that is there, and says so', async () => {
    const first = archived();
    await first.open(null);
    await first.write(records([1, 2, 3]));
    await snapshot(first);
    await first.close();
    const told = recorder();
    const second = archived(told);
    await second.open(null);
    await second.write(records([1, 2, 3, 4]));
    await snapshot(second);
    await second.close();
    const lines = await committedLines();
    expect(lines.map((line) => (JSON.parse(line) as { n: number }).n)).toEqual([0, 1, 2, 3]);
    expect(told.notices).toEqual(['out: 3 records were archived already']);
  });

  it('R3: keeps records of another source beside, and finds the first again', async () => {
    for (const [origin, count] of [
      ['simulated', 2],
      ['topic', 3],
      ['simulated', 2],
    ] as const) {
      const sink = archived(recorder(), origin);
      await sink.open(null);
      await sink.write(records(Array.from({ length: count }, (_, i) => i + 1)));
      await snapshot(sink);
      await sink.close();
    }
    const [manifest] = await manifestsIn(join(directory, 'data'));
    expect(manifest?.origins.map(({ origin }) => origin)).toEqual(['simulated', 'topic']);
    expect([...(manifest?.originOf ?? [])]).toEqual([['data/1970-01-01/2-1.ndjson', 1]]);
    expect(await committedLines()).toHaveLength(5);
  });

  it('R2: goes back to a snapshot with its offsets: what came after the cut is written again', async () => {
    const first = archived();
    await first.open(null);
    await first.write(records([1, 2]));
    const handle = await snapshot(first);
    await first.write(records([3, 4], 2));
    await snapshot(first); // its snapshot is lost
    const second = archived();
    await second.open(handle);
    await second.write(records([3, 4], 2));
    await snapshot(second);
    await second.close();
    const lines = await committedLines();
    expect(lines.map((line) => (JSON.parse(line) as { n: number }).n)).toEqual([0, 1, 2, 3]);
  });

  it('is packed where its path says so, each commit readable by itself', async () => {
    const sink = archived(recorder(), 'topic', 'data/{partition}-{part}.ndjson.gz');
    await sink.open(null);
    await sink.write(records([1]));
    await snapshot(sink);
    await sink.write(records([2], 1));
    await snapshot(sink);
    await sink.close();
    const packed = readFileSync(join(directory, 'data/2-0.ndjson.gz'));
    expect(gunzipSync(packed).toString().split('\n')).toHaveLength(3);
  });
});
