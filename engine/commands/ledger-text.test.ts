import { describe, expect, it } from 'vitest';
import { planned } from '../plan/definition.fixture.ts';
import { ledgerOf } from '../run/ledger.ts';
import { drivePlan } from '../run/test-driver.ts';
import { ledgerText } from './ledger-text.ts';

const plan = planned(`
name: t
sources:
  readings:
    file: readings.ndjson
    schema: { k: string, t: long!, x: double! }
    event_time: { column: t, unit: s }
    watermark: { out_of_order: 5s }
stages:
  warm: { from: readings, where: x > 0 }
  tens: { from: warm, window: { tumbling: 10s }, group_by: [k], aggregate: { n: count() }, having: n > 1, late: dead_letter }
sinks:
  tens: { from: tens, stdout: json }
`);

const given = [
  ...[1, 2, 3, 40].map((t) => ({ k: 'a', t, x: t === 2 ? 0 : 1 })),
  ...[4, 41].map((t) => ({ k: 'b', t, x: 1 })),
  { k: 'b', t: 42, x: 'no number' },
];

describe('the ledger for a person', () => {
  it('L1: says of each stage and partition where its records went', async () => {
    const { ledger } = await drivePlan(plan, { readings: given });
    expect(ledgerText(ledgerOf(ledger.plan, ledger.tally))).toEqual([
      '  every record is accounted for',
      '    warm                6 in: 5 out, 1 filtered',
      '    tens                5 in: 4 merged, 1 late, 3 rows, 2 rows having filtered',
      '    readings/0          7 in: 7 read, 1 filtered, 1 late, 2 dead-lettered',
    ]);
  });

  it('has the partitions in the order of their numbers, and says how many it leaves out', () => {
    const counts = {
      ...{ source: 's', records: 1, tombstones: 0, filtered: 0, duplicates: 0 },
      ...{ late: 0, deadLetters: 0, skipped: 0 },
    };
    const partitions = Array.from({ length: 12 }, (_, partition) => ({ ...counts, partition }));
    const lines = ledgerText({ stages: [], partitions });
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe('    and 4 more partitions (--json has them)');
  });
});
