/** What the server offers, as OpenAPI 3.1 and as JSON schemas that requests are checked by. */

/** Rows of a reply unless `limit` says otherwise. */
export const DEFAULT_ROWS = 100;

type Schema = Readonly<Record<string, unknown>>;

/** The query of a request for rows. */
export const rowsQuery = (maxRows: number) => ({
  type: 'object',
  additionalProperties: false,
  properties: {
    where: {
      type: 'array',
      items: { type: 'string', maxLength: 500 },
      maxItems: 20,
      description: 'Conditions that rows must meet, e.g. `city=Paris` or `n>=3`; may be repeated.',
    },
    limit: {
      type: 'integer',
      minimum: 1,
      maximum: maxRows,
      default: Math.min(DEFAULT_ROWS, maxRows),
      description: 'Rows at most. `more` says whether there are others; `where` leads to them.',
    },
    merged: {
      type: 'boolean',
      default: false,
      description:
        'Batch rows up to where the batch layer has got, speed rows after; each with `layer` and `complete`.',
    },
    at: {
      type: 'string',
      maxLength: 40,
      description: 'Only windows that end at or before this time (ISO 8601, UTC unless it says).',
    },
  },
});

const text = { type: 'string' };
const textOrNull = { type: ['string', 'null'] };
const objectOf = (properties: Schema): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
});
const listOf = (items: Schema): Schema => ({ type: 'array', items });

const column = objectOf({ name: text, type: textOrNull });
const table = objectOf({
  name: text,
  pipeline: text,
  table: text,
  store: { enum: ['cassandra', 'sqlite'] },
  columns: listOf(column),
  window: textOrNull,
});
const rows = objectOf({
  columns: listOf(column),
  rows: listOf({ type: 'object' }),
  more: { type: 'boolean' },
  matched: { type: ['integer', 'null'], description: 'Rows in all, where they were counted.' },
});
const status = objectOf({
  runs: listOf(objectOf({ pipeline: text, file: text, provisional: { type: 'boolean' } })),
  tables: listOf(
    objectOf({
      name: text,
      pipeline: text,
      window: text,
      complete_until: { ...textOrNull, description: 'A time; `end` when the sources have ended.' },
      batch: {
        anyOf: [objectOf({ id: { type: 'integer' }, complete_until: text }), { type: 'null' }],
      },
    }),
  ),
  progress: { type: 'object', description: 'Of pipelines that run in this process, by name.' },
});
const failure = objectOf({ error: objectOf({ code: text, message: text }) });

/** The description of the server. */
export function openApi(maxRows: number): Schema {
  const parameters = Object.entries(rowsQuery(maxRows).properties).map(
    ([name, { description, ...schema }]) => ({
      name,
      in: 'query',
      description,
      schema,
    }),
  );
  const name = { name: 'name', in: 'path', required: true, schema: text };
  return {
    openapi: '3.1.0',
    info: {
      title: 'engine',
      version: '1',
      description: 'Rows that pipelines have written. Read only. Replies have an ETag.',
    },
    paths: {
      '/health': get('Whether the server answers', objectOf({ status: { const: 'ok' } })),
      '/status': get('The last runs, and how far tables of windows are complete', status),
      '/tables': get('The tables that can be read', objectOf({ tables: listOf(table) })),
      '/tables/{name}/rows': get('Rows of a sink, else of a table', rows, [name, ...parameters]),
      '/openapi.json': get('This description', { type: 'object' }),
    },
  };
}

const reply = (description: string, schema: Schema): Schema => ({
  description,
  content: { 'application/json': { schema } },
});

const get = (summary: string, schema: Schema, parameters: readonly Schema[] = []): Schema => ({
  get: {
    summary,
    ...(parameters.length > 0 && { parameters }),
    responses: {
      200: reply('What was asked for', schema),
      304: { description: 'What If-None-Match names is still right' },
      default: reply('What is wrong', failure),
    },
  },
});
