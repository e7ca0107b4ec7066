/** How long it takes from `engine run` to the first row that can be read in Cassandra. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startNode } from '../../../engine/bench/child.ts';
import { workloadDefinition } from '../../../engine/bench/definition.ts';
import { type Bench, dropTables, KEYSPACE, withCassandra } from '../../../engine/bench/places.ts';
import type { Course } from '../peers/compete.ts';

/** Times to the first row, ms. */
export interface Started {
  /** Keyspace and table had to be created. */
  readonly firstMs: number;
  /** They were there. */
  readonly againMs: number;
}

const LOOK_MS = 5;
const PATIENCE_MS = 60_000;
const TABLE = `${KEYSPACE}.windows`;

/** Starts a run twice and stops it at its first row. Throws when none comes within a minute. */
export async function startToFirstRow({ workload, topic }: Course, bench: Bench): Promise<Started> {
  await dropTables(bench);
  const file = join(bench.project, 'bench.yaml');
  writeFileSync(file, workloadDefinition(workload, { ...bench, topic, keyspace: KEYSPACE }));
  const firstMs = await once(file, bench);
  await withCassandra(bench, (client) => client.execute(`TRUNCATE ${TABLE}`));
  const againMs = await once(file, bench);
  await dropTables(bench);
  return { firstMs, againMs };
}

async function once(file: string, bench: Bench): Promise<number> {
  const found = await withCassandra(bench, async (client) => {
    const begun = performance.now();
    const child = startNode(
      [bench.program.bin, 'run', file, '--fresh', '--json'],
      bench.project,
      () => undefined,
    );
    // It ends with the signal.
    const ended = child.ended.catch(() => undefined);
    try {
      while (performance.now() - begun < PATIENCE_MS) {
        // Until it is created there is no such table.
        const rows = await client
          .execute(`SELECT name FROM ${TABLE} LIMIT 1`)
          .catch(() => ({ rowLength: 0 }));
        if (rows.rowLength > 0) return performance.now() - begun;
        await pause(LOOK_MS);
      }
      throw new Error('no row came within a minute');
    } finally {
      child.process.kill('SIGTERM');
      await ended;
    }
  });
  if (found === null) throw new Error('set CASSANDRA_CONTACT_POINTS');
  return found;
}
