export interface AppErrorOptions {
  readonly cause?: unknown;
}

/**
 * Base of every error that Muxgate raises on purpose: a stable machine-readable `code`, the HTTP `status`
 * it maps to, and whether its message may be shown to a caller (`expose`). Evidence travels in `cause`.
 */
export class AppError extends Error {
  constructor(
    message: string,
    readonly code: string,
    readonly status: number,
    readonly expose: boolean,
    options?: AppErrorOptions,
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
  }
}

export type AppErrorClass = new (message: string, options?: AppErrorOptions) => AppError;

/** Declares an error class on one line: `export const Unknown = defineError('Unknown', 'unknown', 404)`. */
export function defineError(
  name: string,
  code: string,
  status: number,
  options: { expose?: boolean } = {},
): AppErrorClass {
  const declared = class extends AppError {
    constructor(message: string, errorOptions?: AppErrorOptions) {
      super(message, code, status, options.expose ?? true, errorOptions);
      this.name = name;
    }
  };
  Object.defineProperty(declared, 'name', { value: name });
  return declared;
}

/** The text of anything thrown, for logs. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** An error that lists every mistake of an input at once; processes that meet one at start exit 78 (EX_CONFIG). */
export class InvalidInput extends AppError {
  constructor(
    readonly subject: string,
    readonly problems: readonly string[],
    code: string,
    options?: AppErrorOptions,
  ) {
    super(
      `${subject} is not valid:\n${problems.map((p) => `  - ${p}`).join('\n')}`,
      code,
      422,
      true,
      options,
    );
  }
}
