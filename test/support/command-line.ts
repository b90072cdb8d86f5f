import { PassThrough, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Io } from '../../services/cli/src/io.ts';
import { run } from '../../services/cli/src/run.ts';

export interface CommandLineOptions {
  readonly env?: Record<string, string>;
  /** what a pipe brings, at once or in time; nothing by default */
  readonly stdin?: string | Readable;
  readonly homeDirectory?: string;
  readonly checkout?: string;
  /** columns of a terminal on stdout; a pipe by default */
  readonly columns?: number;
  readonly signal?: AbortSignal;
  /** called with everything that stderr says so far, whenever it says more */
  readonly onStderr?: (text: string) => void;
}

export interface CommandLineResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as JSON */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of many shapes
  readonly json: any;
}

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));

/** `muxgate` with these arguments, in this process: nobody sits there, so nothing is asked. */
export async function muxgate(
  args: readonly string[],
  options: CommandLineOptions = {},
): Promise<CommandLineResult> {
  const { stdin = '' } = options;
  const out = capture();
  const err = capture(options.onStderr);
  const { columns } = options;
  const io: Io = {
    env: options.env ?? {},
    stdin: typeof stdin === 'string' ? Readable.from([stdin]) : stdin,
    stdout: columns === undefined ? out.stream : Object.assign(out.stream, { isTTY: true, columns }),
    stderr: err.stream,
    homeDirectory: options.homeDirectory ?? '/nonexistent',
    checkout: options.checkout ?? CHECKOUT,
    platform: process.platform,
    now: Date.now,
    signal: options.signal ?? new AbortController().signal,
  };
  const exitCode = await run(args, io);
  return {
    exitCode,
    stdout: out.text(),
    stderr: err.text(),
    get json() {
      return JSON.parse(out.text()) as unknown;
    },
  };
}

function capture(onText?: (text: string) => void) {
  let text = '';
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    onText?.(text);
  });
  return { stream, text: () => text };
}
