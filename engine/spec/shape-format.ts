/** How records are encoded: `json`, `csv`, or one of the two with its settings. */
import { z } from 'zod';
import type { Report } from './diagnostic.ts';
import * as fields from './fields.ts';
import { scalar, shorten } from './scalar.ts';
import type { FormatSpec } from './spec.ts';

/** A single character that fields can be told apart by. */
const mark = () =>
  scalar({
    what: 'a single character such as `;`',
    json: { type: 'string', minLength: 1, maxLength: 1 },
    read: (value) =>
      typeof value === 'string' && /^[\t -~]$/.test(value)
        ? { value }
        : {
            code: 'invalid-value',
            message: `expected a single character of ASCII, found \`${shorten(String(value))}\``,
            hint: 'quote it; a tab is "\\t"',
          },
  });

const json = z.strictObject({
  validate: fields.otherwise(
    fields.choice(['read', 'full']).describe('`full` checks values nobody reads, too.'),
    'read',
  ),
});

const csv = z.strictObject({
  delimiter: fields.otherwise(mark().describe('Stands between fields (default `,`).'), ','),
  quote: fields.otherwise(
    mark().describe('Stands around fields, twice for itself (default `"`).'),
    '"',
  ),
  header: fields.otherwise(
    fields
      .flag()
      .describe(
        'false: no first line names the columns; rows have those of the schema, in its order (default true).',
      ),
    true,
  ),
  null_text: fields.maybe(
    fields.text().describe('What stands for null, e.g. `NA`, beside nothing at all.'),
  ),
});

/** How records are encoded. */
export const format = z
  .union([
    fields.choice(['json', 'csv'], ['avro', 'protobuf']),
    z.strictObject({
      json: json.optional().describe('One object a line, or a list of them.'),
      csv: csv
        .optional()
        .describe('Rows below a first line that names their columns, unless `header: false`.'),
    }),
  ])
  .optional()
  .describe('Encoding of a record (default json; csv for files that are called so).');

/** The format that is written at a source; null when there is none, or it is reported. */
export function formatOf(
  source: string,
  written: z.output<typeof format>,
  report: Report,
): FormatSpec | null {
  if (written === undefined) return null;
  const settings = typeof written === 'string' ? { [written]: defaults[written] } : written;
  const path = ['sources', source, 'format'];
  if ((settings.json === undefined) === (settings.csv === undefined)) {
    const message = 'records have one format';
    const hint = 'write one of `json`, `csv`, `json: { … }`, `csv: { … }`';
    report({ code: 'format-kind', message, hint, path, atKey: true });
    return null;
  }
  if (settings.csv === undefined)
    return { kind: 'json', validate: settings.json?.validate ?? 'read' };
  const { delimiter, quote, header, null_text: nullText } = settings.csv;
  if (delimiter === quote) {
    const message = `\`${quote}\` cannot both delimit and quote`;
    const hint = 'leave out `quote`, or write another character';
    report({ code: 'invalid-value', message, hint, path: [...path, 'csv', 'quote'] });
  }
  return { kind: 'csv', delimiter, quote, nullText, ...(!header && { header: false as const }) };
}

const defaults = { json: json.parse({}), csv: csv.parse({}) };
