import { describe, expect, test } from 'vitest';
import type { Ast } from './ast.ts';
import { callsOf, columnsOf } from './ast.ts';
import { parseExpression } from './parse.ts';

/** A tree with its calls in brackets, the name first. */
function shown(ast: Ast): string {
  switch (ast.kind) {
    case 'literal':
      return typeof ast.value === 'string' ? `'${ast.value}'` : String(ast.value);
    case 'column':
      return ast.name;
    case 'parameter':
      return `$${ast.name}`;
    case 'call':
      return `(${[ast.name, ...ast.args.map(shown)].join(' ')}${ast.target ? ` ${ast.target.name}` : ''})`;
  }
}

function parsed(text: string): Ast {
  const { ast, problems } = parseExpression(text);
  expect(problems).toEqual([]);
  return ast!;
}

describe('precedence', () => {
  test.each([
    ['a or b and not c = d', '(or a (and b (not (= c d))))'],
    ['a + b * c - d', '(- (+ a (* b c)) d)'],
    ['a - b - c', '(- (- a b) c)'],
    ['a / b % c', '(% (/ a b) c)'],
    ['-a * b', '(* (unary - a) b)'],
    ['- -3', '(unary - -3)'],
    ['-(3)', '(unary - 3)'],
    ['(a + b) * c', '(* (+ a b) c)'],
    ['a between b + 1 and c and d', '(and (between a (+ b 1) c) d)'],
    ['not a between 1 and 2', '(not (between a 1 2))'],
    ['a not in (1, 2) or b', '(or (not (in a 1 2)) b)'],
    ["a not like 'x%'", "(not (like a 'x%'))"],
    ['a is not null and b is null', '(and (not (is null a)) (is null b))'],
    ['a <> b != c or d', null],
    ['case when a then 1 else 2 end', '(case a 1 2)'],
    ['case a when 1 then b when 2 then c end', '(case (= a 1) b (= a 2) c null)'],
    ['cast(a + 1 as double)', '(cast (+ a 1) double)'],
    ['Round(a, 2)', '(round a 2)'],
    ['A AND True', '(and A true)'],
    ['`end` + `a``b`', '(+ end a`b)'],
    ["'it''s'", "'it's'"],
    ['$MAX * 1.5e3', '(* $MAX 1500)'],
    ['température > .5', '(> température 0.5)'],
  ])('%s', (text, tree) => {
    if (tree === null) expect(parseExpression(text).ast).toBeNull();
    else expect(shown(parsed(text))).toBe(tree);
  });
});

test('ranges cover the text of each part', () => {
  const text = "  round(a + b, 2) in ($X, 'y')";
  const part = ({ range }: Ast): string => text.slice(range.from, range.to);
  const tree = parsed(text);
  expect(part(tree)).toBe("round(a + b, 2) in ($X, 'y')");
  if (tree.kind !== 'call') throw new Error('a call is expected');
  expect(tree.args.map(part)).toEqual(['round(a + b, 2)', '$X', "'y'"]);
  expect(text.slice(tree.nameRange.from, tree.nameRange.to)).toBe('in');
});

test('columnsOf names each column once, callsOf finds calls by name', () => {
  const tree = parsed('avg(a) - avg(b) + a + max(c)');
  expect(columnsOf(tree).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  expect(columnsOf(tree)[0]?.range).toEqual({ from: 4, to: 5 });
  expect(callsOf(tree, ['avg']).map(shown)).toEqual(['(avg a)', '(avg b)']);
});

describe('what cannot be parsed', () => {
  test.each([
    ['', 'the expression is empty', 0, 0],
    ['a +', 'the expression ends, where a value is expected', 3, 3],
    ['a b', 'here is `b`, where the end of the expression is expected', 2, 3],
    ['(a', 'the expression ends, where `)` is expected', 2, 2],
    ['round(a,', 'the expression ends, where a value is expected', 8, 8],
    ['a in ()', 'the list after `in` is empty', 7, 7],
    ['case a end', 'here is `end`, where `when` is expected', 7, 10],
    ['a = b = c', 'comparisons do not chain', 6, 7],
    ['cast(a, double)', 'here is `,`, where `as` is expected', 6, 7],
    ['a not b', 'here is `b`, where `between`, `in` or `like` is expected', 6, 7],
    ['a is 3', 'here is `3`, where `null` is expected', 5, 6],
    ["'abc", "the closing ' is missing", 0, 4],
    ["'it''", "the closing ' is missing", 0, 5],
    ['a # b', '`#` means nothing in an expression', 2, 3],
  ])('%s', (text, message, from, to) => {
    const { problems } = parseExpression(text);
    expect(problems).toMatchObject([{ code: 'expression-syntax', message, range: { from, to } }]);
  });

  test('nesting ends before the stack does', () => {
    const { problems } = parseExpression(`${'('.repeat(5000)}a${')'.repeat(5000)}`);
    expect(problems.map(({ code }) => code)).toEqual(['expression-too-long']);
    const deep = parseExpression(`${'('.repeat(150)}a${')'.repeat(150)}`);
    expect(deep.problems[0]?.message).toBe('the expression is nested too deeply');
    expect(parseExpression(`${'not '.repeat(150)}a`).ast).toBeNull();
  });

  test('long chains are no nesting', () => {
    expect(parseExpression(Array.from({ length: 999 }, () => 'a').join(' + ')).ast).not.toBeNull();
  });
});
