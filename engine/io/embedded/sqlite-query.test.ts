import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { connectionTo, tableNode } from '../table/node.fixture.ts';
import { describeReader } from '../table/reader-contract.suite.ts';
import { sqliteReader } from './sqlite-query.ts';
import { sqliteSink } from './sqlite.ts';

const directory = mkdtempSync(join(tmpdir(), 'engine-sqlite-'));
const connection = connectionTo('readers', []);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describeReader('sqlite', {
  place: async (table, shape) => ({
    sink: (context) =>
      sqliteSink(tableNode('sqlite', connection, { table, shape }), context, directory),
    rows: () => Promise.resolve([]),
    remove: () => Promise.resolve(),
  }),
  reader: () => sqliteReader(connection, directory),
});
