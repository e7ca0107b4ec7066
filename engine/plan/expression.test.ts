import { describe, expect, test } from 'vitest';
import type { Finding } from '../spec/diagnostic.ts';
import { planExpression, planPredicate } from './expression.ts';
import type { Names, PlanContext } from './planner.ts';

const names: Names = {
  columns: [{ name: 't', type: 'double', nullable: false, slot: 0 }],
  broken: new Set(['gone']),
  later: new Map([
    ['t', 'set'],
    ['gap', 'set'],
  ]),
};

function plan(text: string, path: readonly string[] = ['stages', 's', 'where']) {
  const findings: Finding[] = [];
  const context: PlanContext = {
    report: (finding) => findings.push(finding),
    path,
    pipeline: 'p',
    timezone: 'UTC',
    parameters: new Map(),
    connection: () => null,
  };
  return { context, findings, expression: planExpression(text, names, context) };
}

describe('an expression of a definition', () => {
  test('is reported at its place in the text, all of it at once', () => {
    const { expression, findings } = plan('a + b');
    expect(expression).toBeNull();
    expect(findings.map(({ code, range }) => [code, range])).toEqual([
      ['unknown-column', { from: 0, to: 1 }],
      ['unknown-column', { from: 4, to: 5 }],
    ]);
  });

  test('over a column that could not be planned is dropped without a word', () => {
    const { expression, findings } = plan('gone + 1');
    expect(expression).toBeNull();
    expect(findings).toEqual([]);
  });

  test('keeps its own mistakes beside such a column', () => {
    expect(plan('gone + nope').findings.map(({ message }) => message)).toEqual([
      'there is no column nope',
    ]);
  });

  test('that reads a column set later is told so, quoted or not', () => {
    const [finding] = plan('1 + `gap`').findings;
    expect(finding).toMatchObject({ code: 'set-later', range: { from: 4, to: 9 } });
    expect(finding?.message).toMatch(/runs after this/);
    expect(plan('gap + 1', ['stages', 's', 'set', 'x']).findings[0]?.message).toBe(
      'gap is set further down',
    );
  });

  test('that reads a column replaced later is warned of it, and stands', () => {
    const { expression, findings } = plan('t > 0');
    expect(expression?.type).toBe('bool');
    expect(findings.map(({ severity, code }) => [severity, code])).toEqual([
      ['warning', 'set-later'],
    ]);
  });
});

test('a condition must be true or false', () => {
  const { context, findings } = plan('1');
  expect(planPredicate('1 + 1', names, context)).toBeNull();
  expect(findings.map(({ code, range }) => [code, range])).toEqual([
    ['not-boolean', { from: 0, to: 5 }],
  ]);
  expect(planPredicate('1 < 2', names, context)?.type).toBe('bool');
});
