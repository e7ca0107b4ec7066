import { describe, expect, test } from 'vitest';
import type { Finding } from '../spec/diagnostic.ts';
import { checkColumn } from './column.ts';
import type { PlanColumn } from './planner.ts';

const columns: PlanColumn[] = [{ name: 'city', type: 'string', nullable: false, slot: 3 }];

function check(name: string, among = columns): { column: PlanColumn | null; findings: Finding[] } {
  const findings: Finding[] = [];
  const report = (finding: Finding): number => findings.push(finding);
  const names = { columns: among, broken: new Set(['gone']) };
  return { column: checkColumn(name, names, { report, path: ['key'] }), findings };
}

describe('a column named in a definition', () => {
  test('is found by its name, letter by letter', () => {
    expect(check('city')).toEqual({ column: columns[0], findings: [] });
    expect(check('City').column).toBeNull();
  });

  test('that is not there is reported with the nearest, or with all of them', () => {
    expect(check('cty').findings).toMatchObject([
      { code: 'unknown-column', path: ['key'], hint: 'did you mean city?' },
    ]);
    expect(check('zzzz').findings[0]?.hint).toBe('columns here: city');
    expect(check('zzzz', []).findings[0]?.hint).toBe('there are no columns here');
  });

  test('that could not be planned is not reported again', () => {
    expect(check('gone')).toEqual({ column: null, findings: [] });
  });
});
