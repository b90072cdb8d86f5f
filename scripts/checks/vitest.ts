import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withNode24First, type CheckResult } from './check-result.ts';

/** The part of vitest's JSON report that we read. */
interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** Runs one vitest project, showing its progress as it goes. */
export async function runVitest(root: string, project: string, signal: AbortSignal): Promise<CheckResult> {
  const directory = await mkdtemp(join(tmpdir(), 'muxgate-report-'));
  try {
    const file = join(directory, 'report.json');
    const code = await run(
      root,
      ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
      signal,
    );
    const report = await readFile(file, 'utf8').catch(() => undefined);
    if (report === undefined) return { passed: 0, failed: 1, skipped: [] };
    return summarize(JSON.parse(report) as VitestReport, code);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A run that failed outside any test (a file that cannot be loaded, an unhandled error) is a failure as well. */
export function summarize(report: VitestReport, exitCode: number): CheckResult {
  const skipped = report.testResults.flatMap(({ assertionResults }) =>
    assertionResults
      .filter(({ status }) => status !== 'passed' && status !== 'failed')
      .map(({ fullName }) => fullName),
  );
  const failed = Math.max(report.numFailedTests, exitCode === 0 ? 0 : 1);
  return { passed: report.numPassedTests, failed, skipped };
}

function run(root: string, args: readonly string[], signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(join(root, 'node_modules/.bin/vitest'), args, {
      cwd: root,
      env: withNode24First(root),
      signal,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', () => resolve(-1));
    child.on('close', (code) => resolve(code ?? -1));
  });
}
