/** `http_poll`: asks an API again and again. */
import type { PlanContext, SourcePlanner } from '../../plan/planner.ts';
import type { SourceStage } from '../contract.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';
import { placeholdersOf } from '../../spec/placeholders.ts';
import { webAddress } from '../../spec/web-address.ts';

/** Validated fields of the `http_poll` source. Times in milliseconds. */
export interface HttpPollArgs {
  /** With `{column}` of the row, `{unit}`, and `{VARIABLE}` of the environment. */
  readonly url: string;
  /** A CSV file; null: one request a round. */
  readonly forEach: string | null;
  readonly unit: 'metric' | 'imperial' | 'standard';
  readonly pauseMs: number;
  readonly rate: { readonly count: number; readonly perMs: number };
  readonly timeoutMs: number;
  readonly retry: { readonly firstMs: number; readonly longestMs: number };
  /** Field of the event → where it comes from; null: the answer as it is. */
  readonly select: ReadonlyMap<string, string> | null;
  readonly oncePer: string | null;
  /** Values of the variables in `url`, null for those that are not set. Filled in by normalizing. */
  readonly variables?: Readonly<Record<string, string | null>>;
}

const retry = fields
  .object({
    first: fields.otherwise(
      fields.period().describe('Wait after the first failure; it doubles (default 2s).'),
      2000,
    ),
    longest: fields.otherwise(fields.period().describe('Longest wait (default 5m).'), 300_000),
  })
  .transform(({ first, longest }) => ({ firstMs: first, longestMs: longest }));

/** The `http_poll` source as the language sees it. */
export const httpPollKeyword: Keyword<HttpPollArgs> = {
  keyword: 'http_poll',
  family: 'source',
  summary:
    'Asks an API for each row of a file, pauses, and begins again. Cannot be read twice: it feeds row-wise stages into `kafka` or `file` sinks.',
  fields: fields
    .object({
      url: webAddress().describe(
        'What is asked: `{lat}` is a column of the row, `{unit}` the unit, `{API_KEY}` a variable, which is never printed.',
      ),
      for_each: fields.maybe(
        fields
          .object({ file: fields.path().describe('A CSV file whose first line names columns.') })
          .describe('Asks once for each of its rows; the first column names the row in notices.'),
      ),
      unit: fields.otherwise(
        fields
          .choice(['metric', 'imperial', 'standard'])
          .describe('Fills `{unit}` (default metric).'),
        'metric',
      ),
      pause: fields.otherwise(fields.period().describe('Between two rounds (default 2s).'), 2000),
      rate: fields.otherwise(
        fields.rate().describe('Requests at most, over any such time (default 60/1m).'),
        { count: 60, perMs: 60_000 },
      ),
      timeout: fields.otherwise(
        fields.period().describe('How long an answer may take, its body included (default 10s).'),
        10_000,
      ),
      retry: fields.otherwise(
        retry.describe('How long a row that failed waits, with jitter; after a 429 a minute at least.'), // prettier-ignore
        { firstMs: 2000, longestMs: 300_000 },
      ),
      select: fields.maybe(
        fields
          .mapOf(fields.columnName(), fields.text())
          .describe(
            'The event: field → place in the answer (`main.temp`), column of the row (`"{city}"`) or local time of asking (`"{now:yyyy-MM-dd HH:mm:ss}"`). Default: the answer as it is.',
          ),
      ),
      once_per: fields.maybe(
        fields
          .columnName()
          .describe('A field of the event: while it stays the same for a row, nothing is emitted.'),
      ),
    })
    .transform(({ for_each, pause, timeout, once_per, ...rest }) => ({
      ...rest,
      forEach: for_each?.file ?? null,
      pauseMs: pause,
      timeoutMs: timeout,
      oncePer: once_per,
    })),
  aliases: ['http', 'rest', 'poll', 'http_client', 'api', 'url'],
  example:
    'http_poll: { url: "https://api.example.org/weather?lat={lat}&key={API_KEY}", for_each: { file: cities.csv }, pause: 2s, rate: 60/1m, select: { city: "{city}", temperature: main.temp } }',
  describe: ({ url }) => `what ${new URL(url.replace(/\{.*$/, '')).host} answers`,
};

const plan: SourcePlanner<HttpPollArgs>['plan'] = (args, context) => {
  const { select, variables, ...rest } = args;
  if (!checkPlaceholders(args, context)) return null;
  const config = {
    ...rest,
    select: select === null ? null : [...select],
    variables: variables ?? {},
    timezone: context.timezone,
  };
  return {
    connector: { kind: 'http_poll', config, connection: null },
    framing: 'lines',
    bounded: false,
    replayable: false,
  };
};

/** True when every placeholder may have a value, and `once_per` is a field of the event. */
function checkPlaceholders(args: HttpPollArgs, { report, path }: PlanContext): boolean {
  const { url, forEach, select, oncePer } = args;
  const texts: [(string | number)[], string[]][] = [
    [[...path, 'url'], placeholdersOf(url).filter((name) => name !== 'unit' && !isVariable(name))],
    ...Array.from(select ?? [], ([field, text]): [(string | number)[], string[]] => [
      [...path, 'select', field],
      placeholdersOf(text).filter((name) => name !== 'unit' && !isNow(name)),
    ]),
  ];
  let sound = true;
  for (const [at, names] of texts) {
    const wrong = names.find((name) => forEach === null || !/^[a-z_][A-Za-z0-9_]*$/.test(name));
    if (wrong === undefined) continue;
    sound = false;
    report({
      code: 'path-placeholder',
      path: at,
      message: `nothing fills in \`{${wrong}}\``,
      hint:
        forEach === null
          ? 'add `for_each: { file: … }`, a CSV file with that column'
          : 'write a column in small letters, `{unit}`, in `url` a {VARIABLE}, in `select` {now:yyyy-MM-dd HH:mm:ss}',
    });
  }
  if (oncePer === null || select?.has(oncePer) === true) return sound;
  report({
    code: 'unknown-column',
    path: [...path, 'once_per'],
    message: `\`select\` has no field \`${oncePer}\``,
    hint: `add e.g. \`${oncePer}: ${oncePer}\` to \`select\``,
  });
  return false;
}

/** Variables are written in capitals, columns are not. */
const isVariable = (name: string): boolean => /^[A-Z][A-Z0-9_]*$/.test(name);

const isNow = (name: string): boolean => name.startsWith('now:') && name.length > 4;

/** The `http_poll` source. */
export const httpPollSource: SourceStage<HttpPollArgs> = {
  ...httpPollKeyword,
  family: 'source',
  plan,
};
