/** A place in a list of tokens, and what to say when it is not the one expected. */
import type { Token } from './lex.ts';
import type { Problem } from './types.ts';

/** Brackets and calls inside each other; keeps every recursion over a tree off the stack's end. */
const MAX_DEPTH = 100;

/** Ends a parse at the first thing that fits nowhere. Never leaves the parser. */
export class SyntaxStop extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** Walks over tokens, the last of which is `end`; every method but `accept` may throw SyntaxStop. */
export class Cursor {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** The token at hand. */
  get next(): Token {
    return this.#tokens[this.#at] as Token;
  }

  /** The token taken last. */
  get last(): Token {
    return this.#tokens[this.#at - 1] as Token;
  }

  take(): Token {
    const token = this.next;
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  is(kind: Token['kind'], text: string): boolean {
    return this.next.kind === kind && this.next.text === text;
  }

  /** Takes the next token if it is this one. */
  accept(kind: Token['kind'], text: string): Token | null {
    return this.is(kind, text) ? this.take() : null;
  }

  expect(kind: Token['kind'], text: string, hint?: string): Token {
    return this.accept(kind, text) ?? this.unexpected(`\`${text}\``, hint);
  }

  /** Parses one level further in. */
  nested<T>(parse: () => T): T {
    if (++this.#depth > MAX_DEPTH) this.stop('the expression is nested too deeply');
    const result = parse();
    this.#depth--;
    return result;
  }

  unexpected(wanted: string, hint = habitOf(this.next, this.#tokens[this.#at - 1])): never {
    const { kind, text } = this.next;
    const what = kind === 'end' ? 'the expression ends' : `here is ${named(kind, text)}`;
    return this.stop(`${what}, where ${wanted} is expected`, hint);
  }

  stop(message: string, hint?: string, range = this.next.range): never {
    const problem = { code: 'expression-syntax', message, range } as const;
    throw new SyntaxStop(hint === undefined ? problem : { ...problem, hint });
  }
}

const named = (kind: Token['kind'], text: string): string =>
  kind === 'text' ? 'a text' : kind === 'parameter' ? `\`$${text}\`` : `\`${text}\``;

/** Help for what people write out of habit and only shows as a token too many. */
function habitOf(token: Token, before: Token | undefined): string | undefined {
  const word = token.kind === 'text' ? '' : token.text.toLowerCase();
  if (word === 'rlike' || word === 'regexp') return "write `regexp_like(x, 'pattern')`";
  if (word === 'ilike') return "write `lower(x) like 'pattern'`";
  if (word === 'div') return 'write `floor(a / b)`';
  if (word === 'mod') return 'write `a % b`';
  if (word === 'as') return 'the name stands before the colon: `name: expression`';
  if (token.kind === 'text' && before?.kind === 'name') {
    return "a point in time is written `to_timestamp('2024-03-28 00:00:00')`";
  }
  if (token.kind === 'symbol' && token.text === '=') return 'write one `=`';
  return undefined;
}
