/**
 * Expression text → tokens. Habits of other languages (`==`, `&&`, `"text"`, `${X}`) are reported and
 * replaced by what was meant, so that one look finds everything.
 */
import type { Problem, Range } from './types.ts';

/** One token; `text` is canonical: keywords in lower case, texts and quoted names decoded. */
export interface Token {
  readonly kind: 'number' | 'text' | 'name' | 'keyword' | 'parameter' | 'symbol' | 'end';
  readonly text: string;
  readonly range: Range;
}

/** `certain` is false when what was meant could only be guessed: then types are not worth checking. */
export interface Lexed {
  readonly tokens: readonly Token[];
  readonly problems: readonly Problem[];
  readonly certain: boolean;
}

const KEYWORDS = new Set(
  'and or not between in is null like case when then else end true false cast as'.split(' '),
);

const TOKEN = new RegExp(
  [
    String.raw`(?<space>\s+)`,
    String.raw`(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)`,
    String.raw`(?<text>'(?:[^']|'')*'?)`,
    String.raw`(?<double>"(?:[^"\\]|\\.)*"?)`,
    '(?<quoted>`(?:[^`]|``)*`?)',
    String.raw`(?<braced>\$\{[^}]*\}?)`,
    String.raw`(?<parameter>\$[\p{L}_][\p{L}\p{N}_]*)`,
    String.raw`(?<name>[\p{L}_][\p{L}\p{N}_]*)`,
    String.raw`(?<habit>===|!==|==|&&|\|\||<=>|::|=~|--|[!?^:;&|[\]{}“”‘’])`,
    String.raw`(?<symbol><>|!=|<=|>=|[-+*/%=<>(),.])`,
    String.raw`(?<other>[\s\S])`,
  ].join('|'),
  'uy',
);

/** What is written here instead of a sign of another language; null where nothing stands for it. */
const HABITS = new Map<string, { kind: Token['kind']; text: string; hint: string } | string>([
  ['==', { kind: 'symbol', text: '=', hint: 'write `=`' }],
  ['===', { kind: 'symbol', text: '=', hint: 'write `=`' }],
  ['!==', { kind: 'symbol', text: '<>', hint: 'write `<>` or `!=`' }],
  ['&&', { kind: 'keyword', text: 'and', hint: 'write `and`' }],
  ['!', { kind: 'keyword', text: 'not', hint: 'write `not`' }],
  ['||', 'write `or` between conditions, `concat(a, b)` to join text'],
  ['&', 'write `and`'],
  ['|', 'write `or`'],
  ['<=>', 'write `a = b or (a is null and b is null)`'],
  ['::', 'write `cast(x as type)`'],
  ['=~', "write `regexp_like(x, 'pattern')`"],
  ['--', 'comments go into YAML, after `#`; put a space between two minus signs'],
  ['?', 'write `if(condition, a, b)`'],
  ['^', 'write `pow(a, b)`'],
  [':', 'write `if(condition, a, b)`'],
  [';', 'an expression is one value: nothing follows it'],
  ['[', 'there are no arrays in this version'],
  [']', 'there are no arrays in this version'],
  ['{', 'a parameter is written `$NAME`'],
  ['}', 'a parameter is written `$NAME`'],
]);

const CURLY = "write straight quotes: 'text'";

/** Cuts an expression's text into tokens; the last one is `end`. Never throws. O(length). */
export function lex(text: string): Lexed {
  const lexer = new Lexer();
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    const groups = TOKEN.exec(text)?.groups ?? {};
    const [kind = 'other', found = ''] =
      Object.entries(groups).find(([, part]) => (part as string | undefined) !== undefined) ?? [];
    lexer.take(kind, found, { from: at, to: TOKEN.lastIndex });
  }
  lexer.push('end', '', { from: text.length, to: text.length });
  return lexer;
}

class Lexer implements Lexed {
  readonly tokens: Token[] = [];
  readonly problems: Problem[] = [];
  certain = true;

  push(kind: Token['kind'], text: string, range: Range): void {
    this.tokens.push({ kind, text, range });
  }

  take(kind: string, found: string, range: Range): void {
    if (kind === 'space') return;
    if (kind === 'number') this.push(kind, found, range);
    else if (kind === 'symbol') this.push(kind, found === '!=' ? '<>' : found, range);
    else if (kind === 'parameter') this.push(kind, found.slice(1), range);
    else if (kind === 'name') this.#takeName(found, range);
    else if (kind === 'braced') this.#takeBraced(found, range);
    else if (kind === 'habit') this.#takeHabit(found, range);
    else if (kind === 'other') this.#takeUnknown(found, range);
    else this.#takeQuoted(kind, found, range);
  }

  #takeName(found: string, range: Range): void {
    const lower = found.toLowerCase();
    if (KEYWORDS.has(lower)) this.push('keyword', lower, range);
    else this.push('name', found, range);
  }

  /** `'text'` with `''` for a quote, `` `name` `` with ```` `` ````, and `"text"` by habit. */
  #takeQuoted(kind: string, found: string, range: Range): void {
    const quote = found.charAt(0);
    const inner = found.slice(1, found.length > 1 && found.endsWith(quote) ? -1 : undefined);
    const decoded = kind === 'double' ? inner : inner.replaceAll(quote + quote, quote);
    this.push(kind === 'quoted' ? 'name' : 'text', decoded, range);
    // An odd number of quotes leaves the last one open: `'it''` is `it'` without an end.
    const quotes = found.split(quote).length - 1;
    if (kind !== 'double' && quotes % 2 === 1) {
      this.certain = false;
      this.#report(`the closing ${quote} is missing`, range);
    } else if (kind === 'double') {
      const hint = `write ${textLiteral(inner)}; names of columns need no quotes`;
      this.#report('text stands in single quotes', range, hint);
    }
  }

  #takeBraced(found: string, range: Range): void {
    const name = /^\$\{\s*([\p{L}_][\p{L}\p{N}_]*)/u.exec(found)?.[1] ?? '';
    this.push('parameter', name, range);
    if (name === '') this.certain = false;
    const hint = `write $${name === '' ? 'NAME' : name}`;
    this.#report('`${…}` is not expanded inside an expression', range, hint);
  }

  #takeHabit(found: string, range: Range): void {
    const habit = HABITS.get(found) ?? CURLY;
    if (typeof habit === 'string') {
      this.certain = false;
      // The other half of brackets, quotes, `? :` needs no second word.
      if (this.problems.some(({ hint }) => hint === habit)) return;
    } else this.push(habit.kind, habit.text, range);
    const hint = typeof habit === 'string' ? habit : habit.hint;
    this.#report(`\`${found}\` is not an operator here`, range, hint);
  }

  #takeUnknown(found: string, range: Range): void {
    this.certain = false;
    this.#report(`\`${found}\` means nothing in an expression`, range);
  }

  #report(message: string, range: Range, hint?: string): void {
    const problem = { code: 'expression-syntax', message, range } as const;
    this.problems.push(hint === undefined ? problem : { ...problem, hint });
  }
}

/** A text as it is written in an expression. */
export const textLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`;
