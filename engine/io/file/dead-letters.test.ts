import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeadLetter } from '../../../workers/protocol.ts';
import type { DeadLetterPort } from '../../graph/ports.ts';
import { recorder } from '../sink-contract.suite.ts';
import { fileDeadLetters } from './dead-letters.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dead-letters-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const letter = (offset: number): DeadLetter => ({
  ...{ code: 'SCHEMA', reason: 'missing required field city', stage: 'readings' },
  ...{ source: 'readings', partition: 1, offset, timestamp: null, key: null },
  value: Buffer.from('{}'),
});
const open = (path = 'letters/weather.ndjson'): DeadLetterPort => {
  const connector = { kind: 'file', config: { path }, connection: null };
  return fileDeadLetters(connector, recorder().context, directory);
};
const lines = (path = 'letters/weather.ndjson'): unknown[] =>
  readFileSync(join(directory, path), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { offset: number }).offset);

describe('dead letters in a file', () => {
  it('are a line each, in the order given, over runs', async () => {
    for (const first of [1, 10]) {
      const letters = open();
      await letters.open();
      await Promise.all([
        letters.write([letter(first), letter(first + 1)]),
        letters.write([letter(first + 2)]),
      ]);
      await letters.close();
    }
    expect(lines()).toEqual([1, 2, 3, 10, 11, 12]);
  });

  it('do not run into a line that a crash cut off', async () => {
    writeFileSync(join(directory, 'torn.ndjson'), '{"offset": 7}\n{"offset": 8}');
    const letters = open('torn.ndjson');
    await letters.open();
    await letters.write([letter(9)]);
    await letters.close();
    expect(lines('torn.ndjson')).toEqual([7, 8, 9]);
  });

  it('are refused when the file is not open', async () => {
    const letters = open();
    await expect(letters.write([letter(1)])).rejects.toThrow('closed');
    await letters.close();
  });
});
