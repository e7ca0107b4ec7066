/** Typed expressions as text again, for people: `explain` and plans that are compared. */
import { functions } from './functions/registry.ts';
import { textLiteral } from './lex.ts';
import type { CallExpression, LiteralExpression, TypedExpression } from './types.ts';

const INFIX = new Set([
  '+',
  '-',
  '*',
  '/',
  '%',
  '=',
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  'and',
  'or',
  'like',
]);

/**
 * An expression as it could have been written, with brackets wherever they might matter. Compiling
 * the text in the same scope gives the same expression.
 */
export function expressionText(expression: TypedExpression): string {
  if (expression.kind === 'column') return nameText(expression.name);
  return expression.kind === 'literal' ? literalText(expression) : callText(expression);
}

const KEYWORDS =
  /^(?:and|or|not|between|in|is|null|like|case|when|then|else|end|true|false|cast|as)$/i;

const nameText = (name: string): string =>
  /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) && !KEYWORDS.test(name)
    ? name
    : `\`${name.replaceAll('`', '``')}\``;

function literalText({ type, value }: LiteralExpression): string {
  if (value === null) return `cast(null as ${type})`;
  if (typeof value === 'string') return textLiteral(value);
  if (type === 'bool') return value === 0 ? 'false' : 'true';
  if (type === 'int' || type === 'long') return String(value);
  if (type === 'timestamp') return `cast(${value / 1000} as timestamp)`;
  const decimal = Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value);
  return type === 'double' ? decimal : `cast(${decimal} as float)`;
}

function callText({ name, type, args }: CallExpression): string {
  const texts = args.map(expressionText);
  const [first = '', second = '', third = ''] = texts;
  if (INFIX.has(name)) return `(${first} ${name} ${second})`;
  switch (name) {
    case 'unary -':
      return `-(${first})`;
    case 'not':
      return `(not ${first})`;
    case 'is null':
      return `(${first} is null)`;
    case 'between':
      return `(${first} between ${second} and ${third})`;
    case 'in':
      return `(${first} in (${texts.slice(1).join(', ')}))`;
    case 'cast':
      return `cast(${first} as ${type})`;
    case 'case':
      return caseText(texts);
    default:
      // The time zone at the end is the pipeline's, not the author's.
      return `${name}(${(functions.get(name)?.zoned === true ? texts.slice(0, -1) : texts).join(', ')})`;
  }
}

function caseText(texts: readonly string[]): string {
  const branches: string[] = [];
  for (let i = 0; i + 1 < texts.length; i += 2) {
    branches.push(`when ${texts[i] ?? ''} then ${texts[i + 1] ?? ''}`);
  }
  return `case ${branches.join(' ')} else ${texts.at(-1) ?? ''} end`;
}
