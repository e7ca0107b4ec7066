/** `stdout`: prints rows. */
import type { SinkStage } from '../contract.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';

/** Validated fields of the `stdout` sink. */
export interface StdoutArgs {
  readonly format: 'json' | 'table';
}

/** The `stdout` sink as the language sees it. */
export const stdoutKeyword: Keyword<StdoutArgs> = {
  keyword: 'stdout',
  family: 'sink',
  summary: 'Prints rows, as lines of JSON or as a table.',
  fields: fields.object({
    format: fields.otherwise(
      fields.choice(['json', 'table']).describe('How rows are printed (default json).'),
      'json',
    ),
  }),
  short: 'format',
  aliases: ['print', 'console', 'log', 'terminal'],
  example: 'stdout: { format: table }',
};

/** The `stdout` sink. */
export const stdout: SinkStage<StdoutArgs> = {
  ...stdoutKeyword,
  family: 'sink',
  plan: (config, { columns }) => ({
    connector: { kind: 'stdout', config, connection: null },
    columns,
  }),
};
