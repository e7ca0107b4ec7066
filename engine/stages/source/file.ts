/** `file`: reads files of records. */
import { commonMarks } from '../../core/csv/dialect.ts';
import type { FormatPlan } from '../../plan/planner.ts';
import type { SourceStage } from '../contract.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';

/** Validated fields of the `file` source. */
export interface FileSourceArgs {
  /** A path or glob, relative to the project; `.gz` is unpacked. */
  readonly path: string;
}

/** The `file` source as the language sees it. */
export const fileKeyword: Keyword<FileSourceArgs> = {
  keyword: 'file',
  family: 'source',
  summary:
    'Reads files in name order, to their end: JSON objects, one a line or in an array, or CSV with a first line that names the columns.',
  fields: fields.object({
    path: fields
      .inputPath()
      .describe(
        'Path or glob, e.g. `data/archive/*/*.ndjson`; .gz is unpacked. Files called .csv and .tsv are read as CSV unless `format` says otherwise.',
      ),
  }),
  short: 'path',
  aliases: ['files', 'filesystem', 'ndjson', 'jsonl', 'csv'],
  example: 'file: "data/archive/*/*.ndjson"',
  describe: ({ path }) => path,
};

/** The `file` source. */
export const fileSource: SourceStage<FileSourceArgs> = {
  ...fileKeyword,
  family: 'source',
  plan: (config) => ({
    connector: { kind: 'file', config, connection: null },
    framing: 'lines',
    bounded: true,
    formatByName: formatOfName(config.path),
  }),
};

function formatOfName(path: string): FormatPlan {
  const extension = /\.(csv|tsv)(\.gz)?$/i.exec(path)?.[1]?.toLowerCase();
  if (extension === undefined) return { kind: 'json', validate: 'read' };
  const delimiter = extension === 'csv' ? commonMarks.delimiter : '\t';
  return { kind: 'csv', ...commonMarks, delimiter, nullText: null };
}
