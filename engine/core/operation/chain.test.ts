import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cases } from '../../fuzz.fixture.ts';
import { type Frame, type Selection, cellOf } from '../batch.ts';
import { compileExpression } from '../expression/compile.ts';
import { everyRow, frameOf } from '../expression/oracle/frame.fixture.ts';
import { COLUMNS, expression, rows } from '../expression/oracle/random.fixture.ts';
import type { ScopeColumn } from '../expression/scope.ts';
import { type ChainedStage, type StageRows, compileChain } from './chain.ts';
import { compileOperations } from './compile.ts';
import type { Operation } from './kernel.ts';

interface Step {
  readonly text: string;
  readonly stage: number;
  /** Reads what was set before where it can. */
  readonly reads: boolean;
}

const step: fc.Arbitrary<Step> = fc
  .constantFrom('bool', 'int', 'double', 'string')
  .chain((type) => fc.record({ text: expression(type, 2), stage: fc.nat(3), reads: fc.boolean() }));

/** Stages of random operations: conditions are filters in every other place, all else is set. */
function chainOf(steps: readonly Step[], count: number): { stages: ChainedStage[]; slots: number } {
  const columns: ScopeColumn[] = [...COLUMNS];
  const operations: Operation[][] = Array.from({ length: count }, () => []);
  steps
    .toSorted((a, b) => a.stage - b.stage)
    .forEach(({ text, stage, reads }, i) => {
      const last = columns.at(-1) as ScopeColumn;
      const used = reads ? text.replaceAll(`${last.type}_0`, last.name) : text;
      const scope = { columns, parameters: new Map(), timezone: 'UTC' };
      const result = compileExpression(used, scope);
      if ('problems' in result) throw new Error(`${used}: ${JSON.stringify(result.problems)}`);
      const { expression: value } = result;
      const into = operations[stage % count] ?? [];
      if (value.type === 'bool' && i % 2 === 0) {
        into.push({ operation: 'where', args: { predicate: value } });
        return;
      }
      const { type, nullable } = value;
      const slot = columns.length;
      into.push({ operation: 'set', args: { slot, value, name: `set_${i}` } });
      columns.push({ name: `set_${i}`, type, nullable, slot });
    });
  const stages = operations.map((each, i) => ({ name: `s${i}`, operations: each }));
  return { stages, slots: columns.length };
}

type Failure = readonly [stage: number, row: number, reason: string];

/** The stages one after the other, each a loop of its own. */
function apart({ stages, slots }: ReturnType<typeof chainOf>, given: Frame) {
  let frame = given;
  let selection: Selection = everyRow(given.length);
  const failures: Failure[] = [];
  const counts = stages.map(({ name, operations }, stage): StageRows => {
    const into = selection.count;
    const after = compileOperations(name, operations, slots).run(frame, selection, (row, reason) =>
      failures.push([stage, row, reason]),
    );
    ({ frame, selection } = after);
    const { filtered, failed } = after;
    return { into, filtered, failed, out: selection.count };
  });
  return { frame, selection, failures, counts };
}

/** The cells of the rows that are left. */
const cellsOf = ({ frame, selection }: { frame: Frame; selection: Selection }): unknown =>
  Array.from(selection.rows.subarray(0, selection.count), (row) => [
    row,
    ...frame.vectors.map((vector) => (vector === undefined ? null : cellOf(vector, row))),
  ]);

test('L1: a chain does in one loop what its stages do one after the other, and counts as they do', () => {
  let failed = 0;
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 4 }),
      rows,
      (steps, count, values) => {
        const chain = chainOf(
          steps.map((each) => ({ ...each, stage: each.stage % count })),
          count,
        );
        const frame = frameOf(COLUMNS, values, 'bytes');
        const wanted = apart(chain, frame);
        const failures: Failure[] = [];
        const program = compileChain(chain.stages, chain.slots);
        const found = program.run(frame, everyRow(frame.length), (...failure) =>
          failures.push(failure),
        );
        expect(found.stages, program.source).toEqual(wanted.counts);
        expect(failures, program.source).toEqual(wanted.failures);
        expect(cellsOf(found), program.source).toEqual(cellsOf(wanted));
        if (failures.length > 0) failed++;
      },
    ),
    { numRuns: cases({ share: 300, all: 12_000 }) },
  );
  expect(failed).toBeGreaterThan(10);
});

test('a stage that is no loop cannot be in one', () => {
  const explode = { name: 's', operations: [{ operation: 'explode', args: {} }] };
  expect(() => compileChain([explode], 3)).toThrow('s cannot share a loop');
});
