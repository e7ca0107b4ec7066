/** The JSON value that a text stands for where a type is expected. */
import { type ColumnType, isArray } from '../batch.ts';

/** Numbers as people and programs write them: a plus, leading zeros, a point without digits beside it. */
const NUMBER = /^([+-]?)(?=\.?\d)0*(\d*)(?:\.(\d*))?(e[+-]?\d+)?$/i;
const BOOLS: ReadonlyMap<string, string> = new Map([
  ...['true', 't', '1'].map((word) => [word, 'true'] as const),
  ...['false', 'f', '0'].map((word) => [word, 'false'] as const),
]);

/** A JSON text, valid whatever the input; a JSON string of it where it is no value of the type. */
export function valueText(text: string, type: ColumnType): string {
  const found = isArray(type)
    ? arrayText(text)
    : type === 'bool'
      ? BOOLS.get(text.toLowerCase())
      : numberText(text);
  return found ?? JSON.stringify(text);
}

function numberText(text: string): string | undefined {
  const match = NUMBER.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = ''] = match;
  const point = fraction === '' ? '' : `.${fraction}`;
  return `${sign === '-' ? '-' : ''}${whole.padStart(1, '0')}${point}${exponent}`;
}

function arrayText(text: string): string | undefined {
  try {
    return Array.isArray(JSON.parse(text)) ? text.trim() : undefined;
  } catch {
    return undefined;
  }
}
