import type { Readable, Writable } from 'node:stream';

/** The world of one run: handed in, so that a test can be the terminal. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly homeDirectory: string;
  /** the checkout that holds this program: an `npm start` there is the default */
  readonly checkout: string;
  readonly platform: NodeJS.Platform;
  readonly now: () => number;
  /** aborts at Ctrl-C */
  readonly signal: AbortSignal;
}

export type Terminal = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Whether somebody is there to be asked. Questions go to stderr, since stdout may be a pipe. */
export function isInteractive({ stdin, stderr }: Io): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}
