import { CommanderError } from 'commander';
import { EXIT, Failure } from './failure.js';
import type { Io } from './io.js';
import { painter } from './output/text.js';
import { createProgram } from './program.js';

/** Runs one command line and answers its exit code; everything that went wrong has been told by then. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const state = { exitCode: EXIT.ok as number };
  try {
    await createProgram(io, state).parseAsync(args, { from: 'user' });
    return state.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof Failure)) throw error;
    io.stderr.write(args.includes('--json') ? asJson(error) : asText(error, io));
    return error.exitCode;
  }
}

function asText({ message, hint, problems, code, status }: Failure, io: Io): string {
  const paint = painter(io.stderr, io.env);
  const name = paint('dim', status === undefined ? `(${code})` : `(${code}, ${status})`);
  return [
    `${paint('bad', 'error:')} ${message} ${name}`,
    ...problems.map((problem) => `  - ${problem}`),
    ...(hint === undefined ? [] : [`${paint('warn', 'try:')} ${hint}`]),
    '',
  ].join('\n');
}

function asJson({ message, hint, problems, code, status, exitCode }: Failure): string {
  return `${JSON.stringify({ error: { code, message, status, hint, problems, exitCode } })}\n`;
}
