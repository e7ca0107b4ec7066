import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ScalarType, Frame, NumberVector, Selection } from './batch.ts';
import { cellOf } from './batch.ts';
import { compileExpression } from './expression/compile.ts';
import { everyRow, frameOf } from './expression/oracle/frame.fixture.ts';
import { interpret, RowFailure } from './expression/oracle/interpreter.fixture.ts';
import type { Value } from './expression/oracle/interpreter.fixture.ts';
import { COLUMNS, expression, rows } from './expression/oracle/random.fixture.ts';
import type { ScopeColumn } from './expression/scope.ts';
import type { TypedExpression } from './expression/types.ts';
import { compileOperations } from './operation/compile.ts';
import type { Kernel, Operation, WholeKernel } from './operation/kernel.ts';
import { kernels } from './operation/registry.ts';
import { cases } from '../fuzz.fixture.ts';

const TYPES: readonly ScalarType[] = [
  'bool',
  'int',
  'long',
  'float',
  'double',
  'string',
  'timestamp',
];

function compiled(text: string, columns: readonly ScopeColumn[] = COLUMNS): TypedExpression {
  const result = compileExpression(text, { columns, parameters: new Map(), timezone: 'UTC' });
  if ('problems' in result) throw new Error(`${text}: ${JSON.stringify(result.problems)}`);
  return result.expression;
}

/** What the oracle makes of operations on one row: its values, or why it is gone. */
function operate(operations: readonly Operation[], values: readonly Value[]): Value[] | string {
  const row = [...values];
  try {
    for (const { operation, args } of operations) {
      const { slot, value, predicate } = args as Record<string, TypedExpression & number>;
      if (operation === 'set') row[slot!] = interpret(value!, row);
      else if (interpret(predicate!, row) !== true) return 'filtered';
    }
    return row;
  } catch (error) {
    if (error instanceof RowFailure) return 'failed';
    throw error;
  }
}

const cell = (value: Value): Value =>
  typeof value === 'boolean' ? Number(value) : value === 0 ? 0 : value;

/** Runs operations over rows and holds every row against the oracle. */
function agree(operations: readonly Operation[], values: Value[][], frame: Frame): void {
  const slots = frame.vectors.length + operations.length;
  const program = compileOperations('random', operations, slots);
  const failed = new Set<number>();
  const after = program.run(frame, everyRow(frame.length), (row) => failed.add(row));
  const kept = new Set(after.selection.rows.subarray(0, after.selection.count));
  values.forEach((row, i) => {
    const wanted = operate(operations, row);
    const fate = failed.has(i) ? 'failed' : kept.has(i) ? 'kept' : 'filtered';
    expect(fate, program.source).toBe(typeof wanted === 'string' ? wanted : 'kept');
    if (typeof wanted === 'string') return;
    const cells = wanted.map((_, slot) => cell(cellOf(after.frame.vectors[slot]!, i)));
    expect(cells, program.source).toEqual(wanted.map(cell));
  });
  expect(after.failed).toBe(failed.size);
  expect(after.filtered + after.failed + after.selection.count).toBe(frame.length);
}

describe('generated code does what the oracle does', () => {
  for (const type of TYPES) {
    test(`for random ${type} expressions`, () => {
      const property = fc.property(
        expression(type, 3),
        rows,
        fc.constantFrom('bytes', 'text'),
        (text, values, strings) => {
          const value = compiled(text);
          expect(value.type).toBe(type);
          const operations = [{ operation: 'set', args: { slot: COLUMNS.length, value } }];
          agree(operations, values, frameOf(COLUMNS, values, strings));
        },
      );
      fc.assert(property, { numRuns: cases({ share: 200, all: 11_000 }) });
    });
  }

  test('for random conditions', () => {
    const property = fc.property(expression('bool', 3), rows, (text, values) => {
      const operations = [{ operation: 'where', args: { predicate: compiled(text) } }];
      agree(operations, values, frameOf(COLUMNS, values, 'bytes'));
    });
    fc.assert(property, { numRuns: cases({ share: 300, all: 12_000 }) });
  });

  test('for random chains of where and set, each reading what was set before', () => {
    const steps = fc.array(fc.constantFrom(...TYPES), { minLength: 2, maxLength: 4 });
    const chains = steps.chain((types) =>
      fc.tuple(fc.constant(types), fc.tuple(...types.map((type) => expression(type, 2)))),
    );
    const property = fc.property(chains, fc.array(fc.boolean()), rows, (chain, reads, values) => {
      const [types, texts] = chain;
      const columns = [...COLUMNS];
      const operations = texts.map((text, i) => {
        const type = types[i]!;
        // A column set before takes the place of the first column of its type.
        const before = columns.slice(COLUMNS.length).find((column) => column.type === type);
        const name = `${type}_0`;
        const used = before !== undefined && reads[i] === true;
        const value = compiled(used ? text.replaceAll(name, before.name) : text, columns);
        if (value.type === 'bool' && i % 2 === 1) {
          return { operation: 'where', args: { predicate: value } };
        }
        const slot = columns.length;
        columns.push({ name: `set_${i}`, type, nullable: value.nullable, slot });
        return { operation: 'set', args: { slot, value, name: `set_${i}` } };
      });
      agree(operations, values, frameOf(COLUMNS, values, 'bytes'));
    });
    fc.assert(property, { numRuns: cases({ share: 300, all: 12_000 }) });
  });
});

/** Operations from texts: `where` conditions, and `name: expression` for set. */
function operationsOf(texts: readonly string[], columns: readonly ScopeColumn[]): Operation[] {
  const known = [...columns];
  return texts.map((text) => {
    const [, name, expression] = /^(\w+): (.*)$/.exec(text) ?? [];
    if (name === undefined || expression === undefined) {
      return { operation: 'where', args: { predicate: compiled(text, known) } };
    }
    const slot = known.length;
    const value = compiled(expression, known);
    known.push({ name, type: value.type, nullable: value.nullable, slot });
    return { operation: 'set', args: { slot, value, name } };
  });
}

const sourceOf = (name: string, texts: readonly string[], columns = COLUMNS): string =>
  compileOperations(name, operationsOf(texts, columns), columns.length + texts.length).source;

describe('the generated program', () => {
  const weather: readonly ScopeColumn[] = [
    { name: 'date', type: 'string', nullable: false, slot: 0 },
    { name: 'city', type: 'string', nullable: false, slot: 1 },
    { name: 'lat', type: 'float', nullable: true, slot: 2 },
    { name: 'lon', type: 'float', nullable: true, slot: 3 },
    { name: 'temperature', type: 'float', nullable: false, slot: 4 },
    { name: 'feels_like', type: 'float', nullable: false, slot: 5 },
  ];

  test('of the weather pipeline is one readable loop', () => {
    const texts = [
      'temperature between -90 and 60',
      'temperature_minus_feels_like: temperature - feels_like',
    ];
    expect(sourceOf('felt', texts, weather)).toMatchInlineSnapshot(`
      ""use strict";
      return function stage_felt({ vectors, length, rows, count, kept, fail }) {
        const values4 = vectors[4].values; // temperature
        const values5 = vectors[5].values; // feels_like
        const out6 = new Float64Array(length); // temperature_minus_feels_like
        let n = 0;
        for (let i = 0; i < count; i++) {
          const row = rows[i];
          // where
          const temperature_4 = values4[row];
          if (temperature_4 < -90) continue;
          if (!(temperature_4 <= 60)) continue;
          // set temperature_minus_feels_like
          const feels_like_5 = values5[row];
          out6[row] = Math.fround(temperature_4 - feels_like_5);
          kept[n++] = row;
        }
        vectors[6] = { kind: "number", values: out6, valid: null };
        return n;
      };
      "
    `);
  });

  test('shows nulls, failures, text and several steps where there are some', () => {
    const texts = [
      "city in ('Paris', 'Brest') and lat is not null",
      "label: concat(upper(city), ' ', cast(round(lat, 1) as string))",
      'n: length(label) + 1',
      'north: if(lat > 47, n, null)',
    ];
    expect(sourceOf('Ten minutes / Zürich', texts, weather)).toMatchInlineSnapshot(`
      ""use strict";
      const { checkedInt, codePoints, equalsBytes, floatText, reasonOf, roundTo, textAt, validityOf } = library;
      return function stage_ten_minutes_z_rich({ vectors, length, rows, count, kept, fail }) {
        const column1 = vectors[1]; // city
        const values2 = vectors[2].values; // lat
        const valid2 = validityOf(vectors[2], length);
        const out6 = new Array(length).fill(null); // label
        const out7 = new Float64Array(length); // n
        const outValid7 = new Uint8Array(length);
        const out8 = new Float64Array(length); // north
        const outValid8 = new Uint8Array(length);
        let n = 0;
        for (let i = 0; i < count; i++) {
          const row = rows[i];
          try {
            // where
            if (!equalsBytes(column1, row, "Paris") && !equalsBytes(column1, row, "Brest")) continue;
            const lat_2_null = valid2[row] === 0;
            const lat_2 = values2[row];
            if (lat_2_null) continue;
            // set label
            const city_1 = textAt(column1, row);
            const v1 = lat_2_null ? null : floatText(Math.fround(roundTo(lat_2, 1)));
            const v2 = v1 === null ? null : city_1.toUpperCase() + " " + v1;
            const label_6 = v2;
            out6[row] = label_6;
            // set n
            const v3 = label_6 === null ? 0 : codePoints(label_6);
            const v4 = label_6 === null ? 0 : checkedInt(v3 + 1);
            const n_7 = v4;
            const n_7_null = label_6 === null;
            if (!n_7_null) {
              out7[row] = n_7;
              outValid7[row] = 1;
            }
            // set north
            let v5 = 0;
            let n1 = true;
            if (!lat_2_null && !(lat_2 <= 47)) {
              v5 = n_7;
              n1 = n_7_null;
            }
            if (!n1) {
              out8[row] = v5;
              outValid8[row] = 1;
            }
            kept[n++] = row;
          } catch (thrown) {
            fail(row, "set n: " + reasonOf(thrown));
          }
        }
        vectors[6] = { kind: "text", values: out6 };
        vectors[7] = { kind: "number", values: out7, valid: outValid7 };
        vectors[8] = { kind: "number", values: out8, valid: outValid8 };
        return n;
      };
      "
    `);
  });

  test('has no try where nothing can fail, and no selection where nothing is dropped', () => {
    const source = sourceOf('plain', ['gap: temperature - feels_like'], weather);
    expect(source).not.toContain('try');
    expect(source).not.toContain('kept[');
    expect(sourceOf('plain', ['n: cast(city as int)'], weather)).toContain('try');
  });

  test('checks no nulls of columns that have none', () => {
    expect(sourceOf('plain', ['temperature > 3 and feels_like < 2'], weather)).not.toContain(
      'valid',
    );
  });
});

describe('running', () => {
  const values: Value[][] = [
    [true, null, 1, 5, 0, null, 0, null, 1, null, 'a', 'x', 0, null],
    [true, null, 2147483647, 6, 0, null, 0, null, 2, null, 'b', null, 0, null],
    [true, null, 3, null, 0, null, 0, null, 3, null, 'c', 'z', 0, null],
    [true, null, 2147483647, 8, 0, null, 0, null, 4, null, 'd', 'w', 0, null],
  ];
  const frame = frameOf(COLUMNS, values, 'bytes');
  const run = (texts: readonly string[], rows = everyRow(4), fails: unknown[] = []) =>
    compileOperations('s', operationsOf(texts, COLUMNS), COLUMNS.length + texts.length).run(
      frame,
      rows,
      (row, reason) => fails.push([row, reason]),
    );
  const rowsOf = ({ rows, count }: Selection): number[] => [...rows.subarray(0, count)];

  test('failed rows are told with the step and the reason, and counted apart from filtered', () => {
    const fails: unknown[] = [];
    const after = run(
      ['double_0 < 4', 'next: int_0 + 1', 'n: cast(string_0 as int)'],
      undefined,
      fails,
    );
    expect(fails).toEqual([
      [0, "set n: 'a' is no int"],
      [1, 'set next: 2147483648 overflows int'],
      [2, "set n: 'c' is no int"],
    ]);
    expect(after).toMatchObject({ filtered: 1, failed: 3, selection: { count: 0 } });
  });

  test.each([
    'int_1 > 3 and cast(string_0 as int) = 1',
    'int_1 = 9 or (int_1 > 3 and cast(string_0 as int) = 1)',
    '3 between int_1 and cast(string_0 as int)',
    'int_1 between 3 and cast(string_0 as int)',
    'not (int_1 > 3 and cast(string_0 as int) = 1)',
  ])('after null the right side is computed, and may fail: %s', (text) => {
    const fails: unknown[] = [];
    run([text], { rows: Int32Array.of(2), count: 1 }, fails);
    expect(fails).toEqual([[2, "where: 'c' is no int"]]);
  });

  test('only selected rows are computed', () => {
    const fails: unknown[] = [];
    const after = run(['next: int_0 + 1'], { rows: Int32Array.of(0, 2, 3), count: 2 }, fails);
    expect(fails).toEqual([]);
    expect(rowsOf(after.selection)).toEqual([0, 2]);
    expect(after.frame.vectors[14]).toEqual({
      kind: 'number',
      values: Float64Array.of(2, 0, 4, 0),
      valid: null,
    });
  });

  test('the frame given stays as it is, so that branches can share it', () => {
    const before = [...frame.vectors];
    const one = run(['a: int_0']);
    const other = run(['b: string_0']);
    expect(frame.vectors).toEqual(before);
    expect(one.frame.vectors[14]).not.toBe(other.frame.vectors[14]);
    expect(one.frame.vectors[2]).toBe(frame.vectors[2]);
  });

  test('every batch gets vectors of its own, that no other shares', () => {
    const program = compileOperations('s', operationsOf(['a: int_0 / 2', 'b: int_1'], COLUMNS), 16);
    const vectors = [0, 1].flatMap(() => {
      const { frame: after } = program.run(frame, everyRow(4), () => undefined);
      return [after.vectors[14], after.vectors[15]] as NumberVector[];
    });
    const buffers = vectors.flatMap(({ values: one, valid }) => [one, ...(valid ? [valid] : [])]);
    expect(new Set(buffers.map(({ buffer }) => buffer)).size).toBe(buffers.length);
    expect(vectors[1]?.valid).toEqual(Uint8Array.of(1, 1, 0, 1));
  });

  test('no operations leave everything as it is', () => {
    const selection = everyRow(4);
    const after = compileOperations('s', [], 14).run(frame, selection, () => undefined);
    expect(after).toEqual({
      ...{ frame, selection, filtered: 0, failed: 0 },
      ...{ exploded: 0, from: null },
    });
  });

  test('a nullable column without a mask has no nulls in this batch', () => {
    const vectors = [...frame.vectors];
    vectors[3] = { kind: 'number', values: Float64Array.of(1, 2, 3, 4), valid: null };
    const program = compileOperations('s', operationsOf(['int_1 is not null'], COLUMNS), 14);
    const after = program.run({ vectors, length: 4 }, everyRow(4), () => undefined);
    expect(after.selection.count).toBe(4);
  });

  test('bugs are no failed rows: whatever else is thrown goes through', () => {
    const broken = [...frame.vectors];
    broken[10] = { kind: 'bytes', bytes: Uint8Array.of(255), start: null, end: null } as never;
    const program = compileOperations('s', operationsOf(['n: cast(string_0 as int)'], COLUMNS), 15);
    expect(() => program.run({ vectors: broken, length: 4 }, everyRow(4), () => undefined)).toThrow(
      TypeError,
    );
    const missing = broken.map((vector, slot) => (slot === 10 ? undefined : vector));
    expect(() =>
      program.run({ vectors: missing, length: 4 }, everyRow(4), () => undefined),
    ).toThrow('s reads slot 10, which is empty');
    expect(() => compileOperations('s', [{ operation: 'nope', args: {} }], 14)).toThrow(
      'no operation nope',
    );
  });

  test('a kernel of its own splits the loop', () => {
    const everySecond: WholeKernel<{ readonly from: number }> = {
      operation: 'every_second',
      kind: 'whole',
      reads: () => [],
      open:
        ({ from }) =>
        ({ frame: same, selection }) => {
          const rows = selection.rows
            .subarray(0, selection.count)
            .filter((row) => row % 2 === from);
          return { frame: same, selection: { rows, count: rows.length } };
        },
    };
    const registry = new Map<string, Kernel>([...kernels, ['every_second', everySecond]]);
    const [first, last] = operationsOf(['a: int_0', 'a > 3'], COLUMNS) as [Operation, Operation];
    const middle = { operation: 'every_second', args: { from: 1 } };
    const program = compileOperations('s', [first, middle, last], 15, registry);
    expect(rowsOf(program.run(frame, everyRow(4), () => undefined).selection)).toEqual([1, 3]);
    expect(program.source.match(/function stage_s/g)).toHaveLength(2);
  });
});

describe('user text stays data', () => {
  const nasty = [
    "'); globalThis.hacked = true; ('",
    '`${globalThis.hacked = true}`',
    '${globalThis.hacked = true}',
    '"; globalThis.hacked = true; "',
    '\\"; globalThis.hacked = true; //',
    '*/ globalThis.hacked = true; /*',
    '\u2028globalThis.hacked = true;\u2029',
    '\nglobalThis.hacked = true;\n',
    '__proto__',
    'constructor',
    'return',
    '2fast',
    '',
    '\ud800',
  ];

  test.each(nasty)('as the name of a stage and of columns, and as a literal: %j', (text) => {
    const quoted = `\`${text.replaceAll('`', '``')}\``;
    const literal = `'${text.replaceAll("'", "''")}'`;
    const columns: ScopeColumn[] = [
      { name: text, type: 'string', nullable: true, slot: 0 },
      { name: `${text} `, type: 'int', nullable: false, slot: 1 },
    ];
    const wanted = compiled(`coalesce(${quoted} = ${literal}, false)`, columns);
    const again = compiled(
      `concat(${literal}, cast(\`${text.replaceAll('`', '``')} \` as string))`,
      columns,
    );
    const fallible = compiled(`cast(${quoted} as int)`, columns);
    const operations = [
      { operation: 'set', args: { slot: 2, value: wanted, name: text } },
      { operation: 'set', args: { slot: 3, value: again, name: text } },
    ];
    const failing = { operation: 'set', args: { slot: 4, value: fallible, name: text } };
    const frame = frameOf(columns, [[text, 7]], 'text');
    const program = compileOperations(text, operations, 5);
    expect(program.source).toMatch(/^[\x00-\x7f]*$/);
    const after = program.run(frame, everyRow(1), () => undefined);
    expect(after.frame.vectors[2]).toMatchObject({ values: Float64Array.of(1) });
    expect(after.frame.vectors[3]).toEqual({ kind: 'text', values: [`${text}7`] });
    const reasons: string[] = [];
    compileOperations(text, [failing], 5).run(frame, everyRow(1), (_, reason) =>
      reasons.push(reason),
    );
    expect(reasons[0]).toContain(`set ${text}: '`);
    expect(globalThis).not.toHaveProperty('hacked');
  });
});

test('a thousand additions and a hundred levels neither overflow the stack nor the program', () => {
  const chain = compiled(Array.from({ length: 999 }, () => 'double_0').join(' + '));
  const deep = compiled(`${'abs('.repeat(95)}double_0${')'.repeat(95)}`);
  const operations = [chain, deep].map((value, i) => ({
    operation: 'set',
    args: { slot: COLUMNS.length + i, value },
  }));
  const frame = frameOf(COLUMNS, [COLUMNS.map(({ type }) => (type === 'string' ? '' : 1))], 'text');
  const after = compileOperations('long', operations, 16).run(frame, everyRow(1), () => undefined);
  expect(after.frame.vectors[14]).toMatchObject({ values: Float64Array.of(999) });
  expect(after.frame.vectors[15]).toMatchObject({ values: Float64Array.of(1) });
});
