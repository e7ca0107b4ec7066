import { describe, expect, it } from 'vitest';
import { cellOf } from '../engine/core/batch.ts';
import { commonMarks } from '../engine/core/csv/dialect.ts';
import { planned } from '../engine/plan/definition.fixture.ts';
import { openInput } from '../engine/core/json/simd/input.ts';
import { openRows } from './decode-rows.ts';
import { SourceProgram } from './program.ts';
import type { SliceReply } from './protocol.ts';
import { RecordTable } from './records.ts';

const plan = planned(`
name: t
sources:
  readings:
    file: readings.csv
    schema: { city: string!, temperature: float!, _offset: long }
sinks:
  rows: { from: readings, stdout: json }
`);

function run(text: string, firstOffset = 0): SliceReply {
  const before = 5;
  const bytes = new TextEncoder().encode(`${'?'.repeat(before)}${text}`);
  const slice = {
    ...{ partition: 0, start: before, length: bytes.length - before, firstOffset },
    ...{ nextOffset: firstOffset + 10, maxEventTime: -Infinity },
    ...{ header: ['temperature', 'note', 'city'], file: { path: 'in/a.csv', byte: 1000 } },
  };
  const task = { source: 0, buffer: bytes.buffer, slices: [slice], marks: [], late: null };
  return new SourceProgram(plan, 0, 7).run(task).slices[0] as SliceReply;
}

describe('rows of CSV in a worker', () => {
  it.each(['x', '"x\n""y"""'])('become rows, each with its number (a note is %j)', (note) => {
    const reply = run(`1.5,${note},Paris\r\n\n-2,${note},"Le ""Mans"""`, 40);
    const batch = reply.rows[0]?.batch;
    const rows = [0, 1].map((row) => batch?.vectors.map((vector) => cellOf(vector, row)));
    expect(rows).toEqual([
      ['Paris', 1.5, 40],
      ['Le "Mans"', -2, 42],
    ]);
    expect(reply).toMatchObject({ records: 2, tombstones: 1, letters: [] });
  });

  it('are letters with the bytes that stand in the file, and where', () => {
    const row = '1,"a\n""b""",Paris';
    const { letters } = run(`${row}\n${row},x\nwarm,"é\n",Brest\r\n`);
    const bytes = (text: string) => new Uint8Array(Buffer.from(text));
    expect(letters.map((letter) => ({ ...letter, value: new Uint8Array(letter.value) }))).toEqual([
      {
        ...{ code: 'DECODE', stage: 'readings', source: 'readings', partition: 0, offset: 1 },
        reason: 'not a row of this file: it has 4 fields, the header 3',
        file: { path: 'in/a.csv', byte: 1000 + row.length + 1 },
        ...{ timestamp: null, key: null, value: bytes(`${row},x`) },
      },
      {
        ...{ code: 'SCHEMA', stage: 'readings', source: 'readings', partition: 0, offset: 2 },
        reason: 'field temperature: expected float, found string',
        file: { path: 'in/a.csv', byte: 1000 + 2 * row.length + 4 },
        ...{ timestamp: null, key: null, value: bytes('warm,"é\n",Brest') },
      },
    ]);
  });

  it('come in portions that tile the slice', () => {
    const lines = Array.from({ length: 50 }, (_, i) => (i % 7 === 0 ? `"${i}\n"` : `${i}`));
    const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));
    const place = { partition: 0, start: 0, length: bytes.length };
    const slice = { ...place, firstOffset: 7, nextOffset: 57, maxEventTime: -Infinity };
    const found: string[] = [];
    let portions = 0;
    for (const table of openRows(commonMarks, openInput())(bytes, slice, new RecordTable(), 20)) {
      portions++;
      for (let row = 0; row < table.length; row++) {
        expect(table.offset[row]).toBe(7 + found.length);
        const value = bytes.subarray(table.valueStart[row], table.valueEnd[row]);
        found.push(Buffer.from(value).toString());
      }
    }
    expect(found).toEqual(lines);
    expect(portions).toBeGreaterThan(5);
  });
});
