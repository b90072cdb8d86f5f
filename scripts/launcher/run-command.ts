import { spawn, type ChildProcess } from 'node:child_process';

export interface CommandResult {
  /** Exit code; -1 when the command could not be started or was ended by a signal. */
  code: number;
  /** stdout and stderr in the order they were written. */
  output: string;
}

export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
  onStart?: (child: ChildProcess) => void;
}

/** Runs a command to its end, quietly. Never rejects: a missing program is code -1 with the reason as output. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      signal: options.signal,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Its own session: Ctrl-C reaches only the launcher, which decides what to stop and when.
      detached: true,
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', (error) => resolve({ code: -1, output: error.message }));
    child.on('close', (code) =>
      resolve({ code: code ?? -1, output: Buffer.concat(chunks).toString('utf8').trim() }),
    );
    options.onStart?.(child);
  });
}
