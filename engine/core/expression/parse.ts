/**
 * Tokens → syntax tree, by recursive descent. From loosest to tightest:
 * or · and · not · comparison, is, between, in, like · + - · * / % · unary - · literals, names, calls
 */
import type { Ast, CallAst } from './ast.ts';
import { Cursor, SyntaxStop } from './cursor.ts';
import { lex } from './lex.ts';
import type { Token } from './lex.ts';
import type { Problem, Range } from './types.ts';

const MAX_TOKENS = 2000;

const COMPARISONS = new Set(['=', '<>', '<', '<=', '>', '>=']);

/** What parsing gives: the tree if there is one, and all problems. `certain`: see `Lexed`. */
export interface Parsed {
  readonly ast: Ast | null;
  readonly problems: readonly Problem[];
  readonly certain: boolean;
}

/**
 * Parses an expression without asking what its names mean. Habits of other languages are reported
 * and read as meant; anything else that does not fit ends with one problem. O(length).
 */
export function parseExpression(text: string): Parsed {
  const { tokens, problems, certain } = lex(text);
  if (tokens.length > MAX_TOKENS) {
    const range = { from: 0, to: text.length };
    const message = `the expression has more than ${MAX_TOKENS} words and signs`;
    return { ast: null, problems: [{ code: 'expression-too-long', message, range }], certain };
  }
  const parser = new Parser(tokens, [...problems]);
  try {
    const ast = parser.whole();
    return { ast, problems: parser.problems, certain };
  } catch (stop) {
    if (!(stop instanceof SyntaxStop)) throw stop;
    // What a misread sign has led to is not worth a second problem.
    const all = certain ? [...parser.problems, stop.problem] : parser.problems;
    return { ast: null, problems: all, certain };
  }
}

class Parser {
  readonly problems: Problem[];
  readonly #cursor: Cursor;

  constructor(tokens: readonly Token[], problems: Problem[]) {
    this.#cursor = new Cursor(tokens);
    this.problems = problems;
  }

  whole(): Ast {
    if (this.#cursor.is('end', '')) this.#cursor.stop('the expression is empty');
    const ast = this.#or();
    return this.#cursor.is('end', '') ? ast : this.#cursor.unexpected('the end of the expression');
  }

  #or(): Ast {
    return this.#cursor.nested(() => this.#chain(['or'], () => this.#and()));
  }

  #and(): Ast {
    return this.#chain(['and'], () => this.#not());
  }

  #not(): Ast {
    const sign = this.#cursor.accept('keyword', 'not');
    return sign === null
      ? this.#predicate()
      : this.#cursor.nested(() => call(sign, 'not', [this.#not()]));
  }

  #predicate(): Ast {
    const left = this.#sum();
    const sign = this.#cursor.next;
    if (sign.kind === 'symbol' && COMPARISONS.has(sign.text)) return this.#comparison(left);
    if (this.#cursor.accept('keyword', 'is') !== null) return this.#isNull(left, sign);
    const negation = this.#cursor.accept('keyword', 'not');
    const ast = this.#rangeOrList(left);
    if (ast === null && negation !== null) this.#cursor.unexpected('`between`, `in` or `like`');
    if (ast === null) return left;
    return negation === null ? ast : call(negation, 'not', [ast]);
  }

  #comparison(left: Ast): Ast {
    const sign = this.#cursor.take();
    const right = this.#sum();
    if (this.#cursor.next.kind === 'symbol' && COMPARISONS.has(this.#cursor.next.text)) {
      this.#cursor.stop(
        'comparisons do not chain',
        'join two with `and`, or write `between … and …`',
      );
    }
    if (!isNullLiteral(left) && !isNullLiteral(right)) return call(sign, sign.text, [left, right]);
    const range = { from: left.range.from, to: right.range.to };
    const hint = sign.text === '<>' ? 'write `is not null`' : 'write `is null`';
    const message = `nothing is ever \`${sign.text}\` null: the comparison gives null`;
    this.problems.push({ code: 'expression-syntax', message, hint, range });
    return call(sign, 'is null', [isNullLiteral(left) ? right : left]);
  }

  #isNull(left: Ast, sign: Token): Ast {
    const negation = this.#cursor.accept('keyword', 'not');
    this.#cursor.expect('keyword', 'null', 'write `is null` or `is not null`');
    const ast = call(sign, 'is null', [left], this.#cursor.last.range.to);
    return negation === null ? ast : call(negation, 'not', [ast], this.#cursor.last.range.to);
  }

  #rangeOrList(left: Ast): Ast | null {
    const sign = this.#cursor.next;
    if (this.#cursor.accept('keyword', 'between') !== null) {
      const low = this.#sum();
      this.#cursor.expect('keyword', 'and', 'write `x between low and high`');
      return call(sign, 'between', [left, low, this.#sum()]);
    }
    if (this.#cursor.accept('keyword', 'in') !== null) {
      this.#cursor.expect('symbol', '(', "write `x in ('a', 'b')`");
      const list = this.#list();
      if (list.length === 0) this.#cursor.stop('the list after `in` is empty');
      return call(sign, 'in', [left, ...list], this.#cursor.last.range.to);
    }
    if (this.#cursor.accept('keyword', 'like') === null) return null;
    return call(sign, 'like', [left, this.#sum()]);
  }

  #sum(): Ast {
    return this.#chain(['+', '-'], () => this.#chain(['*', '/', '%'], () => this.#unary()));
  }

  #unary(): Ast {
    const sign = this.#cursor.next;
    if (this.#cursor.accept('symbol', '+') !== null)
      return this.#cursor.nested(() => this.#unary());
    if (this.#cursor.accept('symbol', '-') === null) return this.#primary();
    const isNumber = this.#cursor.next.kind === 'number';
    const operand = this.#cursor.nested(() => this.#unary());
    // `-2147483648` is an int although 2147483648 is not.
    if (isNumber && operand.kind === 'literal') {
      const range = { from: sign.range.from, to: operand.range.to };
      return { ...operand, value: 0 - Number(operand.value), range };
    }
    return call(sign, 'unary -', [operand]);
  }

  #primary(): Ast {
    const token = this.#cursor.next;
    const { range, text } = token;
    switch (token.kind) {
      case 'number':
        this.#cursor.take();
        return literal(Number(text), range, /^\d+$/.test(text));
      case 'text':
        this.#cursor.take();
        return literal(text, range);
      case 'parameter':
        this.#cursor.take();
        return { kind: 'parameter', name: text, range };
      case 'name':
        return this.#name();
      case 'keyword':
        return this.#keyword();
      case 'symbol':
        if (this.#cursor.accept('symbol', '(') === null) break;
        return this.#bracketed();
      case 'end':
    }
    return this.#cursor.unexpected('a value');
  }

  #bracketed(): Ast {
    const inner = this.#or();
    this.#cursor.expect('symbol', ')');
    return inner;
  }

  #name(): Ast {
    const token = this.#cursor.take();
    const { text: name, range } = token;
    if (this.#cursor.accept('symbol', '(') !== null) {
      if (this.#cursor.next.text === '*') this.#cursor.stop('`*` is no value', `write ${name}()`);
      const args = this.#list();
      return call(token, name.toLowerCase(), args, this.#cursor.last.range.to);
    }
    if (this.#cursor.next.kind === 'symbol' && this.#cursor.next.text === '.') {
      const hint = `declare a column: { path: ${name}.…, type: … } in the schema`;
      this.#cursor.stop('there are no structs in this version', hint);
    }
    return { kind: 'column', name, range };
  }

  #keyword(): Ast {
    const token = this.#cursor.next;
    switch (token.text) {
      case 'true':
      case 'false':
        this.#cursor.take();
        return literal(token.text === 'true', token.range);
      case 'null':
        this.#cursor.take();
        return literal(null, token.range);
      case 'case':
        return this.#cursor.nested(() => this.#case());
      case 'cast':
        return this.#cursor.nested(() => this.#cast());
      case 'not':
        return this.#cursor.stop('`not` stands here without brackets', 'write `(not …)`');
      default:
        return this.#cursor.unexpected('a value');
    }
  }

  #case(): Ast {
    const sign = this.#cursor.take();
    const subject = this.#cursor.is('keyword', 'when') ? null : this.#or();
    const args: Ast[] = [];
    let when = this.#cursor.expect('keyword', 'when', 'write `case when … then … else … end`');
    for (;;) {
      const condition = this.#or();
      args.push(subject === null ? condition : call(when, '=', [subject, condition]));
      this.#cursor.expect('keyword', 'then');
      args.push(this.#or());
      const another = this.#cursor.accept('keyword', 'when');
      if (another === null) break;
      when = another;
    }
    const otherwise = this.#cursor.accept('keyword', 'else') === null ? null : this.#or();
    this.#cursor.expect('keyword', 'end', '`case` ends with `end`');
    const { range } = this.#cursor.last;
    args.push(otherwise ?? literal(null, range));
    return call(sign, 'case', args, range.to);
  }

  #cast(): Ast {
    const sign = this.#cursor.take();
    this.#cursor.expect('symbol', '(', 'write `cast(x as type)`');
    const operand = this.#or();
    this.#cursor.expect('keyword', 'as', 'write `cast(x as type)`');
    const { kind, text, range } = this.#cursor.take();
    if (kind !== 'name')
      this.#cursor.stop('a type stands after `as`', 'write `cast(x as double)`', range);
    this.#cursor.expect('symbol', ')');
    const target = { name: text, range };
    return { ...call(sign, 'cast', [operand], this.#cursor.last.range.to), target };
  }

  /** Arguments up to the closing bracket, which is taken; the opening one has been. */
  #list(): Ast[] {
    const items: Ast[] = [];
    if (this.#cursor.accept('symbol', ')') !== null) return items;
    do items.push(this.#or());
    while (this.#cursor.accept('symbol', ',') !== null);
    this.#cursor.expect('symbol', ')');
    return items;
  }

  #chain(signs: readonly string[], operand: () => Ast): Ast {
    let left = operand();
    for (;;) {
      const sign = this.#cursor.next;
      if (!signs.includes(sign.text) || (sign.kind !== 'symbol' && sign.kind !== 'keyword')) {
        return left;
      }
      this.#cursor.take();
      left = call(sign, sign.text, [left, operand()]);
    }
  }
}

const isNullLiteral = (ast: Ast): boolean => ast.kind === 'literal' && ast.value === null;

function literal(value: number | string | boolean | null, range: Range, integer = false): Ast {
  return { kind: 'literal', value, integer, range };
}

/** A call that spans its sign and arguments, up to `end` if that is further. */
function call(sign: Token, name: string, args: readonly Ast[], end = 0): CallAst {
  const from = Math.min(sign.range.from, ...args.map(({ range }) => range.from));
  const to = Math.max(end, sign.range.to, ...args.map(({ range }) => range.to));
  return { kind: 'call', name, nameRange: sign.range, args, range: { from, to } };
}
