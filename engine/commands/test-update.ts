/** `engine test --update`: the rows that came, into the definitions that expect others. */
import { readFileSync, writeFileSync } from 'node:fs';
import { withExpectations } from '../spec/expectations.ts';
import type { TestOutcome } from './test-run.ts';

/** Writes what differs into the files; outcomes whose rows were written say so. */
export function updateFiles(outcomes: readonly TestOutcome[]): TestOutcome[] {
  const isWanted = ({ differences, under }: TestOutcome): boolean =>
    differences.length > 0 && under === null;
  for (const [file, changed] of Map.groupBy(outcomes.filter(isWanted), (each) => each.file)) {
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, withExpectations(before, changed));
  }
  return outcomes.map((each) => (isWanted(each) ? { ...each, isUpdated: true } : each));
}
