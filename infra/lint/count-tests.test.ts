import { describe, expect, it } from 'vitest';
import { countOf, type Report } from './count-tests.ts';

const passing = { fullName: 'it holds', status: 'passed' };
const failing = { fullName: 'it breaks', status: 'failed', failureMessages: ['expected 1'] };

const report = (file: Partial<Report['testResults'][number]>): Report => {
  const results = file.assertionResults ?? [];
  return {
    numPassedTests: results.filter(({ status }) => status === 'passed').length,
    numFailedTests: results.filter(({ status }) => status === 'failed').length,
    testResults: [
      { name: 'a.test.ts', status: 'passed', message: '', assertionResults: [], ...file },
    ],
  };
};

describe('the count of tests', () => {
  it('adds the suites up', () => {
    const unit = report({ assertionResults: [passing, passing] });
    const integration = report({ status: 'failed', assertionResults: [passing, failing] });
    const count = countOf(new Map([...Object.entries({ unit, integration })]));
    expect(count).toMatchObject({ passed: 3, failed: 1 });
    expect(count.failures).toEqual(['a.test.ts: it breaks\nexpected 1']);
  });

  it('counts a file that did not load as one failure', () => {
    const broken = report({ status: 'failed', message: 'cannot find module' });
    expect(countOf(new Map([['unit', broken]]))).toEqual({
      passed: 0,
      failed: 1,
      failures: ['a.test.ts: cannot find module'],
    });
  });

  it('counts a suite without results as a failure', () => {
    for (const missing of [null, { numPassedTests: 0, numFailedTests: 0, testResults: [] }]) {
      expect(countOf(new Map([['integration', missing]])).failed).toBe(1);
    }
  });
});
