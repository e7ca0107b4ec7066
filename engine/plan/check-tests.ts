/** Tests name what is there: sources, stages, sinks, and their columns. */
import { suggest } from '../core/suggest.ts';
import type { Path, Report } from '../spec/diagnostic.ts';
import { type TestSpec, type TestValues, WAIT } from '../spec/test-spec.ts';
import { checkUnder } from './check-under.ts';
import type { Plan } from './planner.ts';

/** The columns of a dead letter, as tests see it. */
export const letterColumns = ['stage', 'reason', 'message', 'source', 'partition', 'offset'];

/** Members of an envelope that lines may have, declared or not (R10). */
const envelope = ['_key', '_partition', '_offset', '_timestamp', '_headers'];

/** Reports names and columns in tests that the plan does not have. O(cells of the tests). */
export function checkTests(
  tests: readonly TestSpec[],
  plan: Pick<Plan, 'sources' | 'stages' | 'sinks'>,
  report: Report,
): void {
  const columnsOf = (nodes: readonly { name: string; columns: readonly { name: string }[] }[]) =>
    nodes.map(({ name, columns }) => [name, columns.map((column) => column.name)] as const);
  const sources = columnsOf(plan.sources);
  const given = new Map(sources.map(([name, columns]) => [name, [...columns, ...envelope]]));
  const expected = new Map<string, readonly string[]>([
    ...columnsOf(plan.sinks),
    ...columnsOf(plan.stages),
    ['dead_letters', letterColumns],
  ]);
  tests.forEach((test, index) => {
    checkRows(test.given, {
      known: given,
      what: 'source',
      path: ['tests', index, 'given'],
      report,
    });
    checkUnder(test, plan, { index, report });
    const path = ['tests', index, 'expect'];
    checkRows(test.expect, { known: expected, what: 'stage or sink', path, report });
  });
}

interface Checking {
  readonly known: ReadonlyMap<string, readonly string[]>;
  readonly what: string;
  readonly path: Path;
  readonly report: Report;
}

function checkRows(
  rows: Readonly<Record<string, readonly TestValues[]>>,
  { known, what, path, report }: Checking,
): void {
  for (const [name, list] of Object.entries(rows)) {
    const columns = known.get(name);
    if (columns === undefined) {
      const message = `there is no ${what} ${name}`;
      const hint = hintOf(name, [...known.keys()]);
      report({ code: 'test-name', path: [...path, name], atKey: true, message, hint });
      continue;
    }
    list.forEach((row, index) => {
      if (what === 'source' && WAIT in row) {
        checkStep(row, [...path, name, index], report);
        return;
      }
      for (const column of Object.keys(row)) {
        if (columns.includes(column)) continue;
        const message = `${name} has no column ${column}`;
        const place = [...path, name, index, column];
        const hint = hintOf(column, columns);
        report({ code: 'test-column', path: place, atKey: true, message, hint });
      }
    });
  }
}

/** A step that waits is no row: nothing else stands in it. */
function checkStep(step: TestValues, path: Path, report: Report): void {
  const other = Object.keys(step).find((name) => name !== WAIT);
  if (other === undefined) return;
  const message = `\`${WAIT}\` is a step of its own, and no row has it`;
  const hint = `write \`- { ${WAIT}: 3m }\` before or after the row`;
  report({ code: 'test-column', path: [...path, other], atKey: true, message, hint });
}

function hintOf(name: string, names: readonly string[]): string {
  const near = suggest(name, names);
  return near === null ? `there are: ${names.join(', ')}` : `did you mean ${near}?`;
}
