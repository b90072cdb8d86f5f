import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, buildIfStale } from '../launcher/build.ts';
import { howToGetRedis, redisBinary } from '../launcher/redis-binary.ts';
import { runCommand } from '../launcher/run-command.ts';
import { NOTHING_RAN, withNode24First, type CheckResult } from './check-result.ts';
import { getChromium, NO_CHROMIUM } from './chromium.ts';
import { runVitest } from './vitest.ts';

export interface Check {
  readonly name: string;
  readonly meaning: string;
  readonly run: (root: string, print: (line: string) => void, signal: AbortSignal) => Promise<CheckResult>;
}

/** In the order they run: the quick ones first, the build before what runs it. */
export const CHECKS: readonly Check[] = [
  tool('format', 'prettier: every file is formatted', 'prettier', ['--check', '.']),
  tool('lint', 'oxlint: rules, promises, import directions, no cycles', 'oxlint', []),
  tool('types', 'tsc: everything type-checks', 'tsc', ['--noEmit']),
  tool('console-types', 'tsc: the console type-checks', 'tsc', ['-p', 'services/console']),
  {
    name: 'build',
    meaning: 'nest build',
    run: async (root, print, signal) => verdict('build', await build(root, signal), print),
  },
  { name: 'docs', meaning: 'reference pages are those the code generates', run: docsAreCurrent },
  { name: 'redis', meaning: 'a real Redis can be had', run: redisCanBeHad },
  { name: 'chromium', meaning: 'a real browser can be had', run: chromiumCanBeHad },
  {
    name: 'unit',
    meaning: 'tests beside the code',
    run: (root, _print, signal) => runVitest(root, ['--project', 'unit'], { signal }),
  },
  {
    name: 'contract',
    meaning: 'test/contract',
    run: (root, _print, signal) => runVitest(root, ['--project', 'contract'], { signal }),
  },
  processes('e2e', 'test/e2e, test/chaos and test/image: the built services as processes'),
  processes('browser', 'test/browser: the console in a real browser'),
];

const PASSED: CheckResult = { ...NOTHING_RAN, passed: 1 };

function verdict(
  name: string,
  { failed }: { failed: string | undefined },
  print: (line: string) => void,
): CheckResult {
  if (failed === undefined) return PASSED;
  print(failed);
  return { ...NOTHING_RAN, failed: [`${name}, see its output`] };
}

/** Tests that start what was built. */
function processes(name: string, meaning: string): Check {
  return {
    name,
    meaning,
    run: async (root, print, signal) => {
      const built = await buildIfStale(root, print, signal);
      if (built.failed) return verdict(name, built, print);
      return await runVitest(root, ['--project', name], { signal });
    },
  };
}

/** A program of node_modules/.bin; its output is shown when it fails. */
function tool(name: string, meaning: string, program: string, args: readonly string[]): Check {
  return {
    name,
    meaning,
    run: async (root, print, signal) => {
      const { code, output } = await runCommand(join(root, 'node_modules/.bin', program), args, {
        cwd: root,
        env: withNode24First(root),
        signal,
      });
      return verdict(name, { failed: code === 0 ? undefined : output }, print);
    },
  };
}

async function docsAreCurrent(
  root: string,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<CheckResult> {
  const generator = join(root, 'scripts/generate-docs.mjs');
  if (!existsSync(generator)) return { ...NOTHING_RAN, skipped: ['docs: there is no generator yet'] };
  const reference = join(root, 'docs/reference');
  const before = await readTexts(reference);
  const { code, output } = await runCommand(process.execPath, [generator], { cwd: root, signal });
  if (code !== 0) return verdict('docs', { failed: output }, print);
  const after = await readTexts(reference);
  const stale = [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => before.get(name) !== after.get(name),
  );
  if (stale.length === 0) return PASSED;
  return verdict(
    'docs',
    { failed: `docs/reference was out of date and has been generated again, commit it: ${stale.join(', ')}` },
    print,
  );
}

async function readTexts(directory: string): Promise<Map<string, string>> {
  const names = await readdir(directory).catch(() => []);
  return new Map(
    await Promise.all(
      names.map(async (name): Promise<[string, string]> => [
        name,
        await readFile(join(directory, name), 'utf8'),
      ]),
    ),
  );
}

async function redisCanBeHad(
  _root: string,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<CheckResult> {
  const binary = await redisBinary({ onProgress: (message) => print(`   ${message}`), signal });
  return verdict(
    'redis',
    { failed: binary ? undefined : `No Redis could be had. ${howToGetRedis()}` },
    print,
  );
}

async function chromiumCanBeHad(
  _root: string,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<CheckResult> {
  const path = await getChromium((message) => print(`   ${message}`), signal);
  return path === undefined ? { ...NOTHING_RAN, skipped: [`chromium: ${NO_CHROMIUM}`] } : PASSED;
}
