import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join, relative, resolve } from 'node:path';

export interface Secrets {
  readonly adminToken: string;
  readonly clientKey: string;
  readonly accessKeys: string;
  readonly refreshKeys: string;
}

/** A fault a person can mend; its message is the one sentence they are told. */
export class StartRefused extends Error {}

/** Makes the data directory readable by its owner alone and takes it for this process. Returns how to give it back. */
export async function takeDataDirectory(directory: string): Promise<() => void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  return await lock(directory);
}

/** The given secrets; those not given come from files in the directory, generated the first time. */
export async function readSecrets(directory: string, given: Partial<Secrets>): Promise<Secrets> {
  const keep = (name: string, generate: () => string) => readOrCreate(join(directory, name), generate);
  return {
    adminToken: given.adminToken ?? (await keep('admin-token', () => `mxa_${randomText()}`)),
    clientKey: given.clientKey ?? (await keep('client-key', () => `mxg_${randomText()}`)),
    accessKeys: given.accessKeys ?? (await keep('access-keys', randomKeyRing)),
    refreshKeys: given.refreshKeys ?? (await keep('refresh-keys', randomKeyRing)),
  };
}

/** A key ring of one new key, `kid:base64-of-32-bytes`. */
export function randomKeyRing(): string {
  return `k${randomBytes(4).toString('hex')}:${randomBytes(32).toString('base64')}`;
}

function randomText(): string {
  return randomBytes(32).toString('base64url');
}

async function readOrCreate(file: string, generate: () => string): Promise<string> {
  try {
    const text = (await readFile(file, 'utf8')).trim();
    if (text !== '') {
      await chmod(file, 0o600);
      return text;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const value = generate();
  await writeFile(file, `${value}\n`, { mode: 0o600 });
  return value;
}

/**
 * Two launchers on one directory would write one append-only file. The lock is a socket that listens, so the
 * kernel frees it however we end, and unlike a pid it cannot belong to someone else later.
 */
async function lock(directory: string): Promise<() => void> {
  const path = socketPath(directory);
  if (await answers(path)) {
    throw new StartRefused(
      `Another npm start is using ${directory}; stop it, or set MUXGATE_DATA_DIR to a directory of its own.`,
    );
  }
  rmSync(path, { force: true });
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((done, reject) => {
    server.once('error', reject);
    server.listen(path, done);
  });
  server.unref();
  return () => server.close();
}

/** A socket's path may be no longer than about 100 bytes, so the shorter way to say it. */
function socketPath(directory: string): string {
  const absolute = join(resolve(directory), 'lock');
  const nearby = relative(process.cwd(), absolute);
  const path = nearby.length < absolute.length ? nearby : absolute;
  if (Buffer.byteLength(path) <= 100) return path;
  throw new StartRefused('MUXGATE_DATA_DIR: the path is too long for a socket; use a shorter one.');
}

function answers(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}
