/**
 * Records of one known shape with odd values in it: what the quick scan takes must be what the plain
 * way gives, and what it may not take it must leave.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openColumns } from '../columns.ts';
import { cases as casesTried } from '../../../fuzz.fixture.ts';
import type { Field } from '../projection.ts';
import { expectedRow, laidOut, rowFrom } from '../scan.fixture.ts';
import { compileScan, type Scan } from '../scan.ts';

const NUMBERS =
  '0 -0 - 1. 01 -01 .5 1e5 1E+2 12 -7.25 123456789012345 1234567890123456 0.123456789012345 0.1234567890123456 9007199254740991 9007199254740993 2147483647 2147483648 -2147483648 -2147483649 1.0 1.5 +1 12a 1.2.3 3.4e39 1e400 99999999999999999999 0.1 16777217 1/2 --1 1-';
const WORDS = 'true false null nul nulll nuxl tru trua falsy False x';
const TEXTS = [
  ...[
    '',
    'a',
    'Nîmes',
    '日本',
    '𝄞',
    String.raw`a\nb`,
    String.raw`\u0041`,
    String.raw`\"`,
    String.raw`\\`,
  ],
  ...[14, 15, 16, 17, 31, 32, 33, 40].map((n) => 'x'.repeat(n)),
  ...[14, 15, 16, 17].map((n) => `${'x'.repeat(n)}é`),
  ...[14, 15, 16, 17].map((n) => `${'x'.repeat(n)}\\"y`),
  ...['\u0001', '\u007f', 'a\tb', String.raw`\x`, String.raw`\u12`, '2024-03-28T23:20:19Z'],
].map((text) => `"${text}"`);
const BROKEN_TEXTS = [
  'c3',
  'e28082ff',
  'c080',
  'eda080',
  'f4908080',
  'e282',
  '80',
  'f0808080',
  'e0808080',
  'f09d84',
  'e08080',
  'e28041',
  'f09d8441',
  'c341',
];
const CONTAINERS =
  '[] {} [1,[2]] {"a":{"b":[]}} ["]"] {"a":"}"} [1} {"a":1] {"a":[} [[] ["\\"]"] [1]] [{"a":1},{}]';

const utf8 = new TextEncoder();
const raw = (text: string): Uint8Array => utf8.encode(text);
const values: readonly Uint8Array[] = [
  ...[...NUMBERS.split(' '), ...WORDS.split(' '), ...TEXTS, ...CONTAINERS.split(' ')].map(raw),
  ...BROKEN_TEXTS.map((hex) => Buffer.concat([raw('"a'), Buffer.from(hex, 'hex'), raw('"')])),
  raw(`${'['.repeat(40)}${']'.repeat(40)}`),
];

/** A value that fits a type, the n-th one. */
const tame = new Map<Field['type'] | 'any', (n: number) => string>([
  ['double', (n) => String(n / 4)],
  ['float', (n) => String(n / 10)],
  ['int', (n) => String(n - 50)],
  ['long', (n) => String(n * 1e9)],
  ['bool', (n) => String(n % 2 === 0)],
  ['string', (n) => `"City ${'é'.repeat(n % 2)}${String(n)}"`],
  ['timestamp', (n) => (n % 3 === 0 ? String(n) : '"2024-03-28T23:20:19Z"')],
  ['any', (n) => String(n % 7)],
]);

type Member = Field['type'] | 'any';
interface Case {
  readonly members: readonly Member[];
  readonly required: readonly boolean[];
  /** Odd values: of record, of member, which value; one of the length of `values` leaves it out. */
  readonly odd: readonly (readonly [number, number, number])[];
}

const RECORDS = 120;
const TAME = 40;

const cases: fc.Arbitrary<Case> = fc.record({
  members: fc.array(fc.constantFrom(...tame.keys()), { minLength: 1, maxLength: 9 }),
  required: fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
  odd: fc.array(
    fc.tuple(fc.integer({ min: TAME, max: RECORDS - 1 }), fc.nat(8), fc.nat(values.length)),
    { maxLength: 120 },
  ),
});

function recordsOf({ members, odd }: Case): Uint8Array[] {
  return Array.from({ length: RECORDS }, (_, n) => {
    const parts: Uint8Array[] = [];
    members.forEach((member, m) => {
      const [, , choice] = odd.find(([record, at]) => record === n && at === m) ?? [];
      const value = choice === undefined ? raw(tame.get(member)?.(n) ?? '') : values[choice];
      if (value === undefined) return;
      parts.push(raw(`${parts.length === 0 ? '' : ','}"key ${String(m)}":`), value);
    });
    return Buffer.concat([raw('{'), ...parts, raw('}')]);
  });
}

/** Reads all records, some at a time, and compares each with the oracle. */
function agree(scan: Scan, records: readonly Uint8Array[], atOnce: number): void {
  const columns = openColumns(scan.projection.fields, 1);
  for (let first = 0; first < records.length; first += atOnce) {
    const part = records.slice(first, first + atOnce);
    const { bytes, records: places } = laidOut(part);
    const codes = new Float64Array(part.length);
    scan.open(bytes, columns);
    scan.readAll(places, codes);
    part.forEach((one, i) => {
      const got = codes[i] === 0 ? rowFrom(columns, i) : scan.reasonText(codes[i] as number);
      const wanted = expectedRow(one, scan.projection) ?? (expect.any(String) as unknown);
      expect(got, Buffer.from(one).toString('latin1')).toEqual(wanted);
    });
  }
}

const fieldsOf = ({ members, required }: Pick<Case, 'members' | 'required'>): Field[] =>
  members.flatMap((type, m) =>
    type === 'any' ? [] : [{ path: [`key ${String(m)}`], type, required: required[m] === true }],
  );

describe('records of a known shape', () => {
  const types = [...tame.keys()];

  it.each([true, false])('are read right with any value in a slot (required: %s)', (required) => {
    const fields = fieldsOf({ members: types, required: types.map(() => required) });
    const scan = compileScan({ fields, validate: 'read' });
    const write = (n: number, slot: number, value: Uint8Array): Uint8Array =>
      Buffer.concat(
        types
          .flatMap((type, t) => [
            raw(`${t === 0 ? '{' : ','}"key ${String(t)}":`),
            t === slot ? value : raw(tame.get(type)?.(n) ?? ''),
          ])
          .concat(raw('}')),
      );
    const known = Array.from({ length: 90 }, (_, n) => write(n, -1, raw('')));
    const odd = types.flatMap((_, slot) => values.map((value, n) => write(n, slot, value)));
    agree(scan, [...known, ...odd], 30);
  });

  it('are refused when a text swallows what follows it', () => {
    const fields = fieldsOf({ members: ['any', 'double'], required: [false, true] });
    const scan = compileScan({ fields, validate: 'read' });
    const known = Array.from({ length: 60 }, (_, n) => raw(`{"key 0":"x","key 1":${String(n)}}`));
    const swallowing = [1, 2, 3, 4].map((n) => raw(`{"key 0":"x${'\\'.repeat(n)}","key 1":5}`));
    agree(scan, [...known, ...swallowing], 20);
  });

  it('are read as the plain way reads them, whatever stands in their slots', () => {
    fc.assert(
      fc.property(cases, fc.constantFrom(20, 33, 80), (one, atOnce) => {
        const scan = compileScan({ fields: fieldsOf(one), validate: 'read' });
        agree(scan, recordsOf(one), atOnce);
      }),
      { numRuns: casesTried({ share: 300, all: 1500 }) },
    );
  });

  it('may hold arrays and objects nobody reads, once shapes have become that coarse', () => {
    const scan = compileScan({
      fields: [{ path: ['city'], type: 'string', required: true }],
      validate: 'read',
    });
    const depth = (n: number): string => '[{"a":'.repeat(n) + '1' + '}]'.repeat(n);
    const varied = Array.from({ length: 6000 }, (_, n) => {
      const list = Array.from({ length: n % 97 }, (__, i) => depth((n + i) % 3)).join(',');
      return raw(`{"list":[${list}],"more":${depth(n % 5)},"city":"C${String(n)}"}`);
    });
    agree(scan, varied, 50);
    const odd = [...CONTAINERS.split(' '), depth(15), depth(16), '[[[}]]', '["\\"]"]', '[[1],'];
    const nested = [29, 30, 31, 32, 33, 40].map((n) => ['['.repeat(n), ']'.repeat(n)].join('1'));
    odd.push(...nested, ...nested.flatMap((one) => [`{${one}]`, `[${one}}`, `[{${one}]]`]));
    agree(
      scan,
      odd.flatMap((value) => [
        raw(`{"list":${value},"more":{},"city":"C1"}`),
        raw(`{"list":[],"more":${value},"city":"C2"}`),
      ]),
      7,
    );
  });
});
