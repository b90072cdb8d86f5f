import { join } from 'node:path';

export interface CheckResult {
  passed: number;
  failed: number;
  /** Names of what was skipped, with the reason. */
  skipped: string[];
}

/** Tools that start `node` by name get the one that npm installed. */
export function withNode24First(root: string): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}` };
}
