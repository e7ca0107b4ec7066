/**
 * The reference of the language in Markdown: from the shape that validates definitions, the
 * keywords' own words, the functions and the codes.
 */
import { z } from 'zod';
import { aggregates } from '../core/aggregate/registry.ts';
import { functions } from '../core/expression/functions/registry.ts';
import { codes } from './codes.ts';
import type { Keyword, KeywordFamily, Vocabulary } from './keyword.ts';
import * as prose from './reference-prose.ts';
import { layersOf, marks, shapeOf, stepInto } from './schema-walk.ts';
import { definitionShape } from './shape.ts';

/** The whole reference. */
export function definitionReference(vocabulary: Vocabulary): string {
  const shape = definitionShape(vocabulary, 'write');
  const keywords = (family: KeywordFamily): Keyword[] =>
    vocabulary.keywords.filter((each) => each.family === family && each.internal !== true);
  const at = (...path: string[]): z.core.$ZodType[] =>
    path.reduce<z.core.$ZodType[]>((schemas, step) => stepInto(schemas, step), [shape]);
  const own = (family: KeywordFamily): Set<string> =>
    new Set(keywords(family).flatMap(({ keyword, beside }) => [keyword, ...(beside ?? [])]));
  const table = (path: readonly string[], family?: KeywordFamily): string => {
    const hidden = family === undefined ? new Set<string>() : own(family);
    return fieldTable(at(...path), hidden);
  };
  const chapters = [
    prose.opening,
    heading('A definition', table([])),
    heading('Values', prose.values),
    heading('Connections', prose.connections, table(['connections', 'x'])),
    heading('Parameters', prose.parameters, table(['params', 'x'])),
    heading('Sources', table(['sources', 'x'], 'source'), keywordChapters(keywords('source'))),
    heading(
      'Schema',
      prose.schema,
      typeTable(),
      prose.arrays,
      prose.csv,
      table(['sources', 'x', 'schema', 'x']),
    ),
    heading('Event time', prose.eventTime, table(['sources', 'x', 'event_time'])),
    heading('Watermark', prose.watermark, table(['sources', 'x', 'watermark'])),
    heading('Row-wise stages', prose.recordStages, keywordChapters(keywords('record'))),
    heading(
      'Window stages',
      prose.windowStages,
      table(['stages', 'x'], 'record'),
      '### `window`',
      table(['stages', 'x', 'window'], 'window'),
      keywordChapters(keywords('window')),
    ),
    heading('Aggregates', prose.aggregates, aggregateTable()),
    heading('Expressions', prose.expressions, functionTable()),
    heading('Sinks', table(['sinks', 'x'], 'sink'), keywordChapters(keywords('sink'))),
    heading('Errors', table(['errors'])),
    heading('Limits', table(['limits'])),
    heading('Checkpoint', table(['checkpoint'])),
    heading('Findings', prose.findings, codeTable()),
  ];
  return `${chapters.join('\n\n')}\n`;
}

const heading = (title: string, ...parts: string[]): string =>
  [`## ${title}`, ...parts.filter((part) => part !== '')].join('\n\n');

function rows(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), `|${head.map(() => ' --- |').join('')}`, ...body.map(line)].join('\n');
}

/** Maps whose fields have a chapter of their own. */
const chaptered: ReadonlySet<string> = new Set([
  'limits',
  'checkpoint',
  'errors',
  'event_time',
  'watermark',
  'window',
]);

/** Key, kind, whether it must be there, and what it says. */
function fieldTable(schemas: readonly z.core.$ZodType[], hidden: ReadonlySet<string>): string {
  const [shape] = shapesOf(schemas);
  if (shape === undefined) return '';
  return rows(['key', 'value', 'must', 'meaning'], fieldRows('', shape, hidden));
}

type Shape = NonNullable<ReturnType<typeof shapeOf>>;

const shapesOf = (schemas: readonly z.core.$ZodType[]): Shape[] =>
  schemas.map(shapeOf).filter((shape) => shape !== null);

function fieldRows(prefix: string, shape: Shape, hidden: ReadonlySet<string>): string[][] {
  return Object.entries(shape)
    .filter(([key]) => !hidden.has(key))
    .flatMap(([key, field]) => {
      const name = `${prefix}${key}`;
      const must = field.safeParse(undefined).success ? '' : 'yes';
      const row = [`\`${name}\``, kindOf(field), must, field.description ?? ''];
      const [inner] = prefix === '' && !chaptered.has(key) ? shapesOf([field]) : [];
      if (inner === undefined) return [row];
      return [row, ...fieldRows(`${name}.`, inner, hidden)];
    });
}

/** What a field takes, in a few words. */
function kindOf(field: z.core.$ZodType): string {
  for (const layer of layersOf(field)) {
    const what = marks.get(layer)?.what;
    if (what !== undefined) return what.replace(/^an? /, '');
    if (layer instanceof z.ZodUnion) {
      return [...new Set(layer.options.map(kindOf))].join(' or ');
    }
    if (layer instanceof z.ZodArray) return `list of ${several(layer.element)}`;
    if (layer instanceof z.ZodRecord) return `map of ${several(layer.valueType)}`;
    if (layer instanceof z.ZodObject) return 'map';
    if (layer instanceof z.ZodNumber) return 'number';
    if (layer instanceof z.ZodNull) return 'null';
  }
  return 'anything';
}

const several = (field: z.core.$ZodType): string => {
  const kind = kindOf(field);
  return kind.includes(' or ') ? `(${kind})` : kind;
};

const keywordChapters = (keywords: readonly Keyword[]): string =>
  keywords.map(keywordChapter).join('\n\n');

function keywordChapter(keyword: Keyword): string {
  const { fields, short, beside } = keyword;
  const notes: string[] = [];
  if (short !== undefined) {
    const written = `\`${keyword.keyword}: …\``;
    notes.push(
      `A value that is no map is its \`${short}\`: ${written} is \`${keyword.keyword}: { ${short}: … }\`.`,
    );
  }
  if (beside !== undefined) {
    const names = beside.map((name) => `\`${name}\``).join(', ');
    notes.push(`${names} may stand beside \`${keyword.keyword}\` as well.`);
  }
  return [
    `### \`${keyword.keyword}\``,
    keyword.summary,
    `\`\`\`yaml\n${keyword.example}\n\`\`\``,
    ...(notes.length > 0 ? [notes.join(' ')] : []),
    ...(shapeOf(fields) === null ? [] : [fieldTable([fields], new Set())]),
  ].join('\n\n');
}

const typeTable = (): string =>
  rows(
    ['type', 'JSON', 'Cassandra', 'Spark SQL', 'Flink SQL'],
    prose.types.map(([name, ...others]) => [`\`${name}\``, ...others]),
  );

const aggregateTable = (): string =>
  rows(
    ['aggregate', 'meaning'],
    [...aggregates.values()].map(({ usage, summary }) => [
      usage.map((each) => `\`${each}\``).join(', '),
      summary,
    ]),
  );

const functionTable = (): string =>
  rows(
    ['written', 'meaning'],
    [...functions.values()].map(({ usage, summary }) => [`\`${usage}\``, summary]),
  );

const codeTable = (): string =>
  rows(
    ['code', 'meaning'],
    [...codes].map(([code, meaning]) => [`[\`${code}\`](invalid/${code}.yaml)`, meaning]),
  );
