import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeSink } from '../sink-contract.suite.ts';
import { collect } from '../table/query.ts';
import { connectionTo, tableNode } from '../table/node.fixture.ts';
import type { Cell } from '../../core/batch.ts';
import { sqliteReader } from './sqlite-query.ts';
import { sqliteSink } from './sqlite.ts';

describeSink('sqlite', {
  upserts: true,
  refusesNullKeys: true,
  keepsNegativeZero: false,
  expires: true,
  place: async (shape) => {
    const directory = mkdtempSync(join(tmpdir(), 'engine-sqlite-'));
    const connection = connectionTo('contract', []);
    const node = tableNode('sqlite', connection, { table: 'rows', shape });
    return {
      sink: (context) => sqliteSink(node, context, directory),
      rows: async () => {
        const reader = await sqliteReader(connection, directory);
        const scan = await reader.scan('rows', []);
        const { rows } = await collect(scan, { conditions: [], orderBy: [], limit: Infinity });
        await reader.close();
        return rows.map(
          (row) => new Map(scan.columns.map(({ name }, at) => [name, row[at] as Cell])),
        );
      },
      remove: async () => rmSync(directory, { recursive: true, force: true }),
    };
  },
});
