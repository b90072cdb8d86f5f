// `npm test`, under Node 24. Run through scripts/test.mjs, which installs what is missing.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { NOTHING_RAN, bothResults, type CheckResult } from './check-result.ts';
import { CHECKS } from './checks.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const names = CHECKS.map(({ name }) => name);
const print = (line: string) => void process.stdout.write(`${line}\n`);

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

function readArguments(): { only: readonly string[] } {
  try {
    const { values } = parseArgs({
      options: { only: { type: 'string', multiple: true }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) {
      print('npm test: runs every check.\n');
      for (const { name, meaning } of CHECKS) print(`  ${name.padEnd(10)}${meaning}`);
      print('\n  --only NAME,NAME   runs these alone: npm test -- --only unit,lint');
      process.exit(0);
    }
    const only = (values.only ?? []).flatMap((list) => list.split(','));
    const unknown = only.filter((name) => !names.includes(name));
    if (unknown.length > 0)
      fail(`There is no check named ${unknown.join(', ')}; there are ${names.join(', ')}.`);
    return { only };
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)} Try npm test -- --help.`);
  }
}

async function runAll(only: readonly string[], signal: AbortSignal): Promise<CheckResult> {
  let total = NOTHING_RAN;
  const selected = CHECKS.filter(({ name }) => only.length === 0 || only.includes(name));
  for (const { name, run } of selected) {
    if (signal.aborted) break;
    print(`── ${name}`);
    const began = Date.now();
    const result = await run(root, print, signal);
    total = bothResults(total, result);
    const verdict = result.failed.length === 0 ? 'ok' : 'FAILED';
    print(`   ${name} ${verdict} in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  }
  return total;
}

const { only } = readArguments();
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
process.on('disconnect', () => stopping.abort());
const { passed, failed, skipped, retried } = await runAll(only, stopping.signal);
for (const name of skipped) print(`skipped: ${name}`);
for (const name of retried) print(`passed when tried again: ${name}`);
for (const name of failed) print(`failed: ${name}`);
if (stopping.signal.aborted) print('stopped before the end');
print(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
process.exit(failed.length === 0 && !stopping.signal.aborted ? 0 : 1);
