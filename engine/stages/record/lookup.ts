/** `lookup`: adds columns of a table in a file. */
import { checkColumn } from '../../plan/column.ts';
import type { PlanColumn, PlanContext, Scope } from '../../plan/planner.ts';
import type { RecordStage } from '../contract.ts';
import type { LookupArgs } from '../../core/operation/lookup.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';

/** Validated fields of `lookup`. */
export interface LookupFields {
  readonly file: string;
  /** Column of the row → column of the file. */
  readonly on: ReadonlyMap<string, string>;
  readonly take: readonly string[];
  readonly missing: LookupArgs['missing'];
}

/** The `lookup` keyword as the language sees it. */
export const lookupKeyword: Keyword<LookupFields> = {
  keyword: 'lookup',
  family: 'record',
  summary:
    'Adds columns of a small table: of the line of a CSV file whose columns are equal to those of the row. The file is read when a run begins, and kept in every thread.',
  fields: fields.object({
    file: fields.path().describe('A CSV file whose first line names its columns.'),
    on: fields
      .mapOf(fields.columnName(), fields.text('the name of a column of the file'))
      .describe(
        'Columns of the row, of type string, and those of the file that they must be equal to.',
      ),
    take: fields
      .list(fields.columnName())
      .describe('Columns of the file that the row gets, as text.'),
    missing: fields.otherwise(
      fields
        .choice(['null', 'drop', 'dead_letter'])
        .describe(
          'What becomes of a row that is not in the file: its new columns are null, or it is dropped, or it is a dead letter (default null).',
        ),
      'null' as const,
    ),
  }),
  aliases: ['enrich', 'join_file', 'lookup_join', 'reference'],
  example: 'lookup: { file: pipelines/cities.csv, on: { city: name }, take: [region] }',
};

/** The `lookup` stage. */
export const lookup: RecordStage<LookupFields> = {
  ...lookupKeyword,
  family: 'record',
  order: 30,
  produces: ({ take }) => take,
  plan({ file, on, take, missing }, scope, context) {
    const keys = Array.from(on, ([name, column]) => ({
      column,
      found: keyOf(name, scope, context),
    })).flatMap(({ column, found }) =>
      found === null ? [] : [{ name: found.name, slot: found.slot, column }],
    );
    const added = take.map((name, i): PlanColumn => {
      if (take.indexOf(name) < i) reportTwice(name, i, context);
      return { name, type: 'string', nullable: missing === 'null', slot: scope.slots + i };
    });
    const args: LookupArgs = {
      ...{ file, missing, on: keys, table: null },
      take: added.map(({ name, slot }) => ({ name, slot })),
    };
    const kept = scope.columns.filter(({ name }) => !take.includes(name));
    const after = { ...scope, columns: [...kept, ...added], slots: scope.slots + take.length };
    return { operations: [{ operation: 'lookup', args }], scope: after };
  },
};

/** A column to look a row up by: text, as everything in the file is. */
function keyOf(name: string, scope: Scope, { report, path }: PlanContext): PlanColumn | null {
  const at = [...path, 'on', name];
  const column = checkColumn(name, scope, { report, path: at });
  if (column === null || column.type === 'string') return column;
  report({
    code: 'type-mismatch',
    path: at,
    atKey: true,
    message: `${name} is ${column.type}, and what stands in a CSV file is text`,
    hint: `set a column to cast(${name} as string) in a stage before this one`,
  });
  return null;
}

function reportTwice(name: string, index: number, { report, path }: PlanContext): void {
  report({
    code: 'duplicate-column',
    path: [...path, 'take', index],
    message: `${name} is named twice`,
    hint: 'remove one of the two',
  });
}
