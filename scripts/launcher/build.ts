import { existsSync } from 'node:fs';
import { readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';

const SOURCES = ['services', 'libs', 'nest-cli.json', '.swcrc', 'tsconfig.json', 'package-lock.json'];
const STAMP = 'dist/.built';
/** The services empty dist, so the console comes after them; the same as `npm run build`. */
const STEPS = [
  ['nest', 'build'],
  ['vite', 'build', 'services/console', '--logLevel', 'warn'],
] as const;

/** Builds when dist is missing or older than its sources. Returns the compiler's output when it failed. */
export async function buildIfStale(
  root: string,
  onProgress: (message: string) => void,
  signal?: AbortSignal,
): Promise<{ failed: string | undefined }> {
  if (await isFresh(root)) return { failed: undefined };
  onProgress('building');
  return await build(root, signal);
}

export async function build(root: string, signal?: AbortSignal): Promise<{ failed: string | undefined }> {
  const began = new Date();
  for (const [program, ...args] of STEPS) {
    const { code, output } = await runCommand(
      process.execPath,
      [join(root, 'node_modules/.bin', program), ...args],
      { cwd: root, signal },
    );
    if (code !== 0) return { failed: output || `${program} failed and said nothing` };
  }
  await writeFile(join(root, STAMP), '');
  // As of when the build began: a source saved meanwhile counts as newer.
  await utimes(join(root, STAMP), began, began);
  return { failed: undefined };
}

async function isFresh(root: string): Promise<boolean> {
  const stamp = join(root, STAMP);
  if (!existsSync(stamp)) return false;
  const { mtimeMs } = await stat(stamp);
  for (const source of SOURCES) {
    if ((await newest(join(root, source))) > mtimeMs) return false;
  }
  return true;
}

/** Directories count as well: they change when a file in them goes. */
async function newest(path: string): Promise<number> {
  if (!existsSync(path)) return 0;
  const { mtimeMs } = await stat(path);
  let latest = mtimeMs;
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true }).catch(() => [])) {
    latest = Math.max(latest, (await stat(join(entry.parentPath, entry.name))).mtimeMs);
  }
  return latest;
}
