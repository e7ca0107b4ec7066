/** How many window rows a second the Cassandra sink gets acknowledged, in batches of one partition. */
import { workloadDefinition } from '../../../engine/bench/definition.ts';
import { type Bench, dropTables, KEYSPACE } from '../../../engine/bench/places.ts';
import { WORKLOAD_W } from '../../../engine/bench/workload.ts';
import type { RowBatch, Vector } from '../../../engine/core/batch.ts';
import { cassandraSink } from '../../../engine/io/cassandra/sink.ts';
import type { SinkNode } from '../../../engine/plan/planner.ts';
import { compile } from '../../../engine/run/compile.ts';

const ROWS = 200_000;
/** Rows of one `write`, of few partitions: a backlog closes many windows of a name at once. */
const BATCH_ROWS = 1_000;
const PARTITIONS = 5;
/** Writes that are not acknowledged yet. */
const AT_ONCE = 16;
const FIRST_WINDOW = 1_700_000_000_000;

/** Rows per second. Throws when the sink refuses one. */
export async function sinkRowsPerSecond(bench: Bench): Promise<number> {
  const places = { ...bench, topic: 'none', keyspace: KEYSPACE };
  const { plan, report } = compile(workloadDefinition(WORKLOAD_W, places), bench);
  const node = plan?.sinks[0];
  if (plan === null || node === undefined) throw new Error(report);
  let clock = BigInt(Date.now()) * 1000n;
  const sink = cassandraSink(node, {
    ...{ pipeline: plan.name, signal: new AbortController().signal },
    onNotice: () => undefined,
    onRefused: (rows) => {
      throw new Error(`refused: ${rows[0]?.reason ?? ''}`);
    },
    nextWriteTimestamp: (rows) => (clock += BigInt(rows)) - BigInt(rows),
  });
  await sink.open(null);
  const batches = Array.from({ length: ROWS / BATCH_ROWS }, (_, i) => batchOf(node, i));
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
        await sink.write(batch);
      }
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  await sink.close();
  await dropTables(bench);
  return ROWS / seconds;
}

function batchOf({ columns }: SinkNode, number: number): RowBatch {
  const vectors = columns.map(({ name, type }): Vector => {
    const rows = Array.from({ length: BATCH_ROWS }, (_, row) => row);
    if (type === 'string') {
      const values = rows.map((row) => `city-${row % PARTITIONS}`);
      return { kind: 'text', values };
    }
    const isTime = name.startsWith('window_');
    const values = rows.map((row) => {
      const window = number * (BATCH_ROWS / PARTITIONS) + Math.floor(row / PARTITIONS);
      return isTime ? FIRST_WINDOW + window * 60_000 : 280 + row / 1000;
    });
    const whole = type === 'long' || type === 'int';
    return {
      ...{ kind: 'number', valid: null },
      values: Float64Array.from(values, (value) => (whole ? Math.floor(value) : value)),
    };
  });
  return { length: BATCH_ROWS, vectors, origin: { kind: 'window', stage: 'windows' } };
}
