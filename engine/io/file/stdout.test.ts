import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Cell, Column } from '../../core/batch.ts';
import { sinkNode } from '../json-rows.fixture.ts';
import { batchOf, recorder } from '../sink-contract.suite.ts';
import { stdoutSink } from './stdout.ts';

const columns: Column[] = [
  { name: 'city', type: 'string', nullable: true },
  { name: 'n', type: 'long', nullable: false },
  { name: 'avg', type: 'double', nullable: true },
];
const brest: Cell[] = ['Brest', 1, 9.5];
const rows: Cell[][] = [brest, ['Montpellier', 120, null]];

async function printed(format: 'json' | 'table', ...batches: Cell[][][]): Promise<string> {
  let text = '';
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  const sink = stdoutSink(sinkNode('stdout', columns, { format }), recorder().context, output);
  await sink.open(null);
  await Promise.all(batches.map((batch) => sink.write(batchOf(columns, batch))));
  await sink.flush();
  await sink.close();
  expect(output.listenerCount('error')).toBe(0);
  return text;
}

describe('rows on standard output', () => {
  it('are lines of JSON', async () => {
    expect(await printed('json', rows, [], [brest])).toBe(
      '{"city":"Brest","n":1,"avg":9.5}\n{"city":"Montpellier","n":120,"avg":null}\n{"city":"Brest","n":1,"avg":9.5}\n',
    );
  });

  it('are a table with one heading, numbers to the right', async () => {
    const text = await printed('table', rows, [['Lille', 7, 1]]);
    expect(text.split('\n')).toEqual([
      'city           n  avg',
      '───────────  ───  ───',
      'Brest          1  9.5',
      'Montpellier  120',
      'Lille          7    1',
      '',
    ]);
  });

  it('stop the run when the reader has left', async () => {
    const closed = new Writable({
      write: (_chunk, _encoding, done) => {
        done(new Error('write EPIPE'));
      },
    });
    const sink = stdoutSink(
      sinkNode('stdout', columns, { format: 'json' }),
      recorder().context,
      closed,
    );
    await sink.open(null);
    await expect(sink.write(batchOf(columns, rows))).rejects.toThrow('EPIPE');
  });

  it('are refused after the run was stopped', async () => {
    const told = recorder();
    const sink = stdoutSink(
      sinkNode('stdout', columns, { format: 'json' }),
      told.context,
      new PassThrough(),
    );
    told.stop();
    await expect(sink.write(batchOf(columns, rows))).rejects.toThrow('ended');
  });
});
