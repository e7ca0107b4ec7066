import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openColumns, vectorOf } from './columns.ts';
import type { Field, Projection } from './projection.ts';
import { compileScan } from './scan.ts';
import { expectedRow, rowFrom } from './scan.fixture.ts';
import { type ArrayType, type ScalarType, cellOf, isArray } from '../batch.ts';
import { cases } from '../../fuzz.fixture.ts';

const KEYS = ['a', 'b', 'ab', 'main', 'é', '__proto__', 'a\tb', 'toString', ''];
const SCALARS = ['bool', 'int', 'long', 'float', 'double', 'string', 'timestamp'] as const;
const TYPES: Field['type'][] = [
  ...SCALARS,
  ...SCALARS,
  ...SCALARS.map((type) => `array<${type}>` as const),
];

const key = fc.oneof(
  { arbitrary: fc.constantFrom(...KEYS), weight: 6 },
  { arbitrary: fc.string({ unit: 'binary' }), weight: 1 },
);

const fields: fc.Arbitrary<Field[]> = fc
  .array(
    fc.record({
      path: fc.array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 3 }),
      type: fc.constantFrom(...TYPES),
      required: fc.nat(3).map((n) => n === 0),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((all) => {
    const taken: Field[] = [];
    const begins = (a: readonly string[], b: readonly string[]) =>
      a.every((name, i) => b[i] === name);
    for (const field of all) {
      if (!taken.some(({ path }) => begins(path, field.path) || begins(field.path, path)))
        taken.push(field);
    }
    return taken;
  });

const space = fc.constantFrom('', '', '', ' ', '\n\t ', '\r\n');

/** A string in any of its spellings. */
const quoted = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(text, fc.infiniteStream(fc.nat(9))).map(([raw, dice]) => {
    let out = '';
    for (let i = 0; i < raw.length; i++) {
      const unit = raw.charAt(i);
      const plain = JSON.stringify(raw.toWellFormed().charAt(i)).slice(1, -1);
      const isHalf = /[\ud800-\udfff]/.test(unit);
      const escaped = `\\u${raw.charCodeAt(i).toString(16).padStart(4, '0')}`;
      const roll = dice.next().value as number;
      if (isHalf && raw.isWellFormed() && roll > 4) out += raw.slice(i, ++i + 1);
      else out += isHalf || roll === 0 ? escaped : unit === '/' && roll === 1 ? '\\/' : plain;
    }
    return `"${out}"`;
  });

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    'Brest',
    'Nîmes',
    '2024-03-28T23:20:19Z',
    '2024-02-30T00:00:00Z',
    '1999-12-31T23:59:59.9999+01:30',
  ),
  fc
    .array(fc.constantFrom('\ud83d', '\ude00', 'x', '\ud800'), { maxLength: 4 })
    .map((units) => units.join('')),
);

const number = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.maxSafeInteger().map((n) => (n / 4).toFixed(2)),
  fc.constantFrom(
    '-0',
    '0.0',
    '1e5',
    '1E-3',
    '2147483647',
    '2147483648',
    '9007199254740993',
    '1e309',
    '-1e400',
    '0e99999',
    '3.0',
    '123456789012345678901',
    '8.64e15',
    '8640000000000001',
  ),
);

const { value: anyValue } = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { arbitrary: number, weight: 4 },
    { arbitrary: fc.constantFrom('true', 'false', 'null', 'null'), weight: 3 },
    { arbitrary: quoted(text), weight: 4 },
    { arbitrary: tie('object'), weight: 4 },
    { arbitrary: tie('array'), weight: 1 },
  ),
  object: fc
    .array(fc.tuple(quoted(key), tie('value'), space, space), { maxLength: 6 })
    .map((members) => `{${members.map(([k, v, s, t]) => `${s}${k}${t}:${s}${v}${t}`).join(',')}}`),
  array: fc
    .array(fc.tuple(tie('value'), space), { maxLength: 4 })
    .map((items) => `[${items.map(([v, s]) => s + v + s).join(',')}]`),
}));

const utf8 = new TextEncoder();

const innerOf = (type: ArrayType): ScalarType => type.slice(6, -1) as ScalarType;

/** An array of elements that mostly fit. */
const arrayOf = (element: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .array(
      fc.tuple(
        fc.oneof(
          { arbitrary: element, weight: 12 },
          { arbitrary: fc.constant('null'), weight: 2 },
          { arbitrary: anyValue, weight: 1 },
        ),
        space,
      ),
      { maxLength: 4 },
    )
    .map((items) => `[${items.map(([value, gap]) => gap + value + gap).join(',')}]`);

/** A record whose members mostly fit the fields. */
const record = (wanted: readonly Field[]): fc.Arbitrary<Uint8Array> => {
  const fitting = (field: Field): fc.Arbitrary<string> => {
    const scalars = {
      bool: fc.constantFrom('true', 'false'),
      int: fc.integer().map(String),
      long: fc.maxSafeInteger().map(String),
      float: number,
      double: number,
      string: quoted(text),
      timestamp: fc.oneof(
        fc.maxSafeInteger().map(String),
        fc
          .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
          .map((d) => `"${d.toISOString()}"`),
      ),
    };
    const { type } = field;
    const value = isArray(type) ? arrayOf(scalars[innerOf(type)]) : scalars[type];
    return fc.oneof({ arbitrary: value, weight: 8 }, { arbitrary: anyValue, weight: 1 });
  };
  const member = (field: Field): fc.Arbitrary<string> => {
    const nest = (depth: number): fc.Arbitrary<string> =>
      fc
        .tuple(
          quoted(fc.constant(field.path[depth]!)),
          depth === field.path.length - 1 ? fitting(field) : nest(depth + 1),
          space,
          anyMember,
        )
        .map(([k, v, s, more]) =>
          depth === 0 ? `${k}${s}:${s}${v}` : `{${more}${k}${s}:${s}${v}}`,
        );
    return field.path.length === 1
      ? nest(0)
      : fc.tuple(quoted(fc.constant(field.path[0]!)), nest(1)).map(([k, v]) => `${k}:${v}`);
  };
  const anyMember = fc.oneof(
    fc.constant(''),
    fc.tuple(quoted(key), anyValue).map(([k, v]) => `${k}:${v},`),
  );
  return fc
    .tuple(
      fc.array(
        fc.oneof(
          ...wanted.map(member),
          fc.tuple(quoted(key), anyValue).map(([k, v]) => `${k}:${v}`),
        ),
        { maxLength: 8 },
      ),
      space,
    )
    .map(([members, s]) => utf8.encode(`${s}{${members.join(',')}${s}}${s}`));
};

interface Damage {
  at: number;
  how: number;
  byte: number;
}
const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.nat(400),
  how: fc.nat(4),
  byte: fc.oneof(fc.constantFrom(...Buffer.from('"\\{}[],: \n-0.e1tu')), fc.nat(255)),
});

function damaged(bytes: Uint8Array, { at, how, byte }: Damage): Uint8Array {
  const p = at % (bytes.length + 1);
  const [before, after] = [bytes.subarray(0, p), bytes.subarray(p + 1)];
  if (how === 0) return before;
  if (how === 1) return Buffer.concat([before, after]);
  if (how === 2) return Buffer.concat([before, Uint8Array.of(byte), bytes.subarray(p)]);
  if (how === 3)
    return Buffer.concat([before, Uint8Array.of((bytes[p] ?? 0) ^ (1 << (byte % 8))), after]);
  return Buffer.concat([before, Uint8Array.of(byte), after]);
}

/** Scans all records in one buffer with one scan, one by one or many at once, against the oracle. */
function agree(records: readonly Uint8Array[], projection: Projection, atOnce: number): void {
  const scan = compileScan(projection);
  const columns = openColumns(projection.fields, 1);
  const noise = utf8.encode('"}],');
  const bytes = Buffer.concat(records.flatMap((one) => [one, noise]));
  const lengths = records.map(({ length }) => length + noise.length);
  const ends = lengths.map((_, i) => lengths.slice(0, i + 1).reduce((sum, n) => sum + n, 0));
  const wanted = records.map((one) => expectedRow(one, projection));
  for (let first = 0; first < records.length; first += atOnce) {
    const part = records.slice(first, first + atOnce);
    const valueEnd = Int32Array.from(part, (_, i) => ends[first + i]! - noise.length);
    const valueStart = valueEnd.map((end, i) => end - part[i]!.length);
    const codes = new Float64Array(part.length);
    scan.open(bytes, columns);
    if (atOnce === 1) codes[0] = scan.read(valueStart[0]!, valueEnd[0]!, 0);
    else scan.readAll({ length: part.length, valueStart, valueEnd }, codes);
    part.forEach((one, i) => {
      const code = codes[i]!;
      const got = code === 0 ? rowFrom(columns, i) : scan.reasonText(code);
      expect(got, Buffer.from(one).toString('latin1')).toEqual(
        wanted[first + i] ?? (expect.any(String) as unknown),
      );
    });
    const good = Array.from(codes.keys()).filter((i) => codes[i] === 0);
    for (const f of projection.fields.keys()) {
      const vector = vectorOf(columns, f, part.length);
      expect(good.map((row) => cellOf(vector, row))).toEqual(
        good.map((row) => wanted[first + row]?.[f]),
      );
    }
  }
}

/** How many records are read in one call. */
const calls = fc.constantFrom(1, 2, 7, 64);

/** Records of one run, a fifth of them damaged. */
const EACH = 50;

const modes = ['read', 'full'] as const;
const RUNS = cases({ share: 300, all: 1000 });
/** Shrinking a failure may go on for long. */
const LIMIT_MS = RUNS * 40;

describe.each(modes)('validate: %s', (validate) => {
  it('reads random records as JSON.parse does, each another', () => {
    const runs = fields.chain((wanted) =>
      fc.tuple(
        fc.constant(wanted),
        fc.array(record(wanted), { minLength: EACH, maxLength: EACH }),
        fc.array(damage, { minLength: EACH / 5, maxLength: EACH / 5 }),
        calls,
      ),
    );
    fc.assert(
      fc.property(runs, ([wanted, records, damages, atOnce]) => {
        const some = records.map((one, i) => {
          const broken = damages[i];
          return broken === undefined ? one : damaged(one, broken);
        });
        agree(some, { fields: wanted, validate }, atOnce);
      }),
      { numRuns: cases({ share: 20, all: (validate === 'read' ? 70_000 : 30_000) / EACH }) },
    );
  });

  it('reads from single records what JSON.parse gives, and refuses broken ones', () => {
    const runs = fields.chain((wanted) =>
      fc.tuple(
        fc.constant(wanted),
        fc.array(record(wanted), { minLength: 1, maxLength: 4 }),
        fc.array(damage, { maxLength: 3 }),
        calls,
      ),
    );
    fc.assert(
      fc.property(runs, ([wanted, records, damages, atOnce]) => {
        const broken = damages.map((one, i) => damaged(records[i % records.length]!, one));
        agree(
          [...records, ...records, ...broken, ...records],
          { fields: wanted, validate },
          atOnce,
        );
      }),
      { numRuns: RUNS, interruptAfterTimeLimit: LIMIT_MS },
    );
  });

  it('reads long runs of records of few shapes the same, whatever it has learned', () => {
    const runs = fields.chain((wanted) =>
      fc.tuple(
        fc.constant(wanted),
        fc.array(record(wanted), { minLength: 1, maxLength: 4 }),
        fc.array(fc.tuple(fc.nat(399), fc.nat(3), damage), { maxLength: 40 }),
        fc.array(fc.nat(3), { minLength: 1, maxLength: 7 }),
        calls,
      ),
    );
    fc.assert(
      fc.property(runs, ([wanted, shapes, damages, order, atOnce]) => {
        const records = Array.from(
          { length: 400 },
          (_, i) => shapes[order[i % order.length]! % shapes.length]!,
        );
        for (const [i, shape, one] of damages)
          records[i] = damaged(shapes[shape % shapes.length]!, one);
        agree(records, { fields: wanted, validate }, atOnce);
      }),
      { numRuns: Math.ceil(RUNS / 10), interruptAfterTimeLimit: LIMIT_MS },
    );
  });
});
