/** What a script can tell from the exit code; docs/operations/cli.md says the same. */
export const EXIT = {
  ok: 0,
  /** the server understood and said no, or what was asked for is not in order */
  refused: 1,
  /** the command line, a file or an answer of the person makes no sense */
  usage: 2,
  /** nobody answers at the URL, or what answers is no Muxgate */
  unreachable: 3,
  /** no admin token, an unknown one, or one without the role */
  unauthorized: 4,
  /** Ctrl-C, as shells count it: 128 + SIGINT */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface FailureDetails {
  /** stable and for programs: the server's `code`, or one of ours */
  readonly code: string;
  readonly exitCode: ExitCode;
  /** what to do about it: a sentence or a command */
  readonly hint?: string | undefined;
  /** the status that the server answered */
  readonly status?: number;
  /** each mistake of an input, with its path */
  readonly problems?: readonly string[];
  readonly cause?: unknown;
}

/** Everything that ends a command otherwise than well. Its message is for people. */
export class Failure extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;
  readonly status: number | undefined;
  readonly problems: readonly string[];

  constructor(message: string, details: FailureDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'Failure';
    this.code = details.code;
    this.exitCode = details.exitCode;
    this.hint = details.hint;
    this.status = details.status;
    this.problems = details.problems ?? [];
  }
}

export function usageFailure(message: string, hint?: string): Failure {
  return new Failure(message, { code: 'usage', exitCode: EXIT.usage, hint });
}

export function interrupted(): Failure {
  return new Failure('Interrupted; nothing further was done.', {
    code: 'interrupted',
    exitCode: EXIT.interrupted,
  });
}
