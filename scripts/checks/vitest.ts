import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NOTHING_RAN, withNode24First, type CheckResult } from './check-result.ts';
import { REPORT_FILE } from './vitest-reporter.ts';

const REPORTER = fileURLToPath(new URL('vitest-reporter.ts', import.meta.url));

export interface VitestOptions {
  readonly signal: AbortSignal;
  /** Whether its progress is shown as it goes; true by default. */
  readonly shown?: boolean;
}

/** @param args what vitest is to run, such as `['--project', 'unit']` */
export async function runVitest(
  root: string,
  args: readonly string[],
  options: VitestOptions,
): Promise<CheckResult> {
  const directory = await mkdtemp(join(tmpdir(), 'muxgate-report-'));
  try {
    const file = join(directory, 'report.json');
    const code = await run(root, args, file, options);
    const report = await readFile(file, 'utf8').catch(() => undefined);
    const result = report === undefined ? NOTHING_RAN : (JSON.parse(report) as CheckResult);
    if (code === 0 || result.failed.length > 0) return result;
    return { ...result, failed: [`vitest ${args.join(' ')} ended with code ${code}, see its output`] };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function run(
  root: string,
  args: readonly string[],
  report: string,
  { signal, shown = true }: VitestOptions,
): Promise<number> {
  const output = shown ? 'inherit' : 'ignore';
  const reporters = ['--reporter=default', `--reporter=${REPORTER}`];
  return new Promise((resolve) => {
    const child = spawn(join(root, 'node_modules/.bin/vitest'), ['run', ...args, ...reporters], {
      cwd: root,
      env: { ...withNode24First(root), [REPORT_FILE]: report },
      signal,
      stdio: ['ignore', output, output],
    });
    child.on('error', () => resolve(-1));
    child.on('close', (code) => resolve(code ?? -1));
  });
}
