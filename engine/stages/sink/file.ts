/** `file`: appends rows to files of lines. */
import type { PlanContext } from '../../plan/planner.ts';
import type { SinkStage } from '../contract.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';

/** Validated fields of the `file` sink. */
export interface FileSinkArgs {
  /** Path below the project; `{event_time:yyyy-MM-dd}`, `{partition}` and `{part}` are filled in. */
  readonly path: string;
  /** When the next part begins; null: never. */
  readonly rotate: { readonly sizeBytes: number | null; readonly everyMs: number | null } | null;
}

/** The `file` sink as the language sees it. */
export const fileSinkKeyword: Keyword<FileSinkArgs> = {
  keyword: 'file',
  family: 'sink',
  summary:
    'Writes each row as a line of JSON to files; with {partition} and {part} in the path an archive, which can be read again as the stream it was.',
  fields: fields
    .object({
      path: fields
        .path('a path')
        .describe(
          'Path; `{event_time:yyyy-MM-dd}`, `{partition}` and `{part}` are filled in; packed if it ends in .gz.',
        ),
      rotate: fields
        .object({
          size: fields.maybe(fields.size().describe('Size at which the next part begins.')),
          every: fields.maybe(fields.period().describe('Age at which the next part begins.')),
        })
        .optional()
        .describe('When the next part begins (default: never).'),
    })
    .transform(({ path, rotate }) => ({
      path,
      rotate: rotate === undefined ? null : { sizeBytes: rotate.size, everyMs: rotate.every },
    })),
  short: 'path',
  aliases: ['files', 'filesystem', 'ndjson', 'jsonl'],
  example: 'file: { path: "data/heat-{part}.ndjson", rotate: { size: 64MiB, every: 1h } }',
};

/** The `file` sink. */
export const fileSink: SinkStage<FileSinkArgs> = {
  ...fileSinkKeyword,
  family: 'sink',
  plan(args, { columns, window, sources }, context) {
    checkPlaceholders(args.path, context);
    if (!window && sources !== undefined) checkPartitions(args.path, sources, context);
    checkRotation(args, context);
    const { timezone } = context;
    return {
      connector: { kind: 'file', config: { ...args, timezone }, connection: null },
      columns,
      ...(!window && isArchive(args.path) ? { envelope: true } : {}),
    };
  },
};

/** Partitions of two sources have the same numbers: their records would lie in one file. */
function checkPartitions(
  text: string,
  sources: readonly string[],
  { report, path }: PlanContext,
): void {
  const from = text.indexOf('{partition}');
  if (from < 0) return;
  report({
    code: 'path-placeholder',
    path: [...path, 'path'],
    range: { from, to: from + '{partition}'.length },
    message: `records of ${sources.join(' and ')} would share the files of their partitions`,
    hint: 'write each source to files of its own, or leave {partition} out',
  });
}

/** R10: parts of partitions can be read as those partitions; lines keep `_partition _offset _timestamp`. */
const isArchive = (path: string): boolean =>
  path.includes('{partition}') && path.includes('{part}');

const PLACEHOLDER = /\{(?:event_time:([^{}]*)|partition|part)\}/g;

/** Braces that are no placeholder, and letters of a time that mean nothing. */
function checkPlaceholders(text: string, { report, path }: PlanContext): void {
  const at = [...path, 'path'];
  const blanked = text.replace(PLACEHOLDER, (whole) => ' '.repeat(whole.length));
  const stray = /\{[^{}]*\}?|\}/.exec(blanked);
  if (stray !== null) {
    const range = { from: stray.index, to: stray.index + stray[0].length };
    const message = `${stray[0]} is no placeholder`;
    const hint = 'placeholders are {event_time:yyyy-MM-dd}, {partition} and {part}';
    report({ code: 'path-placeholder', path: at, range, message, hint });
  }
  for (const match of text.matchAll(PLACEHOLDER)) {
    const [, pattern = ''] = match;
    const from = match.index + '{event_time:'.length;
    const wrong = /[A-Za-z]+/.exec(
      pattern.replace(/yyyy|MM|dd|HH|mm|ss/g, (field) => '0'.repeat(field.length)),
    );
    if (wrong === null) continue;
    const range = { from: from + wrong.index, to: from + wrong.index + wrong[0].length };
    const message = `${wrong[0]} is no part of a time in a path`;
    const hint = 'a path may hold yyyy, MM, dd, HH, mm and ss';
    report({ code: 'date-pattern', path: at, range, message, hint });
  }
}

/** Without a number of its part in the path, a next file would be the same file. */
function checkRotation({ path: text, rotate }: FileSinkArgs, { report, path }: PlanContext): void {
  if (rotate === null || text.includes('{part}')) return;
  report({
    code: 'stray-option',
    path: [...path, 'rotate'],
    atKey: true,
    message: 'there is no next file to rotate to: the path is always the same',
    hint: 'put {part} into the path, e.g. `out-{part}.ndjson`',
  });
}
