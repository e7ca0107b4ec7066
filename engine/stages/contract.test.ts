import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { kernels } from '../core/operation/registry.ts';
import { buildPlan } from '../plan/build.ts';
import type { PlanContext, SinkInput } from '../plan/planner.ts';
import type { Finding } from '../spec/diagnostic.ts';
import { parseDefinition } from '../spec/parse.ts';
import { layersOf, shapeOf } from '../spec/schema-walk.ts';
import type { Keyed, Spec } from '../spec/spec.ts';
import type { Stage } from './contract.ts';
import { registry, vocabulary } from './registry.ts';

/** The suite every stage passes. */

const families = ['source', 'record', 'window', 'sink'] as const;
const written = registry.filter(({ internal }) => internal !== true);
const titled = (stages: readonly Stage[]) =>
  stages.map((stage) => [`${stage.family} ${stage.keyword}`, stage] as const);

/** A definition around the example of a stage, the way the reference shows it. */
function definitionAround({ family, keyword, example }: Stage): string {
  const indented = (text: string, by: number): string =>
    text.replaceAll(/^(?=.)/gm, ' '.repeat(by));
  const source = `schema: { date: string!, city: string!, lat: double, temperature: double!, feels_like: double, at: timestamp!, values: array<double> }
event_time: { column: at, iso: true }
watermark: { out_of_order: 10s }`;
  const body = example.replace(/^\{ (.*) \}$/s, '$1');
  const flow = body !== example;
  const inside = (lines: string): string =>
    flow
      ? `{ ${lines.replaceAll('\n', ', ')}, ${body} }`
      : `\n${indented(`${lines}\n${example}`, 4)}`;
  const stages = {
    record: `stages:\n  one: ${inside('from: readings')}\n`,
    window: `stages:\n  one: ${inside('from: readings\ngroup_by: [city]\naggregate: { n: count() }')}\n`,
    source: '',
    sink: 'stages:\n  one: { from: readings, window: { tumbling: 10m }, group_by: [city], aggregate: { n: count() } }\n',
  }[family];
  const connector = family === 'source' ? body : 'file: "data/*.ndjson"';
  // What any source may feed, also one that cannot be read twice (R9).
  const toFile = '{ from: readings, file: { path: "out/{part}.ndjson" } }';
  const sink = family === 'sink' ? inside('from: one') : toFile;
  return `name: ${keyword.replaceAll('_', '-')}
connections:
  kafka: { brokers: "localhost:9092" }
  cassandra: { contact_points: "localhost:9042", keyspace: measured }
sources:
  readings:
${indented(`${flow && family === 'source' ? body.replaceAll(', ', '\n') : connector}\n${source}`, 4)}
${stages}sinks:
  out: ${sink}
${stages === '' ? '' : '  rest: { from: one, stdout: {} }'}
`;
}

function parse(text: string): { spec: Spec | null; codes: string[] } {
  const none: ReadonlyMap<string, string> = new Map();
  const environment = { set: none, env: none, dotenv: none, topics: () => false, bounded: false };
  const { spec, diagnostics } = parseDefinition({ text, file: 'x.yaml', environment, vocabulary });
  return { spec, codes: diagnostics.map(({ code, message }) => `${code}: ${message}`) };
}

/** The stage's own keyword in a definition, with its arguments. */
function keyedIn(spec: Spec, { family, keyword }: Stage): Keyed | undefined {
  const all: (readonly [family: string, keyed: Keyed])[] = [
    ...spec.sources.map(({ connector }) => ['source', connector] as const),
    ...spec.sinks.map(({ connector }) => ['sink', connector] as const),
  ];
  for (const stage of spec.stages) {
    if (stage.kind === 'window') all.push(['window', stage.window]);
    else all.push(...stage.operations.map((operation) => ['record', operation] as const));
  }
  return all.find(([one, keyed]) => one === family && keyed.keyword === keyword)?.[1];
}

/** Arguments of every stage: of its example, or of the stage that it stands in for. */
function argsOf(stage: Stage): unknown {
  const standsFor: Record<string, string> = { topic_log: 'kafka', sqlite: 'cassandra' };
  const shown = standsFor[stage.keyword] ?? stage.keyword;
  const model = written.find(({ family, keyword }) => family === stage.family && keyword === shown);
  const { spec, codes } = parse(definitionAround(model!));
  expect(codes).toEqual([]);
  return keyedIn(spec!, model!)!.args;
}

const columns = [
  ...['date', 'city', 'temperature', 'feels_like', 'window_start', 'window_end'].map(
    (name, slot) =>
      ({ name, type: slot < 2 ? 'string' : 'double', nullable: false, slot }) as const,
  ),
  { name: 'values', type: 'array<double>', nullable: false, slot: 6 } as const,
];

const input: SinkInput = { columns, broken: new Set(), window: true, keys: ['city'] };

/** Plans a stage by itself, as the planner would. */
function planAlone(stage: Stage, args: unknown): { planned: unknown; findings: Finding[] } {
  const findings: Finding[] = [];
  const context: PlanContext = {
    report: (finding) => findings.push(finding),
    path: ['here', stage.keyword],
    pipeline: 'p',
    timezone: 'Europe/Paris',
    parameters: new Map(),
    connection: (kind) => ({ name: kind, kind, addresses: ['a:1'], options: { keyspace: 'k' } }),
  };
  const planned =
    stage.family === 'record'
      ? stage.plan(args, { columns, slots: columns.length, broken: new Set() }, context)
      : stage.family === 'sink'
        ? stage.plan(args, input, context)
        : stage.plan(args, context);
  return { planned, findings };
}

/** Freezes plain data all the way down; a map cannot be frozen, so it is made to refuse. */
function freeze<T>(data: T): T {
  if (data instanceof Map || data instanceof Set) {
    const refuse = (): never => {
      throw new TypeError('a planner wrote to its input');
    };
    return Object.assign(data, { set: refuse, add: refuse, delete: refuse, clear: refuse });
  }
  if (typeof data === 'object' && data !== null) {
    Object.values(data).forEach(freeze);
    Object.freeze(data);
  }
  return data;
}

describe('keywords', () => {
  test.each(families)(
    'of the family %s are there once each, and no alias is a keyword',
    (family) => {
      const own = registry.filter((stage) => stage.family === family);
      const names = own.flatMap(({ keyword, aliases }) => [keyword, ...aliases]);
      expect(own.length).toBeGreaterThan(0);
      expect(names.length).toBe(new Set(names).size);
    },
  );

  test.each(titled(registry))('%s is written in snake_case, and so are its aliases', (_, stage) => {
    for (const name of [stage.keyword, ...stage.aliases]) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
  });

  test('of rows run in an order that leaves nothing open', () => {
    const orders = registry.flatMap((stage) => (stage.family === 'record' ? [stage.order] : []));
    expect(new Set(orders).size).toBe(orders.length);
  });
});

describe('the reference', () => {
  test.each(titled(written))('%s says in a sentence what it does', (_, { summary, example }) => {
    expect(summary).toMatch(/^[A-Z].*\.$/);
    expect(example).not.toBe('');
  });

  test.each(titled(written))('%s says of each field what it is', (_, { fields }) => {
    const undescribed: string[] = [];
    const visit = (schema: z.core.$ZodType, path: string): void => {
      const shape = shapeOf(schema);
      for (const [name, field] of Object.entries(shape ?? {})) {
        const described = layersOf(field).some((layer) => (layer as z.ZodType).description);
        if (!described) undescribed.push(`${path}.${name}`);
        visit(field, `${path}.${name}`);
      }
    };
    visit(fields, '');
    expect(undescribed).toEqual([]);
  });

  test.each(titled(written))('%s names fields that it has as short and beside', (_, stage) => {
    const names = Object.keys(shapeOf(stage.fields) ?? {});
    const told = [stage.short ?? [], stage.beside ?? []].flat();
    expect(names).toEqual(expect.arrayContaining(told));
  });

  test.each(titled(written))('%s shows an example that is right, and uses it', (_, stage) => {
    const { spec, codes } = parse(definitionAround(stage));
    expect(codes).toEqual([]);
    expect(keyedIn(spec!, stage)).toBeDefined();
    const { plan, diagnostics } = buildPlan(spec!, registry);
    expect(diagnostics.map(({ message }) => message)).toEqual([]);
    expect(plan).not.toBeNull();
  });

  test.each(titled(registry.filter(({ internal }) => internal === true)))(
    '%s is not for people: no example, no aliases',
    (_, { aliases, example }) => {
      expect([aliases, example]).toEqual([[], '']);
    },
  );
});

describe('planning', () => {
  test.each(titled(registry))('%s: the same input gives the same plan, twice', (_, stage) => {
    const args = argsOf(stage);
    const first = planAlone(stage, args);
    expect(first.findings).toEqual([]);
    expect(first.planned).not.toBeNull();
    expect(planAlone(stage, argsOf(stage))).toEqual(first);
    expect(planAlone(stage, args)).toEqual(first);
  });

  test.each(titled(registry))('%s leaves its input as it is', (_, stage) => {
    const before = JSON.stringify(freeze(columns));
    planAlone(stage, freeze(argsOf(stage)));
    expect(JSON.stringify(columns)).toBe(before);
  });

  test.each(titled(registry))('%s gives plain data that survives JSON', (_, stage) => {
    const { planned } = planAlone(stage, argsOf(stage));
    // The scope of a row-wise stage is for the planner only; its columns and slots are in the plan.
    const { scope, ...rest } = planned as { scope?: { columns: unknown; slots: number } };
    const data = { ...rest, columns: scope?.columns, slots: scope?.slots };
    const kept = JSON.parse(JSON.stringify(data)) as unknown;
    expect(kept).toEqual(data);
    expect(JSON.stringify(data)).not.toMatch(/\[object|Map\(/);
    for (const value of valuesIn(data)) expect(value).not.toBeInstanceOf(Map);
  });

  test.each(titled(registry.filter(({ family }) => family === 'record')))(
    '%s appends to the frame, by operations that there are kernels for',
    (_, stage) => {
      if (stage.family !== 'record') return;
      const args = argsOf(stage);
      const { planned } = planAlone(stage, args);
      const { operations, scope } = planned as ReturnType<typeof stage.plan>;
      // A stage that only leaves columns out has nothing to do at run time.
      if (scope.columns.length >= columns.length) expect(operations.length).toBeGreaterThan(0);
      for (const { operation } of operations) expect([...kernels.keys()]).toContain(operation);
      const slots = scope.columns.map(({ slot }) => slot);
      expect(new Set(slots).size).toBe(slots.length);
      expect(Math.max(...slots)).toBeLessThan(scope.slots);
      const fresh = scope.columns.filter(({ slot }) => slot >= columns.length);
      expect(fresh.map(({ name }) => name)).toEqual([...(stage.produces?.(args) ?? [])]);
    },
  );

  test.each(titled(registry.filter(({ family }) => family === 'sink')))(
    '%s writes the columns that arrive',
    (_, stage) => {
      const { planned } = planAlone(stage, argsOf(stage));
      expect((planned as { columns: unknown }).columns).toEqual(columns);
    },
  );
});

/** All values of plain data, however deep. */
function* valuesIn(data: unknown): Generator {
  yield data;
  if (typeof data !== 'object' || data === null) return;
  for (const value of Object.values(data)) yield* valuesIn(value);
}
