import fc from 'fast-check';
import { mkdir, mkdtemp, open, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SnapshotStore } from './snapshot-store.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'engine-snapshots-'));
});
afterEach(() => rm(directory, { recursive: true }));

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('SnapshotStore', () => {
  it('reads back the newest snapshot', async () => {
    const store = new SnapshotStore(directory);
    expect(await store.readNewest()).toBeNull();
    await store.write({ header: { n: 1 }, buffers: [bytes(1)] });
    await store.write({ header: { n: 2, text: 'é' }, buffers: [bytes(), bytes(2, 3)] });
    expect(await new SnapshotStore(directory).readNewest()).toEqual({
      header: { n: 2, text: 'é' },
      buffers: [bytes(), bytes(2, 3)],
    });
  });

  it('keeps two, and numbers go on after a restart', async () => {
    for (let run = 0; run < 3; run++) {
      const store = new SnapshotStore(directory);
      await store.readNewest();
      await store.write({ header: run, buffers: [] });
      await store.write({ header: run + 0.5, buffers: [] });
    }
    expect((await readdir(directory)).sort()).toEqual([
      'snapshot-000000000005.bin',
      'snapshot-000000000006.bin',
    ]);
  });

  it('falls back to the one before when any byte of the newest is wrong', async () => {
    const store = new SnapshotStore(directory);
    await store.write({ header: 'old', buffers: [bytes(7)] });
    await store.write({ header: 'new', buffers: [bytes(8, 9)] });
    const newest = join(directory, 'snapshot-000000000002.bin');
    const whole = await readFile(newest);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          const broken = Buffer.from(whole);
          broken[at] = (broken[at] as number) ^ flip;
          await writeFile(newest, broken);
          expect((await new SnapshotStore(directory).readNewest())?.header).toBe('old');
        },
      ),
      { numRuns: 60 },
    );
    await writeFile(newest, whole.subarray(0, 10));
    expect((await new SnapshotStore(directory).readNewest())?.header).toBe('old');
  });

  it('keeps the one it fell back to until there are two newer ones, and tells which was damaged', async () => {
    const store = new SnapshotStore(directory);
    await store.write({ header: 'old', buffers: [] });
    await store.write({ header: 'new', buffers: [] });
    await writeFile(join(directory, 'snapshot-000000000002.bin'), 'rubbish');
    const next = new SnapshotStore(directory);
    const damaged: string[] = [];
    await next.readNewest((path) => damaged.push(path));
    expect(damaged).toEqual([join(directory, 'snapshot-000000000002.bin')]);
    await next.write({ header: 'next', buffers: [] });
    await writeFile(join(directory, 'snapshot-000000000003.bin'), 'rubbish');
    expect((await new SnapshotStore(directory).readNewest())?.header).toBe('old');
    await next.write({ header: 'after', buffers: [] });
    await next.write({ header: 'last', buffers: [] });
    expect((await readdir(directory)).sort()).toEqual([
      'snapshot-000000000004.bin',
      'snapshot-000000000005.bin',
    ]);
  });

  it('says so when no snapshot is whole', async () => {
    const store = new SnapshotStore(directory);
    await store.write({ header: 'only', buffers: [] });
    await writeFile(join(directory, 'snapshot-000000000001.bin'), 'rubbish');
    await expect(store.readNewest()).rejects.toMatchObject({ code: 'ENG_STATE_CORRUPT' });
  });

  it('is on disk as it was given, however many buffers there are', async () => {
    const buffers = Array.from({ length: 3000 }, (_, i) => new Uint8Array(i % 5).fill(i % 251));
    const store = new SnapshotStore(directory);
    await store.write({ header: {}, buffers });
    expect((await store.readNewest())?.buffers).toEqual(buffers);
  });

  it('hands over a megabyte at a time, so that a large state holds nothing up', async () => {
    const probe = await open(join(directory, 'probe'), 'w');
    const writev = vi.spyOn(Object.getPrototypeOf(probe) as typeof probe, 'writev');
    await probe.close();
    const large = new Uint8Array(5 << 20).map((_, i) => i % 251);
    const small = Array.from({ length: 2000 }, (_, i) => new Uint8Array(100).fill(i % 251));
    const buffers = [large, ...small, large];
    const store = new SnapshotStore(directory);
    await store.write({ header: {}, buffers });
    const sizes = writev.mock.calls.map(([parts]) =>
      parts.reduce((sum, { byteLength }) => sum + byteLength, 0),
    );
    writev.mockRestore();
    expect(Math.max(...sizes)).toBe(1 << 20);
    expect(sizes.length).toBeGreaterThanOrEqual(11);
    const read = (await store.readNewest())?.buffers ?? [];
    expect(Buffer.concat(read).equals(Buffer.concat(buffers))).toBe(true);
  });

  it('fails loudly when it cannot be written, and keeps what was there', async () => {
    const store = new SnapshotStore(directory);
    await store.write({ header: 'kept', buffers: [] });
    await mkdir(join(directory, 'snapshot-000000000002.bin.tmp'));
    await expect(store.write({ header: 'lost', buffers: [] })).rejects.toMatchObject({
      code: 'ENG_STATE_WRITE',
    });
    expect((await store.readNewest())?.header).toBe('kept');
  });

  it('does not take a directory it cannot read for one that is not there', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    await expect(new SnapshotStore(file).readNewest()).rejects.toThrow(/ENOTDIR/);
  });
});
