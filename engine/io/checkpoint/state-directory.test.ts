import fc from 'fast-check';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WriteClock, lockState } from './state-directory.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'engine-state-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const module = JSON.stringify(new URL('./state-directory.ts', import.meta.url).href);

/** A process that takes the lock, says `locked` or why not, and holds it until it is killed. */
function contender(): ChildProcess {
  const program = `
    const { lockState } = await import(${module});
    try {
      lockState(${JSON.stringify(directory)}, 'weather');
      console.log('locked');
      setInterval(() => undefined, 1000);
    } catch (error) {
      console.log(error.message);
    }`;
  return spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

const said = async ({ stdout }: ChildProcess): Promise<string> => {
  for await (const chunk of stdout as AsyncIterable<Buffer>) return chunk.toString().trim();
  return '';
};

const gone = async (process: ChildProcess): Promise<void> => {
  if (process.exitCode === null && process.kill('SIGKILL')) await once(process, 'exit');
};

describe('lockState', () => {
  it('R8: a second run stops, naming the first, also in the same process', () => {
    const release = lockState(directory, 'weather');
    expect(() => lockState(directory, 'weather')).toThrow(
      `pipeline weather is already running in process ${process.pid}; stop it first`,
    );
    release();
    lockState(directory, 'weather')();
  });

  it('R8: of processes that race one wins, and its lock ends with it', async () => {
    const racing = [contender(), contender(), contender(), contender()];
    const words = await Promise.all(racing.map(said));
    expect(words.filter((word) => word === 'locked')).toHaveLength(1);
    expect(words.filter((word) => word.includes('is already running in'))).toHaveLength(3);
    expect(() => lockState(directory, 'weather')).toThrow(/already running/);
    await Promise.all(racing.map(gone));
    lockState(directory, 'weather')();
  });

  it('takes no notice of what a process that is gone has left behind', () => {
    writeFileSync(join(directory, 'lock.pid'), String(process.ppid));
    lockState(directory, 'weather')();
  });
});

describe('WriteClock', () => {
  it('R5: rises strictly across restarts and clocks set back', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            restart: fc.boolean(),
            nowMs: fc.integer({ min: 0, max: 100_000 }),
            rows: fc.integer({ min: 1, max: 500 }),
          }),
          { maxLength: 30 },
        ),
        (steps) => {
          rmSync(join(directory, 'write-clock.json'), { force: true });
          let now = 0;
          let clock = new WriteClock(directory, () => now);
          let last = -1n;
          for (const { restart, nowMs, rows } of steps) {
            now = nowMs;
            if (restart) clock = new WriteClock(directory, () => now);
            const first = clock.take(rows);
            expect(first > last).toBe(true);
            expect(first >= BigInt(now) * 1000n).toBe(true);
            last = first + BigInt(rows - 1);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('R5: says so when the ceiling cannot be read, and does not start from nothing', () => {
    writeFileSync(join(directory, 'write-clock.json'), '{"ceil');
    expect(() => new WriteClock(directory, () => 0)).toThrow(
      expect.objectContaining({ code: 'ENG_STATE_CORRUPT' }) as Error,
    );
  });
});
