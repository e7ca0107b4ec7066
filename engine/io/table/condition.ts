/** `--where` conditions: parsed as text, bound to a column's type, then tested on cells. */
import { type Cell, type ColumnType, type ScalarType, isArray, isText } from '../../core/batch.ts';
import { EngineError } from '../../errors.ts';
import type { ResultColumn } from './query.ts';

/** A cell as it is stored: integers beyond 2^53 come as bigint. */
export type StoredCell = Cell | bigint;

/** Comparison operators, longest first so that `<=` is not read as `<`. */
const OPERATORS = ['!=', '<=', '>=', '=', '<', '>'] as const;

/** How a cell is compared with a value. */
export type Operator = (typeof OPERATORS)[number];

/** A condition with its value still text. */
export interface ConditionText {
  readonly column: string;
  readonly operator: Operator;
  readonly text: string;
}

/** A condition bound to its column's type; null only with = and !=. */
export interface Condition {
  readonly column: string;
  readonly operator: Operator;
  readonly value: StoredCell;
}

const usage = (message: string): EngineError => new EngineError('ENG_CLI_USAGE', message);

/**
 * Reads `column operator value`; the value is the rest, as it is, and may stand in quotes.
 * @throws EngineError ENG_CLI_USAGE
 */
export function parseCondition(text: string): ConditionText {
  const match = /^\s*([a-z][a-z0-9_]*)\s*(!=|<=|>=|=|<|>)\s*(.*?)\s*$/s.exec(text);
  if (match === null) {
    const hint = `write COLUMN=VALUE with one of ${OPERATORS.join(' ')}, e.g. --where city=Paris`;
    throw usage(`cannot read the condition "${text}": ${hint}`);
  }
  const [, column = '', operator = '=', value = ''] = match;
  return { column, operator: operator as Operator, text: value };
}

/** The text between quotes, or null when it is not quoted. */
function unquoted(text: string): string | null {
  const quote = text[0];
  const isQuoted = text.length >= 2 && (quote === '"' || quote === "'") && text.endsWith(quote);
  return isQuoted ? text.slice(1, -1) : null;
}

function parseNumber(text: string): number | null {
  const words = new Map([
    ['nan', NaN],
    ['infinity', Infinity],
    ['-infinity', -Infinity],
  ]);
  const word = words.get(text.toLowerCase());
  if (word !== undefined) return word;
  return text === '' || !/^[-+]?[\d.]/.test(text) || Number.isNaN(Number(text))
    ? null
    : Number(text);
}

function parseInteger(text: string): StoredCell | null {
  if (!/^[-+]?\d+$/.test(text)) return parseNumber(text);
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

function parseTimestamp(text: string): number | null {
  if (/^-?\d{5,}$/.test(text)) return Number(text);
  const iso = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:?\d\d)?)?$/.exec(text);
  if (iso === null) return null;
  // Without a zone it is UTC, as all that is printed.
  const zoned = iso[1] !== undefined && iso[4] === undefined ? `${text}Z` : text;
  const time = Date.parse(zoned.replace(' ', 'T'));
  return Number.isNaN(time) ? null : time;
}

function parseValue(type: ColumnType, text: string): StoredCell | null {
  const plain = unquoted(text) ?? text;
  if (isText(type)) return plain;
  if (type === 'timestamp') return parseTimestamp(plain);
  if (type === 'bool') return plain === 'true' ? 1 : plain === 'false' ? 0 : null;
  if (type === 'int' || type === 'long') return parseInteger(plain);
  const value = parseNumber(plain);
  return value !== null && type === 'float' ? Math.fround(value) : value;
}

const EXAMPLES: Readonly<Record<ScalarType, string>> = {
  bool: 'true or false',
  int: 'a number',
  long: 'a number',
  float: 'a number',
  double: 'a number',
  string: 'text',
  timestamp: 'a time such as 2024-03-28T10:00:00Z or milliseconds',
};

/**
 * Gives a condition's value the type of its column. Unquoted `null` tests for null.
 * @throws EngineError ENG_CLI_USAGE for unknown columns and values of another type
 */
export function bindCondition(
  { column, operator, text }: ConditionText,
  columns: readonly ResultColumn[],
): Condition {
  const found = columns.find(({ name }) => name === column);
  if (found === undefined) {
    const names = columns.map(({ name }) => name).join(', ');
    throw usage(`there is no column "${column}"; the columns are ${names}`);
  }
  if (text === 'null') {
    if (operator === '=' || operator === '!=') return { column, operator, value: null };
    throw usage(`"${column}${operator}null" is never true: use = or != with null`);
  }
  const value = found.type === null ? text : parseValue(found.type, text);
  if (value === null) {
    const { type } = found;
    const wanted = type === null || isArray(type) ? EXAMPLES.string : EXAMPLES[type];
    throw usage(`"${text}" is not a value for ${column}, which holds ${wanted}`);
  }
  return { column, operator, value };
}

/** Order of cells of one column: null first, then NaN, then by value; text by code points. */
export function compareCells(a: StoredCell, b: StoredCell): number {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1);
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  const aIsNaN = Number.isNaN(a);
  const bIsNaN = Number.isNaN(b);
  if (aIsNaN || bIsNaN) return Number(bIsNaN) - Number(aIsNaN);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** UTF-8 byte order, which is code point order and what the stores use. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Whether a cell meets a condition. Null meets only `= null`, and `!=` with a value never (SQL). */
export function matches(cell: StoredCell, { operator, value }: Condition): boolean {
  if (value === null) return operator === '=' ? cell === null : cell !== null;
  if (cell === null) return false;
  if (Number.isNaN(cell) || Number.isNaN(value)) {
    const same = Number.isNaN(cell) && Number.isNaN(value);
    return operator === '!=' ? !same : same && operator !== '<' && operator !== '>';
  }
  const order = compareCells(cell, value);
  switch (operator) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}
