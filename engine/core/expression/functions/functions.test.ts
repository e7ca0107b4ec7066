import { describe, expect, test } from 'vitest';
import { evaluate } from '../oracle/evaluate.fixture.ts';
import { functions } from './registry.ts';
import type { Value } from '../oracle/interpreter.fixture.ts';

type Case = readonly [text: string, value: Value, row?: Readonly<Record<string, Value>>];

const each = (cases: readonly Case[]): void => {
  for (const [text, value, row] of cases) {
    test(`${text} is ${String(value)}`, () => {
      expect(evaluate(text, row)).toEqual(value);
    });
  }
};

const failing = (cases: readonly (readonly [text: string, reason: string])[]): void => {
  test.each(cases)('%s fails the row: %s', (text, reason) => {
    expect(evaluate(text)).toEqual({ failed: `set column 14: ${reason}` });
  });
};

describe('three-valued logic', () => {
  const values: readonly Value[] = [true, false, null];
  const and = (a: Value, b: Value): Value =>
    a === false || b === false ? false : a === null || b === null ? null : true;
  const or = (a: Value, b: Value): Value =>
    a === true || b === true ? true : a === null || b === null ? null : false;
  for (const a of values) {
    test(`not ${a}`, () => {
      expect(evaluate('not bool_1', { bool_1: a })).toBe(a === null ? null : !a);
      expect(evaluate('not not bool_1', { bool_1: a })).toBe(a);
      expect(evaluate('bool_1 is null', { bool_1: a })).toBe(a === null);
      expect(evaluate('bool_1 is not null', { bool_1: a })).toBe(a !== null);
    });
    for (const b of values) {
      // The second operand comes from a nullable column of another type, or as a literal.
      const row = { bool_1: a, int_1: b === null ? null : Number(b) };
      test(`${a} and ${b}, ${a} or ${b}`, () => {
        for (const right of ['int_1 = 1', b === null ? 'cast(null as bool)' : String(b)]) {
          expect(evaluate(`bool_1 and ${right}`, row)).toBe(and(a, b));
          expect(evaluate(`${right} and bool_1`, row)).toBe(and(a, b));
          expect(evaluate(`bool_1 or ${right}`, row)).toBe(or(a, b));
          expect(evaluate(`${right} or bool_1`, row)).toBe(or(a, b));
        }
      });
    }
  }
  each([
    ['null in (1, 2)', null],
    ['1 in (1, null)', true],
    ['1 in (2, null)', null],
    ['1 not in (2, null)', null],
    ['1 not in (2, 3, 4, 5)', true],
    ['null between 1 and 2', null],
    ['3 between null and 2', false],
    ['1 between null and 2', null],
    ["null like 'a'", null],
  ]);
});

describe('numbers', () => {
  each([
    ['1 + 2 * 3', 7],
    ['7 / 2', 3.5],
    ['1 / 0', null],
    ['1.5 / 0.0', null],
    ['1 % 0', null],
    ['-7 % 3', -1],
    ['7 % -3', 1],
    ['-7.5 % 2', -1.5],
    ['-(int_0)', 0],
    ['-(-5)', 5],
    ['abs(-3)', 3],
    ['abs(-2.5)', 2.5],
    ['int_1 + 1', null],
    ['round(2.5)', 3],
    ['round(-2.5)', -3],
    ['round(2.675, 2)', 2.68],
    ['round(1.005, 2)', 1.01],
    ['round(0.49999999999999994)', 0],
    ['round(1234.5678, -2)', 1200],
    ['round(15, -1)', 20],
    ['round(15)', 15],
    ['round(1e300, 5)', 1e300],
    ['round(123456789.123456789, 6)', 123456789.123457],
    ['floor(-1.5)', -2],
    ['ceil(-1.5)', -1],
    ['ceil(-0.5)', 0],
    ['floor(3)', 3],
    ['sqrt(9)', 3],
    ['sqrt(-1.0)', NaN],
    ['pow(2, 10)', 1024],
    ['ln(exp(1))', 1],
    ['ln(0)', null],
    ['ln(-3)', null],
    ['least(3, 1, 2)', 1],
    ['greatest(3, 1, null)', 3],
    ['greatest(1.0, double_0)', NaN, { double_0: NaN }],
    ['least(double_0, 1.0)', 1, { double_0: NaN }],
  ]);
  each([
    ['double_0 = double_1', true, { double_0: NaN, double_1: NaN }],
    ['double_0 > 1e308', true, { double_0: NaN }],
    ['double_0 <= 1e308', false, { double_0: NaN }],
    ['1e308 < double_0', true, { double_0: NaN }],
    ['double_0 < double_1', true, { double_0: 1, double_1: NaN }],
    ['double_0 >= double_1', true, { double_0: NaN, double_1: NaN }],
    ['double_0 in (1, 2, 3, 0)', true, { double_0: -0 }],
    ['double_0 = 0', true, { double_0: -0 }],
    ['double_0 between 1 and 2', false, { double_0: NaN }],
  ]);
  failing([
    ['int_0 + 2147483647 + 1', '2147483648 overflows int'],
    ['int_0 - 2147483647 - 2', '-2147483649 overflows int'],
    ['-(-2147483648 + int_0)', '2147483648 overflows int'],
    ['abs(-2147483648 + int_0)', '2147483648 overflows int'],
    ['65536 * 65536', '4294967296 overflows int'],
    ['9007199254740991 + 1', '9007199254740992 overflows long'],
    ['9007199254740991 * 9007199254740991', '8.112963841460666e+31 overflows long'],
    ['floor(1e300)', '1e+300 does not fit long'],
    ['ceil(sqrt(-1.0))', 'NaN does not fit long'],
    ['round(2147483647, -1)', '2147483650 overflows int'],
  ]);
});

describe('O4: float rounds to 32 bits after each operation', () => {
  const row = { float_0: Math.fround(16.1), float_1: Math.fround(14.2) };
  each([
    ['float_0 - float_1', Math.fround(Math.fround(16.1) - Math.fround(14.2)), row],
    ['float_0 - 14.2', Math.fround(16.1) - 14.2, row],
    [
      'float_0 * float_1 * float_0',
      Math.fround(Math.fround(row.float_0 * row.float_1) * row.float_0),
      row,
    ],
    ['float_0 / float_1', row.float_0 / row.float_1, row],
    ['cast(float_0 as string)', '16.1', row],
    ['cast(float_0 as double)', 16.100000381469727, row],
    ['cast(0.1 as float)', 0.10000000149011612],
    ['cast(cast(1.0 as float) as string)', '1'],
  ]);
});

describe('text', () => {
  each([
    ["lower('ÀB')", 'àb'],
    ["upper('àb')", 'ÀB'],
    ["trim('  a b\t ')", 'a b\t'],
    ["concat('a', string_0, 'c')", 'abc', { string_0: 'b' }],
    ["concat('a', null)", null],
    ["length('a😀')", 2],
    ["substring('a😀bc', 2)", '😀bc'],
    ["substring('a😀bc', 2, 2)", '😀b'],
    ["substring('abc', 0, 2)", 'ab'],
    ["substring('abc', -2)", 'bc'],
    ["substring('abc', -5, 3)", 'a'],
    ["substring('abc', 5)", ''],
    ["substring('abc', 1, -1)", ''],
    ["starts_with('abc', 'ab')", true],
    ["contains('abc', 'd')", false],
    ["'a' < 'b'", true],
    ["'B' < 'a'", true],
    ["'\uffff' < '😀'", true],
    ["string_0 = 'Paris'", true, { string_0: 'Paris' }],
    ["string_0 <> 'Paris'", true, { string_0: 'Pariss' }],
    ["string_0 = 'é'", true, { string_0: 'é' }],
    ["string_1 = 'a'", null],
    ["'it''s'", "it's"],
  ]);
});

describe('like', () => {
  each([
    ["'abc' like 'a%'", true],
    ["'abc' like '%c'", true],
    ["'abc' like '%b%'", true],
    ["'abc' like 'abc'", true],
    ["'abc' like 'ab'", false],
    ["'abc' like 'a_c'", true],
    ["'a😀c' like 'a_c'", true],
    ["'aXbXc' like 'a%b%c'", true],
    ["'aba' like 'ab%ba'", false],
    ["'' like '%'", true],
    ["'' like '_'", false],
    ["'50%' like '50\\%'", true],
    ["'501' like '50\\%'", false],
    ["'ABC' like 'a%'", false],
    ["'a\nb' like 'a%b'", true],
  ]);
});

describe('cast', () => {
  each([
    ["cast(' 12 ' as int)", 12],
    ["cast('-9007199254740991' as long)", -9007199254740991],
    ["cast(' 1.5e3' as double)", 1500],
    ["cast('nan' as double)", NaN],
    ["cast('-Infinity' as double)", -Infinity],
    ["cast('Yes' as bool)", true],
    ["cast('f' as bool)", false],
    ['cast(-1.9 as int)', -1],
    ['cast(-0.9 as int)', 0],
    ['cast(3 as bool)', true],
    ['cast(true as int)', 1],
    ['cast(true as string)', 'true'],
    ['cast(1.0 as string)', '1'],
    ['cast(1e21 as string)', '1e+21'],
    ['cast(int_1 as string)', null],
    ['cast(timestamp_0 as long)', -1, { timestamp_0: -1 }],
    ['cast(timestamp_0 as double)', 1.5, { timestamp_0: 1500 }],
    ['cast(1711584000 as timestamp)', 1_711_584_000_000],
    ['cast(0.5 as timestamp)', 500],
    ['cast(timestamp_0 as string)', '2024-03-28 01:00:00', { timestamp_0: 1_711_584_000_000 }],
    ['cast(timestamp_0 as string)', '1970-01-01 01:00:00.001', { timestamp_0: 1 }],
    ["cast('2024-03-28' as timestamp)", 1_711_580_400_000],
    ["cast('2024-03-28T00:00:00Z' as timestamp)", 1_711_584_000_000],
    ["cast('2024-03-28 00:00:00.25+02:00' as timestamp)", 1_711_576_800_250],
  ]);
  failing([
    ["cast('12.5' as int)", "'12.5' is no int"],
    ["cast('' as long)", "'' is no long"],
    ["cast('2147483648' as int)", '2147483648 overflows int'],
    ["cast('abc' as double)", "'abc' is no number"],
    ["cast('0x10' as double)", "'0x10' is no number"],
    ["cast('maybe' as bool)", "'maybe' is no bool"],
    ['cast(1e10 as int)', '10000000000 overflows int'],
    ['cast(sqrt(-1.0) as int)', 'NaN is no int'],
    ['cast(sqrt(-1.0) as long)', 'NaN is no long'],
    ['cast(1e300 as timestamp)', '1e+300 s is no timestamp'],
    ["cast('2023-02-29' as timestamp)", "'2023-02-29' is no timestamp"],
    ["cast('2024-03-28 25:00' as timestamp)", "'2024-03-28 25:00' is no timestamp"],
    [`cast('${'x'.repeat(50)}' as int)`, `'${'x'.repeat(40)}…' is no int`],
  ]);
});

describe('time, in Europe/Paris', () => {
  // 2024-10-27 02:30 occurs twice: 00:30Z and 01:30Z.
  const first = { timestamp_0: 1_729_989_000_000 };
  const second = { timestamp_0: 1_729_992_600_000 };
  const thursday = { timestamp_0: 1_711_584_000_123 };
  const iso = (ms: Value): string => new Date(Number(ms)).toISOString();
  test.each([
    ['millisecond', '2024-03-28T00:00:00.123Z'],
    ['second', '2024-03-28T00:00:00.000Z'],
    ['hour', '2024-03-28T00:00:00.000Z'],
    ['day', '2024-03-27T23:00:00.000Z'],
    ['week', '2024-03-24T23:00:00.000Z'],
    ['month', '2024-02-29T23:00:00.000Z'],
    ['quarter', '2023-12-31T23:00:00.000Z'],
    ['year', '2023-12-31T23:00:00.000Z'],
  ])('date_trunc to %s', (unit, value) => {
    expect(iso(evaluate(`date_trunc('${unit}', timestamp_0)`, thursday) as number)).toBe(value);
  });
  test('T1: local text that daylight saving skips shifts forward, doubled text is the earlier', () => {
    expect(evaluate("to_timestamp('2024-03-31 02:30:00')")).toBe(1_711_848_600_000);
    expect(evaluate("to_timestamp('2024-10-27 02:30:00')")).toBe(first.timestamp_0);
    expect(evaluate("cast('2024-10-27 02:30:00' as timestamp)")).toBe(first.timestamp_0);
  });
  test('the doubled hour stays the one it is', () => {
    expect(iso(evaluate("date_trunc('hour', timestamp_0)", first) as number)).toContain('T00:00');
    expect(iso(evaluate("date_trunc('hour', timestamp_0)", second) as number)).toContain('T01:00');
    expect(evaluate("date_part('hour', timestamp_0)", first)).toBe(2);
    expect(evaluate("date_part('hour', timestamp_0)", second)).toBe(2);
  });
  each([
    ["date_part('year', timestamp_0)", 2024, thursday],
    ["date_part('quarter', timestamp_0)", 1, thursday],
    ["date_part('month', timestamp_0)", 3, thursday],
    ["date_part('week', timestamp_0)", 13, thursday],
    ["date_part('day', timestamp_0)", 28, thursday],
    ["date_part('dayofweek', timestamp_0)", 5, thursday],
    ["date_part('doy', timestamp_0)", 88, thursday],
    ["date_part('minute', timestamp_0)", 59, { timestamp_0: -1 }],
    ["date_part('second', timestamp_0)", 59, { timestamp_0: -1 }],
    ["date_part('week', to_timestamp('2021-01-03'))", 53],
    ["date_part('dayofweek', to_timestamp('2021-01-03'))", 1],
    ["date_part('day', timestamp_1)", null],
    ["to_timestamp('28/03/2024 00h', 'dd/MM/yyyy HH''h''')", 1_711_580_400_000],
    ['from_unixtime(0)', '1970-01-01 01:00:00'],
    ['from_unixtime(1.9)', '1970-01-01 01:00:01'],
  ]);
  failing([
    ["to_timestamp('yesterday')", "'yesterday' is no timestamp"],
    ["to_timestamp('28.03.2024', 'dd/MM/yyyy')", "'28.03.2024' is no dd/MM/yyyy"],
    ['from_unixtime(1e300)', '1e+300 s is no timestamp'],
  ]);
});

describe('hash gives what Spark gives', () => {
  // From the tests of Spark-compatible engines, made with Murmur3_x86_32 of Spark.
  each([
    ['hash(1)', 0xdea578e3 | 0],
    ['hash(0)', 0x379fae8f | 0],
    ['hash(-1)', 0xa0590e3d | 0],
    ['hash(2147483647)', 0x07fb67e7],
    ['hash(-2147483648)', 0x2b1f0fc6],
    ['hash(long_0 + 1)', 0x99f0149d | 0],
    ['hash(long_0)', 0x9c67b85d | 0],
    ['hash(long_0 - 1)', 0xc8008529 | 0],
    ['hash(1.0)', 0xe4876492 | 0],
    ['hash(double_0)', 0x9c67b85d | 0, { double_0: -0 }],
    ['hash(-1.0)', 0x13d81357],
    ['hash(cast(1.0 as float))', 0xe434cc39 | 0],
    ['hash(cast(-1.0 as float))', 0xdc0da8eb | 0],
    ["hash('hello')", 3286402344 | 0],
    ["hash('bar')", 2486176763 | 0],
    ["hash('')", 142593372],
    ["hash('😁')", 885025535],
    ["hash('天地')", 2395000894 | 0],
    ['hash(true)', 0xdea578e3 | 0],
    ['hash(null)', 42],
    ['hash(null, 1)', 0xdea578e3 | 0],
  ]);
  test('timestamps hash as microseconds', () => {
    const micros = evaluate('hash(long_0)', { long_0: 1_711_584_000_123_000 });
    expect(evaluate('hash(timestamp_0)', { timestamp_0: 1_711_584_000_123 })).toBe(micros);
    const before = evaluate('hash(long_0)', { long_0: -1_711_584_000_123_000 });
    expect(evaluate('hash(timestamp_0)', { timestamp_0: -1_711_584_000_123 })).toBe(before);
  });
  test('several values chain', () => {
    const row = { int_0: 1, string_0: 'x' };
    expect(evaluate('hash(int_0, string_0)', row)).not.toBe(evaluate('hash(string_0, int_0)', row));
  });
});

describe('branches that are not taken are not computed', () => {
  const boom = "cast('x' as int)";
  each([
    [`if(true, 1, ${boom})`, 1],
    [`case when int_0 = 0 then 1 when ${boom} = 1 then 2 else ${boom} end`, 1],
    [`coalesce(int_0, ${boom})`, 0],
    [`coalesce(int_1, 3, ${boom})`, 3],
    [`bool_0 and ${boom} = 1`, false],
    [`int_0 = 0 or ${boom} = 1`, true],
    [`int_0 in (0, ${boom})`, true],
    [`int_0 between 1 and ${boom}`, false],
  ]);
  failing([
    [`int_1 > 0 and ${boom} = 1`, "'x' is no int"],
    [`int_1 + ${boom}`, "'x' is no int"],
    [`coalesce(int_1, ${boom})`, "'x' is no int"],
    [`(${boom}) is null`, "'x' is no int"],
    [`nullif(${boom}, 1)`, "'x' is no int"],
    [`least(1, ${boom})`, "'x' is no int"],
    [`hash(${boom})`, "'x' is no int"],
    [`int_1 between 1 and ${boom}`, "'x' is no int"],
  ]);
});

test('every entry says what it is in one sentence', () => {
  for (const { name, usage, summary } of functions.values()) {
    expect(usage, name).not.toBe('');
    expect(summary, name).toMatch(/^[A-Za-z].*\.$/);
  }
});
