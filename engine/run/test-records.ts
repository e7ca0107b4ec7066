/** The rows that a test gives, as records. */
import type { SourceNode } from '../plan/planner.ts';
import { type TestValues, WAIT } from '../spec/test-spec.ts';

/** A row as a record, and where it lies in the test as it is written. */
export interface TestRecord {
  readonly row: TestValues;
  /** JSON, without the end of its line. */
  readonly text: string;
  readonly written: { readonly partition: number; readonly offset: number };
}

/** Records up to a wait or the end, or the wait itself, ms. */
export type TestPart = readonly TestRecord[] | number;

/** Rows and waits of a source in the order given. */
export function recordsOf(node: SourceNode, rows: readonly TestValues[]): TestPart[] {
  const parts: (TestRecord[] | number)[] = [[]];
  const ends = new Map<number, number>();
  for (const row of rows) {
    if (WAIT in row) {
      parts.push(Number(row[WAIT]), []);
      continue;
    }
    const partition = Number(row['_partition'] ?? 0);
    const offset = ends.get(partition) ?? 0;
    ends.set(partition, offset + 1);
    const written = { partition, offset };
    (parts.at(-1) as TestRecord[]).push({ row, text: textOf(node, row, written), written });
  }
  return parts;
}

/** Each column stands where the schema reads it; a record knows its place wherever it is moved to. */
function textOf(
  { columns, fields }: SourceNode,
  row: TestValues,
  { partition, offset }: TestRecord['written'],
): string {
  const record: Members = new Map();
  for (const [name, value] of Object.entries({ _offset: offset, ...row, _partition: partition })) {
    const at = columns.findIndex((column) => column.name === name);
    if (at < 0 && (name === '_offset' || name === '_partition') && !(name in row)) continue;
    const from = fields[at]?.from ?? name;
    const path = typeof from === 'string' ? [from] : from;
    let inside = record;
    for (const step of path.slice(0, -1)) {
      const there = inside.get(step);
      const next = there instanceof Map ? (there as Members) : new Map<string, unknown>();
      inside.set(step, next);
      inside = next;
    }
    inside.set(path.at(-1) ?? name, value);
  }
  return membersText(record);
}

type Members = Map<string, unknown>;

const membersText = (members: Members): string =>
  `{${[...members].map(([name, value]) => `${JSON.stringify(name)}:${value instanceof Map ? membersText(value as Members) : JSON.stringify(value)}`).join(',')}}`;
