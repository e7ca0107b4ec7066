/**
 * Reads what vitest's JSON reporter wrote for each suite, prints every failure, and ends with one
 * plain line: `N passed, N failed`. Exits non-zero when anything failed or a suite has no results.
 */
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

/** The part of vitest's JSON report that is read here. */
export interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

/** Counts over all suites, and a paragraph per failure. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly failures: readonly string[];
}

/** Counts reports by suite name; a missing report is a failure, and so is a file that did not load. */
export function countOf(reports: ReadonlyMap<string, Report | null>): Count {
  let passed = 0;
  let failed = 0;
  const failures: string[] = [];
  for (const [suite, report] of reports) {
    if (report === null || report.testResults.length === 0) {
      failed += 1;
      failures.push(`${suite}: no test ran (did the servers start?)`);
      continue;
    }
    passed += report.numPassedTests;
    failed += report.numFailedTests;
    for (const file of report.testResults) {
      const broken = file.assertionResults.filter(({ status }) => status === 'failed');
      for (const { fullName, failureMessages } of broken) {
        failures.push(`${file.name}: ${fullName}\n${(failureMessages ?? []).join('\n')}`);
      }
      if (file.status === 'failed' && broken.length === 0) {
        failed += 1;
        failures.push(`${file.name}: ${file.message}`);
      }
    }
  }
  return { passed, failed, failures };
}

function read(path: string): Report | null {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Report) : null;
}

function main(directory: string, suites: readonly string[]): void {
  const count = countOf(new Map(suites.map((name) => [name, read(`${directory}/${name}.json`)])));
  for (const failure of count.failures) {
    process.stdout.write(`FAILED ${failure.replaceAll(process.cwd(), relative('', '.') || '.')}\n`);
  }
  process.stdout.write(`${count.passed} passed, ${count.failed} failed\n`);
  process.exitCode = count.failed > 0 || count.passed === 0 ? 1 : 0;
}

const [directory = '.engine/test-results', ...suites] = process.argv.slice(2);
if (import.meta.main) main(directory, suites.length > 0 ? suites : ['unit', 'integration']);
