// Plain JavaScript without dependencies: it runs before anything is installed, on any Node from 20.19 on.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { installMissing } from './install.mjs';
import { refusal } from './run-under-node24.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = join(ROOT, 'dist/services/cli/src/main.js');
const NODE = join(ROOT, 'node_modules/.bin/node');

/**
 * Makes the command line ready to run: installs packages and compiles when that is needed, which is a look at a few
 * files when it is not. The directory of the caller stays, since file names on the command line are meant there.
 *
 * @param {readonly string[]} args
 * @returns {Promise<string | undefined>} what to import; undefined when another Node runs it already
 */
export async function prepareCli(args) {
  const tooOld = refusal(process.versions.node);
  if (tooOld) fail(tooOld);
  try {
    if (!existsSync(join(ROOT, 'node_modules/commander'))) await install();
    if (isStale()) compile();
  } catch (error) {
    fail(error.message);
  }
  if (Number(process.versions.node.split('.', 1)[0]) >= 24) return pathToFileURL(MAIN).href;
  const child = spawn(NODE, [MAIN, ...args], { stdio: 'inherit' });
  // the terminal sends Ctrl-C to both of us; the child decides what it means
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
  return undefined;
}

function install() {
  const note = (text) => process.stderr.write(text);
  return installMissing(ROOT, new AbortController().signal, note);
}

/** Only the command line's own files, which is all that it runs. An image holds the build without the sources. */
function isStale() {
  const sources = join(ROOT, 'services/cli/src');
  if (!existsSync(MAIN)) return true;
  if (!existsSync(sources)) return false;
  const builtAt = statSync(MAIN).mtimeMs;
  return readdirSync(sources, { recursive: true }).some(
    (name) => statSync(join(sources, name)).mtimeMs > builtAt,
  );
}

/** Beside the rest of the build, which `nest build` would delete under a service that runs from it. */
function compile() {
  const swc = join(ROOT, 'node_modules/.bin/swc');
  const args = [
    swc,
    'services/cli/src',
    '--out-dir',
    'dist',
    '--ignore',
    '**/*.test.ts',
    '--config-file',
    '.swcrc',
  ];
  const { status, stdout, stderr } = spawnSync(NODE, args, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`${stdout}${stderr}\nThe command line could not be compiled: swc's output is above.`);
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
