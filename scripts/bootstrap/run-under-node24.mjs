// Plain JavaScript without dependencies: it runs before anything is installed, on any Node from 20.19 on.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { installMissing } from './install.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Installs what is missing and runs a TypeScript program of this checkout under the Node 24 that npm installed,
 * whatever Node started us. Signals are handed on and the program's exit code becomes ours.
 *
 * @param {string} program path from the root of the checkout
 */
export async function runUnderNode24(program) {
  const tooOld = refusal(process.versions.node);
  if (tooOld) fail(tooOld);
  process.chdir(ROOT);
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    await installMissing(ROOT, stopping.signal);
  } catch (error) {
    if (stopping.signal.aborted) process.exit(0);
    fail(error.message);
  }
  for (const signal of SIGNALS) process.removeListener(signal, stop);
  if (stopping.signal.aborted) process.exit(0);
  if (process.versions.node.startsWith('24.'))
    return await import(pathToFileURL(resolve(ROOT, program)).href);
  handOver(program);
}

function handOver(program) {
  // Through the IPC channel the program learns of our end, even by kill -9.
  const child = spawn(resolve(ROOT, 'node_modules/.bin/node'), [program, ...process.argv.slice(2)], {
    cwd: ROOT,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  child.on('error', (error) =>
    fail(`Muxgate could not run the Node 24 that npm installed: ${error.message}`),
  );
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

/** A sentence when this Node is too old, else undefined. @param {string} version */
export function refusal(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return undefined;
  return `Muxgate needs Node.js 20.19 or later to start (it installs the Node 24 it runs on by itself); this is ${version}.`;
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
