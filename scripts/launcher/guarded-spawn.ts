import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface GuardedChild extends ChildProcess {
  pid: number;
  stdout: Readable;
  stderr: Readable;
}

const GUARD = fileURLToPath(new URL('guard.sh', import.meta.url));

/** Starts a program that never outlives this process. It has a session of its own: a terminal's Ctrl-C does not reach it. */
export function guardedSpawn(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): GuardedChild {
  const child = spawn('/bin/sh', [GUARD, command, ...args], {
    ...options,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const leash = child.stdio[3];
  leash?.on('error', () => {});
  child.once('exit', () => leash?.destroy());
  if (child.pid === undefined) throw new Error(`/bin/sh cannot be started to run ${command}`);
  return child as GuardedChild;
}
