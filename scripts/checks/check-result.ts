import { join } from 'node:path';

export interface CheckResult {
  readonly passed: number;
  /** Names of what failed, each with its reason beneath it. */
  readonly failed: readonly string[];
  /** Names of what was skipped, with the reason. */
  readonly skipped: readonly string[];
  /** Names of what failed at first and passed when tried again, each with the reason beneath it. */
  readonly retried: readonly string[];
}

export const NOTHING_RAN: CheckResult = { passed: 0, failed: [], skipped: [], retried: [] };

/** The results of two checks as that of one. */
export function bothResults(one: CheckResult, other: CheckResult): CheckResult {
  return {
    passed: one.passed + other.passed,
    failed: [...one.failed, ...other.failed],
    skipped: [...one.skipped, ...other.skipped],
    retried: [...one.retried, ...other.retried],
  };
}

/** Tools that start `node` by name get the one that npm installed. */
export function withNode24First(root: string): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}` };
}
