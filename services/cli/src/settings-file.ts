import { chmod, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EXIT, Failure } from './failure.js';
import type { Io } from './io.js';

/** What `muxgate configure` keeps. */
export interface StoredSettings {
  readonly url: string;
  readonly gatewayUrl?: string;
  readonly adminToken: string;
}

/** https://specifications.freedesktop.org/basedir-spec: XDG_CONFIG_HOME, else ~/.config. */
export function settingsPath({ env, homeDirectory }: Io): string {
  return join(env['XDG_CONFIG_HOME'] || join(homeDirectory, '.config'), 'muxgate', 'config.json');
}

/** undefined when there is none. Throws when others may read it: it holds an admin token. */
export async function readStoredSettings(io: Io): Promise<StoredSettings | undefined> {
  const path = settingsPath(io);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw unusable(path, `cannot be read (${error.code ?? 'unreadable'})`, error);
  });
  if (text === undefined) return undefined;
  if (io.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0) {
    throw unusable(
      path,
      'may be read by others, and it holds an admin token',
      undefined,
      `chmod 600 ${path}`,
    );
  }
  return parse(path, text);
}

/** Written beside and moved, so that nobody meets half of it or finds it readable for a moment. */
export async function writeStoredSettings(io: Io, settings: StoredSettings): Promise<string> {
  const path = settingsPath(io);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(settings, undefined, 2)}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, path);
  return path;
}

function parse(path: string, text: string): StoredSettings {
  let read: Partial<Record<keyof StoredSettings, unknown>>;
  try {
    read = JSON.parse(text) as typeof read;
  } catch (error) {
    throw unusable(path, 'is not JSON', error);
  }
  const { url, gatewayUrl, adminToken } = read;
  if (typeof url !== 'string' || typeof adminToken !== 'string' || !URL.canParse(url)) {
    throw unusable(path, 'must hold url and adminToken');
  }
  return { url, adminToken, ...(typeof gatewayUrl === 'string' ? { gatewayUrl } : {}) };
}

function unusable(path: string, why: string, cause?: unknown, hint = 'muxgate configure'): Failure {
  return new Failure(`${path} ${why}.`, { code: 'settings_unusable', exitCode: EXIT.usage, hint, cause });
}
