import { writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import type { SerializedError, TestCase, TestModule, TestSuite } from 'vitest/node';
import { NOTHING_RAN, bothResults, type CheckResult } from './check-result.ts';

/** Where the reporter is to write its `CheckResult`, as JSON. */
export const REPORT_FILE = 'MUXGATE_TEST_REPORT';

/** Enough to see what was expected and where; the whole of it is further up in the output. */
const LINES_OF_A_REASON = 12;

/**
 * Vitest's own JSON report says of a `beforeAll` that failed only that its tests were skipped; this one names
 * what failed, wherever it did: in a test, in a hook, while a file was loaded, or outside all of them.
 */
export default class CheckReporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const file = process.env[REPORT_FILE];
    if (file === undefined) throw new Error(`${REPORT_FILE} says where the report goes; it is not set`);
    const outside = { ...NOTHING_RAN, failed: named('outside any test', unhandled) };
    const all = modules.map((module) => ofModule(module));
    writeFileSync(file, JSON.stringify([...all, outside].reduce(bothResults, NOTHING_RAN)));
  }
}

function ofModule(module: TestModule): CheckResult {
  const file = module.relativeModuleId;
  const suites = [...module.children.allSuites()];
  const ofSuites = suites.flatMap((suite) => named(`${file} > ${suite.fullName}`, suite.errors()));
  const around = { ...NOTHING_RAN, failed: [...named(file, module.errors()), ...ofSuites] };
  const tests = [...module.children.allTests()].map((test) => ofTest(test));
  return [around, ...tests].reduce(bothResults, NOTHING_RAN);
}

function ofTest(test: TestCase): CheckResult {
  const { state, errors } = test.result();
  const name = `${test.module.relativeModuleId} > ${test.fullName}`;
  if (state === 'passed')
    return { ...NOTHING_RAN, passed: 1, retried: test.diagnostic()?.flaky ? named(name, errors ?? []) : [] };
  if (state === 'failed') return { ...NOTHING_RAN, failed: named(name, errors) };
  // What did not run for a failure before it is not skipped: that failure is named.
  return hasFailedAround(test) ? NOTHING_RAN : { ...NOTHING_RAN, skipped: [test.fullName] };
}

function hasFailedAround(test: TestCase): boolean {
  for (let around: TestSuite | TestModule = test.parent; ; around = around.parent) {
    if (around.errors().length > 0) return true;
    if (around.type === 'module') return false;
  }
}

/** One entry for all errors of one thing; none for none. */
function named(name: string, errors: readonly SerializedError[]): string[] {
  return errors.length === 0 ? [] : [[name, ...errors.map(reasonOf)].join('\n')];
}

function reasonOf({ name, message, diff, stacks }: SerializedError): string {
  const where = stacks?.[0];
  const lines = [
    `${name ?? 'Error'}: ${message}`,
    ...(typeof diff === 'string' ? [diff] : []),
    ...(where === undefined ? [] : [`at ${where.file}:${where.line}`]),
  ].flatMap((text) => stripVTControlCharacters(text).split('\n'));
  const shown = lines.length <= LINES_OF_A_REASON ? lines : [...lines.slice(0, LINES_OF_A_REASON - 1), '…'];
  return shown.map((line) => `    ${line}`).join('\n');
}
