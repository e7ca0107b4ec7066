/** Random expressions as text, by type, and random rows to run them over. */
import fc from 'fast-check';
import type { ScalarType } from '../../batch.ts';
import type { ScopeColumn } from '../scope.ts';
import type { Value } from './interpreter.fixture.ts';

/** A required and a nullable column of every type: `int_0`, `int_1` … */
export const COLUMNS: readonly ScopeColumn[] = (
  ['bool', 'int', 'long', 'float', 'double', 'string', 'timestamp'] as const
).flatMap((type, i) => [
  { name: `${type}_0`, type, nullable: false, slot: 2 * i },
  { name: `${type}_1`, type, nullable: true, slot: 2 * i + 1 },
]);

const TEXTS = ['', 'a', 'ab', 'A b', ' b ', 'é', '😀', '\uffff', 'ab😀', '12', '-7', '1.5', 'a%_'];
const DOUBLES = [0, -0, 1, -1.5, 0.1, 2.5, 1e15, -1e300, 3e9, NaN, Infinity, -Infinity, 2.675];

const VALUES: Readonly<Record<ScalarType, readonly Value[]>> = {
  bool: [true, false],
  int: [0, 1, -1, 2, 7, 2147483647, -2147483648],
  long: [0, 1, -3, 4294967296, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  float: DOUBLES.map(Math.fround),
  double: DOUBLES,
  string: TEXTS,
  timestamp: [0, 1_711_584_000_123, -1, 86_400_000],
};

/** Rows over COLUMNS. */
export const rows: fc.Arbitrary<Value[][]> = fc.array(
  fc.tuple(
    ...COLUMNS.map(({ type, nullable }) => {
      const value = fc.constantFrom(...VALUES[type as ScalarType]);
      return nullable ? fc.oneof({ arbitrary: value, weight: 2 }, fc.constant(null)) : value;
    }),
  ),
  { minLength: 1, maxLength: 8 },
);

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

type Tie = (type: ScalarType) => fc.Arbitrary<string>;

/** Joins random parts: `${a} + ${b}`. */
function shape(
  parts: TemplateStringsArray,
  ...operands: readonly fc.Arbitrary<string>[]
): fc.Arbitrary<string> {
  return fc
    .tuple(...operands)
    .map((texts) => parts.reduce((text, part, i) => text + (texts[i - 1] ?? '') + part));
}

const of = (...texts: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);

const LEAVES: Readonly<Record<ScalarType, readonly string[]>> = {
  bool: ['true', 'false'],
  int: ['0', '1', '-3', '2147483647', '-2147483648'],
  long: ['2147483648', '-9007199254740991'],
  float: ['cast(0.1 as float)'],
  double: ['0.1', '2.5', '1e300', '-1.0', '0.0'],
  string: TEXTS.map(quoted),
  timestamp: ['cast(3 as timestamp)'],
};

/** What every type can do. */
const general = (type: ScalarType, tie: Tie): fc.Arbitrary<string>[] => [
  shape`case when ${tie('bool')} then ${tie(type)} when ${tie('bool')} then null else ${tie(type)} end`,
  shape`case ${tie('int')} when ${tie('int')} then ${tie(type)} end`,
  shape`if(${tie('bool')}, ${tie(type)}, ${tie(type)})`,
  shape`coalesce(${tie(type)}, ${tie(type)}, ${tie(type)})`,
  shape`nullif(${tie(type)}, ${tie(type)})`,
  shape`${of('least', 'greatest')}(${tie(type)}, ${tie(type)}, ${tie(type)})`,
];

const arithmetic = (a: fc.Arbitrary<string>, b: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  shape`(${a} ${of('+', '-', '*', '%')} ${b})`;

/** What only some types can do. */
const SPECIAL: Readonly<Record<ScalarType, (tie: Tie) => fc.Arbitrary<string>[]>> = {
  bool: (tie) => [
    ...(['bool', 'int', 'long', 'float', 'double', 'string', 'timestamp'] as const).flatMap(
      (type) => [
        shape`(${tie(type)} ${of('=', '<>', '<', '<=', '>', '>=')} ${tie(type)})`,
        shape`(${tie(type)} ${of('between', 'not between')} ${tie(type)} and ${tie(type)})`,
        shape`(${tie(type)} ${of('in', 'not in')} (${tie(type)}, ${of(...LEAVES[type])}, null))`,
        shape`(${tie(type)} in (${of(...LEAVES[type])}, ${of(...LEAVES[type])}, ${of(...LEAVES[type])}, ${of(...LEAVES[type])}))`,
        shape`(${tie(type)} ${of('is null', 'is not null')})`,
      ],
    ),
    shape`(${tie('int')} ${of('=', '<', '>=')} ${tie('double')})`,
    shape`(${tie('bool')} ${of('and', 'or')} ${tie('bool')})`,
    shape`(not ${tie('bool')})`,
    shape`(${tie('string')} ${of('like', 'not like')} ${of("'a%'", "'%b'", "'_'", "'%'", "'%_b%'", "'a\\%_'", "''")})`,
    shape`${of('starts_with', 'contains')}(${tie('string')}, ${tie('string')})`,
    shape`regexp_like(${tie('string')}, ${of("'^a+'", "'b|😀'", "'[^a ]'", "'^.{1,2}$'")})`,
    shape`cast(${tie('double')} as bool)`,
  ],
  int: (tie) => [
    arithmetic(tie('int'), tie('int')),
    shape`-(${tie('int')})`,
    shape`abs(${tie('int')})`,
    shape`length(${tie('string')})`,
    shape`cast(${fc.oneof(tie('long'), tie('double'), tie('string'), tie('bool'), tie('timestamp'))} as int)`,
    shape`round(${tie('int')})`,
  ],
  long: (tie) => [
    arithmetic(tie('long'), tie('int')),
    arithmetic(tie('long'), tie('long')),
    shape`-(${tie('long')})`,
    shape`${of('floor', 'ceil')}(${fc.oneof(tie('double'), tie('int'))})`,
    shape`cast(${fc.oneof(tie('double'), tie('string'), tie('timestamp'))} as long)`,
  ],
  float: (tie) => [
    arithmetic(tie('float'), tie('float')),
    shape`-(${tie('float')})`,
    shape`abs(${tie('float')})`,
    shape`cast(${fc.oneof(tie('double'), tie('long'))} as float)`,
  ],
  double: (tie) => [
    arithmetic(tie('double'), tie('double')),
    arithmetic(tie('float'), fc.oneof(tie('int'), tie('double'))),
    shape`(${fc.oneof(tie('double'), tie('int'), tie('float'))} / ${fc.oneof(tie('double'), tie('int'))})`,
    shape`-(${tie('double')})`,
    shape`${of('abs', 'sqrt', 'ln', 'exp')}(${tie('double')})`,
    shape`pow(${tie('double')}, ${tie('int')})`,
    shape`round(${tie('double')}, ${of('0', '1', '2', '-1')})`,
    shape`cast(${fc.oneof(tie('long'), tie('float'), tie('string'), tie('timestamp'))} as double)`,
  ],
  string: (tie) => [
    shape`${of('lower', 'upper', 'trim')}(${tie('string')})`,
    shape`concat(${tie('string')}, ${tie('string')})`,
    shape`substring(${tie('string')}, ${tie('int')}, ${of('0', '1', '2')})`,
    shape`substring(${tie('string')}, ${of('-2', '0', '2')})`,
    shape`cast(${fc.oneof(tie('int'), tie('bool'), tie('double'))} as string)`,
  ],
  timestamp: (tie) => [shape`cast(cast(${tie('int')} as double) as timestamp)`],
};

/** Expressions of a type, up to some depth. Every one is right. */
export function expression(type: ScalarType, depth: number): fc.Arbitrary<string> {
  const names = COLUMNS.filter((column) => column.type === type).map(({ name }) => name);
  const leaf = fc.oneof({ arbitrary: of(...names), weight: 3 }, of(...LEAVES[type]));
  if (depth <= 0) return leaf;
  const tie: Tie = (wanted) => expressionBelow(wanted, depth - 1);
  return fc.oneof(leaf, ...general(type, tie), ...SPECIAL[type](tie));
}

const below = new Map<string, fc.Arbitrary<string>>();

function expressionBelow(type: ScalarType, depth: number): fc.Arbitrary<string> {
  const key = `${type}${depth}`;
  const known = below.get(key) ?? expression(type, depth);
  below.set(key, known);
  return known;
}
