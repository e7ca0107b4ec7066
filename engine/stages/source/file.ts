/** `file`: reads files of lines. */
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
  summary: 'Reads files of one JSON document a line, in name order, to their end.',
  fields: fields.object({
    path: fields
      .inputPath()
      .describe('Path or glob, e.g. `data/archive/*/*.ndjson`; .gz is unpacked.'),
  }),
  short: 'path',
  aliases: ['files', 'filesystem', 'ndjson', 'jsonl'],
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
  }),
};
