import { describe, expect, test } from 'vitest';
import { compileCondition, compileExpression } from './compile.ts';
import { problemsOf, scope, typed } from './oracle/evaluate.fixture.ts';
import type { AggregateScope, ExpressionScope } from './scope.ts';
import { slotsOf } from './types.ts';

/** Code, the text marked, and the hint of every problem. */
const found = (text: string, within?: ExpressionScope): unknown[] =>
  problemsOf(text, within ?? scope({ HOTTEST: { type: 'double', value: 40 } })).map(
    ({ code, range, hint }) => [code, text.slice(range.from, range.to), hint],
  );

describe('habits of other languages get a hint', () => {
  const syntax = 'expression-syntax';
  test.each([
    ['int_0 == 1', syntax, '==', 'write `=`'],
    ['int_0 === 1', syntax, '===', 'write `=`'],
    ['int_0 !== 1', syntax, '!==', 'write `<>` or `!=`'],
    ['bool_0 && bool_1', syntax, '&&', 'write `and`'],
    ['! bool_0', syntax, '!', 'write `not`'],
    [
      'bool_0 || bool_1',
      syntax,
      '||',
      'write `or` between conditions, `concat(a, b)` to join text',
    ],
    ['bool_0 & bool_1', syntax, '&', 'write `and`'],
    ['bool_0 | bool_1', syntax, '|', 'write `or`'],
    ['int_0 <=> 1', syntax, '<=>', 'write `a = b or (a is null and b is null)`'],
    ['int_0::double', syntax, '::', 'write `cast(x as type)`'],
    ["string_0 =~ 'a'", syntax, '=~', "write `regexp_like(x, 'pattern')`"],
    [
      'int_0 --1',
      syntax,
      '--',
      'comments go into YAML, after `#`; put a space between two minus signs',
    ],
    ['bool_0 ? 1 : 2', syntax, '?', 'write `if(condition, a, b)`'],
    ['int_0 ^ 2', syntax, '^', 'write `pow(a, b)`'],
    ['int_0;', syntax, ';', 'an expression is one value: nothing follows it'],
    ['int_0[1]', syntax, '[', 'there are no arrays in this version'],
    ['{int_0}', syntax, '{', 'a parameter is written `$NAME`'],
    ['string_0 = ‘a’', syntax, '‘', "write straight quotes: 'text'"],
    ['string_0 = "it\'s"', syntax, '"it\'s"', "write 'it''s'; names of columns need no quotes"],
    ['double_0 > ${HOTTEST}', syntax, '${HOTTEST}', 'write $HOTTEST'],
    ['double_0 > ${HOTTEST:-3}', syntax, '${HOTTEST:-3}', 'write $HOTTEST'],
    ['double_0 > ${}', syntax, '${}', 'write $NAME'],
    ['double_1 = null', syntax, 'double_1 = null', 'write `is null`'],
    ['null <> double_1', syntax, 'null <> double_1', 'write `is not null`'],
    ['1 < int_0 < 3', syntax, '<', 'join two with `and`, or write `between … and …`'],
    ["string_0 rlike 'a'", syntax, 'rlike', "write `regexp_like(x, 'pattern')`"],
    ["string_0 ilike 'a'", syntax, 'ilike', "write `lower(x) like 'pattern'`"],
    ['int_0 div 2', syntax, 'div', 'write `floor(a / b)`'],
    ['int_0 mod 2', syntax, 'mod', 'write `a % b`'],
    ['int_0 as x', syntax, 'as', 'the name stands before the colon: `name: expression`'],
    [
      "date '2024-01-01'",
      syntax,
      "'2024-01-01'",
      "a point in time is written `to_timestamp('2024-03-28 00:00:00')`",
    ],
    ['int_0 = not bool_0', syntax, 'not', 'write `(not …)`'],
    ['main.temp > 3', syntax, '.', 'declare a column: { path: main.…, type: … } in the schema'],
    ['count(*)', syntax, '*', 'write count()'],
    ["string_0 in 'a'", syntax, "'a'", "write `x in ('a', 'b')`"],
    ['int_0 between 1, 2', syntax, ',', 'write `x between low and high`'],
    ['cast int_0', syntax, 'int_0', 'write `cast(x as type)`'],
    ['cast(int_0 as 3)', syntax, '3', 'write `cast(x as double)`'],
    ['case when bool_0 then 1', syntax, '', '`case` ends with `end`'],
    ['int_0 is true', syntax, 'true', 'write `is null` or `is not null`'],
  ])('%s', (text, code, marked, hint) => {
    expect(found(text)).toEqual([[code, marked, hint]]);
  });
});

describe('names that do not exist get the nearest one', () => {
  test.each([
    ['duoble_0 > 1', 'unknown-column', 'duoble_0', 'did you mean double_0?'],
    ['Double_0 > 1', 'unknown-column', 'Double_0', 'did you mean double_0?'],
    ['roud(double_0)', 'unknown-function', 'roud', 'did you mean round?'],
    ['power(double_0, 2)', 'unknown-function', 'power', 'did you mean pow?'],
    ['nvl(int_1, 2)', 'unknown-function', 'nvl', 'did you mean coalesce?'],
    ['double_0 > $HOTEST', 'unknown-parameter', '$HOTEST', 'did you mean $HOTTEST?'],
    ['double_0 > $X', 'unknown-parameter', '$X', 'parameters here: $HOTTEST'],
    ['cast(int_0 as doubel)', 'unknown-type', 'doubel', 'did you mean double?'],
    ['cast(int_0 as bigint)', 'unknown-type', 'bigint', 'did you mean long?'],
    ['xyzzy(1)', 'unknown-function', 'xyzzy', undefined],
  ])('%s', (text, code, marked, hint) => {
    expect(found(text)).toEqual([[code, marked, hint]]);
  });

  test('or what there is', () => {
    const within: ExpressionScope = { ...scope(), columns: scope().columns.slice(0, 2) };
    expect(found('xyzzy', within)).toEqual([
      ['unknown-column', 'xyzzy', 'columns here: bool_0, bool_1'],
    ]);
    expect(found('Paris', { ...within, columns: [] })).toEqual([
      ['unknown-column', 'Paris', "text stands in single quotes: 'Paris'"],
    ]);
  });
});

describe('types that do not fit', () => {
  const mismatch = 'type-mismatch';
  const seconds = 'cast(timestamp as double) gives seconds since 1970';
  test.each([
    ["int_0 = '1'", mismatch, "int_0 = '1'", "write text in quotes, '1', or cast(text as double)"],
    [
      "timestamp_0 > '2024-01-01'",
      mismatch,
      "timestamp_0 > '2024-01-01'",
      "write to_timestamp('2024-03-28 00:00:00')",
    ],
    ['timestamp_0 > 5', mismatch, 'timestamp_0 > 5', seconds],
    ['bool_0 = 1', mismatch, 'bool_0 = 1', 'a bool compares with true and false'],
    [
      "int_0 in (1, 'a')",
      mismatch,
      "int_0 in (1, 'a')",
      "write text in quotes, '1', or cast(text as double)",
    ],
    [
      "if(bool_0, 1, 'a')",
      mismatch,
      "if(bool_0, 1, 'a')",
      "write text in quotes, '1', or cast(text as double)",
    ],
    ["string_0 + 'a'", mismatch, 'string_0', 'write concat(a, b) to join text'],
    ['string_0 * 2', mismatch, 'string_0', 'write cast(x as double)'],
    ['timestamp_0 - 3', mismatch, 'timestamp_0', seconds],
    ['bool_0 + 3', mismatch, 'bool_0', 'write cast(x as int)'],
    ['substring(string_0, 1.5)', mismatch, '1.5', 'write cast(x as int)'],
    ['int_0 and bool_0', mismatch, 'int_0', 'compare it: x <> 0'],
    ['not string_0', mismatch, 'string_0', 'compare it: x is not null'],
    ['lower(int_0)', mismatch, 'int_0', 'write cast(x as string)'],
    [
      "date_trunc('hour', string_0)",
      mismatch,
      'string_0',
      'write to_timestamp(x) or cast(x as timestamp)',
    ],
    ['cast(bool_0 as timestamp)', mismatch, 'cast(bool_0 as timestamp)', undefined],
    ['null', 'untyped-null', 'null', 'write cast(null as double), or whatever type it should have'],
    [
      'coalesce(null, null)',
      'untyped-null',
      'coalesce(null, null)',
      'write cast(null as double), or whatever type it should have',
    ],
    ['round(1, 2, 3)', 'argument-count', 'round(1, 2, 3)', 'write round(x [, digits])'],
    ['concat()', 'argument-count', 'concat()', 'write concat(a, b, …)'],
    ['round(double_0, int_0)', 'argument-value', 'int_0', 'write round(x [, digits])'],
    ['round(double_0, 400)', 'argument-value', '400', undefined],
    ['string_0 like string_1', 'argument-value', 'string_1', "write text like 'a%'"],
    ["date_trunc('hours', timestamp_0)", 'argument-value', "'hours'", "did you mean 'hour'?"],
    ["regexp_like(string_0, '(')", 'argument-value', "'('", undefined],
    ["to_timestamp(string_0, 'yyyy-mm-dd')", 'argument-value', "'yyyy-mm-dd'", 'the month is MM'],
    [
      '9007199254740992',
      'number-range',
      '9007199254740992',
      'whole numbers reach 9007199254740991',
    ],
    ['1e999', 'number-range', '1e999', 'the limit is 1.79e308'],
    [
      'now()',
      'now-unbounded',
      'now()',
      'record_time is when the broker got the record; bounded runs have now()',
    ],
    ['now(1)', 'argument-count', 'now(1)', undefined],
    [
      'record_time',
      'unknown-column',
      'record_time',
      'rows of windows have window_start and window_end',
    ],
    [
      'avg(double_0)',
      'misplaced-aggregate',
      'avg',
      'aggregates belong in `aggregate:` of a window stage',
    ],
  ])('%s', (text, code, marked, hint) => {
    expect(found(text)).toEqual([[code, marked, hint]]);
  });

  test('argument counts are said in words', () => {
    const message = (text: string): string | undefined => problemsOf(text)[0]?.message;
    expect(message('round(1, 2, 3)')).toBe('round takes 1 or 2 arguments, here are 3');
    expect(message('sqrt()')).toBe('sqrt takes 1 argument, here are 0');
    expect(message('greatest(1)')).toBe('greatest takes 2 or more arguments, here is 1');
  });

  test('conditions must be true or false', () => {
    expect(compileCondition('bool_0', scope())).toHaveProperty('expression');
    expect(compileCondition('int_0 + 1', scope())).toMatchObject({
      problems: [{ code: 'not-boolean', hint: 'compare it: x <> 0', range: { from: 0, to: 9 } }],
    });
  });
});

test('all problems come at once, in the order of the text', () => {
  expect(found('foo == 1 && roud(double_0) > ${HOTTEST} and string_0 + 1 > 2')).toEqual([
    ['unknown-column', 'foo', expect.stringContaining('columns here: ')],
    ['expression-syntax', '==', 'write `=`'],
    ['expression-syntax', '&&', 'write `and`'],
    ['unknown-function', 'roud', 'did you mean round?'],
    ['expression-syntax', '${HOTTEST}', 'write $HOTTEST'],
    ['type-mismatch', 'string_0', 'write concat(a, b) to join text'],
  ]);
});

describe('types of results', () => {
  test.each([
    ['int_0 + 1', 'int', false],
    ['int_0 + 2147483648', 'long', false],
    ['int_0 + long_1', 'long', true],
    ['long_0 * 1.5', 'double', false],
    ['-2147483648', 'int', false],
    ['2147483648', 'long', false],
    ['1.0', 'double', false],
    ['int_0 / 2', 'double', false],
    ['int_0 / int_0', 'double', true],
    ['int_0 / 0', 'double', true],
    ['int_0 % 3', 'int', false],
    ['float_0 / float_0', 'double', true],
    ['abs(float_0)', 'float', false],
    ['round(float_0, 1)', 'float', false],
    ['floor(double_0)', 'long', false],
    ['ln(double_0)', 'double', true],
    ['nullif(int_0, 1)', 'int', true],
    ['coalesce(int_1, 0)', 'int', false],
    ['coalesce(int_1, null)', 'int', true],
    ['least(int_1, 0)', 'int', false],
    ['if(bool_1, 1, 2)', 'int', false],
    ['case when bool_0 then 1 end', 'int', true],
    ['case when bool_0 then null else 1.5 end', 'double', true],
    ['int_1 is null', 'bool', false],
    ['int_1 > 3', 'bool', true],
    ['hash(int_1, string_1)', 'int', false],
    ['cast(null as string)', 'string', true],
    ["date_trunc('day', timestamp_1)", 'timestamp', true],
    ['from_unixtime(long_0)', 'string', false],
    ['int_0 in (1, null)', 'bool', true],
  ])('%s is %s, null: %s', (text, type, nullable) => {
    expect(typed(text)).toMatchObject({ type, nullable });
  });

  test.each([
    ['O4: float with float is float', 'float_0 - float_0', 'float'],
    ['O4: float with a literal is double', 'float_0 * 2', 'double'],
    ['O4: float with a decimal literal is double', 'float_0 * 1.5', 'double'],
    ['O4: float with double is double', 'float_0 + double_0', 'double'],
    ['O4: float with int is double', 'float_0 + int_0', 'double'],
    ['O4: float with long is double', 'coalesce(float_1, long_0)', 'double'],
  ])('%s', (_, text, type) => {
    expect(typed(text).type).toBe(type);
  });
});

test('typed expressions are plain data that crosses threads', () => {
  const expression = typed("case when int_1 > 3 then concat(string_0, 'x') end");
  expect(JSON.parse(JSON.stringify(expression))).toEqual(expression);
  expect(slotsOf(expression)).toEqual([3, 10]);
});

test('parameters become literals of their type', () => {
  const within = scope({
    HOT: { type: 'double', value: 40 },
    THIN: { type: 'float', value: 0.1 },
    NONE: { type: 'int', value: null },
  });
  expect(typed('$HOT', within)).toEqual({
    kind: 'literal',
    type: 'double',
    nullable: false,
    value: 40,
  });
  expect(typed('$THIN', within)).toMatchObject({ type: 'float', value: Math.fround(0.1) });
  expect(typed('$NONE', within)).toMatchObject({ type: 'int', nullable: true, value: null });
});

test('calls that depend on the calendar carry the time zone', () => {
  expect(typed("date_part('hour', timestamp_0)")).toMatchObject({
    args: [{ value: 'hour' }, { name: 'timestamp_0' }, { value: 'Europe/Paris' }],
  });
});

describe('with aggregates', () => {
  const calls: string[] = [];
  const aggregates: AggregateScope = {
    columns: [{ name: 'string_0', type: 'string', nullable: false, slot: 0 }],
    resolve(name, args, range) {
      calls.push(`${name}/${args.map(({ type }) => type).join()}`);
      if (name === 'sum' && args[0]?.type === 'string') {
        return { code: 'type-mismatch', message: 'sum does not take string', range };
      }
      return { name: `${name}_`, type: 'double', nullable: true, slot: 2 + calls.length };
    },
  };
  const within: ExpressionScope = { ...scope(), aggregates };

  test('an expression over aggregates reads their results', () => {
    calls.length = 0;
    const expression = typed('avg(float_0 * 2) - max(int_0) / count()', within);
    expect(calls).toEqual(['avg/double', 'max/int', 'count/']);
    expect(slotsOf(expression)).toEqual([3, 4, 5]);
    expect(expression).toMatchObject({ name: '-', type: 'double', nullable: true });
  });

  test('group columns may stand outside, others not', () => {
    expect(typed("concat(string_0, 'x')", within)).toMatchObject({ args: [{ slot: 0 }, {}] });
    expect(found('avg(int_0) - int_0', within)).toEqual([
      ['not-grouped', 'int_0', 'write max(int_0), or add int_0 to `group_by`'],
    ]);
  });

  test('nested aggregates, refusals and misspelt names are problems', () => {
    expect(found('avg(max(int_0))', within)).toEqual([
      ['nested-aggregate', 'max', 'aggregate the result in a second window stage'],
    ]);
    expect(found('sum(string_0)', within)).toEqual([['type-mismatch', 'sum(string_0)', undefined]]);
    expect(found('power(avg(int_0), 2)', within)).toEqual([
      ['unknown-function', 'power', 'did you mean pow?'],
    ]);
    expect(found('avgg(int_0)', within)).toEqual([
      ['unknown-function', 'avgg', 'did you mean avg?'],
    ]);
  });
});

test('nothing that is typed makes the compiler throw', () => {
  const pieces = [
    "'",
    '"',
    '`',
    '$',
    '${',
    '(',
    ')',
    'case',
    'when',
    'cast(',
    ' as ',
    '1',
    'a',
    '%',
  ];
  for (const a of pieces) {
    for (const b of pieces) {
      for (const c of pieces) {
        expect(() => compileExpression(`${a}${b}${c}`, scope())).not.toThrow();
      }
    }
  }
});
