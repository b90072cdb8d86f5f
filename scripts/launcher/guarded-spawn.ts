import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface GuardedChild extends ChildProcess {
  pid: number;
  stdout: Readable;
  stderr: Readable;
}

/**
 * A few lines of POSIX shell between us and the program. `exec` makes the shell the program itself, so the
 * pid is the program's; a watcher left behind reads a pipe that only we hold open. When we end for whatever
 * reason, kill -9 too, it reads the end of file and ends the program: first TERM, after 20 s KILL.
 */
const GUARD = `
( trap '' INT TERM HUP
  read -r _ <&3
  kill -TERM $$ || exit 0
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 1; kill -0 $$ || exit 0; done
  kill -KILL $$
) </dev/null >/dev/null 2>&1 &
exec "$@" 3<&- </dev/null`;

/** Starts a program that never outlives this process. It has a session of its own: a terminal's Ctrl-C does not reach it. */
export function guardedSpawn(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): GuardedChild {
  const child = spawn('/bin/sh', ['-c', GUARD, 'sh', command, ...args], {
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
