/**
 * Pieces of generated JavaScript. Text of users gets in by two doors only: `identifierOf`, which lets
 * through [a-z0-9_], and `literalOf`, which is JSON in ASCII.
 */

/** A name made safe for identifiers and comments: [a-z0-9_], at most 40 characters. */
export function identifierOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]+/g, '_')
    .replace(/^(?=\d)/, '_')
    .slice(0, 40);
}

/** A constant as code. Numbers read back exactly; texts are JSON with everything beyond ASCII escaped. */
export function literalOf(value: number | string | readonly (number | string)[]): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value !== 'string') return `[${value.map(literalOf).join(', ')}]`;
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Code as an operand of any infix operator: in brackets when it is infix itself. O(length). */
export const operand = (code: string): string => (signsOf(code).length > 0 ? `(${code})` : code);

/** True for a name, a number, a text or null: reading it twice costs nothing. */
export const isAtom = (code: string): boolean => /^(?:-?[\w.]+|"[^"\\]*")$/.test(code);

/** True when any of some conditions is; none: false. */
export const anyOf = (conditions: readonly string[]): string => connect('||', '&&', conditions);

/** True when all of some conditions are; none: true. */
export const allOf = (conditions: readonly string[]): string => connect('&&', '||', conditions);

function connect(sign: '&&' | '||', other: string, conditions: readonly string[]): string {
  if (conditions.length === 0) return sign === '&&' ? 'true' : 'false';
  if (conditions.length === 1) return conditions[0] as string;
  const wrapped = conditions.map((code) => {
    const signs = signsOf(code);
    return signs.includes(other) || signs.includes('?') ? `(${code})` : code;
  });
  return [...new Set(wrapped)].join(` ${sign} `);
}

/** The opposite of a condition. */
export function not(code: string): string {
  const equal = /^([\w.]+) (===|!==) ([\w.]+)$/.exec(code);
  if (equal !== null) {
    return `${equal[1] ?? ''} ${equal[2] === '===' ? '!==' : '==='} ${equal[3] ?? ''}`;
  }
  if (code === 'true' || code === 'false') return code === 'true' ? 'false' : 'true';
  if (code.startsWith('!') && signsOf(code).length === 0) {
    const inner = code.slice(1);
    return inner.startsWith('(') ? inner.slice(1, -1) : inner;
  }
  return `!${operand(code)}`;
}

/** The infix signs outside of brackets and texts: they stand between spaces, and nothing else does. */
function signsOf(code: string): string[] {
  let depth = 0;
  let outside = '';
  for (let i = 0; i < code.length; i++) {
    const sign = code.charAt(i);
    if (sign === '"') i = endOfText(code, i);
    else if (sign === '(' || sign === '[') depth++;
    else if (sign === ')' || sign === ']') depth--;
    else if (depth === 0) outside += sign;
  }
  return outside.split(' ').slice(1);
}

function endOfText(code: string, from: number): number {
  for (let i = from + 1; i < code.length; i++) {
    if (code.charAt(i) === '\\') i++;
    else if (code.charAt(i) === '"') return i;
  }
  return code.length;
}

/** A text made safe for a comment: [a-z0-9_] and spaces. */
export const remarkOf = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_ ]+/g, '_')
    .slice(0, 80);
