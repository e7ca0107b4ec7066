/** Outcomes of tests for a person. */
import type { TestValues } from '../spec/test-spec.ts';
import type { TestOutcome } from './test-run.ts';

/** Outcomes as a person reads them: a line a test, below it the rows that differ. */
export function outcomesText(outcomes: readonly TestOutcome[]): string {
  const lines = outcomes.flatMap((outcome) => [headOf(outcome), ...detailsOf(outcome)]);
  const failed = outcomes.filter(({ ok, isUpdated }) => !ok && !isUpdated).length;
  const updated = outcomes.filter(({ isUpdated }) => isUpdated).length;
  const count = `${outcomes.length} test${outcomes.length === 1 ? '' : 's'}`;
  const written = updated === 0 ? '' : `, the rows of ${updated} written anew`;
  const end = failed === 0 ? `${count}, all as expected` : `${failed} of ${count} failed`;
  return `${[...lines, updated > 0 && failed === 0 ? `${count}${written}` : `${end}${written}`].join('\n')}\n`;
}

function headOf({ file, line, name, ok, isUpdated, variations }: TestOutcome): string {
  const word = ok ? 'ok  ' : isUpdated ? 'new ' : 'FAIL';
  const ways = ok && variations > 0 ? `  (and in ${variations} other ways)` : '';
  return `${word} ${file}:${line}  ${name}${ways}`;
}

function detailsOf({ failure, under, differences }: TestOutcome): string[] {
  const legend =
    under === null
      ? '(- expected and not there, + there and not expected)'
      : '(- only in the test as it is written, + only under the change)';
  return [
    ...(failure === null ? [] : failure.split('\n').map((line) => `       ${line}`)),
    ...(under === null ? [] : [`       other rows under { ${under} }`]),
    ...differences.flatMap(({ output, missing, surplus }) => [
      `       ${output}  ${legend}`,
      ...missing.map((row) => `       - ${rowText(row)}`),
      ...surplus.map((row) => `       + ${rowText(row)}`),
    ]),
  ];
}

const rowText = (row: TestValues): string =>
  `{ ${Object.entries(row)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    .join(', ')} }`;
