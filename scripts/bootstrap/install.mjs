import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Runs npm when node_modules does not hold what package-lock.json asks for. npm's own output is shown only
 * when it fails.
 *
 * @param {string} root @param {AbortSignal} signal
 * @param {(text: string) => void} [note] where progress is told; stdout by default
 */
export async function installMissing(root, signal, note = (text) => void process.stdout.write(text)) {
  if (isInstalled(root)) return;
  const started = Date.now();
  note('muxgate: installing packages with npm, this takes a minute the first time\n');
  const { code, output } = await npmInstall(root, signal);
  if (signal.aborted) throw new Error('stopped while installing');
  if (code !== 0)
    throw new Error(`${output.trim()}\nThe packages could not be installed: npm's output is above.`);
  if (!hasNode24(root)) {
    throw new Error(
      `Muxgate runs on Node 24, and npm installed none for ${process.platform}-${process.arch}; run npm start with Node 24 instead.`,
    );
  }
  note(`muxgate: packages installed in ${Math.round((Date.now() - started) / 1000)} s\n`);
}

/** @param {string} root */
function isInstalled(root) {
  try {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    // npm writes this file last, so a broken-off installation has none.
    const present = JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8'));
    return holdsAll(wanted.packages, present.packages) && hasNode24(root);
  } catch {
    return false;
  }
}

/**
 * Whether every package of a lock file is installed in its version; optional ones may be absent, they depend on
 * the platform.
 *
 * @param {Record<string, {version?: string, optional?: boolean, devOptional?: boolean, peer?: boolean}>} wanted
 * @param {Record<string, {version?: string}>} present
 */
function holdsAll(wanted, present) {
  return Object.entries(wanted).every(([path, { version, optional, devOptional }]) => {
    if (path === '') return true;
    const installed = present[path];
    return installed ? installed.version === version : optional === true || devOptional === true;
  });
}

function hasNode24(root) {
  if (process.versions.node.startsWith('24.')) return true;
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/node'), ['--version'], { encoding: 'utf8' });
  return stdout?.startsWith('v24.') ?? false;
}

function npmInstall(root, signal) {
  return new Promise((resolve) => {
    // Not `npm ci`: it refuses a lock file that lacks other platforms' optional packages, which is how npm writes it
    // behind a registry mirror without them. With --no-save, install takes the locked versions and writes no file.
    // The tools are dev dependencies, so they are wanted under NODE_ENV=production too.
    const args = ['install', '--no-save', '--include=dev', '--include=optional', '--loglevel=error'];
    // A session of its own: Ctrl-C reaches us alone, and we end the whole of npm.
    const child = spawn('npm', args, { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    const stop = () => {
      endGroup(child.pid, 'SIGTERM');
      // npm may go on for a minute; what it leaves is unfinished by its own mark and installed anew next time.
      setTimeout(() => endGroup(child.pid, 'SIGKILL'), 2_000).unref();
    };
    signal.addEventListener('abort', stop, { once: true });
    child.on('error', (error) => resolve({ code: 1, output: `npm could not be run: ${error.message}` }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

function endGroup(pid, signal) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has just ended by itself.
  }
}
