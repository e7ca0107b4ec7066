/**
 * The parts of a definition's shape: parameters, a source's schema and clock, windows,
 * policies and limits. Everything here becomes JSON schema and reference.
 */
import { z } from 'zod';
import { suggest } from '../core/suggest.ts';
import { isZone } from '../core/time/zone.ts';
import * as fields from './fields.ts';
import { serverless } from './normalize-words.ts';
import { scalar, shorten } from './scalar.ts';
import type { Read } from './scalar.ts';
import { columnType, schemaField } from './schema-field.ts';

/** A zone of the IANA list. */
export const timezone = (): z.ZodType<string> =>
  scalar({
    what: 'a time zone such as Europe/Paris',
    json: { type: 'string' },
    read: (value) =>
      typeof value === 'string' && isZone(value)
        ? { value }
        : {
            code: 'bad-timezone',
            message: `\`${shorten(String(value))}\` is no time zone`,
            hint: zoneHint(String(value)),
          },
  });

function zoneHint(name: string): string {
  const near = suggest(name, Intl.supportedValuesOf('timeZone'));
  if (near !== null) return `did you mean \`${near}\`?`;
  return 'write a name of the IANA list, e.g. Europe/Paris or UTC';
}

/** A typed value for expressions. */
export const parameter = z.strictObject({
  type: columnType().describe('Its type.'),
  default: z
    .union([fields.text(), fields.flag(), z.number(), z.null()])
    .optional()
    .describe('Its value when nothing else sets it.'),
});

/** Declared columns. */
export const schema = z
  .record(fields.columnName(), schemaField())
  .describe('The columns read from a record: `name: type`, with ! when it must be there.');

/** Where event time comes from. */
export const eventTime = z
  .strictObject({
    column: fields.columnName().describe('The column that holds it.'),
    pattern: fields.maybe(
      fields.text().describe('How local text is read, e.g. `yyyy-MM-dd HH:mm:ss`.'),
    ),
    ambiguous: fields.maybe(
      fields
        .choice(['earlier', 'later', 'dead_letter'])
        .describe('Which of two equal local times is meant (default earlier).'),
    ),
    unit: fields.maybe(
      fields.choice(['s', 'ms']).describe('Numbers since 1970, in seconds or milliseconds.'),
    ),
    iso: fields.maybe(fields.flag().describe('ISO 8601 with a zone: the column is a timestamp.')),
  })
  .optional()
  .describe('Event time of a record (default: the broker timestamp).');

/** How far event time may run apart. */
export const watermark = z
  .strictObject({
    out_of_order: fields.otherwise(
      fields
        .duration()
        .describe('How much older than the newest record a record may be (default 0s).'),
      0,
    ),
    idle: fields.otherwise(
      fields
        .period()
        .describe(
          'A partition without records for so long no longer holds windows open (default 2m).',
        ),
      120_000,
    ),
    max_future: fields.otherwise(
      fields
        .duration()
        .describe('Records further ahead of the broker’s clock are dead letters (default 5m).'),
      300_000,
    ),
    max_drift: fields.otherwise(
      fields
        .period()
        .describe('A partition this far ahead of the slowest one waits (default 10m).'),
      600_000,
    ),
  })
  .optional()
  .describe('What lateness means for this source; a window needs it.');

/** What stands beside `tumbling` and the like. */
export const windowFields = {
  offset: fields.otherwise(
    fields.duration().describe('Shifts where windows start (default 0s).'),
    0,
  ),
  grace: fields.otherwise(
    fields.duration().describe('How long a window stays open past its end (default 0s).'),
    0,
  ),
};

/** The source or stage whose rows are read. */
export const from = (purpose: string): z.ZodType<string> => {
  const name = fields.identifier('a source or stage');
  return scalar({
    what: 'the name of a source or stage',
    json: { type: 'string', pattern: '^[a-z][a-z0-9_]{0,47}$' },
    read: (value): Read<string> => {
      const read = name.safeParse(value);
      if (read.success) return { value: read.data };
      const message = `\`${shorten(String(value))}\` cannot be the name of a source or stage`;
      return { code: 'bad-name', message };
    },
    refuse: (value) =>
      Array.isArray(value) && value.length !== 1
        ? {
            code: 'wrong-type',
            message: 'one source or stage is read here, found a list',
            hint: 'make a stage of them: `from: [a, b]`, and name it here',
          }
        : null,
  }).describe(purpose);
};

/** The source or stage whose rows are read, or the union of several. */
export const fromSome = (purpose: string): z.ZodType<readonly string[]> =>
  z
    .union([from(purpose), fields.list(fields.identifier('a source or stage'))])
    .transform((names) => [names].flat())
    .describe(purpose);

/** When rows come out; `every` is processing time. */
const emit = z
  .union([
    fields.choice(['final', 'on_end']),
    z
      .strictObject({ every: fields.period().describe('Time between provisional rows.') })
      .transform(({ every }) => ({ everyMs: every })),
  ])
  .describe(
    'When rows come out: `final` is once, at end + grace; `on_end` at the end too, and again when they change; `{ every: 30s }` provisionally every so often, when they have changed. Anything but `final` needs a table that keeps one row a group and window.',
  );

/** What stands beside `window`. */
export const windowStageFields = {
  group_by: fields.maybe(
    z
      .array(fields.columnName())
      .describe('Columns whose values make a group (default: one group of all).'),
  ),
  aggregate: z
    .record(fields.columnName(), fields.expression())
    .optional()
    .describe('Result columns: expressions over aggregates.'),
  having: fields.maybe(
    fields
      .expression()
      .describe(
        'Groups that come out: a condition on the columns of the result and on aggregates.',
      ),
  ),
  late: fields.otherwise(
    fields
      .choice(['drop', 'dead_letter'])
      .describe('What happens to rows beyond end + grace (default drop).'),
    'drop' as const,
  ),
  emit: fields.otherwise(emit, 'final' as const),
};

const policy = () => fields.choice(['fail', 'skip', 'dead_letter']);

/** Error policies. */
export const errors = {
  decode: fields.otherwise(
    policy().describe('Records that cannot be read (default dead_letter).'),
    'dead_letter' as const,
  ),
  expression: fields.otherwise(
    policy().describe('Rows whose expressions fail (default dead_letter).'),
    'dead_letter' as const,
  ),
  sink: z
    .strictObject({
      give_up_after: fields
        .period()
        .describe('The run fails when a sink with rows takes none for so long.'),
    })
    .optional()
    .describe('When to stop retrying writes (default: never; the sources wait meanwhile).'),
  stop_when: z
    .strictObject({
      share: fields.share().describe('Share of dead letters above which the run stops.'),
      of_last: fields.whole(1).describe('Among how many records of a partition.'),
    })
    .optional()
    .describe('Stops the run (exit code 3) when too many records are dead letters.'),
};

/** Words of `dead_letter:`. */
export const deadLetterText =
  'Where dead letters go (default: a file `.engine/dead-letters/PIPELINE.ndjson`).';

/** Words of the stand-in. */
export const standInText = `What is read when there is no server (\`brokers: ${serverless}\`).`;

/** Limits of a run. */
export const limits = z
  .strictObject({
    memory: fields.otherwise(
      fields.size().describe('Memory of the process (default 512MiB).'),
      536_870_912,
    ),
    keys: fields.otherwise(
      fields.whole(1).describe('Groups open at once in a stage (default 100000).'),
      100_000,
    ),
  })
  .optional()
  .describe('The run checkpoints and stops above them.');

/** Snapshots. */
export const checkpoint = z
  .strictObject({
    every: fields.otherwise(
      fields.period().describe('Time between snapshots (default 10s).'),
      10_000,
    ),
    directory: fields.otherwise(
      fields.path().describe('Where snapshots are kept (default .engine/state).'),
      '.engine/state',
    ),
  })
  .optional()
  .describe('Snapshots of what a run knows.');
