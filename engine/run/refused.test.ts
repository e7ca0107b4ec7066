import { describe, expect, it } from 'vitest';
import type { RowBatch } from '../core/batch.ts';
import { Acknowledgements } from '../graph/acknowledgements.ts';
import { openTally } from '../graph/tally.ts';
import { letterId } from '../io/dead-letter/letter-json.ts';
import { planned } from '../plan/definition.fixture.ts';
import type { DeadLetter } from '../../workers/protocol.ts';
import { refusalWriter } from './refused.ts';

const plan = planned(`
name: t
sources:
  readings:
    file: readings.ndjson
    schema: { k: string!, t: long!, x: double! }
    event_time: { column: t, unit: s }
    watermark: { out_of_order: 5s }
stages:
  tens: { from: readings, window: { tumbling: 10s }, group_by: [k], aggregate: { total: sum(x) } }
sinks:
  table: { from: tens, stdout: json }
`);

/** A row of the window at 10 s. */
const rowOf = (k: string, total: number): RowBatch => ({
  length: 1,
  vectors: [
    { kind: 'text', values: [k] },
    ...[10_000, 20_000, total].map((value) => ({
      ...({ kind: 'number', values: Float64Array.of(value), valid: null } as const),
    })),
  ],
  origin: { kind: 'window', stage: 'tens' },
});

async function refuse(batches: readonly RowBatch[]): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  const acks = new Acknowledgements();
  const tally = openTally();
  const writer = refusalWriter(plan, acks, tally);
  writer.open({
    open: () => Promise.resolve(),
    write: (more) => Promise.resolve(void letters.push(...more)),
    close: () => Promise.resolve(),
  });
  for (const batch of batches) writer.write('table', [{ batch, row: 0, reason: 'too large' }]);
  await acks.cut();
  expect([...tally.letters]).toEqual([['REFUSED', batches.length]]);
  expect([...tally.reported]).toEqual([['REFUSED', batches.length]]);
  return letters;
}

describe('a row that a table refused', () => {
  it('R6: is known by its group and window or its place in the log, whatever its values', async () => {
    const letters = await refuse([rowOf('a', 1), rowOf('a', 1.0000001), rowOf('b', 1)]);
    const ids = letters.map((letter) => letterId('t', letter));
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
    const ofRecord = (row: number): RowBatch => ({
      ...rowOf('a', 1),
      origin: {
        ...({ kind: 'records', source: 'readings', partition: 2 } as const),
        offsets: Float64Array.of(7),
        eventTimes: Float64Array.of(0),
        indexes: Float64Array.of(row),
      },
    });
    const rows = await refuse([ofRecord(0), ofRecord(1)]);
    expect(rows.map((letter) => letterId('t', letter))).toEqual([
      '["t","table","readings",2,7,0]',
      '["t","table","readings",2,7,1]',
    ]);
    expect(new TextDecoder().decode(letters[0]?.key ?? undefined)).toBe(
      '["a","1970-01-01T00:00:10Z"]',
    );
  });
});
