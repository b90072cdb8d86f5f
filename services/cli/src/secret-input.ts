import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { usageFailure } from './failure.js';
import { isInteractive, type Io } from './io.js';
import { askSecret } from './prompts.js';

/** The content of a file, or of stdin where it is called `-`. */
export async function readInput(io: Io, file: string, option: string): Promise<string> {
  if (file === '-') {
    if (io.stdin.isTTY === true) io.stderr.write('Reading from the terminal; end with Ctrl-D.\n');
    return await text(io.stdin);
  }
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw usageFailure(`${option}: ${file} cannot be read (${reason}).`);
  }
}

/** A secret that a file or stdin holds; its last line end does not belong to it. */
export async function readSecret(io: Io, file: string, option: string): Promise<string> {
  const secret = (await readInput(io, file, option)).replace(/\r?\n$/, '');
  if (secret === '') throw usageFailure(`${option}: ${file === '-' ? 'stdin' : file} is empty.`);
  return secret;
}

/** A secret from where the option says, or asked for. Never from the command line, which `ps` and histories show. */
export async function takeSecret(
  io: Io,
  file: string | undefined,
  option: string,
  question: string,
): Promise<string> {
  if (file !== undefined) return await readSecret(io, file, option);
  if (isInteractive(io)) return await askSecret(io, question);
  throw usageFailure(`${question}: give it with ${option} <file>, or with ${option} - on stdin.`);
}
