import fc from 'fast-check';
import ts from 'typescript';
import { afterEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { cases } from '../fuzz.fixture.ts';
import { drivePlan } from '../run/test-driver.ts';
import { codesIn, planOf } from './definition.fixture.ts';
import { explainProgram } from './explain-program.ts';
import type { Plan } from './planner.ts';

/** Texts that end a string, a comment, a template or a function, if they ever got into one. */
const attacks = [
  '"; stolen(); "',
  "'; stolen(); '",
  "''",
  '`${stolen()}`',
  '${stolen()}',
  '*/ stolen(); /*',
  '// \n stolen();',
  '\u2028stolen();\u2029',
  '\\u0022; stolen(); \\u0022',
  '\\"; stolen(); //',
  '\\',
  '}; stolen(); {',
  '); stolen(); (',
  '] = stolen(); [',
  '</script>',
  '\u0000',
  '\ud800',
  'é😀',
];
/** Names that mean something to JavaScript or to the code that is generated. */
const names = [
  ...['constructor', '__proto__', 'prototype', 'toString', 'valueOf', 'hasOwnProperty'],
  ...['__defineGetter__', '__lookupGetter__', 'arguments', 'eval', 'this', 'globalThis', 'await'],
  ...['vectors', 'length', 'rows', 'count', 'kept', 'fail', 'row', 'n', 'i', 'step', 'library'],
  ...['values0', 'valid0', 'out3', 'v1', 'n1', 'column0', 'titles', 'kind', 'undefined', 'NaN'],
];

let stolen = 0;
Object.defineProperty(globalThis, 'stolen', { value: () => ++stolen, configurable: true });
afterEach(() => expect(stolen).toBe(0));

const sql = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const text = fc.oneof(
  fc.constantFrom(...attacks),
  fc.constantFrom(...attacks).map((attack) => attack.replaceAll(' ', '')),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(...names),
);
/** Mostly one that may be a name. */
const word = fc.oneof({ arbitrary: fc.constantFrom(...names), weight: 40 }, text);

/** What stands where names and texts of a definition do. */
const hostile = fc.record({
  column: word,
  other: word,
  path: fc.array(text, { minLength: 1, maxLength: 3 }),
  made: word,
  stage: word,
  windows: word,
  counted: word,
  sink: word,
  parameter: word,
  value: text,
  literal: text,
  like: text,
  regexp: text,
});
type Hostile = typeof hostile extends fc.Arbitrary<infer T> ? T : never;

const definitionOf = (h: Hostile): string =>
  stringify({
    name: 'hostile',
    params: { [h.parameter]: { type: 'string', default: h.value } },
    sources: {
      readings: {
        file: 'data/*.ndjson',
        schema: {
          [h.column]: 'string!',
          [h.other]: { path: h.path, type: 'double' },
          at: 'timestamp!',
        },
        event_time: { column: 'at' },
        watermark: { out_of_order: '0s' },
      },
    },
    stages: {
      [h.stage]: {
        from: 'readings',
        where: `${h.column} is not null and not (${h.column} = ${sql(h.literal)} and ${h.other} > 1e9)`,
        set: {
          [h.made]: `concat(${h.column}, ${sql(h.literal)}, $${h.parameter})`,
          likeness: `if(${h.column} like ${sql(h.like)}, ${h.other}, -${h.other})`,
          fits: `regexp_like(${h.column}, ${sql(h.regexp)})`,
        },
      },
      [h.windows]: {
        from: h.stage,
        window: { tumbling: '1m' },
        group_by: [h.made],
        aggregate: { [h.counted]: `count(${h.other})` },
      },
    },
    sinks: { [h.sink]: { from: h.windows, stdout: {} } },
  });

/** Syntax of which no program has any. */
const foreign = new Set([
  ts.SyntaxKind.TemplateExpression,
  ts.SyntaxKind.NoSubstitutionTemplateLiteral,
  ts.SyntaxKind.RegularExpressionLiteral,
  ts.SyntaxKind.ArrowFunction,
  ts.SyntaxKind.ThisKeyword,
  ts.SyntaxKind.ImportKeyword,
]);
/** Beside names of its own, a program may name these, and members of `Math` and `Number`. */
const permitted = new Set([
  ...['values', 'valid', 'kind', 'fill', 'rows', 'length', 'NaN', 'Infinity'],
  ...['Math', 'Number', 'Array', 'Float64Array', 'Uint8Array', 'library'],
]);

/** What a program names or does that no generated program may; nothing for one that is sound. */
function suspects(source: string): string[] {
  const text = `function program(library) {${source}}`;
  const file = ts.createSourceFile('program.js', text, ts.ScriptTarget.Latest, true);
  const { parseDiagnostics } = file as ts.SourceFile & { parseDiagnostics: readonly unknown[] };
  const declared = new Set<string>();
  const found = parseDiagnostics.map(() => 'a syntax error');
  walk(file, (node) => {
    const declares =
      ts.isVariableDeclaration(node) || ts.isBindingElement(node) || ts.isFunctionLike(node);
    if (declares && node.name !== undefined) declared.add(node.name.getText());
  });
  walk(file, (node) => {
    if (foreign.has(node.kind)) found.push(ts.SyntaxKind[node.kind]);
    if (!ts.isIdentifier(node) || declared.has(node.text) || permitted.has(node.text)) return;
    const { parent } = node;
    const owner = ts.isPropertyAccessExpression(parent) ? parent.expression.getText() : '';
    if (owner !== 'Math' && owner !== 'Number') found.push(node.text);
  });
  return found;
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

function expectSoundPrograms(plan: Plan): void {
  for (const source of explainProgram(plan).split('"use strict";').slice(1)) {
    expect(suspects(source), source).toEqual([]);
  }
}

const rowOf = (h: Hostile, value: string): Map<string, unknown> =>
  new Map<string, unknown>([
    [h.column, value],
    [h.other, 3],
    ['at', '2024-01-01T00:00:00Z'],
  ]);

describe('text of users never becomes code', () => {
  test('what a program may not do is seen', () => {
    const around = (code: string): string => `return function f({ rows }) { ${code} };`;
    expect(suspects(around('return rows[0];'))).toEqual([]);
    for (const code of ['stolen();', 'rows.constructor;', '`${rows}`;', 'this;', 'import("x");']) {
      expect(suspects(around(code)), code).not.toEqual([]);
    }
  });

  test('whatever a definition is full of, it is refused with a place or its programs are sound', async () => {
    let right = 0;
    const property = fc.asyncProperty(hostile, text, async (h, value) => {
      const { plan, diagnostics } = planOf(definitionOf(h));
      for (const { span, code } of diagnostics) expect(span.line, code).toBeGreaterThanOrEqual(1);
      if (plan === null) {
        expect(diagnostics).not.toEqual([]);
        return;
      }
      right++;
      expectSoundPrograms(plan);
      const rows = [Object.fromEntries(rowOf(h, value))];
      const { outputs } = await drivePlan(plan, { readings: rows });
      const [[made] = []] = outputs.get(h.windows)?.rows ?? [];
      const wanted = value.toWellFormed() + h.literal + h.value;
      expect(made).toBe(wanted.toWellFormed());
    });
    await fc.assert(property, { numRuns: cases({ share: 200, all: 10_000 }) });
    expect(right).toBeGreaterThan(0);
  });

  test('a key that JavaScript takes for the prototype is refused', () => {
    const text = 'name: names\nparams: { __proto__: { type: double } }\n';
    expect(codesIn(text)).toContain('non-string-key');
  });

  test('names of JavaScript are names like any other', async () => {
    for (const name of names.filter((each) => each !== '__proto__')) {
      const text = `
name: names
sources:
  readings:
    file: "data/*.ndjson"
    schema: { ${name}: double!, city: string!, at: timestamp! }
    event_time: { column: at }
    watermark: { out_of_order: 0s }
stages:
  twice: { from: readings, set: { more: "${name} * 2" } }
  minutes:
    from: twice
    window: { tumbling: 1m }
    group_by: [city]
    aggregate: { ${name}: "sum(more)" }
sinks: { out: { from: minutes, stdout: {} } }
`;
      const { plan, diagnostics } = planOf(text);
      expect(
        diagnostics.filter(({ severity }) => severity === 'error'),
        name,
      ).toEqual([]);
      const at = '2024-01-01T00:00:00Z';
      const rows = [
        Object.fromEntries([
          [name, 21],
          ['city', 'Metz'],
          ['at', at],
        ]),
      ];
      const { outputs } = await drivePlan(plan!, { readings: rows });
      expect(outputs.get('minutes')?.rows, name).toEqual([
        ['Metz', Date.parse(at), Date.parse(at) + 60_000, 42],
      ]);
    }
  });
});
