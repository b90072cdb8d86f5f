import { expect, it } from 'vitest';
import { summarize } from './vitest.ts';

const report = {
  numPassedTests: 2,
  numFailedTests: 0,
  testResults: [
    {
      name: 'a.test.ts',
      assertionResults: [
        { fullName: 'works', status: 'passed' },
        { fullName: 'needs a browser (none here)', status: 'skipped' },
      ],
    },
  ],
};

it('sums a report and names what was skipped', () => {
  expect(summarize(report, 0)).toEqual({ passed: 2, failed: 0, skipped: ['needs a browser (none here)'] });
});

it('counts a run that failed outside any test as a failure', () => {
  expect(summarize(report, 1).failed).toBe(1);
  expect(summarize({ ...report, numFailedTests: 3 }, 1).failed).toBe(3);
});
